use super::super::gemm::multiply;
use super::*;
use crate::kernels::cpu::{on_every_path, Level};
use num_complex::Complex;

/// Small integers, so that sums are exact in every order.
fn value<T: Element>(i: usize) -> T {
    let at = |k: usize| ((i * 5 + k * 7 + i * i % 11) % 7) as f64 - 3.0;
    T::from_scalar(Scalar::complex(at(0), if T::IS_COMPLEX { at(1) } else { 0.0 }))
}

fn check<T: Element>(rows: usize, inner: usize, columns: usize, mix: usize) {
    let (transposed, conj) = (mix % 2 == 1, mix / 2 % 2 == 1);
    let complex = |re, im| Scalar::complex(re, if T::IS_COMPLEX { im } else { 0.0 });
    let alpha = [Scalar::ONE, complex(2.0, -1.0)][mix % 3 % 2];
    let beta = [Scalar::ZERO, Scalar::ONE, complex(-1.0, 3.0)][mix % 5 % 3];
    let (stored_rows, stored_columns) = if transposed { (inner, rows) } else { (rows, inner) };
    let (leading, gap) = (stored_columns + mix % 3, mix % 4 / 2);
    // One element before each array, so that none is aligned.
    let a: Vec<T> = (0..1 + stored_rows * leading).map(value).collect();
    let stride = columns + gap;
    let x: Vec<T> = (0..1 + inner * stride).map(|i| value(i + 2)).collect();
    let nan = T::from_scalar(Scalar::real(f64::NAN));
    let y: Vec<T> = (0..1 + rows * stride).map(|i| if beta.is_zero() { nan } else { value(i + 5) }).collect();
    let mut got = y.clone();
    let matrix = Matrix {
        data: a[1..].as_ptr(),
        rows: stored_rows,
        columns: stored_columns,
        leading: leading as isize,
        transposed,
        conj,
    };
    assert_eq!(matrix.shape(), (rows, inner));
    for (from, to) in [(0, rows / 3), (rows / 3, rows)] {
        let v = Vectors {
            x: x[1..].as_ptr(),
            x_stride: stride as isize,
            y: got[1..].as_mut_ptr().wrapping_add(from * stride),
            y_stride: stride as isize,
            columns,
        };
        // SAFETY: the arrays have the sizes named.
        unsafe { multiply(alpha, &matrix.slice(from, to), &v, beta) };
    }
    for (k, (got, old)) in got[1..].iter().zip(&y[1..]).enumerate() {
        let (r, c) = (k / stride, k % stride);
        if c >= columns {
            assert!(got == old || beta.is_zero());
            continue;
        }
        let sum = (0..inner).fold(T::ZERO, |s, i| {
            let v = if transposed { a[1 + i * leading + r] } else { a[1 + r * leading + i] };
            s + if conj { v.conj() } else { v } * x[1 + i * stride + c]
        });
        let sum = T::from_scalar(alpha) * sum;
        let want = if beta.is_zero() { sum } else { sum + T::from_scalar(beta) * *old };
        assert_eq!(*got, want, "{rows} x {inner} x {columns}, mix {mix}, at {r} {c}");
    }
}

#[test]
fn all_types_and_modes_match_a_plain_loop() {
    on_every_path::run(|_| {
        for (s, (rows, inner)) in
            [(0, 3), (1, 0), (1, 1), (5, 7), (13, 33), (9, 300), (130, 19)].into_iter().enumerate()
        {
            for (c, columns) in [1, 2, 3, 5, 8, 9, 13, 16, 21].into_iter().enumerate() {
                for mode in 0..4 {
                    let mix = mode + 4 * (s + 2 * c);
                    check::<f32>(rows, inner, columns, mix);
                    check::<f64>(rows, inner, columns, mix);
                    check::<Complex<f32>>(rows, inner, columns, mix);
                    check::<Complex<f64>>(rows, inner, columns, mix);
                }
            }
        }
        for mode in 0..4 {
            check::<f32>(6, 2500, 1, mode);
            check::<Complex<f64>>(5000, 11, 1, mode);
            check::<Complex<f32>>(900, 11, 4, mode);
        }
    });
}

/// Around the blocks of a transposed matrix that are turned over, and the numbers of columns from which they are.
#[test]
fn many_columns_of_transposed_matrices() {
    on_every_path::run(|_| {
        for (s, (rows, inner)) in [(1, 0), (1, 1), (3, 40), (19, 21), (40, 9)].into_iter().enumerate() {
            for columns in [95, 96, 101] {
                for mode in [1, 3] {
                    let mix = mode + 4 * s;
                    check::<f32>(rows, inner, columns, mix);
                    check::<f64>(rows, inner, columns, mix);
                    check::<Complex<f32>>(rows, inner, columns, mix);
                    check::<Complex<f64>>(rows, inner, columns, mix);
                }
            }
        }
    });
    for (mode, (rows, inner)) in [(1, (780, 70)), (3, (70, 1030)), (13, (260, 513)), (15, (7, 512))] {
        check::<f32>(rows, inner, 96, mode);
        check::<Complex<f64>>(rows, inner, 96, mode);
    }
}

/// Around the borders of lines, of a tile's rows, of pieces of A's rows, and of blocks of rows; for numbers of columns on
/// both sides of half a line and of a line.
#[test]
fn shapes_at_the_borders_of_tiles_and_blocks() {
    on_every_path::run(|_| {
        for (s, (rows, inner)) in
            [(7, 0), (8, 127), (9, 128), (15, 129), (16, 255), (17, 256), (24, 257), (8, 513)].into_iter().enumerate()
        {
            for (c, columns) in [2, 3, 4, 5, 7, 8, 9, 15, 16].into_iter().enumerate() {
                for mode in 0..4 {
                    let mix = mode + 4 * (s + c);
                    for (rows, inner) in [(rows, inner), (inner, rows)] {
                        check::<f32>(rows, inner, columns, mix);
                        check::<f64>(rows, inner, columns, mix);
                        check::<Complex<f32>>(rows, inner, columns, mix);
                        check::<Complex<f64>>(rows, inner, columns, mix);
                    }
                }
            }
        }
        for mode in 0..4 {
            check::<f64>(1029, 3, 8, mode);
            check::<f64>(3, 1029, 8, mode);
            check::<Complex<f32>>(1029, 3, 6, mode);
            check::<Complex<f64>>(3, 1029, 16, mode);
        }
    });
}

/// y's elements do not depend on the instructions, except for the baseline's second rounding, nor on the rows beside them.
#[test]
fn every_path_gives_the_same_bits() {
    fn product<T: Element>(columns: usize, transposed: bool, parts: &[usize]) -> Vec<T> {
        let (n, value) = (531, |i: usize| T::from_scalar(Scalar::real((i as f64 * 0.7).sin())));
        let (a, x): (Vec<T>, Vec<T>) = ((0..n * n).map(value).collect(), (0..n * columns).map(value).collect());
        let mut y = vec![T::ZERO; n * columns];
        let matrix = Matrix { data: a.as_ptr(), rows: n, columns: n, leading: n as isize, transposed, conj: false };
        let stride = columns as isize;
        for part in parts.windows(2) {
            let to = y[part[0] * columns..].as_mut_ptr();
            let v = Vectors { x: x.as_ptr(), x_stride: stride, y: to, y_stride: stride, columns };
            // SAFETY: the arrays have the sizes named.
            unsafe { gemv(Scalar::ONE, &matrix.slice(part[0], part[1]), &v, Scalar::ZERO) };
        }
        y
    }
    fn check<T: Element>(columns: usize, transposed: bool) {
        let mut first = None;
        on_every_path::run(|path| {
            let whole = product::<T>(columns, transposed, &[0, 531]);
            assert_eq!(whole, product::<T>(columns, transposed, &[0, 5, 131, 400, 531]), "{columns} columns, cut");
            if path != Level::Baseline {
                assert_eq!(&whole, first.get_or_insert_with(|| whole.clone()), "{columns} columns");
            }
        });
    }
    for columns in [1, 2, 4, 5, 8, 9, 16] {
        for transposed in [false, true] {
            check::<f32>(columns, transposed);
            check::<f64>(columns, transposed);
            check::<Complex<f64>>(columns, transposed);
        }
    }
}

/// A long float32 row has the accuracy of folded sums.
#[test]
fn long_sums_are_folded() {
    let n = 200_000;
    let a: Vec<f32> = (0..2 * n).map(|i| 1.0 + (i % 13) as f32 * 0.1).collect();
    let exact: f64 = a[..n].iter().map(|v| f64::from(*v)).sum();
    for columns in [1, 2, 16] {
        let (x, mut y) = (vec![1f32; n * columns], [0f32; 16]);
        let matrix =
            Matrix { data: a.as_ptr(), rows: 1, columns: n, leading: n as isize, transposed: false, conj: false };
        let (x_stride, y_stride) = (columns as isize, columns as isize);
        let v = Vectors { x: x.as_ptr(), x_stride, y: y.as_mut_ptr(), y_stride, columns };
        // SAFETY: the arrays have the sizes named.
        unsafe { gemv(Scalar::ONE, &matrix, &v, Scalar::ZERO) };
        let error = (f64::from(y[0]) - exact).abs() / exact;
        assert!(error < 2e-6, "{columns} columns: {error}");
    }
}
