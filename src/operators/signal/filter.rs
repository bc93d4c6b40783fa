//! A filter along an axis, alone or after a first derivative.

use super::lines::{along_axis, LineKernel};
use crate::arrays::Space;
use crate::dispatch;
use crate::dtype::{Element, Scalar};
use crate::error::Result;
use crate::fail;
use crate::kernels::host::convolve::{convolve, scratch_len, Block, Derivative, Filter, Stage};
use crate::operators::{Mode, Operator};
use num_complex::Complex;

/// What is built: W, or W D.
#[derive(Clone, Copy)]
pub(crate) struct Description<'a> {
    pub name: &'static str,
    pub taps: &'a [Complex<f64>],
    /// Place of the filter's sample for lag 0.
    pub offset: usize,
    pub derivative: Option<Derivative>,
}

struct Convolution<H> {
    name: &'static str,
    taps: Vec<H>,
    offset: usize,
    derivative: Option<Derivative>,
}

/// (W D x)[i] = sum_k h[i - k + offset] (D x)[k] along `axis`. A filter without imaginary parts computes with real
/// numbers. Collective. *Deterministic: any P.*
pub(crate) fn filter(space: &Space, axis: usize, description: Description) -> Result<Operator> {
    let context = space.context();
    let valid = check(space, &description);
    context
        .agree_on(valid, &format!("{} taps {:?}, offset {}", description.name, description.taps, description.offset))?;
    let real = description.taps.iter().all(|h| h.im == 0.0);
    dispatch!(space.dtype(), T => match real {
        true => along_axis::<T, Convolution<<T as Element>::Real>>(space, axis, Convolution::new(&description)),
        false => along_axis::<T, Convolution<T>>(space, axis, Convolution::new(&description)),
    })
}

fn check(space: &Space, description: &Description) -> Result<()> {
    let (taps, offset) = (description.taps, description.offset);
    if offset >= taps.len() {
        fail!(
            Argument,
            "the offset of the filter is {offset}, expected 0 to {} for {} samples",
            taps.len() as i64 - 1,
            taps.len()
        );
    }
    if space.dtype().is_integer() || space.is_product() {
        fail!(DType, "{} needs a floating-point space with a global shape, got {space}", description.name);
    }
    if !space.dtype().is_complex() && taps.iter().any(|h| h.im != 0.0) {
        fail!(DType, "the filter is complex, but the space is {}", space.dtype().name());
    }
    Ok(())
}

impl<H: Element> Convolution<H> {
    fn new(description: &Description) -> Convolution<H> {
        let taps = description.taps.iter().map(|h| H::from_scalar(Scalar::complex(h.re, h.im))).collect();
        Convolution { name: description.name, taps, offset: description.offset, derivative: description.derivative }
    }

    fn oriented(&self, mode: Mode) -> (Filter<'_, H>, Stage) {
        let mut filter = Filter::new(&self.taps, self.offset);
        if mode.conjugated() {
            filter = filter.conj();
        }
        if mode.transposed() {
            filter = filter.transpose();
        }
        // (W D)^T = D^T W^T
        let stage = match (self.derivative, mode.transposed()) {
            (None, _) => Stage::Convolve,
            (Some(d), false) => Stage::DerivativeFirst(d),
            (Some(d), true) => Stage::TransposedDerivativeLast(d),
        };
        (filter, stage)
    }
}

impl<T: Element, H: Element<Real = T::Real>> LineKernel<T> for Convolution<H> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn details(&self) -> String {
        let derivative = self.derivative.map(|d| format!(", derivative {d:?}").to_lowercase()).unwrap_or_default();
        format!("{} samples, offset {}{derivative}", self.taps.len(), self.offset)
    }

    fn reach(&self, transposed: bool) -> (usize, usize) {
        let mode = if transposed { Mode::Transpose } else { Mode::Forward };
        let (filter, stage) = self.oriented(mode);
        let (before, after) = filter.reach();
        (before + stage.reach(), after + stage.reach())
    }

    fn scratch_len(&self) -> usize {
        scratch_len::<T>(self.taps.len())
    }

    unsafe fn run(&self, mode: Mode, alpha: Scalar, beta: Scalar, block: &Block<T>, scratch: &mut [T]) {
        let (filter, stage) = self.oriented(mode);
        // SAFETY: as for this function.
        unsafe { convolve(&filter, stage, alpha, beta, block, scratch) }
    }
}
