//! Norms of every order, sums and extremes.

use super::border::{axis as checked_axis, borrow, call, dlops_status, write, Output};
use super::handle::{dlops_array, dlops_space};
use super::operator::dlops_scalar;
use crate::arrays::{norms, Array, Space};
use crate::error::Result;
use crate::fail;

/// The norm of an order, of all elements as one vector, components of products included: (sum |x|^p)^(1/p) for any p but
/// 0; for 0 the number of elements that are not zero; for INFINITY and -INFINITY (of <math.h>) the largest and smallest
/// magnitude, NaN where an element is NaN. Over the ranks of the space's group; replicated elements count once.
/// Collective; no message for a replicated space. Since 0.1.
///
/// @param order   0, any number, INFINITY or -INFINITY, the same on all ranks
/// @param result  0 for no elements, INFINITY for no elements and order -INFINITY
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (order is NaN), DTYPE (integers), STATE (acquired for writing), MPI.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_norm_order(x: *const dlops_array, order: f64, result: *mut f64) -> dlops_status {
    call("dlops_array_norm_order", || {
        let x = borrow::<Array>(x, "x")?;
        x.space().context().check_same(|| format!("order {order}"))?;
        // SAFETY: the host passes NULL or the address of a double.
        unsafe { write(result, "result", norms::norm(&x, order)?) }
    })
}

/// The space of the norms along an axis: real, the shape without that axis (of one axis: one element). Ranks of a grid that
/// divide the axis hold copies of the result, and other axes are cut as in the space; where boxes cut the axis, the result
/// is cut along axis 0 in balanced blocks (of one axis: every rank has it). Local. Since 0.1.
///
/// @param axis    negative counts from the last
/// @param result  the new space; the caller destroys it
/// Errors: NULL_POINTER, HANDLE, AXIS, SPACE (no global shape), UNSUPPORTED (boxes that cut the axis, under a mask).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_space_create_norm_axis(
    space: *const dlops_space,
    axis: i32,
    result: *mut *mut dlops_space,
) -> dlops_status {
    call("dlops_space_create_norm_axis", || {
        let output = Output::new(result, "result")?;
        let space = borrow::<Space>(space, "space")?;
        let axis = checked_axis(axis, space.shaped("a norm along an axis")?.0.len(), "axis")?;
        output.write(norms::axis_space(&space, axis)?)
    })
}

/// The norms along an axis, one for each index of the others: numpy.linalg.norm with axis. Over the ranks that share
/// the axis, of one mask colour. Collective. Since 0.1.
///
/// @param order   as in dlops_array_norm_order
/// @param axis    negative counts from the last
/// @param result  of the space that dlops_space_create_norm_axis gives, or of a congruent one
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (order is NaN), AXIS, DTYPE, SPACE, OVERLAP, UNSUPPORTED (boxes that cut the
/// axis, under a mask), STATE (acquired), COLLECTIVE, MEMORY.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_norm_axis(
    x: *const dlops_array,
    order: f64,
    axis: i32,
    result: *mut dlops_array,
) -> dlops_status {
    call("dlops_array_norm_axis", || {
        let x = borrow::<Array>(x, "x")?;
        let arguments = || -> Result<_> {
            x.check_free("x", false)?;
            let result = borrow::<Array>(result, "result")?;
            result.check_free("result", true)?;
            if x.overlaps(&result) {
                fail!(Overlap, "x and result share memory");
            }
            Ok((checked_axis(axis, x.space().shaped("a norm along an axis")?.0.len(), "axis")?, result))
        };
        let (axis, result) = x.space().context().agree(arguments())?;
        norms::norm_along(&x, order, axis, &result)
    })
}

/// sum x over the ranks of the space's group; replicated elements count once. Collective; no message for a replicated
/// space. Since 0.1. Errors: NULL_POINTER, HANDLE, DTYPE (integers), STATE (acquired for writing), MPI.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_sum(x: *const dlops_array, result: *mut dlops_scalar) -> dlops_status {
    call("dlops_array_sum", || {
        let x = borrow::<Array>(x, "x")?;
        // SAFETY: the host passes NULL or the address of a dlops_scalar.
        unsafe { write(result, "result", norms::sum(&x)?) }
    })
}

/// Smallest and largest element of a real array over the ranks of the space's group; both NaN where an element is, INFINITY
/// and -INFINITY for no elements. Collective; no message for a replicated space. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, DTYPE (complex or integers), STATE (acquired for writing), MPI.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_extremes(
    x: *const dlops_array,
    smallest: *mut f64,
    largest: *mut f64,
) -> dlops_status {
    call("dlops_array_extremes", || {
        let (low, high) = norms::extremes(&borrow::<Array>(x, "x")?)?;
        // SAFETY: the host passes NULL or the addresses of doubles.
        unsafe {
            write(smallest, "smallest", low)?;
            write(largest, "largest", high)
        }
    })
}
