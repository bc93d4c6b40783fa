use super::*;
use crate::kernels::cpu::on_every_path;
use num_complex::Complex;

const LENGTHS: [usize; 9] = [0, 1, 2, 7, 16, 31, 64, 513, 1025];

fn sample<T: Element>(n: usize, seed: f64) -> Vec<T> {
    let value = |i: usize| Scalar::complex((i as f64 * 0.7 + seed).sin() + 0.1, (i as f64 * 1.3 - seed).cos() + 0.2);
    (0..n).map(|i| T::from_scalar(value(i))).collect()
}

fn close<T: Element>(a: T, b: T) -> bool {
    (a - b).abs() <= 4.0 * T::DTYPE.epsilon() * (1.0 + b.abs())
}

fn agree<T: Element>(a: &[T], f: impl Fn(usize) -> T) {
    for (i, a) in a.iter().enumerate() {
        assert!(close(*a, f(i)), "{:?}[{i}]: {a:?} is not {:?}", T::DTYPE, f(i));
    }
}

/// Every kernel against its formula, on slices that start off the alignment of a vector.
fn kernels<T: Element>() {
    for n in LENGTHS {
        let (xs, ys): (Vec<T>, Vec<T>) = (sample(n + 1, 0.3), sample(n + 1, 1.1));
        let (x, y) = (&xs[1..], &ys[1..]);
        let mut ws = vec![T::from_scalar(Scalar::complex(f64::NAN, f64::NAN)); n + 1];
        let c = T::from_scalar;
        for a in [Scalar::real(1.5), Scalar::ONE, Scalar::ZERO, Scalar::complex(0.5, -2.0)] {
            for b in [Scalar::real(-0.75), Scalar::ZERO, Scalar::ONE, Scalar::complex(-1.0, 0.25)] {
                let w = &mut ws[1..];
                for stream in [false, true] {
                    waxpby(w, a, x, b, y, stream);
                    agree(w, |i| c(a) * x[i] + c(b) * y[i]);
                }
                w.copy_from_slice(y);
                axpby(a, x, b, w);
                agree(w, |i| c(a) * x[i] + c(b) * y[i]);
                for conj in [false, true] {
                    w.copy_from_slice(y);
                    multiply_add(a, y, conj, x, b, w, true);
                    agree(w, |i| c(a) * (if conj { y[i].conj() } else { y[i] }) * x[i] + c(b) * y[i]);
                }
            }
            let w = &mut ws[1..];
            w.copy_from_slice(y);
            axpy(a, x, w);
            agree(w, |i| y[i] + c(a) * x[i]);
            w.copy_from_slice(y);
            xpby(x, a, w);
            agree(w, |i| x[i] + c(a) * y[i]);
            w.copy_from_slice(y);
            scale(a, w);
            agree(w, |i| c(a) * y[i]);
            w.copy_from_slice(y);
            add_scalar(a, w);
            agree(w, |i| c(a) + y[i]);
            fill(w, a, true);
            agree(w, |_| c(a));
        }
        let w = &mut ws[1..];
        copy(w, x, true);
        assert_eq!(w, x);
        multiply(w, x, true, y, false);
        agree(w, |i| x[i].conj() * y[i]);
        multiply_in_place(w, x, false);
        agree(w, |i| x[i] * (x[i].conj() * y[i]));
        divide(w, x, y, false);
        for i in 0..n {
            assert!(close(w[i] * y[i], x[i]));
        }
        conjugate(w, x, false);
        agree(w, |i| x[i].conj());
        conjugate_in_place(w);
        assert_eq!(w, x);
        let mut r = vec![T::Real::ZERO; n];
        absolute(&mut r, x, false);
        agree(&r, |i| T::Real::from_f64(x[i].abs()));
        real_part(&mut r, x, false);
        agree(&r, |i| T::Real::from_f64(x[i].to_scalar().re));
        imaginary_part(&mut r, x, false);
        agree(&r, |i| T::Real::from_f64(x[i].to_scalar().im));
    }
}

#[test]
fn kernels_follow_their_formulas() {
    on_every_path::run(|_| {
        kernels::<f32>();
        kernels::<f64>();
        kernels::<Complex<f32>>();
        kernels::<Complex<f64>>();
    });
}

#[test]
fn a_zero_coefficient_hides_nan() {
    let x = [1.0f64, 2.0, 3.0];
    let mut y = [f64::NAN; 3];
    axpby(Scalar::real(2.0), &x, Scalar::ZERO, &mut y);
    assert_eq!(y, [2.0, 4.0, 6.0]);
    y = [f64::NAN; 3];
    xpby(&x, Scalar::ZERO, &mut y);
    assert_eq!(y, x);
    y = [f64::NAN; 3];
    multiply_add(Scalar::real(2.0), &x, false, &x, Scalar::ZERO, &mut y, false);
    assert_eq!(y, [2.0, 8.0, 18.0]);
    y = [f64::NAN; 3];
    scale(Scalar::ZERO, &mut y);
    assert_eq!(y, [0.0; 3]);
}

#[test]
fn paths_give_the_same_bits() {
    let (x, y): (Vec<Complex<f32>>, Vec<Complex<f32>>) = (sample(1001, 0.2), sample(1001, 0.9));
    let mut first: Option<Vec<Complex<f32>>> = None;
    on_every_path::run(|_| {
        let mut w = y.clone();
        axpby(Scalar::complex(0.3, 0.7), &x, Scalar::complex(-0.1, 1.7), &mut w);
        multiply_in_place(&mut w, &x, true);
        assert_eq!(*first.get_or_insert(w.clone()), w);
    });
}

#[test]
fn division_neither_overflows_nor_vanishes() {
    for size in [1e-200, 1e200] {
        let y = [Complex::new(3.0 * size, 4.0 * size)];
        let mut w = [Complex::new(0.0, 0.0)];
        divide(&mut w, &y, &y, false);
        assert!((w[0] - Complex::new(1.0, 0.0)).norm() < 1e-15);
        let mut r = [0.0f64];
        absolute(&mut r, &y, false);
        assert!((r[0] / (5.0 * size) - 1.0).abs() < 1e-15);
    }
}
