// Updates of solvers with the norm that they need next; the formulas are those of kernels/host/fused.rs. A factor of zero
// takes a zero step, also of what is not finite: what it would change stays as it is, to the bit.
#include "sum.cuh"

// y := y + alpha x, slot += |y|^2
extern "C" __global__ void axpy_norm(
    Walk<2> walk, Factor alpha, const Element *x, Element *y, double *slot, double *partials, unsigned *ticket) {
    Element a = element(alpha);
    bool still = is_zero(a);
    Sum sum = {0, 0};
    each(
        walk,
        [&](Element x, Element &y) {
            if (!still) y = y + a * x;
            sum.re += square(y);
        },
        In{x, 0}, InOut{y, 1});
    grid_sum(sum, slot, partials, ticket);
}

// y := x + beta y, slot += |y|^2
extern "C" __global__ void xpby_norm(
    Walk<2> walk, const Element *x, Factor beta, Element *y, double *slot, double *partials, unsigned *ticket) {
    Element b = element(beta);
    Sum sum = {0, 0};
    each(
        walk,
        [&](Element x, Element &y) {
            y = x + b * y;
            sum.re += square(y);
        },
        In{x, 0}, InOut{y, 1});
    grid_sum(sum, slot, partials, ticket);
}

// x := x + alpha p, then p := z + beta p; with beta = 0 the result holds no trace of the old p.
extern "C" __global__ void axpy_xpby(
    Walk<3> walk, Factor alpha, Element *p, const Element *z, Factor beta, Element *x) {
    Element a = element(alpha), b = element(beta);
    bool still = is_zero(a), fresh = is_zero(b);
    each(
        walk,
        [=](Element &p, Element z, Element &x) {
            if (!still) x = x + a * p;
            p = fresh ? z : z + b * p;
        },
        InOut{p, 0}, In{z, 1}, InOut{x, 2});
}

// x := x + alpha c, then r := r - d x, slot += |r|^2 + i |x|^2
extern "C" __global__ void damped_update(
    Walk<3> walk, Factor alpha, const Element *c, Factor d, Element *x, Element *r, double *slot, double *partials,
    unsigned *ticket) {
    Element a = element(alpha), weight = element(d);
    bool still = is_zero(a);
    Sum sum = {0, 0};
    each(
        walk,
        [&](Element c, Element &x, Element &r) {
            if (!still) x = x + a * c;
            r = r - weight * x;
            sum.re += square(r);
            sum.im += square(x);
        },
        In{c, 0}, InOut{x, 1}, InOut{r, 2});
    grid_sum(sum, slot, partials, ticket);
}
