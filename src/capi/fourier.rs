//! Fourier transforms.

use super::border::{
    axis as checked_axis, borrow, call, dlops_status, flag, options, slice, write_all, Options, Output,
};
use super::handle::{dlops_operator, dlops_space};
use crate::arrays::Space;
use crate::error::Result;
use crate::fail;
use crate::operators::signal::fftshift;
use crate::operators::signal::fourier::{self, fftnd, Fourier, Norm, Place};

/// How a Fourier transform is scaled: by 1 / sqrt N both ways, so that the adjoint is the inverse; not at all; by 1 / N both
/// ways. N is the product of the lengths of the transforms.
pub const DLOPS_FFT_ORTHO: i32 = 0;
pub const DLOPS_FFT_NONE: i32 = 1;
pub const DLOPS_FFT_ONE_OVER_N: i32 = 2;

/// Optional choices for a Fourier transform; initialise with DLOPS_FFT_OPTIONS_INIT. Zero means the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dlops_fft_options {
    pub struct_size: usize,
    /// length of the transform along each axis, 1 or more: the model is cut off or continued with zeros; NULL: its extents
    pub lengths: *const i64,
    /// for each axis, 1: the model starts in its middle (ifftshift before the transform); NULL: none
    pub shift_before: *const i32,
    /// for each axis, 1: frequency 0 is in the middle of the spectrum (fftshift after the transform); NULL: none
    pub shift_after: *const i32,
    /// the spectrum takes the layout of this space of its shape and dtype; NULL: see as_computed
    pub spectrum: *const dlops_space,
    /// DLOPS_FFT_ORTHO (the default), DLOPS_FFT_NONE or DLOPS_FFT_ONE_OVER_N
    pub norm: i32,
    /// 1: of a real model the first n / 2 + 1 frequencies along the last of the axes, of which 1 to (n - 1) / 2 are
    /// multiplied by sqrt 2
    pub half: i32,
    /// 1: the spectrum stays in the layout of the last transform, and no way back is paid; 0: it has the model's layout
    pub as_computed: i32,
    pub reserved: i32,
}

impl Options for dlops_fft_options {
    const NAME: &'static str = "dlops_fft_options";
}

fn norm(code: i32) -> Result<Norm> {
    match code {
        DLOPS_FFT_ORTHO => Ok(Norm::Ortho),
        DLOPS_FFT_NONE => Ok(Norm::None),
        DLOPS_FFT_ONE_OVER_N => Ok(Norm::OneOverN),
        _ => fail!(Option, "norm is {code}, expected DLOPS_FFT_ORTHO (0), _NONE (1) or _ONE_OVER_N (2)"),
    }
}

/// One value an axis, or none where the pointer is NULL.
pub(super) unsafe fn listed<T: Copy>(pointer: *const T, count: i64, argument: &str) -> Result<Vec<T>> {
    match pointer.is_null() {
        true => Ok(Vec::new()),
        // SAFETY: the host passes one value an axis.
        false => Ok(unsafe { slice(pointer, count, argument) }?.to_vec()),
    }
}

/// Makes the Fourier transform along some axes of any layout, from `space` to complex elements. Collective. Since 0.1.
///
/// X[.., k, ..] = c sum_j x[.., j, ..] exp(-2 pi i j k / n) along each of the axes, c by the norm; the adjoint has the
/// positive sign and the same c. One axis: PyLops' FFT, two: FFT2D, more: FFTND, whose conventions these are. Real models
/// give all frequencies, or with `half` those that the others follow from; operators on them are only real-linear, and
/// their inner product is Re<.,.>. dlops_operator_inverse gives the inverse.
/// Axes that are cut are made whole by redistribution, in as few rounds of messages as the shape allows. An axis that the
/// others cannot make whole, such as the only one, is transformed as a matrix of columns dealt out to the ranks (the
/// four-step transform; where its length has no factors that spread over the ranks, as a convolution of twice the length).
/// Arrays in device memory are transformed there by cuFFT, in the order of the context's stream; where a rank finds no cuFFT,
/// or an axis is transformed as a matrix, all ranks transform copies on the host, and dlops_operator_view says so. cuFFT works
/// in room that is made here: with the buffers between the axes, up to three times the array's elements.
/// Source: PyLops, FFTND; NumPy's fft for signs, order and shifts. Deterministic: any P; by cuFFT, and where an axis is
/// transformed as a matrix, the same P.
/// @param space       the domain, of float or complex elements with a global shape; kept alive by the operator
/// @param axis_count  number of `axes`
/// @param axes        none twice; negative counts from the last
/// @param choices     NULL for the defaults
/// @param result      the caller destroys it
/// Errors: NULL_POINTER, HANDLE, AXIS, ARGUMENT (no axis, a length below 1), DTYPE (integers, half of complex elements),
/// SHAPE (no elements along an axis), OPTION, SPACE (no global shape, another shape or dtype of `spectrum`, or axes cut
/// between mask colours), CONTEXT, LAYOUT (a layout that does not fit the spectrum), MEMORY, COLLECTIVE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_fft_create(
    space: *const dlops_space,
    axis_count: i32,
    axes: *const i32,
    choices: *const dlops_fft_options,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_fft_create", || {
        let space = borrow::<Space>(space, "space")?;
        let arguments = || -> Result<_> {
            let output = Output::new(result, "result")?;
            // SAFETY: the host passes NULL or options with their struct_size.
            let o = unsafe { options(choices) }?;
            let (shape, _) = space.shaped("an FFT")?;
            let count = i64::from(axis_count);
            // SAFETY: the host passes that many axes, and as many values in each list that is not NULL.
            let (axes, lengths, before, after) = unsafe {
                (
                    slice(axes, count, "axes")?,
                    listed(o.lengths, count, "lengths")?,
                    listed(o.shift_before, count, "shift_before")?,
                    listed(o.shift_after, count, "shift_after")?,
                )
            };
            let flags = |values: Vec<i32>, name: &str| values.into_iter().map(|v| flag(v, name)).collect::<Result<_>>();
            let place = match (o.spectrum.is_null(), flag(o.as_computed, "as_computed")?) {
                (true, false) => Place::AsModel,
                (true, true) => Place::AsComputed,
                (false, false) => Place::In(borrow::<Space>(o.spectrum, "spectrum")?),
                (false, true) => fail!(Option, "spectrum is given, and as_computed is 1: choose one"),
            };
            let axes = axes.iter().map(|axis| checked_axis(*axis, shape.len(), "axes")).collect::<Result<Vec<_>>>()?;
            let fourier = Fourier {
                lengths,
                norm: norm(o.norm)?,
                half: flag(o.half, "half")?,
                shift_before: flags(before, "shift_before")?,
                shift_after: flags(after, "shift_after")?,
                place,
                ..Fourier::default()
            };
            Ok((output, axes, fourier))
        };
        let (output, axes, fourier) = space.context().agree(arguments())?;
        output.write(fftnd(&space, &axes, &fourier)?)
    })
}

/// Makes the exchange of the halves of some axes, fftshift, or ifftshift, which takes it back. Collective. Since 0.1.
///
/// y[(i + s) mod n] = x[i] along each of the axes, with s = floor(n / 2), and with `inverse` ceil(n / 2); the adjoint is the
/// inverse. The layout stays, and along axes that are cut each element travels once, on host and device alike.
/// Source: numpy.fft.fftshift and ifftshift. Deterministic: any P.
/// @param space       domain and range, with a global shape; kept alive by the operator
/// @param axis_count  number of `axes`, 1 or more
/// @param axes        none twice; negative counts from the last
/// @param inverse     0: fftshift, 1: ifftshift
/// @param result      the caller destroys it
/// Errors: NULL_POINTER, HANDLE, AXIS, OPTION, SPACE (no global shape, or axes cut between mask colours), MEMORY, COLLECTIVE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_fftshift_create(
    space: *const dlops_space,
    axis_count: i32,
    axes: *const i32,
    inverse: i32,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_fftshift_create", || {
        let space = borrow::<Space>(space, "space")?;
        let arguments = || -> Result<_> {
            let output = Output::new(result, "result")?;
            let (shape, _) = space.shaped("an fftshift")?;
            // SAFETY: the host passes that many axes.
            let axes = unsafe { slice(axes, i64::from(axis_count), "axes") }?;
            let axes = axes.iter().map(|axis| checked_axis(*axis, shape.len(), "axes")).collect::<Result<Vec<_>>>()?;
            Ok((output, axes, flag(inverse, "inverse")?))
        };
        let (output, axes, inverse) = space.context().agree(arguments())?;
        output.write(fftshift(&space, &axes, inverse)?)
    })
}

/// The frequencies of the elements of a transform, in cycles per unit of `sampling`. Local. Since 0.1.
///
/// k / (n sampling) for k below n / 2, and k - n in place of k from there on; with `half` only k = 0 to n / 2.
/// Source: numpy.fft.fftfreq and rfftfreq.
/// @param n            length of the transform, 1 or more
/// @param sampling     distance between samples of the model, above 0
/// @param half         0 or 1
/// @param shifted      1: in the order of fftshift
/// @param frequencies  n values, n / 2 + 1 with `half`
/// Errors: NULL_POINTER, ARGUMENT.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_fft_get_frequencies(
    n: i64,
    sampling: f64,
    half: i32,
    shifted: i32,
    frequencies: *mut f64,
) -> dlops_status {
    call("dlops_fft_get_frequencies", || {
        let all = fourier::frequencies(n, sampling, flag(half, "half")?, flag(shifted, "shifted")?)?;
        // SAFETY: the host passes room for as many values.
        unsafe { write_all(frequencies, "frequencies", &all) }
    })
}
