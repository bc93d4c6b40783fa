// Sums over all elements of a walk. With DLOPS_EXACT they are those of exact_sum.cuh; else each thread adds in double
// precision, blocks and the grid combine in a fixed order, so that a run repeats to the bit.
#pragma once
#include "walk.cuh"

// Threads of a block of a reduction: a power of two.
constexpr int SUM_THREADS = 256;

// sum += |x|^2, component by component.
template <class Part> __device__ inline void add_square(Part &sum, Element x) {
    double re = real_part(x), im = imaginary_part(x);
    sum += re * re;
    if (DLOPS_COMPLEX) sum += im * im;
}

#ifdef DLOPS_EXACT
#include "exact_sum.cuh"
#else

struct Sum {
    double re, im;
};

// No terms; every thread of the block takes part.
__device__ inline Sum empty_sum() { return {0, 0}; }

__device__ inline Sum operator+(Sum a, Sum b) { return {a.re + b.re, a.im + b.im}; }

// The sum over the threads of a block, in the first thread.
__device__ inline Sum block_sum(Sum own) {
    __shared__ Sum parts[SUM_THREADS];
    parts[threadIdx.x] = own;
    __syncthreads();
    for (int half = SUM_THREADS / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) parts[threadIdx.x] = parts[threadIdx.x] + parts[threadIdx.x + half];
        __syncthreads();
    }
    Sum all = parts[0];
    __syncthreads();
    return all;
}

// slot[0..2] += the sum over the grid. `partials` has a pair a block; `ticket` is 0 before and after.
__device__ inline void grid_sum(Sum own, double *slot, double *partials, unsigned *ticket) {
    Sum mine = block_sum(own);
    __shared__ bool last;
    if (threadIdx.x == 0) {
        partials[2 * blockIdx.x] = mine.re;
        partials[2 * blockIdx.x + 1] = mine.im;
        __threadfence();
        last = atomicAdd(ticket, 1u) == gridDim.x - 1;
    }
    __syncthreads();
    if (!last) return;
    __threadfence();
    const volatile double *from = partials;
    Sum all = {0, 0};
    for (unsigned b = threadIdx.x; b < gridDim.x; b += SUM_THREADS) all = all + Sum{from[2 * b], from[2 * b + 1]};
    all = block_sum(all);
    if (threadIdx.x == 0) {
        slot[0] += all.re;
        slot[1] += all.im;
        *ticket = 0;
    }
}

#endif
