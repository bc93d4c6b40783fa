//! The library itself: version, status texts, last error.

use super::border::{call, dlops_status, last_error, write};
use super::handle;
use crate::error::{Result, Status};
use crate::fail;
use std::ffi::{c_char, CStr, CString};
use std::sync::OnceLock;

/// The ABI number, also the last part of the SONAME.
pub const DLOPS_ABI_VERSION: i32 = 0;

/// Version of the library that is running, such as "0.1.0". Local. Since 0.1.
#[no_mangle]
pub extern "C" fn dlops_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// ABI number of the library that is running; compare with DLOPS_ABI_VERSION of the header. Local. Since 0.1.
#[no_mangle]
pub extern "C" fn dlops_abi_version() -> i32 {
    DLOPS_ABI_VERSION
}

/// How the library was built: version, MPI, compiler target. Local. Since 0.1.
#[no_mangle]
pub extern "C" fn dlops_build_info() -> *const c_char {
    static INFO: OnceLock<CString> = OnceLock::new();
    let make = || {
        #[cfg(feature = "mpi")]
        let mpi = crate::comm::mpi::family_name(crate::comm::mpi::family());
        #[cfg(not(feature = "mpi"))]
        let mpi = "no MPI";
        let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
        let text = format!("dlops {}, ABI {DLOPS_ABI_VERSION}, {mpi}, {arch}-{os}", env!("CARGO_PKG_VERSION"));
        CString::new(text).unwrap_or_default()
    };
    INFO.get_or_init(make).as_ptr()
}

/// One sentence for a status. Never NULL. Local. Since 0.1.
#[no_mangle]
pub extern "C" fn dlops_status_text(status: dlops_status) -> *const c_char {
    let known = Status::ALL.into_iter().find(|s| s.code() == status);
    let text: &'static CStr = match known {
        Some(status) => c_text(status),
        None => c"not a status of this version of dlops",
    };
    text.as_ptr()
}

macro_rules! c_texts {
    ($($status:ident),+) => {
        fn c_text(status: Status) -> &'static CStr {
            match status {
                $(Status::$status => {
                    const TEXT: &str = Status::$status.text();
                    const BYTES: [u8; TEXT.len() + 1] = terminated(TEXT);
                    match CStr::from_bytes_with_nul(&BYTES) {
                        Ok(text) => text,
                        Err(_) => c"",
                    }
                })+
            }
        }
    };
}

const fn terminated<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    let mut k = 0;
    while k < text.len() {
        bytes[k] = text.as_bytes()[k];
        k += 1;
    }
    bytes
}

c_texts!(
    Ok,
    NullPointer,
    Handle,
    Argument,
    Axis,
    Shape,
    DType,
    Space,
    Context,
    State,
    Overlap,
    Option,
    Unsupported,
    Layout,
    Format,
    Collective,
    Compilation,
    Memory,
    Mpi,
    MpiMismatch,
    Io,
    Communication,
    Cuda,
    Nccl,
    Callback,
    Internal
);

/// Text of this thread's last error: function, argument, what was wrong with its value, rank.
/// Valid until the next failing call of this thread; empty when none has failed. Never NULL. Local. Since 0.1.
#[no_mangle]
pub extern "C" fn dlops_last_error() -> *const c_char {
    last_error()
}

/// Copies the text of this thread's last error, NUL-terminated and cut to `length` bytes. Local. Since 0.1.
///
/// @param buffer  room for `length` bytes
/// @param length  at least 1
/// Errors: NULL_POINTER, ARGUMENT.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_last_error_copy(buffer: *mut c_char, length: usize) -> dlops_status {
    // SAFETY: `last_error` is NUL-terminated, and the host's buffer has `length` bytes.
    let copied = || -> Result<()> {
        if buffer.is_null() {
            fail!(NullPointer, "buffer is NULL");
        }
        if length == 0 {
            fail!(Argument, "length is 0, expected at least 1");
        }
        let text = unsafe { CStr::from_ptr(last_error()) }.to_bytes();
        let n = text.len().min(length - 1);
        unsafe {
            std::ptr::copy_nonoverlapping(text.as_ptr().cast(), buffer, n);
            buffer.add(n).write(0);
        }
        Ok(())
    };
    // The text that is being copied must survive, so that an error here leaves no text of its own.
    copied().map_or_else(|e| e.status.code(), |()| Status::Ok.code())
}

/// Number of handles that are alive in this process: 0 when everything was destroyed. Local. Since 0.1.
///
/// Errors: NULL_POINTER.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_get_live_handles(count: *mut i64) -> dlops_status {
    // SAFETY: the host passes NULL or the address of an int64_t.
    call("dlops_get_live_handles", || unsafe { write(count, "count", handle::alive() as i64) })
}
