// What the kernels of users find: complex numbers, indices, and the functions of the language that CUDA has not.
// The formulas are those of kernels/expression/value.rs.
#pragma once
#include "strided.cuh"

template <class R> struct alignas(2 * sizeof(R)) Complex {
    R re, im;
};

template <class R> __device__ inline Complex<R> operator+(Complex<R> a, Complex<R> b) {
    return {a.re + b.re, a.im + b.im};
}
template <class R> __device__ inline Complex<R> operator-(Complex<R> a, Complex<R> b) {
    return {a.re - b.re, a.im - b.im};
}
template <class R> __device__ inline Complex<R> operator-(Complex<R> a) { return {-a.re, -a.im}; }
template <class R> __device__ inline Complex<R> operator*(Complex<R> a, Complex<R> b) {
    return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
// R. L. Smith, "Algorithm 116: Complex division", CACM 5 (1962).
template <class R> __device__ inline Complex<R> operator/(Complex<R> x, Complex<R> y) {
    R a = x.re, b = x.im, c = y.re, d = y.im;
    if (fabs(c) >= fabs(d)) {
        R r = c == 0 && d == 0 ? 0 : d / c, t = c + d * r;
        return {(a + b * r) / t, (b - a * r) / t};
    }
    R r = c / d, t = c * r + d;
    return {(a * r + b) / t, (b * r - a) / t};
}
template <class R> __device__ inline bool operator==(Complex<R> a, Complex<R> b) { return a.re == b.re && a.im == b.im; }
template <class R> __device__ inline bool operator!=(Complex<R> a, Complex<R> b) { return !(a == b); }

namespace dlops {

// Functions of both precisions by one name.
#define DLOPS_BOTH(name)                                           \
    __device__ inline float name(float x) { return ::name##f(x); } \
    __device__ inline double name(double x) { return ::name(x); }
#define DLOPS_BOTH_PAIR(name)                                                  \
    __device__ inline float name(float x, float y) { return ::name##f(x, y); } \
    __device__ inline double name(double x, double y) { return ::name(x, y); }

DLOPS_BOTH(sqrt)
DLOPS_BOTH(cbrt)
DLOPS_BOTH(exp)
DLOPS_BOTH(exp2)
DLOPS_BOTH(expm1)
DLOPS_BOTH(log)
DLOPS_BOTH(log2)
DLOPS_BOTH(log10)
DLOPS_BOTH(log1p)
DLOPS_BOTH(sin)
DLOPS_BOTH(cos)
DLOPS_BOTH(tan)
DLOPS_BOTH(asin)
DLOPS_BOTH(acos)
DLOPS_BOTH(atan)
DLOPS_BOTH(sinh)
DLOPS_BOTH(cosh)
DLOPS_BOTH(tanh)
DLOPS_BOTH(asinh)
DLOPS_BOTH(acosh)
DLOPS_BOTH(atanh)
DLOPS_BOTH(floor)
DLOPS_BOTH(ceil)
DLOPS_BOTH(trunc)
DLOPS_BOTH(rint)
DLOPS_BOTH_PAIR(pow)
DLOPS_BOTH_PAIR(atan2)
DLOPS_BOTH_PAIR(hypot)
DLOPS_BOTH_PAIR(fmod)
DLOPS_BOTH_PAIR(copysign)
#undef DLOPS_BOTH
#undef DLOPS_BOTH_PAIR

__device__ inline int floor(int x) { return x; }
__device__ inline int ceil(int x) { return x; }
__device__ inline int trunc(int x) { return x; }
__device__ inline int rint(int x) { return x; }
__device__ inline Index floor(Index x) { return x; }
__device__ inline Index ceil(Index x) { return x; }
__device__ inline Index trunc(Index x) { return x; }
__device__ inline Index rint(Index x) { return x; }

template <class R> __device__ inline R abs(R x) { return x < 0 ? -x : x; }
__device__ inline float abs(float x) { return ::fabsf(x); }
__device__ inline double abs(double x) { return ::fabs(x); }
template <class R> __device__ inline R abs(Complex<R> z) { return hypot(z.re, z.im); }
template <class R> __device__ inline R angle(R x) { return atan2(R(0), x); }
template <class R> __device__ inline R angle(Complex<R> z) { return atan2(z.im, z.re); }
template <class R> __device__ inline R real(R x) { return x; }
template <class R> __device__ inline R real(Complex<R> z) { return z.re; }
template <class R> __device__ inline R imag(R) { return 0; }
template <class R> __device__ inline R imag(Complex<R> z) { return z.im; }
template <class R> __device__ inline R conj(R x) { return x; }
template <class R> __device__ inline Complex<R> conj(Complex<R> z) { return {z.re, -z.im}; }
template <class R> __device__ inline Complex<R> complex(R re, R im) { return {re, im}; }

template <class R> __device__ inline R square(R x) { return x * x; }
template <class R> __device__ inline R reciprocal(R x) { return 1 / x; }
template <class R> __device__ inline Complex<R> reciprocal(Complex<R> z) { return Complex<R>{1, 0} / z; }
// NaN of NaN.
template <class R> __device__ inline R sign(R x) { return x > 0 ? R(1) : x < 0 ? R(-1) : x == 0 ? R(0) : x; }

template <class R> __device__ inline bool isnan(R x) { return x != x; }
template <class R> __device__ inline bool isfinite(R x) { return x - x == 0; }
template <class R> __device__ inline bool isinf(R x) { return !isnan(x) && !isfinite(x); }
template <class R> __device__ inline bool isnan(Complex<R> z) { return isnan(z.re) || isnan(z.im); }
template <class R> __device__ inline bool isfinite(Complex<R> z) { return isfinite(z.re) && isfinite(z.im); }
template <class R> __device__ inline bool isinf(Complex<R> z) { return isinf(z.re) || isinf(z.im); }

// NaN where one is.
template <class R> __device__ inline R minimum(R x, R y) { return isnan(x) || x < y ? x : y; }
template <class R> __device__ inline R maximum(R x, R y) { return isnan(x) || x > y ? x : y; }
// The other one where one is NaN.
template <class R> __device__ inline R fmin(R x, R y) { return isnan(y) || x < y ? x : y; }
template <class R> __device__ inline R fmax(R x, R y) { return isnan(y) || x > y ? x : y; }

// Of integers, towards zero; 0 for a divisor of 0, as -1 divides the smallest number without a fault.
template <class I> __device__ inline I quotient(I x, I y) { return y == 0 ? 0 : y == -1 ? I(0) - x : x / y; }
template <class I> __device__ inline I remainder(I x, I y) { return y == 0 || y == -1 ? 0 : x % y; }

template <class R> __device__ inline Complex<R> polar(R r, R angle) { return {r * cos(angle), r * sin(angle)}; }
template <class R> __device__ inline Complex<R> exp(Complex<R> z) { return polar(exp(z.re), z.im); }
template <class R> __device__ inline Complex<R> log(Complex<R> z) { return {log(abs(z)), angle(z)}; }
template <class R> __device__ inline Complex<R> log2(Complex<R> z) {
    Complex<R> l = log(z);
    R scale = R(1.4426950408889634);
    return {l.re * scale, l.im * scale};
}
template <class R> __device__ inline Complex<R> log10(Complex<R> z) {
    Complex<R> l = log(z);
    R scale = R(0.4342944819032518);
    return {l.re * scale, l.im * scale};
}
// The root with a real part that is not negative, without cancellation.
template <class R> __device__ inline Complex<R> sqrt(Complex<R> z) {
    if (z.re == 0 && z.im == 0) return {0, z.im};
    R t = sqrt((abs(z.re) + abs(z)) / 2);
    if (z.re >= 0) return {t, z.im / (2 * t)};
    return {abs(z.im) / (2 * t), copysign(t, z.im)};
}
template <class R> __device__ inline Complex<R> sin(Complex<R> z) {
    return {sin(z.re) * cosh(z.im), cos(z.re) * sinh(z.im)};
}
template <class R> __device__ inline Complex<R> cos(Complex<R> z) {
    return {cos(z.re) * cosh(z.im), -sin(z.re) * sinh(z.im)};
}
template <class R> __device__ inline Complex<R> sinh(Complex<R> z) {
    return {sinh(z.re) * cos(z.im), cosh(z.re) * sin(z.im)};
}
template <class R> __device__ inline Complex<R> cosh(Complex<R> z) {
    return {cosh(z.re) * cos(z.im), sinh(z.re) * sin(z.im)};
}
template <class R> __device__ inline Complex<R> tan(Complex<R> z) { return sin(z) / cos(z); }
template <class R> __device__ inline Complex<R> tanh(Complex<R> z) { return sinh(z) / cosh(z); }
// exp(y log x); 0^y is 0, and 1 for y = 0.
template <class R> __device__ inline Complex<R> pow(Complex<R> x, Complex<R> y) {
    if (y.re == 0 && y.im == 0) return {1, 0};
    if (x.re == 0 && x.im == 0) return {0, 0};
    return exp(y * log(x));
}

// Conversions: towards zero, imaginary parts dropped, not zero is true.
template <class To> struct Into {
    template <class From> static __device__ inline To of(From x) { return To(x); }
    template <class R> static __device__ inline To of(Complex<R> z) { return To(z.re); }
};
template <class To> struct Into<Complex<To>> {
    template <class From> static __device__ inline Complex<To> of(From x) { return {To(x), 0}; }
    template <class R> static __device__ inline Complex<To> of(Complex<R> z) { return {To(z.re), To(z.im)}; }
};
template <> struct Into<bool> {
    template <class From> static __device__ inline bool of(From x) { return x != 0; }
    template <class R> static __device__ inline bool of(Complex<R> z) { return z.re != 0 || z.im != 0; }
};

// The global index, in C order, of each of a rank's elements: along each axis blocks of indices, a period apart.
struct Indices {
    // Where there are none, the elements follow one another from `first` on.
    Index axes, first;
    Index extents[MAX_AXES], lower[MAX_AXES], block[MAX_AXES], period[MAX_AXES], stride[MAX_AXES];

    __device__ inline Index at(Index local) const {
        if (axes == 0) return first + local;
        Index index = 0;
        for (int k = int(axes) - 1; k >= 0; --k) {
            Index next = local / extents[k], along = local - next * extents[k], turn = along / block[k];
            index += (lower[k] + turn * period[k] + along - turn * block[k]) * stride[k];
            local = next;
        }
        return index;
    }
};

template <int N> __device__ inline Index place(const Walk<N> &walk, int block, Index element) {
    return walk.axes == 0 ? element : offset(walk, block, element);
}

__device__ inline Index thread() { return Index(blockIdx.x) * blockDim.x + threadIdx.x; }
__device__ inline Index threads() { return Index(gridDim.x) * blockDim.x; }

}
