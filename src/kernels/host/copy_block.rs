//! Strided blocks of any dimension up to 16: copied, packed, unpacked, transposed, or scaled on the way.
//!
//! Axes of extent 1 vanish, axes that are contiguous with their neighbour in both blocks are merged, and what is left
//! is walked in the order of the target. Where the source's fastest axis is another one, the two axes are transposed
//! in square tiles through a buffer in the first-level cache: both sides then touch whole cache lines only. Plain copies of
//! such planes are turned in registers.

mod planes;
mod walk;

pub use walk::MAX_AXES;

use crate::dtype::{Element, Scalar};
use crate::error::Result;
use crate::fail;
use crate::kernels::cpu::prefetch;
use planes::{transpose, turn_planes, TILE};
use std::mem::MaybeUninit;
use walk::Walk;

/// Rows of the source that are on their way from memory, where it has gaps between short ones.
const AHEAD: isize = 12;
/// Bytes of a row from which on the processor sees by itself what comes next.
const LONG: usize = 512;

/// Pointers that a vectorised function takes along.
#[derive(Clone, Copy)]
struct Ends<E> {
    target: *mut E,
    source: *const E,
}

vectorized! {
    /// target[i] = f(source[i], target[i]) over the walk; `READS` says whether f looks at its second argument.
    ///
    /// The pointers of `ends` reach every element of the walk, as the callers promise.
    fn walk_with[E: Copy, F: Fn(E, E) -> E](walk: Walk, ends: Ends<E>, reads: bool, f: F) {
        let mut outer = walk;
        let (column, row) = outer.take_inner();
        let mut tile = [MaybeUninit::<E>::uninit(); TILE * TILE];
        let step = outer.axes[..outer.count].last().map_or(0, |a| a.source);
        let short = row.extent * size_of::<E>() < LONG && step.unsigned_abs() > row.extent;
        outer.for_each(#[inline(always)] |t, s| {
            // SAFETY: offsets of the walk stay inside both blocks, and the blocks do not overlap.
            unsafe {
                let (target, source) = (ends.target.offset(t), ends.source.offset(s));
                match column {
                    None if row.target == 1 && row.source == 1 => {
                        if short {
                            let next = source.wrapping_offset(AHEAD * step);
                            for at in (0..row.extent).step_by((64 / size_of::<E>()).max(1)) {
                                prefetch(next.wrapping_add(at));
                            }
                            prefetch(next.wrapping_add(row.extent - 1));
                        }
                        if reads {
                            for i in 0..row.extent {
                                *target.add(i) = f(*source.add(i), *target.add(i));
                            }
                        } else {
                            for i in 0..row.extent {
                                let value = *source.add(i);
                                *target.add(i) = f(value, value);
                            }
                        }
                    }
                    None => {
                        for i in 0..row.extent as isize {
                            put(target.offset(i * row.target), *source.offset(i * row.source), reads, &f);
                        }
                    }
                    Some(column) => transpose(column, row, Ends { target, source }, &mut tile, reads, &f),
                }
            }
        });
    }
}

/// # Safety
/// `target` is writable, and holds a value when `reads`.
#[inline(always)]
unsafe fn put<E: Copy>(target: *mut E, value: E, reads: bool, f: &impl Fn(E, E) -> E) {
    // SAFETY: the caller's promise.
    unsafe { *target = f(value, if reads { *target } else { value }) }
}

fn copy<E: Copy>(walk: Walk, ends: Ends<E>) {
    if !turn_planes(&walk, ends) {
        walk_with(
            walk,
            ends,
            false,
            #[inline(always)]
            |v, _| v,
        );
    }
}

/// target = source for elements of 4, 8 or 16 bytes (other sizes: `Argument`); strides in elements, of any sign.
///
/// # Safety
/// Every element that extents and strides reach from `target` is writable and from `source` readable, aligned to the
/// smaller of its size and 8 (4 for complex64); the blocks do not overlap, and no element of the target is reached twice.
pub unsafe fn copy_block(
    target: *mut u8,
    target_strides: &[isize],
    source: *const u8,
    source_strides: &[isize],
    extents: &[usize],
    element_size: usize,
) -> Result<()> {
    let Some(walk) = Walk::new(extents, target_strides, source_strides)? else { return Ok(()) };
    match element_size {
        4 => copy(walk, Ends { target: target.cast::<u32>(), source: source.cast() }),
        // A complex64 is aligned as its float.
        8 if !(target as usize | source as usize).is_multiple_of(8) => {
            copy(walk, Ends { target: target.cast::<[u32; 2]>(), source: source.cast() })
        }
        8 => copy(walk, Ends { target: target.cast::<u64>(), source: source.cast() }),
        16 => copy(walk, Ends { target: target.cast::<[u64; 2]>(), source: source.cast() }),
        other => fail!(Argument, "an element of {other} bytes cannot be copied, expected 4, 8 or 16"),
    }
    Ok(())
}

/// target = beta target + alpha op(source), op being the conjugate when `conj`; with beta = 0 the target is not read.
///
/// # Safety
/// As `copy_block`.
#[allow(clippy::too_many_arguments)]
pub unsafe fn transform_block<T: Element>(
    alpha: Scalar,
    conj: bool,
    beta: Scalar,
    target: *mut T,
    target_strides: &[isize],
    source: *const T,
    source_strides: &[isize],
    extents: &[usize],
) -> Result<()> {
    let Some(walk) = Walk::new(extents, target_strides, source_strides)? else { return Ok(()) };
    let ends = Ends { target, source };
    let (a, b) = (T::from_scalar(alpha), T::from_scalar(beta));
    let reads = !beta.is_zero();
    match (conj && T::IS_COMPLEX, alpha.is_one(), reads) {
        (false, true, false) => walk_with(
            walk,
            ends,
            false,
            #[inline(always)]
            |v, _| v,
        ),
        (true, true, false) => walk_with(
            walk,
            ends,
            false,
            #[inline(always)]
            |v: T, _| v.conj(),
        ),
        (false, _, false) => walk_with(
            walk,
            ends,
            false,
            #[inline(always)]
            |v, _| a * v,
        ),
        (true, _, false) => walk_with(
            walk,
            ends,
            false,
            #[inline(always)]
            |v: T, _| a * v.conj(),
        ),
        (false, _, true) => walk_with(
            walk,
            ends,
            true,
            #[inline(always)]
            |v, old| b * old + a * v,
        ),
        (true, _, true) => walk_with(
            walk,
            ends,
            true,
            #[inline(always)]
            |v: T, old| b * old + a * v.conj(),
        ),
    }
    Ok(())
}

#[cfg(test)]
mod tests;
