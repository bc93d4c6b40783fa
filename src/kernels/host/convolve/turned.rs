//! Lines whose elements are neighbours, as many at a time as fill a cache line: turned over to rows, convolved as columns,
//! turned back. Rows are loaded without crossing cache lines, and each serves several outputs.

use super::super::finish::Finish;
use super::super::lanes::{Lanes, LINE};
use super::super::turn::{turn, turn_out, Plane};
use super::fill::{clear, Difference};
use super::panel::Kernel;
use super::per_line as lanes;
use super::ring::Ring;
use super::span::difference_row;
use super::taps::Taps;
use super::tile::{Target, Tiles};
use super::{Derivative, Stage};
use crate::dtype::{Element, Real, Scalar};
use crate::kernels::cpu::{fence, prefetch};
use std::mem::size_of;
use std::ops::Range;

/// Rows that are turned at a time, of more rows with long filters.
const ROWS: usize = 256;

/// Rows of a piece of lines; what lies beside them is read again with the next piece.
fn piece_rows<T>(taps: usize) -> usize {
    ROWS.max(8 * taps).next_multiple_of(lanes::<T>())
}

/// Where a group's rows are.
#[derive(Clone, Copy)]
struct Room<T> {
    /// Rows of x, and what lies beside them.
    x: *mut T,
    /// Sums, for a derivative that comes last: a square and a row on either side.
    sums: *mut T,
    /// A square of outputs.
    out: *mut T,
}

impl<T> Room<T> {
    fn new(at: *mut T, taps: usize) -> Room<T> {
        let sums = at.wrapping_add((piece_rows::<T>(taps) + taps + 1) * lanes::<T>());
        Room { x: at, sums, out: sums.wrapping_add((lanes::<T>() + 2) * lanes::<T>()) }
    }
}

/// Elements of scratch.
pub(super) fn room<T>(taps: usize) -> usize {
    (piece_rows::<T>(taps) + taps + 3 + 2 * lanes::<T>()) * lanes::<T>()
}

/// Some rows of a group of lines, and which come next.
#[derive(Clone)]
struct Piece {
    line: usize,
    rows: Range<usize>,
    next: (usize, usize),
}

impl<T: Element, H: Element> Kernel<'_, T, H> {
    /// Whether lines are turned: not for registers that seldom cross cache lines.
    pub fn is_turned<V: Lanes>(&self) -> bool {
        let b = &self.block;
        let neighbours = b.inner == 1 && b.x_strides[1] == 1 && b.y_strides[1] == 1;
        neighbours && b.n >= lanes::<T>() && size_of::<V>() > 16
    }

    /// As many lines as fill groups.
    #[inline(always)]
    pub unsafe fn turned<V: Lanes>(&self, taps: &Taps<V::Real>, finish: &Finish<V>, room: *mut T) {
        let b = &self.block;
        let (pieces, room) = (b.n.div_ceil(piece_rows::<T>(taps.count)), Room::new(room, taps.count));
        let size = b.n.div_ceil(pieces).next_multiple_of(lanes::<T>());
        // Squares that begin at cache lines of y bypass the caches.
        let pitch = b.y_strides[0].unsigned_abs() * size_of::<T>();
        let stream = finish.streaming(self.stream).streams() && (b.y as usize | pitch).is_multiple_of(LINE);
        for line in (0..b.outer).step_by(lanes::<T>()) {
            for first in (0..b.n).step_by(size) {
                let end = (first + size).min(b.n);
                let next = if end < b.n { (line, end) } else { (line + lanes::<T>(), 0) };
                let piece = Piece { line, rows: first..end, next };
                let x = Ring::dense(room.x.cast());
                let group = Group { kernel: self, x, room, piece, stream };
                // SAFETY: the group's lines and the room are there.
                unsafe { group.run::<V>(taps, finish) }
            }
        }
        if stream {
            fence();
        }
    }
}

struct Group<'k, T, H, R> {
    kernel: &'k Kernel<'k, T, H>,
    /// The rows of x that the piece reads.
    x: Ring<R>,
    room: Room<T>,
    piece: Piece,
    /// Whether y bypasses the caches.
    stream: bool,
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
    #[inline(always)]
    unsafe fn run<V: Lanes<Real = R>>(&self, taps: &Taps<R>, finish: &Finish<V>) {
        let (k, b, rows) = (self.kernel, &self.kernel.block, &self.piece.rows);
        // SAFETY (all): x, y and the halo are as the caller of `convolve` says, the room as `room` says.
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
