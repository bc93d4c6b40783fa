//! The sums of a tile: a few rows of a block of columns by a few vectors, each row of the panel loaded once for all.
//!
//! Terms are added in the order of x, as in `accumulate`.

use super::super::lanes::{Lanes, LINE};
use super::accumulate::join;
use super::ring::Ring;
use super::taps::Taps;
use crate::dtype::Element;
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

/// The same for 0 to 14, each with code of its own: of so few rows that is faster than a loop.
macro_rules! each {
    ($r:ident => $body:expr) => { each!($r => $body, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14) };
    ($r:ident => $body:expr, $($value:literal)*) => { $({ const $r: usize = $value; $body })* };
}

/// T rows of C vectors of sum_t h[t] x[row - t], from number `column` of the rows on; the first row that the first output
/// reads is at `place`. DENSE: as for `Tiles::run`; the code is longer there.
///
/// # Safety
/// The ring holds T + count - 1 rows from there on, of C vectors each.
#[inline(always)]
pub(super) unsafe fn tile<V: Lanes, const T: usize, const C: usize, const COMPLEX: bool, const DENSE: bool>(
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

/// Sums of a tile, in vectors: as many as registers hold beside a row, and enough of them that none waits for another.
pub(super) const fn most<V: Lanes>(complex: bool) -> usize {
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
