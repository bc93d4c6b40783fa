//! How rows and columns are grouped, so that their sums or factors fit the registers.

use super::super::lanes::{Lanes, LINE};
use crate::kernels::cpu::prefetch;
use std::mem::{size_of, MaybeUninit};

/// Room for packed x or for the sums of a block: two thirds of a first-level cache of 48 KiB.
#[repr(align(64))]
pub(super) struct Buffer(MaybeUninit<[u8; Buffer::BYTES]>);

impl Buffer {
    pub const BYTES: usize = 32 << 10;

    #[inline(always)]
    pub fn new() -> Buffer {
        Buffer(MaybeUninit::uninit())
    }

    #[inline(always)]
    pub fn start<R>(&mut self) -> *mut R {
        self.0.as_mut_ptr().cast()
    }
}

/// Cache lines in a page.
const PAGE_LINES: usize = 64;

/// Asks for the rows of the next tile, line after line in the order of memory, so that the processor sees one stream.
pub(super) struct Ahead<R> {
    at: *const R,
    /// Where the row began.
    row: *const R,
    leading: isize,
    lines: usize,
    left: usize,
}

impl<R> Ahead<R> {
    /// Rows from `at` on, `lines` cache lines of each.
    #[inline(always)]
    pub fn new(at: *const R, leading: isize, lines: usize) -> Ahead<R> {
        Ahead { at, row: at, leading, lines, left: lines }
    }

    #[inline(always)]
    pub fn next(&mut self) {
        let line = LINE / size_of::<R>();
        prefetch(self.at);
        self.at = self.at.wrapping_add(line);
        self.left -= 1;
        if self.left == 0 {
            self.at = self.at.wrapping_sub(self.lines * line).wrapping_offset(self.leading);
            self.left = self.lines;
        }
    }

    /// The next `n` lines; a row's end is looked for once.
    #[inline(always)]
    pub fn ask(&mut self, n: usize) {
        let line = LINE / size_of::<R>();
        for i in 0..n {
            prefetch(self.at.wrapping_add(i * line));
        }
        self.at = self.at.wrapping_add(n * line);
        if self.left > n {
            self.left -= n;
        } else {
            self.row = self.row.wrapping_offset(self.leading);
            self.at = self.row;
            self.left = self.lines;
        }
    }
}

/// Real columns, eight at most, are taken `width` at a time (the last group has the rest), against `rows` rows of A.
#[derive(Clone, Copy)]
pub(super) struct Groups {
    pub columns: usize,
    pub width: usize,
    pub rows: usize,
    /// Numbers in a cache line.
    line: usize,
}

impl Groups {
    /// For `columns` real columns, `parts` of which make a complex one.
    #[inline(always)]
    pub fn of<V: Lanes>(columns: usize, parts: usize) -> Groups {
        let (width, rows) = match size_of::<V>() {
            // Thirty-two registers of a line: 24 sums.
            64 => match columns {
                1 => (1, 4),
                2 => (2, 4),
                3..=6 => (columns, 4),
                _ => (columns, 3),
            },
            // Sixteen registers of half a line: 12 sums; of a quarter: as far as they go.
            _ if columns == 1 => (1, 4),
            _ if parts == 2 || columns == 2 => (2, 2),
            _ => (3, 2),
        };
        Groups { columns, width, rows, line: LINE / size_of::<V::Real>() }
    }

    /// For the transpose, whose registers hold x and a few numbers of A.
    #[inline(always)]
    pub fn spread<V: Lanes>(columns: usize) -> Groups {
        match (size_of::<V>(), columns) {
            (64, _) | (_, 1) => Groups::of::<V>(columns, 1),
            _ => Groups { columns, width: 2, rows: 4, line: LINE / size_of::<V::Real>() },
        }
    }

    /// Cache lines of a row of A that are taken at a time: as many as x or y have room for in `bytes`, with a line between
    /// columns, which keeps them from the same places of the cache; for several columns, no more than a page.
    #[inline(always)]
    pub fn lines(&self, bytes: usize) -> usize {
        let fit = bytes / LINE / self.columns - 1;
        if self.columns == 1 {
            fit
        } else {
            fit.min(PAGE_LINES)
        }
    }

    /// Numbers of the slot of a group of so many columns: whole lines.
    #[inline(always)]
    pub fn slot(&self, width: usize) -> usize {
        (self.rows * width).next_multiple_of(self.line)
    }

    /// Numbers of the slots of all groups.
    #[inline(always)]
    pub fn slots(&self) -> usize {
        let rest = self.columns % self.width;
        self.columns / self.width * self.slot(self.width) + if rest > 0 { self.slot(rest) } else { 0 }
    }

    /// Where row r and column c of a tile are in its slots.
    #[inline(always)]
    pub fn place(&self, r: usize, c: usize) -> usize {
        let (group, within) = (c / self.width, c % self.width);
        let width = self.width.min(self.columns - group * self.width);
        group * self.slot(self.width) + r * width + within
    }
}
