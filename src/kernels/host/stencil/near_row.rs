//! A row of a near tile between its zones, or with them where their taps are shifted registers too.

use super::beside::Beside;
use super::masked::Masked;
use super::registers::{part, several, several_shifted, zone_shifted};
use super::rows::{near_leads, Taps, MAX_LEADS};
use super::sides::{Side, Sides};
use crate::dtype::Element;
use crate::kernels::cpu::prefetch;
use std::mem::size_of;

/// Registers of results that are computed at once.
const TOGETHER: usize = 2;

/// What all rows have in common; `lead` and `y_ahead` say which memory is asked for beside each number.
pub(super) struct Near<V: Masked, const CAPACITY: usize> {
    pub x: [*const V::Real; CAPACITY],
    pub c: [V; CAPACITY],
    pub scale: V,
    lead: [*const V::Real; MAX_LEADS],
    y_ahead: isize,
    len: usize,
}

// SAFETY (all): the row that begins at y is one of `combine`'s, and its taps are `at` from x.
impl<V: Masked, const CAPACITY: usize> Near<V, CAPACITY> {
    /// For rows of `len` numbers between their zones.
    #[inline(always)]
    pub unsafe fn new(taps: &Taps<V::Real>, len: usize, beta: V::Real) -> Self {
        let lead = |l: usize| taps.source[taps.lead[l.min(taps.leads - 1)] as usize].wrapping_offset(taps.ahead);
        // SAFETY: registers only.
        unsafe {
            let mut c = [V::splat(V::Real::ZERO); CAPACITY];
            for (k, c) in c.iter_mut().enumerate() {
                *c = V::splat(taps.coefficient[k]);
            }
            let x = std::array::from_fn(|k| taps.source[k]);
            Near { x, c, scale: V::splat(beta), lead: std::array::from_fn(lead), y_ahead: taps.y_ahead, len }
        }
    }

    /// Asks for the memory that belongs to number j of the row; of y where it is read or goes through the caches.
    #[inline(always)]
    pub fn ask<const BETA: bool, const STREAM: bool>(&self, y: *mut V::Real, at: isize, j: isize) {
        for lead in &self.lead[..near_leads(CAPACITY)] {
            prefetch(lead.wrapping_offset(at + j));
        }
        if BETA || !STREAM {
            prefetch(y.wrapping_offset(self.y_ahead + j));
        }
    }

    /// Asks for the part of a line of y in the next plane, which is not stored past the caches.
    #[inline(always)]
    fn ask_part<const BETA: bool, const STREAM: bool>(&self, y: *mut V::Real) {
        if !BETA && STREAM {
            prefetch(y.wrapping_offset(self.y_ahead));
        }
    }

    /// The same for the zone at number j.
    #[inline(always)]
    fn ask_side<const BETA: bool, const STREAM: bool>(
        &self,
        y: *mut V::Real,
        at: isize,
        j: isize,
        side: &Side<V, CAPACITY>,
    ) {
        self.ask::<BETA, STREAM>(y, at, j);
        if side.len < V::COUNT as isize {
            self.ask_part::<BETA, STREAM>(y.wrapping_offset(j));
        }
    }

    /// A row whose last two taps are shifted registers, from one zone to the other; its numbers are those of plane and row.
    #[inline(always)]
    pub unsafe fn shifted<const BETA: bool, const STREAM: bool>(
        &self,
        y: *mut V::Real,
        at: isize,
        number: (isize, isize),
        beside: &Beside<V>,
        sides: &Sides<V, CAPACITY>,
    ) {
        let line = V::COUNT as isize;
        let len = self.len as isize;
        let end = sides.after.as_ref().map_or(beside.end(len), |side| len + side.len);
        // SAFETY: registers of the row and of its zones, and what their taps read.
        unsafe {
            let mut here = beside.at(at, 0, end);
            let mut before = match &sides.before {
                Some(side) => {
                    self.ask_side::<BETA, STREAM>(y, at, -1, side);
                    let own = beside.before(at, side.lanes);
                    let around = (side.beyond(number), own, here);
                    zone_shifted::<V, CAPACITY, BETA, STREAM>(
                        y,
                        &self.x,
                        (at, -line),
                        self.scale,
                        beside,
                        side,
                        around,
                    );
                    own
                }
                None => beside.before(at, beside.lanes_before()),
            };
            let mut j = 0;
            while j + TOGETHER as isize * line <= len {
                let mut own = [here; TOGETHER];
                for n in 0..TOGETHER {
                    self.ask::<BETA, STREAM>(y, at, j + n as isize * line);
                    if n > 0 {
                        own[n] = beside.at(at, j + n as isize * line, end);
                    }
                }
                let after = beside.at(at, j + TOGETHER as isize * line, end);
                let (to, at) = (y.wrapping_offset(j), at + j);
                let x = (before, own, after);
                several_shifted::<V, CAPACITY, TOGETHER, BETA, STREAM>(to, &self.x, at, &self.c, self.scale, beside, x);
                (before, here) = (own[TOGETHER - 1], after);
                j += TOGETHER as isize * line;
            }
            while j + line <= len {
                self.ask::<BETA, STREAM>(y, at, j);
                let after = beside.at(at, j + line, end);
                let (to, at, x) = (y.wrapping_offset(j), at + j, (before, [here], after));
                several_shifted::<V, CAPACITY, 1, BETA, STREAM>(to, &self.x, at, &self.c, self.scale, beside, x);
                (before, here) = (here, after);
                j += line;
            }
            if j < len {
                let (y, bits) = (y.wrapping_offset(j), first_bits(len - j));
                let sum = part::<V, BETA>(y, &self.x, at + j, &self.c, self.scale, bits);
                sum.store_masked(y, bits);
            }
            if let Some(side) = &sides.after {
                self.ask_side::<BETA, STREAM>(y, at, len, side);
                let own = (before, here, side.beyond(number));
                zone_shifted::<V, CAPACITY, BETA, STREAM>(y, &self.x, (at, len), self.scale, beside, side, own);
            }
        }
    }

    /// A row of any taps and at any place, without its zones.
    #[inline(always)]
    pub unsafe fn plain<const BETA: bool, const STREAM: bool>(&self, y: *mut V::Real, at: isize) {
        let line = V::COUNT;
        // SAFETY: numbers of the row.
        unsafe {
            self.ask::<BETA, STREAM>(y, at, -1);
            let misaligned = (y as usize).wrapping_neg() % size_of::<V>() / size_of::<V::Real>();
            let mut j = misaligned.min(self.len);
            if j > 0 {
                self.ask_part::<BETA, STREAM>(y);
                let bits = first_bits(j as isize);
                let sum = part::<V, BETA>(y, &self.x, at, &self.c, self.scale, bits);
                sum.store_masked(y, bits);
            }
            while j + TOGETHER * line <= self.len {
                for n in (0..TOGETHER).step_by(V::PER_LINE) {
                    self.ask::<BETA, STREAM>(y, at, (j + n * line) as isize);
                }
                let apart = (line as isize, line as isize);
                let (to, at) = (y.wrapping_add(j), at + j as isize);
                several::<V, CAPACITY, TOGETHER, BETA, STREAM>(to, &self.x, CAPACITY, at, apart, &self.c, self.scale);
                j += TOGETHER * line;
            }
            while j + line <= self.len {
                let (to, at) = (y.wrapping_add(j), at + j as isize);
                several::<V, CAPACITY, 1, BETA, STREAM>(to, &self.x, CAPACITY, at, (0, 0), &self.c, self.scale);
                j += line;
            }
            if j < self.len {
                self.ask_part::<BETA, STREAM>(y.wrapping_add(j));
                let (y, bits) = (y.wrapping_add(j), first_bits((self.len - j) as isize));
                let sum = part::<V, BETA>(y, &self.x, at + j as isize, &self.c, self.scale, bits);
                sum.store_masked(y, bits);
            }
        }
        self.ask::<BETA, STREAM>(y, at, self.len as isize);
    }
}

/// The bits of the first `n` numbers of a register, less than all.
fn first_bits(n: isize) -> u32 {
    (1 << n) - 1
}
