//! dlops_array and DLPack: arrays of other libraries, and for them, without a copy.

use super::border::{borrow, call, dlops_status, write, Output};
use super::handle::{dlops_array, dlops_space};
use super::host::CUstream_st;
use crate::arrays::dlpack::{self, Managed, ManagedTensor, VersionedTensor};
use crate::arrays::{Array, Memory, Space};
use crate::device::Stream;
use crate::error::Result;
use crate::fail;
use std::sync::Arc;

/// A tensor of DLPack before version 1, as <dlpack/dlpack.h> declares it.
pub struct DLManagedTensor([u8; 0]);

/// A tensor of DLPack since version 1, as <dlpack/dlpack.h> declares it.
pub struct DLManagedTensorVersioned([u8; 0]);

/// The other side's stream, where `space` is in device memory and `stream` is not the address -1 (no order is asked for).
fn other_stream(space: &Space, stream: *mut CUstream_st) -> Result<Option<Arc<Stream>>> {
    match space.context().stream().filter(|_| space.memory() == Memory::Cuda && stream as isize != -1) {
        // SAFETY: the host passes one of its streams.
        Some(own) => unsafe { Stream::borrow(own.device(), stream.cast()) }.map(Some),
        None => Ok(None),
    }
}

fn import<M: Managed>(space: *const dlops_space, tensor: *mut M, stream: *mut CUstream_st) -> Result<Array> {
    let space = borrow::<Space>(space, "space")?;
    // First, since a tensor that was taken over must not be deleted by a refusal.
    if let (Some(own), Some(producer)) = (space.context().stream(), other_stream(&space, stream)?) {
        own.wait_for(&producer)?;
    }
    // SAFETY: the host passes NULL or a tensor.
    unsafe { dlpack::import(&space, tensor) }
}

fn export<M: Managed>(array: *const dlops_array, stream: *mut CUstream_st, tensor: *mut *mut M) -> Result<()> {
    let array = borrow::<Array>(array, "array")?;
    array.check_free("array", false)?;
    if tensor.is_null() {
        fail!(NullPointer, "tensor is NULL, expected the address of a pointer");
    }
    let consumer = other_stream(array.space(), stream)?;
    let own = array.space().context().stream();
    let same = matches!((own, &consumer), (Some(own), Some(consumer)) if own.raw() == consumer.raw());
    let managed = dlpack::export::<M>(&array, same)?;
    if let (Some(own), Some(consumer)) = (own, consumer) {
        consumer.wait_for(own)?;
    }
    // SAFETY: not NULL, and the host passes the address of a pointer.
    unsafe { write(tensor, "tensor", Box::into_raw(managed)) }
}

/// Makes an array over this rank's elements in the memory of a DLPack tensor, zero copy, host or device. The tensor is
/// taken over on success only: its deleter is called once, when the last array over the memory is gone, after the
/// context's stream has come past the work on it. A tensor that says it is read-only is refused as an output (STATE).
/// Local. Since 0.1.
///
/// @param space   a space that is not a product: its dtype, local shape and memory are the tensor's. Managed memory
///                counts as device memory
/// @param tensor  of any alignment of its element type; strides positive, the last axis contiguous. (A tensor of DLPack
///                before 1.0: dlops_array_create_from_dlpack_unversioned)
/// @param stream  a cudaStream_t on which the producer has put the work that makes the data: what the library does with
///                the array from now on waits for it. NULL: the legacy default stream; (CUstream_st *)-1: the data is
///                there, or the producer has put it on the context's stream. Not used for host memory, which the
///                producer has finished
/// @param array   the new array; the caller destroys it
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (the device, or data that is not where the tensor says), DTYPE, SHAPE (also
/// strides), SPACE (a product), UNSUPPORTED (the version), CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_create_from_dlpack(
    space: *const dlops_space,
    tensor: *mut DLManagedTensorVersioned,
    stream: *mut CUstream_st,
    array: *mut *mut dlops_array,
) -> dlops_status {
    call("dlops_array_create_from_dlpack", || {
        Output::new(array, "array")?.write(import(space, tensor.cast::<VersionedTensor>(), stream)?)
    })
}

/// As dlops_array_create_from_dlpack, of the structure of DLPack before version 1. Local. Since 0.1.
/// Errors: as there.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_create_from_dlpack_unversioned(
    space: *const dlops_space,
    tensor: *mut DLManagedTensor,
    stream: *mut CUstream_st,
    array: *mut *mut dlops_array,
) -> dlops_status {
    call("dlops_array_create_from_dlpack_unversioned", || {
        Output::new(array, "array")?.write(import(space, tensor.cast::<ManagedTensor>(), stream)?)
    })
}

/// This rank's elements as a DLPack tensor, zero copy. The tensor keeps the memory alive, also after the array, its
/// context and their handles are gone, until its deleter is called, once, from any thread; a stream that the context
/// borrowed from the host lives as long. What either side writes, the other sees: they agree on the order. Local. Since 0.1.
///
/// @param array   an array that is not of a product space
/// @param stream  a cudaStream_t that the consumer works on: work that it puts there from now on waits for what the library
///                has put on the context's stream. NULL: the legacy default stream; (CUstream_st *)-1: nothing waits, the
///                caller sees to the order. Before the library uses the memory again, its stream waits for the consumer's
///                (dlops_event_wait); the deleter waits for the device where it frees memory that was used on another
///                stream than the context's. Not used for host memory
/// @param tensor  a tensor of DLPack 1.0. (For consumers of an older one: dlops_array_get_dlpack_unversioned)
/// Errors: NULL_POINTER, HANDLE, SPACE (a product space), STATE (acquired for writing), ARGUMENT (a stream of another
/// device), CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_get_dlpack(
    array: *const dlops_array,
    stream: *mut CUstream_st,
    tensor: *mut *mut DLManagedTensorVersioned,
) -> dlops_status {
    call("dlops_array_get_dlpack", || export(array, stream, tensor.cast::<*mut VersionedTensor>()))
}

/// As dlops_array_get_dlpack, as the structure of DLPack before version 1. Local. Since 0.1.
/// Errors: as there, and UNSUPPORTED (an array over read-only memory, which that structure cannot tell).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_get_dlpack_unversioned(
    array: *const dlops_array,
    stream: *mut CUstream_st,
    tensor: *mut *mut DLManagedTensor,
) -> dlops_status {
    call("dlops_array_get_dlpack_unversioned", || export(array, stream, tensor.cast::<*mut ManagedTensor>()))
}
