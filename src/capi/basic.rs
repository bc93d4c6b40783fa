//! Constructors of identity, zero, diagonal, transpose and matrix operators.

use super::border::{axis as checked_axis, borrow, call, dlops_status, flag, options, slice, Options, Output};
use super::handle::{dlops_array, dlops_operator, dlops_space};
use crate::arrays::{Array, Space};
use crate::dispatch;
use crate::error::Result;
use crate::fail;
use crate::operators::basic::{diagonal, diagonal_along, identity, matrix_mult, transpose, zero, DenseMatrix};
use crate::operators::Operator;
use std::ffi::c_void;

/// How the elements of a matrix follow one another.
pub const DLOPS_ROW_MAJOR: i32 = 0;
pub const DLOPS_COLUMN_MAJOR: i32 = 1;

/// Optional choices for a transpose; initialise with DLOPS_TRANSPOSE_OPTIONS_INIT. Zero means the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dlops_transpose_options {
    pub struct_size: usize,
    /// a space of the permuted shape in the layout of the result; NULL: the domain's layout with its axes permuted
    pub range: *const dlops_space,
}

impl Options for dlops_transpose_options {
    const NAME: &'static str = "dlops_transpose_options";
}

/// Optional choices for a matrix; initialise with DLOPS_MATRIX_MULT_OPTIONS_INIT. Zero means the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dlops_matrix_mult_options {
    pub struct_size: usize,
    /// elements from one row (column, if column-major) to the next; 0: packed
    pub leading_dimension: i64,
    /// DLOPS_ROW_MAJOR (the default) or DLOPS_COLUMN_MAJOR
    pub layout: i32,
    /// axis of the space that A acts along, default 0; negative counts from the last
    pub axis: i32,
    /// 1: the operator reads the host's memory, which stays valid and unchanged while the operator lives; 0: a copy
    pub borrow: i32,
    pub reserved: i32,
}

impl Options for dlops_matrix_mult_options {
    const NAME: &'static str = "dlops_matrix_mult_options";
}

/// Makes the identity: y[i] = x[i] for all i inside both shapes, 0 elsewhere. Local for congruent spaces, otherwise
/// collective. Since 0.1.
///
/// Source: PyLops, Identity. Deterministic: any P. Elements travel where the layouts put them on different ranks.
/// @param domain  any space
/// @param range   NULL: the domain; a congruent space; or one with a global shape of as many axes, longer or shorter,
///                which counts by its indices also where it is congruent
/// @param result  the caller destroys it
/// Errors: NULL_POINTER, HANDLE, CONTEXT, DTYPE, SHAPE (numbers of axes differ), SPACE (no global shape, or elements
/// would leave their mask colour), LAYOUT, MEMORY, COLLECTIVE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_identity_create(
    domain: *const dlops_space,
    range: *const dlops_space,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_identity_create", || {
        let domain = borrow::<Space>(domain, "domain")?;
        let output = Output::new(result, "result")?;
        let range = if range.is_null() { domain.clone() } else { borrow::<Space>(range, "range")? };
        output.write(identity(&domain, &range)?)
    })
}

/// Makes the zero operator, y = 0, between any two spaces of one context. Local. Since 0.1.
///
/// @param range   NULL: the domain
/// @param result  the caller destroys it
/// Errors: NULL_POINTER, HANDLE, CONTEXT.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_zero_create(
    domain: *const dlops_space,
    range: *const dlops_space,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_zero_create", || {
        let domain = borrow::<Space>(domain, "domain")?;
        let output = Output::new(result, "result")?;
        let range = if range.is_null() { domain.clone() } else { borrow::<Space>(range, "range")? };
        output.write(zero(&domain, &range)?)
    })
}

/// Makes a diagonal operator: y = d x, element by element; adjoint conj(d) x. Local. Since 0.1.
///
/// Source: PyLops, Diagonal. Deterministic: any P.
/// @param space   domain and range
/// @param values  d, an array congruent with the space, or real, of the same precision, where the space is complex; kept
///                by the operator: later changes of its elements count
/// @param result  the caller destroys it
/// Errors: NULL_POINTER, HANDLE, CONTEXT, DTYPE, SPACE, MEMORY (a real diagonal of a complex space makes two real arrays).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_diagonal_create(
    space: *const dlops_space,
    values: *const dlops_array,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_diagonal_create", || {
        let (space, values) = (borrow::<Space>(space, "space")?, borrow::<Array>(values, "values")?);
        Output::new(result, "result")?.write(diagonal(&space, &values)?)
    })
}

/// Makes a diagonal operator of a vector along one axis: y[.., i, ..] = d[i] x[.., i, ..]. Collective. Since 0.1.
///
/// Source: PyLops, Diagonal. Deterministic: any P.
/// @param space   domain and range, with a global shape
/// @param axis    negative counts from the last
/// @param values  d for the whole axis, of the space's dtype, the same on all ranks; copied
/// @param result  the caller destroys it
/// Errors: NULL_POINTER, HANDLE, AXIS, DTYPE (integers), SPACE (no global shape), MEMORY, COLLECTIVE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_diagonal_create_along(
    space: *const dlops_space,
    axis: i32,
    values: *const c_void,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_diagonal_create_along", || {
        let space = borrow::<Space>(space, "space")?;
        let made = || -> Result<_> {
            let output = Output::new(result, "result")?;
            let (shape, _) = space.shaped("a diagonal along an axis")?;
            let axis = checked_axis(axis, shape.len(), "axis")?;
            dispatch!(space.dtype(), T => {
                // SAFETY: the host passes one value for each index of the axis.
                let values = unsafe { slice(values.cast::<T>(), shape[axis], "values") }?;
                Ok((output, diagonal_along(&space, axis, values)?, format!("axis {axis}, {values:?}")))
            })
        };
        let made = made();
        let text = made.as_ref().map_or_else(|_| String::new(), |m| m.2.clone());
        let (output, operator, _) = space.context().agree_on(made, &text)?;
        output.write(operator)
    })
}

/// Makes a transpose of axes: axis k of y is axis permutation[k] of x. Unitary. Collective. Since 0.1.
///
/// Without a range space nothing is ever sent: every rank permutes what it has, and axes stay cut as they are.
/// Source: PyLops, Transpose. Deterministic: any P.
/// @param space        domain, with a global shape
/// @param permutation  one axis for each axis of the space, 0-based; negative counts from the last
/// @param choices      NULL for the defaults
/// @param result       the caller destroys it; dlops_operator_get_range gives its range
/// Errors: NULL_POINTER, HANDLE, AXIS, SHAPE (of the range space), SPACE, DTYPE, CONTEXT, OPTION, LAYOUT, MEMORY,
/// COLLECTIVE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_transpose_create(
    space: *const dlops_space,
    permutation: *const i32,
    choices: *const dlops_transpose_options,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_transpose_create", || {
        let space = borrow::<Space>(space, "space")?;
        let arguments = || -> Result<_> {
            let output = Output::new(result, "result")?;
            let (shape, _) = space.shaped("a transpose")?;
            // SAFETY: the host passes one axis for each of the space, and NULL or options with their struct_size.
            let (axes, o) = unsafe { (slice(permutation, shape.len() as i64, "permutation")?, options(choices)?) };
            let axes =
                axes.iter().enumerate().map(|(k, a)| checked_axis(*a, shape.len(), &format!("permutation[{k}]")));
            let range = if o.range.is_null() { None } else { Some(borrow::<Space>(o.range, "range")?) };
            Ok((output, axes.collect::<Result<Vec<usize>>>()?, range))
        };
        let (output, axes, range) = space.context().agree(arguments())?;
        output.write(transpose(&space, &axes, range.as_ref())?)
    })
}

/// Makes y = A x with a dense matrix along one axis, for all indices of the others: trailing axes are right-hand sides.
/// Collective. Since 0.1.
///
/// y[i, ..] = sum_j A[i, j] x[j, ..] along axis 0, or another. The range has `rows` elements along the axis in place of
/// `columns`. A^H, A^T and conj(A) read the same matrix. Where the axis is cut, the array is redistributed so that it is
/// whole. Source: PyLops, MatrixMult. Deterministic: same P.
/// @param space    domain, with a global shape of `columns` elements along the axis
/// @param matrix   rows x columns elements of the space's dtype, the same on all ranks; copied unless `borrow` is set
/// @param choices  NULL for the defaults
/// @param result   the caller destroys it; dlops_operator_get_range gives its range
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (sizes, leading dimension, alignment), AXIS, SHAPE, DTYPE, OPTION, SPACE,
/// LAYOUT (the axis is cut and the others cannot carry the cut), MEMORY, COLLECTIVE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_matrix_mult_create(
    space: *const dlops_space,
    rows: i64,
    columns: i64,
    matrix: *const c_void,
    choices: *const dlops_matrix_mult_options,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_matrix_mult_create", || {
        let space = borrow::<Space>(space, "space")?;
        let arguments = || -> Result<_> {
            let output = Output::<Operator>::new(result, "result")?;
            // SAFETY: the host passes NULL or options with their struct_size.
            let o = unsafe { options(choices) }?;
            let axis = checked_axis(o.axis, space.shaped("a matrix product")?.0.len(), "axis")?;
            let column_major = match o.layout {
                DLOPS_ROW_MAJOR => false,
                DLOPS_COLUMN_MAJOR => true,
                other => fail!(Option, "layout is {other}, expected DLOPS_ROW_MAJOR (0) or DLOPS_COLUMN_MAJOR (1)"),
            };
            let shape = (rows, columns);
            // SAFETY: the host passes the matrix; where it is borrowed, the host keeps it while the operator lives.
            let lent = unsafe {
                DenseMatrix::borrowed(space.dtype(), shape, matrix.cast(), column_major, o.leading_dimension)
            }?;
            let matrix = if flag(o.borrow, "borrow")? { lent } else { lent.to_owned()? };
            Ok((output, axis, matrix))
        };
        let (output, axis, matrix) = space.context().agree(arguments())?;
        output.write(matrix_mult(&space, axis, matrix)?)
    })
}
