//! A on a p x q grid times X, and A^T times Y, panel by panel.
//!
//! With A[i, j] the tile of row i and column j, and X[r] the rows of X of grid row r:
//!
//! - `gather`: Y[i] = sum_r A[i, K_r] X[r]. A panel of A goes from the column that has it to all columns of its row; a panel
//!   of X from row to row, round the column of the grid. Step t of a round takes row i to the panel of row i - t.
//! - `scatter`: X[r] = sum_i A[i, K_r]^T Y[i]. Sums go round instead: row i adds its part to what row i - 1 sends, and the
//!   last to add is the row that keeps it. Step t of a round takes row i to the panel of row i - 1 - t.
//!
//! The messages of the next step are under way while one is multiplied. (The panels of A are those of van de Geijn and
//! Watts, SUMMA, Concurrency: Practice and Experience 9, 1997; rings in place of the columns' broadcasts keep all rows of
//! the grid busy and need one message a step.)

mod walks;

use super::block::Block;
use super::panels::{panels, Panel};
use super::process_grid::ProcessGrid;
use super::rooms::Rooms;
use super::work::{Message, ARRIVED, LEFT, RIGHT, ROOMS};
use crate::arrays::Array;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::layout::{Partition, Span};
use crate::operators::basic::device_matrix::int;
use crate::storage::Memory;

/// A, or A^T, on a grid, and the room for its panels.
pub struct Product {
    grid: ProcessGrid,
    row: usize,
    column: usize,
    /// Bytes of an element.
    size: usize,
    /// The tile is this array, or if `turned` its transpose.
    matrix: Array,
    turned: bool,
    /// Rows of the tile, and columns of X and Y, on this rank.
    rows: i64,
    columns: i64,
    by_columns: bool,
    /// The other ranks of this row that have columns of X and Y.
    neighbours: Vec<usize>,
    /// Of every row of the grid.
    panels: Vec<Vec<Panel>>,
    steps: usize,
    /// Panels of X stand in rooms.
    packs_rows: bool,
    rooms: Rooms,
    sends: Vec<Message>,
    receives: Vec<Message>,
}

/// How the vectors lie on the grid: rows of X in its rows, columns of X and Y in its columns.
pub struct Vectors<'a> {
    pub rows: &'a Partition,
    pub columns: &'a Partition,
    /// Columns of X and Y.
    pub width: i64,
    /// In memory, columns are contiguous in place of rows.
    pub by_columns: bool,
}

impl Product {
    /// The array lies on the grid: its axis `turned as usize` is cut into rows, the other by `inner` into columns. Panels
    /// have `panel` indices at most. Local.
    pub fn new(
        grid: ProcessGrid,
        (matrix, turned): (Array, bool),
        inner: &Partition,
        vectors: Vectors,
        panel: i64,
    ) -> Result<Product> {
        let (space, context) = (matrix.space(), matrix.space().context().clone());
        let (shape, _) = space.shaped("a matrix")?;
        let [row, column] = grid.place(context.rank());
        let (n, rows) = (shape[usize::from(!turned)], space.local_shape()[usize::from(turned)]);
        let panels = panels(n, panel, &grid, [vectors.rows, inner], [row, column]);
        let has = |c: usize| vectors.columns.set(vectors.width, grid.columns(), c).len();
        let columns = has(column);
        let neighbours = (0..grid.columns()).filter(|c| *c != column && has(*c) > 0).map(|c| grid.rank(row, c));
        let neighbours: Vec<usize> = neighbours.collect();
        let longest = panels.iter().flatten().map(|p| p.count).max().unwrap_or(0);
        let scattered = |spans: fn(&Panel) -> &[Span]| panels.iter().flatten().any(|p| spans(p).len() > 1);
        let conjugates = space.memory() == Memory::Host || !space.dtype().is_complex();
        let packs_columns = grid.columns() > 1 || scattered(|p| &p.columns) || !conjugates;
        let packs_rows = grid.rows() > 1 || scattered(|p| &p.rows);
        let steps = grid.rows() * panels.iter().map(Vec::len).max().unwrap_or(0);
        let size = space.dtype().size() as i64;
        if space.memory() == Memory::Cuda {
            for n in [rows, longest, columns] {
                int("an extent", n)?;
            }
        }
        let bytes = |wanted: bool, across: i64| if wanted { (across * longest * size) as usize } else { 0 };
        let mut bytes_of = [0; ROOMS];
        for k in 0..steps.min(2) {
            bytes_of[LEFT[k]] = bytes(packs_columns, rows);
            bytes_of[RIGHT[k]] = bytes(packs_rows, columns);
        }
        bytes_of[ARRIVED] = bytes(grid.rows() > 1, columns);
        let messages = neighbours.len() + 3;
        let rooms = Rooms::new(&context, space.memory(), space.dtype(), bytes_of, messages, vectors.by_columns)?;
        Ok(Product {
            row,
            column,
            size: size as usize,
            turned,
            rows,
            columns,
            by_columns: vectors.by_columns,
            neighbours,
            panels,
            steps,
            packs_rows,
            rooms,
            sends: Vec::with_capacity(messages),
            receives: Vec::with_capacity(messages),
            grid,
            matrix,
        })
    }

    /// The panel at a step, `lag` rows further round; none where its owner has fewer than others.
    fn step(&self, s: usize, lag: usize) -> Option<Step> {
        let p = self.grid.rows();
        if s >= self.steps {
            return None;
        }
        let (round, turn) = (s / p, s % p);
        let owner = (self.row + 2 * p - turn - lag) % p;
        (round < self.panels[owner].len()).then_some(Step { owner, round, turn, parity: s % 2 })
    }

    fn panel(&self, at: Step) -> &Panel {
        &self.panels[at.owner][at.round]
    }

    fn above(&self) -> usize {
        self.grid.rank((self.row + self.grid.rows() - 1) % self.grid.rows(), self.column)
    }

    fn below(&self) -> usize {
        self.grid.rank((self.row + 1) % self.grid.rows(), self.column)
    }

    /// A panel of X, or a sum of one, to or from a rank of this column.
    fn message(&self, room: usize, at: Step, peer: usize) -> Message {
        Message { room, bytes: (self.panel(at).count * self.columns) as usize * self.size, peer }
    }

    /// The tile's columns of a panel, where they are used where they stand.
    fn in_place(&self, at: Step, turned: bool, conj: bool) -> Option<Block> {
        let panel = self.panel(at);
        if self.grid.columns() > 1 || panel.columns.len() != 1 {
            return None;
        }
        let block = self.tile().ok()?.at(0, panel.columns[0].offset, self.size);
        let block = if turned { block.turned() } else { block };
        (!conj || self.rooms.conjugates(&block)).then_some(block)
    }

    /// `count` rows of X, or of sums for it, in a room.
    fn rows_room(&self, room: usize, count: i64) -> Block {
        let pointer = self.rooms.room(room);
        match self.by_columns {
            true => Block::packed(pointer, count).turned(),
            false => Block::packed(pointer, self.columns),
        }
    }

    fn tile(&self) -> Result<Block> {
        let block = Block::of(&self.matrix, self.matrix.space())?;
        Ok(if self.turned { block.turned() } else { block })
    }

    /// A panel of A, or its transpose if `turned`, as it stands for the product, and whether that is to conjugate it.
    fn columns_of(&self, at: Step, turned: bool, conj: bool) -> (Block, bool) {
        if let Some(block) = self.in_place(at, turned, conj) {
            return (block, conj);
        }
        let block = Block::packed(self.rooms.room(LEFT[at.parity]), self.panel(at).count);
        let block = if turned { block.turned() } else { block };
        (block, conj && self.rooms.conjugates(&block))
    }

    /// Packs a panel of A if this column has it, and plans the messages that take it along the row.
    fn share_columns(&mut self, at: Step, turned: bool, conj: bool) -> Result<()> {
        let (panel, room) = (self.panel(at), LEFT[at.parity]);
        let bytes = (self.rows * panel.count) as usize * self.size;
        if panel.column != self.column {
            if self.columns > 0 {
                let peer = self.grid.rank(self.row, panel.column);
                self.receives.push(Message { room, bytes, peer });
            }
            return Ok(());
        }
        if self.in_place(at, turned, conj).is_some() {
            return Ok(());
        }
        let count = panel.count;
        self.rooms.overwrite(room);
        self.sends.extend(self.neighbours.iter().map(|&peer| Message { room, bytes, peer }));
        let (tile, packed) = (self.tile()?, Block::packed(self.rooms.room(room), count));
        let mut to = 0;
        for span in &self.panel(at).columns {
            let (from, place) = (tile.at(0, span.offset, self.size), packed.at(0, to, self.size));
            self.rooms.update(Scalar::ONE, from, Scalar::ZERO, place, [self.rows, span.len])?;
            to += span.len;
        }
        let block = if turned { packed.turned() } else { packed };
        match conj && !self.rooms.conjugates(&block) {
            true => self.rooms.conjugate(room, self.rows * count),
            false => Ok(()),
        }
    }

    fn pack_rows(&mut self, at: Step, x: Block) -> Result<()> {
        let room = RIGHT[at.parity];
        self.rooms.overwrite(room);
        let packed = self.rows_room(room, self.panel(at).count);
        let mut to = 0;
        for span in &self.panel(at).rows {
            let (from, place) = (x.at(span.offset, 0, self.size), packed.at(to, 0, self.size));
            self.rooms.update(Scalar::ONE, from, Scalar::ZERO, place, [span.len, self.columns])?;
            to += span.len;
        }
        Ok(())
    }
}

/// A panel of row `owner`, in the `turn`-th place of a round, in the rooms of a parity.
#[derive(Clone, Copy, Debug)]
struct Step {
    owner: usize,
    round: usize,
    turn: usize,
    parity: usize,
}
