//! How an array is cut into pieces that are convolved from a panel of scratch memory.
//!
//! A panel holds consecutive rows of the axis, each of a few elements: all inner elements of short lines, where rows
//! follow one another in y as well, a block of columns that fills eight cache lines, or elements of as many lines as fill
//! one.

use super::super::finish::Finish;
use super::super::lanes::{LaneKernel, Lanes, LINE};
use super::columns::{step, Columns, STEP};
use super::lines::ELEMENTS;
use super::problem::{per_line, Kernel};
use super::ring::Ring;
use super::taps::Taps;
use super::turned::{self, serves};
use crate::dtype::Element;
use crate::kernels::cpu::fence;
use std::mem::size_of;

/// Cache lines in a row of a block of columns.
const COLUMN_LINES: usize = 8;
/// Rows up to this many cache lines are convolved as lines when they lie densely.
const LINE_ROW_LINES: usize = 4;

/// Where the panels are in the scratch.
#[derive(Clone, Copy)]
pub(super) struct Panels {
    /// Elements of the first panel; the second begins there.
    first: usize,
    /// The room for lines that are turned begins there.
    turned: usize,
    /// The taps begin there.
    table: usize,
    pub elements: usize,
}

impl Panels {
    pub fn new<T>(taps: usize) -> Panels {
        let line = per_line::<T>();
        let (pitch, widest) = (COLUMN_LINES * line, LINE_ROW_LINES * line);
        // A piece of a line with what it reads, or several short lines, and vectors that end behind them.
        let lines = ELEMENTS.max(8 * taps * widest) + (taps + 3) * widest + 5 * line;
        let first = lines.max((taps + STEP - 1) * pitch);
        let turned = first + lines.max(2 * STEP * pitch);
        let table = turned + turned::room::<T>(taps);
        Panels { first, turned, table, elements: table + taps.next_multiple_of(line) + line }
    }
}

impl<T: Element, H: Element> Kernel<'_, T, H> {
    /// All blocks of columns.
    #[inline(always)]
    unsafe fn columns<V: Lanes>(&self, taps: &Taps<V::Real>, finish: &Finish<V>, (panel, sums): (*mut T, *mut T)) {
        let (b, line) = (&self.block, per_line::<T>());
        let widest = COLUMN_LINES * line;
        for outer in 0..b.outer {
            for first in (0..b.inner).step_by(widest) {
                let width = widest.min(b.inner - first);
                let pitch = width.next_multiple_of(line) * T::COMPONENTS;
                // SAFETY: the panels have room for as many rows of the widest block.
                unsafe {
                    let step = step::<V, H>(pitch);
                    let panel = Ring::new(panel.cast(), pitch, taps.count + step - 1);
                    let sums = Ring::new(sums.cast(), pitch, 2 * step);
                    let columns = Columns { kernel: self, outer, first, width, panel, sums };
                    columns.run::<V>(taps, finish)
                }
            }
        }
    }
}

/// A kernel and its scratch.
pub(super) struct Run<'a, T, H> {
    pub kernel: Kernel<'a, T, H>,
    pub panels: Panels,
    pub scratch: &'a mut [T],
}

impl<T: Element, H: Element> LaneKernel for Run<'_, T, H> {
    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        let Run { kernel: k, panels: places, scratch } = self;
        let b = &k.block;
        let dense = b.n == 1 || (b.x_strides[1] == b.inner as isize && b.y_strides[1] == b.inner as isize);
        let lines = dense && b.inner * size_of::<T>() <= LINE_ROW_LINES * LINE;
        let panel = scratch.as_mut_ptr();
        let panel = panel.wrapping_add(panel.align_offset(LINE).min(per_line::<T>()));
        // SAFETY: the scratch holds two panels, the room for turned lines and the taps; x, y and the halo are as the caller
        // of `convolve` says.
        unsafe {
            let taps = Taps::new::<H>(&k.filter, panel.add(places.table).cast::<V::Real>());
            let finish = Finish::<V>::new(k.alpha, k.beta);
            let panels = (panel, panel.add(places.first));
            if lines {
                let mut index = 0;
                while let Some((block, turned)) = k.piece::<V>(index) {
                    let piece = Kernel { block, ..k };
                    match (block.outer * block.n, turned) {
                        (0, _) => {}
                        (_, true) if const { serves::<V>() } => {
                            piece.turned::<V>(&taps, &finish, panel.add(places.turned))
                        }
                        _ => piece.lines::<V>(&taps, &finish, panels),
                    }
                    index += 1;
                }
                return;
            }
            let finish = finish.streaming(k.stream);
            k.columns::<V>(&taps, &finish, panels);
            if finish.streams() {
                fence();
            }
        }
    }
}
