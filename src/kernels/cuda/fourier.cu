// Lines of a block along one axis, brought into a tile and put back: what transforms of lines work on. As on the host
// (line_tile.rs): position p of a tile's line is index (p + rotation) mod length of the block's, for p < length. Neighbouring
// threads take neighbours in memory: positions where the axis is the last one, lines elsewhere.
#include "element.cuh"
#include "strided.cuh"

struct Lines {
    void *data;
    Index along, length, rotation;
    // The other axes, slowest first; lines are counted in their C order.
    Index extents[MAX_AXES], strides[MAX_AXES];
    // Those of the tile.
    Index first, count;
    int axes, real;
};

struct Tile {
    void *data;
    Index n;
    // Lines one after another; else position 0 of all lines, then position 1, ..
    int by_lines, real;
};

// What is done to bins on their way. Of a half, those that stand for two are multiplied by `balance`; `ends_real`: the
// imaginary parts of the bins that are their own conjugates are left out.
struct Bins {
    Index n;
    double balance;
    int conjugated, ends_real;
};


__device__ inline Index start_of(const Lines &lines, Index line) {
    Index at = 0, rest = line + lines.first;
    for (int k = lines.axes - 1; k > 0; --k) {
        Index next = quotient(rest, lines.extents[k]);
        at += (rest - next * lines.extents[k]) * lines.strides[k];
        rest = next;
    }
    return at + rest * lines.strides[0];
}

__device__ inline Element read(const void *data, int real, Index at) {
    if (real) return {static_cast<const Real *>(data)[at], 0};
    return static_cast<const Element *>(data)[at];
}

__device__ inline Element treated(const Bins &bins, Index p, Element v) {
    if (bins.balance != 1 && p >= 1 && p <= (bins.n - 1) / 2) v = scaled(Real(bins.balance), v);
    if (bins.conjugated) v = conjugate(v);
    if (bins.ends_real && (p == 0 || 2 * p == bins.n)) v.im = 0;
    return v;
}

// A line, and a position of it, by the number of a thread's piece of work among n * count.
struct Piece {
    Index line, position;

    __device__ Piece(const Lines &lines, const Tile &tile, Index n, Index i) {
        Index inner = tile.by_lines ? n : lines.count, outer = quotient(i, inner), rest = i - outer * inner;
        line = tile.by_lines ? outer : rest;
        position = tile.by_lines ? rest : outer;
    }
    __device__ Index in_tile(const Lines &lines, const Tile &tile) const {
        return tile.by_lines ? line * tile.n + position : position * lines.count + line;
    }
    __device__ Index in_block(const Lines &lines) const {
        Index index = position + lines.rotation;
        if (index >= lines.length) index -= lines.length;
        return start_of(lines, line) + index * lines.along;
    }
};

// tile := lines of the block, with zeros where they are shorter
extern "C" __global__ void load(Lines lines, Tile tile, Bins bins) {
    Index step = Index(gridDim.x) * blockDim.x;
    for (Index i = Index(blockIdx.x) * blockDim.x + threadIdx.x; i < tile.n * lines.count; i += step) {
        Piece piece(lines, tile, tile.n, i);
        Element v = element(0, 0);
        if (piece.position < lines.length)
            v = treated(bins, piece.position, read(lines.data, lines.real, piece.in_block(lines)));
        Index at = piece.in_tile(lines, tile);
        if (tile.real)
            static_cast<Real *>(tile.data)[at] = v.re;
        else
            static_cast<Element *>(tile.data)[at] = v;
    }
}

// lines of the block := alpha tile + beta (lines of the block), real parts where they are real; with beta = 0 they are not
// read. Without a tile, the lines are taken where they stand.
extern "C" __global__ void store(Lines lines, Tile tile, Bins bins, Scalar alpha, Scalar beta) {
    Element a = element(alpha), b = element(beta);
    bool one = alpha.re == 1 && alpha.im == 0, reads = !is_zero(b);
    Index step = Index(gridDim.x) * blockDim.x;
    for (Index i = Index(blockIdx.x) * blockDim.x + threadIdx.x; i < lines.length * lines.count; i += step) {
        Piece piece(lines, tile, lines.length, i);
        Index at = piece.in_block(lines);
        Element v = element(0, 0);
        if (tile.data == nullptr)
            v = treated(bins, piece.position, read(lines.data, lines.real, at));
        else if (piece.position < tile.n)
            v = treated(bins, piece.position, read(tile.data, tile.real, piece.in_tile(lines, tile)));
        if (lines.real) {
            Real *to = static_cast<Real *>(lines.data) + at;
            Real w = one ? v.re : a.re * v.re;
            *to = reads ? w + b.re * *to : w;
        } else {
            Element *to = static_cast<Element *>(lines.data) + at;
            Element w = one ? v : a * v;
            *to = reads ? w + b * *to : w;
        }
    }
}
