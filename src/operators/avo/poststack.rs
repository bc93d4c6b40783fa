//! Post-stack seismic data from the logarithm of acoustic impedance.

use crate::arrays::Space;
use crate::dispatch;
use crate::dtype::{Element, Real, Scalar};
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::banded::Band as DeviceBand;
use crate::kernels::host::banded::{banded, Band};
use crate::kernels::host::convolve::{Block, Derivative};
use crate::operators::derivative::Kind;
use crate::operators::signal::filter::{filter, Description};
use crate::operators::signal::line_map::LineKernel;
use crate::operators::signal::lines::along_axis;
use crate::operators::{Mode, Operator};
use num_complex::Complex;

const NAME: &str = "PoststackLinearModelling";

/// The seismic wavelet; its sample `len / 2` is time 0.
#[derive(Clone, Copy, Debug)]
pub enum Wavelet<'a> {
    /// The same at all times.
    Stationary(&'a [f64]),
    /// One wavelet of `samples` samples for each sample of the reflectivity, one after the other.
    PerSample { wavelets: &'a [f64], samples: usize },
}

/// d = W D m along the time axis `axis`, m the natural logarithm of the acoustic impedance: W convolves with the wavelet
/// w, (W r)[i] = sum_k w_k[i - k + samples / 2] r[k]. The factor 1/2 of the reflection coefficient is left to the
/// wavelet, as in PyLops' PoststackLinearModelling. D is the first derivative of unit sampling, centered
/// (x[i+1] - x[i-1]) / 2, forward x[i+1] - x[i] or backward x[i] - x[i-1], 0 where a point lies outside. Reads n, writes
/// n: nothing lies between W and D. Collective. *Deterministic: any P.*
///
/// # Errors
/// `Argument` (no sample), `Shape` (not one wavelet for each sample of the axis), `Axis`, `DType`, `Space`, `Layout` (the axis
/// is not cut into intervals, and the others cannot carry the cut).
pub fn poststack(space: &Space, axis: usize, wavelet: Wavelet, kind: Kind) -> Result<Operator> {
    let derivative = match kind {
        Kind::Centered => Derivative::Centered,
        Kind::Forward => Derivative::Forward,
        Kind::Backward => Derivative::Backward,
    };
    match wavelet {
        Wavelet::Stationary(w) => {
            let taps: Vec<Complex<f64>> = w.iter().map(|w| Complex::new(*w, 0.0)).collect();
            let offset = taps.len() / 2;
            filter(space, axis, Description { name: NAME, taps: &taps, offset, derivative: Some(derivative) })
        }
        Wavelet::PerSample { wavelets, samples } => {
            let matrix =
                space.context().agree_on(bands(space, axis, (wavelets, samples), kind), &format!("{wavelets:?}"))?;
            dispatch!(space.dtype(), T => along_axis::<T, Bands<<T as Element>::Real>>(space, axis, Bands::new(&matrix, samples)))
        }
    }
}

/// W D with wavelets that change, as a band matrix by diagonals.
struct Bands<R> {
    samples: usize,
    width: usize,
    /// Diagonals left of the main one, of W D and of its transpose.
    before: [usize; 2],
    diagonals: [Vec<R>; 2],
}

/// The `samples + 2` diagonals of W D and of (W D)^T in double precision.
fn bands(space: &Space, axis: usize, (w, samples): (&[f64], usize), kind: Kind) -> Result<[Vec<f64>; 2]> {
    let (shape, _) = space.shaped(NAME)?;
    if axis >= shape.len() {
        fail!(Axis, "axis is {axis}, the space has {} axes", shape.len());
    }
    let n = shape[axis] as usize;
    if samples == 0 {
        fail!(Argument, "a wavelet has 0 samples, expected 1 or more");
    }
    if w.len() != n.saturating_mul(samples) {
        fail!(
            Shape,
            "got {} values, expected one wavelet of {samples} samples for each of the {n} samples of axis {axis}",
            w.len()
        );
    }
    let (width, [before, before_transposed]) = (samples + 2, befores(samples));
    let mut diagonals = [vec![0.0; n * width], vec![0.0; n * width]];
    let mut add = |i: usize, j: usize, value: f64| {
        diagonals[0][(j + before - i) * n + i] += value;
        diagonals[1][(i + before_transposed - j) * n + j] += value;
    };
    for k in 0..n {
        // Row k of D, times column k of W.
        let row: &[(isize, f64)] = match kind {
            Kind::Centered if k > 0 && k + 1 < n => &[(-1, -0.5), (1, 0.5)],
            Kind::Forward if k + 1 < n => &[(0, -1.0), (1, 1.0)],
            Kind::Backward if k > 0 => &[(-1, -1.0), (0, 1.0)],
            _ => &[],
        };
        for t in 0..samples {
            let Some(i) = (k + t).checked_sub(samples / 2).filter(|i| *i < n) else { continue };
            row.iter().for_each(|(o, d)| add(i, (k as isize + o) as usize, w[k * samples + t] * d));
        }
    }
    Ok(diagonals)
}

/// Columns left of the diagonal: i - k <= samples - 1 - samples / 2 in W, one more in W D.
fn befores(samples: usize) -> [usize; 2] {
    [samples - samples / 2, samples / 2 + 1]
}

impl<R: Real> Bands<R> {
    fn new(diagonals: &[Vec<f64>; 2], samples: usize) -> Bands<R> {
        let convert = |diagonal: &Vec<f64>| diagonal.iter().map(|v| R::from_f64(*v)).collect();
        let diagonals = [convert(&diagonals[0]), convert(&diagonals[1])];
        Bands { samples, width: samples + 2, before: befores(samples), diagonals }
    }
}

impl<T: Element> LineKernel<T> for Bands<T::Real> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn details(&self) -> String {
        format!("one wavelet of {} samples for each sample", self.samples)
    }

    fn reach(&self, transposed: bool) -> (usize, usize) {
        let before = self.before[transposed as usize];
        (before, self.width - 1 - before)
    }

    fn band(&self, transposed: bool, total: usize) -> DeviceBand {
        let way = transposed as usize;
        let places = (0..total).flat_map(|i| (0..self.width).map(move |d| d * total + i));
        let value = |place: usize| Complex::new(self.diagonals[way][place].to_f64(), 0.0);
        DeviceBand {
            taps: self.width,
            lowest: -(self.before[way] as isize),
            head: total,
            tail: total,
            coefficients: places.map(value).collect(),
            per_line: false,
        }
    }

    fn scratch_len(&self) -> usize {
        0
    }

    unsafe fn run(&self, mode: Mode, alpha: Scalar, beta: Scalar, block: &Block<T>, _scratch: &mut [T]) {
        let way = mode.transposed() as usize;
        let band = Band { diagonals: &self.diagonals[way], width: self.width, before: self.before[way] };
        // SAFETY: as for this function.
        unsafe { banded(&band, alpha, beta, block) }
    }
}
