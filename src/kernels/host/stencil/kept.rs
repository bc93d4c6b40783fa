//! Taps that are kept from rows to rows, in memory that is written when it is first used.

use super::ends::Ends;
use super::grid::Index;
use super::rows::Taps;
use crate::dtype::Real;
use std::mem::MaybeUninit;
use std::ptr::addr_of_mut;

/// Sets of taps that are kept at most.
pub(super) const KEPT: usize = 7;

/// The taps of the rows at hand; interior rows elsewhere have the same, shifted.
pub(super) struct Scratch<R> {
    pub taps: Whole<R>,
    pub ends: Ends<R>,
    pub made_for: Option<Made>,
}

/// The taps of the part of a row where all are the same.
pub(super) struct Whole<R> {
    taps: MaybeUninit<Taps<R>>,
    written: bool,
}

impl<R: Real> Whole<R> {
    /// No taps, to be filled.
    pub fn start(&mut self) -> &mut Taps<R> {
        if self.written {
            // SAFETY: written.
            let taps = unsafe { self.taps.assume_init_mut() };
            taps.clear();
            return taps;
        }
        self.written = true;
        self.taps.write(Taps::NEW)
    }

    /// The taps that `start` was last called for.
    pub fn made(&self) -> &Taps<R> {
        assert!(self.written, "taps are used before they are made");
        // SAFETY: written.
        unsafe { self.taps.assume_init_ref() }
    }

    /// By how much all taps move, if near rows can be computed for many planes at once.
    pub fn moves(&self, by: &[isize]) -> Option<isize> {
        // SAFETY: written.
        let taps = self.written.then(|| unsafe { self.taps.assume_init_ref() }).filter(|t| t.is_near())?;
        let mut moves = taps.origin[..taps.count].iter().map(|&origin| by[origin as usize]);
        let first = moves.next()?;
        moves.all(|other| other == first).then_some(first)
    }

    /// Moves every tap by what its origin says.
    pub fn shift(&mut self, by: &[isize]) {
        assert!(self.written, "taps are moved before they are made");
        // SAFETY: written.
        let taps = unsafe { self.taps.assume_init_mut() };
        for (source, &origin) in taps.source[..taps.count].iter_mut().zip(&taps.origin) {
            *source = source.wrapping_offset(by[origin as usize]);
        }
    }
}

/// Taps of several kinds of rows, as many as there is memory for.
pub(super) struct Kept<'a, R> {
    sets: &'a mut [MaybeUninit<Scratch<R>>],
    used: [bool; KEPT],
}

impl<R: Real> Kept<'_, R> {
    pub fn new(sets: &mut [MaybeUninit<Scratch<R>>]) -> Kept<'_, R> {
        Kept { sets, used: [false; KEPT] }
    }

    /// The slot of this number, or else the last.
    pub fn slot(&mut self, number: usize) -> &mut Scratch<R> {
        let number = number.min(self.sets.len() - 1);
        let set = &mut self.sets[number];
        if !self.used[number] {
            self.used[number] = true;
            let set = set.as_mut_ptr();
            // SAFETY: `set` is writable; each part is written, but for parts that may hold anything.
            unsafe {
                addr_of_mut!((*set).taps.written).write(false);
                addr_of_mut!((*set).made_for).write(None);
                Ends::clear_at(addr_of_mut!((*set).ends));
            }
        }
        // SAFETY: written when first used.
        unsafe { set.assume_init_mut() }
    }
}

/// What taps were made for.
pub(super) struct Made {
    pub index: Index,
    pub like: Like,
}

/// What rows have in common whose taps differ only by their place.
#[derive(PartialEq)]
pub(super) struct Like {
    /// Of the output.
    pub number: usize,
    /// The row's begin, the uniform part's begin and end, the row's end.
    pub numbers: [usize; 4],
    /// Numbers to the first cache line.
    pub line: usize,
}
