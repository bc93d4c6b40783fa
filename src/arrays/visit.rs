//! How loops visit the elements of arrays: leaf by leaf, in runs that are contiguous in all of them, by the context's
//! threads.

use super::array::Array;
use super::local::Local;
use super::runs::{zip_runs, Runs};
use super::space::Space;
use crate::dtype::{DType, Element, Scalar};
use crate::error::Result;
use crate::fail;
use crate::kernels::cpu;
use crate::threads::split;
use num_complex::Complex;
use std::ops::Range;

/// Fewer elements than this are not worth waking other threads for.
pub(super) const SERIAL: usize = 1 << 15;

/// Runs `visit` over the elements of N leaves of one count, in runs contiguous in all of them, split over the threads.
pub(super) fn each_run<const N: usize>(
    leaves: [&Local; N],
    space: &Space,
    visit: impl Fn([*mut u8; N], usize) + Sync,
) -> Result<()> {
    each_indexed_run(leaves, space, |_, pointers, count| visit(pointers, count))
}

/// As `each_run`; `visit` also gets the local index, in C order, of the first element of the run.
pub(crate) fn each_indexed_run<const N: usize>(
    leaves: [&Local; N],
    space: &Space,
    visit: impl Fn(usize, [*mut u8; N], usize) + Sync,
) -> Result<()> {
    each_run_between(leaves, space, 0..space.local_count() as usize, visit)
}

/// As `each_indexed_run`, over a part of the elements.
pub(super) fn each_run_between<const N: usize>(
    leaves: [&Local; N],
    space: &Space,
    part: Range<usize>,
    visit: impl Fn(usize, [*mut u8; N], usize) + Sync,
) -> Result<()> {
    let runs: [Runs; N] = leaves.map(Local::runs);
    let (count, pool) = (part.len(), space.context().threads());
    let blocks: [&Runs; N] = std::array::from_fn(|k| &runs[k]);
    let walk = |from: usize, to: usize| {
        let mut index = part.start + from;
        zip_runs(blocks, part.start + from, part.start + to, |pointers, n| {
            visit(index, pointers, n);
            index += n;
        });
    };
    if count < SERIAL || pool.len() == 1 {
        walk(0, count);
        return Ok(());
    }
    pool.run(&|t| {
        // Parts that start on a cache line keep streaming stores whole.
        let range = split(count, pool.len(), t, 64);
        walk(range.start, range.end);
    })
}

/// Whether an output of this space is better written past the cache.
pub(crate) fn streams(space: &Space) -> bool {
    cpu::should_stream(space.local_count() as usize * space.dtype().size())
}

pub(crate) fn elements<'a, T>(pointer: *mut u8, count: usize) -> &'a [T] {
    // SAFETY: `each_run` gives runs of `count` elements inside a leaf whose dtype was dispatched on.
    unsafe { std::slice::from_raw_parts(pointer.cast(), count) }
}

pub(crate) fn elements_mut<'a, T>(pointer: *mut u8, count: usize) -> &'a mut [T] {
    // SAFETY: as for `elements`; outputs share no memory with inputs, which callers have checked.
    unsafe { std::slice::from_raw_parts_mut(pointer.cast(), count) }
}

/// Pairs the leaves of two arrays of congruent spaces.
pub(crate) fn pairs(x: &Array, y: &Array, visit: &mut dyn FnMut(&Array, &Array) -> Result<()>) -> Result<()> {
    match (x.parts(), y.parts()) {
        ([], []) => visit(x, y),
        (a, b) if a.len() == b.len() => a.iter().zip(b).try_for_each(|(x, y)| pairs(x, y, visit)),
        _ => fail!(Space, "arrays of {} and {} do not pair up", x.space(), y.space()),
    }
}

/// As `pairs`, of three arrays.
pub(super) fn triples(
    x: &Array,
    y: &Array,
    z: &Array,
    visit: &mut dyn FnMut(&Array, &Array, &Array) -> Result<()>,
) -> Result<()> {
    match (x.parts(), y.parts(), z.parts()) {
        ([], [], []) => visit(x, y, z),
        (a, b, c) if a.len() == b.len() && b.len() == c.len() => {
            a.iter().zip(b).zip(c).try_for_each(|((x, y), z)| triples(x, y, z, visit))
        }
        _ => fail!(Space, "arrays of {}, {} and {} do not pair up", x.space(), y.space(), z.space()),
    }
}

/// One element.
///
/// # Safety
/// `pointer` holds an element of the dtype, for the host to read.
pub(super) unsafe fn read(dtype: DType, pointer: *const u8) -> Scalar {
    // SAFETY: the caller vouches for the element.
    unsafe {
        match dtype {
            DType::Float32 => pointer.cast::<f32>().read().to_scalar(),
            DType::Float64 => pointer.cast::<f64>().read().to_scalar(),
            DType::Complex64 => pointer.cast::<Complex<f32>>().read().to_scalar(),
            DType::Complex128 => pointer.cast::<Complex<f64>>().read().to_scalar(),
            DType::Int32 => Scalar::real(pointer.cast::<i32>().read() as f64),
            DType::Int64 => Scalar::real(pointer.cast::<i64>().read() as f64),
        }
    }
}
