//! Updates of solvers fused with the norm they need next, so that each vector passes through memory once.

use super::elementwise::{components, components_mut};
use super::sum::SumState;
use crate::dtype::{Element, Real, Scalar};

/// Elements updated before the norm reads them back from the first-level cache.
const BLOCK: usize = 1024;

#[inline(always)]
fn add_multiple<T: Element>(a: T, x: &[T], y: &mut [T]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = *y + a * *x;
    }
}

#[inline(always)]
fn add_squares<T: Element, S: SumState>(x: &[T], sum: &mut S) {
    let x = components(x);
    sum.accumulate(
        x.len(),
        #[inline(always)]
        |i| {
            // SAFETY: i is below the length.
            let v = unsafe { super::elementwise::at(x, i) }.to_f64();
            v * v
        },
    );
}

/// x += alpha p, r -= alpha q, sum += |r|^2: the update of conjugate gradients. Reads 4n, writes 2n.
pub fn cg_update<T: Element, S: SumState>(alpha: Scalar, p: &[T], q: &[T], x: &mut [T], r: &mut [T], sum: &mut S) {
    assert!(p.len() == x.len() && q.len() == x.len() && r.len() == x.len(), "lengths of cg_update");
    if alpha.is_real() {
        let alpha = T::Real::from_f64(alpha.re);
        update_both(alpha, components(p), components(q), components_mut(x), components_mut(r), sum);
    } else {
        update_both(T::from_scalar(alpha), p, q, x, r, sum);
    }
}

vectorized! {
    fn update_both[T: Element, S: SumState](alpha: T, p: &[T], q: &[T], x: &mut [T], r: &mut [T], sum: &mut S) {
        let inputs = p.chunks(BLOCK).zip(q.chunks(BLOCK));
        for ((p, q), (x, r)) in inputs.zip(x.chunks_mut(BLOCK).zip(r.chunks_mut(BLOCK))) {
            add_multiple(alpha, p, x);
            add_multiple(-alpha, q, r);
            add_squares(r, sum);
        }
    }
}

/// y += a x, sum += |y|^2. Reads 2n, writes n.
pub fn axpy_norm<T: Element, S: SumState>(a: Scalar, x: &[T], y: &mut [T], sum: &mut S) {
    assert_eq!(x.len(), y.len(), "lengths of axpy_norm");
    if a.is_real() {
        update_one(T::Real::from_f64(a.re), components(x), components_mut(y), sum);
    } else {
        update_one(T::from_scalar(a), x, y, sum);
    }
}

vectorized! {
    fn update_one[T: Element, S: SumState](a: T, x: &[T], y: &mut [T], sum: &mut S) {
        for (x, y) in x.chunks(BLOCK).zip(y.chunks_mut(BLOCK)) {
            add_multiple(a, x, y);
            add_squares(y, sum);
        }
    }
}

/// r -= d x, sum += |r|^2: the damped normal residual of CGLS, d being damp^2. Reads 2n, writes n.
pub fn scale_sub_norm<T: Element, S: SumState>(d: Scalar, x: &[T], r: &mut [T], sum: &mut S) {
    axpy_norm(-d, x, r, sum);
}

#[cfg(test)]
mod tests {
    use super::super::exact_sum::Exact;
    use super::super::reduce::sum_squares;
    use super::super::sum::Plain;
    use super::super::vector::axpy;
    use super::*;
    use crate::kernels::cpu::on_every_path;
    use num_complex::Complex;

    fn sample<T: Element>(n: usize, seed: f64) -> Vec<T> {
        (0..n).map(|i| T::from_scalar(Scalar::complex((i as f64 + seed).sin(), (2.0 * i as f64).cos()))).collect()
    }

    /// Fused and separate updates give the same elements, bit for bit, and the same sum.
    fn case<T: Element, S: SumState>(alpha: Scalar) {
        for n in [0, 1, 17, 1024, 2500] {
            let (p, q, x0, r0): (Vec<T>, Vec<T>, Vec<T>, Vec<T>) =
                (sample(n, 0.1), sample(n, 0.2), sample(n, 0.3), sample(n, 0.4));
            let (mut x, mut r, mut x1, mut r1) = (x0.clone(), r0.clone(), x0.clone(), r0.clone());
            let (mut sum, mut sum1) = (S::new(), S::new());
            cg_update(alpha, &p, &q, &mut x, &mut r, &mut sum);
            axpy(alpha, &p, &mut x1);
            axpy(-alpha, &q, &mut r1);
            sum_squares(&r1, &mut sum1);
            assert!(x == x1 && r == r1);
            assert!((sum.finish() - sum1.finish()).abs() <= 1e-14 * sum1.finish());
            let (mut y, mut sum) = (r0.clone(), S::new());
            scale_sub_norm(alpha, &q, &mut y, &mut sum);
            assert!(y == r1);
            assert!((sum.finish() - sum1.finish()).abs() <= 1e-14 * sum1.finish());
        }
    }

    #[test]
    fn fused_updates_equal_separate_ones() {
        on_every_path::run(|_| {
            for alpha in [Scalar::real(0.3), Scalar::complex(0.3, -0.4)] {
                case::<Complex<f32>, Plain>(alpha);
                case::<Complex<f64>, Exact>(alpha);
            }
            case::<f32, Plain>(Scalar::real(-1.7));
            case::<f64, Plain>(Scalar::real(-1.7));
        });
    }
}
