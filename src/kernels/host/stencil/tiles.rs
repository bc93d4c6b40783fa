//! The loops over a box, tile by tile.

use super::ends::lanes;
use super::grid::{Grid, Index, MAX_LOOPS};
use super::kept::{Kept, KEPT};
use super::order::{across_at_most, rows_go_together};
use super::{Output, Pass, StencilReal, Store, Term};
use crate::dtype::Element;
use crate::kernels::cpu::{self, Level};
use std::mem::{size_of, MaybeUninit};
use std::ops::Range;

/// Bytes of rows that are read again before they leave the cache: half of a second-level cache of 1 MiB. One of half a MiB
/// gains nothing by less, whose tiles have shorter rows.
const REUSED_BYTES: usize = 512 << 10;
/// Bytes of rows of x that go across, of those that they reach to, and of as many of y, or of x that come next: the next rows
/// then find what they share with these in a second-level cache of 1 MiB.
const ACROSS_BYTES: usize = 640 << 10;

/// Bytes of x that an iteration of the outermost loop within a near tile reads: with what comes next, they fit a first-level
/// cache of 48 KiB beside the results.
const NEAR_BYTES: usize = 32 << 10;
/// Bytes that are read before the rows at the edges of such a tile are read again, by its neighbour: they come from the
/// second-level cache.
const EDGES_BYTES: usize = 256 << 10;
/// Bytes of each plane in a near tile whose rows are computed for two planes before the next rows: then all x of the tile
/// comes from the second level, most of it once for two results, and memory is read and written in long pieces. Also
/// of single planes, where a first level has no room for near tiles.
const PAIR_BYTES: usize = 64 << 10;
/// Bytes that are asked for ahead of each of several x.
const AHEAD_BYTES: usize = 2048;
/// Bytes of rows of all outputs that lie unlike on lines and have ends, up to which they are not stored past the caches
/// where registers are half a line: the parts of lines at their ends would go to memory beside whole lines, which takes up
/// to twice as long as reading y first.
const SHORT: usize = 4096;
/// Rows at least that make a near tile worth its edges.
const NEAR_ROWS: usize = 4;

/// What memory is asked for beside each row of a near tile.
#[derive(Clone, Copy)]
pub(super) enum Ahead {
    /// The next iterations of `first` that go together, of one x.
    Plane,
    /// So many rows.
    Rows(usize),
}

/// How the loops are cut so that rows are still in cache when they are read again.
pub(super) struct Tiling {
    /// The outermost loop within a tile.
    pub first: usize,
    /// Iterations of `first` and the loops after it, in a tile.
    extent: Index,
    /// Positions of a row.
    columns: usize,
    /// Rows after which the next output is served.
    group: usize,
    /// Given where tiles are computed by near rows.
    pub near: Option<Ahead>,
    /// Whether a tile has several iterations of `first`, whose near rows go together.
    pub planes: bool,
    /// Whether all rows lie alike on the lines of the cache.
    pub alike: bool,
    /// Whether results may be stored past the caches.
    pub stream: bool,
    /// Iterations of `first` that near rows serve row by row together, and so many ahead memory is asked for.
    pub together: usize,
}

impl Tiling {
    pub fn new<T: Element>(grid: &Grid, outputs: &[Output<'_, T>], beta: bool, store: Store) -> Tiling {
        let (row, middle) = (grid.row(), grid.row() - 1);
        let terms = || outputs.iter().flat_map(|o| o.terms);
        let first = terms().map(|t| grid.position(t.axis)).min().unwrap_or(row).min(middle);
        let ends = terms().any(|t| grid.position(t.axis) == row);
        let cached = store == Store::Cached;
        let length = grid.upper[row] - grid.lower[row];
        let position = grid.unit * size_of::<T::Real>();
        // In the caches also the loop around short rows that have ends is one of planes: what is made for a row serves all.
        let short = 2 * NEAR_ROWS * length * position <= NEAR_BYTES;
        let around = cached && ends && short && outputs.len() == 1 && first == middle && middle > 0;
        let first = if around { middle - 1 } else { first };
        let reach = |t: &Term<'_, T>| if grid.position(t.axis) == first { t.stencil.reach() } else { (0, 0) };
        let span = terms().map(reach).fold(1, |span, (b, a)| span.max(1 + b + a)) + outputs.len();

        let again = outputs.len() > 1 || terms().any(|t| grid.position(t.axis) < row);
        let mut extent = grid.shape;

        // Planes of the x that an iteration of `first` reads, and the one that comes next.
        let one_x = terms().all(|t| terms().all(|other| other.x == t.x));
        let planes = terms().map(|t| reach(t).0 + reach(t).1 + 1).max().unwrap_or(1) + 1;
        let lines = |o: &Output<'_, T>, b: usize| grid.stride(o.y_strides, b) % lanes::<T::Real>() as isize == 0;
        let alike = outputs.iter().all(|o| lines(o, first) && lines(o, middle));
        let long = cpu::level() == Level::Avx512 || outputs.len() * length * position > SHORT;
        let stream = !beta && (alike || !ends || long);
        let (near_rows, ahead) = match one_x {
            true => {
                let rows = |planes: usize| NEAR_BYTES / (planes * length * position).max(1);
                // Results that are read take the room of two planes, if that leaves rows enough.
                let fit = if beta { rows(planes + 2).max(rows(planes).min(NEAR_ROWS)) } else { rows(planes) };
                (fit, Ahead::Plane)
            }
            false => {
                let ahead = AHEAD_BYTES.div_ceil((length * position).max(1));
                (REUSED_BYTES / (span * length * position).max(1), Ahead::Rows(ahead))
            }
        };
        // Without shifted registers, near rows of several x beyond the caches save only what lines cost that rows share.
        let arrays = || outputs.len() + terms().count();
        let fits = || cached && arrays() * grid.positions() * position <= cpu::caches().share;
        let pays = one_x || cpu::level() == Level::Avx512 || fits() || !beta && !alike;
        if first < middle && near_rows >= NEAR_ROWS && pays && (outputs.len() == 1 || one_x && (!beta || cached)) {
            extent[first + 1..middle].fill(1);
            let (columns, near, planes) = (length, Some(ahead), true);
            // Half a line of a y that has just been read is not.
            let stream = alike && (!beta || cpu::level() == Level::Avx512);
            let near_tile = |extent, group, together| Tiling {
                first,
                extent,
                columns,
                group,
                near,
                planes,
                alike,
                stream,
                together,
            };
            if !one_x || outputs.len() > 1 {
                // Memory gives and takes several arrays faster in its own order: plane by plane, many rows of one after the
                // other. The caches give them as fast in any, and so few planes that the next output finds their x.
                let plane = (grid.upper[middle] - grid.lower[middle]) * length * position;
                extent[first] = if cached { (REUSED_BYTES / (arrays() * plane)).max(1) } else { 1 };
                return near_tile(extent, (REUSED_BYTES / (length * position)).max(1), 1);
            }
            if !beta && near_rows >= 2 * NEAR_ROWS {
                extent[middle] = PAIR_BYTES / (length * position);
                return near_tile(extent, usize::MAX, 2);
            }
            // A first level of eight ways holds too few rows: then all come from the second.
            let second = beta && !rows_go_together();
            let near_rows = if second { PAIR_BYTES / (length * position) } else { near_rows };
            extent[middle] = near_rows;
            extent[first] = (EDGES_BYTES / (near_rows * length * position)).max(1);
            return near_tile(extent, usize::MAX, 1);
        }
        // Rows that are used again, and the bytes of them.
        let (held, held_bytes) = match outputs {
            [output] if first == middle && terms().all(|t| grid.position(t.axis) == first) => {
                let taps = output.terms.iter().map(|t| t.stencil.interior().len()).sum();
                match across_at_most(taps, beta) {
                    1 => (span, REUSED_BYTES),
                    at_once => (span - 2 + 2 * at_once, ACROSS_BYTES),
                }
            }
            _ => (span, REUSED_BYTES),
        };
        let columns = match again && held * length * position > held_bytes {
            true => (held_bytes / (held * position)).next_multiple_of(64),
            false => length,
        };
        if outputs.len() > 1 && beta {
            // For the same reason, though x comes from memory again.
            let group = (REUSED_BYTES / (columns.min(length) * position)).max(1);
            return Tiling { first, extent, columns, group, near: None, planes: false, alike, stream, together: 1 };
        }
        let mut rows = (REUSED_BYTES / (span * columns.min(length) * position)).max(1);
        let group = match outputs.len() > 1 {
            true => rows,
            false => usize::MAX,
        };
        for b in (first + 1..=middle).rev() {
            extent[b] = rows.min(grid.upper[b] - grid.lower[b]);
            rows = (rows / extent[b]).max(1);
        }
        // Rows in the caches that do not begin at lines, and have ends.
        let near = (cached && outputs.len() == 1 && !alike && ends)
            .then(|| Ahead::Rows(AHEAD_BYTES.div_ceil((length * position).max(1))));
        Tiling { first, extent, columns, group, near, planes: false, alike, stream, together: 1 }
    }
}

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
