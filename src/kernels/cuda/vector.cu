// Element by element: the vector verbs. The formulas are those of kernels/host/vector.rs.
#include "walk.cuh"

// y := value
extern "C" __global__ void fill(Walk<1> walk, Factor value, Element *y) {
    Element v = element(value);
    each(walk, [=](Element &y) { y = v; }, Out{y, 0});
}

// x := alpha x; with alpha = 0, x is not read
extern "C" __global__ void scale(Walk<1> walk, Factor alpha, Element *x) {
    Element a = element(alpha);
    if (is_zero(a))
        each(walk, [=](Element &x) { x = a; }, Out{x, 0});
    else
        each(walk, [=](Element &x) { x = a * x; }, InOut{x, 0});
}

// x := x + value
extern "C" __global__ void add_scalar(Walk<1> walk, Factor value, Element *x) {
    Element v = element(value);
    each(walk, [=](Element &x) { x = x + v; }, InOut{x, 0});
}

// x := conj(x)
extern "C" __global__ void conjugate_in_place(Walk<1> walk, Element *x) {
    each(walk, [=](Element &x) { x = conjugate(x); }, InOut{x, 0});
}

// y := alpha x + beta y; with beta = 0, y is not read
extern "C" __global__ void axpby(Walk<2> walk, Factor alpha, const Element *x, Factor beta, Element *y) {
    Element a = element(alpha), b = element(beta);
    if (is_zero(b))
        each(walk, [=](Element x, Element &y) { y = a * x; }, In{x, 0}, Out{y, 1});
    else
        each(walk, [=](Element x, Element &y) { y = a * x + b * y; }, In{x, 0}, InOut{y, 1});
}

// w := alpha x + beta y
extern "C" __global__ void waxpby(
    Walk<3> walk, Factor alpha, const Element *x, Factor beta, const Element *y, Element *w) {
    Element a = element(alpha), b = element(beta);
    each(walk, [=](Element x, Element y, Element &w) { w = a * x + b * y; }, In{x, 0}, In{y, 1}, Out{w, 2});
}

// w := x .* y, or conj(x) .* y
extern "C" __global__ void multiply(Walk<3> walk, const Element *x, int conjugated, const Element *y, Element *w) {
    if (conjugated)
        each(walk, [=](Element x, Element y, Element &w) { w = conjugate(x) * y; }, In{x, 0}, In{y, 1}, Out{w, 2});
    else
        each(walk, [=](Element x, Element y, Element &w) { w = x * y; }, In{x, 0}, In{y, 1}, Out{w, 2});
}

// y := alpha d .* x + beta y, or with conj(d); with beta = 0, y is not read
extern "C" __global__ void multiply_add(
    Walk<3> walk, Factor alpha, const Element *d, int conjugated, const Element *x, Factor beta, Element *y) {
    Element a = element(alpha), b = element(beta);
    auto factor = [=](Element d) { return a * (conjugated ? conjugate(d) : d); };
    if (is_zero(b))
        each(walk, [=](Element d, Element x, Element &y) { y = factor(d) * x; }, In{d, 0}, In{x, 1}, Out{y, 2});
    else
        each(
            walk, [=](Element d, Element x, Element &y) { y = factor(d) * x + b * y; }, In{d, 0}, In{x, 1},
            InOut{y, 2});
}
