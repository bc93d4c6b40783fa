// The element type of a compilation, its real part, and arithmetic. The option -DDLOPS_<DTYPE> chooses it.
#pragma once

#if defined(DLOPS_FLOAT32) || defined(DLOPS_COMPLEX64)
typedef float Real;
#elif defined(DLOPS_FLOAT64) || defined(DLOPS_COMPLEX128)
typedef double Real;
#else
#error "no dtype was chosen"
#endif

#if defined(DLOPS_COMPLEX64) || defined(DLOPS_COMPLEX128)
#define DLOPS_COMPLEX 1
#else
#define DLOPS_COMPLEX 0
#endif

typedef long long Index;

// A number of the host: double precision, real and imaginary part.
struct Scalar {
    double re, im;
};

// A factor: a number of the host, times a pair of doubles on the device where there is one.
struct Factor {
    Scalar number;
    const double *slot;
};

#if DLOPS_COMPLEX

struct alignas(2 * sizeof(Real)) Element {
    Real re, im;
};

__device__ inline Element operator+(Element a, Element b) { return {a.re + b.re, a.im + b.im}; }
__device__ inline Element operator-(Element a, Element b) { return {a.re - b.re, a.im - b.im}; }
__device__ inline Element operator-(Element a) { return {-a.re, -a.im}; }
__device__ inline Element operator*(Element a, Element b) {
    return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
__device__ inline Element conjugate(Element a) { return {a.re, -a.im}; }
__device__ inline Element scaled(Real a, Element b) { return {a * b.re, a * b.im}; }
__device__ inline Element element(double re, double im) { return {Real(re), Real(im)}; }
__device__ inline double real_part(Element a) { return a.re; }
__device__ inline double imaginary_part(Element a) { return a.im; }
__device__ inline bool is_zero(Element a) { return a.re == 0 && a.im == 0; }
// As on the host: the root of the square, and the scaled form where squares leave the safe range.
__device__ inline double magnitude(Element a) {
    double re = a.re, im = a.im, square = re * re + im * im;
    return square >= 1e-280 && square < 1e300 ? sqrt(square) : hypot(re, im);
}

#else

typedef Real Element;

__device__ inline Element conjugate(Element a) { return a; }
__device__ inline Element scaled(Real a, Element b) { return a * b; }
__device__ inline Element element(double re, double) { return Real(re); }
__device__ inline double real_part(Element a) { return a; }
__device__ inline double imaginary_part(Element) { return 0; }
__device__ inline bool is_zero(Element a) { return a == 0; }
__device__ inline double magnitude(Element a) { return fabs(double(a)); }

#endif

__device__ inline Element element(Scalar a) { return element(a.re, a.im); }

__device__ inline Element element(Factor f) {
    if (f.slot == nullptr) return element(f.number);
    double re = f.slot[0], im = f.slot[1];
    return element(f.number.re * re - f.number.im * im, f.number.re * im + f.number.im * re);
}
