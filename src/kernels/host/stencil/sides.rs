//! The zones on both sides of near rows, where they are like the rows but for a few elements.

use super::beside::Neighbours;
use super::ends::{Ends, Zone, MAX_LANES};
use super::lanes::Lanes;
use super::rows::Rows;
use crate::dtype::Element;
use std::mem::size_of;

/// A zone in the register next to the rows.
pub(super) struct Side<V, const CAPACITY: usize> {
    /// Its lanes of the register: the last ones before the rows, the first ones after them.
    pub lanes: u32,
    pub len: isize,
    pub c: [V; CAPACITY],
    /// The sum of no terms.
    pub start: V,
    /// The lanes that have the last two taps.
    pub bits: [u32; 2],
}

/// The zones before and after the rows, if there are such.
pub(super) struct Sides<V, const CAPACITY: usize> {
    pub before: Option<Side<V, CAPACITY>>,
    pub after: Option<Side<V, CAPACITY>>,
}

impl<V: Lanes, const CAPACITY: usize> Sides<V, CAPACITY> {
    /// None where a zone is more than a register, has other taps than the rows, lacks more than some of the last two, or
    /// reads with them what lies beyond it; or where rows do not begin with a register.
    #[inline(always)]
    pub unsafe fn new(
        rows: &Rows<V::Real>,
        x: &[*const V::Real; CAPACITY],
        ends: &Ends<V::Real>,
        reach: Neighbours,
    ) -> Option<Self> {
        let mut sides = Sides { before: None, after: None };
        let line = V::COUNT as isize;
        if !(rows.y as usize).is_multiple_of(size_of::<V>()) || rows.stride % line != 0 {
            return None;
        }
        for zone in ends.zones() {
            let moved = (zone.y as isize).wrapping_sub(rows.y as isize) / size_of::<V::Real>() as isize;
            // SAFETY: registers only.
            let side = unsafe { Self::side(zone, moved, x, ends)? };
            if moved == -side.len {
                let first = side.lanes & side.lanes.wrapping_neg();
                // The lanes from the first on that a tap before them would reach beyond.
                if side.bits[0] & (first << reach.before).wrapping_sub(first) != 0 {
                    return None;
                }
                sides.before = Some(side);
            } else if moved == rows.len as isize && moved % line == 0 {
                if side.bits[1] >> (zone.len - reach.after.min(zone.len)) != 0 {
                    return None;
                }
                sides.after = Some(side);
            } else {
                return None;
            }
        }
        Some(sides)
    }

    #[inline(always)]
    unsafe fn side(
        zone: &Zone<V::Real>,
        moved: isize,
        x: &[*const V::Real; CAPACITY],
        ends: &Ends<V::Real>,
    ) -> Option<Side<V, CAPACITY>> {
        let taps = ends.taps(zone);
        if zone.len > V::COUNT || taps.len() != CAPACITY {
            return None;
        }
        let own = ((1u64 << zone.len) - 1) as u32;
        let same_place = taps.iter().zip(x).all(|(tap, x)| tap.source == x.wrapping_offset(moved));
        let whole = taps[..CAPACITY - 2].iter().all(|tap| tap.bits == own);
        if !same_place || !whole {
            return None;
        }
        let skipped = if moved < 0 { V::COUNT - zone.len } else { 0 };
        let mut numbers = [V::Real::ZERO; MAX_LANES];
        let mut register = |from: &[V::Real]| {
            numbers[skipped..][..zone.len].copy_from_slice(&from[..zone.len]);
            // SAFETY: as many numbers as a register has at least.
            unsafe { V::load(numbers.as_ptr()) }
        };
        let start = register(&zone.start);
        let mut c = [start; CAPACITY];
        for (c, tap) in c.iter_mut().zip(taps) {
            *c = register(&tap.coefficient);
        }
        let bits = [taps[CAPACITY - 2].bits << skipped, taps[CAPACITY - 1].bits << skipped];
        Some(Side { lanes: own << skipped, len: zone.len as isize, c, start, bits })
    }
}
