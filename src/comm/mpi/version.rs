//! Which MPI this library was built for.

use mpi::ffi;
use std::ffi::{c_char, c_int, c_void, CStr};

/// Version macros that one family's `mpi.h` has and the others' have not.
#[allow(dead_code)]
mod absent {
    pub const OMPI_MAJOR_VERSION: u32 = u32::MAX;
    pub const MPICH_NUMVERSION: u32 = u32::MAX;
}

/// The value of a macro of `mpi.h`, or `absent`'s: the inner import hides the outer one where both have the name.
macro_rules! macro_of_mpi {
    ($name:ident) => {{
        #[allow(unused_imports)]
        use absent::*;
        {
            #[allow(unused_imports)]
            use ffi::*;
            $name as u32
        }
    }};
}

const FAMILY: i32 = if macro_of_mpi!(OMPI_MAJOR_VERSION) != u32::MAX {
    1
} else if macro_of_mpi!(MPICH_NUMVERSION) != u32::MAX || size_of::<ffi::MPI_Comm>() == size_of::<c_int>() {
    2
} else {
    3
};

/// 1 Open MPI; 2 the MPICH family (MPICH, Intel MPI, MVAPICH, Cray); 3 the standard MPI ABI.
pub fn family() -> i32 {
    FAMILY
}

pub fn family_name(family: i32) -> &'static str {
    match family {
        1 => "Open MPI",
        2 => "an MPI of the MPICH family",
        3 => "the standard MPI ABI",
        _ => "an unknown MPI",
    }
}

/// MPI_IN_PLACE: a cast in `mpi.h`, which bindings do not carry; fixed within a family by its binary compatibility.
pub(super) fn in_place() -> *const c_void {
    (if FAMILY == 2 { -1isize } else { 1 }) as *const c_void
}

/// The first line of MPI_Get_library_version, of the library that is loaded. May be called at any time.
pub fn library_version() -> String {
    // Two families' longest text is 8192 bytes (MPICH) and 256 (Open MPI).
    let mut text = vec![0 as c_char; 16384];
    let mut length: c_int = 0;
    // SAFETY: the buffer is longer than any MPI_MAX_LIBRARY_VERSION_STRING and stays zero-terminated.
    unsafe { ffi::MPI_Get_library_version(text.as_mut_ptr(), &mut length) };
    // SAFETY: zero-terminated, as above.
    let text = unsafe { CStr::from_ptr(text.as_ptr()) }.to_string_lossy().into_owned();
    text.lines().next().unwrap_or_default().replace('\t', " ").trim().to_string()
}
