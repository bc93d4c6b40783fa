//! y := beta y + alpha sum over terms of w D x, in one pass over x and y; every D is a `Stencil` along one axis.
//!
//! One output with a term an axis is a Laplacian, one output an axis is a gradient, one output whose terms read
//! different x is the gradient's adjoint. Planes that lie on other ranks are read from halo buffers, x is never copied.
//!
//! An element is beta y plus its taps in the order of the terms and of increasing offset, rounded one by one; taps on
//! the element itself of terms that read the same x are one tap, at the place of the first. So a value depends on its
//! global index alone: not on where ranks cut, on the box, on the processor, or on the store.

mod grid;
mod lanes;
mod parts;
mod rows;
#[cfg(test)]
mod tests;

use crate::dtype::{Element, Real, Scalar};
use crate::kernels::stencil::Stencil;
use grid::{Grid, Index};
use rows::{Factors, Rows, Taps};
use std::mem::size_of;
use std::ops::Range;

pub use parts::shell;
pub use rows::{Path, StencilReal, MAX_TAPS};

/// The most axes a block may have.
pub const MAX_AXES: usize = 8;
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
/// the rows of the box reach. At most `MAX_AXES` axes, and `MAX_TAPS` taps for an element of an output.
pub unsafe fn apply<T: Element>(
    path: Path,
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
    let pass = Pass { grid, outputs, factors: Factors { alpha, beta }, path, stream };
    // SAFETY: the caller's promise.
    unsafe { pass.run() };
    #[cfg(target_arch = "x86_64")]
    if stream {
        // SAFETY: every x86-64 processor has this fence.
        unsafe { std::arch::x86_64::_mm_sfence() };
    }
}

struct Pass<'a, T> {
    grid: Grid,
    outputs: &'a [Output<'a, T>],
    factors: Factors,
    path: Path,
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
    /// Rows after which the next output is served, and the ends of the rows.
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
        let group = match self.outputs.len() > 1 || terms().any(|t| grid.position(t.axis) == row) {
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
                    unsafe { self.rows(&mut index, lower[middle]..upper[middle], upper[row], tiling.group) };
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
    unsafe fn rows(&self, index: &mut Index, range: Range<usize>, end: usize, group: usize) {
        let middle = self.grid.row() - 1;
        for start in range.clone().step_by(group) {
            let stop = range.end.min(start.saturating_add(group));
            for output in self.outputs {
                let uniform = self.uniform(output, middle, start..stop);
                for i in (start..uniform.start).chain(uniform.end..stop) {
                    index[middle] = i;
                    // SAFETY: the rows lie in the caller's box.
                    unsafe { self.same_taps(output, *index, 1, end) };
                }
                if !uniform.is_empty() {
                    index[middle] = uniform.start;
                    // SAFETY: the rows lie in the caller's box, and differ only by their place.
                    unsafe { self.same_taps(output, *index, uniform.len(), end) };
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
    unsafe fn same_taps(&self, output: &Output<'_, T>, mut index: Index, rows: usize, end: usize) {
        let row = self.grid.row();
        let inner = self.uniform(output, row, index[row]..end);
        let ends = (index[row]..inner.start).chain(inner.end..end);
        let beta = !self.factors.beta.is_zero();
        let factor = T::Real::from_f64(self.factors.beta.re);
        let mut taps = Taps {
            source: [std::ptr::null(); MAX_TAPS],
            stride: [0; MAX_TAPS],
            coefficient: [T::Real::ZERO; MAX_TAPS],
            count: 0,
        };
        // The row first: its ends are then in cache.
        if !inner.is_empty() {
            index[row] = inner.start;
            // SAFETY: from here on, index and lengths lie in the caller's box.
            let place = unsafe { self.place(output, &index, rows, inner.len()) };
            self.taps(output, &index, &mut taps);
            if self.factors.are_real() {
                let combine = T::Real::rows_function(self.path, taps.count, beta, self.stream);
                unsafe { combine(&place, &taps, factor) };
            } else {
                unsafe { rows::complex(&place, &taps, self.factors) };
            }
        }
        for position in ends {
            index[row] = position;
            let place = unsafe { self.place(output, &index, rows, 1) };
            self.taps(output, &index, &mut taps);
            match (self.factors.are_real(), beta) {
                (true, true) => unsafe { rows::elements::<_, true>(&place, &taps, factor) },
                (true, false) => unsafe { rows::elements::<_, false>(&place, &taps, factor) },
                (false, _) => unsafe { rows::complex(&place, &taps, self.factors) },
            }
        }
    }

    unsafe fn place(&self, output: &Output<'_, T>, index: &Index, rows: usize, positions: usize) -> Rows<T::Real> {
        let grid = &self.grid;
        Rows {
            // SAFETY: the index lies in the block.
            y: unsafe { output.y.cast::<T::Real>().offset(grid.offset(output.y_strides, index)) },
            stride: grid.stride(output.y_strides, grid.row() - 1),
            rows,
            len: positions * grid.unit,
        }
    }

    /// The taps of the element at `index`.
    fn taps(&self, output: &Output<'_, T>, index: &Index, taps: &mut Taps<T::Real>) {
        let grid = &self.grid;
        let middle = grid.row() - 1;
        let mut sum = [0.0; MAX_TAPS];
        let mut centers = [usize::MAX; MAX_AXES];
        let mut count = 0;
        for (number, term) in output.terms.iter().enumerate() {
            let b = grid.position(term.axis);
            let here = grid.offset(term.x_strides, index);
            let (step, stride) = (grid.stride(term.x_strides, b), grid.stride(term.x_strides, middle));
            for &(offset, coefficient) in term.stencil.row(term.offset + index[b]) {
                let value = term.weight * coefficient;
                let target = index[b] as isize + offset;
                let (base, at, stride) = if target < 0 {
                    let plane = (target + term.halo.before_width as isize) as usize;
                    let (at, stride) = grid.halo_offset(index, b, plane, term.halo.before_width);
                    (term.halo.before, at, stride)
                } else if target >= grid.shape[b] as isize {
                    let plane = target as usize - grid.shape[b];
                    let (at, stride) = grid.halo_offset(index, b, plane, term.halo.after_width);
                    (term.halo.after, at, stride)
                } else {
                    (term.x, here + offset * step, stride)
                };
                if offset == 0 {
                    let same = |k: usize| centers[k] != usize::MAX && output.terms[k].x == term.x;
                    if let Some(k) = (0..number.min(MAX_AXES)).find(|&k| same(k)) {
                        sum[centers[k]] += value;
                        continue;
                    }
                    if let Some(center) = centers.get_mut(number) {
                        *center = count;
                    }
                }
                taps.source[count] = base.cast::<T::Real>().wrapping_offset(at);
                taps.stride[count] = stride;
                sum[count] = value;
                count += 1;
            }
        }
        let alpha = if self.factors.are_real() { self.factors.alpha.re } else { 1.0 };
        for (coefficient, sum) in taps.coefficient[..count].iter_mut().zip(sum) {
            *coefficient = T::Real::from_f64(alpha * sum);
        }
        taps.count = count;
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
