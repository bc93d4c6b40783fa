// Updates of solvers with the norm that they need next; the formulas are those of kernels/host/fused.rs.
#include "sum.cuh"

// y := y + alpha x, slot += |y|^2
extern "C" __global__ void axpy_norm(
    Walk<2> walk, Factor alpha, const Element *x, Element *y, double *slot, double *partials, unsigned *ticket) {
    Element a = element(alpha);
    Sum sum = {0, 0};
    each(
        walk,
        [&](Element x, Element &y) {
            y = y + a * x;
            sum.re += square(y);
        },
        In{x, 0}, InOut{y, 1});
    grid_sum(sum, slot, partials, ticket);
}

// x := x + alpha p, r := r - alpha q, slot += |r|^2
extern "C" __global__ void cg_update(
    Walk<4> walk, Factor alpha, const Element *p, const Element *q, Element *x, Element *r, double *slot,
    double *partials, unsigned *ticket) {
    Element a = element(alpha);
    Sum sum = {0, 0};
    each(
        walk,
        [&](Element p, Element q, Element &x, Element &r) {
            x = x + a * p;
            r = r - a * q;
            sum.re += square(r);
        },
        In{p, 0}, In{q, 1}, InOut{x, 2}, InOut{r, 3});
    grid_sum(sum, slot, partials, ticket);
}
