//! Neighbouring outputs from a panel: sums or differences, finished and stored.

use super::super::lanes::{Finish, Lanes};
use super::accumulate::{complex_sums, sums};
use super::fill::Difference;
use super::taps::Taps;
use crate::dtype::Element;

/// Neighbouring outputs: `len` numbers at y, from the panel's numbers at p.
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
    // SAFETY: the panel is readable for three vectors behind the span and for all taps before; y has room for len.
    unsafe {
        let acc = match H::IS_COMPLEX {
            true => complex_sums::<V, B>(s.p, s.shift, taps),
            false => sums::<V, B>(s.p, s.shift, taps),
        };
        let whole = B * V::COUNT <= s.len;
        for b in 0..B {
            let at = (b * V::COUNT).min(s.len);
            if whole {
                finish.store(acc[b], s.y.add(at));
            } else {
                finish.store_first(acc[b], s.y.add(at), V::COUNT.min(s.len - at));
            }
        }
    }
    B
}

/// The difference of three rows, over a span.
#[inline(always)]
pub(super) unsafe fn difference_span<V: Lanes>(s: Span<V::Real>, difference: &Difference<V::Real>, finish: &Finish<V>) {
    let mut i = 0;
    // SAFETY: the panel is readable for a vector behind the span and two shifts; y has room for len.
    unsafe {
        while i + V::COUNT <= s.len {
            finish.store(difference.at(s.p.add(i), s.shift), s.y.add(i));
            i += V::COUNT;
        }
        if i < s.len {
            finish.store_first(difference.at(s.p.add(i), s.shift), s.y.add(i), s.len - i);
        }
    }
}
