//! Rows of a near tile: what they read is in the first-level cache, and the next plane's rows are asked for meanwhile.

use super::beside::Beside;
use super::ends::Ends;
use super::masked::Masked;
use super::registers::{ends_of_rows, part, several, several_shifted, zone_shifted};
use super::rows::{near_leads, Rows, Taps, MAX_LEADS};
use super::seams::Seams;
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

/// As `combine`, for taps whose rows are equally far apart, in all planes.
#[inline(always)]
pub(super) unsafe fn near_rows<V: Masked, const CAPACITY: usize, const BETA: bool, const STREAM: bool>(
    rows: &Rows<V::Real>,
    taps: &Taps<V::Real>,
    ends: &Ends<V::Real>,
    beta: V::Real,
) {
    let step = taps.stride[0];
    let joined = rows.joined(taps);
    let rows = joined.as_ref().unwrap_or(rows);
    // SAFETY: as for `combine`.
    unsafe {
        let mut near = Near::<V, CAPACITY> {
            x: [std::ptr::null(); CAPACITY],
            c: [V::splat(V::Real::ZERO); CAPACITY],
            scale: V::splat(beta),
            lead: std::array::from_fn(|l| {
                taps.source[taps.lead[l.min(taps.leads - 1)] as usize].wrapping_offset(taps.ahead)
            }),
            y_ahead: taps.y_ahead,
            len: rows.len,
        };
        // What looks at the taps gets a copy of its own: those in `near` stay in registers.
        let mut x = near.x;
        for k in 0..CAPACITY {
            (near.c[k], near.x[k]) = (V::splat(taps.coefficient[k]), taps.source[k]);
            x[k] = taps.source[k];
        }
        if !STREAM {
            if let Some(seams) = Seams::new(rows, (&x, taps), ends) {
                return near.seamed::<BETA>(rows, &seams);
            }
        }
        let sides = Beside::<V>::new(taps).zip(Sides::<V, CAPACITY>::new(rows, &x, ends, taps.beside, STREAM));
        let count = rows.planes.count as isize;
        for begin in (0..count).step_by(rows.planes.together) {
            let block = begin..count.min(begin + rows.planes.together as isize);
            for plane in block.clone() {
                let mut ended = if sides.is_some() { rows.rows } else { 0 };
                while ended < rows.rows {
                    ended += ends_of_rows::<V, BETA, STREAM>(ends, rows, (plane, ended), near.scale);
                }
            }
            for (i, plane) in (0..rows.rows as isize).flat_map(|i| block.clone().map(move |plane| (i, plane))) {
                let y = rows.y.wrapping_offset(plane * rows.planes.y + i * rows.stride);
                let at = plane * rows.planes.x + i * step;
                match &sides {
                    Some((beside, sides)) => near.shifted::<BETA, STREAM>(y, at, (plane, i), beside, sides),
                    None => near.plain::<BETA, STREAM>(y, at),
                }
            }
        }
    }
}

// SAFETY (all): the row that begins at y is one of `combine`'s, and its taps are `at` from x.
impl<V: Masked, const CAPACITY: usize> Near<V, CAPACITY> {
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
    unsafe fn shifted<const BETA: bool, const STREAM: bool>(
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
                part::<V, BETA>(y.wrapping_offset(j), &self.x, at + j, &self.c, self.scale, (len - j) as usize);
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
    unsafe fn plain<const BETA: bool, const STREAM: bool>(&self, y: *mut V::Real, at: isize) {
        let line = V::COUNT;
        // SAFETY: numbers of the row.
        unsafe {
            self.ask::<BETA, STREAM>(y, at, -1);
            let misaligned = (y as usize).wrapping_neg() % size_of::<V>() / size_of::<V::Real>();
            let mut j = misaligned.min(self.len);
            if j > 0 {
                self.ask_part::<BETA, STREAM>(y);
                part::<V, BETA>(y, &self.x, at, &self.c, self.scale, j);
            }
            while j + TOGETHER * line <= self.len {
                (0..TOGETHER).for_each(|n| self.ask::<BETA, STREAM>(y, at, (j + n * line) as isize));
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
                part::<V, BETA>(y.wrapping_add(j), &self.x, at + j as isize, &self.c, self.scale, self.len - j);
            }
        }
        self.ask::<BETA, STREAM>(y, at, self.len as isize);
    }
}
