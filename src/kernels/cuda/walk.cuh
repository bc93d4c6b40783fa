// Walks over the elements of N blocks of one shape, each with its strides; 16 bytes at a time where all are contiguous.
#pragma once
#include "element.cuh"
#include "strided.cuh"

constexpr int PACK = 16 / sizeof(Element);

struct alignas(16) Pack {
    Element at[PACK];
};

// How a visit uses a block of the walk: reads it, writes it, or both.
struct In {
    const Element *data;
    int block;
    static constexpr bool READS = true, WRITES = false;
};
struct Out {
    Element *data;
    int block;
    static constexpr bool READS = false, WRITES = true;
};
struct InOut {
    Element *data;
    int block;
    static constexpr bool READS = true, WRITES = true;
};

// One element or pack of a block, written back when the visit is over.
template <class Value, class Use> struct Held {
    Use use;
    Index place;
    Value value;

    __device__ Held(Use use, Index place) : use(use), place(place) {
        if constexpr (Use::READS) value = reinterpret_cast<const Value *>(use.data)[place];
    }
    __device__ void finish() {
        if constexpr (Use::WRITES) reinterpret_cast<Value *>(use.data)[place] = value;
    }
};

template <class Visit, class... Blocks> __device__ inline void visit_pack(Visit &visit, Blocks... held) {
#pragma unroll
    for (int k = 0; k < PACK; ++k) visit(held.value.at[k]...);
    (held.finish(), ...);
}

template <class Visit, class... Blocks> __device__ inline void visit_one(Visit &visit, Blocks... held) {
    visit(held.value...);
    (held.finish(), ...);
}

// visit(e...) for the elements that stand at the same place in all blocks, each once, over the threads of the grid.
template <class Visit, class... Uses>
__device__ inline void each(const Walk<sizeof...(Uses)> &walk, Visit visit, Uses... uses) {
    Index thread = Index(blockIdx.x) * blockDim.x + threadIdx.x, threads = Index(gridDim.x) * blockDim.x;
    if (walk.axes == 0) {
        Index packed = walk.aligned ? walk.count / PACK : 0;
        for (Index i = thread; i < packed; i += threads) visit_pack(visit, Held<Pack, Uses>(uses, i)...);
        for (Index i = packed * PACK + thread; i < walk.count; i += threads)
            visit_one(visit, Held<Element, Uses>(uses, i)...);
        return;
    }
    for (Index i = thread; i < walk.count; i += threads) {
        Index at[sizeof...(Uses)];
        offsets(walk, i, at);
        visit_one(visit, Held<Element, Uses>(uses, at[uses.block])...);
    }
}
