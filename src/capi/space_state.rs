//! What a host may ask of a space.

use super::border::{borrow, call, dlops_status, write, write_all, Output};
use super::handle::{dlops_context, dlops_space};
use crate::arrays::Space;
use crate::fail;

/// The context of a space, as a new handle that the caller destroys. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_space_get_context(
    space: *const dlops_space,
    context: *mut *mut dlops_context,
) -> dlops_status {
    call("dlops_space_get_context", || {
        Output::new(context, "context")?.write(borrow::<Space>(space, "space")?.context().clone())
    })
}

/// Element type; of a product, the promotion of its components'. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_space_get_dtype(space: *const dlops_space, dtype: *mut i32) -> dlops_status {
    // SAFETY: the host passes NULL or the address of an int32_t.
    call("dlops_space_get_dtype", || unsafe { write(dtype, "dtype", borrow::<Space>(space, "space")?.dtype() as i32) })
}

/// Where the elements live: DLOPS_HOST or DLOPS_CUDA; of a product, where those of its first component do. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_space_get_memory(space: *const dlops_space, memory: *mut i32) -> dlops_status {
    // SAFETY: the host passes NULL or the address of an int32_t.
    call("dlops_space_get_memory", || unsafe {
        write(memory, "memory", borrow::<Space>(space, "space")?.memory() as i32)
    })
}

/// Number of axes; 1 for an unshaped space, 0 for a product. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_space_get_dimensions(space: *const dlops_space, dimensions: *mut i32) -> dlops_status {
    // SAFETY: the host passes NULL or the address of an int32_t.
    call("dlops_space_get_dimensions", || unsafe {
        write(dimensions, "dimensions", borrow::<Space>(space, "space")?.local_shape().len() as i32)
    })
}

/// Global shape: as many numbers as dimensions. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, SPACE (an unshaped or a product space).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_space_get_shape(space: *const dlops_space, shape: *mut i64) -> dlops_status {
    call("dlops_space_get_shape", || {
        let space = borrow::<Space>(space, "space")?;
        // SAFETY: the host's array has room for all dimensions.
        unsafe { write_all(shape, "shape", space.shaped("dlops_space_get_shape")?.0) }
    })
}

/// Shape of this rank's elements. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, SPACE (a product space).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_space_get_local_shape(space: *const dlops_space, shape: *mut i64) -> dlops_status {
    call("dlops_space_get_local_shape", || {
        let space = borrow::<Space>(space, "space")?;
        if space.is_product() {
            fail!(Space, "a product space has no local shape; ask its components");
        }
        // SAFETY: the host's array has room for all dimensions.
        unsafe { write_all(shape, "shape", space.local_shape()) }
    })
}

/// First global index of this rank along each axis. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, SPACE (no global shape), LAYOUT (block-cyclic: not one box).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_space_get_local_start(space: *const dlops_space, start: *mut i64) -> dlops_status {
    call("dlops_space_get_local_start", || {
        let space = borrow::<Space>(space, "space")?;
        space.shaped("dlops_space_get_local_start")?;
        let Some(region) = space.region().filter(|r| r.is_box()) else {
            fail!(Layout, "this rank's elements are several blocks (block-cyclic), which have no one start");
        };
        // SAFETY: the host's array has room for all dimensions.
        unsafe { write_all(start, "start", &region.lower()) }
    })
}

/// Elements of this rank, over all components. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_space_get_local_count(space: *const dlops_space, count: *mut i64) -> dlops_status {
    // SAFETY: the host passes NULL or the address of an int64_t.
    call("dlops_space_get_local_count", || unsafe {
        write(count, "count", borrow::<Space>(space, "space")?.local_count())
    })
}

/// Elements of every rank: as many numbers as ranks. No communication. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, SPACE (a product space).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_space_get_local_counts(space: *const dlops_space, counts: *mut i64) -> dlops_status {
    call("dlops_space_get_local_counts", || {
        let space = borrow::<Space>(space, "space")?;
        if space.is_product() {
            fail!(Space, "a product space has no counts of its own; ask its components");
        }
        // SAFETY: the host's array has room for one number a rank.
        unsafe { write_all(counts, "counts", space.local_counts()) }
    })
}

/// Elements of the vector over all ranks; replicated ones count once. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_space_get_global_count(space: *const dlops_space, count: *mut i64) -> dlops_status {
    // SAFETY: the host passes NULL or the address of an int64_t.
    call("dlops_space_get_global_count", || unsafe {
        write(count, "count", borrow::<Space>(space, "space")?.global_count())
    })
}

/// Number of components; 0 for a space that is not a product. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_space_get_component_count(space: *const dlops_space, count: *mut i64) -> dlops_status {
    // SAFETY: the host passes NULL or the address of an int64_t.
    call("dlops_space_get_component_count", || unsafe {
        write(count, "count", borrow::<Space>(space, "space")?.components().len() as i64)
    })
}

/// A component of a product space, as a new handle that the caller destroys. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (index out of range).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_space_get_component(
    space: *const dlops_space,
    index: i64,
    component: *mut *mut dlops_space,
) -> dlops_status {
    call("dlops_space_get_component", || {
        let output = Output::new(component, "component")?;
        let space = borrow::<Space>(space, "space")?;
        let found = usize::try_from(index).ok().and_then(|k| space.components().get(k).cloned());
        match found {
            Some(found) => output.write(found),
            None => fail!(Argument, "index is {index}, and the space has {} components", space.components().len()),
        }
    })
}

/// Whether arrays of the one space are accepted for the other. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
///
/// @param congruent  1: the same context, dtype, memory and mask, and on every rank the same elements in the same order
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_space_is_congruent(
    a: *const dlops_space,
    b: *const dlops_space,
    congruent: *mut i32,
) -> dlops_status {
    call("dlops_space_is_congruent", || {
        let same = borrow::<Space>(a, "a")?.congruent(&borrow::<Space>(b, "b")?);
        // SAFETY: the host passes NULL or the address of an int32_t.
        unsafe { write(congruent, "congruent", same as i32) }
    })
}
