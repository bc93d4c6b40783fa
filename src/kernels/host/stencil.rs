//! y := beta y + alpha sum over terms of w D x, in one pass over x and y; every D is a `Stencil` along one axis.
//!
//! One output with a term an axis is a Laplacian, one output an axis is a gradient, one output whose terms read
//! different x is the gradient's adjoint. Planes that lie on other ranks are read from halo buffers, x is never copied.
//!
//! An element is beta y plus its taps in the order of the terms and of increasing offset, rounded one by one; taps on
//! the element itself of terms that read the same x are one tap, at the place of the first. So a value depends on its
//! global index alone: not on where ranks cut, on the box, on the processor, or on the store.

mod complex;
mod dispatch;
mod ends;
mod grid;
mod lanes;
mod order;
mod parts;
mod registers;
mod rows;
mod taps;
#[cfg(test)]
mod tests;

use crate::dtype::{Element, Real, Scalar};
use crate::kernels::cpu;
use crate::kernels::stencil::Stencil;
use ends::Ends;
use grid::{Grid, Index};
use rows::{Factors, Rows, Taps};
use std::mem::{size_of, MaybeUninit};
use std::ops::Range;
use std::ptr::addr_of_mut;

pub use dispatch::StencilReal;
pub use parts::shell;
pub use rows::MAX_TAPS;

/// The most axes a block may have.
pub const MAX_AXES: usize = 16;
/// The most terms of an output.
pub const MAX_TERMS: usize = 8;
/// Sets of taps that are kept from rows to rows.
const KEPT: usize = 7;
/// Bytes of rows that are read again before they leave the cache: half of a second-level cache of 1 MiB.
const REUSED_BYTES: usize = 512 << 10;

/// Planes of the neighbours along a term's axis, as contiguous blocks: the local shape, `width` thick along the axis.
#[derive(Clone, Copy, Debug)]
pub struct Halo<T> {
    pub before: *const T,
    pub before_width: usize,
    pub after: *const T,
    pub after_width: usize,
}

impl<T> Halo<T> {
    /// The whole axis is here.
    pub const NONE: Halo<T> =
        Halo { before: std::ptr::null(), before_width: 0, after: std::ptr::null(), after_width: 0 };
}

/// `weight` times a stencil along one axis of the block at x. Strides count elements.
#[derive(Clone, Copy, Debug)]
pub struct Term<'a, T> {
    pub x: *const T,
    pub x_strides: &'a [isize],
    pub axis: usize,
    pub stencil: &'a Stencil,
    pub weight: f64,
    /// The stencil's row that belongs to the first element of the block.
    pub offset: usize,
    pub halo: Halo<T>,
}

/// A block of results and the terms that add up to it.
#[derive(Clone, Copy, Debug)]
pub struct Output<'a, T> {
    pub y: *mut T,
    pub y_strides: &'a [isize],
    pub terms: &'a [Term<'a, T>],
}

/// Whether results go through the caches. Streaming serves outputs larger than the last-level cache that are not read
/// (beta = 0); it is ignored elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    Cached,
    Streaming,
}

/// Computes the box `lower..upper` of every output of a block of this shape.
///
/// Reads each x once, and y when beta is not zero; writes each y once. Complex factors serve complex elements only.
///
/// # Safety
/// All x and y are valid for the shape and their strides, aligned, and no y overlaps anything else; halos hold what
/// the rows of the box reach. At most `MAX_AXES` axes, `MAX_TERMS` terms and `MAX_TAPS` taps for an element of an output.
pub unsafe fn apply<T: Element>(
    shape: &[usize],
    outputs: &[Output<'_, T>],
    (alpha, beta): (Scalar, Scalar),
    (lower, upper): (&[usize], &[usize]),
    store: Store,
) where
    T::Real: StencilReal,
{
    let Some(grid) = Grid::new(shape, outputs, lower, upper) else { return };
    let stream = store == Store::Streaming && beta.is_zero();
    let pass = Pass { grid, outputs, factors: Factors { alpha, beta }, stream };
    // SAFETY: the caller's promise.
    unsafe { pass.run() };
    if stream {
        cpu::fence();
    }
}

struct Pass<'a, T> {
    grid: Grid,
    outputs: &'a [Output<'a, T>],
    factors: Factors,
    stream: bool,
}

/// How the loops are cut so that rows are still in cache when they are read again.
struct Tiling {
    /// The outermost loop within a tile.
    first: usize,
    /// Iterations of the loops after `first`, in a tile.
    extent: Index,
    /// Positions of a row.
    columns: usize,
    /// Rows after which the next output is served.
    group: usize,
}

impl<T: Element> Pass<'_, T>
where
    T::Real: StencilReal,
{
    fn tiling(&self) -> Tiling {
        let grid = &self.grid;
        let (row, middle) = (grid.row(), grid.row() - 1);
        let terms = || self.outputs.iter().flat_map(|o| o.terms);
        let first = terms().map(|t| grid.position(t.axis)).min().unwrap_or(row).min(middle);
        let reused = terms().filter(|t| grid.position(t.axis) == first);
        let span = reused.map(|t| t.stencil.reach()).fold(1, |span, (b, a)| span.max(1 + b + a)) + self.outputs.len();

        let length = grid.upper[row] - grid.lower[row];
        let position = grid.unit * size_of::<T::Real>();
        let again = self.outputs.len() > 1 || terms().any(|t| grid.position(t.axis) < row);
        let columns = match again && span * length * position > REUSED_BYTES {
            true => (REUSED_BYTES / (span * position)).next_multiple_of(64),
            false => length,
        };
        let mut rows = (REUSED_BYTES / (span * columns.min(length) * position)).max(1);
        let group = match self.outputs.len() > 1 {
            true => rows,
            false => usize::MAX,
        };
        let mut extent = grid.shape;
        for b in (first + 1..=middle).rev() {
            extent[b] = rows.min(grid.upper[b] - grid.lower[b]);
            rows = (rows / extent[b]).max(1);
        }
        Tiling { first, extent, columns, group }
    }

    unsafe fn run(&self) {
        let grid = &self.grid;
        let tiling = self.tiling();
        let (first, row, middle) = (tiling.first, grid.row(), grid.row() - 1);
        // Outer loops go one by one, the loops of a tile from tile to tile; `first` and the columns run inside.
        let mut scratch = Kept { sets: [const { MaybeUninit::uninit() }; KEPT], used: [false; KEPT] };
        let mut corner = grid.lower;
        loop {
            let (mut lower, mut upper) = (corner, grid.upper);
            for b in 0..middle + 1 {
                if b < first {
                    upper[b] = corner[b] + 1;
                } else if b > first {
                    upper[b] = grid.upper[b].min(corner[b] + tiling.extent[b]);
                }
            }
            for column in (grid.lower[row]..grid.upper[row]).step_by(tiling.columns) {
                lower[row] = column;
                upper[row] = grid.upper[row].min(column.saturating_add(tiling.columns));
                let mut index = lower;
                loop {
                    // SAFETY: the index lies in the caller's box.
                    unsafe {
                        self.rows(&mut index, lower[middle]..upper[middle], upper[row], tiling.group, &mut scratch)
                    };
                    index[row] = lower[row];
                    if !advance(&mut index, &lower, &upper, 0..middle, |_| 1) {
                        break;
                    }
                }
            }
            let step = |b: usize| if b < first { 1 } else { tiling.extent[b] };
            let moved = advance(&mut corner, &grid.lower, &grid.upper, first + 1..middle + 1, step)
                || advance(&mut corner, &grid.lower, &grid.upper, 0..first, step);
            if !moved {
                break;
            }
        }
    }

    /// Rows `range` of the middle loop, from the position in `index` to `end`, for every output.
    unsafe fn rows(
        &self,
        index: &mut Index,
        range: Range<usize>,
        end: usize,
        group: usize,
        scratch: &mut Kept<T::Real>,
    ) {
        let middle = self.grid.row() - 1;
        for start in range.clone().step_by(group) {
            let stop = range.end.min(start.saturating_add(group));
            for (number, output) in self.outputs.iter().enumerate() {
                let uniform = self.uniform(output, middle, start..stop);
                // Rows near the ends have taps of their own; a lone output keeps those too.
                let alone = self.outputs.len() == 1;
                let before = (start..uniform.start).map(|i| (i, 1 + (i - start)));
                let after = (uniform.end..stop).map(|i| (i, 4 + (i - uniform.end)));
                for (i, slot) in before.chain(after) {
                    index[middle] = i;
                    let slot = scratch.slot(if alone { slot.min(KEPT - 1) } else { KEPT - 1 });
                    // SAFETY: the rows lie in the caller's box.
                    unsafe { self.same_taps(number, *index, 1, end, slot) };
                }
                if !uniform.is_empty() {
                    index[middle] = uniform.start;
                    let slot = scratch.slot(number.min(KEPT - 1));
                    // SAFETY: the rows lie in the caller's box, and differ only by their place.
                    unsafe { self.same_taps(number, *index, uniform.len(), end, slot) };
                }
            }
        }
    }

    /// The part of `range` of loop `b` where all terms have their interior taps, all of them in the block.
    fn uniform(&self, output: &Output<'_, T>, b: usize, range: Range<usize>) -> Range<usize> {
        let (mut start, mut end) = (range.start, range.end);
        for term in output.terms.iter().filter(|t| self.grid.position(t.axis) == b) {
            let taps = term.stencil.interior();
            let rows = term.stencil.uniform();
            let before = taps.first().map_or(0, |t| (-t.0).max(0) as usize);
            let after = taps.last().map_or(0, |t| t.0.max(0) as usize);
            start = start.max(rows.start.saturating_sub(term.offset)).max(before);
            end = end.min(rows.end.saturating_sub(term.offset)).min(self.grid.shape[b].saturating_sub(after));
        }
        if start < end {
            start..end
        } else {
            range.end..range.end
        }
    }

    /// `rows` rows from `index` on, whose taps differ only by their place, up to position `end`.
    unsafe fn same_taps(
        &self,
        number: usize,
        mut index: Index,
        rows: usize,
        end: usize,
        scratch: &mut Scratch<T::Real>,
    ) {
        let (grid, output) = (&self.grid, &self.outputs[number]);
        let (row, unit) = (grid.row(), grid.unit);
        let inner = self.uniform(output, row, index[row]..end);
        if !self.factors.are_real() {
            // SAFETY: from here on, index and lengths lie in the caller's box.
            return unsafe { self.complex_rows(output, index, rows, inner, end, scratch) };
        }
        let (start, end) = (index[row] * unit, end * unit);
        let (mut from, mut to) = (inner.start * unit, inner.end * unit);
        index[row] = 0;
        let y = output.y.cast::<T::Real>().wrapping_offset(grid.offset(output.y_strides, &index));
        let stride = grid.stride(output.y_strides, row - 1);
        let line = ends::lanes::<T::Real>();
        // Numbers from `e` on to the next cache line, when it is the same for all rows.
        let same = rows == 1 || stride % line as isize == 0;
        let to_line = |e: usize| {
            if same {
                (y.wrapping_add(e) as usize).wrapping_neg() % 64 / size_of::<T::Real>()
            } else {
                0
            }
        };
        let zoned = from > start || to < end;
        if zoned && from < to {
            if from > start {
                from = to.min(from + to_line(from));
            }
            if to < end {
                to = from.max(to.saturating_sub(if same { (line - to_line(to)) % line } else { 0 }));
            }
        }
        let place = |len: usize| Rows { y: y.wrapping_add(from), stride, rows, len };
        let beta = !self.factors.beta.is_zero();
        let factor = T::Real::from_f64(self.factors.beta.re);
        let combine = |taps: &Taps<T::Real>, ends: &Ends<T::Real>, len: usize| {
            // Where there are only zones, taps are not looked at, and the function for few of them starts fastest.
            let count = if len == 0 { 2 } else { taps.count };
            let rows_function = T::Real::rows_function(cpu::level(), count, beta, self.stream);
            // SAFETY: the rows and zones lie in the caller's box.
            unsafe { rows_function(&place(len), taps, ends, factor) };
        };
        let Scratch { taps, ends, made_for } = scratch;
        let made = Made { index, number, numbers: [start, from, to, end], line: to_line(start) };
        let same_taps = |last: &Made| {
            let alike = |b: usize, i: usize| !self.uniform(output, b, i..i + 1).is_empty();
            let loops = |b: usize| last.index[b] == index[b] || alike(b, index[b]) && alike(b, last.index[b]);
            last.differs_in_place_only(&made) && (0..row).all(loops)
        };
        if let Some(last) = made_for.filter(same_taps) {
            let by = self.shifts(output, &last.index, &index);
            let strides = output.y_strides;
            ends.shift(grid.offset(strides, &index) - grid.offset(strides, &last.index), &by);
            for (source, &origin) in taps.source[..taps.count].iter_mut().zip(&taps.origin) {
                *source = source.wrapping_offset(by[origin as usize]);
            }
            *made_for = Some(made);
            return combine(taps, ends, to - from);
        }
        let mut whole = true;
        ends.clear();
        taps.clear();
        for (mut at, stop, before) in [(start, from, true), (to, end, false)] {
            while at < stop {
                let next = stop.min(at + if at == start && to_line(at) > 0 { to_line(at) } else { line });
                self.end_taps(output, &index, (at, next - at), y.wrapping_add(at), before, ends);
                at = next;
                if ends.is_full() {
                    combine(taps, ends, 0);
                    ends.clear();
                    whole = false;
                }
            }
        }
        if from < to {
            let mut first = index;
            first[row] = inner.start;
            self.taps(output, &first, taps);
            // The row may start later, for its alignment.
            let later = from - inner.start * unit;
            taps.source[..taps.count].iter_mut().for_each(|source| *source = source.wrapping_add(later));
        }
        *made_for = whole.then_some(made);
        combine(taps, ends, to - from);
    }

    /// The same with complex factors.
    unsafe fn complex_rows(
        &self,
        output: &Output<'_, T>,
        mut index: Index,
        rows: usize,
        inner: Range<usize>,
        end: usize,
        scratch: &mut Scratch<T::Real>,
    ) {
        let grid = &self.grid;
        let row = grid.row();
        let start = index[row];
        let singles = (start..inner.start).chain(inner.end..end).map(|p| p..p + 1);
        for part in singles.chain((!inner.is_empty()).then_some(inner.clone())) {
            index[row] = part.start;
            let y = output.y.cast::<T::Real>().wrapping_offset(grid.offset(output.y_strides, &index));
            let stride = grid.stride(output.y_strides, row - 1);
            self.taps(output, &index, &mut scratch.taps);
            let place = Rows { y, stride, rows, len: part.len() * grid.unit };
            // SAFETY: the rows lie in the caller's box.
            unsafe { complex::complex(&place, &scratch.taps, self.factors) };
        }
    }
}

/// The taps of the rows at hand; interior rows elsewhere have the same, shifted.
struct Scratch<R> {
    taps: Taps<R>,
    ends: Ends<R>,
    made_for: Option<Made>,
}

/// Taps of several kinds of rows; a set is written when it is first used.
struct Kept<R> {
    sets: [MaybeUninit<Scratch<R>>; KEPT],
    used: [bool; KEPT],
}

impl<R: Real> Kept<R> {
    fn slot(&mut self, number: usize) -> &mut Scratch<R> {
        let set = &mut self.sets[number];
        if !self.used[number] {
            self.used[number] = true;
            let set = set.as_mut_ptr();
            // SAFETY: `set` is writable; each part is written whole, but for parts of `ends` that may hold anything.
            unsafe {
                addr_of_mut!((*set).taps).write(Taps::NEW);
                addr_of_mut!((*set).made_for).write(None);
                Ends::clear_at(addr_of_mut!((*set).ends));
            }
        }
        // SAFETY: written when first used.
        unsafe { set.assume_init_mut() }
    }
}

/// What taps were made for.
#[derive(Clone, Copy)]
struct Made {
    index: Index,
    number: usize,
    numbers: [usize; 4],
    line: usize,
}

impl Made {
    fn differs_in_place_only(&self, other: &Made) -> bool {
        (self.number, self.numbers, self.line) == (other.number, other.numbers, other.line)
    }
}

/// The next index over `loops`, the last fastest; false after the last, with the loops at their lower ends.
fn advance(
    index: &mut Index,
    lower: &Index,
    upper: &Index,
    loops: Range<usize>,
    step: impl Fn(usize) -> usize,
) -> bool {
    for b in loops.rev() {
        index[b] += step(b);
        if index[b] < upper[b] {
            return true;
        }
        index[b] = lower[b];
    }
    false
}
