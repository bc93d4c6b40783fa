// Places in N blocks of one shape, each with its strides.
#pragma once

typedef long long Index;

constexpr int MAX_AXES = 8;

template <int N> struct Walk {
    Index count;
    // 0: all blocks are contiguous; else extents and strides say where the elements are.
    int axes;
    // Whether all addresses are multiples of 16.
    int aligned;
    Index extents[MAX_AXES];
    Index strides[N][MAX_AXES];
};

// Where the i-th element, in C order, of a strided block is.
template <int N> __device__ inline Index offset(const Walk<N> &walk, int block, Index i) {
    Index at = 0;
    for (int k = walk.axes - 1; k >= 0; --k) {
        Index next = i / walk.extents[k];
        at += (i - next * walk.extents[k]) * walk.strides[block][k];
        i = next;
    }
    return at;
}
