//! Memory of one size on every rank.

use super::border::{borrow, call, dlops_status, flag, options, write, Options};
use super::handle::dlops_context;
use crate::context::Context;
use crate::error::Result;
use crate::fail;
use std::ffi::c_void;

/// Optional choices for symmetric memory; initialise with DLOPS_SYMMETRIC_OPTIONS_INIT. Zero means the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dlops_symmetric_options {
    pub struct_size: usize,
    /// 0: the context's; DLOPS_HOST or DLOPS_CUDA
    pub memory: i32,
    /// 1: ranks may ask for different sizes, and all get the largest
    pub pad: i32,
}

impl Options for dlops_symmetric_options {
    const NAME: &'static str = "dlops_symmetric_options";
}

/// Allocates memory of one size on every rank: what nvmath calls symmetric. No function needs it, since messages go over MPI
/// or NCCL from any memory; no NVSHMEM is used. Collective. Since 0.1.
///
/// @param bytes    the same on all ranks, unless the options say `pad`
/// @param choices  NULL for the defaults
/// @param pointer  aligned to 64 bytes, on a device to 256, and usable on any stream; the caller frees it by
///                 dlops_symmetric_free. What is left is freed with the context
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (other sizes on other ranks without `pad`, or 0 bytes on all), OPTION, UNSUPPORTED
/// (unknown memory, or a context without a device), MEMORY, COLLECTIVE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_symmetric_allocate(
    context: *mut dlops_context,
    bytes: usize,
    choices: *const dlops_symmetric_options,
    pointer: *mut *mut c_void,
) -> dlops_status {
    call("dlops_symmetric_allocate", || {
        let context = borrow::<Context>(context, "context")?;
        let arguments = || -> Result<_> {
            if pointer.is_null() {
                fail!(NullPointer, "pointer is NULL, expected an address to write to");
            }
            // SAFETY: the host passes NULL or options with their struct_size.
            let o = unsafe { options(choices) }?;
            Ok((super::space::memory(o.memory, &context)?, flag(o.pad, "pad")?))
        };
        let (memory, pad) = context.agree(arguments())?;
        let made = context.symmetric_allocate(bytes, memory, pad)?;
        // SAFETY: not NULL, and the host passes the address of a pointer.
        unsafe { write(pointer, "pointer", made.cast()) }
    })
}

/// Bytes of symmetric memory that starts at a pointer, the same on all ranks. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (no symmetric memory of this context, or freed).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_symmetric_get_size(
    context: *const dlops_context,
    pointer: *const c_void,
    bytes: *mut usize,
) -> dlops_status {
    call("dlops_symmetric_get_size", || {
        let found = borrow::<Context>(context, "context")?.symmetric_bytes(pointer.cast())?;
        // SAFETY: the host passes NULL or the address of a size_t.
        unsafe { write(bytes, "bytes", found) }
    })
}

/// Frees symmetric memory, on a device once the work that is on the context's stream is done. Collective. Since 0.1.
///
/// @param pointer  of dlops_symmetric_allocate; every rank passes its own of the same allocation
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (no symmetric memory of this context, or freed; then no rank frees).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_symmetric_free(context: *mut dlops_context, pointer: *mut c_void) -> dlops_status {
    call("dlops_symmetric_free", || borrow::<Context>(context, "context")?.symmetric_free(pointer.cast()))
}
