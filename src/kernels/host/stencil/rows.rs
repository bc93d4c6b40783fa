//! Rows of y := beta y + sum over k of c_k x_k, where every x_k is a row of its own.
//!
//! Each element is ((beta y + c_0 x_0) + c_1 x_1) + ... in this order, on every path and for every length.

use super::ends::{EndTap, Ends, Zone};
use super::lanes::Lanes;
use crate::dtype::{Element, Real, Scalar};
use std::mem::size_of;

/// The most taps that one output element may have.
pub const MAX_TAPS: usize = 64;

/// The most arrays for which memory is asked ahead.
pub(super) const MAX_LEADS: usize = 4;
/// How far ahead, in bytes: a few hundred nanoseconds of a core's share of the memory bandwidth. Sums of many taps keep
/// the processor from running that far ahead by itself.
const AHEAD: usize = 4096;
/// Rows computed side by side when they share lines of x and are too long for the first-level cache, so that a line is
/// fetched from the second level once. Only with streamed results: others would be written to many places of one set.
const TOGETHER: usize = 4;
/// Bytes of the first-level cache that rows can count on.
const FIRST_LEVEL: usize = 32 << 10;

/// Where the taps of one row are, how far the next row's are, and their coefficients.
pub(super) struct Taps<R> {
    pub source: [*const R; MAX_TAPS],
    pub stride: [isize; MAX_TAPS],
    pub coefficient: [R; MAX_TAPS],
    /// Term and side, as `Pass::shifts` numbers them.
    pub origin: [u8; MAX_TAPS],
    pub count: usize,
    /// The taps that reach memory first, one for each x.
    pub lead: [u8; MAX_LEADS],
    pub leads: usize,
    /// Whether rows share lines of x with the rows after them.
    pub shared: bool,
}

impl<R: Real> Taps<R> {
    pub const NEW: Taps<R> = Taps {
        source: [std::ptr::null(); MAX_TAPS],
        stride: [0; MAX_TAPS],
        coefficient: [R::ZERO; MAX_TAPS],
        origin: [0; MAX_TAPS],
        count: 0,
        lead: [0; MAX_LEADS],
        leads: 0,
        shared: false,
    };

    pub fn clear(&mut self) {
        (self.count, self.leads, self.shared) = (0, 0, false);
    }
}

/// `rows` output rows of `len` real numbers, `stride` apart.
pub(super) struct Rows<R> {
    pub y: *mut R,
    pub stride: isize,
    pub rows: usize,
    pub len: usize,
}

/// How a row of outputs combines with what y holds.
#[derive(Clone, Copy)]
pub(super) struct Factors {
    pub alpha: Scalar,
    pub beta: Scalar,
}

impl Factors {
    /// Whether real and imaginary parts may be computed apart.
    pub fn are_real(&self) -> bool {
        self.alpha.is_real() && self.beta.is_real()
    }
}

pub(super) type RowsFunction<R> = unsafe fn(&Rows<R>, &Taps<R>, &Ends<R>, R);

/// reads (count + [beta != 0]) n, writes n. `CAPACITY` is the number of taps, or MAX_TAPS for any number.
#[inline(always)]
pub(super) unsafe fn combine<V: Lanes, const CAPACITY: usize, const BETA: bool, const STREAM: bool>(
    rows: &Rows<V::Real>,
    taps: &Taps<V::Real>,
    ends: &Ends<V::Real>,
    beta: V::Real,
) {
    let count = if CAPACITY == MAX_TAPS { taps.count } else { CAPACITY };
    let (before, after) = ends.zones();
    // SAFETY: the caller's rows and taps are valid for `rows` rows of `len` numbers, and y is aligned to a number.
    unsafe {
        let zero = V::splat(V::Real::ZERO);
        let scale = V::splat(beta);
        let mut c = [zero; CAPACITY];
        let mut x = [std::ptr::null::<V::Real>(); CAPACITY];
        for k in 0..count {
            c[k] = V::splat(taps.coefficient[k]);
            x[k] = taps.source[k];
        }
        let leads = taps.leads;
        let mut lead = [std::ptr::null::<V::Real>(); MAX_LEADS];
        let size = size_of::<V::Real>();
        let step = taps.stride[0];
        let aligned = rows.stride % V::COUNT as isize == 0;
        let equal = taps.stride[..count].iter().all(|&s| s == step);
        let length = (rows.len * size).max(1);
        let long = STREAM && CAPACITY < MAX_TAPS && leads == 1 && length * count > FIRST_LEVEL;
        let together = if long && taps.shared && aligned && equal { TOGETHER } else { 1 };
        let (rows_ahead, ahead) = match length >= 4 * AHEAD {
            true => (0, (AHEAD / size) as isize),
            false => ((AHEAD.div_ceil(length).max(together)) as isize, 0),
        };
        for l in 0..leads {
            let k = taps.lead[l] as usize;
            lead[l] = taps.source[k].wrapping_offset(rows_ahead * taps.stride[k] + ahead);
        }
        let y_ahead = rows_ahead * rows.stride + ahead;
        let mut y = rows.y;
        let mut i = 0;
        while i < rows.rows {
            let block = if i + together <= rows.rows { together } else { 1 };
            for r in 0..block {
                for zone in before {
                    end::<V, BETA, STREAM>(zone, ends.taps(zone), (i + r) as isize, rows.stride, scale);
                }
            }
            let misaligned = (y as usize).wrapping_neg() % size_of::<V>() / size;
            let mut j = misaligned.min(rows.len);
            if j > 0 {
                for r in 0..block as isize {
                    part::<V, BETA>(y.offset(r * rows.stride), &x[..count], r * step, &c[..count], scale, j);
                }
            }
            if block > 1 {
                while j + V::COUNT <= rows.len {
                    // All loads before all stores: rows a multiple of 4 KiB apart look alike to the processor.
                    let mut sum = [zero; TOGETHER];
                    for (r, sum) in sum.iter_mut().enumerate() {
                        let at = r as isize * step + j as isize;
                        for l in 0..leads {
                            V::prefetch(lead[l].wrapping_offset(at));
                        }
                        if BETA {
                            let y = y.offset(r as isize * rows.stride).add(j);
                            V::prefetch(y.wrapping_offset(y_ahead));
                            *sum = V::load(y).mul(scale);
                        }
                        for k in 0..count {
                            let p = c[k].mul(V::load(x[k].offset(at)));
                            *sum = if k == 0 && !BETA { p } else { sum.add(p) };
                        }
                    }
                    for (r, sum) in sum.into_iter().enumerate() {
                        let y = y.offset(r as isize * rows.stride).add(j);
                        if STREAM {
                            sum.stream(y);
                        } else {
                            sum.store(y);
                        }
                    }
                    j += V::COUNT;
                }
            }
            while j + 2 * V::COUNT <= rows.len {
                let (mut a, mut b) = (zero, zero);
                let next = j + V::COUNT;
                for l in 0..leads {
                    V::prefetch(lead[l].wrapping_add(j));
                    if 2 * size_of::<V>() > 64 {
                        V::prefetch(lead[l].wrapping_add(next));
                    }
                }
                if BETA {
                    V::prefetch(y.wrapping_add(j).wrapping_offset(y_ahead));
                    if 2 * size_of::<V>() > 64 {
                        V::prefetch(y.wrapping_add(next).wrapping_offset(y_ahead));
                    }
                    a = V::load(y.add(j)).mul(scale);
                    b = V::load(y.add(next)).mul(scale);
                }
                for k in 0..count {
                    let p = c[k].mul(V::load(x[k].add(j)));
                    let q = c[k].mul(V::load(x[k].add(next)));
                    (a, b) = if k == 0 && !BETA { (p, q) } else { (a.add(p), b.add(q)) };
                }
                if STREAM {
                    a.stream(y.add(j));
                    b.stream(y.add(next));
                } else {
                    a.store(y.add(j));
                    b.store(y.add(next));
                }
                j = next + V::COUNT;
            }
            if j + V::COUNT <= rows.len {
                let mut a = if BETA { V::load(y.add(j)).mul(scale) } else { zero };
                for k in 0..count {
                    let p = c[k].mul(V::load(x[k].add(j)));
                    a = if k == 0 && !BETA { p } else { a.add(p) };
                }
                if STREAM {
                    a.stream(y.add(j));
                } else {
                    a.store(y.add(j));
                }
                j += V::COUNT;
            }
            if j < rows.len {
                for r in 0..block as isize {
                    let at = r * step + j as isize;
                    let y = y.offset(r * rows.stride).add(j);
                    part::<V, BETA>(y, &x[..count], at, &c[..count], scale, rows.len - j);
                }
            }
            for r in 0..block {
                for zone in after {
                    end::<V, BETA, STREAM>(zone, ends.taps(zone), (i + r) as isize, rows.stride, scale);
                }
            }
            i += block;
            let moved = block as isize;
            y = y.wrapping_offset(moved * rows.stride);
            for l in 0..leads {
                lead[l] = lead[l].wrapping_offset(moved * taps.stride[taps.lead[l] as usize]);
            }
            for k in 0..count {
                x[k] = x[k].wrapping_offset(moved * taps.stride[k]);
            }
        }
    }
}

/// n < COUNT elements; those of x are `at` from where x points.
#[inline(always)]
unsafe fn part<V: Lanes, const BETA: bool>(
    y: *mut V::Real,
    x: &[*const V::Real],
    at: isize,
    c: &[V],
    scale: V,
    n: usize,
) {
    let bits = (1 << n) - 1;
    // SAFETY: as for `combine`.
    unsafe {
        let mut a = if BETA { V::load_masked(y, bits).mul(scale) } else { V::splat(V::Real::ZERO) };
        for k in 0..x.len() {
            let p = c[k].mul(V::load_masked(x[k].offset(at), bits));
            a = if k == 0 && !BETA { p } else { a.add(p) };
        }
        a.store_masked(y, bits);
    }
}

/// Row `i` of a zone: taps and coefficients that differ from element to element.
#[inline(always)]
unsafe fn end<V: Lanes, const BETA: bool, const STREAM: bool>(
    zone: &Zone<V::Real>,
    taps: &[EndTap<V::Real>],
    i: isize,
    stride: isize,
    scale: V,
) {
    let full = ((1u64 << V::COUNT) - 1) as u32;
    let row = zone.y.wrapping_offset(i * stride);
    for s in (0..zone.len).step_by(V::COUNT) {
        let bits = ((1u64 << (zone.len - s)) - 1) as u32 & full;
        let y = row.wrapping_add(s);
        // SAFETY: as for `combine`: memory is valid where bits are set.
        unsafe {
            let mut a = match BETA {
                true => V::load_masked(y, bits).mul(scale),
                false => V::load(zone.start.as_ptr().add(s)),
            };
            for tap in taps {
                let bits = (tap.bits >> s) & full;
                let x = V::load_masked(tap.source.wrapping_offset(i * tap.stride).wrapping_add(s), bits);
                a = a.add_masked(V::load(tap.coefficient.as_ptr().add(s)).mul(x), bits);
            }
            match (bits == full, STREAM && (y as usize).is_multiple_of(size_of::<V>())) {
                (true, true) => a.stream(y),
                (true, false) => a.store(y),
                (false, _) => a.store_masked(y, bits),
            }
        }
    }
}

/// Complex rows, y := beta y + alpha sum over k of c_k x_k with complex factors; lengths count real numbers.
pub(super) unsafe fn complex<R: Real>(rows: &Rows<R>, taps: &Taps<R>, factors: Factors) {
    let of = |s: Scalar| (R::from_f64(s.re), R::from_f64(s.im));
    let (alpha, beta) = (of(factors.alpha), of(factors.beta));
    for i in 0..rows.rows as isize {
        for j in (0..rows.len).step_by(2) {
            let mut sum = (R::ZERO, R::ZERO);
            // SAFETY: the caller's rows and taps are valid for `rows` rows of `len` numbers, an even count.
            unsafe {
                for k in 0..taps.count {
                    let x = taps.source[k].offset(i * taps.stride[k]).add(j);
                    let c = taps.coefficient[k];
                    sum = (sum.0 + c * *x, sum.1 + c * *x.add(1));
                }
                let y = rows.y.offset(i * rows.stride).add(j);
                let mut value = (alpha.0 * sum.0 - alpha.1 * sum.1, alpha.0 * sum.1 + alpha.1 * sum.0);
                if !factors.beta.is_zero() {
                    let (re, im) = (*y, *y.add(1));
                    value.0 = (beta.0 * re - beta.1 * im) + value.0;
                    value.1 = (beta.0 * im + beta.1 * re) + value.1;
                }
                (*y, *y.add(1)) = value;
            }
        }
    }
}
