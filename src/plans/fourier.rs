//! Plans of Fourier transforms, by the conventions of cuFFT and FFTW: unscaled, and half spectra as they are.

use super::plan::{contiguous, Placement, Plan};
use crate::arrays::local::contiguous_strides;
use crate::arrays::{Space, Workspace};
use crate::error::Result;
use crate::fail;
use crate::operators::signal::fourier::{fftnd_within, model_of_half, Fourier, Norm, Place};

/// Elements of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Type {
    /// Complex-to-complex of a complex space, real-to-complex of a real one.
    #[default]
    ByDType,
    ComplexToComplex,
    /// The domain is real, the range has the first n / 2 + 1 frequencies along the last of the axes.
    RealToComplex,
    /// As `RealToComplex`, described by its range: the inverse is the transform.
    ComplexToReal,
}

/// Of the length n of the real elements, where m = n / 2 + 1 frequencies are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Parity {
    /// n = 2 (m - 1)
    #[default]
    Even,
    /// n = 2 m - 1
    Odd,
}

/// Factors of a transform of N elements in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Scaling {
    /// None: forward and back again is N times the input, as in cuFFT and FFTW.
    #[default]
    None,
    /// 1 / N back, as in NumPy.
    Inverse,
    /// 1 / sqrt N both ways.
    Ortho,
}

/// What a plan does.
#[derive(Clone, Default)]
pub struct Transform {
    pub kind: Type,
    /// Of `ComplexToReal`.
    pub parity: Parity,
    pub scaling: Scaling,
    /// Length of the transform along each axis; empty: the domain's extents. None for `ComplexToReal`.
    pub lengths: Vec<i64>,
    /// Layout of the end that is not given: as the one that is, as computed, or as another space's.
    pub place: Place,
    pub placement: Placement,
}

/// A Fourier transform along `axes` from the domain to the range, with the negative sign, and back with the positive one.
/// `space` is the domain, or the range of `ComplexToReal`. In place the rows of a real domain are padded to
/// 2 (n / 2 + 1) elements where its last axis is whole and the half is taken along it. Collective.
///
/// Source: cuFFT and cuFFTMp (nvmath-python's distributed.fft) for types, scaling, parity, padding and complementary layouts.
///
/// # Errors
/// As of [`fftnd_within`]; `DType` (a type that does not fit the space), `Shape` (no real length of this parity, strides),
/// `Option` (lengths of `ComplexToReal`).
pub fn fourier(space: &Space, axes: &[usize], choices: &Transform) -> Result<Plan> {
    let Transform { kind, parity, scaling, lengths, place, placement } = choices;
    let text = format!(
        "a plan of the FFT along {axes:?} of {space}, {kind:?}, {parity:?}, {scaling:?}, {place}, in place {}",
        placement.in_place
    );
    let (model, place) = space.context().agree_on(domain(space, axes, choices), &text)?;
    let half = !model.dtype().is_complex();
    let options =
        Fourier { lengths: lengths.clone(), norm: Norm::None, half, plain: half, place, ..Fourier::default() };
    let workspace = Workspace::new(space.context(), space.memory());
    let operator = fftnd_within(&model, axes, &options, &workspace)?;
    let plan = || {
        let (shape, layout) = model.shaped("an FFT")?;
        let length = |k: usize| lengths.get(k).copied().unwrap_or(shape[axes[k]]);
        let count: f64 = (0..axes.len()).map(|k| length(k) as f64).product();
        let scales = match scaling {
            Scaling::None => [1.0; 2],
            Scaling::Inverse => [1.0, 1.0 / count],
            Scaling::Ortho => [1.0 / count.sqrt(); 2],
        };
        let mut strides = contiguous(&model);
        let last = shape.len() - 1;
        let halved = half && axes.last() == Some(&last);
        if placement.in_place && halved && layout.axis_is_whole(shape, last) {
            let mut padded = model.local_shape().to_vec();
            padded[last] = padded[last].max(2 * (length(axes.len() - 1) / 2 + 1));
            strides = contiguous_strides(&padded);
        }
        let range = contiguous(operator.range());
        Plan::new(operator.clone(), workspace.clone(), scales, placement.clone(), [strides, range])
    };
    space.context().agree(plan())
}

/// The domain, and where the range is.
fn domain(space: &Space, axes: &[usize], choices: &Transform) -> Result<(Space, Place)> {
    let dtype = space.dtype();
    let refused = match choices.kind {
        Type::ByDType => dtype.is_integer(),
        Type::RealToComplex => dtype.is_integer() || dtype.is_complex(),
        Type::ComplexToComplex | Type::ComplexToReal => !dtype.is_complex(),
    };
    if refused {
        fail!(DType, "an FFT of type {:?} of {space}", choices.kind);
    }
    if choices.kind != Type::ComplexToReal {
        return Ok((space.clone(), choices.place.clone()));
    }
    if !choices.lengths.is_empty() {
        fail!(Option, "lengths are given for an FFT from complex to real elements; its parity says how long they are");
    }
    let (shape, _) = space.shaped("an FFT")?;
    let Some(frequencies) = axes.last().and_then(|axis| shape.get(*axis)) else {
        fail!(Axis, "axes are {axes:?}, the space has {} axes", shape.len());
    };
    let length = match choices.parity {
        Parity::Even => 2 * (frequencies - 1),
        Parity::Odd => 2 * frequencies - 1,
    };
    if length < 1 {
        fail!(
            Shape,
            "{frequencies} frequencies along the last axis of an FFT to real elements of {:?} length",
            choices.parity
        );
    }
    Ok((model_of_half(space, axes, length, &choices.place)?, Place::In(space.clone())))
}
