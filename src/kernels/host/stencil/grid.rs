//! The loops over a block: axes that no stencil acts on are merged, so that rows are as long as memory allows.

use super::{Output, MAX_AXES};
use crate::dtype::Element;

/// The axes of a block, one for the rows of a block of one axis and one for single elements.
pub(super) const MAX_LOOPS: usize = MAX_AXES + 2;
/// A loop that stands for no axis: one iteration, stride zero.
const NONE: usize = usize::MAX;
/// Trailing extents below this many real numbers are folded into the row of the axis before.
const SHORT_ROW: usize = 64;

pub(super) type Index = [usize; MAX_LOOPS];

/// Loops from the outermost to the row; the row is the last, its positions are `unit` real numbers wide.
pub(super) struct Grid {
    pub rank: usize,
    pub unit: usize,
    pub shape: Index,
    pub lower: Index,
    pub upper: Index,
    /// The axis whose stride a loop has.
    origin: Index,
    /// The loop over an axis with a stencil.
    position: [usize; MAX_AXES],
    components: isize,
}

impl Grid {
    /// Loops for the box `lower..upper` of a block of this shape.
    pub fn new<T: Element>(shape: &[usize], outputs: &[Output<'_, T>], lower: &[usize], upper: &[usize]) -> Grid {
        let fits = |test: &dyn Fn(&[isize]) -> bool| {
            outputs.iter().all(|o| test(o.y_strides) && o.terms.iter().all(|t| test(t.x_strides)))
        };
        let acted_on = |axis: usize| outputs.iter().any(|o| o.terms.iter().any(|t| t.axis == axis));
        let mut grid = Grid {
            rank: 0,
            unit: T::COMPONENTS,
            shape: [1; MAX_LOOPS],
            lower: [0; MAX_LOOPS],
            upper: [1; MAX_LOOPS],
            origin: [NONE; MAX_LOOPS],
            position: [0; MAX_AXES],
            components: T::COMPONENTS as isize,
        };
        let mut last_is_free = false;
        for axis in 0..shape.len() {
            let (n, free) = (shape[axis], !acted_on(axis));
            if free && n == 1 {
                continue;
            }
            let whole = lower[axis] == 0 && upper[axis] == n;
            let outer = grid.rank.wrapping_sub(1);
            if free && last_is_free && whole && fits(&|s| s[grid.origin[outer]] == n as isize * s[axis]) {
                grid.shape[outer] *= n;
                grid.lower[outer] *= n;
                grid.upper[outer] *= n;
                grid.origin[outer] = axis;
                continue;
            }
            grid.push(axis, n, lower[axis], upper[axis]);
            last_is_free = free;
        }
        grid.make_row(last_is_free, fits);
        for axis in 0..shape.len() {
            if acted_on(axis) {
                grid.position[axis] = (0..grid.rank).find(|&b| grid.origin[b] == axis).unwrap_or(0);
            }
        }
        grid
    }

    /// Makes the last loop contiguous, and a loop before it.
    fn make_row(&mut self, last_is_free: bool, fits: impl Fn(&dyn Fn(&[isize]) -> bool) -> bool) {
        let last = self.rank.wrapping_sub(1);
        if self.rank == 0 || !fits(&|s| s[self.origin[last]] == 1) {
            self.push(NONE, 1, 0, 1);
        } else if last_is_free && self.rank > 1 && self.shape[last] * self.unit < SHORT_ROW {
            let n = self.shape[last];
            let whole = self.lower[last] == 0 && self.upper[last] == n;
            if whole && fits(&|s| s[self.origin[last - 1]] == n as isize) {
                self.unit *= n;
                self.rank -= 1;
            }
        }
        if self.rank == 1 {
            let row = (self.origin[0], self.shape[0], self.lower[0], self.upper[0]);
            self.rank = 0;
            self.push(NONE, 1, 0, 1);
            self.push(row.0, row.1, row.2, row.3);
        }
    }

    fn push(&mut self, origin: usize, shape: usize, lower: usize, upper: usize) {
        let b = self.rank;
        self.rank += 1;
        (self.origin[b], self.shape[b], self.lower[b], self.upper[b]) = (origin, shape, lower, upper);
    }

    /// The loop of the rows.
    pub fn row(&self) -> usize {
        self.rank - 1
    }

    /// The positions of the box.
    pub fn positions(&self) -> usize {
        (0..self.rank).map(|b| self.upper[b] - self.lower[b]).product()
    }

    /// The loop over this axis.
    pub fn position(&self, axis: usize) -> usize {
        self.position[axis]
    }

    /// Step of loop `b` in an array with these strides, in real numbers.
    pub fn stride(&self, strides: &[isize], b: usize) -> isize {
        match self.origin[b] {
            _ if b + 1 == self.rank => self.unit as isize,
            NONE => 0,
            axis => strides[axis] * self.components,
        }
    }

    /// Where `index` lies in an array with these strides, in real numbers.
    pub fn offset(&self, strides: &[isize], index: &Index) -> isize {
        (0..self.rank).map(|b| index[b] as isize * self.stride(strides, b)).sum()
    }

    /// Where `index` lies in a contiguous block whose loop `b` has `width` iterations instead, at plane `k`, and the
    /// step there of the loop before the row; in real numbers.
    pub fn halo_offset(&self, index: &Index, b: usize, k: isize, width: usize) -> (isize, isize) {
        let (mut step, mut offset, mut stride) = (self.unit, 0, 0);
        for a in (0..self.rank).rev() {
            offset += step as isize * if a == b { k } else { index[a] as isize };
            if a + 2 == self.rank {
                stride = step as isize;
            }
            step *= if a == b { width } else { self.shape[a] };
        }
        (offset, stride)
    }
}
