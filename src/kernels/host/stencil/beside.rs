//! Two taps on either side of the result in its own row: a register of x is loaded once, and shifted for each of them.
//!
//! Loads that cross lines of the cache take twice as long as others, and the processor runs less far ahead of them.

use super::masked::Masked;
use super::rows::{Neighbours, Taps};

/// The row's own numbers of x, and how they are shifted.
#[derive(Clone, Copy)]
pub(super) struct Beside<V: Masked> {
    x: *const V::Real,
    places: [V::Place; 2],
    reach: Neighbours,
}

impl<V: Masked> Beside<V> {
    /// For the last two taps, where shifting serves them.
    #[inline(always)]
    pub unsafe fn new(taps: &Taps<V::Real>) -> Option<Beside<V>> {
        if !V::SHIFTS {
            return None;
        }
        // SAFETY: registers only.
        unsafe { Self::of(taps) }
    }

    /// For the last two taps, also where they are loaded.
    #[inline(always)]
    pub unsafe fn of(taps: &Taps<V::Real>) -> Option<Beside<V>> {
        let Neighbours { before, after } = taps.beside;
        if before == 0 || before > V::COUNT || after > V::COUNT {
            return None;
        }
        let x = taps.source[taps.count - 2].wrapping_add(before);
        // SAFETY: registers only.
        let places = unsafe { [V::place(V::COUNT - before), V::place(after)] };
        Some(Beside { x, places, reach: taps.beside })
    }

    /// The first number whose register may be loaded for a tap before it.
    #[inline(always)]
    pub fn first(&self) -> isize {
        if V::SHIFTS {
            0
        } else {
            self.reach.before as isize
        }
    }

    /// The lanes of the register before a row that its taps read.
    #[inline(always)]
    pub fn lanes_before(&self) -> u32 {
        ((1u64 << V::COUNT) - (1u64 << (V::COUNT - self.reach.before))) as u32
    }

    /// Some lanes of the register before the row `at` from the first.
    #[inline(always)]
    pub unsafe fn before(&self, at: isize, lanes: u32) -> V {
        // SAFETY: the caller has these numbers.
        unsafe { V::load_masked(self.x.wrapping_offset(at - V::COUNT as isize), lanes) }
    }

    /// Where the numbers end that taps of a row of `len` read.
    #[inline(always)]
    pub fn end(&self, len: isize) -> isize {
        len + self.reach.after as isize
    }

    /// The register at number `j` of such a row, as far as it lies before `end`.
    #[inline(always)]
    pub unsafe fn at(&self, at: isize, j: isize, end: isize) -> V {
        let x = self.x.wrapping_offset(at + j);
        // SAFETY: the caller has numbers up to `end`.
        unsafe {
            if j + V::COUNT as isize <= end {
                return V::load(x);
            }
            V::load_masked(x, ((1u64 << (end - j)) - 1) as u32)
        }
    }

    /// The register at number `j` of the row `at` from the first.
    #[inline(always)]
    pub unsafe fn whole(&self, at: isize, j: isize) -> V {
        // SAFETY: the caller has these numbers.
        unsafe { V::load(self.x.wrapping_offset(at + j)) }
    }

    /// Some lanes of it.
    #[inline(always)]
    pub unsafe fn part(&self, at: isize, j: isize, lanes: u32) -> V {
        // SAFETY: the caller has these numbers.
        unsafe { V::load_masked(self.x.wrapping_offset(at + j), lanes) }
    }

    /// What the two taps read for the register `here`.
    #[inline(always)]
    pub unsafe fn taps(&self, before: V, here: V, after: V) -> [V; 2] {
        // SAFETY: registers only, and only where they can be shifted.
        unsafe { [V::between(before, here, self.places[0]), V::between(here, after, self.places[1])] }
    }
}
