// y := alpha sum over terms of w D x + beta y for one or several outputs, in one pass; every D is a banded matrix along
// one axis with special rows at both ends. Interior, ends and what halos serve are one expression, so that a value
// depends on its global index alone.
#include "walk.cuh"

constexpr int MAX_TERMS = 8;

// Elements that a thread computes along the last axis, SPREAD apart.
constexpr int EACH = 4;
constexpr int SPREAD = 128;

struct Term {
    const Element *x;
    Index strides[MAX_AXES];
    // Planes of the neighbours: contiguous blocks of the local shape, `width` thick along the axis.
    const Element *before, *after;
    Index before_width, after_width;
    // Rows of the matrix: `head` special ones, the interior, and special ones from `tail` on. Row r has the taps
    // starts[r] to starts[r + 1]: the first `head` rows, then the last ones, then the interior.
    const int *starts;
    const Index *offsets;
    const double *coefficients;
    Index head, tail;
    // The matrix row of the block's first element, and how many rows follow the tail's first.
    Index first;
    int specials, axis;
};

struct Output {
    Element *y;
    Index strides[MAX_AXES];
    int first_term, last_term;
};

struct Pass {
    int outputs, reserved;
    // The block, and the box of it that is computed.
    Index shape[MAX_AXES], lower[MAX_AXES], extents[MAX_AXES];
    Index rows;
    Factor alpha, beta;
    Term terms[MAX_TERMS];
    Output results[MAX_TERMS];
};

__device__ inline Index quotient(Index a, Index b) {
    return (a | b) >> 32 ? a / b : Index(unsigned(a) / unsigned(b));
}

// Where index `at` stands in a contiguous block of the local shape that is `width` thick along the axis.
template <int AXES>
__device__ inline Index halo_place(const Pass &pass, int axis, Index width, const Index *at, Index along) {
    Index place = 0;
#pragma unroll
    for (int k = 0; k < AXES; ++k)
        place = place * (k == axis ? width : pass.shape[k]) + (k == axis ? along : at[k]);
    return place;
}

template <int AXES> __device__ inline Element row_of(const Pass &pass, const Term &term, const Index *at) {
    Index place = 0, here = 0, n = 0, stride = 0;
#pragma unroll
    for (int k = 0; k < AXES; ++k) {
        place += at[k] * term.strides[k];
        if (k == term.axis) {
            here = at[k];
            n = pass.shape[k];
            stride = term.strides[k];
        }
    }
    Index i = here + term.first, row = term.specials;
    if (i < term.head) row = i;
    if (i >= term.tail) row = term.head + (i - term.tail);
    Element sum = element(0, 0);
    for (int t = term.starts[row], end = term.starts[row + 1]; t < end; ++t) {
        Index offset = term.offsets[t], j = here + offset;
        Element value;
        if (j < 0)
            value = term.before[halo_place<AXES>(pass, term.axis, term.before_width, at, term.before_width + j)];
        else if (j >= n)
            value = term.after[halo_place<AXES>(pass, term.axis, term.after_width, at, j - n)];
        else
            value = term.x[place + offset * stride];
        sum = sum + scaled(Real(term.coefficients[t]), value);
    }
    return sum;
}

template <int AXES> __device__ inline void compute(const Pass &pass) {
    Element a = element(pass.alpha), b = element(pass.beta);
    bool reads = !is_zero(b);
    Index along = Index(blockIdx.x) * (EACH * SPREAD) + threadIdx.x;
    Index first = Index(blockIdx.y) * blockDim.y + threadIdx.y, step = Index(gridDim.y) * blockDim.y;
    for (Index line = first; line < pass.rows; line += step) {
        Index at[AXES], rest = line;
#pragma unroll
        for (int k = AXES - 2; k >= 0; --k) {
            Index next = quotient(rest, pass.extents[k]);
            at[k] = pass.lower[k] + (rest - next * pass.extents[k]);
            rest = next;
        }
        for (int u = 0; u < EACH; ++u) {
            Index column = along + u * SPREAD;
            if (column >= pass.extents[AXES - 1]) break;
            at[AXES - 1] = pass.lower[AXES - 1] + column;
            for (int o = 0; o < pass.outputs; ++o) {
                const Output &output = pass.results[o];
                Element sum = element(0, 0);
                for (int t = output.first_term; t < output.last_term; ++t)
                    sum = sum + row_of<AXES>(pass, pass.terms[t], at);
                Index place = 0;
#pragma unroll
                for (int k = 0; k < AXES; ++k) place += at[k] * output.strides[k];
                output.y[place] = reads ? a * sum + b * output.y[place] : a * sum;
            }
        }
    }
}

extern "C" __global__ void stencil_1(Pass pass) { compute<1>(pass); }
extern "C" __global__ void stencil_2(Pass pass) { compute<2>(pass); }
extern "C" __global__ void stencil_3(Pass pass) { compute<3>(pass); }
extern "C" __global__ void stencil_4(Pass pass) { compute<4>(pass); }
extern "C" __global__ void stencil_8(Pass pass) { compute<8>(pass); }
