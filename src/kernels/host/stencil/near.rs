//! Rows of a near tile: what they read is in the first-level cache, and the next plane's rows are asked for meanwhile.

use super::beside::Beside;
use super::ends::Ends;
use super::masked::Masked;
use super::near_row::Near;
use super::registers::ends_of_rows;
use super::rows::{Rows, Taps};
use super::seams::Seams;
use super::sides::Sides;

/// As `combine`, for taps whose rows are equally far apart, in all planes.
#[inline(always)]
pub(super) unsafe fn near_rows<V: Masked, const CAPACITY: usize, const BETA: bool, const STREAM: bool>(
    rows: &Rows<V::Real>,
    taps: &Taps<V::Real>,
    ends: &Ends<V::Real>,
    beta: V::Real,
) {
    let step = taps.stride[0];
    let joined = rows.joined(taps);
    let rows = joined.as_ref().unwrap_or(rows);
    // SAFETY: as for `combine`.
    unsafe {
        let near = Near::<V, CAPACITY>::new(taps, rows.len, beta);
        // What looks at the taps gets a copy of its own: those in `near` stay in registers.
        let x = std::array::from_fn(|k| taps.source[k]);
        if !STREAM {
            if let Some(seams) = Seams::new(rows, (&x, taps), ends) {
                return near.seamed::<BETA>(rows, &seams);
            }
        }
        let sides = Beside::<V>::new(taps).zip(Sides::<V, CAPACITY>::new(rows, &x, ends, taps.beside, STREAM));
        let count = rows.planes.count as isize;
        for begin in (0..count).step_by(rows.planes.together) {
            let block = begin..count.min(begin + rows.planes.together as isize);
            for plane in block.clone() {
                let mut ended = if sides.is_some() { rows.rows } else { 0 };
                while ended < rows.rows {
                    ended += ends_of_rows::<V, BETA, STREAM, false>(ends, rows, (plane, ended), near.scale, &mut None);
                }
            }
            for (i, plane) in (0..rows.rows as isize).flat_map(|i| block.clone().map(move |plane| (i, plane))) {
                let y = rows.y.wrapping_offset(plane * rows.planes.y + i * rows.stride);
                let at = plane * rows.planes.x + i * step;
                match &sides {
                    Some((beside, sides)) => near.shifted::<BETA, STREAM>(y, at, (plane, i), beside, sides),
                    None => near.plain::<BETA, STREAM>(y, at),
                }
            }
        }
    }
}
