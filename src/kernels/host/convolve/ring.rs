//! The panel of a block of columns: as many rows as a step reads, in a buffer that is used again from its beginning, so that
//! it stays in the first cache.

use super::super::lanes::LINE;
use std::mem::size_of;

/// Rows of `pitch` numbers; a place is that of a row's first number, and rows are counted round.
#[derive(Clone, Copy)]
pub(super) struct Ring<R> {
    pub start: *mut R,
    pub pitch: usize,
    /// Numbers of all rows.
    size: usize,
}

impl<R> Ring<R> {
    /// # Safety
    /// `start` is valid for so many rows as long as the ring is in use.
    pub unsafe fn new(start: *mut R, pitch: usize, rows: usize) -> Ring<R> {
        Ring { start, pitch, size: rows * pitch }
    }

    /// Rows of a cache line, so many that none is counted round.
    pub fn dense(start: *mut R) -> Ring<R> {
        Ring { start, pitch: LINE / size_of::<R>(), size: usize::MAX }
    }

    /// The same rows, of numbers whose type has another name.
    pub fn cast<S>(&self) -> Ring<S> {
        assert!(size_of::<R>() == size_of::<S>());
        Ring { start: self.start.cast(), pitch: self.pitch, size: self.size }
    }

    /// The place so many rows after another, fewer than all.
    #[inline(always)]
    pub fn after(&self, place: usize, rows: usize) -> usize {
        let place = place + rows * self.pitch;
        if place < self.size {
            place
        } else {
            place - self.size
        }
    }

    /// The place so many rows before another, fewer than all.
    #[inline(always)]
    pub fn before(&self, place: usize, rows: usize) -> usize {
        match place.checked_sub(rows * self.pitch) {
            Some(place) => place,
            None => place + self.size - rows * self.pitch,
        }
    }

    #[inline(always)]
    pub fn at(&self, place: usize) -> *mut R {
        self.start.wrapping_add(place)
    }
}
