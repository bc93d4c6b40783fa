//! One-dimensional transforms of contiguous lines, by rustfft and realfft.

use crate::dtype::Real;
use crate::error::Result;
use crate::fail;
use num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftNum, FftPlanner};
use std::sync::Arc;

/// float32 or float64.
pub trait Precision: Real + FftNum + Default {}
impl Precision for f32 {}
impl Precision for f64 {}

/// X[k] = sum_j x[j] exp(-+ 2 pi i j k / n), k below n; unscaled.
pub(super) struct ComplexLines<R: Precision> {
    /// With the negative sign, and with the positive one.
    signs: [Arc<dyn Fft<R>>; 2],
}

impl<R: Precision> ComplexLines<R> {
    pub fn new(n: usize) -> ComplexLines<R> {
        let mut planner = FftPlanner::new();
        ComplexLines { signs: [planner.plan_fft_forward(n), planner.plan_fft_inverse(n)] }
    }

    pub fn scratch_len(&self) -> usize {
        let needed = |f: &Arc<dyn Fft<R>>| f.get_inplace_scratch_len().max(f.get_immutable_scratch_len());
        self.signs.iter().map(needed).max().unwrap_or(0)
    }

    /// From one line of n elements to another.
    pub fn run_apart(&self, positive: bool, from: &[Complex<R>], to: &mut [Complex<R>], scratch: &mut [Complex<R>]) {
        self.signs[positive as usize].process_immutable_with_scratch(from, to, scratch);
    }

    /// In place; `lines` has n elements, or several lines one after another.
    pub fn run(&self, positive: bool, lines: &mut [Complex<R>], scratch: &mut [Complex<R>]) {
        self.signs[positive as usize].process_with_scratch(lines, scratch);
    }
}

/// Real lines of n elements and the n / 2 + 1 elements of their spectra that the others follow from; unscaled.
pub(super) struct RealLines<R: Precision> {
    to_half: Arc<dyn RealToComplex<R>>,
    to_real: Arc<dyn ComplexToReal<R>>,
    n: usize,
}

impl<R: Precision> RealLines<R> {
    pub fn new(n: usize) -> RealLines<R> {
        let mut planner = RealFftPlanner::new();
        RealLines { to_half: planner.plan_fft_forward(n), to_real: planner.plan_fft_inverse(n), n }
    }

    pub fn scratch_len(&self) -> usize {
        self.to_half.get_scratch_len().max(self.to_real.get_scratch_len())
    }

    /// half[k] = sum_j line[j] exp(-2 pi i j k / n). The line is destroyed.
    pub fn to_half(&self, line: &mut [R], half: &mut [Complex<R>], scratch: &mut [Complex<R>]) -> Result<()> {
        match self.to_half.process_with_scratch(line, half, &mut scratch[..self.to_half.get_scratch_len()]) {
            Ok(()) => Ok(()),
            Err(error) => fail!(Internal, "real transform of {} elements: {error}", self.n),
        }
    }

    /// line[j] = Re sum_k half[k] exp(2 pi i j k / n), the sum over k below n with half[n - k] = conj half[k]. What breaks
    /// that symmetry (imaginary parts of elements 0 and n / 2) is left out. The half is destroyed.
    pub fn to_real(&self, half: &mut [Complex<R>], line: &mut [R], scratch: &mut [Complex<R>]) -> Result<()> {
        half[0].im = R::ZERO;
        if self.n.is_multiple_of(2) {
            half[self.n / 2].im = R::ZERO;
        }
        match self.to_real.process_with_scratch(half, line, &mut scratch[..self.to_real.get_scratch_len()]) {
            Ok(()) => Ok(()),
            Err(error) => fail!(Internal, "real transform of {} elements: {error}", self.n),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// X[k] by its definition.
    fn spectrum(x: &[Complex<f64>], sign: f64) -> Vec<Complex<f64>> {
        let n = x.len();
        let turn =
            |j: usize, k: usize| Complex::from_polar(1.0, sign * std::f64::consts::TAU * (j * k % n) as f64 / n as f64);
        (0..n).map(|k| (0..n).map(|j| x[j] * turn(j, k)).sum()).collect()
    }

    fn line(n: usize) -> Vec<Complex<f64>> {
        (0..n).map(|k| Complex::new((k * k % 7) as f64 - 2.0, (k * 5 % 11) as f64 - 3.0)).collect()
    }

    fn near(a: &[Complex<f64>], b: &[Complex<f64>], bound: f64) {
        let largest = a.iter().zip(b).map(|(a, b)| (a - b).norm()).fold(0.0, f64::max);
        assert!(a.len() == b.len() && largest < bound, "differ by {largest}");
    }

    #[test]
    fn transforms_are_their_definitions() {
        for n in [1, 2, 3, 4, 5, 7, 8, 12, 17, 64, 97, 243] {
            let x = line(n);
            for (positive, sign) in [(false, -1.0), (true, 1.0)] {
                let lines = ComplexLines::<f64>::new(n);
                let (mut y, mut scratch) = (x.clone(), vec![Complex::default(); lines.scratch_len()]);
                lines.run(positive, &mut y, &mut scratch);
                near(&y, &spectrum(&x, sign), 1e-11 * n as f64);
                let mut apart = vec![Complex::default(); n];
                lines.run_apart(positive, &x, &mut apart, &mut scratch);
                near(&apart, &y, 1e-12 * n as f64);
            }
            let real = RealLines::<f64>::new(n);
            let mut scratch = vec![Complex::default(); real.scratch_len()];
            let (mut input, mut half) =
                (x.iter().map(|v| v.re).collect::<Vec<_>>(), vec![Complex::default(); n / 2 + 1]);
            let whole = spectrum(&input.iter().map(|v| Complex::new(*v, 0.0)).collect::<Vec<_>>(), -1.0);
            let kept = input.clone();
            real.to_half(&mut input, &mut half, &mut scratch).expect("a transform");
            near(&half, &whole[..n / 2 + 1], 1e-11 * n as f64);
            real.to_real(&mut half, &mut input, &mut scratch).expect("a transform");
            assert!(input.iter().zip(&kept).all(|(a, b)| (a / n as f64 - b).abs() < 1e-12));
        }
    }
}
