use super::*;
use crate::kernels::cpu::{on_every_path, should_stream};
use num_complex::Complex;

/// C-order strides of the extents taken in the given order of axes.
fn strides(extents: &[usize], order: &[usize], padding: usize) -> (Vec<isize>, usize) {
    let mut strides = vec![0; extents.len()];
    let mut step = 1;
    for &axis in order.iter().rev() {
        strides[axis] = step as isize;
        step *= extents[axis] + padding;
    }
    (strides, step)
}

fn permutations(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![vec![]];
    }
    let shorter = permutations(n - 1);
    (0..n)
        .flat_map(|at| {
            shorter.iter().map(move |p| {
                let mut p = p.clone();
                p.insert(at, n - 1);
                p
            })
        })
        .collect()
}

fn offset(index: &[usize], strides: &[isize]) -> usize {
    index.iter().zip(strides).map(|(i, s)| *i as isize * s).sum::<isize>() as usize
}

fn for_each_index(extents: &[usize], mut f: impl FnMut(&[usize])) {
    let total: usize = extents.iter().product();
    for flat in 0..total {
        let mut rest = flat;
        let mut index = vec![0; extents.len()];
        for axis in (0..extents.len()).rev() {
            index[axis] = rest % extents[axis];
            rest /= extents[axis];
        }
        f(&index);
    }
}

fn copies<E: Copy + PartialEq + std::fmt::Debug>(make: impl Fn(usize) -> E) {
    for extents in [&[][..], &[7], &[5, 0], &[33, 65], &[1, 9, 4], &[3, 1, 34, 5], &[2, 3, 2, 5]] {
        for (p, padding) in permutations(extents.len()).into_iter().zip([0, 1, 2].into_iter().cycle()) {
            let identity: Vec<usize> = (0..extents.len()).collect();
            let (ts, tn) = strides(extents, &identity, padding);
            let (ss, sn) = strides(extents, &p, (padding + 1) % 3);
            let source: Vec<E> = (0..sn).map(&make).collect();
            let mut target = vec![make(1_000_000); tn];
            let mut expected = target.clone();
            for_each_index(extents, |index| expected[offset(index, &ts)] = source[offset(index, &ss)]);
            // SAFETY: the strides were made for blocks of these sizes.
            unsafe {
                let (t, s) = (target.as_mut_ptr().cast(), source.as_ptr().cast());
                copy_block(t, &ts, s, &ss, extents, size_of::<E>()).unwrap();
            }
            assert_eq!(target, expected, "{extents:?} {p:?} {padding}");
        }
    }
}

#[test]
fn every_permutation_and_size_is_copied() {
    on_every_path::run(|_| {
        copies(|i| i as u32);
        copies(|i| i as f64);
        copies(|i| Complex::new(i as f64, -1.0));
    });
}

#[test]
fn transforms_scale_conjugate_and_accumulate() {
    on_every_path::run(|_| {
        let (n, m) = (37, 70);
        let value = |i: usize| Complex::new(i as f64 * 0.5, 1.0 - i as f64);
        let source: Vec<_> = (0..n * m).map(value).collect();
        let (alpha, beta) = (Scalar::complex(0.5, 2.0), Scalar::complex(-1.0, 0.25));
        for (alpha, beta) in [(alpha, beta), (Scalar::ONE, Scalar::ZERO), (alpha, Scalar::ZERO), (Scalar::ONE, beta)] {
            for conj in [false, true] {
                let start = if beta.is_zero() { Complex::new(f64::NAN, 0.0) } else { Complex::new(3.0, 4.0) };
                let mut target = vec![start; n * m];
                // SAFETY: target is m x n and source n x m, both dense.
                unsafe {
                    let strides = (&[n as isize, 1], &[1, m as isize]);
                    let (t, s) = (target.as_mut_ptr(), source.as_ptr());
                    transform_block(alpha, conj, beta, t, strides.0, s, strides.1, &[m, n]).unwrap();
                }
                let (a, b): (Complex<f64>, Complex<f64>) = (Element::from_scalar(alpha), Element::from_scalar(beta));
                for (i, t) in target.iter().enumerate() {
                    let v = source[i % n * m + i / n];
                    let v = if conj { v.conj() } else { v };
                    let expected = if beta.is_zero() { a * v } else { b * start + a * v };
                    assert!((*t - expected).norm() <= 1e-12 * (1.0 + expected.norm()));
                }
            }
        }
    });
}

#[test]
fn reversed_axes_and_merged_ones() {
    let source: Vec<u32> = (0..24).collect();
    let mut target = vec![0u32; 24];
    // SAFETY: the source starts at its last element and goes back over all 24.
    unsafe {
        let (t, s) = (target.as_mut_ptr().cast(), source.as_ptr().add(23).cast());
        copy_block(t, &[6, 1], s, &[-6, -1], &[4, 6], 4).unwrap();
    }
    assert!(target.iter().enumerate().all(|(i, v)| *v == 23 - i as u32));
    let walk = Walk::new(&[2, 3, 4], &[12, 4, 1], &[24, 8, 2]).unwrap().unwrap();
    assert_eq!((walk.count, walk.axes[0]), (1, walk::Axis { extent: 24, target: 1, source: 2 }));
}

#[test]
fn odd_sizes_and_too_many_axes_are_refused() {
    let mut byte = [0u8; 8];
    // SAFETY: nothing is touched: both calls are refused.
    unsafe {
        let p = byte.as_mut_ptr();
        assert!(copy_block(p, &[1], p, &[1], &[2], 3).is_err());
        assert!(copy_block(p, &[1; 17], p, &[1; 17], &[1; 17], 4).is_err());
    }
}

/// Planes with whole squares and without, and one that is larger than the caches, in both orders of the outer axis.
#[test]
fn large_planes_are_turned() {
    let large = (1..).map(|k| 512 * k + 3).find(|n| should_stream(n * n * 8)).unwrap();
    on_every_path::run(|_| {
        for (rows, columns, outer) in [(large, large + 1, 1), (64, 80, 3), (7, 300, 2)] {
            let count = outer * rows * columns;
            let source: Vec<u64> = (0..count as u64).collect();
            // On the last turn the target's rows lie apart, and not at cache lines.
            for pad in [0, 16 - rows % 8, 1] {
                let pitch = rows + pad;
                let mut target = vec![u64::MAX; outer * columns * pitch];
                let to = [(columns * pitch) as isize, pitch as isize, 1];
                let from = [(rows * columns) as isize, 1, columns as isize];
                let extents = [outer, columns, rows];
                // SAFETY: the strides were made for blocks of these sizes.
                unsafe { copy_block(target.as_mut_ptr().cast(), &to, source.as_ptr().cast(), &from, &extents, 8) }
                    .unwrap();
                for (at, found) in target.iter().enumerate() {
                    let (k, c, r) = (at / (columns * pitch), at / pitch % columns, at % pitch);
                    let expected = if r < rows { ((k * rows + r) * columns + c) as u64 } else { u64::MAX };
                    assert!(
                        *found == expected,
                        "{rows} x {columns}, padding {pad}, element {at}: {found}, not {expected}"
                    );
                }
            }
        }
    });
}
