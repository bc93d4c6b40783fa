//! Updates of solvers fused with one another and with the norms they need next, so that each vector passes through
//! memory once. Coefficients are real, as the methods' are; complex vectors run as real ones of twice the length.

use super::elementwise::{at, components, components_mut};
use super::sum::SumState;
use crate::dtype::{Element, Real};

/// Components of one vector before the next one's turn where several are written: loops with one output each keep
/// their vectors in the first-level cache, and one loop with two outputs is a sixth slower than they are.
const BLOCK: usize = 256;

#[inline(always)]
fn add_multiple<R: Real>(a: R, x: &[R], y: &mut [R]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = *y + a * *x;
    }
}

/// y = f(y, x), sum += |y|^2.
#[inline(always)]
fn update_norm<R: Real, S: SumState>(x: &[R], y: &mut [R], sum: &mut S, f: impl Fn(R, R) -> R) {
    let (n, y) = (x.len().min(y.len()), y.as_mut_ptr());
    sum.accumulate(
        n,
        #[inline(always)]
        |i| {
            // SAFETY: i is below both lengths, and nothing else refers to y while the sum calls for each term once.
            unsafe {
                let v = f(*y.add(i), at(x, i));
                *y.add(i) = v;
                v.to_f64() * v.to_f64()
            }
        },
    );
}

fn same_length(a: usize, b: usize) {
    assert_eq!(a, b, "lengths of one fused update");
}

/// y += a x, sum += |y|^2: the residual of every method. Reads 2n, writes n.
pub fn axpy_norm<T: Element, S: SumState>(a: f64, x: &[T], y: &mut [T], sum: &mut S) {
    same_length(x.len(), y.len());
    axpy_norm_real(T::Real::from_f64(a), components(x), components_mut(y), sum);
}

vectorized! {
    fn axpy_norm_real[R: Real, S: SumState](a: R, x: &[R], y: &mut [R], sum: &mut S) {
        update_norm(x, y, sum, #[inline(always)] |y, x| y + a * x);
    }
}

/// y = x + b y, sum += |y|^2: a direction whose norm enters the next step. Reads 2n, writes n.
pub fn xpby_norm<T: Element, S: SumState>(x: &[T], b: f64, y: &mut [T], sum: &mut S) {
    same_length(x.len(), y.len());
    xpby_norm_real(components(x), T::Real::from_f64(b), components_mut(y), sum);
}

vectorized! {
    fn xpby_norm_real[R: Real, S: SumState](x: &[R], b: R, y: &mut [R], sum: &mut S) {
        update_norm(x, y, sum, #[inline(always)] |y, x| x + b * y);
    }
}

/// x += a p, then p = z + b p: the step, and the direction of the next one. Reads 3n, writes 2n.
pub fn axpy_xpby<T: Element>(a: f64, p: &mut [T], z: &[T], b: f64, x: &mut [T]) {
    same_length(x.len(), p.len());
    same_length(x.len(), z.len());
    let (a, b) = (T::Real::from_f64(a), T::Real::from_f64(b));
    axpy_xpby_real(a, components_mut(p), components(z), b, components_mut(x));
}

vectorized! {
    fn axpy_xpby_real[R: Real](a: R, p: &mut [R], z: &[R], b: R, x: &mut [R]) {
        for ((p, z), x) in p.chunks_mut(BLOCK).zip(z.chunks(BLOCK)).zip(x.chunks_mut(BLOCK)) {
            add_multiple(a, p, x);
            for (p, z) in p.iter_mut().zip(z) {
                *p = *z + b * *p;
            }
        }
    }
}

/// x += a c, then r -= d x, with the sums |r|^2 and |x|^2: the step and the damped normal residual, d being damp^2.
/// Reads 3n, writes 2n.
pub fn damped_update<T: Element, S: SumState>(a: f64, c: &[T], d: f64, x: &mut [T], r: &mut [T], sums: &mut [S; 2]) {
    same_length(x.len(), c.len());
    same_length(x.len(), r.len());
    let (a, d) = (T::Real::from_f64(a), T::Real::from_f64(d));
    damped_update_real(a, components(c), d, components_mut(x), components_mut(r), sums);
}

vectorized! {
    fn damped_update_real[R: Real, S: SumState](a: R, c: &[R], d: R, x: &mut [R], r: &mut [R], sums: &mut [S; 2]) {
        let [rr, xx] = sums;
        for ((c, x), r) in c.chunks(BLOCK).zip(x.chunks_mut(BLOCK)).zip(r.chunks_mut(BLOCK)) {
            update_norm(c, x, xx, #[inline(always)] |x, c| x + a * c);
            update_norm(x, r, rr, #[inline(always)] |r, x| r - d * x);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::exact_sum::Exact;
    use super::super::reduce::sum_squares;
    use super::super::sum::Plain;
    use super::super::vector::{axpy, xpby};
    use super::*;
    use crate::dtype::Scalar;
    use crate::kernels::cpu::on_every_path;
    use num_complex::Complex;

    fn sample<T: Element>(n: usize, seed: f64) -> Vec<T> {
        (0..n).map(|i| T::from_scalar(Scalar::complex((i as f64 + seed).sin(), (2.0 * i as f64).cos()))).collect()
    }

    fn squares<T: Element, S: SumState>(x: &[T]) -> f64 {
        let mut sum = S::new();
        sum_squares(x, &mut sum);
        sum.finish()
    }

    /// Fused and separate updates give the same elements and the same sums, bit for bit.
    fn case<T: Element, S: SumState>(a: f64, b: f64) {
        for n in [0, 1, 17, 256, 2500] {
            let (p0, q, x0, r0): (Vec<T>, Vec<T>, Vec<T>, Vec<T>) =
                (sample(n, 0.1), sample(n, 0.2), sample(n, 0.3), sample(n, 0.4));
            let (mut y, mut y1, mut sum) = (r0.clone(), r0.clone(), S::new());
            axpy_norm(a, &q, &mut y, &mut sum);
            axpy(Scalar::real(a), &q, &mut y1);
            assert!(y == y1 && sum.finish() == squares::<T, S>(&y1));

            let (mut y, mut y1, mut sum) = (r0.clone(), r0.clone(), S::new());
            xpby_norm(&q, b, &mut y, &mut sum);
            xpby(&q, Scalar::real(b), &mut y1);
            assert!(y == y1 && sum.finish() == squares::<T, S>(&y1));

            let (mut p, mut x, mut p1, mut x1) = (p0.clone(), x0.clone(), p0.clone(), x0.clone());
            axpy_xpby(a, &mut p, &q, b, &mut x);
            axpy(Scalar::real(a), &p1, &mut x1);
            xpby(&q, Scalar::real(b), &mut p1);
            assert!(p == p1 && x == x1);

            let (mut r, mut x, mut r1, mut x1) = (r0.clone(), x0.clone(), r0.clone(), x0.clone());
            let mut sums = [S::new(), S::new()];
            damped_update(a, &p0, b, &mut x, &mut r, &mut sums);
            axpy(Scalar::real(a), &p0, &mut x1);
            axpy(Scalar::real(-b), &x1, &mut r1);
            assert!(x == x1 && r == r1);
            assert!(sums[0].finish() == squares::<T, S>(&r1) && sums[1].finish() == squares::<T, S>(&x1));
        }
    }

    #[test]
    fn fused_updates_equal_separate_ones() {
        on_every_path::run(|_| {
            case::<Complex<f32>, Plain>(0.3, 0.5);
            case::<Complex<f64>, Exact>(0.3, -1.5);
            case::<f32, Plain>(-1.7, 0.25);
            case::<f64, Plain>(-1.7, 3.0);
        });
    }
}
