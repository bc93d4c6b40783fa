use super::super::exact_sum::Exact;
use super::super::sum::Plain;
use super::*;
use crate::dtype::Scalar;
use crate::kernels::cpu::on_every_path;
use num_complex::Complex;

const LENGTHS: [usize; 9] = [0, 1, 2, 15, 16, 17, 100, 1023, 3001];

fn sample<T: Element>(n: usize, seed: f64) -> Vec<T> {
    let value = |i: usize| Scalar::complex((i as f64 * 0.7 + seed).sin(), (i as f64 * 1.3 - seed).cos());
    (0..n).map(|i| T::from_scalar(value(i))).collect()
}

fn complex<T: Element>(x: T) -> Complex<f64> {
    Complex::new(x.to_scalar().re, x.to_scalar().im)
}

fn close(a: f64, b: f64, n: usize) {
    assert!((a - b).abs() <= 1e-14 * (1.0 + n as f64), "{a} is not {b}");
}

fn sums<T: Element, S: SumState>() {
    for n in LENGTHS {
        let (xs, ys): (Vec<T>, Vec<T>) = (sample(n + 1, 0.3), sample(n + 1, 1.1));
        let (x, y) = (&xs[1..], &ys[1..]);
        for conj in [false, true] {
            let mut s = [S::new(), S::new()];
            let [re, im] = &mut s;
            dot(x, y, conj, re, im);
            let left = |x: &T| if conj { complex(*x).conj() } else { complex(*x) };
            let expected: Complex<f64> = x.iter().zip(y).map(|(x, y)| left(x) * complex(*y)).sum();
            close(s[0].finish(), expected.re, n);
            close(s[1].finish(), expected.im, n);
        }
        let mut s = [S::new(), S::new()];
        let [re, im] = &mut s;
        sum(x, re, im);
        let expected: Complex<f64> = x.iter().map(|x| complex(*x)).sum();
        close(s[0].finish(), expected.re, n);
        close(s[1].finish(), expected.im, n);
        let of = |f: &dyn Fn(f64) -> f64| x.iter().map(|x| f(complex(*x).norm())).sum::<f64>();
        let mut s = S::new();
        sum_squares(x, &mut s);
        close(s.finish(), of(&|a| a * a), n);
        let mut s = S::new();
        sum_absolute(x, &mut s);
        close(s.finish(), of(&|a| a), n);
        let mut s = S::new();
        sum_powers(x, 2.5, &mut s);
        close(s.finish(), of(&|a| a.powf(2.5)), n);
    }
}

fn extremes<T: Element>() {
    for n in LENGTHS {
        let mut x: Vec<T> = sample(n, 0.3);
        let sizes: Vec<f64> = x.iter().map(|x| magnitude(*x)).collect();
        assert_eq!(max_absolute(&x), sizes.iter().copied().fold(0.0, f64::max));
        assert_eq!(min_absolute(&x), sizes.iter().copied().fold(f64::INFINITY, f64::min));
        assert_eq!(count_nonzero(&x), n as u64);
        for at in [0, n / 2, n.saturating_sub(1)].into_iter().filter(|at| *at < n) {
            let kept = x[at];
            x[at] = T::from_scalar(Scalar::real(f64::NAN));
            assert!(max_absolute(&x).is_nan() && min_absolute(&x).is_nan());
            x[at] = T::ZERO;
            assert_eq!(count_nonzero(&x), n as u64 - 1);
            x[at] = kept;
        }
    }
}

#[test]
fn reductions_follow_their_formulas() {
    on_every_path::run(|_| {
        sums::<f32, Plain>();
        sums::<f64, Plain>();
        sums::<Complex<f32>, Plain>();
        sums::<Complex<f64>, Plain>();
        sums::<f64, Exact>();
        sums::<Complex<f32>, Exact>();
        extremes::<f32>();
        extremes::<f64>();
        extremes::<Complex<f32>>();
        extremes::<Complex<f64>>();
    });
}

#[test]
fn paths_give_the_same_bits() {
    let (x, y): (Vec<Complex<f32>>, Vec<Complex<f32>>) = (sample(3001, 0.2), sample(3001, 0.9));
    let mut first = None;
    on_every_path::run(|level| {
        let mut s = [Plain::new(), Plain::new(), Plain::new()];
        let [re, im, square] = &mut s;
        dot(&x, &y, true, re, im);
        sum_squares(&x, square);
        let bits = s.map(|s| s.finish().to_bits());
        assert_eq!(*first.get_or_insert(bits), bits, "{level:?}");
    });
}

#[test]
fn single_precision_is_summed_in_double() {
    let x = vec![0.1f32; 1 << 20];
    let mut s = Plain::new();
    sum_squares(&x, &mut s);
    let expected = (0.1f32 as f64).powi(2) * (1 << 20) as f64;
    assert!((s.finish() / expected - 1.0).abs() < 1e-10);
}
