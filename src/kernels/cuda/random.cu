// Random numbers as a function of their place; the formulas are those of kernels/host/random.rs, operation by operation,
// so that values have the same bits.
#include "walk.cuh"

typedef unsigned long long Word;

constexpr int MOST_AXES = 16;

// Local index i along an axis is the global index start + (i / block) period + i % block, times `factor` in C order.
struct Axis {
    Index extent, start, block, period, factor;
};

struct Places {
    Index axes;
    Axis along[MOST_AXES];
};

struct Block {
    Word a, b;
};

// Ten rounds of Philox4x32; the seed is the key, the counter is (index, stream).
__device__ inline Block philox(Word seed, Word stream, Word index) {
    unsigned c[4] = {unsigned(index), unsigned(index >> 32), unsigned(stream), unsigned(stream >> 32)};
    unsigned k[2] = {unsigned(seed), unsigned(seed >> 32)};
    for (int round = 0; round < 10; ++round) {
        Word a = Word(0xD2511F53u) * c[0], b = Word(0xCD9E8D57u) * c[2];
        unsigned next[4] = {unsigned(b >> 32) ^ c[1] ^ k[0], unsigned(b), unsigned(a >> 32) ^ c[3] ^ k[1], unsigned(a)};
        for (int i = 0; i < 4; ++i) c[i] = next[i];
        k[0] += 0x9E3779B9u;
        k[1] += 0xBB67AE85u;
    }
    return {c[0] | Word(c[1]) << 32, c[2] | Word(c[3]) << 32};
}

// The upper 53 bits as a number in [0, 1).
__device__ inline double unit(Word bits) { return double(bits >> 11) * (1.0 / double(1ull << 53)); }

__device__ inline double logarithm(double x) {
    long long bits = __double_as_longlong(x);
    double fraction = __longlong_as_double((bits & 0xfffffffffffffll) | 1023ll << 52);
    bool upper = fraction > 1.41421356237309504880;
    double m = upper ? 0.5 * fraction : fraction, e = double(bits >> 52) + (upper ? -1022.0 : -1023.0);
    double s = (m - 1.0) / (m + 1.0), z = s * s, series = 0;
#pragma unroll
    for (int k = 11; k > 0; --k) series = z * (2.0 / double(2 * k + 1) + series);
    double first = __longlong_as_double(0x3fe62e42fee00000ll);
    return e * first + (2.0 * s + (s * series + e * 1.9082149292705877e-10));
}

struct Point {
    double x, y;
};

// (cos, sin) of v turns.
__device__ inline Point on_circle(double v) {
    long long quarter = (long long)(4.0 * v + 0.5);
    double t = 2.0 * 3.14159265358979323846 * (v - 0.25 * double(quarter)), z = t * t;
    double sine = 1, cosine = 1;
#pragma unroll
    for (int k = 9; k > 0; --k) {
        double n = 2 * k;
        sine = 1.0 - z * sine * (1.0 / (n * (n + 1.0)));
        cosine = 1.0 - z * cosine * (1.0 / (n * (n - 1.0)));
    }
    sine = t * sine;
    switch (quarter & 3) {
    case 0: return {cosine, sine};
    case 1: return {-sine, cosine};
    case 2: return {-cosine, -sine};
    default: return {sine, -cosine};
    }
}

// Rounded; never 1 when it is below 1, but the number before.
__device__ inline double below_one(double value) {
    Real rounded = Real(value);
    return rounded < Real(1) ? rounded : 1.0 - 1.0 / double(1 << 24);
}

// x := uniform in [0, 1), or standard normal, for its global index
extern "C" __global__ void random_fill(Walk<1> walk, Places places, int normal, Word seed, Word stream, Element *x) {
    Index thread = Index(blockIdx.x) * blockDim.x + threadIdx.x, threads = Index(gridDim.x) * blockDim.x;
    for (Index i = thread; i < walk.count; i += threads) {
        Index rest = i;
        Word index = 0;
        for (Index k = places.axes - 1; k >= 0; --k) {
            const Axis &axis = places.along[k];
            Index next = rest / axis.extent, at = rest - next * axis.extent, block = at / axis.block;
            index += Word(axis.factor) * Word(axis.start + block * axis.period + (at - block * axis.block));
            rest = next;
        }
        Block bits = philox(seed, stream, index);
        double u = unit(bits.a), v = unit(bits.b);
        Index place = walk.axes == 0 ? i : offset(walk, 0, i);
        if (normal) {
            double radius = sqrt(-2.0 * logarithm(1.0 - u));
            Point point = on_circle(v);
            x[place] = element(radius * point.x, radius * point.y);
        } else {
            x[place] = element(below_one(u), below_one(v));
        }
    }
}
