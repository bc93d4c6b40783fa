//! The sums of a tile: a few rows of a block of columns by a few vectors, each row of the panel loaded once for all.
//!
//! Terms are added in the order of x, as in `accumulate`.

use super::super::finish::Finish;
use super::super::lanes::{LaneKernel, Lanes, LINE};
use super::accumulate::join;
use super::ring::Ring;
use super::taps::Taps;
use crate::dtype::{Element, Real};
use std::mem::size_of;

/// Row r of those that a tile reads, onto its outputs `low..high`, which take tap r - k of the table.
#[inline(always)]
unsafe fn row<V: Lanes, const T: usize, const C: usize, const COMPLEX: bool>(
    (re, im): (&mut [[V; C]; T], &mut [[V; C]; T]),
    p: *const V::Real,
    taps: *const V::Real,
    (low, high): (usize, usize),
) {
    // SAFETY: as for `tile`; taps of the outputs low..high are in the table.
    unsafe {
        let mut x = [V::splat(<V::Real as Element>::ZERO); C];
        for c in 0..C {
            x[c] = V::load(p.add(c * V::COUNT));
        }
        for k in 0..T {
            if low <= k && k < high {
                let h = taps.wrapping_sub(if COMPLEX { 2 * k } else { k });
                let (a, b) = (V::splat(*h), if COMPLEX { V::splat(*h.add(1)) } else { x[0] });
                for c in 0..C {
                    re[k][c] = a.mul_add(x[c], re[k][c]);
                    if COMPLEX {
                        im[k][c] = b.mul_add(x[c], im[k][c]);
                    }
                }
            }
        }
    }
}

/// The same for r of 0 .. 15, each with code of its own.
macro_rules! each {
    ($r:ident => $body:expr) => { each!($r => $body, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14) };
    ($r:ident => $body:expr, $($value:literal)*) => { $({ const $r: usize = $value; $body })* };
}

/// T rows of C vectors of sum_t h[t] x[row - t], from number `column` of the rows on; the first row that the first output
/// reads is at `place`.
///
/// # Safety
/// The ring holds T + count - 1 rows from there on, of C vectors each.
#[inline(always)]
unsafe fn tile<V: Lanes, const T: usize, const C: usize, const COMPLEX: bool, const DENSE: bool>(
    ring: &Ring<V::Real>,
    (place, column): (usize, usize),
    taps: &Taps<V::Real>,
) -> [[V; C]; T] {
    let zero = V::splat(<V::Real as Element>::ZERO);
    let (mut re, mut im) = ([[zero; C]; T], [[zero; C]; T]);
    let (start, parts) = (ring.start.wrapping_add(column).cast_const(), if COMPLEX { 2 } else { 1 });
    let (mut place, mut h) = (place, taps.table);
    macro_rules! visit {
        ($held:expr) => {{
            // SAFETY: as for this function: output k reads row r if 0 <= r - k < count.
            unsafe { row::<V, T, C, COMPLEX>((&mut re, &mut im), start.wrapping_add(place), h, $held) }
            (place, h) = (ring.after(place, 1), h.wrapping_add(parts));
        }};
    }
    if taps.count < T {
        for r in 0..taps.count + T - 1 {
            visit!(((r + 1).saturating_sub(taps.count), T.min(r + 1)));
        }
    } else {
        // Rows that the first outputs read, that all of them read, and the last ones.
        if const { DENSE } {
            each!(R => if const { R + 1 < T } { visit!((0, R + 1)) });
        } else {
            for r in 0..T - 1 {
                visit!((0, r + 1));
            }
        }
        for _ in T - 1..taps.count {
            visit!((0, T));
        }
        if const { DENSE } {
            each!(R => if const { R + 1 < T } { visit!((R + 1, T)) });
        } else {
            for r in 1..T {
                visit!((r, T));
            }
        }
    }
    _ = (place, h);
    if COMPLEX {
        for k in 0..T {
            // SAFETY: arithmetic only.
            unsafe { join(&mut re[k], &im[k]) }
        }
    }
    re
}

/// Rows of numbers, `stride` apart, of which `len` are stored.
#[derive(Clone, Copy)]
pub(super) struct Target<R> {
    pub to: *mut R,
    pub stride: isize,
    pub len: usize,
}

/// Sums of a tile, in vectors: as many as registers hold beside a row, and enough of them that none waits for another.
const fn most<V: Lanes>(complex: bool) -> usize {
    match (size_of::<V>() == LINE, complex) {
        (true, false) => 16,
        (false, true) => 4,
        _ => 8,
    }
}

/// Rows of a tile, for rows of so many vectors.
pub(super) const fn tile_rows<V: Lanes>(vectors: usize, complex: bool) -> usize {
    let most = most::<V>(complex);
    match vectors {
        8.. if most == 16 => 2,
        4.. => most / 4,
        2.. => most / 2,
        _ => most,
    }
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
