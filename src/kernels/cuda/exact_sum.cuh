// Sums that are exact until they are rounded on the host: the integers of kernels/host/exact_sum.rs, so that the bits
// are the host's whatever the order of threads and ranks.
//
// A sum is a fixed-point number over the whole range of doubles: limbs of 32 bits that are held in 64, bit 0 being
// 2^-1074, and counts of NaN, +infinity and -infinity after them. A thread adds to a few limbs in registers round the
// largest terms it met, and to limbs that its warp shares beyond; integer additions in any order give the same.
#pragma once

constexpr int LIMBS = 68;
constexpr int SUM_WORDS = LIMBS + 3;
// Limbs in registers: the three of a term, for terms that differ by up to 2^64.
constexpr int WINDOW = 5;
// A limb of the warps' takes 2^30 terms of less than 2^32.
constexpr int SUM_WARPS = SUM_THREADS / 32;

__device__ inline void add_word(long long *word, long long value) {
    if (value != 0) atomicAdd(reinterpret_cast<unsigned long long *>(word), static_cast<unsigned long long>(value));
}

// words[limb] += value 2^(32 limb), its upper half to the limb above.
__device__ inline void add_limb(long long *words, int limb, long long value) {
    if (limb + 1 >= LIMBS) return add_word(words + limb, value);
    add_word(words + limb, value & 0xffffffffll);
    add_word(words + limb + 1, value >> 32);
}

struct ExactPart {
    long long *words;
    // The limb of the first register; -1 before the first term.
    int base;
    long long window[WINDOW];

    __device__ void operator+=(double value) {
        long long bits = __double_as_longlong(value);
        int exponent = int(bits >> 52) & 0x7ff;
        unsigned long long mantissa = bits & 0xfffffffffffffll;
        if (exponent == 0x7ff) {
            add_word(words + LIMBS + (mantissa != 0 ? 0 : bits > 0 ? 1 : 2), 1);
            return;
        }
        // value = mantissa 2^(position - 1074)
        int position = 0;
        if (exponent != 0) {
            mantissa |= 1ull << 52;
            position = exponent - 1;
        }
        if (mantissa == 0) return;
        int limb = position / 32, shift = position % 32;
        unsigned long long low = mantissa << shift;
        long long a = low & 0xffffffffull, b = low >> 32, c = shift == 0 ? 0 : mantissa >> (64 - shift);
        if (bits < 0) {
            a = -a;
            b = -b;
            c = -c;
        }
        if (limb > base + WINDOW - 3 || base < 0) {
            flush();
            base = limb < WINDOW - 3 ? 0 : limb - (WINDOW - 3);
        }
        int at = limb - base;
        if (at < 0) {
            add_word(words + limb, a);
            add_word(words + limb + 1, b);
            add_word(words + limb + 2, c);
            return;
        }
#pragma unroll
        for (int k = 0; k < WINDOW; ++k) window[k] += k == at ? a : k == at + 1 ? b : k == at + 2 ? c : 0;
    }

    __device__ void flush() {
#pragma unroll
        for (int k = 0; k < WINDOW; ++k) {
            if (base >= 0) add_limb(words, base + k, window[k]);
            window[k] = 0;
        }
    }
};

struct Sum {
    ExactPart re, im;
};

// Limbs of the warps of a block: real and imaginary part.
__device__ inline long long *block_words() {
    __shared__ long long words[SUM_WARPS * 2 * SUM_WORDS];
    return words;
}

// No terms; every thread of the block takes part.
__device__ inline Sum empty_sum() {
    long long *words = block_words();
    for (int k = threadIdx.x; k < SUM_WARPS * 2 * SUM_WORDS; k += SUM_THREADS) words[k] = 0;
    __syncthreads();
    long long *own = words + threadIdx.x / 32 * 2 * SUM_WORDS;
    return {{own, -1, {}}, {own + SUM_WORDS, -1, {}}};
}

// The words at `slot`, of the real and the imaginary part, += those of the grid.
__device__ inline void grid_sum(Sum own, void *slot, double *, unsigned *) {
    own.re.flush();
    own.im.flush();
    __syncthreads();
    long long *to = static_cast<long long *>(slot), *words = block_words();
    for (int k = threadIdx.x; k < 2 * SUM_WORDS; k += SUM_THREADS) {
        long long all = 0;
        for (int warp = 0; warp < SUM_WARPS; ++warp) all += words[warp * 2 * SUM_WORDS + k];
        int limb = k % SUM_WORDS;
        if (limb < LIMBS)
            add_limb(to + (k - limb), limb, all);
        else
            add_word(to + k, all);
    }
}
