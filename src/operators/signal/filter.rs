//! A filter along an axis, alone or after a first derivative.

use super::line_map::LineKernel;
use super::lines::along_axis;
use crate::arrays::Space;
use crate::dispatch;
use crate::dtype::{Element, Scalar};
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::banded::Band;
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

    fn band(&self, transposed: bool, total: usize) -> Band {
        match self.derivative {
            None => filter_band(&self.taps, self.offset, transposed, total),
            Some(derivative) => derived_band(&self.taps, self.offset, derivative, transposed, total),
        }
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

/// W[i, j] = h[i - j + offset], or its transpose: all rows are alike.
fn filter_band<H: Element>(taps: &[H], offset: usize, transposed: bool, total: usize) -> Band {
    let (count, offset) = (taps.len(), offset as isize);
    let mut coefficients: Vec<_> = taps.iter().map(|h| complex(*h)).collect();
    if !transposed {
        coefficients.reverse();
    }
    let lowest = if transposed { -offset } else { offset + 1 - count as isize };
    Band { taps: count, lowest, head: 0, tail: total, coefficients, per_line: false }
}

/// W D, or its transpose. Rows that a special row of D takes part in have coefficients of their own.
fn derived_band<H: Element>(taps: &[H], offset: usize, derivative: Derivative, transposed: bool, total: usize) -> Band {
    let (n, count, offset) = (total as isize, taps.len() as isize, offset as isize);
    // D[k, j], where `inside` every row is like those that are not at an end.
    let difference = |k: isize, j: isize, inside: bool| match derivative {
        Derivative::Forward if inside || k + 1 < n => [0.0, -1.0, 1.0][(j - k + 1) as usize],
        Derivative::Backward if inside || k > 0 => [-1.0, 1.0, 0.0][(j - k + 1) as usize],
        Derivative::Centered if inside || (k > 0 && k + 1 < n) => [-0.5, 0.0, 0.5][(j - k + 1) as usize],
        _ => 0.0,
    };
    let sample = |lag: isize| match usize::try_from(lag + offset) {
        Ok(t) if (t as isize) < count => complex(taps[t]),
        _ => Complex::ZERO,
    };
    let element = |row: isize, column: isize, inside: bool| {
        let (i, j) = if transposed { (column, row) } else { (row, column) };
        let inner = (j - 1..=j + 1).filter(|k| inside || (0..n).contains(k));
        inner.map(|k| sample(i - k) * difference(k, j, inside)).sum::<Complex<f64>>()
    };
    // Row i of W D takes rows i + offset - count + 1 to i + offset of D, row j of its transpose j - 1 to j + 1.
    let (head, tail) = if transposed { (2, n - 2) } else { (count - offset, n - 1 - offset) };
    let head = head.min(n);
    let tail = tail.max(head);
    let (width, lowest) = (count + 2, if transposed { -(offset + 1) } else { offset - count });
    let mut coefficients = Vec::with_capacity(((head + 1 + n - tail) * width) as usize);
    let special = |i: isize| (0..width).map(move |t| (i, i + lowest + t));
    let kept = |(i, j): (isize, isize)| if (0..n).contains(&j) { element(i, j, false) } else { Complex::ZERO };
    coefficients.extend((0..head).flat_map(special).map(kept));
    coefficients.extend((0..width).map(|t| element(0, lowest + t, true)));
    coefficients.extend((tail..n).flat_map(special).map(kept));
    Band { taps: width as usize, lowest, head: head as usize, tail: tail as usize, coefficients, per_line: false }
}

pub(super) fn complex<H: Element>(h: H) -> Complex<f64> {
    let h = h.to_scalar();
    Complex::new(h.re, h.im)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The band as a full matrix of n rows.
    fn matrix(band: &Band, n: usize) -> Vec<Vec<f64>> {
        let row = |i: usize| {
            let kept = match i {
                _ if i < band.head => i,
                _ if i >= band.tail => band.head + 1 + i - band.tail,
                _ => band.head,
            };
            let value = |j: usize| {
                let t = usize::try_from(j as isize - i as isize - band.lowest).ok().filter(|t| *t < band.taps);
                t.map_or(0.0, |t| band.coefficients[kept * band.taps + t].re)
            };
            (0..n).map(value).collect()
        };
        (0..n).map(row).collect()
    }

    #[test]
    fn bands_are_filters_times_differences() {
        let taps = [2.0, -1.0, 0.5, 4.0];
        for (n, offset) in (1..9).flat_map(|n| (0..4).map(move |offset| (n, offset))) {
            let w = matrix(&filter_band(&taps, offset, false, n), n);
            for i in 0..n {
                for j in 0..n {
                    let t = i as isize - j as isize + offset as isize;
                    let h = usize::try_from(t).ok().and_then(|t| taps.get(t)).copied().unwrap_or(0.0);
                    assert_eq!(w[i][j], h);
                    assert_eq!(matrix(&filter_band(&taps, offset, true, n), n)[j][i], h);
                }
            }
            for kind in [Derivative::Forward, Derivative::Backward, Derivative::Centered] {
                let d = |k: usize, j: usize| match (kind, j as isize - k as isize) {
                    (Derivative::Forward, 0) if k + 1 < n => -1.0,
                    (Derivative::Forward, 1) => 1.0,
                    (Derivative::Backward, -1) => -1.0,
                    (Derivative::Backward, 0) if k > 0 => 1.0,
                    (Derivative::Centered, -1) if k + 1 < n => -0.5,
                    (Derivative::Centered, 1) if k > 0 => 0.5,
                    _ => 0.0,
                };
                let found = [false, true].map(|t| matrix(&derived_band(&taps, offset, kind, t, n), n));
                for i in 0..n {
                    for j in 0..n {
                        let right: f64 = (0..n).map(|k| w[i][k] * d(k, j)).sum();
                        assert_eq!((found[0][i][j], found[1][j][i]), (right, right), "{kind:?} n {n}: {i}, {j}");
                    }
                }
            }
        }
    }
}
