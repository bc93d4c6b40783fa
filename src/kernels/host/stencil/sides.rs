//! The zones on both sides of near rows, where they are like the rows but for a few elements.

use super::ends::{EndTap, Ends, Zone, MAX_LANES};
use super::masked::Masked;
use super::rows::{Neighbours, Rows};
use crate::dtype::{Element, Real};
use std::mem::size_of;

/// A zone in the register next to the rows.
pub(super) struct Side<V: Masked, const CAPACITY: usize> {
    /// Its lanes of the register: the last ones before the rows, the first ones after them.
    pub lanes: u32,
    pub len: isize,
    pub c: [V; CAPACITY],
    /// The sum of no terms.
    pub start: V,
    /// The lanes that have the last two taps.
    pub bits: [u32; 2],
    beyond: Option<Beyond<V>>,
}

/// Numbers of another memory that taps of a zone read, in their lanes of the register beyond it: a neighbour's planes.
struct Beyond<V: Masked> {
    source: *const V::Real,
    /// From row to row, and from plane to plane.
    stride: isize,
    plane: isize,
    lanes: u32,
}

impl<V: Masked, const CAPACITY: usize> Side<V, CAPACITY> {
    /// The register beyond the zone, as far as the zone's taps read it, for a row of a plane.
    #[inline(always)]
    pub unsafe fn beyond(&self, (plane, i): (isize, isize)) -> V {
        // SAFETY: taps of the zone read these numbers.
        unsafe {
            match &self.beyond {
                Some(b) => V::load_masked(b.source.wrapping_offset(plane * b.plane + i * b.stride), b.lanes),
                None => V::splat(V::Real::ZERO),
            }
        }
    }
}

/// The taps of a zone that lies `moved` numbers from the rows' first, each at the number of the rows' tap that it is: all but
/// the last two, which are taps of all elements, and those of the last two that some elements have. None where it has others.
#[inline(always)]
pub(super) fn taps_of_rows<'a, R: Real, const CAPACITY: usize>(
    zone: &Zone<R>,
    moved: isize,
    x: &[*const R; CAPACITY],
    ends: &'a Ends<R>,
) -> Option<[Option<&'a EndTap<R>>; CAPACITY]> {
    like_rows(ends.taps(zone), None, zone, moved, x)
}

/// The same, but for one tap that rows do not have.
#[inline(always)]
fn like_rows<'a, R: Real, const CAPACITY: usize>(
    all: &'a [EndTap<R>],
    but: Option<usize>,
    zone: &Zone<R>,
    moved: isize,
    x: &[*const R; CAPACITY],
) -> Option<[Option<&'a EndTap<R>>; CAPACITY]> {
    let mut left = all.iter().enumerate().filter(|&(n, _)| Some(n) != but).map(|(_, tap)| tap).peekable();
    let taps: [Option<&EndTap<R>>; CAPACITY] =
        std::array::from_fn(|k| left.next_if(|tap| tap.source == x[k].wrapping_offset(moved)));
    let own = ((1u64 << zone.len) - 1) as u32;
    let whole = taps[..CAPACITY - 2].iter().all(|tap| tap.is_some_and(|tap| tap.bits == own));
    (whole && left.next().is_none()).then_some(taps)
}

/// The zones before and after the rows, if there are such.
pub(super) struct Sides<V: Masked, const CAPACITY: usize> {
    pub before: Option<Side<V, CAPACITY>>,
    pub after: Option<Side<V, CAPACITY>>,
}

impl<V: Masked, const CAPACITY: usize> Sides<V, CAPACITY> {
    /// None where a zone is more than a register, has other taps than the rows, lacks others than the last two, or
    /// reads with them what lies beyond it, but for numbers of one other memory beyond a whole register; or where rows should
    /// be `aligned` and do not begin with a register.
    #[inline(always)]
    pub unsafe fn new(
        rows: &Rows<V::Real>,
        x: &[*const V::Real; CAPACITY],
        ends: &Ends<V::Real>,
        reach: Neighbours,
        aligned: bool,
    ) -> Option<Self> {
        let mut sides = Sides { before: None, after: None };
        let line = V::COUNT as isize;
        if aligned && (!(rows.y as usize).is_multiple_of(size_of::<V>()) || rows.stride % line != 0) {
            return None;
        }
        for zone in ends.zones() {
            let moved = (zone.y as isize).wrapping_sub(rows.y as isize) / size_of::<V::Real>() as isize;
            // SAFETY: registers only.
            let side = unsafe { Self::side(zone, moved, x, ends, reach)? };
            if moved == -side.len {
                let first = side.lanes & side.lanes.wrapping_neg();
                // The lanes from the first on that a tap before them would reach beyond.
                if side.beyond.is_none() && side.bits[0] & (first << reach.before).wrapping_sub(first) != 0 {
                    return None;
                }
                sides.before = Some(side);
            } else if moved == rows.len as isize && moved % line == 0 {
                if side.beyond.is_none() && side.bits[1] >> (zone.len - reach.after.min(zone.len)) != 0 {
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
        reach: Neighbours,
    ) -> Option<Side<V, CAPACITY>> {
        if zone.len > V::COUNT {
            return None;
        }
        let all = ends.taps(zone);
        // By increasing offset: what the first elements read before the row, or the last ones after it.
        let (taps, other) = match (all.len() > CAPACITY, moved < 0) {
            (false, _) => (taps_of_rows(zone, moved, x, ends)?, None),
            (true, true) => (like_rows(all, Some(CAPACITY - 2), zone, moved, x)?, Some((&all[CAPACITY - 2], 0))),
            (true, false) => (like_rows(all, Some(CAPACITY), zone, moved, x)?, Some((&all[CAPACITY], 1))),
        };
        let own = ((1u64 << zone.len) - 1) as u32;
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
            if let Some(tap) = tap {
                *c = register(&tap.coefficient);
            }
        }
        let bits_of = |k: usize| taps[k].map_or(0, |tap| tap.bits << skipped);
        let mut bits = [bits_of(CAPACITY - 2), bits_of(CAPACITY - 1)];
        let mut beyond = None;
        if let Some((tap, which)) = other {
            let (before, after) = (V::COUNT - reach.before, V::COUNT - reach.after);
            let outer = if which == 0 { own >> before } else { own << after & own };
            if zone.len < V::COUNT || tap.bits != outer || bits[which] & outer != 0 {
                return None;
            }
            let mut coefficient = taps[CAPACITY - 2 + which]?.coefficient;
            (0..V::COUNT)
                .filter(|lane| outer >> lane & 1 == 1)
                .for_each(|lane| coefficient[lane] = tap.coefficient[lane]);
            c[CAPACITY - 2 + which] = register(&coefficient);
            bits[which] |= outer;
            let (source, lanes) = match which {
                0 => (tap.source.wrapping_sub(before), outer << before),
                _ => (tap.source.wrapping_add(after), outer >> after),
            };
            beyond = Some(Beyond { source, stride: tap.stride, plane: tap.plane, lanes });
        }
        Some(Side { lanes: own << skipped, len: zone.len as isize, c, start, bits, beyond })
    }
}
