//! dlops_array: create, wrap, ask, access, destroy. Arithmetic is in `vector.rs`, movement in `transfer.rs`.

use super::border::{borrow, borrow_all, call, dlops_status, slice, write, write_all, Output};
use super::handle::{destroy, dlops_array, dlops_space};
use super::host::{dlops_destroy_callback, User};
use crate::arrays::memory::{Access, Release};
use crate::arrays::{Array, Space};
use crate::context::Level;
use crate::error::Result;
use crate::fail;
use std::ffi::c_void;
use std::sync::Arc;

/// What the host does with an array that it acquires.
pub const DLOPS_ACCESS_READ: i32 = 1;
pub const DLOPS_ACCESS_WRITE: i32 = 2;
pub const DLOPS_ACCESS_READ_WRITE: i32 = 3;

/// Makes an array of the library's own memory; its elements are unspecified until written. Of a product space: an
/// array of arrays. Local. Since 0.1.
///
/// @param array  the new array; the caller destroys it
/// Errors: NULL_POINTER, HANDLE, MEMORY.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_create(space: *const dlops_space, array: *mut *mut dlops_array) -> dlops_status {
    call("dlops_array_create", || {
        let output = Output::new(array, "array")?;
        output.write(Array::new(&borrow::<Space>(space, "space")?)?)
    })
}

/// Makes an array of page-locked host memory, so that copies between it and the context's device run without a wait
/// (dlops_array_copy_async) and at full speed; of ordinary memory where the context has no device. Page-locked memory is
/// taken from the whole machine: for buffers, not for everything. Local. Since 0.1.
///
/// @param space  a space in host memory, or a product of such
/// @param array  the new array; the caller destroys it, once copies that it takes part in are done
/// Errors: NULL_POINTER, HANDLE, SPACE (in device memory), MEMORY.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_create_pinned(
    space: *const dlops_space,
    array: *mut *mut dlops_array,
) -> dlops_status {
    call("dlops_array_create_pinned", || {
        let output = Output::new(array, "array")?;
        output.write(Array::new_pinned(&borrow::<Space>(space, "space")?)?)
    })
}

/// Makes an array over the host's memory, C-contiguous, zero copy. Local. Since 0.1.
///
/// @param space  a space that is not a product
/// @param data   this rank's elements (dlops_space_get_local_count of them); borrowed until the array and all that
///               holds it is destroyed. May be NULL where the count is 0
/// @param array  the new array; the caller destroys it
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (not aligned for the dtype, or not in the memory of the space), SPACE (a product
/// space), MEMORY (more than the address space holds).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_wrap(
    space: *const dlops_space,
    data: *mut c_void,
    array: *mut *mut dlops_array,
) -> dlops_status {
    call("dlops_array_wrap", || {
        let output = Output::new(array, "array")?;
        let space = borrow::<Space>(space, "space")?;
        // SAFETY: the host keeps its memory in place, as documented.
        output.write(unsafe { Array::wrap(&space, data.cast(), None) }?)
    })
}

/// Makes an array over the host's padded or ghosted memory, zero copy. Local. Since 0.1.
///
/// @param data     address of the first local element; borrowed until `destroy` is called, or without one until the
///                 array and all that holds it is destroyed
/// @param strides  one number an axis of the local shape, in elements, positive; the last axis contiguous (stride 1),
///                 no axis shorter than the extent of the axes after it. NULL: contiguous
/// @param user     passed to `destroy`
/// @param destroy  called once when the library lets go of the memory; may be NULL. Not called if this call fails
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (not aligned, or not in the memory of the space), SHAPE (strides), SPACE (a
/// product space), MEMORY.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_wrap_strided(
    space: *const dlops_space,
    data: *mut c_void,
    strides: *const i64,
    user: *mut c_void,
    destroy: dlops_destroy_callback,
    array: *mut *mut dlops_array,
) -> dlops_status {
    call("dlops_array_wrap_strided", || {
        let output = Output::new(array, "array")?;
        let space = borrow::<Space>(space, "space")?;
        let strides = match strides.is_null() {
            true => crate::arrays::local::contiguous_strides(space.local_shape()),
            // SAFETY: the host passes one stride for each axis.
            false => unsafe { slice(strides, space.local_shape().len() as i64, "strides") }?.to_vec(),
        };
        let user = Arc::new(User::lent(user));
        let held = user.clone();
        let release: Release = Box::new(move || drop(held));
        // SAFETY: the host keeps its memory in place, as documented.
        output.write(unsafe { Array::wrap_strided(&space, data.cast(), &strides, Some(release)) }?)?;
        user.adopt(destroy);
        Ok(())
    })
}

/// Makes an array of the product of the spaces of existing arrays, without a copy. Local. Since 0.1.
///
/// @param count  components, 1 or more
/// @param parts  arrays of one context that share no memory; kept alive by the new array
/// Errors: NULL_POINTER, HANDLE, ARGUMENT, CONTEXT, SPACE, OVERLAP.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_compose(
    count: i64,
    parts: *const *const dlops_array,
    array: *mut *mut dlops_array,
) -> dlops_status {
    call("dlops_array_compose", || {
        let output = Output::new(array, "array")?;
        // SAFETY: the host passes `count` handles.
        let parts = unsafe { borrow_all::<Array>(parts, count, "parts") }?;
        output.write(Array::compose(&parts)?)
    })
}

/// The same memory as an array of a congruent space (another shape of the same elements, or local counts only).
/// Local. Since 0.1. Errors: NULL_POINTER, HANDLE, CONTEXT, DTYPE, SPACE (not congruent), UNSUPPORTED (strided).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_view_as(
    array: *const dlops_array,
    space: *const dlops_space,
    view: *mut *mut dlops_array,
) -> dlops_status {
    call("dlops_array_view_as", || {
        let output = Output::new(view, "view")?;
        output.write(borrow::<Array>(array, "array")?.view_as(&borrow::<Space>(space, "space")?)?)
    })
}

/// The same local memory as an array of another space of the same dtype and local count, whatever its layout: what
/// the elements mean globally is the caller's word. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, SPACE, UNSUPPORTED (a strided array with another local shape).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_reinterpret(
    array: *const dlops_array,
    space: *const dlops_space,
    view: *mut *mut dlops_array,
) -> dlops_status {
    call("dlops_array_reinterpret", || {
        let output = Output::new(view, "view")?;
        let (array, space) = (borrow::<Array>(array, "array")?, borrow::<Space>(space, "space")?);
        if array.space().is_product() || space.is_product() {
            fail!(Space, "a product space has no buffer of its own; reinterpret its components");
        }
        output.write(array.reinterpret(&space)?)
    })
}

/// The space of an array, as a new handle that the caller destroys. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_get_space(
    array: *const dlops_array,
    space: *mut *mut dlops_space,
) -> dlops_status {
    call("dlops_array_get_space", || {
        Output::new(space, "space")?.write(borrow::<Array>(array, "array")?.space().clone())
    })
}

/// A component of an array of a product space: a new handle to the same memory, which the caller destroys. Local.
/// Since 0.1. Errors: NULL_POINTER, HANDLE, ARGUMENT (index out of range).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_get_component(
    array: *const dlops_array,
    index: i64,
    component: *mut *mut dlops_array,
) -> dlops_status {
    call("dlops_array_get_component", || {
        let output = Output::new(component, "component")?;
        let array = borrow::<Array>(array, "array")?;
        match usize::try_from(index).ok().and_then(|k| array.parts().get(k).cloned()) {
            Some(part) => output.write(part),
            None => fail!(Argument, "index is {index}, and the array has {} components", array.parts().len()),
        }
    })
}

/// Strides of the local elements, one number an axis, in elements. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, SPACE (a product space).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_get_strides(array: *const dlops_array, strides: *mut i64) -> dlops_status {
    call("dlops_array_get_strides", || {
        let array = borrow::<Array>(array, "array")?;
        // SAFETY: the host's array has room for one number an axis.
        unsafe { write_all(strides, "strides", &array.leaf()?.strides) }
    })
}

fn access(code: i32) -> Result<Access> {
    Ok(match code {
        DLOPS_ACCESS_READ => Access::Read,
        DLOPS_ACCESS_WRITE => Access::Write,
        DLOPS_ACCESS_READ_WRITE => Access::ReadWrite,
        _ => fail!(Argument, "access is {code}, expected DLOPS_ACCESS_READ (1) to DLOPS_ACCESS_READ_WRITE (3)"),
    })
}

/// Gives the host direct access to this rank's elements until dlops_array_release. Any number of readers, or one
/// writer; a view locks its parent. What the host writes is this rank's: a replicated array becomes consistent again
/// by dlops_array_synchronize. Local. Since 0.1.
///
/// @param data  address of the first local element (see dlops_array_get_strides). Of an array in device memory: an address
///              there, for work on the context's stream or on one that waits for it
/// Errors: NULL_POINTER, HANDLE, ARGUMENT, SPACE (a product space: acquire its components), STATE (already acquired).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_acquire(
    array: *mut dlops_array,
    mode: i32,
    data: *mut *mut c_void,
) -> dlops_status {
    call("dlops_array_acquire", || {
        let array = borrow::<Array>(array, "array")?;
        if data.is_null() {
            fail!(NullPointer, "data is NULL, expected the address of a pointer");
        }
        let pointer = array.acquire(access(mode)?)?;
        // SAFETY: not NULL, and the host passes the address of a pointer.
        unsafe { write(data, "data", pointer.cast()) }
    })
}

/// Ends one dlops_array_acquire. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, STATE (not acquired).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_release(array: *mut dlops_array) -> dlops_status {
    call("dlops_array_release", || borrow::<Array>(array, "array")?.release())
}

/// Sends a line that describes the array to the log at level DLOPS_LOG_INFO. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_view(array: *const dlops_array) -> dlops_status {
    call("dlops_array_view", || {
        let array = borrow::<Array>(array, "array")?;
        let context = array.space().context();
        let place = format!("rank {} of {}", context.rank(), context.size());
        context.log(
            Level::Info,
            &format!("array of {}, local shape {:?}, {place}", array.space(), array.space().local_shape()),
        );
        Ok(())
    })
}

/// Another handle to the same array. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_retain(array: *const dlops_array, copy: *mut *mut dlops_array) -> dlops_status {
    call("dlops_array_retain", || Output::new(copy, "copy")?.write(borrow::<Array>(array, "array")?))
}

/// Destroys a handle and sets it to NULL; NULL is accepted. Local. Since 0.1. Errors: HANDLE.
#[no_mangle]
pub unsafe extern "C" fn dlops_array_destroy(array: *mut *mut dlops_array) -> dlops_status {
    // SAFETY: the host passes NULL or the address of a handle.
    call("dlops_array_destroy", || unsafe { destroy::<Array>(array, "array") })
}
