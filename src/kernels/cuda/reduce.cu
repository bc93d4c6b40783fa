// Sums over elements, in double precision; the formulas are those of kernels/host/reduce.rs.
#include "sum.cuh"

// slot += sum conj(x) y, or sum x y
extern "C" __global__ void dot(
    Walk<2> walk, const Element *x, int conjugated, const Element *y, double *slot, double *partials, unsigned *ticket) {
    Sum sum = empty_sum();
    each(
        walk,
        [&](Element x, Element y) {
            double a = real_part(x), b = conjugated ? -imaginary_part(x) : imaginary_part(x);
            double c = real_part(y), d = imaginary_part(y);
            sum.re += a * c;
#if DLOPS_COMPLEX
            sum.re += -(b * d);
            sum.im += a * d;
            sum.im += b * c;
#endif
        },
        In{x, 0}, In{y, 1});
    grid_sum(sum, slot, partials, ticket);
}

// slot += sum |x|^2
extern "C" __global__ void sum_squares(
    Walk<1> walk, const Element *x, double *slot, double *partials, unsigned *ticket) {
    Sum sum = empty_sum();
    each(walk, [&](Element x) { add_square(sum.re, x); }, In{x, 0});
    grid_sum(sum, slot, partials, ticket);
}

// slot += sum |x|^p
extern "C" __global__ void sum_powers(
    Walk<1> walk, double p, const Element *x, double *slot, double *partials, unsigned *ticket) {
    Sum sum = empty_sum();
    if (p == 1)
        each(walk, [&](Element x) { sum.re += magnitude(x); }, In{x, 0});
    else
        each(walk, [&](Element x) { sum.re += pow(magnitude(x), p); }, In{x, 0});
    grid_sum(sum, slot, partials, ticket);
}

// slot += sum x
extern "C" __global__ void sum(Walk<1> walk, const Element *x, double *slot, double *partials, unsigned *ticket) {
    Sum sum = empty_sum();
    each(
        walk,
        [&](Element x) {
            sum.re += real_part(x);
            if (DLOPS_COMPLEX) sum.im += imaginary_part(x);
        },
        In{x, 0});
    grid_sum(sum, slot, partials, ticket);
}
