//! Return codes of MPI as errors.

use crate::error::{Error, Result, Status};
use mpi::ffi;
use std::ffi::{c_char, c_int, CStr};

pub(super) const SUCCESS: c_int = ffi::MPI_SUCCESS as c_int;

/// `Ok` for MPI_SUCCESS, else status `Mpi` with the call's name and MPI's own text.
pub(super) fn check(code: c_int, call: &str) -> Result<()> {
    match code {
        SUCCESS => Ok(()),
        code => Err(Error::new(Status::Mpi, format!("{call} failed: {}", text(code)))),
    }
}

/// MPI_Error_string.
pub(super) fn text(code: c_int) -> String {
    let mut text = [0 as c_char; ffi::MPI_MAX_ERROR_STRING as usize + 1];
    let mut length: c_int = 0;
    // SAFETY: the buffer has MPI_MAX_ERROR_STRING bytes and one more, which stays zero.
    if unsafe { ffi::MPI_Error_string(code, text.as_mut_ptr(), &mut length) } != SUCCESS {
        return format!("MPI error {code}");
    }
    // SAFETY: zero-terminated, as above.
    unsafe { CStr::from_ptr(text.as_ptr()) }.to_string_lossy().into_owned()
}
