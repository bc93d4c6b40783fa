//! Convolution along one axis with a filter for each line.

use super::filter::complex;
use super::line_map::LineKernel;
use super::lines::along_axis;
use crate::arrays::Space;
use crate::dispatch;
use crate::dtype::{Element, Scalar};
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::banded::Band;
use crate::kernels::host::convolve::Block;
use crate::kernels::host::convolve_lines::{convolve_lines, LineFilters};
use crate::operators::{Mode, Operator};
use num_complex::Complex;

const NAME: &str = "Convolve1D";

/// y[.., i, ..] = sum_k h[.., i - k + offset, ..] x[.., k, ..] along `axis`: as `convolve1d`, with a filter for each line.
/// h has the shape of the space, but for `taps` samples along the axis, in C order, and is the same on all ranks, which
/// keep their lines' samples. (PyLops' Convolve1D with h of the model's dimensions.) Collective. *Deterministic: any P.*
///
/// # Errors
/// `Argument` (no sample, or an offset outside), `Shape` (not a filter for each line), `Axis`, `DType`, `Space`,
/// `Layout` (the axis is not cut into intervals, and the others cannot carry the cut), `Memory`.
pub fn convolve1d_lines(
    space: &Space,
    axis: usize,
    h: &[Complex<f64>],
    taps: usize,
    offset: usize,
) -> Result<Operator> {
    let check = || -> Result<()> {
        let (shape, _) = space.shaped(NAME)?;
        if axis >= shape.len() {
            fail!(Axis, "axis is {axis}, the space has {} axes", shape.len());
        }
        if offset >= taps {
            fail!(
                Argument,
                "the offset of the filter is {offset}, expected 0 to {} for {taps} samples",
                taps as i64 - 1
            );
        }
        if space.dtype().is_integer() {
            fail!(DType, "{NAME} needs a floating-point space, got {space}");
        }
        if !space.dtype().is_complex() && h.iter().any(|h| h.im != 0.0) {
            fail!(DType, "the filter is complex, but the space is {}", space.dtype().name());
        }
        let lines: i64 = shape.iter().enumerate().filter(|(k, _)| *k != axis).map(|(_, n)| *n).product();
        if (lines as usize).checked_mul(taps) != Some(h.len()) {
            fail!(
                Shape,
                "got {} values, expected {taps} samples for each of the {lines} lines along axis {axis}",
                h.len()
            );
        }
        Ok(())
    };
    // Two sums tell filters apart that differ between ranks.
    let sums = h.iter().enumerate().fold([0.0; 2], |[a, b], (k, h)| {
        let v = h.re + 1.7 * h.im;
        [a + v, b + v * (k as f64 + 1.0)]
    });
    let arguments = format!("{} values that sum to {sums:?}, {taps} samples, offset {offset}", h.len());
    space.context().agree_on(check(), &arguments)?;
    dispatch!(space.dtype(), T => {
        let samples = h.iter().map(|h| T::from_scalar(Scalar::complex(h.re, h.im))).collect();
        along_axis::<T, Filters<T>>(space, axis, Filters { samples, taps, offset, trailing: 1 })
    })
}

/// All filters; those of this rank's lines once `settle` was called.
struct Filters<T> {
    samples: Vec<T>,
    taps: usize,
    offset: usize,
    trailing: usize,
}

impl<T: Element> LineKernel<T> for Filters<T> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn details(&self) -> String {
        format!("{} samples a line, offset {}", self.taps, self.offset)
    }

    fn reach(&self, transposed: bool) -> (usize, usize) {
        let (before, after) = (self.taps - 1 - self.offset, self.offset);
        if transposed {
            (after, before)
        } else {
            (before, after)
        }
    }

    fn band(&self, transposed: bool, total: usize) -> Band {
        let (taps, trailing, offset) = (self.taps, self.trailing, self.offset as isize);
        let lines = self.samples.len() / taps;
        let sample = |line: usize, t: usize| {
            let t = if transposed { t } else { taps - 1 - t };
            complex(self.samples[(line / trailing * taps + t) * trailing + line % trailing])
        };
        Band {
            taps,
            lowest: if transposed { -offset } else { offset + 1 - taps as isize },
            head: 0,
            tail: total,
            coefficients: (0..lines)
                .flat_map(|line| (0..taps).map(move |t| (line, t)))
                .map(|(l, t)| sample(l, t))
                .collect(),
            per_line: true,
        }
    }

    fn scratch_len(&self) -> usize {
        0
    }

    fn settle(&mut self, space: &Space, axis: usize) -> Result<()> {
        let (shape, _) = space.shaped(NAME)?;
        let Some(region) = space.region() else { return Ok(()) };
        self.trailing = region.axes[axis + 1..].iter().map(|set| set.len() as usize).product::<usize>().max(1);
        // Global offsets of this rank's filters, axis after axis.
        let mut places = vec![0usize];
        for (k, set) in region.axes.iter().enumerate() {
            let extent = if k == axis { self.taps } else { shape[k] as usize };
            let indices: Vec<usize> = match k == axis {
                true => (0..self.taps).collect(),
                false => set.intervals().iter().flat_map(|i| i.start as usize..i.end() as usize).collect(),
            };
            places = places.iter().flat_map(|p| indices.iter().map(move |i| p * extent + i)).collect();
        }
        self.samples = places.into_iter().map(|p| self.samples[p]).collect();
        Ok(())
    }

    unsafe fn run(&self, mode: Mode, alpha: Scalar, beta: Scalar, block: &Block<T>, _scratch: &mut [T]) {
        let filters = LineFilters {
            samples: &self.samples,
            taps: self.taps,
            trailing: self.trailing,
            offset: self.offset,
            transposed: mode.transposed(),
            conj: mode.conjugated(),
        };
        // SAFETY: as for this function.
        unsafe { convolve_lines(&filters, alpha, beta, block) }
    }
}
