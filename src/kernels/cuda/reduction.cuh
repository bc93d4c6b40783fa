// The reduction of a grid by any associative and commutative function; blocks and the grid combine in a fixed order, so
// that a run repeats to the bit.
#pragma once
#include "expression.cuh"

namespace dlops {

// Threads of a block: a power of two.
constexpr int REDUCTION_THREADS = 256;

// What all threads of a block have, in the first one.
template <class State, class Combine> __device__ inline State block_reduction(State own, Combine combine) {
    // Bytes, since shared memory takes no constructors.
    __shared__ alignas(16) unsigned char room[REDUCTION_THREADS * sizeof(State)];
    State *parts = reinterpret_cast<State *>(room);
    parts[threadIdx.x] = own;
    __syncthreads();
    for (int half = REDUCTION_THREADS / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) parts[threadIdx.x] = combine(parts[threadIdx.x], parts[threadIdx.x + half]);
        __syncthreads();
    }
    State all = parts[0];
    __syncthreads();
    return all;
}

// *slot := what the grid has. `partials` has a state a block; `ticket` is 0 before and after.
template <class State, class Combine>
__device__ inline void grid_reduction(
    State own, State identity, Combine combine, State *slot, State *partials, unsigned *ticket) {
    State mine = block_reduction(own, combine);
    __shared__ bool last;
    if (threadIdx.x == 0) {
        partials[blockIdx.x] = mine;
        __threadfence();
        last = atomicAdd(ticket, 1u) == gridDim.x - 1;
    }
    __syncthreads();
    if (!last) return;
    __threadfence();
    State all = identity;
    for (unsigned b = threadIdx.x; b < gridDim.x; b += REDUCTION_THREADS) all = combine(all, partials[b]);
    all = block_reduction(all, combine);
    if (threadIdx.x == 0) {
        *slot = all;
        *ticket = 0;
    }
}

}
