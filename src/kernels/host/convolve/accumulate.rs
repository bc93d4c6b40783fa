//! The sums of neighbouring outputs: a few vectors, all taps, one pass over the panel. Terms are added in the order of x.

use super::super::lanes::Lanes;
use super::taps::Taps;
use crate::dtype::Element;

/// B vectors of sum_t h[t] x[. - t], for a real filter; x[. - (count - 1)] is at p, `shift` numbers before the next.
///
/// # Safety
/// p is readable for B vectors, and for (count - 1) shift numbers more.
#[inline(always)]
pub(super) unsafe fn sums<V: Lanes, const B: usize>(p: *const V::Real, shift: usize, taps: &Taps<V::Real>) -> [V; B] {
    // SAFETY: indices of taps are below count; pointers as the caller says.
    unsafe {
        let mut acc = [V::splat(<V::Real as Element>::ZERO); B];
        for k in 0..taps.count {
            let (h, x) = (V::splat(*taps.table.add(k)), p.add(k * shift));
            for b in 0..B {
                acc[b] = h.mul_add(V::load(x.add(b * V::COUNT)), acc[b]);
            }
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
        for k in 0..taps.count {
            let (a, b) = (V::splat(*taps.table.add(2 * k)), V::splat(*taps.table.add(2 * k + 1)));
            let q = p.add(k * shift);
            for i in 0..B {
                let x = V::load(q.add(i * V::COUNT));
                re[i] = a.mul_add(x, re[i]);
                im[i] = b.mul_add(x, im[i]);
            }
        }
        join(&mut re, &im);
        re
    }
}

/// (a + ib)(x + iy) = (ax - by) + i(ay + bx), from the sums of a (x, y) and of b (x, y).
#[inline(always)]
pub(super) unsafe fn join<V: Lanes>(re: &mut [V], im: &[V]) {
    // SAFETY: arithmetic only.
    unsafe {
        let sign = V::pairs(-<V::Real as Element>::ONE, <V::Real as Element>::ONE);
        for (re, im) in re.iter_mut().zip(im) {
            *re = im.swap().mul_add(sign, *re);
        }
    }
}
