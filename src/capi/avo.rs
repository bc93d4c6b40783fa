//! Constructors of models of seismic amplitudes.

use super::border::{axis as checked_axis, borrow, call, dlops_status, flag, options, slice, Options, Output};
use super::derivative::kind;
use super::handle::{dlops_operator, dlops_space};
use crate::arrays::Space;
use crate::error::Result;
use crate::fail;
use crate::operators::avo::{poststack, Wavelet};

/// Optional choices for post-stack modelling; initialise with DLOPS_POSTSTACK_OPTIONS_INIT. Zero means the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dlops_poststack_options {
    pub struct_size: usize,
    /// of the derivative: DLOPS_KIND_CENTERED (the default), DLOPS_KIND_FORWARD or DLOPS_KIND_BACKWARD
    pub kind: i32,
    /// 1: one wavelet for each sample of the axis, [n][samples]; 0: one for all
    pub per_sample: i32,
}

impl Options for dlops_poststack_options {
    const NAME: &'static str = "dlops_poststack_options";
}

/// Makes the model of post-stack seismic data d = W D m, m the natural logarithm of acoustic impedance. Collective.
/// Since 0.1.
///
/// D is the first derivative along time with unit sampling, W the convolution with the wavelet, whose sample samples / 2
/// is time 0; with one wavelet a sample, that of the reflectivity's sample. The factor 1/2 of the reflection coefficient
/// is left to the wavelet. Source: PyLops, PoststackLinearModelling. Deterministic: any P.
/// Cut axes exchange halos, while the interior of long slabs is computed; block-cyclic and box layouts are redistributed.
/// @param space    domain and range, of float or complex elements with a global shape; kept alive by the operator
/// @param axis     of time; negative counts from the last, which is the fastest
/// @param samples  of a wavelet, 1 or more; odd for a wavelet that is symmetric about its time 0
/// @param wavelet  `samples` values, or one wavelet of them for each sample of the axis; the same on all ranks; copied
/// @param choices  NULL for the defaults
/// @param result   the caller destroys it
/// Errors: NULL_POINTER, HANDLE, AXIS, ARGUMENT (no sample, or too many), DTYPE, OPTION, SPACE (no global shape, or the axis is cut
/// between mask colours), LAYOUT, MEMORY, COLLECTIVE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_poststack_create(
    space: *const dlops_space,
    axis: i32,
    samples: i64,
    wavelet: *const f64,
    choices: *const dlops_poststack_options,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_poststack_create", || {
        let space = borrow::<Space>(space, "space")?;
        let arguments = || -> Result<_> {
            let output = Output::new(result, "result")?;
            // SAFETY: the host passes NULL or options with their struct_size.
            let o = unsafe { options(choices) }?;
            let (shape, _) = space.shaped("PoststackLinearModelling")?;
            let axis = checked_axis(axis, shape.len(), "axis")?;
            if samples < 1 {
                fail!(Argument, "samples is {samples}, expected 1 or more");
            }
            let wavelets = if flag(o.per_sample, "per_sample")? { shape[axis] } else { 1 };
            let Some(count) = wavelets.checked_mul(samples) else {
                fail!(Argument, "samples is {samples}, too many");
            };
            // SAFETY: the host passes as many wavelets as it says.
            let values = unsafe { slice(wavelet, count, "wavelet") }?;
            let wavelet = match o.per_sample {
                0 => Wavelet::Stationary(values),
                _ => Wavelet::PerSample { wavelets: values, samples: samples as usize },
            };
            Ok((output, axis, wavelet, kind(o.kind)?))
        };
        let (output, axis, wavelet, kind) = space.context().agree(arguments())?;
        output.write(poststack(&space, axis, wavelet, kind)?)
    })
}
