//! Whether this MPI takes addresses of device memory.

use crate::error::Result;
use crate::fail;
use std::ffi::c_int;

/// `DLOPS_CUDA_AWARE_MPI` where it is set, else what MPIX_Query_cuda_support of Open MPI, MPICH and their kin says; an MPI
/// without that function does not tell, and counts as one that does not.
pub(super) fn takes_device_memory() -> Result<bool> {
    match std::env::var("DLOPS_CUDA_AWARE_MPI").as_deref().map(str::trim) {
        Ok("1") => return Ok(true),
        Ok("0") => return Ok(false),
        Ok("") | Err(_) => {}
        Ok(other) => fail!(Option, "DLOPS_CUDA_AWARE_MPI is '{other}', expected 0 or 1"),
    }
    // SAFETY: looking up a symbol of the loaded MPI.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"MPIX_Query_cuda_support".as_ptr()) };
    if found.is_null() {
        return Ok(false);
    }
    // SAFETY: the function takes no arguments and returns an int in every MPI that has it.
    let query = unsafe { std::mem::transmute::<*mut libc::c_void, unsafe extern "C" fn() -> c_int>(found) };
    // SAFETY: it may be called at any time.
    Ok(unsafe { query() } != 0)
}
