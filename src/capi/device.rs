//! Devices: which there are, the one of a context, its stream and its memory pool.

use super::border::{borrow, call, dlops_status, write, Output};
use super::handle::{dlops_context, dlops_space};
use super::host::CUstream_st;
use crate::arrays::Space;
use crate::context::Context;
use crate::device::{Device, Stream};
use crate::error::Result;
use crate::fail;
use std::ffi::c_char;
use std::sync::Arc;

/// What the memory pool of a device holds for this process, in bytes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dlops_memory_statistics {
    /// taken from the device, now and at most so far
    pub reserved: u64,
    pub reserved_high: u64,
    /// given to arrays and buffers, now and at most so far
    pub used: u64,
    pub used_high: u64,
    /// what `used` may not exceed; UINT64_MAX: no limit
    pub limit: u64,
}

pub(super) fn stream(context: &Context) -> Result<&Arc<Stream>> {
    match context.stream() {
        Some(stream) => Ok(stream),
        None => fail!(State, "the context was made without a device (memory = DLOPS_CUDA)"),
    }
}

/// CUDA devices that this process sees. Local. Since 0.1.
/// Errors: NULL_POINTER, UNSUPPORTED (no driver, or DLOPS_CUDA=0; the message says what was looked for).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_device_get_count(count: *mut i32) -> dlops_status {
    // SAFETY: the host passes NULL or the address of an int32_t.
    call("dlops_device_get_count", || unsafe { write(count, "count", Device::count()? as i32) })
}

/// The number of the context's device. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, STATE (a context without one).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_get_device(context: *const dlops_context, device: *mut i32) -> dlops_status {
    call("dlops_context_get_device", || {
        let context = borrow::<Context>(context, "context")?;
        // SAFETY: the host passes NULL or the address of an int32_t.
        unsafe { write(device, "device", stream(&context)?.device().ordinal() as i32) }
    })
}

/// Copies the name of the context's device, NUL-terminated and cut to `length` bytes. Local. Since 0.1.
///
/// @param name    room for `length` bytes
/// @param length  at least 1
/// Errors: NULL_POINTER, HANDLE, ARGUMENT, STATE (a context without a device).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_get_device_name(
    context: *const dlops_context,
    name: *mut c_char,
    length: usize,
) -> dlops_status {
    call("dlops_context_get_device_name", || {
        let context = borrow::<Context>(context, "context")?;
        // SAFETY: the host's buffer has `length` bytes.
        unsafe { write_name(stream(&context)?.device().name(), name, length) }
    })
}

/// A text in the host's buffer of `length` bytes, cut to it, with its NUL.
pub(super) unsafe fn write_name(text: &str, name: *mut c_char, length: usize) -> Result<()> {
    if name.is_null() {
        fail!(NullPointer, "name is NULL");
    }
    if length == 0 {
        fail!(Argument, "length is 0, expected at least 1");
    }
    let n = text.len().min(length - 1);
    // SAFETY: the host's buffer has `length` bytes.
    unsafe {
        std::ptr::copy_nonoverlapping(text.as_ptr(), name.cast(), n);
        name.add(n).write(0);
    }
    Ok(())
}

/// The stream (a cudaStream_t) that the context's work is put on: the host's, or the library's own, which lives as long
/// as the context. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, STATE (a context without a device).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_get_stream(
    context: *const dlops_context,
    stream: *mut *mut CUstream_st,
) -> dlops_status {
    call("dlops_context_get_stream", || {
        let context = borrow::<Context>(context, "context")?;
        let raw = self::stream(&context)?.raw();
        // SAFETY: the host passes NULL or the address of a pointer.
        unsafe { write(stream, "stream", raw.cast()) }
    })
}

/// Puts the context's work on another stream from now on, behind everything that was put on the present one; its local
/// context follows. The call itself does not wait. Local. Since 0.1.
///
/// @param stream  a cudaStream_t of the context's device, borrowed until another is set or the context and everything
///                made on it is gone; NULL: the legacy default stream. The library's own, of dlops_context_get_stream,
///                may be set again
/// Errors: HANDLE, ARGUMENT (a stream of another device), STATE (a context without a device), CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_set_stream(
    context: *mut dlops_context,
    stream: *mut CUstream_st,
) -> dlops_status {
    call("dlops_context_set_stream", || {
        let context = borrow::<Context>(context, "context")?;
        // SAFETY: the host keeps its stream, as documented.
        unsafe { self::stream(&context)?.redirect(stream.cast()) }
    })
}

/// Waits until all work that was put on the context's stream is done; an error of any of it is reported here. Returns
/// at once for a context without a device. Local. Since 0.1. Errors: HANDLE, CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_synchronize(context: *const dlops_context) -> dlops_status {
    call("dlops_context_synchronize", || match borrow::<Context>(context, "context")?.stream() {
        Some(stream) => stream.synchronize(),
        None => Ok(()),
    })
}

/// What the memory pool of the context's device holds; all contexts of the process on one device share a pool. Local.
/// Since 0.1. Errors: NULL_POINTER, HANDLE, STATE (a context without a device), CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_get_memory_statistics(
    context: *const dlops_context,
    statistics: *mut dlops_memory_statistics,
) -> dlops_status {
    call("dlops_context_get_memory_statistics", || {
        let context = borrow::<Context>(context, "context")?;
        let pool = stream(&context)?.device().pool_statistics()?;
        let found = dlops_memory_statistics {
            reserved: pool.reserved,
            reserved_high: pool.reserved_high,
            used: pool.used,
            used_high: pool.used_high,
            limit: pool.limit,
        };
        // SAFETY: the host passes NULL or the address of such a structure.
        unsafe { write(statistics, "statistics", found) }
    })
}

/// Device memory that arrays and buffers may take in all, on the context's device: more is refused with MEMORY. What is
/// in use stays. Local. Since 0.1.
///
/// @param bytes  UINT64_MAX: no limit
/// Errors: HANDLE, STATE (a context without a device).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_set_memory_limit(context: *mut dlops_context, bytes: u64) -> dlops_status {
    call("dlops_context_set_memory_limit", || {
        let context = borrow::<Context>(context, "context")?;
        stream(&context)?.device().set_pool_limit(bytes);
        Ok(())
    })
}

/// Gives device memory that no array or buffer uses back to the device, but for `keep` bytes. Local. Since 0.1.
/// Errors: HANDLE, STATE (a context without a device), CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_trim_memory(context: *mut dlops_context, keep: usize) -> dlops_status {
    call("dlops_context_trim_memory", || {
        let context = borrow::<Context>(context, "context")?;
        stream(&context)?.device().trim_pool(keep)
    })
}

/// The same space with its elements in other memory, as a new handle; all components of a product move. Local. Since 0.1.
///
/// @param memory  DLOPS_HOST or DLOPS_CUDA; 0: the context's
/// @param moved   the new space; the caller destroys it
/// Errors: NULL_POINTER, HANDLE, UNSUPPORTED (unknown memory, or a context without a device).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_space_with_memory(
    space: *const dlops_space,
    memory: i32,
    moved: *mut *mut dlops_space,
) -> dlops_status {
    call("dlops_space_with_memory", || {
        let output = Output::new(moved, "moved")?;
        let space = borrow::<Space>(space, "space")?;
        let memory = super::space::memory(memory, space.context())?;
        output.write(space.with_memory(memory)?)
    })
}
