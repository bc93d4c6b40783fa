//! Registers of results: whole ones, the part of one, and those of a zone.

use super::beside::Beside;
use super::ends::{EndTap, Ends, Zone, ENDS};
use super::masked::Masked;
use super::rows::Rows;
use super::shared::{put_lanes, Shared};
use super::sides::Side;
use crate::dtype::Element;
use std::mem::size_of;

/// N registers of results, those of x and y so many numbers apart; the first is at y and `at` from where x points.
#[inline(always)]
pub(super) unsafe fn several<V: Masked, const CAPACITY: usize, const N: usize, const BETA: bool, const STREAM: bool>(
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
    unsafe { put_several::<V, N, STREAM>(sums::<V, CAPACITY, N, BETA>(y, x, count, at, apart, c, scale), y, apart.1) }
}

/// The same without storing them.
#[inline(always)]
pub(super) unsafe fn sums<V: Masked, const CAPACITY: usize, const N: usize, const BETA: bool>(
    y: *const V::Real,
    x: &[*const V::Real; CAPACITY],
    count: usize,
    at: isize,
    apart: (isize, isize),
    c: &[V; CAPACITY],
    scale: V,
) -> [V; N] {
    // SAFETY: as for `combine`.
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
                *sum = plus::<V, BETA>(*sum, k, p);
            }
        }
        sum
    }
}

/// Stores registers so many numbers apart.
#[inline(always)]
pub(super) unsafe fn put_several<V: Masked, const N: usize, const STREAM: bool>(
    sum: [V; N],
    y: *mut V::Real,
    apart: isize,
) {
    for (n, sum) in sum.into_iter().enumerate() {
        // SAFETY: as for `combine`.
        unsafe { put::<V, STREAM>(sum, y.offset(n as isize * apart)) };
    }
}

/// The sum after product k.
#[inline(always)]
unsafe fn plus<V: Masked, const BETA: bool>(sum: V, k: usize, product: V) -> V {
    if k == 0 && !BETA {
        return product;
    }
    // SAFETY: registers only.
    unsafe { sum.add(product) }
}

/// Stores a register, past the caches if `STREAM`: then y is aligned to it.
#[inline(always)]
unsafe fn put<V: Masked, const STREAM: bool>(sum: V, y: *mut V::Real) {
    // SAFETY: as for `combine`.
    unsafe {
        if STREAM {
            sum.stream(y);
        } else {
            sum.store(y);
        }
    }
}

/// N registers of results that follow one another; the last two taps come from the row's own registers of x, `own`: the
/// one before, those of the results, and the one after.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
pub(super) unsafe fn several_shifted<
    V: Masked,
    const CAPACITY: usize,
    const N: usize,
    const BETA: bool,
    const STREAM: bool,
>(
    y: *mut V::Real,
    x: &[*const V::Real; CAPACITY],
    at: isize,
    c: &[V; CAPACITY],
    scale: V,
    beside: &Beside<V>,
    own: (V, [V; N], V),
) {
    let (before, here, after) = own;
    // SAFETY: as for `several`.
    unsafe {
        let mut sum = [V::splat(V::Real::ZERO); N];
        if BETA {
            for (n, sum) in sum.iter_mut().enumerate() {
                *sum = V::load(y.add(n * V::COUNT)).mul(scale);
            }
        }
        let loaded = CAPACITY - 2;
        for k in 0..loaded {
            for (n, sum) in sum.iter_mut().enumerate() {
                *sum = plus::<V, BETA>(*sum, k, c[k].mul(V::load(x[k].offset(at).add(n * V::COUNT))));
            }
        }
        for (n, sum) in sum.iter_mut().enumerate() {
            let earlier = if n == 0 { before } else { here[n - 1] };
            let later = if n + 1 == N { after } else { here[n + 1] };
            for (k, value) in beside.taps(earlier, here[n], later).into_iter().enumerate() {
                *sum = plus::<V, BETA>(*sum, loaded + k, c[loaded + k].mul(value));
            }
        }
        for (n, sum) in sum.into_iter().enumerate() {
            put::<V, STREAM>(sum, y.add(n * V::COUNT));
        }
    }
}

/// Some lanes of a register of results, without storing them; those of x are `at` from where x points.
#[inline(always)]
pub(super) unsafe fn part<V: Masked, const BETA: bool>(
    y: *const V::Real,
    x: &[*const V::Real],
    at: isize,
    c: &[V],
    scale: V,
    bits: u32,
) -> V {
    // SAFETY: as for `combine`.
    unsafe {
        let mut a = if BETA { V::load_masked(y, bits).mul(scale) } else { V::splat(V::Real::ZERO) };
        for k in 0..x.len() {
            let p = c[k].mul(V::load_masked(x[k].offset(at), bits));
            a = plus::<V, BETA>(a, k, p);
        }
        a
    }
}

/// All zones of some rows of a plane from row i on; gives how many rows. What they share is gathered only if `GATHER`.
#[inline(always)]
pub(super) unsafe fn ends_of_rows<V: Masked, const BETA: bool, const STREAM: bool, const GATHER: bool>(
    ends: &Ends<V::Real>,
    rows: &Rows<V::Real>,
    (plane, i): (isize, usize),
    scale: V,
    shared: &mut Option<Shared<V>>,
) -> usize {
    let several = if i + ENDS <= rows.rows { ENDS } else { 1 };
    for zone in ends.zones() {
        let (taps, at) = (ends.taps(zone), (plane, i as isize));
        // SAFETY: as for `combine`.
        unsafe {
            match several {
                ENDS => end_rows::<V, ENDS, BETA, STREAM, GATHER>(zone, taps, rows, at, scale, shared),
                _ => end_rows::<V, 1, BETA, STREAM, GATHER>(zone, taps, rows, at, scale, shared),
            }
        }
    }
    several
}

/// Rows i..i + N of a zone in a plane: taps and coefficients that differ from element to element.
#[inline(always)]
unsafe fn end_rows<V: Masked, const N: usize, const BETA: bool, const STREAM: bool, const GATHER: bool>(
    zone: &Zone<V::Real>,
    taps: &[EndTap<V::Real>],
    rows: &Rows<V::Real>,
    (plane, i): (isize, isize),
    scale: V,
    shared: &mut Option<Shared<V>>,
) {
    let (full, stride) = (((1u64 << V::COUNT) - 1) as u32, rows.stride);
    let row = zone.y.wrapping_offset(i * stride + plane * rows.planes.y);
    for s in (0..zone.len).step_by(V::COUNT) {
        let bits = ((1u64 << (zone.len - s)) - 1) as u32 & full;
        let y = |n: usize| row.wrapping_offset(n as isize * stride).wrapping_add(s);
        // SAFETY: as for `combine`: memory is valid where bits are set.
        unsafe {
            let mut sum = [V::load(zone.start.as_ptr().add(s)); N];
            if BETA {
                for (n, sum) in sum.iter_mut().enumerate() {
                    *sum = V::load_masked(y(n), bits).mul(scale);
                }
            }
            for tap in taps {
                let bits = (tap.bits >> s) & full;
                let c = V::load(tap.coefficient.as_ptr().add(s));
                let x = tap.source.wrapping_offset(i * tap.stride + plane * tap.plane).wrapping_add(s);
                // Masks are instructions of their own there, and most taps are those of all elements.
                if V::PER_LINE > 1 && bits == full {
                    for (n, sum) in sum.iter_mut().enumerate() {
                        *sum = sum.add(c.mul(V::load(x.wrapping_offset(n as isize * tap.stride))));
                    }
                    continue;
                }
                for (n, sum) in sum.iter_mut().enumerate() {
                    let x = V::load_masked(x.wrapping_offset(n as isize * tap.stride), bits);
                    *sum = sum.add_masked(c.mul(x), bits);
                }
            }
            for (n, sum) in sum.into_iter().enumerate() {
                let y = y(n);
                match (bits == full, STREAM && (y as usize).is_multiple_of(size_of::<V>())) {
                    (true, true) => sum.stream(y),
                    (true, false) => sum.store(y),
                    (false, _) => put_lanes::<V, GATHER>(shared, i + n as isize, sum, y, bits),
                }
            }
        }
    }
}

/// A zone next to near rows in the register that lies `place.1` numbers from the row's begin y, whose taps are those of the
/// row, `place.0` from where x points. Of the last two some elements lack one or both; they come from the row's own
/// registers, `own`.
#[inline(always)]
pub(super) unsafe fn zone_shifted<V: Masked, const CAPACITY: usize, const BETA: bool, const STREAM: bool>(
    y: *mut V::Real,
    x: &[*const V::Real; CAPACITY],
    place: (isize, isize),
    scale: V,
    beside: &Beside<V>,
    side: &Side<V, CAPACITY>,
    own: (V, V, V),
) {
    let (y, at) = (y.wrapping_offset(place.1), place.0 + place.1);
    // SAFETY: as for `several`: memory is valid for the zone's lanes.
    unsafe {
        let mut sum = if BETA { V::load_masked(y, side.lanes).mul(scale) } else { side.start };
        for k in 0..CAPACITY - 2 {
            sum = sum.add(side.c[k].mul(V::load_masked(x[k].wrapping_offset(at), side.lanes)));
        }
        for (k, value) in beside.taps(own.0, own.1, own.2).into_iter().enumerate() {
            sum = sum.add_masked(side.c[CAPACITY - 2 + k].mul(value), side.bits[k]);
        }
        if side.len < V::COUNT as isize {
            sum.store_masked(y, side.lanes);
        } else {
            put::<V, STREAM>(sum, y);
        }
    }
}
