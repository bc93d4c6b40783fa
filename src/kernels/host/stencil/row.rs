//! A row, or a block of rows, in the order that the caches like: along, across, or as a band.

use super::masked::Masked;
use super::order::PIECE;
use super::registers::{part, put_several, several, sums};
use super::rows::MAX_LEADS;
use super::shared::{put_lanes, Shared};
use crate::kernels::cpu::{prefetch, LINE};
use std::mem::size_of;

/// A row of results, or the first of a block of rows whose x are all `x_step` apart.
pub(super) struct Row<'a, V: Masked, const CAPACITY: usize> {
    pub y: *mut V::Real,
    /// Its number among the rows.
    pub number: usize,
    pub x: &'a [*const V::Real; CAPACITY],
    pub c: &'a [V; CAPACITY],
    pub count: usize,
    pub scale: V,
    /// The memory that is asked for while the row's first number is computed.
    pub lead: &'a [*const V::Real; MAX_LEADS],
    pub leads: usize,
    pub y_ahead: isize,
    pub len: usize,
    pub x_step: isize,
    pub y_step: isize,
}

// SAFETY (all): the rows are valid, as for `combine`.
impl<V: Masked, const CAPACITY: usize> Row<'_, V, CAPACITY> {
    /// Registers from number j on, N at once; returns where it ends.
    #[inline(always)]
    pub unsafe fn along<const N: usize, const BETA: bool, const STREAM: bool>(&self, mut j: usize) -> usize {
        let apart = (V::COUNT as isize, V::COUNT as isize);
        while j + N * V::COUNT <= self.len {
            for l in 0..self.leads {
                prefetch_several::<V>(self.lead[l].wrapping_add(j), N);
            }
            if BETA {
                prefetch_several::<V>(self.y.wrapping_add(j).wrapping_offset(self.y_ahead), N);
            }
            let (y, at) = (self.y.wrapping_add(j), j as isize);
            // SAFETY: N registers of the row.
            unsafe { several::<V, CAPACITY, N, BETA, STREAM>(y, self.x, self.count, at, apart, self.c, self.scale) };
            j += N * V::COUNT;
        }
        j
    }

    /// One register of each of N rows, a block, at once. Stores wait for the next loads, which may begin before them in the
    /// row, and so at the same place of another page.
    #[inline(always)]
    pub unsafe fn across<const N: usize, const BETA: bool, const STREAM: bool>(&self, mut j: usize) -> usize {
        let line = V::COUNT;
        let apart = (self.x_step, self.y_step);
        // SAFETY (all): a register of each row.
        let sums = |j: usize| unsafe {
            self.ask_rows::<N, BETA>(j);
            sums::<V, CAPACITY, N, BETA>(self.y.add(j), self.x, self.count, j as isize, apart, self.c, self.scale)
        };
        if j + line > self.len {
            return j;
        }
        let mut done = sums(j);
        while j + 2 * line <= self.len {
            let next = sums(j + line);
            unsafe { put_several::<V, N, STREAM>(done, self.y.add(j), self.y_step) };
            done = next;
            j += line;
        }
        unsafe { put_several::<V, N, STREAM>(done, self.y.add(j), self.y_step) };
        j + line
    }

    /// Asks for the memory that belongs to number j of N rows.
    #[inline(always)]
    fn ask_rows<const N: usize, const BETA: bool>(&self, j: usize) {
        for r in 0..N as isize {
            for l in 0..self.leads {
                prefetch(self.lead[l].wrapping_offset(r * self.x_step).wrapping_add(j));
            }
            if BETA {
                prefetch(self.y.wrapping_offset(self.y_ahead + r * self.y_step).wrapping_add(j));
            }
        }
    }

    /// Pieces of all rows of a block, then the next pieces.
    #[inline(always)]
    pub unsafe fn band<const BETA: bool, const STREAM: bool>(&self, block: usize, head: usize) -> usize {
        let (len, four) = (self.len - head, 4 * V::COUNT);
        let pieces = (len * size_of::<V::Real>()).div_ceil(PIECE).max(1);
        let width = (len / pieces).next_multiple_of(four);
        let whole = len / four * four;
        let apart = (V::COUNT as isize, V::COUNT as isize);
        for number in 0..pieces * block {
            let (start, r) = (head + number / block * width, (number % block) as isize);
            // Of the band to come, the piece that has the place in memory that this one has in time.
            let (row, column) = ((number / pieces) as isize, head + number % pieces * width);
            let stop = width.min((head + whole).saturating_sub(start));
            for done in (0..stop).step_by(four) {
                for l in 0..self.leads {
                    prefetch_several::<V>(
                        self.lead[l].wrapping_offset(row * self.x_step).wrapping_add(column + done),
                        4,
                    );
                }
                let y = self.y.wrapping_offset(r * self.y_step).wrapping_add(start + done);
                let at = r * self.x_step + (start + done) as isize;
                // SAFETY: four registers of row r.
                unsafe {
                    several::<V, CAPACITY, 4, BETA, STREAM>(y, self.x, self.count, at, apart, self.c, self.scale)
                };
            }
        }
        head + whole.min(pieces * width)
    }

    /// The numbers of every row of a block before y is aligned to a register; gives how many.
    #[inline(always)]
    pub unsafe fn head<const BETA: bool, const GATHER: bool>(
        &self,
        block: usize,
        shared: &mut Option<Shared<V>>,
    ) -> usize {
        let misaligned = (self.y as usize).wrapping_neg() % size_of::<V>() / size_of::<V::Real>();
        let head = misaligned.min(self.len);
        if head > 0 {
            // SAFETY: the first numbers of every row.
            unsafe { self.parts::<BETA, GATHER>(block, 0, head, shared) };
        }
        head
    }

    /// What is left of every row of a block from number j on.
    #[inline(always)]
    pub unsafe fn rest<const BETA: bool, const STREAM: bool, const GATHER: bool>(
        &self,
        block: usize,
        j: usize,
        shared: &mut Option<Shared<V>>,
    ) {
        for r in 0..block as isize {
            let mut j = j;
            while j + V::COUNT <= self.len {
                let (y, at) = (self.y.wrapping_offset(r * self.y_step).wrapping_add(j), r * self.x_step + j as isize);
                // SAFETY: a register of row r.
                unsafe {
                    several::<V, CAPACITY, 1, BETA, STREAM>(y, self.x, self.count, at, (0, 0), self.c, self.scale)
                };
                j += V::COUNT;
            }
        }
        let left = (self.len - j) % V::COUNT;
        if left > 0 {
            // SAFETY: the last numbers of every row.
            unsafe { self.parts::<BETA, GATHER>(block, self.len - left, left, shared) };
        }
    }

    /// Numbers j..j + n of every row of a block, less than a register.
    #[inline(always)]
    unsafe fn parts<const BETA: bool, const GATHER: bool>(
        &self,
        block: usize,
        j: usize,
        n: usize,
        shared: &mut Option<Shared<V>>,
    ) {
        let (x, c, bits) = (&self.x[..self.count], &self.c[..self.count], (1 << n) - 1);
        for r in 0..block as isize {
            let (y, at) = (self.y.wrapping_offset(r * self.y_step).wrapping_add(j), r * self.x_step + j as isize);
            // SAFETY: n numbers of row r.
            unsafe {
                let sum = part::<V, BETA>(y, x, at, c, self.scale, bits);
                put_lanes::<V, GATHER>(shared, self.number as isize + r, sum, y, bits);
            }
        }
    }
}

/// Asks for the cache lines of `n` registers.
#[inline(always)]
fn prefetch_several<V: Masked>(from: *const V::Real, n: usize) {
    for line in 0..(n * size_of::<V>()).div_ceil(LINE) {
        prefetch(from.cast::<u8>().wrapping_add(LINE * line));
    }
}
