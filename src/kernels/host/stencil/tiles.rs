//! The loops over a box, tile by tile.

use super::grid::{Index, MAX_LOOPS};
use super::kept::{Kept, KEPT};
use super::{Pass, StencilReal};
use crate::dtype::Element;
use std::mem::MaybeUninit;
use std::ops::Range;

impl<T: Element> Pass<'_, T>
where
    T::Real: StencilReal,
{
    /// Taps are kept where there are planes: room for them is many pages of the stack, too many for an apply on few elements.
    pub(super) unsafe fn run(&self) {
        // SAFETY: the caller's promise.
        unsafe {
            match self.grid.row() > 1 {
                true => self.run_keeping::<KEPT>(),
                false => self.run_keeping::<1>(),
            }
        }
    }

    #[inline(never)]
    unsafe fn run_keeping<const N: usize>(&self) {
        let mut sets = [const { MaybeUninit::uninit() }; N];
        // SAFETY: the caller's promise.
        unsafe { self.tiles(&mut Kept::new(&mut sets)) };
    }

    unsafe fn tiles(&self, scratch: &mut Kept<'_, T::Real>) {
        let (grid, tiling) = (self.grid, self.tiling);
        let (first, row, middle) = (tiling.first, grid.row(), grid.row() - 1);
        // Outer loops go one by one, `first` and the loops of a tile from tile to tile; within a tile, `first` and the
        // columns run outside.
        let mut corner = grid.lower;
        loop {
            // The tile is `corner..upper`, but for its columns.
            let mut upper = grid.upper;
            for b in 0..middle + 1 {
                let extent = if b < first { 1 } else { tiling.extent[b] };
                upper[b] = grid.upper[b].min(corner[b].saturating_add(extent));
            }
            for column in (grid.lower[row]..grid.upper[row]).step_by(tiling.columns) {
                let columns = column..grid.upper[row].min(column.saturating_add(tiling.columns));
                let mut index = [0; MAX_LOOPS];
                index[..row].copy_from_slice(&corner[..row]);
                let rows = || (corner[middle]..upper[middle], columns.clone());
                // Near tiles have one iteration of the loops between.
                let planes = if tiling.planes { corner[first]..upper[first] } else { 0..1 };
                loop {
                    // SAFETY: the index lies in the caller's box.
                    unsafe { self.planes(&mut index, planes.clone(), rows(), tiling.group, scratch) };
                    if tiling.planes || !advance(&mut index, &corner, &upper, 0..middle, |_| 1) {
                        break;
                    }
                }
            }
            let step = |b: usize| if b < first { 1 } else { tiling.extent[b] };
            if !advance(&mut corner, &grid.lower, &grid.upper, 0..middle + 1, step) {
                break;
            }
        }
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
