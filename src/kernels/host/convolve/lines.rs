//! Lines whose elements are neighbours, or rows of a few elements that follow one another: a panel holds a piece of a line
//! with all the samples that it needs, and is convolved as one span.

use super::super::finish::Finish;
use super::super::lanes::{Lanes, LINE};
use super::fill::{clear, clear_outside, copy, fill, Difference};
use super::problem::{per_line, Kernel, Stage};
use super::span::{convolve_span, difference_span, Span};
use super::taps::Taps;
use crate::dtype::{Element, Scalar};
use crate::kernels::cpu::prefetch;
use std::mem::size_of;

/// Elements of a line that are convolved at a time: they stay in the first cache.
pub(super) const ELEMENTS: usize = 2048;

/// Rows of so many elements that make a piece of a line.
fn piece_rows(row: usize, taps: usize) -> usize {
    (ELEMENTS / row).max(8 * taps)
}

/// Rows (counted from the block's first) of one outer index.
#[derive(Clone, Copy)]
struct Piece {
    outer: usize,
    rows: (isize, isize),
}

impl<T: Element, H: Element> Kernel<'_, T, H> {
    /// Rows of x that a piece needs.
    fn source(&self, rows: (isize, isize)) -> (isize, isize) {
        let (before, after) = self.filter.reach();
        let more = self.stage.reach() as isize;
        (rows.0 - before as isize - more, rows.1 + after as isize + more)
    }

    /// Of an axis that is cut: fills a panel with x and what lies beside it.
    #[inline(always)]
    unsafe fn gather<V: Lanes>(&self, piece: &Piece, panel: *mut T) {
        // SAFETY: `lines` gives a panel of that many rows, and slack.
        unsafe { fill::<V, T>(&self.block, piece.outer, self.source(piece.rows), panel) }
    }

    /// Fills a panel with what the piece needs, differentiated where the derivative comes first: from x, or from what
    /// was gathered.
    #[inline(always)]
    unsafe fn load<V: Lanes>(&self, piece: &Piece, gathered: *const T, panel: *mut T) {
        let (from, to) = self.source(piece.rows);
        let (shift, b) = (self.block.inner * T::COMPONENTS, &self.block);
        // SAFETY: `lines` gives panels of that many rows, and slack. Rows of D that are not 0 read inside of x.
        unsafe {
            let (low, high) = match self.stage {
                Stage::DerivativeFirst(derivative) => self.active(derivative),
                _ => (0, b.n as isize),
            };
            if b.n == b.total {
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
            if let Stage::DerivativeFirst(derivative) = self.stage {
                let inner = (from + 1, to - 1);
                let difference = Difference::new(derivative, false);
                let len = (inner.1 - inner.0) as usize * shift;
                difference.between::<V>(gathered.cast(), panel.cast(), len, shift);
                clear_outside(panel, b.inner, inner, (low, high));
            }
        }
    }

    /// Where the piece's rows go: they follow one another in y.
    #[inline(always)]
    unsafe fn span<R>(&self, piece: &Piece, p: *const R) -> Span<R> {
        let (b, [outer_stride, stride]) = (&self.block, self.block.y_strides);
        let shift = b.inner * T::COMPONENTS;
        let len = (piece.rows.1 - piece.rows.0) as usize * shift;
        // SAFETY: rows of y, which is valid as the caller of `convolve` says.
        let y = unsafe { b.y.offset(piece.outer as isize * outer_stride + piece.rows.0 * stride) };
        Span { p, y: y.cast(), len, shift }
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
        let shift = self.block.inner * T::COMPONENTS;
        // SAFETY: the panel begins with the first row that is read; the second has room for a row more on either side.
        unsafe {
            let p = panel.cast::<V::Real>();
            let Stage::TransposedDerivativeLast(derivative) = self.stage else {
                return convolve_span::<V, H>(self.span(piece, p), taps, finish);
            };
            let held = (piece.rows.0 - 1, piece.rows.1 + 1);
            let (low, high) = self.active(derivative);
            let (low, high) = (low.clamp(held.0, held.1), high.clamp(held.0, held.1));
            let high = high.max(low);
            let at = |row: isize| (row - held.0) as usize * shift;
            let second = second.cast::<V::Real>();
            // Zeros, sums and zeros: each may write a part of a vector too much.
            clear::<V>(second, at(low));
            let len = (at(high) - at(low)).next_multiple_of(V::COUNT);
            let span = Span { p: p.add(at(low)), y: second.add(at(low)), len, shift };
            convolve_span::<V, H>(span, taps, &Finish::new(Scalar::ONE, Scalar::ZERO));
            clear::<V>(second.add(at(high)), at(held.1) - at(high));
        }
    }

    /// Stores the piece from the second panel.
    #[inline(always)]
    unsafe fn differentiate<V: Lanes>(&self, piece: &Piece, second: *const T, finish: &Finish<V>) {
        if let Stage::TransposedDerivativeLast(derivative) = self.stage {
            let difference = Difference::new(derivative, true);
            // SAFETY: as for `convolve`.
            unsafe { difference_span(self.span(piece, second.cast()), &difference, finish) }
        }
    }

    /// Asks for a later piece of x, as many rows as the piece of y has, and for that one.
    #[inline(always)]
    fn ask(&self, x: &Piece, y: &Piece) {
        let b = &self.block;
        let bytes = (y.rows.1 - y.rows.0) as usize * b.inner * size_of::<T>();
        let from = b.x.wrapping_offset(x.outer as isize * b.x_strides[0] + x.rows.0 * b.x_strides[1]);
        let to = b.y.wrapping_offset(y.outer as isize * b.y_strides[0] + y.rows.0 * b.y_strides[1]);
        for at in (0..bytes).step_by(LINE) {
            prefetch(from.cast::<u8>().wrapping_add(at));
            prefetch(to.cast::<u8>().wrapping_add(at));
        }
    }

    /// All lines.
    #[inline(always)]
    pub unsafe fn lines<V: Lanes>(&self, taps: &Taps<V::Real>, finish: &Finish<V>, (panel, second): (*mut T, *mut T)) {
        let b = &self.block;
        let chunk = piece_rows(b.inner, taps.count).min(b.n);
        // Short lines are loaded several at a time, so that sums do not wait for the stores of their own panel.
        let room = (chunk + taps.count + 3) * b.inner + per_line::<T>();
        let group = if chunk == b.n { (ELEMENTS / room).max(1) } else { 1 };
        let (cut, differentiated) = (b.n != b.total, matches!(self.stage, Stage::DerivativeFirst(_)));
        let gathered = if differentiated { second } else { panel };
        // SAFETY: a group of short lines and a chunk of a line fit either panel.
        unsafe {
            for outer in (0..b.outer).step_by(group) {
                let group = outer..(outer + group).min(b.outer);
                for i in (0..b.n).step_by(chunk) {
                    let rows = (i as isize, (i + chunk).min(b.n) as isize);
                    let piece = |outer: usize| Piece { outer, rows };
                    let place = |o: usize| (o - outer) * room;
                    for o in group.clone().filter(|_| cut) {
                        self.gather::<V>(&piece(o), gathered.add(place(o)));
                    }
                    for o in group.clone().filter(|_| !cut || differentiated) {
                        self.load::<V>(&piece(o), second.add(place(o)), panel.add(place(o)));
                    }
                    for o in group.clone() {
                        let next = match chunk < b.n {
                            true => Piece { outer: o, rows: (rows.1, rows.1 + chunk as isize) },
                            false => piece(o + group.len()),
                        };
                        self.ask(&next, &piece(o));
                        self.convolve::<V>(&piece(o), panel.add(place(o)), second.add(place(o)), taps, finish);
                    }
                    for o in group.clone() {
                        self.differentiate::<V>(&piece(o), second.add(place(o)), finish);
                    }
                }
            }
        }
    }
}
