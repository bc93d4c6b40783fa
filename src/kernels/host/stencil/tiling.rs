//! How a box is cut into tiles, so that rows are still in the caches when they are read again.

use super::ends::lanes;
use super::grid::{Grid, Index};
use super::order::{across_at_most, rows_go_together};
use super::{Output, Store, Term};
use crate::dtype::Element;
use crate::kernels::cpu::{self, Level};
use std::mem::size_of;

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
    pub extent: Index,
    /// Positions of a row.
    pub columns: usize,
    /// Rows after which the next output is served.
    pub group: usize,
    /// Given where tiles are computed by near rows.
    pub near: Option<Ahead>,
    /// Whether a tile has several iterations of `first`, whose near rows go together.
    pub planes: bool,
    /// Whether all rows lie alike on the lines of the cache.
    pub alike: bool,
    /// Whether results are stored past the caches.
    pub stream: bool,
    /// Iterations of `first` that near rows serve row by row together, and so many ahead memory is asked for.
    pub together: usize,
}

impl Tiling {
    pub fn new<T: Element>(grid: &Grid, outputs: &[Output<'_, T>], beta: bool, store: Store) -> Tiling {
        let case = Case::new(grid, outputs, beta, store);
        case.near().unwrap_or_else(|| case.general())
    }
}

/// What the tiles depend on.
struct Case<'a, T> {
    grid: &'a Grid,
    outputs: &'a [Output<'a, T>],
    beta: bool,
    store: Store,
    /// Registers are half a line or less, and cannot be shifted.
    halves: bool,
    /// The outermost loop within a tile.
    first: usize,
    /// Whether all terms read the same x.
    one_x: bool,
    /// Whether a term acts along the row.
    ends: bool,
    alike: bool,
    /// Positions of a row, and bytes of one.
    length: usize,
    position: usize,
}

impl<'a, T: Element> Case<'a, T> {
    fn new(grid: &'a Grid, outputs: &'a [Output<'a, T>], beta: bool, store: Store) -> Self {
        let (row, middle) = (grid.row(), grid.row() - 1);
        let terms = || outputs.iter().flat_map(|o| o.terms);
        let first = terms().map(|t| grid.position(t.axis)).min().unwrap_or(row).min(middle);
        let ends = terms().any(|t| grid.position(t.axis) == row);
        let length = grid.upper[row] - grid.lower[row];
        let position = grid.unit * size_of::<T::Real>();
        // In the caches also the loop around short rows that have ends is one of planes: what is made for a row serves all.
        let short = 2 * NEAR_ROWS * length * position <= NEAR_BYTES;
        let around = store == Store::Cached && ends && short && outputs.len() == 1 && first == middle && middle > 0;
        let first = if around { middle - 1 } else { first };
        let one_x = terms().all(|t| terms().all(|other| other.x == t.x));
        let lines = |o: &Output<'_, T>, b: usize| grid.stride(o.y_strides, b) % lanes::<T::Real>() as isize == 0;
        let alike = outputs.iter().all(|o| lines(o, first) && lines(o, middle));
        let halves = cpu::level() != Level::Avx512;
        Case { grid, outputs, beta, store, halves, first, one_x, ends, alike, length, position }
    }

    fn terms(&self) -> impl Iterator<Item = &'a Term<'a, T>> {
        self.outputs.iter().flat_map(|o| o.terms)
    }

    fn row_bytes(&self) -> usize {
        self.length * self.position
    }

    /// What a term reaches to in other iterations of `first`.
    fn reach(&self, term: &Term<'_, T>) -> (usize, usize) {
        if self.grid.position(term.axis) == self.first {
            term.stencil.reach()
        } else {
            (0, 0)
        }
    }

    /// Iterations of `first` whose x and y an iteration touches.
    fn span(&self) -> usize {
        self.terms().map(|t| self.reach(t)).fold(1, |span, (b, a)| span.max(1 + b + a)) + self.outputs.len()
    }

    /// The box as one tile.
    fn whole(&self) -> Tiling {
        // Without ends rows are one, however they lie.
        let long = !self.halves || self.outputs.len() * self.row_bytes() > SHORT;
        let stream = self.store == Store::Streaming && !self.beta && (self.alike || !self.ends || long);
        Tiling {
            first: self.first,
            extent: self.grid.shape,
            columns: self.length,
            group: usize::MAX,
            near: None,
            planes: false,
            alike: self.alike,
            stream,
            together: 1,
        }
    }

    /// Iterations of the loop inmost but for the row in a near tile, and what memory is asked for.
    fn near_rows(&self) -> (usize, Ahead) {
        let bytes = self.row_bytes();
        if !self.one_x {
            return (REUSED_BYTES / (self.span() * bytes), Ahead::Rows(AHEAD_BYTES.div_ceil(bytes)));
        }
        // Planes of the x that an iteration of `first` reads, and the one that comes next.
        let planes = self.terms().map(|t| self.reach(t)).map(|(b, a)| b + a + 1).max().unwrap_or(1) + 1;
        let rows = |planes: usize| NEAR_BYTES / (planes * bytes);
        // Results that are read take the room of two planes, if that leaves rows enough.
        let fit = if self.beta { rows(planes + 2).max(rows(planes).min(NEAR_ROWS)) } else { rows(planes) };
        (fit, Ahead::Plane)
    }

    /// Tiles of near rows, where they pay.
    fn near(&self) -> Option<Tiling> {
        let (first, middle, cached) = (self.first, self.grid.row() - 1, self.store == Store::Cached);
        let (rows, ahead) = self.near_rows();
        if first == middle || rows < NEAR_ROWS {
            return None;
        }
        let several = self.outputs.len() > 1;
        let arrays = self.outputs.len() + self.terms().count();
        // Without shifted registers, near rows of several x beyond the caches save only what lines cost that rows share.
        let fits = || cached && arrays * self.grid.positions() * self.position <= cpu::caches().share;
        let pays = self.one_x || !self.halves || fits() || !self.beta && !self.alike;
        if !pays || several && !(self.one_x && (!self.beta || cached)) {
            return None;
        }
        let mut tiling = Tiling { near: Some(ahead), planes: true, ..self.whole() };
        // Half a line of a y that has just been read is not.
        tiling.stream = self.store == Store::Streaming && self.alike && (!self.beta || !self.halves);
        tiling.extent[first + 1..middle].fill(1);
        let bytes = self.row_bytes();
        if several || !self.one_x {
            // Memory gives and takes several arrays faster in its own order: plane by plane, many rows of one after the
            // other. The caches give them as fast in any, and so few planes that the next output finds their x.
            let plane = (self.grid.upper[middle] - self.grid.lower[middle]) * bytes;
            tiling.extent[first] = if cached { (REUSED_BYTES / (arrays * plane)).max(1) } else { 1 };
            tiling.group = (REUSED_BYTES / bytes).max(1);
            return Some(tiling);
        }
        if !self.beta && rows >= 2 * NEAR_ROWS {
            tiling.extent[middle] = PAIR_BYTES / bytes;
            tiling.together = 2;
            return Some(tiling);
        }
        // A first level of eight ways holds too few rows: then all come from the second.
        let rows = if self.beta && !rows_go_together() { PAIR_BYTES / bytes } else { rows };
        tiling.extent[middle] = rows;
        tiling.extent[first] = (EDGES_BYTES / (rows * bytes)).max(1);
        Some(tiling)
    }

    /// Tiles of rows of any kind.
    fn general(&self) -> Tiling {
        let (grid, first, row, middle) = (self.grid, self.first, self.grid.row(), self.grid.row() - 1);
        let span = self.span();
        // Rows that are used again, and the bytes of them.
        let (held, held_bytes) = match self.outputs {
            [output] if first == middle && self.terms().all(|t| grid.position(t.axis) == first) => {
                let taps = output.terms.iter().map(|t| t.stencil.interior().len()).sum();
                match across_at_most(taps, self.beta) {
                    1 => (span, REUSED_BYTES),
                    at_once => (span - 2 + 2 * at_once, ACROSS_BYTES),
                }
            }
            _ => (span, REUSED_BYTES),
        };
        let mut tiling = self.whole();
        let several = self.outputs.len() > 1;
        let again = several || self.terms().any(|t| grid.position(t.axis) < row);
        if again && held * self.row_bytes() > held_bytes {
            tiling.columns = (held_bytes / (held * self.position)).next_multiple_of(64);
        }
        let bytes = tiling.columns.min(self.length) * self.position;
        if several && self.beta {
            // As for near tiles, though x comes from memory again.
            tiling.group = (REUSED_BYTES / bytes).max(1);
            return tiling;
        }
        let mut rows = (REUSED_BYTES / (span * bytes)).max(1);
        if several {
            tiling.group = rows;
        }
        for b in (first + 1..=middle).rev() {
            tiling.extent[b] = rows.min(grid.upper[b] - grid.lower[b]);
            rows = (rows / tiling.extent[b]).max(1);
        }
        // Rows in the caches that do not begin at lines, and have ends.
        if self.store == Store::Cached && !several && !self.alike && self.ends {
            tiling.near = Some(Ahead::Rows(AHEAD_BYTES.div_ceil(self.row_bytes())));
        }
        tiling
    }
}
