// Operations of the 32 threads of a warp. Each waits for all threads that its mask names.
#pragma once

static inline int standin_lane() {
    const standin_thread_state& t = standin_thread;
    return static_cast<int>((t.thread.x + t.block_dim.x * (t.thread.y + t.block_dim.y * t.thread.z)) & 31);
}

static inline void __syncwarp(unsigned mask = 0xffffffffu) { standin_warp(WARP_SYNC, mask, 0, 0); }
static inline unsigned __activemask() { return standin_active(); }

template <class T> static inline T standin_shuffle(unsigned mask, T value, int source) {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8 || sizeof(T) == 2 || sizeof(T) == 1, "a shuffle moves a number");
    unsigned long long bits = 0;
    __builtin_memcpy(&bits, &value, sizeof(T));
    bits = standin_warp(WARP_SHUFFLE, mask, bits, source);
    __builtin_memcpy(&value, &bits, sizeof(T));
    return value;
}

template <class T> static inline T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
    int lane = standin_lane();
    return standin_shuffle(mask, value, (lane & ~(width - 1)) | (source & (width - 1)));
}
template <class T> static inline T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32) {
    int lane = standin_lane(), from = (lane & (width - 1)) - static_cast<int>(delta);
    return standin_shuffle(mask, value, from < 0 ? lane : lane - static_cast<int>(delta));
}
template <class T> static inline T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32) {
    int lane = standin_lane(), from = (lane & (width - 1)) + static_cast<int>(delta);
    return standin_shuffle(mask, value, from >= width ? lane : lane + static_cast<int>(delta));
}
template <class T> static inline T __shfl_xor_sync(unsigned mask, T value, int flip, int width = 32) {
    int lane = standin_lane(), from = lane ^ flip;
    return standin_shuffle(mask, value, from < (lane & ~(width - 1)) + width ? from : lane);
}

static inline unsigned __ballot_sync(unsigned mask, int predicate) {
    return static_cast<unsigned>(standin_warp(WARP_VOTE, mask, predicate != 0, 0));
}
static inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
static inline int __all_sync(unsigned mask, int predicate) { return __ballot_sync(mask, !predicate) == 0; }
template <class T> static inline unsigned __match_any_sync(unsigned mask, T value) {
    unsigned long long bits = 0;
    __builtin_memcpy(&bits, &value, sizeof(T));
    return static_cast<unsigned>(standin_warp(WARP_MATCH, mask, bits, 0));
}

// Reductions of 32-bit integers over the lanes of the mask.
template <class T, class F> static inline T standin_reduce(unsigned mask, T value, F combine) {
    T result{};
    bool first = true;
    for (int lane = 0; lane < 32; ++lane) {
        if (!(mask >> lane & 1)) continue;
        T other = standin_shuffle(mask, value, lane);
        result = first ? other : combine(result, other);
        first = false;
    }
    return result;
}
template <class T> static inline T __reduce_add_sync(unsigned m, T v) { return standin_reduce(m, v, [](T a, T b) { return a + b; }); }
template <class T> static inline T __reduce_min_sync(unsigned m, T v) { return standin_reduce(m, v, [](T a, T b) { return b < a ? b : a; }); }
template <class T> static inline T __reduce_max_sync(unsigned m, T v) { return standin_reduce(m, v, [](T a, T b) { return a < b ? b : a; }); }
static inline unsigned __reduce_and_sync(unsigned m, unsigned v) { return standin_reduce(m, v, [](unsigned a, unsigned b) { return a & b; }); }
static inline unsigned __reduce_or_sync(unsigned m, unsigned v) { return standin_reduce(m, v, [](unsigned a, unsigned b) { return a | b; }); }
static inline unsigned __reduce_xor_sync(unsigned m, unsigned v) { return standin_reduce(m, v, [](unsigned a, unsigned b) { return a ^ b; }); }
