//! Convolution, wavelets, tapers and error measures.

use super::border::{
    axis as checked_axis, borrow, call, dlops_status, flag, numbers, options, write, write_all, Options, Output,
};
use super::handle::{dlops_array, dlops_operator, dlops_space};
use crate::arrays::{Array, Space};
use crate::dtype::DType;
use crate::error::Result;
use crate::fail;
use crate::operators::signal::{convolve1d, convolve1d_lines, measures, tapers, wavelets};
use std::ffi::c_void;

/// How a taper falls: not at all; as half a Hann window; as a cosine (the same), its square, its square root.
pub const DLOPS_TAPER_NONE: i32 = 0;
pub const DLOPS_TAPER_HANNING: i32 = 1;
pub const DLOPS_TAPER_COSINE: i32 = 2;
pub const DLOPS_TAPER_COSINE_SQUARE: i32 = 3;
pub const DLOPS_TAPER_COSINE_ROOT: i32 = 4;

/// Optional choices for a convolution; initialise with DLOPS_CONVOLVE1D_OPTIONS_INIT. Zero means the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dlops_convolve1d_options {
    pub struct_size: usize,
    /// place of the filter's sample for lag 0, 0 to taps - 1; default 0
    pub offset: i64,
    /// dtype of h, DLOPS_FLOAT32 to DLOPS_COMPLEX128; 0: the space's
    pub filter_dtype: i32,
    /// 1: a filter for each line; h has the shape of the space with `taps` samples along the axis, in C order
    pub per_line: i32,
}

impl Options for dlops_convolve1d_options {
    const NAME: &'static str = "dlops_convolve1d_options";
}

/// Optional choices for a peak signal-to-noise ratio; initialise with DLOPS_PSNR_OPTIONS_INIT. Zero means the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dlops_psnr_options {
    pub struct_size: usize,
    /// the range of the reference starts at this value
    pub least: f64,
    /// and ends at this one
    pub largest: f64,
    /// 1: `least` is the smallest element of the reference instead
    pub find_least: i32,
    /// 1: `largest` is as given; 0: it is the largest element of the reference
    pub largest_given: i32,
}

impl Options for dlops_psnr_options {
    const NAME: &'static str = "dlops_psnr_options";
}

/// Makes a convolution along one axis, of any layout. Collective. Since 0.1.
///
/// y[i] = sum_k h[i - k + offset] x[k], i and k over the whole axis: the part of the full convolution that has the length
/// of the axis; x is zero outside. The adjoint correlates with conj(h). The filter may be longer than the axis.
/// With the option per_line each line has its own h.
/// Source: PyLops, Convolve1D (whose adjoint lacks the conjugate). Deterministic: any P.
/// Cut axes exchange halos, while the interior of long slabs is computed; block-cyclic and box layouts are redistributed.
/// @param space    domain and range, of float or complex elements with a global shape; kept alive by the operator
/// @param axis     negative counts from the last
/// @param taps     samples of h, 1 or more
/// @param h        real, or complex for complex spaces; the same on all ranks; copied. With per_line, a rank keeps the
///                 samples of its own lines
/// @param choices  NULL for the defaults
/// @param result   the caller destroys it
/// Errors: NULL_POINTER, HANDLE, AXIS, ARGUMENT (no sample, or the offset is outside), DTYPE, OPTION, SPACE (no global
/// shape, or the axis is cut between mask colours), LAYOUT (see above, and the other axes cannot carry the cut), MEMORY,
/// COLLECTIVE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_convolve1d_create(
    space: *const dlops_space,
    axis: i32,
    taps: i64,
    h: *const c_void,
    choices: *const dlops_convolve1d_options,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_convolve1d_create", || {
        let space = borrow::<Space>(space, "space")?;
        let arguments = || -> Result<_> {
            let output = Output::new(result, "result")?;
            // SAFETY: the host passes NULL or options with their struct_size.
            let o = unsafe { options(choices) }?;
            let (shape, _) = space.shaped("Convolve1D")?;
            let axis = checked_axis(axis, shape.len(), "axis")?;
            let per_line = flag(o.per_line, "per_line")?;
            let lines =
                shape.iter().enumerate().filter(|(k, _)| per_line && *k != axis).map(|(_, n)| *n).product::<i64>();
            let Some(count) = lines.checked_mul(taps) else {
                fail!(Argument, "taps is {taps}: {lines} filters of that length exceed the address space");
            };
            let dtype = if o.filter_dtype == 0 { space.dtype() } else { DType::from_code(o.filter_dtype)? };
            // SAFETY: the host passes that many samples of this dtype.
            let h = unsafe { numbers(h, count, dtype, "h") }?;
            let Ok(offset) = usize::try_from(o.offset) else {
                fail!(Argument, "offset is {}, expected 0 to {}", o.offset, taps - 1);
            };
            Ok((output, axis, h, offset, per_line))
        };
        let (output, axis, h, offset, per_line) = space.context().agree(arguments())?;
        output.write(match per_line {
            true => convolve1d_lines(&space, axis, &h, taps.max(0) as usize, offset)?,
            false => convolve1d(&space, axis, &h, offset)?,
        })
    })
}

/// Ricker's wavelet (1 - 2 a) exp(-a), a = (pi f0 t)^2, at t = k dt for |k| < half; the sample `half - 1` is at time 0.
/// Local. Since 0.1.
///
/// Source: Ricker, Geophysics 18 (1953); PyLops, ricker.
/// @param half     samples from time 0 on, 1 or more
/// @param dt       seconds between samples
/// @param f0       frequency of the largest amplitude, hertz
/// @param wavelet  room for 2 half - 1 values
/// Errors: NULL_POINTER, ARGUMENT.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_wavelet_ricker(half: i64, dt: f64, f0: f64, wavelet: *mut f64) -> dlops_status {
    call("dlops_wavelet_ricker", || {
        let values = wavelets::ricker(size(half, "half")?, dt, f0)?;
        // SAFETY: the host passes room for that many values.
        unsafe { write_all(wavelet, "wavelet", &values) }
    })
}

/// `count` factors that rise from 0 to 1 over `edge` samples at either end. Local. Since 0.1.
///
/// Hann and cosine: sin^2(pi i / (2 edge - 2)) for i = 0 to edge - 1; an edge of one sample is left out.
/// Source: PyLops, taper.
/// @param kind     DLOPS_TAPER_NONE to DLOPS_TAPER_COSINE_ROOT
/// @param edge     at most count / 2
/// @param factors  room for `count` values
/// Errors: NULL_POINTER, ARGUMENT.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_taper(kind: i32, count: i64, edge: i64, factors: *mut f64) -> dlops_status {
    call("dlops_taper", || {
        let kind = tapers::Taper::from_code(kind)?;
        let values = tapers::taper(kind, size(count, "count")?, size(edge, "edge")?)?;
        // SAFETY: the host passes room for `count` values.
        unsafe { write_all(factors, "factors", &values) }
    })
}

fn size(value: i64, argument: &str) -> Result<usize> {
    match usize::try_from(value) {
        Ok(size) if size <= isize::MAX as usize / 16 => Ok(size),
        _ => fail!(Argument, "{argument} is {value}, expected a number of samples"),
    }
}

unsafe fn measure(
    function: &str,
    x: *const dlops_array,
    y: *const dlops_array,
    value: *mut f64,
    of: impl FnOnce(&Array, &Array) -> Result<f64>,
) -> dlops_status {
    call(function, || {
        let (x, y) = (borrow::<Array>(x, "x")?, borrow::<Array>(y, "y")?);
        // SAFETY: the host passes the address of a double.
        unsafe { write(value, "value", of(&x, &y)?) }
    })
}

/// Mean absolute error, sum |x - y| / n. Collective; waits for the sum over ranks. Since 0.1.
///
/// @param x      the reference
/// @param y      an array congruent with it
/// @param value  the same on all ranks
/// Errors: NULL_POINTER, HANDLE, CONTEXT, DTYPE, SPACE, STATE (an array is acquired), MPI.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_measure_mae(
    x: *const dlops_array,
    y: *const dlops_array,
    value: *mut f64,
) -> dlops_status {
    // SAFETY: as for this function.
    unsafe { measure("dlops_measure_mae", x, y, value, measures::mae) }
}

/// Mean squared error, sum |x - y|^2 / n. Collective; waits. Since 0.1. Arguments and errors as dlops_measure_mae.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_measure_mse(
    x: *const dlops_array,
    y: *const dlops_array,
    value: *mut f64,
) -> dlops_status {
    // SAFETY: as for this function.
    unsafe { measure("dlops_measure_mse", x, y, value, measures::mse) }
}

/// Signal-to-noise ratio in decibels, 10 log10(sum |x|^2 / sum |x - y|^2). Collective; waits. Since 0.1.
/// Arguments and errors as dlops_measure_mae; infinite where x and y are equal.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_measure_snr(
    x: *const dlops_array,
    y: *const dlops_array,
    value: *mut f64,
) -> dlops_status {
    // SAFETY: as for this function.
    unsafe { measure("dlops_measure_snr", x, y, value, measures::snr) }
}

/// Peak signal-to-noise ratio in decibels, 10 log10((largest - least)^2 / mse), of real arrays. Collective; waits.
/// Since 0.1.
///
/// Source: PyLops, psnr: `least` is 0 and `largest` the largest element of x unless the options say otherwise.
/// @param choices  NULL for the defaults
/// Arguments and errors as dlops_measure_mae; DTYPE for complex arrays, OPTION.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_measure_psnr(
    x: *const dlops_array,
    y: *const dlops_array,
    choices: *const dlops_psnr_options,
    value: *mut f64,
) -> dlops_status {
    let of = |x: &Array, y: &Array| {
        let limits = || -> Result<_> {
            // SAFETY: the host passes NULL or options with their struct_size.
            let o = unsafe { options(choices) }?;
            let least = if flag(o.find_least, "find_least")? { None } else { Some(o.least) };
            Ok((least, if flag(o.largest_given, "largest_given")? { Some(o.largest) } else { None }))
        };
        let (least, largest) = x.space().context().agree(limits())?;
        measures::psnr(x, y, least, largest)
    };
    // SAFETY: as for this function.
    unsafe { measure("dlops_measure_psnr", x, y, value, of) }
}
