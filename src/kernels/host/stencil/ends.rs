//! The ends of rows along the axis of a stencil, where taps and coefficients differ from element to element.
//!
//! A zone is up to one cache line of a row. Its taps are vectors: a bit for every element that has the tap, and that
//! element's coefficient. So a row's first line and last line cost little more than any other and are stored whole.

use super::rows::MAX_TAPS;
use crate::dtype::Real;
use crate::kernels::cpu::LINE;
use std::mem::{size_of, MaybeUninit};
use std::ptr::addr_of_mut;

/// The most elements of a zone: a cache line of float32.
pub(super) const MAX_LANES: usize = 16;
/// Rows whose ends are computed together: their sums run beside one another.
pub(super) const ENDS: usize = 4;
const MAX_ZONES: usize = 8;
const POOL: usize = 2 * MAX_TAPS;

/// Elements of a zone: a cache line.
pub(super) const fn lanes<R>() -> usize {
    LINE / size_of::<R>()
}

/// One tap of a zone; `source` belongs to the zone's first element, whether or not that has the tap.
pub(super) struct EndTap<R> {
    pub source: *const R,
    pub stride: isize,
    /// How far it moves from a plane of near rows to the next.
    pub plane: isize,
    pub bits: u32,
    pub coefficient: [R; MAX_LANES],
    /// Term and side, as `Pass::shifts` numbers them.
    pub origin: u8,
}

/// `len` elements of the first row, whose sums begin with `start`.
#[derive(Clone, Copy)]
pub(super) struct Zone<R> {
    pub y: *mut R,
    pub len: usize,
    /// The sum of no terms: -0 leaves the first term as it is, also when that is -0; +0 where none will come.
    pub start: [R; MAX_LANES],
    first: usize,
    count: usize,
}

/// The zones of one set of rows.
pub(super) struct Ends<R> {
    pool: [MaybeUninit<EndTap<R>>; POOL],
    used: usize,
    /// The elements of the open zone that have a tap.
    touched: u32,
    zones: [MaybeUninit<Zone<R>>; MAX_ZONES],
    count: usize,
}

impl<R: Real> Ends<R> {
    /// Makes a value without zones in memory that holds none yet; the rest of it may hold anything.
    ///
    /// # Safety
    /// `to` is writable and aligned.
    pub unsafe fn clear_at(to: *mut Ends<R>) {
        // SAFETY: the caller's promise.
        unsafe {
            addr_of_mut!((*to).used).write(0);
            addr_of_mut!((*to).touched).write(0);
            addr_of_mut!((*to).count).write(0);
        }
    }

    pub fn clear(&mut self) {
        (self.used, self.count) = (0, 0);
    }

    /// No further zone is sure to find room.
    pub fn is_full(&self) -> bool {
        self.count == MAX_ZONES || self.used + MAX_TAPS > POOL
    }

    /// Opens a zone; the taps pushed from here on are its own.
    pub fn open(&mut self, y: *mut R, len: usize) {
        self.touched = 0;
        self.zones[self.count].write(Zone { y, len, start: [-R::ZERO; MAX_LANES], first: self.used, count: 0 });
    }

    /// Adds a tap to the open zone, with a coefficient for each lane, and gives its number.
    #[inline(always)]
    pub fn push(
        &mut self,
        (source, stride): (*const R, isize),
        (bits, origin): (u32, u8),
        coefficient: impl Fn(usize) -> R,
    ) -> usize {
        let tap = self.pool[self.used].as_mut_ptr();
        // SAFETY: `tap` is writable, and all of it is written, where it will stay.
        unsafe {
            addr_of_mut!((*tap).source).write(source);
            addr_of_mut!((*tap).stride).write(stride);
            addr_of_mut!((*tap).plane).write(0);
            addr_of_mut!((*tap).bits).write(bits);
            addr_of_mut!((*tap).origin).write(origin);
            for lane in 0..MAX_LANES {
                addr_of_mut!((*tap).coefficient[lane]).write(coefficient(lane));
            }
        }
        self.touched |= bits;
        self.used += 1;
        self.used - 1
    }

    /// The tap of this number.
    pub fn tap(&mut self, number: usize) -> &mut EndTap<R> {
        assert!(number < self.used);
        // SAFETY: taps below `used` are written.
        unsafe { self.pool[number].assume_init_mut() }
    }

    /// Closes the open zone.
    pub fn close(&mut self) {
        // SAFETY: `open` wrote the zone.
        let zone = unsafe { self.zones[self.count].assume_init_mut() };
        zone.count = self.used - zone.first;
        for lane in (0..zone.len).filter(|lane| self.touched >> lane & 1 == 0) {
            zone.start[lane] = R::ZERO;
        }
        self.count += 1;
    }

    /// From a plane to the next, every tap moves by what its origin says.
    pub fn set_planes(&mut self, by: &[isize]) {
        for tap in &mut self.pool[..self.used] {
            // SAFETY: taps below `used` are written.
            let tap = unsafe { tap.assume_init_mut() };
            tap.plane = by[tap.origin as usize];
        }
    }

    /// Moves all zones by `y` numbers, and every tap by what its origin says.
    pub fn shift(&mut self, y: isize, by: &[isize]) {
        for zone in &mut self.zones[..self.count] {
            // SAFETY: zones below `count` are written.
            let zone = unsafe { zone.assume_init_mut() };
            zone.y = zone.y.wrapping_offset(y);
        }
        for tap in &mut self.pool[..self.used] {
            // SAFETY: taps below `used` are written.
            let tap = unsafe { tap.assume_init_mut() };
            tap.source = tap.source.wrapping_offset(by[tap.origin as usize]);
        }
    }

    /// All closed zones.
    #[inline(always)]
    pub fn zones(&self) -> &[Zone<R>] {
        // SAFETY: zones below `count` are written, and MaybeUninit has the layout of its content.
        unsafe { std::slice::from_raw_parts(self.zones.as_ptr().cast::<Zone<R>>(), self.count) }
    }

    #[inline(always)]
    pub fn taps(&self, zone: &Zone<R>) -> &[EndTap<R>] {
        // SAFETY: the taps of a closed zone are written, and MaybeUninit has the layout of its content.
        unsafe { std::slice::from_raw_parts(self.pool.as_ptr().add(zone.first).cast(), zone.count) }
    }
}
