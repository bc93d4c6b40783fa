// Accumulations of magnitudes and extremes, of all elements or along an axis; the formulas are those of
// kernels/host/measure.rs. A NaN stays.
#include "walk.cuh"

constexpr int FOLD_THREADS = 256;

// What is accumulated: the numbers of kernels/cuda/measure.rs.
enum Kind { POWER, NONZERO, LARGEST, SMALLEST, LOWEST, HIGHEST };

__device__ inline double infinity() { return __longlong_as_double(0x7ff0000000000000ll); }

// The state of no elements.
__device__ inline double start(int kind) {
    if (kind == SMALLEST || kind == LOWEST) return infinity();
    return kind == HIGHEST ? -infinity() : 0;
}

// The state of two parts together.
__device__ inline double combine(int kind, double a, double b) {
    switch (kind) {
    case POWER:
    case NONZERO: return a + b;
    case LARGEST:
    case HIGHEST: return b > a || b != b ? b : a;
    default: return b < a || b != b ? b : a;
    }
}

// The state of one element.
__device__ inline double measured(int kind, double p, Element x) {
    switch (kind) {
    case POWER:
        if (p == 2) {
            double re = real_part(x), im = imaginary_part(x);
            return re * re + im * im;
        }
        return p == 1 ? magnitude(x) : pow(magnitude(x), p);
    case NONZERO: return is_zero(x) ? 0 : 1;
    case LARGEST:
    case SMALLEST: return magnitude(x);
    default: return real_part(x);
    }
}

// partials[b] := the state of block b's share of all elements
extern "C" __global__ void measure(Walk<1> walk, int kind, double p, const Element *x, double *partials) {
    double state = start(kind);
    each(walk, [&](Element x) { state = combine(kind, state, measured(kind, p, x)); }, In{x, 0});
    __shared__ double parts[FOLD_THREADS];
    parts[threadIdx.x] = state;
    __syncthreads();
    for (int half = FOLD_THREADS / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) parts[threadIdx.x] = combine(kind, parts[threadIdx.x], parts[threadIdx.x + half]);
        __syncthreads();
    }
    if (threadIdx.x == 0) partials[blockIdx.x] = parts[0];
}

// states[o, k] := the state of x[o, :, k], of extents [outer, length, inner]; `sharing` threads, 1 or 32, share a state
extern "C" __global__ void measure_along(
    Walk<1> walk, int kind, double p, const Element *x, Index outer, Index length, Index inner, int sharing,
    double *states) {
    Index thread = Index(blockIdx.x) * blockDim.x + threadIdx.x, threads = Index(gridDim.x) * blockDim.x;
    Index lane = thread % sharing;
    for (Index s = thread / sharing; s < outer * inner; s += threads / sharing) {
        Index first = s / inner * length * inner + s % inner;
        double state = start(kind);
        for (Index j = lane; j < length; j += sharing) {
            Index i = first + j * inner;
            state = combine(kind, state, measured(kind, p, x[walk.axes == 0 ? i : offset(walk, 0, i)]));
        }
        for (int half = sharing / 2; half > 0; half /= 2)
            state = combine(kind, state, __shfl_down_sync(0xffffffffu, state, half));
        if (lane == 0) states[s] = state;
    }
}

// states := the norms that belong to complete states
extern "C" __global__ void finish(int kind, double p, Index count, double *states) {
    Index thread = Index(blockIdx.x) * blockDim.x + threadIdx.x, threads = Index(gridDim.x) * blockDim.x;
    if (kind != POWER || p == 1) return;
    for (Index s = thread; s < count; s += threads) states[s] = p == 2 ? sqrt(states[s]) : pow(states[s], 1 / p);
}
