// y := alpha sum over terms of w D x + beta y for one or several outputs, in one pass; every D is a banded matrix along
// one axis with special rows at both ends. Interior, ends and what halos serve are one expression, so that a value
// depends on its global index alone.
#include "walk.cuh"

constexpr int MAX_TERMS = 8;

// Elements that a thread computes along the last axis, SPREAD apart, in LINES lines that follow one another.
constexpr int EACH = 4;
constexpr int SPREAD = 128;
constexpr int LINES = 4;

// The most taps of an interior row that are launched with the kernel.
constexpr int MAX_TAPS = 8;

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
    // Elements along the axis whose rows are the interior and read nothing outside the block, none where the last axis is
    // not contiguous; for these the taps, with the way to each in memory.
    Index inner_lower, inner_upper;
    int taps, reserved;
    Index steps[MAX_TAPS];
    double weights[MAX_TAPS];
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

// Where index `at` stands in a contiguous block of the local shape that is `width` thick along the axis.
template <int AXES>
__device__ __forceinline__ Index halo_place(const Pass &pass, int axis, Index width, const Index *at, Index along) {
    Index place = 0;
#pragma unroll
    for (int k = 0; k < AXES; ++k)
        place = place * (k == axis ? width : pass.shape[k]) + (k == axis ? along : at[k]);
    return place;
}

template <int AXES> __device__ __forceinline__ Element row_of(const Pass &pass, const Term &term, const Index *at) {
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

// sums[u] := sums[u] + the interior row on the elements SPREAD apart from x on: all are read before the first is used.
template <int TAPS>
__device__ __forceinline__ void add_taps(const Term &term, const Element *x, int count, Element *sums) {
    Element values[TAPS][EACH], rows[EACH];
#pragma unroll
    for (int t = 0; t < TAPS; ++t) {
        const Element *from = x + term.steps[t];
#pragma unroll
        for (int u = 0; u < EACH; ++u) values[t][u] = u < count ? from[u * SPREAD] : element(0, 0);
    }
#pragma unroll
    for (int u = 0; u < EACH; ++u) rows[u] = element(0, 0);
#pragma unroll
    for (int t = 0; t < TAPS; ++t) {
        Real weight = Real(term.weights[t]);
#pragma unroll
        for (int u = 0; u < EACH; ++u) rows[u] = rows[u] + scaled(weight, values[t][u]);
    }
#pragma unroll
    for (int u = 0; u < EACH; ++u) sums[u] = sums[u] + rows[u];
}

// The same for any number of taps, one after the other.
__device__ __forceinline__ void add_all_taps(const Term &term, const Element *x, int count, Element *sums) {
    Element rows[EACH];
#pragma unroll
    for (int u = 0; u < EACH; ++u) rows[u] = element(0, 0);
#pragma unroll 1
    for (int t = 0; t < term.taps; ++t) {
        const Element *from = x + term.steps[t];
        Real weight = Real(term.weights[t]);
#pragma unroll
        for (int u = 0; u < EACH; ++u)
            if (u < count) rows[u] = rows[u] + scaled(weight, from[u * SPREAD]);
    }
#pragma unroll
    for (int u = 0; u < EACH; ++u) sums[u] = sums[u] + rows[u];
}

// sums[u] := sums[u] + (D x) at the element u * SPREAD after `at` along the last axis, u below `count`.
template <int AXES>
__device__ __forceinline__ void add_term(const Pass &pass, const Term &term, const Index *at, int count, Element *sums) {
    Index place = 0, here = 0;
#pragma unroll
    for (int k = 0; k < AXES; ++k) {
        place += at[k] * term.strides[k];
        if (k == term.axis) here = at[k];
    }
    Index furthest = here + (term.axis == AXES - 1 ? (count - 1) * SPREAD : 0);
    if (here < term.inner_lower || furthest >= term.inner_upper) {
        Index each[AXES];
#pragma unroll
        for (int k = 0; k < AXES; ++k) each[k] = at[k];
        // Few threads come here: one piece of code serves all their elements.
#pragma unroll 1
        for (int u = 0; u < count; ++u) {
            Element row = row_of<AXES>(pass, term, each);
            each[AXES - 1] += SPREAD;
#pragma unroll
            for (int k = 0; k < EACH; ++k)
                if (k == u) sums[k] = sums[k] + row;
        }
        return;
    }
    const Element *x = term.x + place;
    if constexpr (AXES <= 3) {
        switch (term.taps) {
        case 2: return add_taps<2>(term, x, count, sums);
        case 3: return add_taps<3>(term, x, count, sums);
        case 4: return add_taps<4>(term, x, count, sums);
        }
    }
    add_all_taps(term, x, count, sums);
}

// The thread's elements of one line, of which `at` is the first.
template <int AXES>
__device__ __forceinline__ void compute_line(const Pass &pass, const Index *at, int count, Element a, Element b) {
    for (int o = 0; o < pass.outputs; ++o) {
        const Output &output = pass.results[o];
        Element sums[EACH];
#pragma unroll
        for (int u = 0; u < EACH; ++u) sums[u] = element(0, 0);
        for (int t = output.first_term; t < output.last_term; ++t) add_term<AXES>(pass, pass.terms[t], at, count, sums);
        Index place = 0, apart = SPREAD * output.strides[AXES - 1];
#pragma unroll
        for (int k = 0; k < AXES; ++k) place += at[k] * output.strides[k];
        Element *y = output.y + place;
        bool reads = !is_zero(b);
#pragma unroll
        for (int u = 0; u < EACH; ++u)
            if (u < count) y[u * apart] = reads ? a * sums[u] + b * y[u * apart] : a * sums[u];
    }
}

template <int AXES> __device__ inline void compute(const Pass &pass) {
    Element a = element(pass.alpha), b = element(pass.beta);
    Index column = Index(blockIdx.x) * (EACH * SPREAD) + threadIdx.x, left = pass.extents[AXES - 1] - column;
    if (left <= 0) return;
    int count = left > (EACH - 1) * SPREAD ? EACH : int((left + SPREAD - 1) / SPREAD);
    Index first = (Index(blockIdx.y) * blockDim.y + threadIdx.y) * LINES, step = Index(gridDim.y) * blockDim.y * LINES;
    for (Index start = first; start < pass.rows; start += step) {
        Index at[AXES], rest = start;
        at[AXES - 1] = pass.lower[AXES - 1] + column;
#pragma unroll
        for (int k = AXES - 2; k >= 0; --k) {
            Index next = k == 0 ? 0 : quotient(rest, pass.extents[k]);
            at[k] = pass.lower[k] + (rest - next * pass.extents[k]);
            rest = next;
        }
        Index lines = pass.rows - start < LINES ? pass.rows - start : LINES;
        for (Index line = 0; line < lines; ++line) {
            compute_line<AXES>(pass, at, count, a, b);
            bool next = true;
#pragma unroll
            for (int k = AXES - 2; k >= 0; --k) {
                if (next) {
                    next = ++at[k] == pass.lower[k] + pass.extents[k];
                    if (next) at[k] = pass.lower[k];
                }
            }
        }
    }
}

extern "C" __global__ void stencil_1(Pass pass) { compute<1>(pass); }
extern "C" __global__ void stencil_2(Pass pass) { compute<2>(pass); }
extern "C" __global__ void stencil_3(Pass pass) { compute<3>(pass); }
extern "C" __global__ void stencil_4(Pass pass) { compute<4>(pass); }
extern "C" __global__ void stencil_8(Pass pass) { compute<8>(pass); }
