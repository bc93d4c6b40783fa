//! Leaves in device memory: where verbs meet the kernels of the device.

use super::array::Array;
use super::local::Local;
use super::space::Space;
use crate::device::{DeviceMemory, Stream};
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::{self, Strided, Walk};
use crate::kernels::host::copy_block;
use crate::layout::MAX_DIMENSIONS;
use crate::storage::{HostMemory, Memory};
use std::sync::Arc;

/// The stream, the walk over the local elements and their addresses, where all leaves are on the device; `None` where
/// all are on the host; else an error.
pub(crate) fn on_device<const N: usize>(leaves: [&Array; N]) -> Result<Option<(&Arc<Stream>, Walk<N>, [u64; N])>> {
    let there = leaves.iter().filter(|a| a.space().memory() == Memory::Cuda).count();
    if there == 0 {
        return Ok(None);
    }
    if there < N {
        let space = leaves[0].space();
        fail!(Space, "arrays in host and in device memory meet; copy one of them ({space} is the first)");
    }
    let stream = leaves[0].space().context().device_stream()?;
    let mut locals = [leaves[0].leaf()?; N];
    for (local, leaf) in locals.iter_mut().zip(leaves) {
        *local = leaf.leaf()?;
    }
    let pointers = locals.map(|l| l.pointer() as u64);
    Ok(Some((stream, walk(leaves[0].local_count() as usize, locals)?, pointers)))
}

/// A walk over leaves of one count.
pub(super) fn walk<const N: usize>(count: usize, locals: [&Local; N]) -> Result<Walk<N>> {
    let Some(strided) = locals.iter().find(|l| !l.is_contiguous()) else {
        return Ok(Walk::contiguous(count, locals.map(|l| l.pointer() as u64)));
    };
    let shape = &strided.shape[..];
    let mut strides = [[0; MAX_DIMENSIONS]; N];
    for (strides, local) in strides.iter_mut().zip(locals) {
        *strides = local.strides_as(shape)?;
    }
    let block = |n: usize| Strided { pointer: locals[n].pointer() as u64, strides: &strides[n][..shape.len()] };
    Walk::new(shape, std::array::from_fn(block))
}

/// Every element := value.
pub(super) fn fill(stream: &Stream, x: &Array, walk: Walk<1>, value: Scalar, p: u64) -> Result<()> {
    match x.dtype().is_integer() {
        true => cuda::convert::fill_integers(stream, x.dtype(), walk, value.re as i64, p),
        false => cuda::vector::fill(stream, x.dtype(), walk, value.into(), p),
    }
}

/// y := x where at least one is on the device, on the context's stream or another one of its device. Whether the host's
/// part is done when this returns: between host and device it is not, until the stream has come past the copy. What is
/// not contiguous or changes its dtype goes through temporary memory.
pub(super) fn start_copy(x: &Array, y: &Array, other: Option<&Arc<Stream>>) -> Result<bool> {
    let (from, to) = (x.dtype(), y.dtype());
    if from.is_complex() && !to.is_complex() {
        fail!(DType, "{} cannot be copied to {}: imaginary parts would be lost", from.name(), to.name());
    }
    if let Some((stream, walk, [p, q])) = match x.space().memory() == y.space().memory() {
        true => on_device([x, y])?,
        false => None,
    } {
        let stream = other.unwrap_or(stream);
        let contiguous = x.leaf()?.is_contiguous() && y.leaf()?.is_contiguous();
        match from == to && contiguous {
            // SAFETY: both leaves have this rank's elements, and callers have checked that they are apart.
            true => unsafe { stream.copy(q, p, walk.count() * to.size())? },
            false => cuda::convert::convert(stream, walk, (from, p), (to, q))?,
        }
        return Ok(true);
    }
    let side = if y.space().memory() == Memory::Cuda { y } else { x };
    let stream = other.map_or_else(|| side.space().context().device_stream(), Ok)?;
    match y.space().memory() {
        Memory::Cuda => host_to_device(stream, x, y),
        Memory::Host => device_to_host(stream, x, y),
    }
}

/// y := x where at least one is on the device; done on the host's side when this returns.
pub(super) fn copy(x: &Array, y: &Array) -> Result<()> {
    match start_copy(x, y, None)? {
        true => Ok(()),
        false => {
            let side = if y.space().memory() == Memory::Cuda { y } else { x };
            side.space().context().device_stream()?.synchronize()
        }
    }
}

fn host_to_device(stream: &Arc<Stream>, x: &Array, y: &Array) -> Result<bool> {
    let (source, target) = (x.local()?, y.leaf()?);
    let (count, from, to) = (y.local_count() as usize, x.dtype(), y.dtype());
    let gathered = match source.is_contiguous() {
        true => None,
        false => Some(gather(source, count, from)?),
    };
    let pointer = gathered.as_ref().map_or(source.pointer().cast_const(), HostMemory::as_ptr);
    if target.is_contiguous() && from == to {
        // SAFETY: both sides hold the elements, and the host's stay until the stream is past them.
        unsafe { stream.copy_in(target.pointer() as u64, pointer, count * from.size())? };
    } else {
        let room = DeviceMemory::new(stream, count * from.size())?;
        // SAFETY: as above.
        unsafe { stream.copy_in(room.pointer(), pointer, count * from.size())? };
        let walk = beside(target, room.pointer(), true)?;
        cuda::convert::convert(stream, walk, (from, room.pointer()), (to, target.pointer() as u64))?;
    }
    if gathered.is_some() {
        stream.synchronize()?;
    }
    Ok(gathered.is_some())
}

fn device_to_host(stream: &Arc<Stream>, x: &Array, y: &Array) -> Result<bool> {
    let target = y.local()?;
    let (count, to) = (x.local_count() as usize, y.dtype());
    let room = packed(stream, x, to)?;
    let pointer = room.as_ref().map_or(x.leaf()?.pointer() as u64, DeviceMemory::pointer);
    if target.is_contiguous() {
        // SAFETY: both sides hold the elements, and the host's are left alone until the stream is past them.
        unsafe { stream.copy_out(target.pointer(), pointer, count * to.size())? };
        return Ok(false);
    }
    let mut staged = HostMemory::for_elements(count, to.size())?;
    // SAFETY: as above.
    unsafe { stream.copy_out(staged.as_mut_ptr(), pointer, count * to.size())? };
    stream.synchronize()?;
    let as_isize = |v: &[i64]| v.iter().map(|n| *n as isize).collect::<Vec<_>>();
    let extents: Vec<usize> = target.shape.iter().map(|n| *n as usize).collect();
    let packed = as_isize(&super::local::contiguous_strides(&target.shape));
    // SAFETY: the staged block and the strided leaf hold the same extents.
    unsafe {
        let strides = as_isize(&target.strides);
        copy_block::copy_block(target.pointer(), &strides, staged.as_ptr(), &packed, &extents, to.size())?
    };
    Ok(true)
}

/// The elements of a leaf on the device one after another in another dtype; `None` where they are so already.
pub(super) fn packed(stream: &Arc<Stream>, x: &Array, dtype: DType) -> Result<Option<DeviceMemory>> {
    let source = x.leaf()?;
    if source.is_contiguous() && x.dtype() == dtype {
        return Ok(None);
    }
    let room = DeviceMemory::new(stream, x.local_count() as usize * dtype.size())?;
    let walk = beside(source, room.pointer(), false)?;
    cuda::convert::convert(stream, walk, (x.dtype(), source.pointer() as u64), (dtype, room.pointer()))?;
    Ok(Some(room))
}

/// The elements of a leaf on the device := those of a block of its dtype, one after another.
pub(super) fn unpack(stream: &Stream, block: u64, y: &Array) -> Result<()> {
    let (target, dtype) = (y.leaf()?, y.dtype());
    cuda::convert::convert(stream, beside(target, block, true)?, (dtype, block), (dtype, target.pointer() as u64))
}

/// A walk over a strided leaf and a contiguous block of as many elements, which stands before it or after it.
pub(super) fn beside(leaf: &Local, block: u64, block_first: bool) -> Result<Walk<2>> {
    let strides = super::local::contiguous_strides(&leaf.shape);
    let own = Strided { pointer: leaf.pointer() as u64, strides: &leaf.strides };
    let other = Strided { pointer: block, strides: &strides };
    Walk::new(&leaf.shape, if block_first { [other, own] } else { [own, other] })
}

/// The elements of a strided leaf of the host, one after another.
fn gather(source: &Local, count: usize, dtype: DType) -> Result<HostMemory> {
    let mut gathered = HostMemory::for_elements(count, dtype.size())?;
    let as_isize = |v: &[i64]| v.iter().map(|n| *n as isize).collect::<Vec<_>>();
    let extents: Vec<usize> = source.shape.iter().map(|n| *n as usize).collect();
    let strides = as_isize(&super::local::contiguous_strides(&source.shape));
    let from = as_isize(&source.strides);
    // SAFETY: the strided leaf and the fresh block hold the same extents.
    unsafe {
        copy_block::copy_block(gathered.as_mut_ptr(), &strides, source.pointer(), &from, &extents, dtype.size())?
    };
    Ok(gathered)
}

/// Where the elements of a leaf on the device are, as a block of its space's local shape.
pub(crate) struct Placed {
    pub pointer: u64,
    pub strides: [i64; MAX_DIMENSIONS],
}

impl Placed {
    pub(crate) fn new(x: &Local, space: &Space) -> Result<Placed> {
        Ok(Placed { pointer: x.pointer() as u64, strides: x.strides_as(space.local_shape())? })
    }

    /// The address of the element at local indices `lower`.
    pub(super) fn block(&self, lower: &[i64], size: usize) -> u64 {
        let offset: i64 = lower.iter().zip(&self.strides).map(|(i, s)| i * s).sum();
        self.pointer.wrapping_add_signed(offset * size as i64)
    }
}

/// to := alpha from + beta to on one strided block of the device; any dtype is moved, arithmetic needs a floating-point
/// one. Strides count elements, one for each of the extents.
pub(crate) fn update_block(
    stream: &Stream,
    dtype: DType,
    alpha: Scalar,
    (from, from_strides): (u64, &[i64; MAX_DIMENSIONS]),
    beta: Scalar,
    (to, to_strides): (u64, &[i64; MAX_DIMENSIONS]),
    extents: &[i64],
) -> Result<()> {
    let n = extents.len();
    let source = Strided { pointer: from, strides: &from_strides[..n] };
    let walk = Walk::new(extents, [source, Strided { pointer: to, strides: &to_strides[..n] }])?;
    match alpha.is_one() && beta.is_zero() {
        true => cuda::convert::convert(stream, walk, (dtype, from), (dtype, to)),
        false => cuda::vector::axpby(stream, dtype, walk, alpha.into(), from, beta.into(), to),
    }
}

/// The first element of a leaf that has one; waits for the stream.
pub(super) fn first_element(x: &Array) -> Result<Scalar> {
    let (stream, local, dtype) = (x.space().context().device_stream()?, x.leaf()?, x.dtype());
    let mut bytes = [0u64; 2];
    // SAFETY: an element has at most 16 bytes, and they are left alone until the stream is past them.
    unsafe { stream.copy_out(bytes.as_mut_ptr().cast(), local.pointer() as u64, dtype.size())? };
    stream.synchronize()?;
    // SAFETY: an element of the dtype stands there.
    Ok(unsafe { super::visit::read(dtype, bytes.as_ptr().cast()) })
}
