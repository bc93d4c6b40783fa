//! Lines whose elements are neighbours, as many at a time as fill a cache line: turned over to rows, convolved as columns,
//! turned back. Rows are loaded without crossing cache lines, and each serves several outputs.

use super::super::finish::Finish;
use super::super::lanes::{Lanes, LINE};
use super::group::{Group, Piece, Room};
use super::problem::{per_line as lanes, Kernel};
use super::ring::Ring;
use super::taps::Taps;
use crate::dtype::Element;
use crate::kernels::cpu::fence;
use std::mem::size_of;

/// Rows that are turned at a time, of more rows with long filters.
const ROWS: usize = 256;

/// Rows of a piece of lines; what lies beside them is read again with the next piece.
fn piece_rows<T>(taps: usize) -> usize {
    ROWS.max(8 * taps).next_multiple_of(lanes::<T>())
}

impl<T> Room<T> {
    fn new(at: *mut T, taps: usize) -> Room<T> {
        let sums = at.wrapping_add((piece_rows::<T>(taps) + taps + 1) * lanes::<T>());
        Room { x: at, sums, out: sums.wrapping_add((lanes::<T>() + 2) * lanes::<T>()) }
    }
}

/// Whether turning lines serves: not for registers that seldom cross cache lines.
pub(super) const fn serves<V>() -> bool {
    size_of::<V>() > 16
}

/// Elements of scratch.
pub(super) fn room<T>(taps: usize) -> usize {
    (piece_rows::<T>(taps) + taps + 3 + 2 * lanes::<T>()) * lanes::<T>()
}

impl<T: Element, H: Element> Kernel<'_, T, H> {
    /// Whether lines are turned.
    pub fn is_turned<V: Lanes>(&self) -> bool {
        let b = &self.block;
        let neighbours = b.inner == 1 && b.x_strides[1] == 1 && b.y_strides[1] == 1;
        neighbours && b.n >= lanes::<T>() && serves::<V>()
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
