//! The sums: a few vectors of neighbouring outputs, all taps, one pass over the panel.
//!
//! Taps whose distance is a cache line of elements follow one another: tap r, r + Q, r + 2Q, ... for r = 0 .. Q. Outputs
//! that are a line apart then share their loads, of which each crosses a line, when the axis is contiguous.

use super::super::lanes::{Lanes, LINE};
use super::{per_line, Filter};
use crate::dtype::{Element, Real};
use std::mem::size_of;

/// The filter's samples as real numbers, in the order of application.
#[derive(Clone, Copy)]
pub(super) struct Taps<R> {
    first: *const R,
    /// Between taps: 1 or 2, negative for flipped filters.
    step: isize,
    /// Sign of the imaginary parts.
    sign: R,
    pub count: usize,
    /// Taps in a cache line of data.
    stride: usize,
}

impl<R: Real> Taps<R> {
    /// T is the type of the data.
    pub fn new<T: Element, H: Element>(filter: &Filter<H>) -> Taps<R> {
        let (count, parts) = (filter.taps.len(), H::COMPONENTS as isize);
        let last = if filter.flipped { count - 1 } else { 0 };
        // H's real type is R: `LaneKernel` is asked for it.
        let first = filter.taps[last..].as_ptr().cast::<R>();
        let step = if filter.flipped { -parts } else { parts };
        Taps { first, step, sign: if filter.conj { -R::ONE } else { R::ONE }, count, stride: per_line::<T>() }
    }

    #[inline(always)]
    unsafe fn re(&self, t: usize) -> R {
        // SAFETY: t < count.
        unsafe { *self.first.offset(t as isize * self.step) }
    }

    #[inline(always)]
    unsafe fn im(&self, t: usize) -> R {
        // SAFETY: t < count, and the filter is complex.
        unsafe { *self.first.offset(t as isize * self.step + 1) * self.sign }
    }
}

/// M taps Q apart onto B vectors: the load at vector u serves tap m of output u + m lines.
#[inline(always)]
unsafe fn shared<V: Lanes, const B: usize, const M: usize>(acc: &mut [V; B], p: *const V::Real, taps: [V::Real; M]) {
    // SAFETY: p is inside the panel by M lines before and B vectors after, as `sums` says.
    unsafe {
        let mut h = [V::splat(taps[0]); M];
        for m in 1..M {
            h[m] = V::splat(taps[m]);
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

/// B vectors of sum_t h[t] p[. - t shift], for a real filter.
///
/// # Safety
/// p is readable for B vectors, and for (count - 1) shift numbers before.
#[inline(always)]
pub(super) unsafe fn sums<V: Lanes, const B: usize>(p: *const V::Real, shift: usize, taps: &Taps<V::Real>) -> [V; B] {
    // SAFETY: indices of taps are below count; pointers as the caller says.
    unsafe {
        let mut acc = [V::splat(<V::Real as Element>::ZERO); B];
        let (count, stride) = (taps.count, taps.stride);
        for r in 0..stride.min(count) {
            let mut t = r;
            if taps.stride * shift == LINE / size_of::<V::Real>() {
                while t + 2 * stride < count {
                    let h = [taps.re(t), taps.re(t + stride), taps.re(t + 2 * stride)];
                    shared::<V, B, 3>(&mut acc, p.sub(t * shift), h);
                    t += 3 * stride;
                }
                if t + stride < count {
                    let h = [taps.re(t), taps.re(t + stride)];
                    shared::<V, B, 2>(&mut acc, p.sub(t * shift), h);
                    t += 2 * stride;
                }
            }
            while t < count {
                shared::<V, B, 1>(&mut acc, p.sub(t * shift), [taps.re(t)]);
                t += stride;
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
        let (count, stride) = (taps.count, taps.stride);
        for r in 0..stride.min(count) {
            let mut t = r;
            while t < count {
                let (a, b) = (V::splat(taps.re(t)), V::splat(taps.im(t)));
                let q = p.sub(t * shift);
                for i in 0..B {
                    let x = V::load(q.add(i * V::COUNT));
                    re[i] = a.mul_add(x, re[i]);
                    im[i] = b.mul_add(x, im[i]);
                }
                t += stride;
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
