//! Which lines of neighbours are turned: all that fill groups, and the middle of other long lines, folded to as many parts.

use super::super::lanes::{Lanes, LINE};
use super::problem::{per_line, Block, Halo, Kernel};
use crate::dtype::Element;
use std::ops::Range;

/// A part of a folded line is so many times longer than what is read beside it.
const LONGER: usize = 4;

impl<T: Element, H: Element> Kernel<'_, T, H> {
    /// Of a line that is folded into as many parts as lines go together, the first row that may be in a part, and the rows
    /// of a part; None where these are too few.
    fn parts(&self) -> Option<(usize, usize)> {
        let ((before, after), more, lanes) = (self.filter.reach(), self.stage.reach(), per_line::<T>());
        // Parts read nothing outside of the axis, and none of the derivative's rows that are 0.
        let first = before + 2 * more;
        let len = self.block.n.checked_sub(first + lanes + after + 2 * more)?;
        // An odd number of cache lines: a power of two would crowd few places of the caches.
        let lines = (len / lanes / lanes).checked_sub(1)? | 1;
        (lines * lanes >= LONGER * (before + after + 1)).then_some((first, lines * lanes))
    }

    /// Piece number `index` of all lines, and whether it is turned: the lines that fill groups; then the others, or the
    /// beginning, the folded middle and the end of each. Pieces may be empty.
    pub fn piece<V: Lanes>(&self, index: usize) -> Option<(Block<T>, bool)> {
        let (n, lanes) = (self.block.n, per_line::<T>());
        if !self.is_turned::<V>() {
            return (index == 0).then_some((self.block, false));
        }
        let groups = self.block.outer / lanes * lanes;
        let Some(index) = index.checked_sub(1) else {
            return Some((Block { outer: groups, ..self.block }, true));
        };
        let Some((first, len)) = self.parts() else {
            return (index == 0).then(|| (self.behind(groups), false));
        };
        let line = groups + index / 3;
        if line >= self.block.outer {
            return None;
        }
        // Parts begin at cache lines of y.
        let start = first + self.part(line, first..n).y.align_offset(LINE).min(lanes);
        let end = start + lanes * len;
        Some(match index % 3 {
            0 => (self.part(line, 0..start), false),
            1 => (self.fold(line, start..end), true),
            _ => (self.part(line, end..n), false),
        })
    }

    /// All but the first lines.
    fn behind(&self, lines: usize) -> Block<T> {
        let (b, by) = (self.block, lines as isize);
        let halo = Halo {
            before: b.halo.before.wrapping_offset(by * b.halo.before_strides[0]),
            after: b.halo.after.wrapping_offset(by * b.halo.after_strides[0]),
            ..b.halo
        };
        let (x, y) = (b.x.wrapping_offset(by * b.x_strides[0]), b.y.wrapping_offset(by * b.y_strides[0]));
        Block { x, y, outer: b.outer - lines, halo, ..b }
    }

    /// Rows of a line as a block: at its ends, or with all that they read inside of it.
    fn part(&self, line: usize, rows: Range<usize>) -> Block<T> {
        let b = self.block;
        let at = |base: *const T, [outer, stride]: [isize; 2], row: usize| {
            base.wrapping_offset(line as isize * outer + row as isize * stride)
        };
        let ((before, after), more) = (self.filter.reach(), self.stage.reach());
        let (before, after) = ((before + more).min(rows.start), (after + more).min(b.n - rows.end));
        let mut halo = Halo {
            before: at(b.x, b.x_strides, rows.start - before),
            before_width: before,
            before_strides: [0, b.x_strides[1]],
            after: at(b.x, b.x_strides, rows.end),
            after_width: after,
            after_strides: [0, b.x_strides[1]],
        };
        if rows.start == 0 {
            halo.before = at(b.halo.before, b.halo.before_strides, 0);
            (halo.before_width, halo.before_strides) = (b.halo.before_width, b.halo.before_strides);
        }
        if rows.end == b.n {
            halo.after = at(b.halo.after, b.halo.after_strides, 0);
            (halo.after_width, halo.after_strides) = (b.halo.after_width, b.halo.after_strides);
        }
        let y = b.y.wrapping_offset(line as isize * b.y_strides[0] + rows.start as isize * b.y_strides[1]);
        Block {
            x: at(b.x, b.x_strides, rows.start),
            y,
            outer: 1,
            n: rows.len(),
            first: b.first + rows.start,
            halo,
            ..b
        }
    }

    /// Rows of a line as lines that follow one another.
    fn fold(&self, line: usize, rows: Range<usize>) -> Block<T> {
        let (n, lanes) = (rows.len() / per_line::<T>(), per_line::<T>());
        let part = self.part(line, rows);
        let strides = [n as isize, 1];
        let halo = Halo { before_strides: strides, after: part.x.wrapping_add(n), after_strides: strides, ..part.halo };
        // Far from the ends of the axis.
        let total = usize::MAX / 2;
        Block { outer: lanes, n, x_strides: strides, y_strides: strides, first: total / 2, total, halo, ..part }
    }
}
