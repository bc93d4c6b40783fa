//! The sums of a tile: a few rows of a block of columns by a few vectors, each row of the panel loaded once for all.
//!
//! An output takes its taps in the order of `accumulate`. Outputs in neighbouring rows take theirs in step: at step s,
//! output k is at tap s + k, s + k + Q, ..., which all of them read from the same rows of the panel. Where the steps
//! begin and end, and for the last tap of some, only a part of the outputs takes part.

use super::super::lanes::Lanes;
use super::per_line;
use super::taps::Taps;
use crate::dtype::Element;

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

/// T rows of C vectors of sum_t h[t] p[. - t shift], the rows `shift` apart; `taps` are in their natural order.
///
/// # Safety
/// p is readable for C vectors in T rows from there on, and in count - 1 rows before.
#[inline(always)]
pub(super) unsafe fn tile<V: Lanes, E: Element, const T: usize, const C: usize, const COMPLEX: bool>(
    p: *const V::Real,
    shift: usize,
    taps: &Taps<V::Real>,
) -> [[V; C]; T] {
    let zero = V::splat(<V::Real as Element>::ZERO);
    let (mut re, mut im) = ([[zero; C]; T], [[zero; C]; T]);
    let (count, stride, parts) = (taps.count as isize, per_line::<E>() as isize, if COMPLEX { 2 } else { 1 });
    for s in 1 - T as isize..stride.min(count) {
        let (low, high) = ((-s).max(0), (stride - s).min(T as isize));
        let (mut t, mut p) = (s, p.wrapping_offset(-s * shift as isize));
        let mut h = taps.table.wrapping_offset(s * parts);
        while t + low < count {
            let held = (low, high.min(count - t));
            // SAFETY: as for this function: output k reads row k - (t + k).
            unsafe { row::<V, T, C, COMPLEX>((&mut re, &mut im), p, h, held) }
            (t, p, h) = (t + stride, p.wrapping_sub(per_line::<E>() * shift), h.wrapping_offset(stride * parts));
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
