//! dlops_plan: Fourier transforms and changes of layout of memory that the host points to.

use super::border::{
    axis as checked_axis, borrow, call, dlops_status, flag, options, slice, write, write_all, Options, Output,
};
use super::fourier::listed;
use super::handle::{destroy, dlops_plan, dlops_space};
use super::host::CUstream_st;
use crate::arrays::Space;
use crate::context::Level;
use crate::error::Result;
use crate::fail;
use crate::operators::signal::fourier::Place;
use crate::plans::{self, Direction, Parity, Placement, Plan, Scaling, Transform, Type};
use std::ffi::c_void;

/// From the domain of a plan to its range, or back.
pub const DLOPS_DIRECTION_FORWARD: i32 = 0;
pub const DLOPS_DIRECTION_INVERSE: i32 = 1;

/// What a Fourier transform takes and gives: by the dtype of its space (complex to complex, or real to complex); complex
/// to complex; real to the first n / 2 + 1 frequencies; the same described by the frequencies, for its inverse.
pub const DLOPS_FFT_BY_DTYPE: i32 = 0;
pub const DLOPS_FFT_COMPLEX_TO_COMPLEX: i32 = 1;
pub const DLOPS_FFT_REAL_TO_COMPLEX: i32 = 2;
pub const DLOPS_FFT_COMPLEX_TO_REAL: i32 = 3;

/// Of the number n of real elements that m = n / 2 + 1 frequencies stand for: 2 (m - 1), or 2 m - 1.
pub const DLOPS_PARITY_EVEN: i32 = 0;
pub const DLOPS_PARITY_ODD: i32 = 1;

/// How a planned transform of N elements is scaled: not at all (cuFFT, FFTW: there and back is N times the input), by 1 / N
/// back (NumPy), or by 1 / sqrt N both ways.
pub const DLOPS_SCALING_NONE: i32 = 0;
pub const DLOPS_SCALING_INVERSE: i32 = 1;
pub const DLOPS_SCALING_ORTHO: i32 = 2;

/// Optional choices for a plan; initialise with DLOPS_PLAN_OPTIONS_INIT. Zero means the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dlops_plan_options {
    pub struct_size: usize,
    /// 1: one buffer serves as domain and range
    pub in_place: i32,
    pub reserved: i32,
    /// strides in elements, one an axis, of this rank's part of the domain, the last 1; NULL: contiguous
    pub domain_strides: *const i64,
    /// the same of the range
    pub range_strides: *const i64,
}

impl Options for dlops_plan_options {
    const NAME: &'static str = "dlops_plan_options";
}

/// Optional choices for a planned Fourier transform; initialise with DLOPS_FFT_PLAN_OPTIONS_INIT. Zero means the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dlops_fft_plan_options {
    pub struct_size: usize,
    /// DLOPS_FFT_BY_DTYPE (the default) to DLOPS_FFT_COMPLEX_TO_REAL
    pub kind: i32,
    /// of DLOPS_FFT_COMPLEX_TO_REAL: DLOPS_PARITY_EVEN (the default) or DLOPS_PARITY_ODD
    pub parity: i32,
    /// DLOPS_SCALING_NONE (the default), DLOPS_SCALING_INVERSE or DLOPS_SCALING_ORTHO
    pub scaling: i32,
    /// 1: the other end is in the layout that the last transform leaves, and no last change of layout is paid; 0: in the
    /// layout of the space that is given
    pub as_computed: i32,
    /// 1: one buffer serves as domain and range
    pub in_place: i32,
    pub reserved: i32,
    /// length of the transform along each axis, 1 or more: the domain is cut off or continued with zeros; NULL: its extents
    pub lengths: *const i64,
    /// the other end takes the layout of this space of its shape and dtype; NULL: see as_computed
    pub other: *const dlops_space,
    /// strides in elements, one an axis, of this rank's part of the domain, the last 1; NULL: contiguous, or in place with
    /// rows of 2 (n / 2 + 1) real elements (see dlops_plan_get_domain_strides)
    pub domain_strides: *const i64,
    /// the same of the range; NULL: contiguous
    pub range_strides: *const i64,
}

impl Options for dlops_fft_plan_options {
    const NAME: &'static str = "dlops_fft_plan_options";
}

/// Strides, one an axis, or none where the pointer is NULL.
unsafe fn strides(pointer: *const i64, dimensions: usize, argument: &str) -> Result<Option<Vec<i64>>> {
    match pointer.is_null() {
        true => Ok(None),
        // SAFETY: the host passes one stride an axis.
        false => Ok(Some(unsafe { slice(pointer, dimensions as i64, argument) }?.to_vec())),
    }
}

fn one_of<T: Copy>(code: i32, values: &[T], name: &str) -> Result<T> {
    match usize::try_from(code).ok().and_then(|k| values.get(k)) {
        Some(value) => Ok(*value),
        None => fail!(Option, "{name} is {code}, expected 0 to {}", values.len() - 1),
    }
}

/// Describes a Fourier transform of memory that dlops_plan_set_buffers names, along some axes of any layout. dlops_plan_prepare
/// plans it. Collective. Since 0.1.
///
/// X[.., k, ..] = s sum_j x[.., j, ..] exp(-2 pi i j k / n) along each of the axes from the domain to the range; back with
/// the positive sign. Unscaled both ways unless `scaling` says otherwise. Real elements give the first n / 2 + 1
/// frequencies along the last of the axes, as they are (dlops_fft_create weighs them). The space is the domain, or with
/// DLOPS_FFT_COMPLEX_TO_REAL the range, whose DLOPS_DIRECTION_INVERSE is the transform.
/// In place with a real domain, whose last axis is whole and the last of the axes, its rows are padded to 2 (n / 2 + 1)
/// elements. Memory of a device needs no symmetric allocation.
/// Source: cuFFT and cuFFTMp for types, scaling, parity, padding and complementary layouts.
/// @param space       of float or complex elements with a global shape; kept alive by the plan
/// @param axis_count  number of `axes`
/// @param axes        none twice; negative counts from the last
/// @param choices     NULL for the defaults
/// @param plan        the caller destroys it
/// Errors: NULL_POINTER, HANDLE, AXIS, ARGUMENT (a length below 1), DTYPE (a type that does not fit the space), SHAPE (no
/// elements along an axis, no length of this parity, strides), OPTION, SPACE (no global shape, another shape or dtype of
/// `other`, or axes cut between mask colours), CONTEXT, LAYOUT (the other axes cannot carry the cut), MEMORY, COLLECTIVE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_fft_plan_create(
    space: *const dlops_space,
    axis_count: i32,
    axes: *const i32,
    choices: *const dlops_fft_plan_options,
    plan: *mut *mut dlops_plan,
) -> dlops_status {
    call("dlops_fft_plan_create", || {
        let space = borrow::<Space>(space, "space")?;
        let arguments = || -> Result<_> {
            let output = Output::new(plan, "plan")?;
            // SAFETY: the host passes NULL or options with their struct_size.
            let o = unsafe { options(choices) }?;
            let n = space.shaped("an FFT")?.0.len();
            let count = i64::from(axis_count);
            // SAFETY: the host passes that many axes and lengths, and one stride an axis of the space.
            let (axes, lengths, strides) = unsafe {
                let strides =
                    [strides(o.domain_strides, n, "domain_strides")?, strides(o.range_strides, n, "range_strides")?];
                (slice(axes, count, "axes")?, listed(o.lengths, count, "lengths")?, strides)
            };
            let place = match (o.other.is_null(), flag(o.as_computed, "as_computed")?) {
                (true, false) => Place::AsModel,
                (true, true) => Place::AsComputed,
                (false, false) => Place::In(borrow::<Space>(o.other, "other")?),
                (false, true) => fail!(Option, "other is given, and as_computed is 1: choose one"),
            };
            let kinds = [Type::ByDType, Type::ComplexToComplex, Type::RealToComplex, Type::ComplexToReal];
            let transform = Transform {
                kind: one_of(o.kind, &kinds, "kind")?,
                parity: one_of(o.parity, &[Parity::Even, Parity::Odd], "parity")?,
                scaling: one_of(o.scaling, &[Scaling::None, Scaling::Inverse, Scaling::Ortho], "scaling")?,
                lengths,
                place,
                placement: Placement { in_place: flag(o.in_place, "in_place")?, strides },
            };
            let axes = axes.iter().map(|axis| checked_axis(*axis, n, "axes")).collect::<Result<Vec<_>>>()?;
            Ok((output, axes, transform))
        };
        let (output, axes, transform) = space.context().agree(arguments())?;
        output.write(plans::fourier(&space, &axes, &transform)?)
    })
}

/// Describes the change of layout of memory that dlops_plan_set_buffers names: of any dtype, from any layout to any other of
/// the same global shape. dlops_plan_prepare plans it. Collective. Since 0.1.
///
/// Every element that a rank needs and does not hold travels once, packed into one message for each pair of ranks;
/// DLOPS_DIRECTION_INVERSE goes back. Memory of a device needs no symmetric allocation.
/// @param from     the domain; kept alive by the plan
/// @param to       the range, of the same shape, dtype and memory
/// @param choices  NULL for the defaults
/// @param plan     the caller destroys it
/// Errors: NULL_POINTER, HANDLE, CONTEXT, DTYPE, SHAPE (also of strides), OPTION, SPACE (no global shape, host and device
/// memory, colours of a mask that would have to communicate), MEMORY, COLLECTIVE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_redistribution_plan_create(
    from: *const dlops_space,
    to: *const dlops_space,
    choices: *const dlops_plan_options,
    plan: *mut *mut dlops_plan,
) -> dlops_status {
    call("dlops_redistribution_plan_create", || {
        let from = borrow::<Space>(from, "from")?;
        let arguments = || -> Result<_> {
            let output = Output::new(plan, "plan")?;
            let to = borrow::<Space>(to, "to")?;
            // SAFETY: the host passes NULL or options with their struct_size.
            let o = unsafe { options(choices) }?;
            let dimensions = |space: &Space| Ok(space.shaped("a redistribution")?.0.len());
            // SAFETY: the host passes one stride an axis of each space.
            let strides = unsafe {
                [
                    strides(o.domain_strides, dimensions(&from)?, "domain_strides")?,
                    strides(o.range_strides, dimensions(&to)?, "range_strides")?,
                ]
            };
            Ok((output, to, Placement { in_place: flag(o.in_place, "in_place")?, strides }))
        };
        let (output, to, placement) = from.context().agree(arguments())?;
        output.write(plans::redistribution(&from, &to, placement)?)
    })
}

/// The space of the elements that a plan takes forward, as a new handle that the caller destroys. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_plan_get_domain(plan: *const dlops_plan, space: *mut *mut dlops_space) -> dlops_status {
    call("dlops_plan_get_domain", || Output::new(space, "space")?.write(borrow::<Plan>(plan, "plan")?.domain().clone()))
}

/// The space of the elements that a plan gives forward, as a new handle that the caller destroys. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_plan_get_range(plan: *const dlops_plan, space: *mut *mut dlops_space) -> dlops_status {
    call("dlops_plan_get_range", || Output::new(space, "space")?.write(borrow::<Plan>(plan, "plan")?.range().clone()))
}

/// Strides in elements of this rank's part of the domain, one an axis. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_plan_get_domain_strides(plan: *const dlops_plan, strides: *mut i64) -> dlops_status {
    call("dlops_plan_get_domain_strides", || {
        let plan = borrow::<Plan>(plan, "plan")?;
        // SAFETY: the host's array has room for all dimensions.
        unsafe { write_all(strides, "strides", plan.strides()[0]) }
    })
}

/// Strides in elements of this rank's part of the range, one an axis. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_plan_get_range_strides(plan: *const dlops_plan, strides: *mut i64) -> dlops_status {
    call("dlops_plan_get_range_strides", || {
        let plan = borrow::<Plan>(plan, "plan")?;
        // SAFETY: the host's array has room for all dimensions.
        unsafe { write_all(strides, "strides", plan.strides()[1]) }
    })
}

/// Bytes of workspace that this rank needs, in the memory of the plan's spaces; known before the plan is prepared. Ranks may
/// differ. Small scratch of threads, page-locked memory of messages and what cuFFT asks for are the library's own. Local.
/// Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_plan_get_workspace_size(plan: *const dlops_plan, bytes: *mut usize) -> dlops_status {
    // SAFETY: the host passes NULL or the address of a size_t.
    call("dlops_plan_get_workspace_size", || unsafe {
        write(bytes, "bytes", borrow::<Plan>(plan, "plan")?.workspace_bytes())
    })
}

/// Bytes that a buffer of this rank needs to serve as either end of the plan. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_plan_get_capacity(plan: *const dlops_plan, bytes: *mut usize) -> dlops_status {
    // SAFETY: the host passes NULL or the address of a size_t.
    call("dlops_plan_get_capacity", || unsafe { write(bytes, "bytes", borrow::<Plan>(plan, "plan")?.capacity()?) })
}

/// Lends the plan its workspace, from the next dlops_plan_prepare on, until another is set and prepared or the plan is gone.
/// What the plan has now is released. Plans that are not executed at the same time may share one. Local. Since 0.1.
///
/// @param pointer  aligned to 16 bytes, in the memory of the plan's spaces; NULL: the library's own (the default)
/// @param bytes    at least what dlops_plan_get_workspace_size says
/// Errors: NULL_POINTER, HANDLE; dlops_plan_prepare judges the memory, on all ranks.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_plan_set_workspace(
    plan: *mut dlops_plan,
    pointer: *mut c_void,
    bytes: usize,
) -> dlops_status {
    call("dlops_plan_set_workspace", || {
        let plan = borrow::<Plan>(plan, "plan")?;
        // SAFETY: the host lends the memory as documented.
        unsafe { plan.set_workspace(pointer, bytes) };
        Ok(())
    })
}

/// Plans: the plan has its workspace then, and can be executed any number of times. Collective. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (a lent workspace that is too small, not aligned to 16 bytes, or in other memory
/// than the plan's spaces), MEMORY.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_plan_prepare(plan: *mut dlops_plan) -> dlops_status {
    call("dlops_plan_prepare", || borrow::<Plan>(plan, "plan")?.prepare())
}

/// Names the memory of this rank's elements, borrowed until other memory is named or the plan is gone. May be called before
/// and after dlops_plan_prepare, and between executions; nothing is planned again. Local. Since 0.1.
///
/// @param domain  elements of the domain, with the plan's strides; NULL where this rank has none
/// @param range   elements of the range; in place NULL or the same as `domain`, of dlops_plan_get_capacity bytes
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (not aligned for the elements, or in other memory than the spaces), OVERLAP (the
/// buffers share memory, or in place are two).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_plan_set_buffers(
    plan: *mut dlops_plan,
    domain: *mut c_void,
    range: *mut c_void,
) -> dlops_status {
    call("dlops_plan_set_buffers", || {
        let plan = borrow::<Plan>(plan, "plan")?;
        // SAFETY: the host names valid memory, as documented.
        unsafe { plan.set_buffers(domain, range) }
    })
}

/// Puts the work of later executions on another stream of the device of the plan's context, behind what is on the context's
/// stream then; what is put on the context's stream afterwards waits for it. Local. Since 0.1.
///
/// @param stream  a cudaStream_t, borrowed until another is set or the plan is gone; NULL: the legacy default stream. That
///                of dlops_context_get_stream is the default
/// Errors: NULL_POINTER, HANDLE, STATE (a context without a device), ARGUMENT (a stream of another device), CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_plan_set_stream(plan: *mut dlops_plan, stream: *mut CUstream_st) -> dlops_status {
    call("dlops_plan_set_stream", || {
        let plan = borrow::<Plan>(plan, "plan")?;
        // SAFETY: the host passes one of its streams, which stays alive as documented.
        unsafe { plan.set_stream(stream.cast()) }
    })
}

/// Takes the elements from one buffer to the other. Those of the input are kept, but in place. Waits for messages over MPI; on
/// a device the work may not be done when it returns. Allocates nothing. Collective. Since 0.1.
///
/// @param direction  DLOPS_DIRECTION_FORWARD: from domain to range; DLOPS_DIRECTION_INVERSE: back
/// Errors: NULL_POINTER, HANDLE, OPTION, STATE (not prepared, released, or without buffers), and what fails on the way.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_plan_execute(plan: *mut dlops_plan, direction: i32) -> dlops_status {
    call("dlops_plan_execute", || {
        let plan = borrow::<Plan>(plan, "plan")?;
        plan.execute(one_of(direction, &[Direction::Forward, Direction::Inverse], "direction")?)
    })
}

/// Gives the workspace back, the host's or the library's. dlops_plan_prepare is needed before the next execution. Local.
/// Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_plan_release_workspace(plan: *mut dlops_plan) -> dlops_status {
    call("dlops_plan_release_workspace", || {
        borrow::<Plan>(plan, "plan")?.release_workspace();
        Ok(())
    })
}

/// Sends a line that describes the plan to the log at level DLOPS_LOG_INFO. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_plan_view(plan: *const dlops_plan) -> dlops_status {
    call("dlops_plan_view", || {
        let plan = borrow::<Plan>(plan, "plan")?;
        plan.context().log(Level::Info, &plan.to_string());
        Ok(())
    })
}

/// Another handle to the same plan. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_plan_retain(plan: *const dlops_plan, copy: *mut *mut dlops_plan) -> dlops_status {
    call("dlops_plan_retain", || Output::new(copy, "copy")?.write(borrow::<Plan>(plan, "plan")?))
}

/// Destroys a handle and sets it to NULL; NULL is accepted. Local. Since 0.1. Errors: HANDLE.
#[no_mangle]
pub unsafe extern "C" fn dlops_plan_destroy(plan: *mut *mut dlops_plan) -> dlops_status {
    // SAFETY: the host passes NULL or the address of a handle.
    call("dlops_plan_destroy", || unsafe { destroy::<Plan>(plan, "plan") })
}
