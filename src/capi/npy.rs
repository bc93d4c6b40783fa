//! Arrays in `.npy` files.

use super::border::{borrow, call, dlops_status, text, write, write_all};
use super::handle::{dlops_array, dlops_context};
use crate::arrays::{npy, Array};
use crate::context::Context;
use crate::error::Result;
use crate::fail;
use std::ffi::c_char;

/// Type and shape of the array in a .npy file. Collective. Since 0.1.
///
/// @param context     who reads
/// @param path        the same on all ranks, UTF-8
/// @param dtype       DLOPS_FLOAT32 to DLOPS_INT64; big-endian files are understood too
/// @param dimensions  number of axes; 0 for a single number
/// @param shape       room for DLOPS_MAX_DIMENSIONS numbers, of which `dimensions` are written, in the order in which
///                    Python shows them, whether the file is in C or in Fortran order
/// Errors: NULL_POINTER, HANDLE, COLLECTIVE (different paths), IO (cannot be opened or read), FORMAT (not a .npy file,
/// truncated or malformed), DTYPE (elements of another type), SHAPE (too many dimensions).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_npy_inspect(
    context: *const dlops_context,
    path: *const c_char,
    dtype: *mut i32,
    dimensions: *mut i32,
    shape: *mut i64,
) -> dlops_status {
    call("dlops_npy_inspect", || {
        let context = borrow::<Context>(context, "context")?;
        let arguments = || -> Result<_> {
            for (missing, name) in
                [(dtype.is_null(), "dtype"), (dimensions.is_null(), "dimensions"), (shape.is_null(), "shape")]
            {
                if missing {
                    fail!(NullPointer, "{name} is NULL, expected an address to write to");
                }
            }
            // SAFETY: the host passes NULL or a C string.
            unsafe { text(path, "path") }
        };
        let header = npy::inspect(&context, context.agree(arguments())?)?;
        // SAFETY: not NULL, and the host's array has room for DLOPS_MAX_DIMENSIONS numbers.
        unsafe {
            write_all(shape, "shape", &header.shape)?;
            write(dimensions, "dimensions", header.shape.len() as i32)?;
            write(dtype, "dtype", header.dtype as i32)
        }
    })
}

/// array := the elements of a .npy file, every rank its own; all copies of a replicated array. Other element types are
/// converted as by NumPy's astype. Ranks read contiguous parts of the file in turn and need little memory beside the
/// array. An unshaped array takes a file of one axis, in the order of ranks. Collective. Since 0.1.
///
/// @param array  of the file's shape, in any layout and memory order
/// @param path   the same on all ranks, UTF-8
/// Errors: NULL_POINTER, HANDLE, COLLECTIVE (different paths or shapes), IO, FORMAT and DTYPE as dlops_npy_inspect, DTYPE
/// (complex elements for a real array), SHAPE (both shapes are named), SPACE (a product space: read its components),
/// STATE (acquired), MEMORY.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_read_npy(array: *mut dlops_array, path: *const c_char) -> dlops_status {
    call("dlops_array_read_npy", || {
        let array = borrow::<Array>(array, "array")?;
        // SAFETY: the host passes NULL or a C string.
        let path = unsafe { text(path, "path") }.and_then(|path| array.check_free("array", true).map(|()| path));
        npy::read(&array, array.space().context().agree(path)?, npy::SLAB_BYTES)
    })
}

/// Writes the array to a .npy file in C order, which numpy.load reads; a file that exists is replaced. A replicated
/// array is written once. Collective; the data is with the file system when it returns. Since 0.1.
///
/// @param path  the same on all ranks, UTF-8
/// Errors: NULL_POINTER, HANDLE, COLLECTIVE (different paths), IO (cannot be made or written), SPACE (a product space:
/// write its components), STATE (acquired for writing), MEMORY.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_write_npy(array: *const dlops_array, path: *const c_char) -> dlops_status {
    call("dlops_array_write_npy", || {
        let array = borrow::<Array>(array, "array")?;
        // SAFETY: the host passes NULL or a C string.
        let path = unsafe { text(path, "path") }.and_then(|path| array.check_free("array", false).map(|()| path));
        npy::write(&array, array.space().context().agree(path)?, npy::SLAB_BYTES)
    })
}
