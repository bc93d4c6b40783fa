//! The pieces of an array that are convolved from a panel, and how they are stored.
//!
//! A panel holds consecutive rows of the axis, each of a few elements: all inner elements of short lines, where rows
//! follow one another in y as well, or a block of columns that fills eight cache lines.

use super::super::lanes::{Finish, LaneKernel, Lanes, LINE};
use super::accumulate::{complex_sums, sums, Taps};
use super::fill::{clear, clear_outside, copy, fill, Difference};
use super::{per_line, Block, Filter, Stage};
use crate::dtype::{Element, Scalar};
use std::mem::size_of;

/// Cache lines in a row of a block of columns.
const COLUMN_LINES: usize = 8;
/// Rows up to this many cache lines are convolved as lines when they lie densely.
const LINE_ROW_LINES: usize = 4;
/// Elements of a line that are convolved at a time: they stay in the first cache.
const LINE_ELEMENTS: usize = 2048;
/// Rows of a block of columns that are convolved at a time.
const COLUMN_ROWS: usize = 512;

/// How much is convolved at a time.
#[derive(Clone, Copy)]
pub(super) struct Panels {
    taps: usize,
    column_rows: usize,
    /// Elements of the first panel; the second begins there.
    first: usize,
    pub elements: usize,
}

impl Panels {
    pub fn new<T>(taps: usize) -> Panels {
        let pitch = COLUMN_LINES * per_line::<T>();
        let rows = COLUMN_ROWS.max(8 * taps);
        // Two rows for a derivative; a row of slack for vectors that end behind the panel.
        let first = (rows + taps + 4) * pitch;
        let alignment = per_line::<T>();
        Panels { taps, column_rows: rows, first, elements: first + (rows + 3) * pitch + alignment }
    }

    /// Rows of so many elements that make a piece of a line.
    fn line_rows(&self, row: usize) -> usize {
        (LINE_ELEMENTS / row).max(8 * self.taps)
    }
}

/// Everything that `convolve` was told.
pub(super) struct Kernel<'a, T, H> {
    pub filter: Filter<'a, H>,
    pub stage: Stage,
    pub alpha: Scalar,
    pub beta: Scalar,
    pub block: Block<T>,
    pub panels: Panels,
    pub scratch: &'a mut [T],
}

/// Neighbouring outputs: `len` numbers at y, from the panel's numbers at p.
#[derive(Clone, Copy)]
struct Span<R> {
    p: *const R,
    y: *mut R,
    len: usize,
    shift: usize,
}

/// The convolution of a span: as many vectors at a time as the registers hold; a piece at the end that nearly fills
/// them is taken as a whole, and what is beyond the span is not stored.
#[inline(always)]
unsafe fn convolve_span<V: Lanes, H: Element>(s: Span<V::Real>, taps: &Taps<V::Real>, finish: &Finish<V>) {
    let mut i = 0;
    // SAFETY: as for `block`.
    unsafe {
        while i < s.len {
            let at = Span { p: s.p.add(i), y: s.y.add(i), len: s.len - i, shift: s.shift };
            i += V::COUNT
                * match at.len.div_ceil(V::COUNT) {
                    5.. => block::<V, H, 8>(at, taps, finish),
                    3.. => block::<V, H, 4>(at, taps, finish),
                    2 => block::<V, H, 2>(at, taps, finish),
                    _ => block::<V, H, 1>(at, taps, finish),
                };
        }
    }
}

/// The first B vectors of a span, or fewer where it ends; gives B.
#[inline(always)]
unsafe fn block<V: Lanes, H: Element, const B: usize>(
    s: Span<V::Real>,
    taps: &Taps<V::Real>,
    finish: &Finish<V>,
) -> usize {
    // SAFETY: the panel is readable for three vectors behind the span and for all taps before; y has room for len.
    unsafe {
        let acc = block_sums::<V, H, B>(s.p, s.shift, taps);
        if B * V::COUNT <= s.len {
            for (b, v) in acc.into_iter().enumerate() {
                finish.store(v, s.y.add(b * V::COUNT));
            }
        } else {
            for (b, v) in acc.into_iter().enumerate() {
                let at = (b * V::COUNT).min(s.len);
                finish.store_first(v, s.y.add(at), V::COUNT.min(s.len - at));
            }
        }
    }
    B
}

#[inline(always)]
unsafe fn block_sums<V: Lanes, H: Element, const B: usize>(
    p: *const V::Real,
    shift: usize,
    taps: &Taps<V::Real>,
) -> [V; B] {
    // SAFETY: as for `convolve_span`.
    unsafe {
        if H::IS_COMPLEX {
            complex_sums::<V, B>(p, shift, taps)
        } else {
            sums::<V, B>(p, shift, taps)
        }
    }
}

/// The difference of three rows, over a span.
#[inline(always)]
unsafe fn difference_span<V: Lanes>(s: Span<V::Real>, difference: &Difference<V::Real>, finish: &Finish<V>) {
    let mut i = 0;
    // SAFETY: the panel is readable for a vector behind the span and two shifts; y has room for len.
    unsafe {
        while i + V::COUNT <= s.len {
            finish.store(difference.at(s.p.add(i), s.shift), s.y.add(i));
            i += V::COUNT;
        }
        if i < s.len {
            finish.store_first(difference.at(s.p.add(i), s.shift), s.y.add(i), s.len - i);
        }
    }
}

/// Rows i0..i1 of the block (counted from its first) and columns of one outer index.
#[derive(Clone, Copy)]
struct Piece {
    outer: usize,
    rows: (isize, isize),
    column: usize,
    width: usize,
    pitch: usize,
    /// The rows follow one another in y.
    dense: bool,
}

impl<T: Element, H: Element> Kernel<'_, T, H> {
    /// Rows of x that a piece needs.
    fn source(&self, rows: (isize, isize)) -> (isize, isize) {
        let (before, after) = self.filter.reach();
        let more = self.stage.reach() as isize;
        (rows.0 - before as isize - more, rows.1 + after as isize + more)
    }

    /// The block's rows with derivatives that are not 0.
    fn active(&self, derivative: super::Derivative) -> (isize, isize) {
        let (low, high) = derivative.rows(self.block.total);
        (low - self.block.first as isize, high - self.block.first as isize)
    }

    /// Fills a panel with what the piece needs, differentiated where the derivative comes first.
    #[inline(always)]
    unsafe fn load<V: Lanes>(&self, piece: &Piece, panel: *mut T) {
        let (from, to) = self.source(piece.rows);
        let (shift, b) = (piece.pitch * T::COMPONENTS, &self.block);
        // SAFETY: `run` gives a panel of that many rows, and slack. Rows of D that are not 0 read inside of x.
        unsafe {
            let (low, high) = match self.stage {
                Stage::DerivativeFirst(derivative) => self.active(derivative),
                _ => (0, b.n as isize),
            };
            if piece.dense && b.n == b.total {
                // The panel's numbers before, of, and after the rows that x gives; `clear` may write a vector too much.
                let more = isize::from(matches!(self.stage, Stage::DerivativeFirst(_)));
                let (from, to) = (from + more, to - more);
                let (low, high) = (low.clamp(from, to), high.clamp(from, to).max(low.clamp(from, to)));
                let panel = panel.cast::<V::Real>();
                let at = |row: isize| panel.add((row - from) as usize * shift);
                let x = b.x.wrapping_offset(piece.outer as isize * b.x_strides[0] + (low - more) * b.x_strides[1]);
                let len = (high - low) as usize * shift;
                clear::<V>(panel, (low - from) as usize * shift);
                match self.stage {
                    Stage::DerivativeFirst(derivative) => {
                        Difference::new(derivative, false).between::<V>(x.cast(), at(low), len, shift)
                    }
                    _ => copy::<V>(x.cast(), at(low), len),
                }
                return clear::<V>(at(high), (to - high) as usize * shift);
            }
            fill(b, piece.outer, (from, to), (piece.column, piece.width), panel, piece.pitch);
            if let Stage::DerivativeFirst(derivative) = self.stage {
                let inner = (from + 1, to - 1);
                let difference = Difference::new(derivative, false);
                difference.in_place::<V>(panel.cast(), (inner.1 - inner.0) as usize * shift, shift);
                clear_outside(panel, piece.pitch, inner, (low, high));
            }
        }
    }

    /// Where the piece's rows go: of a dense piece all at once, else one by one.
    #[inline(always)]
    unsafe fn spans<R>(&self, piece: &Piece, p: *const R, mut each: impl FnMut(Span<R>)) {
        let (parts, [outer_stride, stride]) = (T::COMPONENTS, self.block.y_strides);
        let shift = piece.pitch * parts;
        let rows = (piece.rows.1 - piece.rows.0) as usize;
        let (count, len) = if piece.dense { (1, rows * shift) } else { (rows, piece.width * parts) };
        for i in 0..count {
            // SAFETY: a row of y, which is valid as the caller of `convolve` says, and of a panel.
            unsafe {
                let y = self.block.y.offset(piece.outer as isize * outer_stride + (piece.rows.0 + i as isize) * stride);
                each(Span { p: p.add(i * shift), y: y.add(piece.column).cast(), len, shift });
            }
        }
    }

    /// Convolves a filled panel: stores the piece, or the second panel where a derivative comes last.
    #[inline(always)]
    unsafe fn convolve<V: Lanes>(
        &self,
        piece: &Piece,
        panel: *const T,
        second: *mut T,
        taps: &Taps<V::Real>,
        finish: &Finish<V>,
    ) {
        let (pitch, shift) = (piece.pitch, piece.pitch * T::COMPONENTS);
        // SAFETY: the panel holds the rows before for all taps; the second has room for a row more on either side.
        unsafe {
            let p = panel.cast::<V::Real>().add((taps.count - 1) * shift);
            let Stage::TransposedDerivativeLast(derivative) = self.stage else {
                return self.spans(
                    piece,
                    p,
                    #[inline(always)]
                    |span| convolve_span::<V, H>(span, taps, finish),
                );
            };
            let held = (piece.rows.0 - 1, piece.rows.1 + 1);
            let (low, high) = self.active(derivative);
            clear_outside(second, pitch, held, (low, high));
            let (low, high) = (low.clamp(held.0, held.1), high.clamp(held.0, held.1));
            if low < high {
                let skip = (low - held.0) as usize * shift;
                let len = (high - low) as usize * shift;
                let span = Span { p: p.add(skip), y: second.cast::<V::Real>().add(skip), len, shift };
                convolve_span::<V, H>(span, taps, &Finish::new(Scalar::ONE, Scalar::ZERO));
            }
        }
    }

    /// Stores the piece from the second panel.
    #[inline(always)]
    unsafe fn differentiate<V: Lanes>(&self, piece: &Piece, second: *const T, finish: &Finish<V>) {
        if let Stage::TransposedDerivativeLast(derivative) = self.stage {
            let difference = Difference::new(derivative, true);
            // SAFETY: as for `convolve`.
            unsafe {
                self.spans(
                    piece,
                    second.cast(),
                    #[inline(always)]
                    |span| difference_span(span, &difference, finish),
                )
            }
        }
    }
}

impl<T: Element, H: Element> LaneKernel for Kernel<'_, T, H> {
    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        let b = &self.block;
        let dense = b.n == 1 || (b.x_strides[1] == b.inner as isize && b.y_strides[1] == b.inner as isize);
        let dense = dense && b.inner * size_of::<T>() <= LINE_ROW_LINES * LINE;
        let line = per_line::<T>();
        let widest = if dense { b.inner } else { COLUMN_LINES * line };
        let chunk = if dense { self.panels.line_rows(b.inner) } else { self.panels.column_rows }.min(b.n);
        // Short lines are loaded several at a time, so that sums do not wait for the stores of their own panel.
        let room = (chunk + self.panels.taps + 3) * b.inner + line;
        let group = if dense && chunk == b.n { (LINE_ELEMENTS / room).max(1) } else { 1 };
        let taps = Taps::new::<T, H>(&self.filter);
        let panel = self.scratch.as_mut_ptr();
        let panel = panel.wrapping_add(panel.align_offset(LINE).min(line));
        // SAFETY: a group of short lines, a chunk of a line, and column_rows rows of the widest block of columns fit the
        // first panel, and as many rows the second.
        unsafe {
            let second = panel.add(self.panels.first);
            let finish = Finish::<V>::new(self.alpha, self.beta);
            for outer in (0..b.outer).step_by(group) {
                let last = (outer + group).min(b.outer);
                for i in (0..b.n).step_by(chunk) {
                    for column in (0..b.inner).step_by(widest) {
                        let width = widest.min(b.inner - column);
                        let pitch = if dense { width } else { width.next_multiple_of(line) };
                        let rows = (i as isize, (i + chunk).min(b.n) as isize);
                        let piece = |outer: usize| Piece { outer, rows, column, width, pitch, dense };
                        let place = |o: usize| panel.add((o - outer) * room);
                        for o in outer..last {
                            self.load::<V>(&piece(o), place(o));
                        }
                        let second = |o: usize| second.add((o - outer) * room);
                        for o in outer..last {
                            self.convolve::<V>(&piece(o), place(o), second(o), &taps, &finish);
                        }
                        for o in outer..last {
                            self.differentiate::<V>(&piece(o), second(o), &finish);
                        }
                    }
                }
            }
        }
    }
}
