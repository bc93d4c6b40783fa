//! The zones on both sides of near rows, where they are like the rows but for a few elements.

use super::beside::Neighbours;
use super::ends::{Ends, Zone};
use super::lanes::Lanes;
use super::rows::Rows;
use crate::dtype::Element;
use std::mem::size_of;

/// A zone of one register: its coefficients, the sum of no terms, and which elements have the last two taps.
pub(super) struct Side<V, const CAPACITY: usize> {
    pub c: [V; CAPACITY],
    pub start: V,
    pub bits: [u32; 2],
}

/// The zones before and after the rows, if there are such.
pub(super) struct Sides<V, const CAPACITY: usize> {
    pub before: Option<Side<V, CAPACITY>>,
    pub after: Option<Side<V, CAPACITY>>,
}

impl<V: Lanes, const CAPACITY: usize> Sides<V, CAPACITY> {
    /// None where a zone is not a register beside the rows, has other taps than they, or lacks more than some of the last
    /// two taps that reach out of the row; or where rows do not begin with a register.
    #[inline(always)]
    pub unsafe fn new(
        rows: &Rows<V::Real>,
        x: &[*const V::Real; CAPACITY],
        ends: &Ends<V::Real>,
        reach: Neighbours,
    ) -> Option<Self> {
        let mut sides = Sides { before: None, after: None };
        let aligned = (rows.y as usize).is_multiple_of(size_of::<V>()) && rows.stride % V::COUNT as isize == 0;
        if !aligned {
            return None;
        }
        for zone in ends.zones() {
            let moved = (zone.y as isize).wrapping_sub(rows.y as isize) / size_of::<V::Real>() as isize;
            // SAFETY: registers only.
            let side = unsafe { Self::side(zone, moved, x, ends)? };
            // Nothing is read beyond a zone's outer side.
            if moved == -(V::COUNT as isize) && side.bits[0] & ((1 << reach.before) - 1) == 0 {
                sides.before = Some(side);
            } else if moved == rows.len as isize
                && rows.len % V::COUNT == 0
                && side.bits[1] >> (V::COUNT - reach.after) == 0
            {
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
        if zone.len != V::COUNT || taps.len() != CAPACITY {
            return None;
        }
        let full = ((1u64 << V::COUNT) - 1) as u32;
        let same_place = taps.iter().zip(x).all(|(tap, x)| tap.source == x.wrapping_offset(moved));
        let whole = taps[..CAPACITY - 2].iter().all(|tap| tap.bits == full);
        if !same_place || !whole {
            return None;
        }
        let bits = [taps[CAPACITY - 2].bits, taps[CAPACITY - 1].bits];
        // SAFETY: coefficients are as many as a register has at least.
        unsafe {
            let mut c = [V::splat(V::Real::ZERO); CAPACITY];
            for (c, tap) in c.iter_mut().zip(taps) {
                *c = V::load(tap.coefficient.as_ptr());
            }
            Some(Side { c, start: V::load(zone.start.as_ptr()), bits })
        }
    }
}
