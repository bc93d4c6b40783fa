//! The loops over a box, tile by tile.

use super::grid::Index;
use super::kept::Kept;
use super::{Pass, StencilReal};
use crate::dtype::Element;
use std::mem::size_of;
use std::ops::Range;

/// Bytes of rows that are read again before they leave the cache: half of a second-level cache of 1 MiB.
const REUSED_BYTES: usize = 512 << 10;

/// How the loops are cut so that rows are still in cache when they are read again.
struct Tiling {
    /// The outermost loop within a tile.
    first: usize,
    /// Iterations of the loops after `first`, in a tile.
    extent: Index,
    /// Positions of a row.
    columns: usize,
    /// Rows after which the next output is served.
    group: usize,
}

impl<T: Element> Pass<'_, T>
where
    T::Real: StencilReal,
{
    fn tiling(&self) -> Tiling {
        let grid = &self.grid;
        let (row, middle) = (grid.row(), grid.row() - 1);
        let terms = || self.outputs.iter().flat_map(|o| o.terms);
        let first = terms().map(|t| grid.position(t.axis)).min().unwrap_or(row).min(middle);
        let reused = terms().filter(|t| grid.position(t.axis) == first);
        let span = reused.map(|t| t.stencil.reach()).fold(1, |span, (b, a)| span.max(1 + b + a)) + self.outputs.len();

        let length = grid.upper[row] - grid.lower[row];
        let position = grid.unit * size_of::<T::Real>();
        let again = self.outputs.len() > 1 || terms().any(|t| grid.position(t.axis) < row);
        let columns = match again && span * length * position > REUSED_BYTES {
            true => (REUSED_BYTES / (span * position)).next_multiple_of(64),
            false => length,
        };
        let mut rows = (REUSED_BYTES / (span * columns.min(length) * position)).max(1);
        let group = match self.outputs.len() > 1 {
            true => rows,
            false => usize::MAX,
        };
        let mut extent = grid.shape;
        for b in (first + 1..=middle).rev() {
            extent[b] = rows.min(grid.upper[b] - grid.lower[b]);
            rows = (rows / extent[b]).max(1);
        }
        Tiling { first, extent, columns, group }
    }

    pub(super) unsafe fn run(&self) {
        let grid = &self.grid;
        let tiling = self.tiling();
        let (first, row, middle) = (tiling.first, grid.row(), grid.row() - 1);
        // Outer loops go one by one, the loops of a tile from tile to tile; `first` and the columns run inside.
        let mut scratch = Kept::new();
        let mut corner = grid.lower;
        loop {
            let (mut lower, mut upper) = (corner, grid.upper);
            for b in 0..middle + 1 {
                if b < first {
                    upper[b] = corner[b] + 1;
                } else if b > first {
                    upper[b] = grid.upper[b].min(corner[b] + tiling.extent[b]);
                }
            }
            for column in (grid.lower[row]..grid.upper[row]).step_by(tiling.columns) {
                lower[row] = column;
                upper[row] = grid.upper[row].min(column.saturating_add(tiling.columns));
                let mut index = lower;
                loop {
                    // SAFETY: the index lies in the caller's box.
                    unsafe {
                        self.rows(&mut index, lower[middle]..upper[middle], upper[row], tiling.group, &mut scratch)
                    };
                    index[row] = lower[row];
                    if !advance(&mut index, &lower, &upper, 0..middle, |_| 1) {
                        break;
                    }
                }
            }
            let step = |b: usize| if b < first { 1 } else { tiling.extent[b] };
            let moved = advance(&mut corner, &grid.lower, &grid.upper, first + 1..middle + 1, step)
                || advance(&mut corner, &grid.lower, &grid.upper, 0..first, step);
            if !moved {
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
