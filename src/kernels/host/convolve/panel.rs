//! How an array is cut into pieces that are convolved from a panel of scratch memory.
//!
//! A panel holds consecutive rows of the axis, each of a few elements: all inner elements of short lines, where rows
//! follow one another in y as well, or a block of columns that fills eight cache lines.

use super::super::lanes::{Finish, LaneKernel, Lanes, LINE};
use super::columns::Columns;
use super::taps::Taps;
use super::{per_line, Block, Filter, Stage};
use crate::dtype::{Element, Scalar};
use std::mem::size_of;

/// Cache lines in a row of a block of columns.
const COLUMN_LINES: usize = 8;
/// Rows up to this many cache lines are convolved as lines when they lie densely.
const LINE_ROW_LINES: usize = 4;
/// Rows of a block of columns that are convolved at a time.
const COLUMN_ROWS: usize = 512;

/// How much is convolved at a time.
#[derive(Clone, Copy)]
pub(super) struct Panels {
    taps: usize,
    column_rows: usize,
    /// Elements of the first panel; the second begins there.
    first: usize,
    /// The taps begin there.
    table: usize,
    pub elements: usize,
}

impl Panels {
    pub fn new<T>(taps: usize) -> Panels {
        let pitch = COLUMN_LINES * per_line::<T>();
        let rows = COLUMN_ROWS.max(8 * taps);
        // Two rows for a derivative; a row of slack for vectors that end behind the panel.
        let first = (rows + taps + 4) * pitch;
        let alignment = per_line::<T>();
        Panels {
            taps,
            column_rows: rows,
            first,
            table: first + (rows + 3) * pitch,
            elements: first + (rows + 3) * pitch + taps.next_multiple_of(alignment) + alignment,
        }
    }

    /// Rows of so many elements that make a piece of a line, which has about `elements`.
    pub fn line_rows(&self, row: usize, elements: usize) -> usize {
        (elements / row).max(8 * self.taps)
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

impl<T: Element, H: Element> Kernel<'_, T, H> {
    /// The block's rows with derivatives that are not 0.
    pub fn active(&self, derivative: super::Derivative) -> (isize, isize) {
        let (low, high) = derivative.rows(self.block.total);
        (low - self.block.first as isize, high - self.block.first as isize)
    }

    /// All blocks of columns.
    #[inline(always)]
    unsafe fn columns<V: Lanes>(&self, taps: &Taps<V::Real>, finish: &Finish<V>, (panel, sums): (*mut T, *mut T)) {
        let (b, line) = (&self.block, per_line::<T>());
        let (widest, chunk) = (COLUMN_LINES * line, self.panels.column_rows.min(b.n));
        for outer in 0..b.outer {
            for i in (0..b.n).step_by(chunk) {
                for first in (0..b.inner).step_by(widest) {
                    let width = widest.min(b.inner - first);
                    let pitch = width.next_multiple_of(line);
                    let (panel, sums) = (panel.cast(), sums.cast());
                    let columns = Columns { kernel: self, outer, first, width, pitch, panel, sums };
                    // SAFETY: the panel has room for a chunk of the widest block and what it reads, the other for a step.
                    unsafe { columns.run::<V>((i as isize, (i + chunk).min(b.n) as isize), taps, finish) }
                }
            }
        }
    }
}

impl<T: Element, H: Element> LaneKernel for Kernel<'_, T, H> {
    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        let b = &self.block;
        let dense = b.n == 1 || (b.x_strides[1] == b.inner as isize && b.y_strides[1] == b.inner as isize);
        let lines = dense && b.inner * size_of::<T>() <= LINE_ROW_LINES * LINE;
        let panel = self.scratch.as_mut_ptr();
        let panel = panel.wrapping_add(panel.align_offset(LINE).min(per_line::<T>()));
        // SAFETY: the scratch holds two panels and the taps; x, y and the halo are as the caller of `convolve` says.
        unsafe {
            let taps = Taps::new::<T, H>(&self.filter, !lines, panel.add(self.panels.table).cast::<V::Real>());
            let finish = Finish::<V>::new(self.alpha, self.beta);
            let panels = (panel, panel.add(self.panels.first));
            match lines {
                true => self.lines::<V>(&taps, &finish, panels),
                false => self.columns::<V>(&taps, &finish, panels),
            }
        }
    }
}
