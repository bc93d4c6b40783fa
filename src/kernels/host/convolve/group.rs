//! Some rows of as many lines as fill a cache line: turned over in registers, convolved as columns, turned back.

use super::super::finish::Finish;
use super::super::lanes::Lanes;
use super::super::turn::{turn, turn_out, Plane};
use super::fill::{clear, Difference};
use super::problem::{per_line as lanes, Derivative, Kernel, Stage};
use super::ring::Ring;
use super::span::difference_row;
use super::taps::Taps;
use super::tiles::{Target, Tiles};
use crate::dtype::{Element, Real, Scalar};
use crate::kernels::cpu::prefetch;
use std::ops::Range;

/// Where a group's rows are.
#[derive(Clone, Copy)]
pub(super) struct Room<T> {
    /// Rows of x, and what lies beside them.
    pub x: *mut T,
    /// Sums, for a derivative that comes last: of a square and a row on either side.
    pub sums: *mut T,
    /// A square of outputs.
    pub out: *mut T,
}

/// Some rows of a group of lines, the first of which is `line`.
#[derive(Clone)]
pub(super) struct Piece {
    pub line: usize,
    pub rows: Range<usize>,
    /// The next piece's line and first row.
    pub next: (usize, usize),
}

/// A piece, and how it is computed.
pub(super) struct Group<'k, T, H, R> {
    pub kernel: &'k Kernel<'k, T, H>,
    /// The rows of x that the piece reads.
    pub x: Ring<R>,
    pub room: Room<T>,
    pub piece: Piece,
    /// Whether y bypasses the caches.
    pub stream: bool,
}

impl<T: Element, H: Element, R: Real> Group<'_, T, H, R> {
    /// Numbers of a row.
    const PITCH: usize = lanes::<T>() * T::COMPONENTS;

    /// Lines of the group in memory, from element `first` of each on.
    fn lines(&self, base: *const T, pitch: isize, first: isize) -> Plane<T> {
        Plane { pointer: base.wrapping_offset(self.piece.line as isize * pitch + first).cast_mut(), pitch }
    }

    fn rows(&self, base: *mut T) -> Plane<T> {
        Plane { pointer: base, pitch: lanes::<T>() as isize }
    }

    /// The piece of y.
    ///
    /// # Safety
    /// x, y and the halo are as the caller of `convolve` says; the piece has lines of y, and the room is as `turned::room`
    /// says.
    #[inline(always)]
    pub unsafe fn run<V: Lanes<Real = R>>(&self, taps: &Taps<R>, finish: &Finish<V>) {
        let (k, b, rows) = (self.kernel, &self.kernel.block, &self.piece.rows);
        // SAFETY: as for this function.
        unsafe {
            self.fill::<V>();
            for (step, row) in rows.clone().step_by(lanes::<T>()).enumerate() {
                let count = lanes::<T>().min(rows.end - row);
                let (out, y) = (self.rows(self.room.out), self.lines(b.y, b.y_strides[0], row as isize));
                if finish.reads() {
                    turn(out, y, lanes::<T>(), count);
                }
                let place = (row - rows.start) * Self::PITCH;
                let target = Target { to: out.pointer.cast(), stride: Self::PITCH as isize, len: Self::PITCH };
                match k.stage {
                    Stage::TransposedDerivativeLast(derivative) => {
                        self.differences::<V>(derivative, (row, count, step == 0), taps, target.to, finish)
                    }
                    _ => Tiles { ring: self.x, place, taps: *taps, target }.run::<V, H, true>(count, finish),
                }
                turn_out(y, out, count, lanes::<T>(), self.stream);
                self.ask(row - rows.start);
            }
        }
    }

    /// The rows of x that the piece reads, differentiated where the derivative comes first.
    #[inline(always)]
    unsafe fn fill<V: Lanes<Real = R>>(&self) {
        let (k, b, rows) = (self.kernel, &self.kernel.block, &self.piece.rows);
        let ((before, after), more) = (k.filter.reach(), k.stage.reach());
        let from = rows.start as isize - (before + more) as isize;
        let to = (rows.end + after + more) as isize;
        let (n, low, high) = (b.n as isize, -(b.halo.before_width as isize), (b.n + b.halo.after_width) as isize);
        let x = self.x.start;
        let at = |row: isize| x.wrapping_offset((row - from) * Self::PITCH as isize);
        let pieces = [
            (b.halo.before, b.halo.before_strides[0], low, 0),
            (b.x, b.x_strides[0], 0, n),
            (b.halo.after, b.halo.after_strides[0], n, high),
        ];
        // SAFETY: as for `run`; ranges are cut to what there is.
        unsafe {
            clear::<V>(x, (low.min(to) - from).max(0) as usize * Self::PITCH);
            for (base, pitch, low, high) in pieces {
                let (start, end) = (from.max(low), to.min(high));
                if start < end {
                    let source = self.lines(base, pitch, start - low);
                    turn_whole(self.rows(at(start).cast()), source, (end - start) as usize);
                }
            }
            clear::<V>(at(high.max(from)), (to - high.max(from)).max(0) as usize * Self::PITCH);
            if let Stage::DerivativeFirst(derivative) = k.stage {
                // In place: a row is written once those behind it are all that is read of it.
                let (from, to) = (from + 1, to - 1);
                let difference = Difference::new(derivative, false);
                difference.between::<V>(x, x, (to - from) as usize * Self::PITCH, Self::PITCH);
                let (low, high) = k.active(derivative);
                let (low, high) = (low.clamp(from, to), high.clamp(from, to).max(low.clamp(from, to)));
                clear::<V>(x, (low - from) as usize * Self::PITCH);
                clear::<V>(x.wrapping_offset((high - from) * Self::PITCH as isize), (to - high) as usize * Self::PITCH);
            }
        }
    }

    /// `count` rows of the derivative that comes last, at `to`. Sums of the two rows before the last are kept for the next.
    #[inline(always)]
    unsafe fn differences<V: Lanes<Real = R>>(
        &self,
        derivative: Derivative,
        (row, count, is_first): (usize, usize, bool),
        taps: &Taps<R>,
        to: *mut R,
        finish: &Finish<V>,
    ) {
        let sums = self.room.sums.cast::<R>();
        let (from, end) = (row as isize - 1, (row + count) as isize + 1);
        let start = if is_first { from } else { from + 2 };
        let (low, high) = self.kernel.active(derivative);
        let (low, high) = (low.clamp(start, end), high.clamp(start, end).max(low.clamp(start, end)));
        let at = |row: isize| sums.wrapping_offset((row - from) * Self::PITCH as isize);
        // Sums of row `from` of the first square begin with the first row of the panel.
        let place = (low - from) as usize + row - self.piece.rows.start;
        // SAFETY: as for `run`.
        unsafe {
            clear::<V>(at(start), (low - start) as usize * Self::PITCH);
            let target = Target { to: at(low), stride: Self::PITCH as isize, len: Self::PITCH };
            let identity = Finish::<V>::new(Scalar::ONE, Scalar::ZERO);
            let place = place * Self::PITCH;
            Tiles { ring: self.x, place, taps: *taps, target }.run::<V, H, true>((high - low) as usize, &identity);
            clear::<V>(at(high), (end - high) as usize * Self::PITCH);
            let difference = Difference::new(derivative, true);
            let pair = [difference.plus, difference.minus].map(|k| sums.wrapping_add(k * Self::PITCH).cast_const());
            difference_row(pair, to, count * Self::PITCH, &difference, finish);
            std::ptr::copy(sums.wrapping_add(count * Self::PITCH), sums, 2 * Self::PITCH);
        }
    }

    /// Asks for as many rows of the next piece, from row `at` of it on: a cache line of each line of x, and of y where it
    /// comes through the caches; of halos a part that is as large.
    #[inline(always)]
    fn ask(&self, at: usize) {
        let (b, (line, first)) = (&self.kernel.block, self.piece.next);
        let place = |pitch: isize| line as isize * pitch + (first + at) as isize;
        let mut x = b.x.wrapping_offset(place(b.x_strides[0]));
        let mut y = b.y.wrapping_offset(place(b.y_strides[0]));
        for _ in 0..lanes::<T>() {
            prefetch(x);
            x = x.wrapping_offset(b.x_strides[0]);
        }
        if !self.stream {
            for _ in 0..lanes::<T>() {
                prefetch(y);
                y = y.wrapping_offset(b.y_strides[0]);
            }
        }
        let halos = [
            (b.halo.before, b.halo.before_width, b.halo.before_strides[0]),
            (b.halo.after, b.halo.after_width, b.halo.after_strides[0]),
        ];
        for (base, width, pitch) in halos {
            // One line after the other; in all as many cache lines as the group's halo has.
            let lines = 1 + width / lanes::<T>();
            let steps = b.n.div_ceil(lanes::<T>());
            let (from, to) = (at * lines / steps, (at + lanes::<T>()) * lines / steps);
            for k in if width > 0 { from..to } else { 0..0 } {
                prefetch(
                    base.wrapping_offset((line + k / lines) as isize * pitch + (k % lines * lanes::<T>()) as isize),
                );
            }
        }
    }
}

/// `count` elements of all lines. The last square goes back to elements that are turned already, where there are so many.
#[inline(always)]
unsafe fn turn_whole<T: Copy>(target: Plane<T>, source: Plane<T>, count: usize) {
    let square = lanes::<T>();
    let (whole, back) = (count / square * square, count.saturating_sub(square));
    // SAFETY: as for `run`.
    unsafe {
        if whole == count || whole == 0 {
            return turn(target, source, square, count);
        }
        turn(target, source, square, whole);
        let target = Plane { pointer: target.pointer.wrapping_offset(back as isize * target.pitch), ..target };
        turn(target, Plane { pointer: source.pointer.wrapping_add(back), ..source }, square, square);
    }
}
