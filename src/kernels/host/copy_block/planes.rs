//! Planes whose fastest axis is another one on either side: transposed tile by tile, or turned in registers.

use super::super::turn::{turn_from_memory, Plane};
use super::walk::{Axis, Walk};
use super::{put, Ends};
use crate::kernels::cpu::{fence, level, prefetch, should_stream, Level, LINE};
use std::mem::MaybeUninit;

/// Side of a transposed tile, in elements: two cache lines of float32, eight of complex128.
pub(super) const TILE: usize = 32;
/// Lines so far apart, or a multiple of it, take few places of the caches.
const FEW_PLACES: usize = 1024;

/// Copies a walk over planes whose both sides are contiguous; false, and nothing done, for others. Outputs that are larger
/// than the caches bypass them.
///
/// The pointers of `ends` reach every element of the walk, as the callers of `walk_with` promise.
pub(super) fn turn_planes<E: Copy>(walk: &Walk, ends: Ends<E>) -> bool {
    let mut outer = *walk;
    let (Some(column), row) = outer.take_inner() else { return false };
    let squares = column.source == 1 && row.target == 1 && column.extent.min(row.extent) * size_of::<E>() >= LINE;
    let planes: usize = outer.axes[..outer.count].iter().map(|a| a.extent).product();
    let large = should_stream(planes * column.extent * row.extent * size_of::<E>());
    let pays = match (level(), (column.target.unsigned_abs() * size_of::<E>()).is_multiple_of(FEW_PLACES)) {
        (Level::Baseline, _) => false,
        (_, false) => true,
        // Registers of whole lines write each line of the target once: it need not stay in the cache. The tile's buffer, too,
        // keeps lines together, which is better while they come from the caches.
        (level, true) => level == Level::Avx512 && large,
    };
    if !(squares && pays) {
        return false;
    }
    outer.for_each(|t, s| {
        // SAFETY: offsets of the walk stay inside both blocks, and the blocks do not overlap; the source is only read.
        unsafe {
            let target = Plane { pointer: ends.target.offset(t), pitch: column.target };
            let source = Plane { pointer: ends.source.offset(s).cast_mut(), pitch: row.source };
            turn_from_memory(target, source, row.extent, column.extent, large);
        }
    });
    if large {
        fence();
    }
    true
}

/// The plane of `column` (fast in the source) and `row` (fast in the target), tile by tile.
///
/// # Safety
/// `ends` reach every element of the plane.
#[inline(always)]
pub(super) unsafe fn transpose<E: Copy>(
    column: Axis,
    row: Axis,
    ends: Ends<E>,
    tile: &mut [MaybeUninit<E>; TILE * TILE],
    reads: bool,
    f: &impl Fn(E, E) -> E,
) {
    for c0 in (0..column.extent).step_by(TILE) {
        let columns = TILE.min(column.extent - c0);
        for r0 in (0..row.extent).step_by(TILE) {
            let rows = TILE.min(row.extent - r0);
            // SAFETY: indices stay below the extents; every tile element that is read was written just before.
            unsafe {
                let source = ends.source.offset(c0 as isize * column.source + r0 as isize * row.source);
                let target = ends.target.offset(c0 as isize * column.target + r0 as isize * row.target);
                for r in 0..rows {
                    let line = source.offset(r as isize * row.source);
                    if column.source == 1 {
                        for c in 0..columns {
                            tile[r * TILE + c].write(*line.add(c));
                        }
                    } else {
                        for c in 0..columns {
                            tile[r * TILE + c].write(*line.offset(c as isize * column.source));
                        }
                    }
                }
                for c in 0..columns {
                    // One source line of the next tile for each target line of this one.
                    if c < (row.extent - r0 - rows).min(TILE) {
                        let next = source.wrapping_offset((rows + c) as isize * row.source);
                        for at in (0..columns).step_by((64 / size_of::<E>()).max(1)) {
                            prefetch(next.wrapping_offset(at as isize * column.source));
                        }
                    }
                    let line = target.offset(c as isize * column.target);
                    for r in 0..rows {
                        put(line.offset(r as isize * row.target), tile[r * TILE + c].assume_init(), reads, f);
                    }
                }
            }
        }
    }
}
