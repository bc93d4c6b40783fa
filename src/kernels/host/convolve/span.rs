//! Neighbouring outputs from a panel: sums or differences, finished and stored.

use super::super::finish::Finish;
use super::super::lanes::Lanes;
use super::accumulate::{complex_sums, sums};
use super::fill::Difference;
use super::taps::Taps;
use crate::dtype::Element;

/// Neighbouring outputs: `len` numbers at y, from the panel's numbers at p, the first that they read.
#[derive(Clone, Copy)]
pub(super) struct Span<R> {
    pub p: *const R,
    pub y: *mut R,
    pub len: usize,
    pub shift: usize,
}

/// The convolution of a span: as many vectors at a time as the registers hold; a piece at the end that nearly fills
/// them is taken as a whole, and what is beyond the span is not stored.
#[inline(always)]
pub(super) unsafe fn convolve_span<V: Lanes, H: Element>(s: Span<V::Real>, taps: &Taps<V::Real>, finish: &Finish<V>) {
    let mut i = 0;
    // SAFETY: as for `block`.
    unsafe {
        while i < s.len {
            let at = Span { p: s.p.add(i), y: s.y.add(i), len: s.len - i, shift: s.shift };
            i += V::COUNT
                * match at.len.div_ceil(V::COUNT) {
                    5.. => block::<V, H, 8>(at, taps, finish),
                    3.. => block::<V, H, 4>(at, taps, finish),
                    2 => block::<V, H, 2>(at, taps, finish),
                    _ => block::<V, H, 1>(at, taps, finish),
                };
        }
    }
}

/// The first B vectors of a span, or fewer where it ends; gives B.
#[inline(always)]
unsafe fn block<V: Lanes, H: Element, const B: usize>(
    s: Span<V::Real>,
    taps: &Taps<V::Real>,
    finish: &Finish<V>,
) -> usize {
    // SAFETY: the panel is readable for all taps of the vectors that begin inside of the span, and three more; y has room for len.
    unsafe {
        let acc = match H::IS_COMPLEX {
            true => complex_sums::<V, B>(s.p, s.shift, taps),
            false => sums::<V, B>(s.p, s.shift, taps),
        };
        finish.store_rows(&[acc], s.y, 0, s.len);
    }
    B
}

/// The difference of three rows, over a span.
#[inline(always)]
pub(super) unsafe fn difference_span<V: Lanes>(s: Span<V::Real>, difference: &Difference<V::Real>, finish: &Finish<V>) {
    let pair = [s.p.wrapping_add(difference.plus * s.shift), s.p.wrapping_add(difference.minus * s.shift)];
    // SAFETY: as for `difference_row`.
    unsafe { difference_row(pair, s.y, s.len, difference, finish) }
}

/// The difference of two rows, `len` numbers at y.
#[inline(always)]
pub(super) unsafe fn difference_row<V: Lanes>(
    [plus, minus]: [*const V::Real; 2],
    y: *mut V::Real,
    len: usize,
    difference: &Difference<V::Real>,
    finish: &Finish<V>,
) {
    let mut i = 0;
    // SAFETY: the rows are readable for a vector behind len; y has room for len.
    unsafe {
        let factor = V::splat(difference.factor);
        let at = |i: usize| factor.mul(V::load(plus.add(i)).sub(V::load(minus.add(i))));
        while i + V::COUNT <= len {
            finish.store_rows(&[[at(i)]], y.add(i), 0, V::COUNT);
            i += V::COUNT;
        }
        if i < len {
            finish.store_first(at(i), y.add(i), len - i);
        }
    }
}
