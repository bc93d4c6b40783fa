//! Fourier transforms along any axes of any layout.

mod between;
mod chain;
mod device_step;
mod factors;
mod four_step;
mod joined;
mod map;
mod matrix_pass;
mod planes;
mod stages;
mod step;
mod window;

use crate::arrays::{Space, Workspace};
use crate::device::fft_available;
use crate::dtype::DType;
use crate::error::Result;
use crate::fail;
use crate::operators::{algebra, Operator};
use crate::storage::Memory;
use stages::Order;
use std::fmt;

/// How a transform is scaled; N is the product of the lengths of all transforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Norm {
    /// 1 / sqrt N both ways, so that the adjoint is the inverse.
    #[default]
    Ortho,
    /// Neither way: the adjoint is N times the inverse.
    None,
    /// 1 / N both ways: the adjoint is 1 / N of the inverse.
    OneOverN,
}

impl Norm {
    /// The factor of A, and of A^H, for transforms of `n` elements in all.
    pub fn factor(self, n: f64) -> f64 {
        match self {
            Norm::Ortho => 1.0 / n.sqrt(),
            Norm::None => 1.0,
            Norm::OneOverN => 1.0 / n,
        }
    }
}

/// Where the spectrum is kept.
#[derive(Clone, Default)]
pub enum Place {
    /// As the model: its layout over the spectrum's shape. Where that has other extents than a layout of given extents
    /// or boxes was made for, the axis is cut into balanced blocks (of boxes: the first axis).
    #[default]
    AsModel,
    /// Where the last transform leaves it: no way back is paid.
    AsComputed,
    /// In the layout of this space of the spectrum's shape and dtype.
    In(Space),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Place::AsModel => f.write_str("in the model's layout"),
            Place::AsComputed => f.write_str("in the layout of the last transform"),
            Place::In(space) => write!(f, "in {space}"),
        }
    }
}

/// What a transform does along its axes.
#[derive(Clone, Default)]
pub struct Fourier {
    /// Length of the transform along each axis, at least 1: the model is cut off or continued with zeros. Empty: the
    /// extents of the model.
    pub lengths: Vec<i64>,
    pub norm: Norm,
    /// A real model, and of its spectrum along the last of the axes the first n / 2 + 1 elements, of which 1 to
    /// (n - 1) / 2 are multiplied by sqrt 2.
    pub half: bool,
    /// The half as it is, without the factor: the transposed mode is then N times the inverse (with no norm), and no adjoint.
    pub plain: bool,
    /// Axis by axis: the model starts in its middle (ifftshift before the transform). Empty: none.
    pub shift_before: Vec<bool>,
    /// Axis by axis: frequency 0 is in the middle of the spectrum (fftshift after the transform). Empty: none.
    pub shift_after: Vec<bool>,
    pub place: Place,
}

/// One of the axes, with everything that is chosen along it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Axis {
    axis: usize,
    /// Length of the transform, and elements of the model and of the spectrum.
    length: i64,
    model: i64,
    spectrum: i64,
    shifts: [bool; 2],
}

/// X[.., k, ..] = c sum_j x[.., j, ..] exp(-2 pi i j k / n) along each of `axes`, c by the norm; from `space` to a space of
/// complex elements whose extents along the axes are the lengths of the transforms. Along axes that are cut the array is
/// redistributed so that they are whole, in as few rounds of messages as the shape allows; an axis that the others cannot
/// make whole (largest local part <= 2 ceil(N / P)) is transformed as a matrix, in three rounds (`four_step`; five where its
/// length has no even factors). A redistribution of more than some MiB a rank is up to eight messages for each pair of
/// ranks, which travel while other parts of the array are transformed. Collective.
///
/// A real model that is not `half` has all frequencies; the adjoint gives real parts. Operators on real models are only
/// real-linear: their inner product is Re<.,.>. *Deterministic: any P*, since a deterministic context transforms the
/// axes in one order; others take first what is whole. *Same P* where an axis is transformed as a matrix.
///
/// Buffers of a matrix are at most 4 N / P elements of the spectrum's dtype (N over the padded lengths, of the largest local
/// part): two states and the messages, which all moves pack into one room. Where a length n needs a convolution, N counts
/// its m >= 2 n - 1 elements, and the spectrum of the chirp is one part more.
///
/// Arrays in device memory are transformed there by cuFFT, *deterministic: same P*, since it chooses its kernels by the
/// number of lines; on the host, by copies, where a rank finds no cuFFT or an axis is transformed as a matrix. Beside what
/// lies between model and spectrum, as on the host, a device gives room to what cuFFT works in.
///
/// Source: PyLops, FFTND (and FFT, FFT2D: one and two axes).
///
/// # Errors
/// `Axis` (outside, or twice), `Argument` (a length below 1, or lists of other lengths than `axes`), `DType` (integers; a
/// half spectrum of complex elements), `Shape` (no elements along an axis), `Space` (no global shape; a mask whose colours would have to communicate),
/// `Layout` (the layout asked for does not fit), `Memory`.
pub fn fftnd(space: &Space, axes: &[usize], options: &Fourier) -> Result<Operator> {
    let workspace = Workspace::new(space.context(), space.memory());
    let transform = fftnd_within(space, axes, options, &workspace)?;
    space.context().agree(workspace.allocate().and_then(|()| transform.settle()))?;
    Ok(transform)
}

/// As `fftnd`, with its buffers in a workspace of the space's memory: when that has memory, and again when it has other
/// memory, the operator has to settle. Collective.
pub fn fftnd_within(space: &Space, axes: &[usize], options: &Fourier, workspace: &Workspace) -> Result<Operator> {
    if !space.is_on_device() {
        return planned(space, axes, options, "", workspace);
    }
    match space.context().agree(fft_available()) {
        Ok(()) => planned(space, axes, options, ", by cuFFT", workspace),
        Err(_) => through_host(space, axes, options, ", on the host, since cuFFT was not found"),
    }
}

/// `fftnd_within` where the arrays are; the note is one of the operator's details.
fn planned(space: &Space, axes: &[usize], options: &Fourier, note: &str, workspace: &Workspace) -> Result<Operator> {
    let planned = plan(space, axes, options);
    let Fourier { lengths, norm, half, plain, shift_before, shift_after, place } = options;
    let arguments = format!(
        "FFT along {axes:?} of {space}, lengths {lengths:?}, {norm:?}, half {half} (plain {plain}), shifts {shift_before:?} and \
         {shift_after:?}, {place}"
    );
    let (chosen, stages) = space.context().agree_on(planned, &arguments)?;
    if space.is_on_device() && stages.has_matrix() {
        return through_host(space, axes, options, ", on the host, where an axis is transformed as a matrix");
    }
    let spectrum = Space::derived(space, space.dtype().complex(), &stages.shape, stages.layout.clone())?;
    match space.dtype().real() {
        DType::Float32 => map::operator::<f32>(space, &spectrum, &chosen, &stages, options, note, workspace),
        _ => map::operator::<f64>(space, &spectrum, &chosen, &stages, options, note, workspace),
    }
}

/// The transform of host arrays, for arrays in device memory; the note says why.
fn through_host(space: &Space, axes: &[usize], options: &Fourier, note: &str) -> Result<Operator> {
    let twins = || {
        let place = match &options.place {
            Place::In(range) if !range.is_on_device() => {
                fail!(Space, "the model is in device memory, the spectrum's {range} in the host's")
            }
            Place::In(range) => Place::In(range.with_memory(Memory::Host)?),
            place => place.clone(),
        };
        Ok((space.with_memory(Memory::Host)?, place))
    };
    let (twin, place) = space.context().agree(twins())?;
    let workspace = Workspace::new(twin.context(), Memory::Host);
    let transform = planned(&twin, axes, &Fourier { place, ..options.clone() }, note, &workspace)?;
    space.context().agree(workspace.allocate().and_then(|()| transform.settle()))?;
    space.context().agree(algebra::moved(&transform, Memory::Cuda, Memory::Cuda))
}

fn plan(space: &Space, axes: &[usize], options: &Fourier) -> Result<(Vec<Axis>, stages::Stages)> {
    let (shape, layout) = space.shaped("an FFT")?;
    let dtype = space.dtype();
    if dtype.is_integer() || (options.half && dtype.is_complex()) {
        let needed = if options.half { "a real" } else { "a floating-point" };
        fail!(DType, "the FFT needs {needed} space, got {space}");
    }
    if axes.is_empty() {
        fail!(Axis, "an FFT along no axis");
    }
    let lists = [options.lengths.len(), options.shift_before.len(), options.shift_after.len()];
    if let Some(len) = lists.iter().find(|len| **len != 0 && **len != axes.len()) {
        fail!(Argument, "{len} lengths or shifts are given for {} axes of an FFT", axes.len());
    }
    let mut chosen = Vec::with_capacity(axes.len());
    for (k, &axis) in axes.iter().enumerate() {
        if axis >= shape.len() {
            fail!(Axis, "axis is {axis}, the space has {} axes", shape.len());
        }
        if axes[..k].contains(&axis) {
            fail!(Axis, "axis {axis} of an FFT is given twice");
        }
        if shape[axis] == 0 {
            fail!(Shape, "an FFT along axis {axis} of shape {shape:?}, which has no elements along it");
        }
        let length = options.lengths.get(k).copied().unwrap_or(shape[axis]);
        if length < 1 {
            fail!(Argument, "the length of the FFT along axis {axis} is {length}, expected 1 or more");
        }
        let at = |shifts: &[bool]| shifts.get(k).copied().unwrap_or(false);
        let half = options.half && k + 1 == axes.len();
        chosen.push(Axis {
            axis,
            length,
            model: shape[axis],
            spectrum: if half { length / 2 + 1 } else { length },
            shifts: [at(&options.shift_before), at(&options.shift_after)],
        });
    }
    // From the last to the first, as NumPy does: the half is taken first, of real elements.
    chosen.reverse();
    let order = match (space.context().deterministic(), options.half) {
        (true, _) => Order::Fixed,
        (_, true) => Order::FirstFirst,
        (_, false) => Order::Any,
    };
    if let Place::In(range) = &options.place {
        let mut spectrum = shape.to_vec();
        chosen.iter().for_each(|a| spectrum[a.axis] = a.spectrum);
        let dtype = space.dtype().complex();
        if range.context() != space.context() {
            fail!(Context, "the space of the spectrum belongs to another context than the model's");
        }
        if range.shape() != Some(&spectrum) || range.dtype() != dtype || range.memory() != space.memory() {
            fail!(
                Space,
                "the spectrum of {space} is of {} elements and shape {spectrum:?} in the same memory, got {range}",
                dtype.name()
            );
        }
    }
    let stages = stages::stages(shape, layout, space.context().size(), &chosen, order, &options.place)?;
    Ok((chosen, stages))
}

/// The real space whose half spectrum along the last of `axes` is `spectrum`, with `length` elements there: in the layout that
/// `place` says, as computed in that in which the way back ends. Local.
///
/// # Errors
/// `Axis`, `Space`, `Layout` as of [`fftnd`]; `Shape`: no elements along an axis.
pub(crate) fn model_of_half(spectrum: &Space, axes: &[usize], length: i64, place: &Place) -> Result<Space> {
    if let Place::In(model) = place {
        return Ok(model.clone());
    }
    let (given, layout) = spectrum.shaped("an FFT")?;
    let half = axes.len() - 1;
    // Backwards the half comes last, and what is whole first.
    let mut order: Vec<usize> = (0..half).collect();
    order.sort_by_key(|k| axes.get(*k).is_some_and(|axis| *axis < given.len() && !layout.axis_is_whole(given, *axis)));
    let mut chain = Vec::with_capacity(axes.len());
    for k in order.into_iter().chain([half]) {
        let Some(n) = given.get(axes[k]).copied() else {
            fail!(Axis, "axis is {}, the space has {} axes", axes[k], given.len());
        };
        if chain.iter().any(|a: &Axis| a.axis == axes[k]) {
            fail!(Axis, "axis {} of an FFT is given twice", axes[k]);
        }
        let back = if k == half { length } else { n };
        chain.push(Axis { axis: axes[k], length: back, model: n, spectrum: back, shifts: [false; 2] });
    }
    let back = stages::stages(given, layout, spectrum.context().size(), &chain, Order::Fixed, place)?;
    Space::derived(spectrum, spectrum.dtype().real(), &back.shape, back.layout)
}

/// The frequencies of the elements of a transform of `n` samples a distance of `sampling` apart, in cycles per unit:
/// k / (n sampling) for k below n / 2, k - n from there on; of a half, k to n / 2. `shifted`: in the order of fftshift.
/// Source: numpy.fft.fftfreq, rfftfreq.
///
/// # Errors
/// `Argument`: n is below 1, or the sampling is not a positive number.
pub fn frequencies(n: i64, sampling: f64, half: bool, shifted: bool) -> Result<Vec<f64>> {
    if n < 1 || !(sampling > 0.0 && sampling.is_finite()) {
        fail!(Argument, "frequencies of {n} samples {sampling} apart: expected 1 or more, and a positive distance");
    }
    let bins = if half { n / 2 + 1 } else { n };
    let at = |k: i64| if half || k < (n + 1) / 2 { k } else { k - n };
    let mut all: Vec<f64> = (0..bins).map(|k| at(k) as f64 / (n as f64 * sampling)).collect();
    if shifted {
        all.rotate_right(bins as usize / 2);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequencies_are_numpys() {
        let f = |n, half, shifted| frequencies(n, 0.5, half, shifted).expect("frequencies");
        assert_eq!(f(5, false, false), [0.0, 0.4, 0.8, -0.8, -0.4]);
        assert_eq!(f(4, false, false), [0.0, 0.5, -1.0, -0.5]);
        assert_eq!(f(4, false, true), [-1.0, -0.5, 0.0, 0.5]);
        assert_eq!(f(5, false, true), [-0.8, -0.4, 0.0, 0.4, 0.8]);
        assert_eq!(f(5, true, false), [0.0, 0.4, 0.8]);
        assert_eq!(f(1, true, false), [0.0]);
        for (n, sampling) in [(0, 1.0), (3, 0.0), (3, f64::NAN)] {
            assert_eq!(
                frequencies(n, sampling, false, false).expect_err("refused").status,
                crate::error::Status::Argument
            );
        }
    }
}
