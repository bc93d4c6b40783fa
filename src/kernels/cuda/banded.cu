// y := alpha A x + beta y with a banded matrix along one axis: filters, also fused with a difference or changing along
// the axis, or with a filter for each line. A value depends on its global index alone.
#include "walk.cuh"

struct Band {
    const Element *x;
    Element *y;
    // Planes of the neighbours: contiguous blocks of the local shape, `width` thick along the axis.
    const Element *before, *after;
    Index before_width, after_width;
    Index shape[MAX_AXES], x_strides[MAX_AXES], y_strides[MAX_AXES];
    // Rows of the block that are computed.
    Index lower, upper;
    // The matrix row of the block's first element, and rows of the matrix.
    Index first, total;
    // `taps` coefficients a row for columns from row + lowest on: of the first `head` rows, of the interior, of the rows
    // from `tail` on. Or the interior of each line.
    const void *coefficients;
    Index head, tail, lowest, taps;
    int axis, real, conjugated, per_line;
    Factor alpha, beta;
};

__device__ inline Element term(Real c, bool, Element x) { return scaled(c, x); }
#if DLOPS_COMPLEX
__device__ inline Element term(Element c, bool conjugated, Element x) { return (conjugated ? conjugate(c) : c) * x; }
#endif

template <int AXES, class Coefficient> __device__ inline void compute(const Band &band) {
    Element a = element(band.alpha), b = element(band.beta);
    bool reads = !is_zero(b), conjugated = band.conjugated;
    Index extents[AXES], count = 1;
#pragma unroll
    for (int k = 0; k < AXES; ++k) {
        extents[k] = k == band.axis ? band.upper - band.lower : band.shape[k];
        count *= extents[k];
    }
    Index step = Index(gridDim.x) * blockDim.x;
    for (Index e = Index(blockIdx.x) * blockDim.x + threadIdx.x; e < count; e += step) {
        Index at[AXES], rest = e;
#pragma unroll
        for (int k = AXES - 1; k >= 0; --k) {
            Index next = quotient(rest, extents[k]);
            at[k] = rest - next * extents[k] + (k == band.axis ? band.lower : 0);
            rest = next;
        }
        Index from = 0, to = 0, line = 0, here = 0, n = 0, stride = 0;
        Index before = 0, after = 0, halo_stride = 1;
#pragma unroll
        for (int k = 0; k < AXES; ++k) {
            from += at[k] * band.x_strides[k];
            to += at[k] * band.y_strides[k];
            if (k == band.axis) {
                here = at[k];
                n = band.shape[k];
                stride = band.x_strides[k];
                before *= band.before_width;
                after *= band.after_width;
                halo_stride = 1;
            } else {
                line = line * band.shape[k] + at[k];
                before = before * band.shape[k] + at[k];
                after = after * band.shape[k] + at[k];
                halo_stride *= band.shape[k];
            }
        }
        Index row = here + band.first, kept = band.head;
        if (row < band.head) kept = row;
        if (row >= band.tail) kept = band.head + 1 + (row - band.tail);
        if (band.per_line) kept = line;
        const Coefficient *c = static_cast<const Coefficient *>(band.coefficients) + kept * band.taps;
        Index start = -(row + band.lowest), end = band.total - row - band.lowest;
        if (start < 0) start = 0;
        if (end > band.taps) end = band.taps;
        Index first = here + band.lowest + start, last = here + band.lowest + end;
        Element sum = element(0, 0);
        if (first >= 0 && last <= n) {
            const Element *x = band.x + (from + (first - here) * stride);
            for (Index t = start; t < end; ++t, x += stride) sum = sum + term(c[t], conjugated, *x);
        } else {
            for (Index t = start; t < end; ++t) {
                Index j = here + band.lowest + t;
                Element value;
                if (j < 0)
                    value = band.before[before + (band.before_width + j) * halo_stride];
                else if (j >= n)
                    value = band.after[after + (j - n) * halo_stride];
                else
                    value = band.x[from + (j - here) * stride];
                sum = sum + term(c[t], conjugated, value);
            }
        }
        band.y[to] = reads ? a * sum + b * band.y[to] : a * sum;
    }
}

template <int AXES> __device__ inline void choose(const Band &band) {
    if (band.real)
        compute<AXES, Real>(band);
    else
        compute<AXES, Element>(band);
}

extern "C" __global__ void banded_3(Band band) { choose<3>(band); }
extern "C" __global__ void banded_8(Band band) { choose<8>(band); }
