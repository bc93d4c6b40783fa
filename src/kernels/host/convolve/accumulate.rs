//! The sums: a few vectors of neighbouring outputs, all taps, one pass over the panel.
//!
//! Taps whose distance is a cache line of elements follow one another: tap r, r + Q, r + 2Q, ... for r = 0 .. Q. Outputs
//! that are a line apart then share their loads, of which each crosses a line, when the axis is contiguous.

use super::super::lanes::{Lanes, LINE};
use super::taps::Taps;
use crate::dtype::Element;
use std::mem::size_of;

/// M taps Q apart onto B vectors: the load at vector u serves tap m of output u + m lines.
#[inline(always)]
unsafe fn shared<V: Lanes, const B: usize, const M: usize>(acc: &mut [V; B], p: *const V::Real, taps: *const V::Real) {
    // SAFETY: p is inside the panel by M lines before and B vectors after, as `sums` says; M taps.
    unsafe {
        let mut h = [V::splat(*taps); M];
        for m in 1..M {
            h[m] = V::splat(*taps.add(m));
        }
        for i in 0..B + (M - 1) * V::PER_LINE {
            let u = B as isize - 1 - i as isize;
            let x = V::load(p.offset(u * V::COUNT as isize));
            for m in 0..M {
                let b = u + (m * V::PER_LINE) as isize;
                if b >= 0 && b < B as isize {
                    acc[b as usize] = h[m].mul_add(x, acc[b as usize]);
                }
            }
        }
    }
}

/// `residues` times M taps: p goes back by `shift` from one to the next.
#[inline(always)]
unsafe fn residues<V: Lanes, const B: usize, const M: usize>(
    acc: &mut [V; B],
    p: *const V::Real,
    shift: usize,
    taps: *const V::Real,
    residues: usize,
) {
    for r in 0..residues {
        // SAFETY: as for `sums`.
        unsafe { shared::<V, B, M>(acc, p.wrapping_sub(r * shift), taps.add(r * M)) }
    }
}

/// B vectors of sum_t h[t] p[. - t shift], for a real filter.
///
/// # Safety
/// p is readable for B vectors, and for (count - 1) shift numbers before.
#[inline(always)]
pub(super) unsafe fn sums<V: Lanes, const B: usize>(p: *const V::Real, shift: usize, taps: &Taps<V::Real>) -> [V; B] {
    // SAFETY: indices of taps are below count; pointers as the caller says.
    unsafe {
        let mut acc = [V::splat(<V::Real as Element>::ZERO); B];
        let line = LINE / size_of::<V::Real>();
        let contiguous = taps.stride * shift == line;
        let mut p = p;
        let mut h = taps.table;
        // The first residues have a tap more than the others.
        for (count, m) in taps.shape() {
            match m {
                0 => {}
                1 => residues::<V, B, 1>(&mut acc, p, shift, h, count),
                2 if contiguous => residues::<V, B, 2>(&mut acc, p, shift, h, count),
                3 if contiguous => residues::<V, B, 3>(&mut acc, p, shift, h, count),
                _ => {
                    for r in 0..count {
                        let (mut left, mut q, mut h) = (m, p.wrapping_sub(r * shift), h.add(r * m));
                        if contiguous {
                            while left >= 3 {
                                shared::<V, B, 3>(&mut acc, q, h);
                                (left, q, h) = (left - 3, q.wrapping_sub(3 * line), h.add(3));
                            }
                        }
                        while left > 0 {
                            shared::<V, B, 1>(&mut acc, q, h);
                            (left, q, h) = (left - 1, q.wrapping_sub(taps.stride * shift), h.add(1));
                        }
                    }
                }
            }
            (p, h) = (p.wrapping_sub(count * shift), h.add(count * m));
        }
        acc
    }
}

/// The same for a complex filter: products with real and imaginary parts are summed apart.
///
/// # Safety
/// As for `sums`.
#[inline(always)]
pub(super) unsafe fn complex_sums<V: Lanes, const B: usize>(
    p: *const V::Real,
    shift: usize,
    taps: &Taps<V::Real>,
) -> [V; B] {
    // SAFETY: as for `sums`.
    unsafe {
        let mut re = [V::splat(<V::Real as Element>::ZERO); B];
        let mut im = re;
        let (mut p, mut h) = (p, taps.table);
        for (count, m) in taps.shape() {
            for _ in 0..count {
                for i in 0..m {
                    let (a, b) = (V::splat(*h), V::splat(*h.add(1)));
                    let q = p.wrapping_sub(i * taps.stride * shift);
                    for i in 0..B {
                        let x = V::load(q.add(i * V::COUNT));
                        re[i] = a.mul_add(x, re[i]);
                        im[i] = b.mul_add(x, im[i]);
                    }
                    h = h.add(2);
                }
                p = p.wrapping_sub(shift);
            }
        }
        // (a + ib)(x + iy) = (ax - by) + i(ay + bx)
        let sign = V::pairs(-<V::Real as Element>::ONE, <V::Real as Element>::ONE);
        for i in 0..B {
            re[i] = im[i].swap().mul_add(sign, re[i]);
        }
        re
    }
}
