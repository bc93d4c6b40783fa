// Places in N blocks of one shape, each with its strides.
#pragma once

typedef long long Index;

constexpr int MAX_AXES = 8;

// a / b, by half of the words where that is enough.
__device__ inline Index quotient(Index a, Index b) {
    return (a | b) >> 32 ? a / b : Index(unsigned(a) / unsigned(b));
}

template <int N> struct Walk {
    Index count;
    // 0: all blocks are contiguous; else extents and strides say where the elements are.
    int axes;
    // Whether all addresses are multiples of 16.
    int aligned;
    // Whether all indices have 31 bits: then n / extents[k] is the upper word of n * multipliers[k], shifted.
    int narrow, reserved;
    unsigned multipliers[MAX_AXES], shifts[MAX_AXES];
    Index extents[MAX_AXES];
    // The last, so that a walk over fewer blocks is the beginning of one over more.
    Index strides[N][MAX_AXES];
};

// Index i of an axis and those before it, in C order: gives the indices before it, and leaves its own in i.
template <int N> __device__ inline Index split(const Walk<N> &walk, int axis, Index &i) {
    Index before;
    if (walk.narrow) {
        unsigned all = unsigned(i), next = __umulhi(all, walk.multipliers[axis]) >> walk.shifts[axis];
        i = Index(all - next * unsigned(walk.extents[axis]));
        before = next;
    } else {
        before = i / walk.extents[axis];
        i -= before * walk.extents[axis];
    }
    return before;
}

// Where the i-th element, in C order, of a strided block is.
template <int N> __device__ inline Index offset(const Walk<N> &walk, int block, Index i) {
    Index at = 0;
#pragma unroll 1
    for (int k = walk.axes - 1; k > 0; --k) {
        Index before = split(walk, k, i);
        at += i * walk.strides[block][k];
        i = before;
    }
    return at + i * walk.strides[block][0];
}

// The same for all blocks.
template <int N> __device__ inline void offsets(const Walk<N> &walk, Index i, Index (&at)[N]) {
#pragma unroll
    for (int block = 0; block < N; ++block) at[block] = 0;
#pragma unroll 1
    for (int k = walk.axes - 1; k > 0; --k) {
        Index before = split(walk, k, i);
#pragma unroll
        for (int block = 0; block < N; ++block) at[block] += i * walk.strides[block][k];
        i = before;
    }
#pragma unroll
    for (int block = 0; block < N; ++block) at[block] += i * walk.strides[block][0];
}
