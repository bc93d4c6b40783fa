//! dlops_operator: apply, algebra, ask, test, destroy. Constructors of concrete operators have files of their own.

use super::border::{borrow, borrow_all, call, dlops_status, slice, write, Output};
use super::handle::{destroy, dlops_array, dlops_operator, dlops_space};
use crate::arrays::{Array, Space};
use crate::context::Level;
use crate::dtype::{DType, Scalar};
use crate::fail;
use crate::operators::dot_test::dot_test;
use crate::operators::{algebra, Mode, Operator};

/// A scalar that multiplies arrays; make it with dlops_real(x) or dlops_complex(re, im).
pub type dlops_scalar = Scalar;

/// Modes of apply: A, A^H, A^T, conj(A).
pub const DLOPS_FORWARD: i32 = 0;
pub const DLOPS_ADJOINT: i32 = 1;
pub const DLOPS_TRANSPOSE: i32 = 2;
pub const DLOPS_CONJUGATE: i32 = 3;

/// y := op(A) x. Collective over the operator's context. Since 0.1.
///
/// @param mode  DLOPS_FORWARD (A), DLOPS_ADJOINT (A^H), DLOPS_TRANSPOSE (A^T) or DLOPS_CONJUGATE (conj(A))
/// @param x     array congruent with the domain (the range for A^H and A^T); not changed
/// @param y     array congruent with the range (the domain for A^H and A^T); overwritten, never read; shares no
///              memory with x
/// Errors: NULL_POINTER, HANDLE, ARGUMENT, CONTEXT, DTYPE, SPACE, OVERLAP, STATE (an array is acquired; the operator is
/// applied inside itself), UNSUPPORTED (an adjoint that the operator lacks; padded memory where other rows are needed),
/// CALLBACK, COLLECTIVE (with check level 1), MPI.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_apply(
    operator: *mut dlops_operator,
    mode: i32,
    x: *const dlops_array,
    y: *mut dlops_array,
) -> dlops_status {
    call("dlops_operator_apply", || {
        let operator = borrow::<Operator>(operator, "operator")?;
        let (x, y) = (borrow::<Array>(x, "x")?, borrow::<Array>(y, "y")?);
        operator.apply(Mode::from_code(mode)?, &x, &y)
    })
}

/// y := alpha op(A) x + beta y. Collective over the operator's context. Since 0.1.
///
/// As dlops_operator_apply; with beta = 0, y is never read. A scalar with an imaginary part needs complex arrays.
/// Errors: as dlops_operator_apply, and UNSUPPORTED (complex alpha with an operator that is only real-linear).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_apply_scaled(
    operator: *mut dlops_operator,
    mode: i32,
    alpha: dlops_scalar,
    x: *const dlops_array,
    beta: dlops_scalar,
    y: *mut dlops_array,
) -> dlops_status {
    call("dlops_operator_apply_scaled", || {
        let operator = borrow::<Operator>(operator, "operator")?;
        let (x, y) = (borrow::<Array>(x, "x")?, borrow::<Array>(y, "y")?);
        operator.apply_scaled(Mode::from_code(mode)?, alpha, &x, beta, &y)
    })
}

/// A^H as an operator. Local. Since 0.1.
/// @param result  keeps `operator` alive; the caller destroys it
/// Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_adjoint(
    operator: *const dlops_operator,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_operator_adjoint", || {
        Output::new(result, "result")?.write(algebra::adjoint(&borrow::<Operator>(operator, "operator")?))
    })
}

/// A^T as an operator. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_transpose(
    operator: *const dlops_operator,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_operator_transpose", || {
        Output::new(result, "result")?.write(algebra::transpose(&borrow::<Operator>(operator, "operator")?))
    })
}

/// A^-1 as an operator, for those whose inverse is a multiple of the adjoint: identities, transposes, redistributions,
/// Fourier transforms. Local. Since 0.1.
///
/// Of a Fourier transform whose lengths exceed the model's extents it is the inverse from the left; what a shorter one cuts
/// off comes back as zeros. Source: PyLops, the division by FFTND.
/// Errors: NULL_POINTER, HANDLE, UNSUPPORTED (solve with a solver instead).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_inverse(
    operator: *const dlops_operator,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_operator_inverse", || {
        Output::new(result, "result")?.write(algebra::inverse(&borrow::<Operator>(operator, "operator")?)?)
    })
}

/// conj(A) as an operator: x -> conj(A conj(x)). Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_conjugate(
    operator: *const dlops_operator,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_operator_conjugate", || {
        Output::new(result, "result")?.write(algebra::conjugate(&borrow::<Operator>(operator, "operator")?))
    })
}

/// sum_k c_k A_k over congruent domains and ranges, accumulated in place. Local. Since 0.1.
///
/// @param count         terms, 1 or more
/// @param coefficients  `count` scalars, or NULL for ones
/// @param terms         `count` operators of one context, kept alive by the sum
/// @param result        the caller destroys it
/// Errors: NULL_POINTER, HANDLE, ARGUMENT, CONTEXT, SPACE, DTYPE (complex coefficient of a real operator), UNSUPPORTED.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_sum(
    count: i64,
    coefficients: *const dlops_scalar,
    terms: *const *const dlops_operator,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_operator_sum", || {
        let output = Output::new(result, "result")?;
        // SAFETY: the host passes `count` handles, and as many coefficients or NULL.
        let terms = unsafe { borrow_all::<Operator>(terms, count, "terms") }?;
        let ones = vec![Scalar::ONE; terms.len()];
        let coefficients = match coefficients.is_null() {
            true => &ones[..],
            // SAFETY: as above.
            false => unsafe { slice(coefficients, count, "coefficients") }?,
        };
        output.write(algebra::sum(coefficients, &terms)?)
    })
}

/// c A. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, DTYPE, UNSUPPORTED.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_scale(
    coefficient: dlops_scalar,
    operator: *const dlops_operator,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_operator_scale", || {
        let output = Output::new(result, "result")?;
        output.write(algebra::scale(coefficient, &borrow::<Operator>(operator, "operator")?)?)
    })
}

/// A_1 A_2 ... A_n, the last applied first; one buffer between neighbours, made here. Local. Since 0.1.
///
/// @param count    factors, 1 or more
/// @param factors  operators of one context, kept alive by the product; the domain of each is congruent with the range
///                 of the next
/// Errors: NULL_POINTER, HANDLE, ARGUMENT, CONTEXT, SPACE, DTYPE, MEMORY.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_product(
    count: i64,
    factors: *const *const dlops_operator,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_operator_product", || {
        let output = Output::new(result, "result")?;
        // SAFETY: the host passes `count` handles.
        let factors = unsafe { borrow_all::<Operator>(factors, count, "factors") }?;
        output.write(algebra::product(&factors)?)
    })
}

/// A^n of an operator whose domain and range are congruent; A^0 is the identity. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (negative or absurd exponent), SPACE, MEMORY.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_power(
    operator: *const dlops_operator,
    exponent: i64,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_operator_power", || {
        let output = Output::new(result, "result")?;
        output.write(algebra::power(&borrow::<Operator>(operator, "operator")?, exponent)?)
    })
}

/// A with the same shapes on elements of `dtype`, which holds those of A by NumPy's rules (dlops_dtype_promote): a real
/// operator for complex arrays, or one of single precision for double. It computes in A's own type: x is converted (and
/// rounded) on the way in, y on the way out, and a real A is applied to the real and to the imaginary part. Two arrays of
/// A's spaces are made here, and two more where the precision differs. Local. Since 0.1.
///
/// @param dtype   DLOPS_FLOAT32 to DLOPS_COMPLEX128; A's own gives A
/// @param result  keeps `operator` alive; the caller destroys it
/// Errors: NULL_POINTER, HANDLE, DTYPE (it does not hold A's), UNSUPPORTED (A is real on one side only), MEMORY.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_promote(
    operator: *const dlops_operator,
    dtype: i32,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_operator_promote", || {
        let output = Output::new(result, "result")?;
        output.write(algebra::promoted(&borrow::<Operator>(operator, "operator")?, DType::from_code(dtype)?)?)
    })
}

/// A with its domain and its range in the memory that is given, DLOPS_HOST or DLOPS_CUDA; 0: as they are. What goes in is
/// copied to where A works, what comes out is copied back, so that model and data may be on different sides, and a
/// solver works on such an operator. Makes an array for each side that moves. Local; apply waits for the device.
/// Since 0.1.
///
/// @param domain_memory  of x in DLOPS_FORWARD
/// @param range_memory   of y in DLOPS_FORWARD
/// @param result         the new operator; the caller destroys it
/// Errors: NULL_POINTER, HANDLE, UNSUPPORTED (unknown memory, or a context without a device), MEMORY.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_with_memory(
    operator: *const dlops_operator,
    domain_memory: i32,
    range_memory: i32,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_operator_with_memory", || {
        let output = Output::new(result, "result")?;
        let operator = borrow::<Operator>(operator, "operator")?;
        let side = |choice: i32, space: &Space| match choice {
            0 => Ok(space.memory()),
            _ => super::space::memory(choice, space.context()),
        };
        let (domain, range) = (side(domain_memory, operator.domain())?, side(range_memory, operator.range())?);
        output.write(algebra::moved(&operator, domain, range)?)
    })
}

/// The domain, as a new handle that the caller destroys. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_get_domain(
    operator: *const dlops_operator,
    domain: *mut *mut dlops_space,
) -> dlops_status {
    call("dlops_operator_get_domain", || {
        Output::new(domain, "domain")?.write(borrow::<Operator>(operator, "operator")?.domain().clone())
    })
}

/// The range, as a new handle that the caller destroys. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_get_range(
    operator: *const dlops_operator,
    range: *mut *mut dlops_space,
) -> dlops_status {
    call("dlops_operator_get_range", || {
        Output::new(range, "range")?.write(borrow::<Operator>(operator, "operator")?.range().clone())
    })
}

/// A new array of the domain, elements unspecified. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, MEMORY.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_create_domain_array(
    operator: *const dlops_operator,
    array: *mut *mut dlops_array,
) -> dlops_status {
    call("dlops_operator_create_domain_array", || {
        let output = Output::new(array, "array")?;
        output.write(Array::new(borrow::<Operator>(operator, "operator")?.domain())?)
    })
}

/// A new array of the range, elements unspecified. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, MEMORY.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_create_range_array(
    operator: *const dlops_operator,
    array: *mut *mut dlops_array,
) -> dlops_status {
    call("dlops_operator_create_range_array", || {
        let output = Output::new(array, "array")?;
        output.write(Array::new(borrow::<Operator>(operator, "operator")?.range())?)
    })
}

/// Applications so far: `forward` of A and conj(A), `adjoint` of A^H and A^T; either may be NULL. Local. Since 0.1.
/// Errors: HANDLE, NULL_POINTER.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_get_apply_counts(
    operator: *const dlops_operator,
    forward: *mut i64,
    adjoint: *mut i64,
) -> dlops_status {
    call("dlops_operator_get_apply_counts", || {
        let counts = borrow::<Operator>(operator, "operator")?.counts();
        // SAFETY: each is NULL or the address of an int64_t.
        unsafe {
            if let Some(forward) = forward.as_mut() {
                *forward = counts.0 as i64;
            }
            if let Some(adjoint) = adjoint.as_mut() {
                *adjoint = counts.1 as i64;
            }
        }
        Ok(())
    })
}

/// Applications are counted from 0 again. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_reset_apply_counts(operator: *mut dlops_operator) -> dlops_status {
    call("dlops_operator_reset_apply_counts", || {
        borrow::<Operator>(operator, "operator")?.reset_counts();
        Ok(())
    })
}

/// The dot test |<A x, y> - <x, A^H y>| <= tolerance max(|A x||y|, |x||A^H y|), with x and y drawn from a normal
/// distribution (the same values for any number of ranks); real parts only for real-linear operators. Collective.
/// Since 0.1.
///
/// @param seed            of the random vectors
/// @param tolerance       0 for 10 eps sqrt(n), with n the larger dimension and eps of the coarser dtype
/// @param relative_error  what was found, over the right side's max; may be NULL
/// @param passed          1 or 0
/// Errors: as dlops_operator_apply, ARGUMENT (negative tolerance), MEMORY (four vectors are made).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_dot_test(
    operator: *mut dlops_operator,
    seed: u64,
    tolerance: f64,
    relative_error: *mut f64,
    passed: *mut i32,
) -> dlops_status {
    call("dlops_operator_dot_test", || {
        let operator = borrow::<Operator>(operator, "operator")?;
        if tolerance.is_nan() || tolerance < 0.0 {
            fail!(Argument, "tolerance is {tolerance}, expected 0 or more");
        }
        let found = dot_test(&operator, seed, tolerance)?;
        // SAFETY: each is NULL or an address to write to.
        unsafe {
            if let Some(relative_error) = relative_error.as_mut() {
                *relative_error = found.relative_error;
            }
            write(passed, "passed", found.passed as i32)
        }
    })
}

/// Sends the expression tree, one line an operator, to the log at level DLOPS_LOG_INFO. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_view(operator: *const dlops_operator) -> dlops_status {
    call("dlops_operator_view", || {
        let operator = borrow::<Operator>(operator, "operator")?;
        operator.context().log(Level::Info, &operator.describe());
        Ok(())
    })
}

/// Another handle to the same operator. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_retain(
    operator: *const dlops_operator,
    copy: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_operator_retain", || Output::new(copy, "copy")?.write(borrow::<Operator>(operator, "operator")?))
}

/// Destroys a handle and sets it to NULL; NULL is accepted. Local. Since 0.1. Errors: HANDLE.
#[no_mangle]
pub unsafe extern "C" fn dlops_operator_destroy(operator: *mut *mut dlops_operator) -> dlops_status {
    // SAFETY: the host passes NULL or the address of a handle.
    call("dlops_operator_destroy", || unsafe { destroy::<Operator>(operator, "operator") })
}
