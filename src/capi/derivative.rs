//! Constructors of derivatives.

use super::border::{self, borrow, call, dlops_status, flag, options, slice, Options, Output};
use super::handle::{dlops_operator, dlops_space};
use crate::arrays::Space;
use crate::error::Result;
use crate::fail;
use crate::operators::derivative::{
    first_derivative, gradient, laplacian, second_derivative, FirstDerivative, Gradient, Kind, Laplacian,
    SecondDerivative,
};

/// On which side of a point its difference quotient lies.
pub const DLOPS_KIND_CENTERED: i32 = 0;
pub const DLOPS_KIND_FORWARD: i32 = 1;
pub const DLOPS_KIND_BACKWARD: i32 = 2;

/// Optional choices for a first derivative; initialise with DLOPS_FIRST_DERIVATIVE_OPTIONS_INIT. Zero means the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dlops_first_derivative_options {
    pub struct_size: usize,
    /// distance between samples along the axis, not 0; default 1
    pub sampling: f64,
    /// DLOPS_KIND_CENTERED (the default), DLOPS_KIND_FORWARD or DLOPS_KIND_BACKWARD
    pub kind: i32,
    /// points of the centered quotient, 3 (the default) or 5; the other kinds do not read it
    pub order: i32,
    /// 1: the ends of a centered derivative are one-sided differences; 0: they are zero
    pub edge: i32,
    pub reserved: i32,
}

impl Options for dlops_first_derivative_options {
    const NAME: &'static str = "dlops_first_derivative_options";
}

/// Optional choices for a second derivative; initialise with DLOPS_SECOND_DERIVATIVE_OPTIONS_INIT. Zero means the
/// default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dlops_second_derivative_options {
    pub struct_size: usize,
    /// distance between samples along the axis, not 0; default 1
    pub sampling: f64,
    /// DLOPS_KIND_CENTERED (the default), DLOPS_KIND_FORWARD or DLOPS_KIND_BACKWARD
    pub kind: i32,
    /// 1: the ends of a centered derivative are one-sided quotients; 0: they are zero
    pub edge: i32,
}

impl Options for dlops_second_derivative_options {
    const NAME: &'static str = "dlops_second_derivative_options";
}

/// Optional choices for a Laplacian; initialise with DLOPS_LAPLACIAN_OPTIONS_INIT. Zero means the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dlops_laplacian_options {
    pub struct_size: usize,
    /// axes along which it differentiates, none twice; negative counts from the last; NULL: the last two, or the only one
    pub axes: *const i32,
    /// number of `axes`
    pub axis_count: i64,
    /// one weight an axis of `axes`; NULL: all 1
    pub weights: *const f64,
    /// number of `weights`
    pub weight_count: i64,
    /// distance between samples along each axis of `axes`, not 0; NULL: all 1
    pub sampling: *const f64,
    /// number of values in `sampling`
    pub sampling_count: i64,
    /// DLOPS_KIND_CENTERED (the default), DLOPS_KIND_FORWARD or DLOPS_KIND_BACKWARD
    pub kind: i32,
    /// 1: the ends of centered derivatives are one-sided quotients; 0: they are zero
    pub edge: i32,
}

impl Options for dlops_laplacian_options {
    const NAME: &'static str = "dlops_laplacian_options";
}

/// Optional choices for a gradient; initialise with DLOPS_GRADIENT_OPTIONS_INIT. Zero means the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dlops_gradient_options {
    pub struct_size: usize,
    /// distance between samples along each axis, not 0; one value serves all axes; NULL: 1
    pub sampling: *const f64,
    /// number of values in `sampling`
    pub sampling_count: i64,
    /// DLOPS_KIND_CENTERED (the default), DLOPS_KIND_FORWARD or DLOPS_KIND_BACKWARD
    pub kind: i32,
    /// points of the centered quotients, 3 (the default) or 5; the other kinds do not read it
    pub order: i32,
    /// 1: the ends of centered derivatives are one-sided differences; 0: they are zero
    pub edge: i32,
    pub reserved: i32,
}

impl Options for dlops_gradient_options {
    const NAME: &'static str = "dlops_gradient_options";
}

pub(super) fn kind(code: i32) -> Result<Kind> {
    match code {
        DLOPS_KIND_CENTERED => Ok(Kind::Centered),
        DLOPS_KIND_FORWARD => Ok(Kind::Forward),
        DLOPS_KIND_BACKWARD => Ok(Kind::Backward),
        _ => fail!(Option, "kind is {code}, expected DLOPS_KIND_CENTERED (0), _FORWARD (1) or _BACKWARD (2)"),
    }
}

fn order(code: i32) -> Result<usize> {
    match code {
        0 | 3 => Ok(3),
        5 => Ok(5),
        _ => fail!(Option, "order is {code}, expected 3 or 5"),
    }
}

fn sampling(value: f64) -> f64 {
    if value == 0.0 {
        1.0
    } else {
        value
    }
}

/// NULL is nothing given, whatever the count says.
unsafe fn given<'a, T>(pointer: *const T, count: i64, argument: &str) -> Result<&'a [T]> {
    if pointer.is_null() {
        if count != 0 {
            fail!(NullPointer, "{argument} is NULL, but its count is {count}");
        }
        return Ok(&[]);
    }
    if count == 0 {
        fail!(Argument, "{argument} is given with a count of 0");
    }
    // SAFETY: the host passes `count` values.
    unsafe { slice(pointer, count, argument) }
}

fn dimensions(space: &Space, who: &str) -> Result<usize> {
    Ok(space.shaped(who)?.0.len())
}

/// Makes the first derivative along one axis, of any layout. Collective. Since 0.1.
///
/// forward            y_i = (x_(i+1) - x_i) / d
/// backward           y_i = (x_i - x_(i-1)) / d
/// centered, order 3  y_i = (x_(i+1) - x_(i-1)) / 2d
/// centered, order 5  y_i = (x_(i-2) - 8 x_(i-1) + 8 x_(i+1) - x_(i+2)) / 12d
///
/// Results whose points lie outside the axis are zero; with `edge`, those of the centered kinds are one-sided
/// differences (and of order 3 beside them, for order 5). Source: PyLops, FirstDerivative. Deterministic: any P.
/// Cut axes exchange halos while the interior is computed; block-cyclic and box layouts are redistributed.
/// @param space    domain and range, of float or complex elements with a global shape; kept alive by the operator
/// @param axis     negative counts from the last
/// @param choices  NULL for the defaults
/// @param result   the caller destroys it
/// Errors: NULL_POINTER, HANDLE, AXIS, ARGUMENT (sampling not finite), OPTION, DTYPE (integers), SPACE (no global
/// shape, or the axis is cut between mask colours), MEMORY, COLLECTIVE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_first_derivative_create(
    space: *const dlops_space,
    axis: i32,
    choices: *const dlops_first_derivative_options,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_first_derivative_create", || {
        let space = borrow::<Space>(space, "space")?;
        let arguments = || -> Result<_> {
            let output = Output::new(result, "result")?;
            // SAFETY: the host passes NULL or options with their struct_size.
            let o = unsafe { options(choices) }?;
            let axis = border::axis(axis, dimensions(&space, "FirstDerivative")?, "axis")?;
            let (kind, order, edge) = (kind(o.kind)?, order(o.order)?, flag(o.edge, "edge")?);
            Ok((output, axis, FirstDerivative { kind, order, edge, sampling: sampling(o.sampling) }))
        };
        let (output, axis, options) = space.context().agree(arguments())?;
        output.write(first_derivative(&space, axis, &options)?)
    })
}

/// Makes the second derivative along one axis, of any layout. Collective. Since 0.1.
///
/// forward     y_i = (x_i - 2 x_(i+1) + x_(i+2)) / d^2
/// backward    y_i = (x_(i-2) - 2 x_(i-1) + x_i) / d^2
/// centered    y_i = (x_(i-1) - 2 x_i + x_(i+1)) / d^2
///
/// Results whose points lie outside the axis are zero; with `edge`, the first and last of the centered kind are the
/// forward and the backward quotient. Source: PyLops, SecondDerivative. Deterministic: any P.
/// @param space    domain and range, of float or complex elements with a global shape; kept alive by the operator
/// @param axis     negative counts from the last
/// @param choices  NULL for the defaults
/// @param result   the caller destroys it
/// Errors: as dlops_first_derivative_create.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_second_derivative_create(
    space: *const dlops_space,
    axis: i32,
    choices: *const dlops_second_derivative_options,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_second_derivative_create", || {
        let space = borrow::<Space>(space, "space")?;
        let arguments = || -> Result<_> {
            let output = Output::new(result, "result")?;
            // SAFETY: the host passes NULL or options with their struct_size.
            let o = unsafe { options(choices) }?;
            let axis = border::axis(axis, dimensions(&space, "SecondDerivative")?, "axis")?;
            let (kind, edge) = (kind(o.kind)?, flag(o.edge, "edge")?);
            Ok((output, axis, SecondDerivative { kind, edge, sampling: sampling(o.sampling) }))
        };
        let (output, axis, options) = space.context().agree(arguments())?;
        output.write(second_derivative(&space, axis, &options)?)
    })
}

/// Makes the Laplacian y = sum_k w_k d^2 x / d(axis k)^2 of any layout, one pass over x. Collective. Since 0.1.
///
/// Each second derivative is divided by its own axis' sampling squared; formulas as dlops_second_derivative_create.
/// Source: PyLops, Laplacian. Deterministic: any P.
/// @param space    domain and range, of float or complex elements with a global shape; kept alive by the operator
/// @param choices  axes, weights, samplings, kind and edge; NULL for the last two axes (or the only one), all ones
/// @param result   the caller destroys it
/// Errors: as dlops_first_derivative_create, and AXIS (an axis given twice), ARGUMENT (weights or samplings are not
/// one an axis, or not finite), UNSUPPORTED (more than 8 axes).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_laplacian_create(
    space: *const dlops_space,
    choices: *const dlops_laplacian_options,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_laplacian_create", || {
        let space = borrow::<Space>(space, "space")?;
        let arguments = || -> Result<_> {
            let output = Output::new(result, "result")?;
            // SAFETY: the host passes NULL or options with their struct_size.
            let o = unsafe { options(choices) }?;
            let n = dimensions(&space, "Laplacian")?;
            // SAFETY: the pointers inside the options hold as many values as their counts say.
            let (axes, weights, sampling) = unsafe {
                let weights = given(o.weights, o.weight_count, "weights")?;
                (given(o.axes, o.axis_count, "axes")?, weights, given(o.sampling, o.sampling_count, "sampling")?)
            };
            let named = |(k, a): (usize, &i32)| border::axis(*a, n, &format!("axes[{k}]"));
            let axes = axes.iter().enumerate().map(named).collect::<Result<Vec<_>>>()?;
            let (weights, sampling) = (weights.to_vec(), sampling.to_vec());
            let (kind, edge) = (kind(o.kind)?, flag(o.edge, "edge")?);
            Ok((output, Laplacian { axes, weights, sampling, kind, edge }))
        };
        let (output, options) = space.context().agree(arguments())?;
        output.write(laplacian(&space, &options)?)
    })
}

/// Makes the gradient y_k = dx / d(axis k) along all axes, of any layout, one pass over x. Collective. Since 0.1.
///
/// The range is the product of as many spaces as there are axes, each congruent with the domain; formulas as
/// dlops_first_derivative_create. Source: PyLops, Gradient. Deterministic: any P.
/// @param space    domain, of float or complex elements with a global shape; kept alive by the operator
/// @param choices  samplings, kind, order and edge; NULL for the defaults
/// @param result   the caller destroys it
/// Errors: as dlops_first_derivative_create, and ARGUMENT (samplings are neither one nor one an axis),
/// UNSUPPORTED (more than 8 axes).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_gradient_create(
    space: *const dlops_space,
    choices: *const dlops_gradient_options,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_gradient_create", || {
        let space = borrow::<Space>(space, "space")?;
        let arguments = || -> Result<_> {
            let output = Output::new(result, "result")?;
            // SAFETY: the host passes NULL or options with their struct_size.
            let o = unsafe { options(choices) }?;
            // SAFETY: the host passes as many samplings as it says.
            let sampling = unsafe { given(o.sampling, o.sampling_count, "sampling") }?.to_vec();
            let (kind, order, edge) = (kind(o.kind)?, order(o.order)?, flag(o.edge, "edge")?);
            Ok((output, Gradient { kind, order, edge, sampling }))
        };
        let (output, options) = space.context().agree(arguments())?;
        output.write(gradient(&space, &options)?)
    })
}
