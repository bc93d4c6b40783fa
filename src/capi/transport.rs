//! How what lies on devices goes from rank to rank.

use super::border::{borrow, call, dlops_status, write};
use super::handle::dlops_context;
use super::host::ncclComm;
use crate::context::{Context, TransportChoice};
use crate::error::Result;
use crate::fail;

/// Ways from device to device; 0 is automatic: the host's NCCL communicator where `nccl` gives one and DLOPS_NCCL=0 does
/// not forbid it, else the messages of an MPI that says that it takes device memory (MPIX_Query_cuda_support, or
/// DLOPS_CUDA_AWARE_MPI=1 or 0), else staged.
/// Staged: messages of the context's communicator, through page-locked memory of the host.
pub const DLOPS_TRANSPORT_STAGED: i32 = 1;
/// Messages of the context's communicator, MPI or the host's functions, which takes addresses of device memory. Sums over
/// ranks are staged.
pub const DLOPS_TRANSPORT_CUDA_AWARE: i32 = 2;
/// NCCL, by the host's communicator or by one that the library makes; one device a rank.
pub const DLOPS_TRANSPORT_NCCL: i32 = 3;

pub(super) fn choice(code: i32) -> Result<TransportChoice> {
    match code {
        0 => Ok(TransportChoice::Automatic),
        DLOPS_TRANSPORT_STAGED => Ok(TransportChoice::Staged),
        DLOPS_TRANSPORT_CUDA_AWARE => Ok(TransportChoice::CudaAware),
        DLOPS_TRANSPORT_NCCL => Ok(TransportChoice::Nccl),
        _ => fail!(
            Option,
            "transport is {code}, expected 0, DLOPS_TRANSPORT_STAGED (1), DLOPS_TRANSPORT_CUDA_AWARE (2) or \
             DLOPS_TRANSPORT_NCCL (3)"
        ),
    }
}

/// How what lies on the devices of the context goes from rank to rank: DLOPS_TRANSPORT_STAGED, DLOPS_TRANSPORT_CUDA_AWARE
/// or DLOPS_TRANSPORT_NCCL. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, STATE (a context without a device).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_get_transport(
    context: *const dlops_context,
    transport: *mut i32,
) -> dlops_status {
    call("dlops_context_get_transport", || {
        let context = borrow::<Context>(context, "context")?;
        super::device::stream(&context)?;
        let code = match context.transport_choice() {
            TransportChoice::CudaAware => DLOPS_TRANSPORT_CUDA_AWARE,
            TransportChoice::Nccl => DLOPS_TRANSPORT_NCCL,
            _ => DLOPS_TRANSPORT_STAGED,
        };
        // SAFETY: the host passes NULL or the address of an int32_t.
        unsafe { write(transport, "transport", code) }
    })
}

/// The NCCL communicator (an ncclComm_t) by which the context's devices talk: the host's, or the library's own, which lives
/// as long as the context. The host may use it while no call of the library is unfinished. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, STATE (a context without a device, or with another transport), NCCL (it was given up, see
/// nccl_time_limit).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_get_nccl(
    context: *const dlops_context,
    nccl: *mut *mut ncclComm,
) -> dlops_status {
    call("dlops_context_get_nccl", || {
        let context = borrow::<Context>(context, "context")?;
        super::device::stream(&context)?;
        let Some(communicator) = context.nccl() else {
            fail!(State, "the context's transport is not NCCL (transport = DLOPS_TRANSPORT_NCCL, or nccl)");
        };
        // SAFETY: the host passes NULL or the address of a pointer.
        unsafe { write(nccl, "nccl", communicator.raw()?.cast()) }
    })
}
