//! Rows of sums, tile by tile: which shape of tile fits, in functions that all kinds of data and stages share.

use super::super::finish::Finish;
use super::super::lanes::{LaneKernel, Lanes, LINE};
use super::ring::Ring;
use super::taps::Taps;
use super::tile::{most, tile, tile_rows};
use crate::dtype::{Element, Real};
use std::mem::size_of;

/// Rows of numbers, `stride` apart, of which `len` are stored.
#[derive(Clone, Copy)]
pub(super) struct Target<R> {
    pub to: *mut R,
    pub stride: isize,
    pub len: usize,
}

/// What tiles are made of: rows of the ring from `place` on, and where their sums go.
#[derive(Clone, Copy)]
pub(super) struct Tiles<R> {
    pub ring: Ring<R>,
    pub place: usize,
    pub taps: Taps<R>,
    pub target: Target<R>,
}

impl<R: Real> Tiles<R> {
    /// `count` rows of the target; H tells whether taps are complex. DENSE: rows of the ring and of the target are cache
    /// lines that follow one another.
    ///
    /// # Safety
    /// As for `tile` and `stored`; rows of the ring are whole lines.
    #[inline(always)]
    pub unsafe fn run<V: Lanes<Real = R>, H: Element, const DENSE: bool>(mut self, count: usize, finish: &Finish<V>) {
        let finish = std::ptr::from_ref(finish).cast();
        let (mut left, mut rows) = (count, tile_rows::<V>(self.ring.pitch / V::COUNT, H::IS_COMPLEX));
        while left > 0 {
            while rows > left {
                rows /= 2;
            }
            let count = left / rows;
            // SAFETY: as for this function.
            unsafe {
                match H::IS_COMPLEX {
                    false => self.apart::<V, false, DENSE>(rows, count, finish),
                    true => self.apart::<V, true, DENSE>(rows, count, finish),
                }
            }
            self = self.after(count * rows);
            left -= count * rows;
        }
    }

    /// Those of later rows.
    #[inline(always)]
    fn after(self, rows: usize) -> Self {
        let to = self.target.to.wrapping_offset(rows as isize * self.target.stride);
        Tiles { place: self.ring.after(self.place, rows), target: Target { to, ..self.target }, ..self }
    }

    /// `count` tiles of so many rows, in a function that all kinds of data and stages share.
    #[inline(always)]
    unsafe fn apart<V: Lanes, const COMPLEX: bool, const DENSE: bool>(
        &self,
        rows: usize,
        count: usize,
        finish: *const (),
    ) {
        let tiles = *self;
        // SAFETY: as for `run`.
        unsafe {
            match rows {
                16 if const { most::<V>(COMPLEX) >= 16 } => {
                    V::apart(Apart::<R, 16, COMPLEX, DENSE> { tiles, count, finish })
                }
                8 if const { most::<V>(COMPLEX) >= 8 } => {
                    V::apart(Apart::<R, 8, COMPLEX, DENSE> { tiles, count, finish })
                }
                4 => V::apart(Apart::<R, 4, COMPLEX, DENSE> { tiles, count, finish }),
                2 => V::apart(Apart::<R, 2, COMPLEX, DENSE> { tiles, count, finish }),
                _ => V::apart(Apart::<R, 1, COMPLEX, DENSE> { tiles, count, finish }),
            }
        }
    }
}

/// Tiles of T rows.
struct Apart<R, const T: usize, const COMPLEX: bool, const DENSE: bool> {
    tiles: Tiles<R>,
    count: usize,
    /// A `Finish` of the lanes that it runs on.
    finish: *const (),
}

impl<R: Real, const T: usize, const COMPLEX: bool, const DENSE: bool> LaneKernel for Apart<R, T, COMPLEX, DENSE> {
    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        let (Tiles { ring, place, taps, target }, line) = (self.tiles, LINE / size_of::<R>());
        let (ring, target) = match DENSE {
            true => (Ring::dense(ring.start.cast()), Target { to: target.to.cast(), stride: line as isize, len: line }),
            false => (ring.cast(), Target { to: target.to.cast(), stride: target.stride, len: target.len }),
        };
        let mut tile = Tiles { ring, place, taps: taps.cast(), target };
        for _ in 0..self.count {
            // SAFETY: as for `Tiles::run`, which runs this on its own lanes: R is their real type.
            unsafe {
                tiles::<V, T, COMPLEX, DENSE>(&tile.ring, tile.place, &tile.taps, tile.target, &*self.finish.cast())
            }
            tile = tile.after(T);
        }
    }
}

/// T rows of the target; some vectors of each at a time.
///
/// # Safety
/// As for `tile` and `stored`; rows of the ring are whole lines.
#[inline(always)]
unsafe fn tiles<V: Lanes, const T: usize, const COMPLEX: bool, const DENSE: bool>(
    ring: &Ring<V::Real>,
    place: usize,
    taps: &Taps<V::Real>,
    target: Target<V::Real>,
    finish: &Finish<V>,
) {
    if const { DENSE } {
        let from = (place, 0);
        // SAFETY: as for this function; a row is a line.
        unsafe {
            match const { V::PER_LINE } {
                1 => stored::<V, T, 1, COMPLEX, true>(ring, from, taps, target, finish),
                2 => stored::<V, T, 2, COMPLEX, true>(ring, from, taps, target, finish),
                _ => stored::<V, T, 4, COMPLEX, true>(ring, from, taps, target, finish),
            };
        }
        return;
    }
    let mut i = 0;
    while i < target.len {
        let at = Target { to: target.to.wrapping_add(i), len: target.len - i, ..target };
        let from = (place, i);
        // SAFETY: as for this function.
        i += V::COUNT
            * unsafe {
                match at.len.div_ceil(V::COUNT) {
                    8.. if const { most::<V>(COMPLEX) == 16 && T <= 2 } => {
                        stored::<V, T, 8, COMPLEX, false>(ring, from, taps, at, finish)
                    }
                    4.. if const { T * 4 <= most::<V>(COMPLEX) } => {
                        stored::<V, T, 4, COMPLEX, false>(ring, from, taps, at, finish)
                    }
                    2.. if const { T * 2 <= most::<V>(COMPLEX) } => {
                        stored::<V, T, 2, COMPLEX, false>(ring, from, taps, at, finish)
                    }
                    _ => stored::<V, T, 1, COMPLEX, false>(ring, from, taps, at, finish),
                }
            };
    }
}

/// A tile, of which is stored what is inside of the target; gives C.
#[inline(always)]
unsafe fn stored<V: Lanes, const T: usize, const C: usize, const COMPLEX: bool, const DENSE: bool>(
    ring: &Ring<V::Real>,
    from: (usize, usize),
    taps: &Taps<V::Real>,
    target: Target<V::Real>,
    finish: &Finish<V>,
) -> usize {
    // SAFETY: as for `tile`; the target has T rows of len numbers, readable where beta is not 0.
    unsafe {
        let sums = tile::<V, T, C, COMPLEX, DENSE>(ring, from, taps);
        finish.store_rows(&sums, target.to, target.stride, target.len);
    }
    C
}
