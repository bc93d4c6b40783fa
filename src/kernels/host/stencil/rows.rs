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
/// How far ahead, in bytes, half of it in long rows that share lines: a few hundred nanoseconds of a core's share of the
/// memory bandwidth. Sums of many taps keep the processor from running that far ahead by itself.
const AHEAD: usize = 4096;
/// With up to so many taps, four registers of rows that share lines are computed at once; else two. Lines are asked for
/// as many at a time, array by array.
const FEW_TAPS: usize = 4;
/// Rows of a band at most.
const BAND: usize = 8;
/// Bytes of the rows of a band: the second-level cache holds two bands and what they reach to.
const BAND_BYTES: usize = 128 << 10;
/// Bytes between rows of a band at most.
const BAND_STRIDE: usize = 64 << 10;
/// Bytes of a piece of a row of a band.
const PIECE: usize = 4096;
/// Rows of which one register each is computed at once.
const ACROSS: usize = 4;
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
        let scale = V::splat(beta);
        let mut c = [V::splat(V::Real::ZERO); CAPACITY];
        let mut x = [std::ptr::null::<V::Real>(); CAPACITY];
        for k in 0..count {
            c[k] = V::splat(taps.coefficient[k]);
            x[k] = taps.source[k];
        }
        let order = Order::new::<V>(rows, taps, STREAM && CAPACITY < MAX_TAPS);
        let leads = taps.leads;
        let mut lead = [std::ptr::null::<V::Real>(); MAX_LEADS];
        for l in 0..leads {
            let k = taps.lead[l] as usize;
            lead[l] = taps.source[k].wrapping_offset(order.rows_ahead * taps.stride[k] + order.ahead);
        }
        let y_ahead = order.rows_ahead * rows.stride + order.ahead;
        let step = taps.stride[0];
        let mut y = rows.y;
        let mut i = 0;
        while i < rows.rows {
            let block = if i + order.together <= rows.rows { order.together } else { 1 };
            for r in 0..block {
                for zone in before {
                    end::<V, BETA, STREAM>(zone, ends.taps(zone), (i + r) as isize, rows.stride, scale);
                }
            }
            let misaligned = (y as usize).wrapping_neg() % size_of::<V>() / size_of::<V::Real>();
            let head = misaligned.min(rows.len);
            if head > 0 {
                for r in 0..block as isize {
                    part::<V, BETA>(y.offset(r * rows.stride), &x[..count], r * step, &c[..count], scale, head);
                }
            }
            let mut j = head;
            if block > 1 && order.across {
                while j + V::COUNT <= rows.len {
                    for r in 0..ACROSS as isize {
                        for l in 0..leads {
                            V::prefetch(lead[l].wrapping_offset(r * step).wrapping_add(j));
                        }
                    }
                    let (at, apart) = (j as isize, (step, rows.stride));
                    several::<V, CAPACITY, ACROSS, BETA, STREAM>(y.add(j), &x, count, at, apart, &c, scale);
                    j += V::COUNT;
                }
            } else if block > 1 {
                let pieces = ((rows.len - head) * size_of::<V::Real>()).div_ceil(PIECE).max(1);
                let width = ((rows.len - head) / pieces).next_multiple_of(4 * V::COUNT);
                let whole = (rows.len - head) / (4 * V::COUNT) * (4 * V::COUNT);
                for number in 0..pieces * block {
                    let (start, r) = (head + number / block * width, (number % block) as isize);
                    // Of the band to come, the piece that has the place in memory that this one has in time.
                    let (row, column) = ((number / pieces) as isize, head + number % pieces * width);
                    let stop = width.min((head + whole).saturating_sub(start));
                    for done in (0..stop).step_by(V::COUNT * 4) {
                        for l in 0..leads {
                            V::prefetch_several(lead[l].wrapping_offset(row * step).wrapping_add(column + done), 4);
                        }
                        let to = y.offset(r * rows.stride).add(start + done);
                        let (at, apart) = (r * step + (start + done) as isize, (V::COUNT as isize, V::COUNT as isize));
                        several::<V, CAPACITY, 4, BETA, STREAM>(to, &x, count, at, apart, &c, scale);
                    }
                }
                j += whole.min(pieces * width);
            } else {
                let apart = (V::COUNT as isize, V::COUNT as isize);
                while CAPACITY <= FEW_TAPS && taps.shared && j + 4 * V::COUNT <= rows.len {
                    for l in 0..leads {
                        V::prefetch_several(lead[l].wrapping_add(j), 4);
                    }
                    if BETA {
                        V::prefetch_several(y.wrapping_add(j).wrapping_offset(y_ahead), 4);
                    }
                    several::<V, CAPACITY, 4, BETA, STREAM>(y.add(j), &x, count, j as isize, apart, &c, scale);
                    j += 4 * V::COUNT;
                }
                while j + 2 * V::COUNT <= rows.len {
                    for l in 0..leads {
                        V::prefetch_several(lead[l].wrapping_add(j), 2);
                    }
                    if BETA {
                        V::prefetch_several(y.wrapping_add(j).wrapping_offset(y_ahead), 2);
                    }
                    several::<V, CAPACITY, 2, BETA, STREAM>(y.add(j), &x, count, j as isize, apart, &c, scale);
                    j += 2 * V::COUNT;
                }
            }
            for r in 0..block as isize {
                let (y, mut j) = (y.offset(r * rows.stride), j);
                while j + V::COUNT <= rows.len {
                    let at = r * step + j as isize;
                    several::<V, CAPACITY, 1, BETA, STREAM>(y.add(j), &x, count, at, (0, 0), &c, scale);
                    j += V::COUNT;
                }
                if j < rows.len {
                    part::<V, BETA>(y.add(j), &x[..count], r * step + j as isize, &c[..count], scale, rows.len - j);
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

/// How many rows are computed together, and how far ahead memory is asked for meanwhile.
struct Order {
    together: usize,
    /// One register of each of these rows at once, else piece by piece.
    across: bool,
    rows_ahead: isize,
    ahead: isize,
}

impl Order {
    /// Rows that share lines of x and do not fit the first-level cache go together, so that a line is fetched from the
    /// second level about once: as a band, whose successor is fetched in the order of memory, or, where rows lie so
    /// far apart that a band would crowd a few sets of the caches, one register of each at once.
    #[inline(always)]
    fn new<V: Lanes>(rows: &Rows<V::Real>, taps: &Taps<V::Real>, stream: bool) -> Order {
        let size = size_of::<V::Real>();
        let length = (rows.len * size).max(1);
        let aligned = rows.stride % V::COUNT as isize == 0;
        let equal = taps.stride[..taps.count].iter().all(|&s| s == taps.stride[0]);
        let together = stream && taps.shared && taps.leads == 1 && aligned && equal;
        if together && length * taps.count >= FIRST_LEVEL {
            let band = (BAND_BYTES / length).min(BAND);
            if band > 1 && rows.stride.unsigned_abs() * size <= BAND_STRIDE {
                return Order { together: band, across: false, rows_ahead: band as isize, ahead: 0 };
            }
            return Order { together: ACROSS, across: true, rows_ahead: 0, ahead: (AHEAD / 2 / size) as isize };
        }
        let (rows_ahead, ahead) = match length >= 4 * AHEAD {
            true if taps.shared => (0, (AHEAD / 2 / size) as isize),
            true => (0, (AHEAD / size) as isize),
            false => (AHEAD.div_ceil(length) as isize, 0),
        };
        Order { together: 1, across: false, rows_ahead, ahead }
    }
}

/// N registers of results, those of x and y so many numbers apart; the first is at y and `at` from where x points.
#[inline(always)]
unsafe fn several<V: Lanes, const CAPACITY: usize, const N: usize, const BETA: bool, const STREAM: bool>(
    y: *mut V::Real,
    x: &[*const V::Real; CAPACITY],
    count: usize,
    at: isize,
    apart: (isize, isize),
    c: &[V; CAPACITY],
    scale: V,
) {
    // SAFETY: as for `combine`. All loads come before all stores: rows a multiple of 4 KiB apart look alike to the
    // processor.
    unsafe {
        let mut sum = [V::splat(V::Real::ZERO); N];
        if BETA {
            for (n, sum) in sum.iter_mut().enumerate() {
                *sum = V::load(y.offset(n as isize * apart.1)).mul(scale);
            }
        }
        for k in 0..count {
            for (n, sum) in sum.iter_mut().enumerate() {
                let p = c[k].mul(V::load(x[k].offset(at + n as isize * apart.0)));
                *sum = if k == 0 && !BETA { p } else { sum.add(p) };
            }
        }
        for (n, sum) in sum.into_iter().enumerate() {
            let y = y.offset(n as isize * apart.1);
            if STREAM {
                sum.stream(y);
            } else {
                sum.store(y);
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
