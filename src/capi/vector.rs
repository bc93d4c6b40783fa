//! Arithmetic on arrays: the vector verbs.

use super::border::{boolean, borrow, call, dlops_status, scalar, write};
use super::event::host_stream;
use super::handle::dlops_array;
use super::host::CUstream_st;
use super::operator::dlops_scalar;
use crate::arrays::random::{self, Distribution};
use crate::arrays::{peer_copy, verbs, Array, Space};
use crate::context::Context;
use crate::device::Stream;
use crate::error::Result;
use crate::fail;
use std::sync::Arc;

/// Distributions of dlops_array_fill_random.
pub const DLOPS_UNIFORM: i32 = 0;
pub const DLOPS_NORMAL: i32 = 1;

/// An array that will be written.
fn target(pointer: *mut dlops_array, name: &str) -> Result<Array> {
    let array = borrow::<Array>(pointer, name)?;
    array.check_free(name, true)?;
    Ok(array)
}

/// An array that will be read.
fn source(pointer: *const dlops_array, name: &str) -> Result<Array> {
    let array = borrow::<Array>(pointer, name)?;
    array.check_free(name, false)?;
    Ok(array)
}

fn same_space(x: &Array, x_name: &str, y: &Array, y_name: &str) -> Result<()> {
    match x.space().congruent(y.space()) {
        true => Ok(()), // without the text that a refusal needs: the verbs allocate nothing
        false => x.space().require_congruent(y.space(), x_name, &format!("the space of {y_name}")),
    }
}

/// Congruent when all elements had one type and place, component by component.
fn same_but_for_dtype(x: &Space, y: &Space) -> Result<()> {
    if x.is_product() && x.components().len() == y.components().len() {
        return x.components().iter().zip(y.components()).try_for_each(|(x, y)| same_but_for_dtype(x, y));
    }
    match x.congruent(y) {
        true => Ok(()),
        false => x.with_dtype(y.dtype()).with_memory(y.memory())?.require_congruent(y, "x", "the space of y"),
    }
}

/// Arrays that are the same or share nothing: elementwise updates may work in place, but not on shifted memory.
fn aligned(x: &Array, x_name: &str, y: &Array, y_name: &str) -> Result<()> {
    if x.overlaps(y) {
        fail!(Overlap, "{x_name} and {y_name} share memory");
    }
    Ok(())
}

/// Every element of this rank := value. Local; the same call on all ranks fills a replicated array consistently.
/// Since 0.1. Errors: NULL_POINTER, HANDLE, DTYPE (imaginary part for real elements), STATE (acquired).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_fill(array: *mut dlops_array, value: dlops_scalar) -> dlops_status {
    call("dlops_array_fill", || {
        let array = target(array, "array")?;
        verbs::fill(&array, scalar(value, array.dtype(), "value")?)
    })
}

/// Fills with random numbers that depend on the seed and the global index only: the same array for any number of
/// ranks. Local. Since 0.1.
///
/// @param distribution  DLOPS_UNIFORM, [0, 1), or DLOPS_NORMAL, mean 0 and variance 1; complex elements have
///                      independent real and imaginary parts
/// @param seed          different seeds give independent sequences (Philox4x32-10, Salmon et al. 2011)
/// Errors: NULL_POINTER, HANDLE, ARGUMENT, DTYPE (integers), STATE (acquired).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_fill_random(
    array: *mut dlops_array,
    distribution: i32,
    seed: u64,
) -> dlops_status {
    call("dlops_array_fill_random", || {
        let array = target(array, "array")?;
        let distribution = match distribution {
            DLOPS_UNIFORM => Distribution::Uniform,
            DLOPS_NORMAL => Distribution::Normal,
            _ => fail!(Argument, "distribution is {distribution}, expected DLOPS_UNIFORM (0) or DLOPS_NORMAL (1)"),
        };
        random::fill(&array, distribution, seed, 0)
    })
}

/// y := x, converted as NumPy's astype where the dtypes differ (complex to real is refused), from any memory to any. A copy
/// to or from host memory is done when this returns; one on the device is put on the context's stream. Local. Since 0.1.
///
/// Between two contexts, of as many ranks and this rank in the same place, it is put behind the work of both, and what
/// either does next waits for it: from device to device where the one reaches the other (see
/// dlops_device_can_access_peer), else through page-locked host memory; which of them is told at level DLOPS_LOG_INFO.
///
/// @param x  source
/// @param y  target, congruent but for dtype, memory and context
/// Errors: NULL_POINTER, HANDLE, CONTEXT (other ranks), SPACE, DTYPE, OVERLAP, STATE (acquired), MEMORY, CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_copy(x: *const dlops_array, y: *mut dlops_array) -> dlops_status {
    call("dlops_array_copy", || {
        let (x, y) = (source(x, "x")?, target(y, "y")?);
        aligned(&x, "x", &y, "y")?;
        if x.space().context() != y.space().context() {
            return peer_copy::copy(&x, &y);
        }
        same_but_for_dtype(x.space(), y.space())?;
        verbs::copy(&x, &y)
    })
}

/// As dlops_array_copy within one context, without a wait: put on the context's stream. An array in host memory is read,
/// or written, until dlops_context_synchronize or a dlops_event that is recorded after it has passed; it is not destroyed
/// or changed before. The call waits nevertheless where host memory is not page-locked (see dlops_array_create_pinned) or
/// not contiguous. Local. Since 0.1.
///
/// @param x  source
/// @param y  target, congruent but for dtype and memory
/// Errors: NULL_POINTER, HANDLE, CONTEXT, SPACE, DTYPE, OVERLAP, STATE (acquired), MEMORY, CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_copy_async(x: *const dlops_array, y: *mut dlops_array) -> dlops_status {
    call("dlops_array_copy_async", || start_copy(x, y, |_| Ok(None)))
}

/// As dlops_array_copy_async, on another stream of the context's device, so that the copy can run beside work on the
/// context's. The caller orders the two by dlops_event_record, dlops_event_wait_on, dlops_event_record_on and
/// dlops_event_wait. Local. Since 0.1.
///
/// @param stream  a cudaStream_t; NULL: the legacy default stream. Not used between arrays in host memory
/// Errors: as dlops_array_copy_async, and ARGUMENT (a stream of another device).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_copy_on(
    x: *const dlops_array,
    y: *mut dlops_array,
    stream: *mut CUstream_st,
) -> dlops_status {
    call("dlops_array_copy_on", || start_copy(x, y, |context| host_stream(context, stream)))
}

fn start_copy(
    x: *const dlops_array,
    y: *mut dlops_array,
    stream: impl FnOnce(&Context) -> Result<Option<Arc<Stream>>>,
) -> Result<()> {
    let (x, y) = (source(x, "x")?, target(y, "y")?);
    same_but_for_dtype(x.space(), y.space())?;
    aligned(&x, "x", &y, "y")?;
    verbs::copy_async(&x, &y, stream(x.space().context())?.as_ref())
}

/// x := alpha x. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, DTYPE, STATE (acquired).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_scale(alpha: dlops_scalar, x: *mut dlops_array) -> dlops_status {
    call("dlops_array_scale", || {
        let x = target(x, "x")?;
        verbs::scale(scalar(alpha, x.dtype(), "alpha")?, &x)
    })
}

/// x := x + value, every element. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, DTYPE, STATE (acquired).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_add_scalar(value: dlops_scalar, x: *mut dlops_array) -> dlops_status {
    call("dlops_array_add_scalar", || {
        let x = target(x, "x")?;
        verbs::add_scalar(scalar(value, x.dtype(), "value")?, &x)
    })
}

/// x := conj(x). Local. Since 0.1. Errors: NULL_POINTER, HANDLE, STATE (acquired).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_conjugate(x: *mut dlops_array) -> dlops_status {
    call("dlops_array_conjugate", || verbs::conjugate(&target(x, "x")?))
}

/// y := alpha x + beta y; with beta = 0, y is never read. One pass: reads 2n, writes n. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, CONTEXT, SPACE, DTYPE, OVERLAP, STATE (acquired).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_axpby(
    alpha: dlops_scalar,
    x: *const dlops_array,
    beta: dlops_scalar,
    y: *mut dlops_array,
) -> dlops_status {
    call("dlops_array_axpby", || {
        let (x, y) = (source(x, "x")?, target(y, "y")?);
        same_space(&x, "x", &y, "y")?;
        aligned(&x, "x", &y, "y")?;
        let dtype = y.dtype();
        verbs::axpby(scalar(alpha, dtype, "alpha")?, &x, scalar(beta, dtype, "beta")?, &y)
    })
}

/// y := alpha x + y. One pass: reads 2n, writes n. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, CONTEXT, SPACE, DTYPE, OVERLAP, STATE (acquired).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_axpy(
    alpha: dlops_scalar,
    x: *const dlops_array,
    y: *mut dlops_array,
) -> dlops_status {
    call("dlops_array_axpy", || {
        let (x, y) = (source(x, "x")?, target(y, "y")?);
        same_space(&x, "x", &y, "y")?;
        aligned(&x, "x", &y, "y")?;
        verbs::axpy(scalar(alpha, y.dtype(), "alpha")?, &x, &y)
    })
}

/// w := alpha x + beta y: add, subtract and scale in one pass (reads 2n, writes n). Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, CONTEXT, SPACE, DTYPE, OVERLAP (w with x or y), STATE (acquired).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_waxpby(
    alpha: dlops_scalar,
    x: *const dlops_array,
    beta: dlops_scalar,
    y: *const dlops_array,
    w: *mut dlops_array,
) -> dlops_status {
    call("dlops_array_waxpby", || {
        let (x, y, w) = (source(x, "x")?, source(y, "y")?, target(w, "w")?);
        for (array, name) in [(&x, "x"), (&y, "y")] {
            same_space(array, name, &w, "w")?;
            aligned(array, name, &w, "w")?;
        }
        let dtype = w.dtype();
        verbs::waxpby(scalar(alpha, dtype, "alpha")?, &x, scalar(beta, dtype, "beta")?, &y, &w)
    })
}

/// w := x .* y element by element, with conj(x) where asked. Local. Since 0.1.
///
/// @param conjugate  1: conj(x) .* y; 0: x .* y
/// Errors: NULL_POINTER, HANDLE, ARGUMENT, CONTEXT, SPACE, DTYPE, OVERLAP (w with x or y), STATE (acquired).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_multiply(
    x: *const dlops_array,
    y: *const dlops_array,
    conjugate: i32,
    w: *mut dlops_array,
) -> dlops_status {
    call("dlops_array_multiply", || {
        let (x, y, w) = (source(x, "x")?, source(y, "y")?, target(w, "w")?);
        for (array, name) in [(&x, "x"), (&y, "y")] {
            same_space(array, name, &w, "w")?;
            aligned(array, name, &w, "w")?;
        }
        verbs::multiply(&x, &y, boolean(conjugate, "conjugate")?, &w)
    })
}

/// <x, y> = sum conj(x) y over the ranks of the space's group; replicated elements count once. Collective; no message
/// for a replicated space. Sums in double precision. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, CONTEXT, SPACE, DTYPE, STATE (acquired for writing), MPI.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_dot(
    x: *const dlops_array,
    y: *const dlops_array,
    result: *mut dlops_scalar,
) -> dlops_status {
    call("dlops_array_dot", || {
        let (x, y) = (borrow::<Array>(x, "x")?, borrow::<Array>(y, "y")?);
        // SAFETY: the host passes NULL or the address of a dlops_scalar.
        unsafe { write(result, "result", verbs::dot(&x, &y)?) }
    })
}

/// sum x y, not conjugated; else as dlops_array_dot. Collective. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, CONTEXT, SPACE, DTYPE, STATE (acquired for writing), MPI.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_dot_unconjugated(
    x: *const dlops_array,
    y: *const dlops_array,
    result: *mut dlops_scalar,
) -> dlops_status {
    call("dlops_array_dot_unconjugated", || {
        let (x, y) = (borrow::<Array>(x, "x")?, borrow::<Array>(y, "y")?);
        // SAFETY: the host passes NULL or the address of a dlops_scalar.
        unsafe { write(result, "result", verbs::dot_unconjugated(&x, &y)?) }
    })
}

/// The Euclidean norm over the ranks of the space's group; replicated elements count once. Collective; no message for
/// a replicated space. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, DTYPE (integers), STATE (acquired for writing), MPI.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_norm(x: *const dlops_array, result: *mut f64) -> dlops_status {
    call("dlops_array_norm", || {
        let x = borrow::<Array>(x, "x")?;
        // SAFETY: the host passes NULL or the address of a double.
        unsafe { write(result, "result", verbs::norm(&x)?) }
    })
}
