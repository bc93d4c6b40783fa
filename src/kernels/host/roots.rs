//! Roots of unity, and lines multiplied by powers of them.

use crate::dtype::Real;
use num_complex::Complex;
use std::f64::consts::TAU;

/// exp(-2 pi i e / n) for all e: a product of two tables of about sqrt n values, each rounded once, so that the error does
/// not grow with e or n.
pub struct Roots<R> {
    order: u64,
    shift: u32,
    /// exp(-2 pi i (k 2^shift) / n), and exp(-2 pi i k / n) for k below 2^shift.
    coarse: Vec<Complex<R>>,
    fine: Vec<Complex<R>>,
}

impl<R: Real> Roots<R> {
    /// `order` is n, at least 1 and below 2^62.
    pub fn new(order: u64) -> Roots<R> {
        let shift = (64 - order.leading_zeros()) / 2;
        let value = |e: u64| {
            let (re, im) = root(e, order);
            Complex::new(R::from_f64(re), R::from_f64(-im))
        };
        Roots {
            order,
            shift,
            coarse: (0..=(order - 1) >> shift).map(|k| value(k << shift)).collect(),
            fine: (0..(1 << shift).min(order)).map(value).collect(),
        }
    }

    /// exp(-2 pi i e / n) for e below n.
    #[inline(always)]
    fn at(&self, e: u64) -> Complex<R> {
        let (a, b) = (self.coarse[(e >> self.shift) as usize], self.fine[(e & ((1 << self.shift) - 1)) as usize]);
        Complex::new(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re)
    }
}

/// exp(2 pi i e / n) for e below n, of an angle within the first eighth of the circle, where cosine and sine are exact to
/// the last bit or so.
pub fn root(e: u64, n: u64) -> (f64, f64) {
    // Angles as t of 8 n.
    let n = i128::from(n);
    let mut t = 8 * i128::from(e);
    let (below, left, steep);
    (below, t) = if t > 4 * n { (true, 8 * n - t) } else { (false, t) };
    (left, t) = if t > 2 * n { (true, 4 * n - t) } else { (false, t) };
    (steep, t) = if t > n { (true, 2 * n - t) } else { (false, t) };
    let (sin, cos) = (TAU * (t as f64 / (8 * n) as f64)).sin_cos();
    let (cos, sin) = if steep { (sin, cos) } else { (cos, sin) };
    (if left { -cos } else { cos }, if below { -sin } else { sin })
}

/// Exponents along a line: e_0 = `start`, e_(c+1) - e_c = `step` + c `growth`, all below n.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exponents {
    pub start: u64,
    pub step: u64,
    pub growth: u64,
}

impl<R: Real> Roots<R> {
    /// exp(-2 pi i e_c / n) for c = 0, 1, ...
    #[inline(always)]
    pub fn powers(&self, exponents: Exponents) -> impl Iterator<Item = Complex<R>> + '_ {
        let Exponents { start: mut e, mut step, growth } = exponents;
        let below = |sum: u64| if sum >= self.order { sum - self.order } else { sum };
        std::iter::repeat_with(move || {
            let w = self.at(e);
            (e, step) = (below(e + step), below(step + growth));
            w
        })
    }
}

/// to[c][q] := combine(from[c][q], factor c) for c below `columns` and q below `inner`. Reads n, writes n.
///
/// # Safety
/// Both lines have columns * inner elements, and are the same or apart.
#[inline(always)]
pub unsafe fn multiply_line<F, S: Copy, T>(
    factors: impl Iterator<Item = F>,
    (columns, inner): (usize, usize),
    (from, to): (*const S, *mut T),
    combine: impl Fn(S, &F) -> T,
) {
    for (c, factor) in (0..columns).zip(factors) {
        for k in c * inner..(c + 1) * inner {
            // SAFETY: the caller vouches for the lines.
            unsafe { to.add(k).write(combine(from.add(k).read(), &factor)) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_those_of_unity() {
        for n in [1u64, 2, 3, 8, 12, 97, 360, 1 << 20] {
            let table = Roots::<f64>::new(n);
            for e in (0..n).step_by(n as usize / 360 + 1) {
                let (re, im) = root(e, n);
                let angle = TAU * e as f64 / n as f64;
                assert!((re - angle.cos()).abs() < 2e-15 && (im - angle.sin()).abs() < 2e-15, "{e} of {n}");
                assert!((table.at(e) - Complex::new(re, -im)).norm() < 5e-16, "{e} of {n}");
            }
        }
        // Quarters are exact.
        assert_eq!(
            [root(0, 4), root(1, 4), root(2, 4), root(3, 4)],
            [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)]
        );
    }

    #[test]
    fn exponents_are_quadratic() {
        let (n, roots) = (11, Roots::<f64>::new(11));
        let ones = vec![Complex::new(1.0, 0.0); 2 * 7];
        let mut found = ones.clone();
        // e_c = (c + 2)^2
        let exponents = Exponents { start: 4, step: 5, growth: 2 };
        let lines = (ones.as_ptr(), found.as_mut_ptr());
        // SAFETY: both have 7 * 2 elements.
        unsafe { multiply_line(roots.powers(exponents), (7, 2), lines, |z: Complex<f64>, w| z * w) };
        for (k, z) in found.iter().enumerate() {
            let (re, im) = root((k as u64 / 2 + 2).pow(2) % n, n);
            assert!((z - Complex::new(re, -im)).norm() < 1e-15, "element {k}");
        }
    }
}
