//! The sums of a tile: a few rows of a block of columns by a few vectors, each row of the panel loaded once for all.
//!
//! An output takes its taps in the order of `accumulate`. Outputs in neighbouring rows take theirs in step: at step s,
//! output k is at tap s + k, s + k + Q, ..., which all of them read from the same rows of the panel. Where the steps
//! begin and end, and for the last tap of some, only a part of the outputs takes part.

use super::super::finish::Finish;
use super::super::lanes::{Lanes, LINE};
use super::per_line;
use super::ring::Ring;
use super::taps::Taps;
use crate::dtype::Element;
use std::mem::size_of;

/// A row of the panel onto the outputs k in low..high, at tap k of `taps`.
#[inline(always)]
unsafe fn row<V: Lanes, const T: usize, const C: usize, const COMPLEX: bool>(
    (re, im): (&mut [[V; C]; T], &mut [[V; C]; T]),
    p: *const V::Real,
    taps: *const V::Real,
    (low, high): (isize, isize),
) {
    // SAFETY: as for `sums`; taps low..high are in the table.
    unsafe {
        let mut x = [V::splat(<V::Real as Element>::ZERO); C];
        for c in 0..C {
            x[c] = V::load(p.add(c * V::COUNT));
        }
        let all = low == 0 && high == T as isize;
        for k in 0..T {
            if all || (low <= k as isize && (k as isize) < high) {
                let h = taps.wrapping_add(if COMPLEX { 2 * k } else { k });
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

/// T rows of C vectors of sum_t h[t] x[row - t], from the ring's row at `place` and from number `column` of the rows on;
/// `taps` are in their natural order.
///
/// # Safety
/// The ring holds T rows from there on and count - 1 rows before, of C vectors each, and no fewer than a cache line has
/// elements.
#[inline(always)]
unsafe fn tile<V: Lanes, E: Element, const T: usize, const C: usize, const COMPLEX: bool>(
    ring: &Ring<V::Real>,
    (place, column): (usize, usize),
    taps: &Taps<V::Real>,
) -> [[V; C]; T] {
    let zero = V::splat(<V::Real as Element>::ZERO);
    let (mut re, mut im) = ([[zero; C]; T], [[zero; C]; T]);
    let (count, stride, parts) = (taps.count as isize, per_line::<E>() as isize, if COMPLEX { 2 } else { 1 });
    let start = ring.start.wrapping_add(column).cast_const();
    for s in 1 - T as isize..stride.min(count) {
        let (low, high) = ((-s).max(0), (stride - s).min(T as isize));
        let mut place = if s < 0 { ring.after(place, -s as usize) } else { ring.before(place, s as usize) };
        let (mut t, mut h) = (s, taps.table.wrapping_offset(s * parts));
        // SAFETY (both): as for this function: output k reads row k - (t + k).
        if low == 0 && high == T as isize {
            while t + T as isize <= count {
                unsafe { row::<V, T, C, COMPLEX>((&mut re, &mut im), start.wrapping_add(place), h, (0, T as isize)) }
                (t, place, h) = (t + stride, ring.before(place, stride as usize), h.wrapping_offset(stride * parts));
            }
        }
        while t + low < count {
            let held = (low, high.min(count - t));
            unsafe { row::<V, T, C, COMPLEX>((&mut re, &mut im), start.wrapping_add(place), h, held) }
            (t, place, h) = (t + stride, ring.before(place, stride as usize), h.wrapping_offset(stride * parts));
        }
    }
    if COMPLEX {
        // (a + ib)(x + iy) = (ax - by) + i(ay + bx)
        let sign = V::pairs(-<V::Real as Element>::ONE, <V::Real as Element>::ONE);
        for k in 0..T {
            for c in 0..C {
                re[k][c] = im[k][c].swap().mul_add(sign, re[k][c]);
            }
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

/// T rows of the target; C vectors of each at a time.
#[inline(always)]
pub(super) unsafe fn tiles<V: Lanes, E: Element, const T: usize, const COMPLEX: bool>(
    ring: &Ring<V::Real>,
    place: usize,
    taps: &Taps<V::Real>,
    target: Target<V::Real>,
    finish: &Finish<V>,
) {
    let mut i = 0;
    while i < target.len {
        let at = Target { to: target.to.wrapping_add(i), len: target.len - i, ..target };
        let from = (place, i);
        // SAFETY: as for `stored`; rows of the panel are whole lines.
        i += V::COUNT
            * unsafe {
                match at.len.div_ceil(V::COUNT) {
                    8.. if size_of::<V>() == LINE && !COMPLEX => {
                        stored::<V, E, T, 8, COMPLEX>(ring, from, taps, at, finish)
                    }
                    4.. => stored::<V, E, T, 4, COMPLEX>(ring, from, taps, at, finish),
                    2.. => stored::<V, E, T, 2, COMPLEX>(ring, from, taps, at, finish),
                    _ => stored::<V, E, T, 1, COMPLEX>(ring, from, taps, at, finish),
                }
            };
    }
}

/// A tile, of which is stored what is inside of the target; gives C.
#[inline(always)]
unsafe fn stored<V: Lanes, E: Element, const T: usize, const C: usize, const COMPLEX: bool>(
    ring: &Ring<V::Real>,
    from: (usize, usize),
    taps: &Taps<V::Real>,
    target: Target<V::Real>,
    finish: &Finish<V>,
) -> usize {
    // SAFETY: as for `tile`; the target has T rows of len numbers, readable where beta is not 0.
    unsafe {
        let sums = tile::<V, E, T, C, COMPLEX>(ring, from, taps);
        finish.store_rows(&sums, target.to, target.stride, target.len);
    }
    C
}
