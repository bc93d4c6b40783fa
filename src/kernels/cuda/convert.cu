// Copies between dtypes, with the casts of NumPy, and what moves elements of any dtype.
#define DLOPS_FLOAT64
#include "walk.cuh"

struct Complex64 {
    float re, im;
};
struct alignas(16) Complex128 {
    double re, im;
};

template <class To, class From> struct Cast {
    static __device__ To of(From x) { return To(x); }
};
template <class From> struct Cast<Complex64, From> {
    static __device__ Complex64 of(From x) { return {float(x), 0}; }
};
template <class From> struct Cast<Complex128, From> {
    static __device__ Complex128 of(From x) { return {double(x), 0}; }
};
template <> struct Cast<Complex64, Complex64> {
    static __device__ Complex64 of(Complex64 x) { return x; }
};
template <> struct Cast<Complex128, Complex128> {
    static __device__ Complex128 of(Complex128 x) { return x; }
};
template <> struct Cast<Complex128, Complex64> {
    static __device__ Complex128 of(Complex64 x) { return {x.re, x.im}; }
};
template <> struct Cast<Complex64, Complex128> {
    static __device__ Complex64 of(Complex128 x) { return {float(x.re), float(x.im)}; }
};

template <class To, class From> __device__ void all(const Walk<2> &walk, const void *x, void *y) {
    const From *from = static_cast<const From *>(x);
    To *to = static_cast<To *>(y);
    Index thread = Index(blockIdx.x) * blockDim.x + threadIdx.x, threads = Index(gridDim.x) * blockDim.x;
    // Not unrolled: there are 20 of these loops for the compiler.
#pragma unroll 1
    for (Index i = thread; i < walk.count; i += threads) {
        Index at[2] = {i, i};
        if (walk.axes > 0) offsets(walk, i, at);
        to[at[1]] = Cast<To, From>::of(from[at[0]]);
    }
}

// The numbers of dtypes are those of the C interface.
template <class From> __device__ void real(const Walk<2> &walk, const void *x, int type, void *y) {
    switch (type) {
    case 1: return all<float, From>(walk, x, y);
    case 2: return all<double, From>(walk, x, y);
    case 5: return all<int, From>(walk, x, y);
    case 6: return all<long long, From>(walk, x, y);
    case 3: return all<Complex64, From>(walk, x, y);
    case 4: return all<Complex128, From>(walk, x, y);
    }
}

template <class From> __device__ void complex(const Walk<2> &walk, const void *x, int type, void *y) {
    switch (type) {
    case 3: return all<Complex64, From>(walk, x, y);
    case 4: return all<Complex128, From>(walk, x, y);
    }
}

// y := x; a complex x needs a complex y
extern "C" __global__ void convert(Walk<2> walk, int from, const void *x, int to, void *y) {
    switch (from) {
    case 1: return real<float>(walk, x, to, y);
    case 2: return real<double>(walk, x, to, y);
    case 5: return real<int>(walk, x, to, y);
    case 6: return real<long long>(walk, x, to, y);
    case 3: return complex<Complex64>(walk, x, to, y);
    case 4: return complex<Complex128>(walk, x, to, y);
    }
}

// y := value, for integers of 4 or 8 bytes
extern "C" __global__ void fill_integers(Walk<1> walk, long long value, int size, void *y) {
    Index thread = Index(blockIdx.x) * blockDim.x + threadIdx.x, threads = Index(gridDim.x) * blockDim.x;
    for (Index i = thread; i < walk.count; i += threads) {
        Index at = walk.axes > 0 ? offset(walk, 0, i) : i;
        if (size == 4)
            static_cast<int *>(y)[at] = int(value);
        else
            static_cast<long long *>(y)[at] = value;
    }
}
