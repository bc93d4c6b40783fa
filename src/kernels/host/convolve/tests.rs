use super::*;
use crate::dtype::Scalar;
use crate::kernels::cpu::on_every_path;
use num_complex::Complex;

#[cfg(target_os = "linux")]
mod bounds;

/// Small integers, so that sums are exact in every order.
fn value<T: Element>(i: usize) -> T {
    let at = |k: usize| ((i * 7 + k * 3 + i * i % 5) % 9) as f64 - 4.0;
    T::from_scalar(Scalar::complex(at(0), if T::IS_COMPLEX { at(1) } else { 0.0 }))
}

fn widened<T: Element, H: Element>(h: H) -> T {
    T::from_scalar(h.to_scalar())
}

/// The n x n matrix of D.
fn derivative<T: Element>(d: Derivative, n: usize) -> Vec<Vec<T>> {
    let real = |v: f64| T::from_scalar(Scalar::real(v));
    let mut a = vec![vec![T::ZERO; n]; n];
    for i in 0..n {
        match d {
            Derivative::Forward if i + 1 < n => (a[i][i + 1], a[i][i]) = (real(1.0), real(-1.0)),
            Derivative::Backward if i > 0 => (a[i][i], a[i][i - 1]) = (real(1.0), real(-1.0)),
            Derivative::Centered if i > 0 && i + 1 < n => (a[i][i + 1], a[i][i - 1]) = (real(0.5), real(-0.5)),
            _ => {}
        }
    }
    a
}

fn product<T: Element>(a: &[Vec<T>], b: &[Vec<T>]) -> Vec<Vec<T>> {
    let n = a.len();
    let sum = |i: usize, j: usize| (0..n).fold(T::ZERO, |s, k| s + a[i][k] * b[k][j]);
    (0..n).map(|i| (0..n).map(|j| sum(i, j)).collect()).collect()
}

fn transposed<T: Element>(a: &[Vec<T>]) -> Vec<Vec<T>> {
    (0..a.len()).map(|i| a.iter().map(|row| row[i]).collect()).collect()
}

struct Case {
    shape: (usize, usize, usize),
    taps: usize,
    offset: usize,
    mode: usize,
    stage: Stage,
    /// Element gaps between rows of x and y.
    pad: usize,
    /// Where the axis is cut.
    cut: usize,
    alpha: Scalar,
    beta: Scalar,
    stream: bool,
}

impl Case {
    fn filter<'a, H: Element>(&self, h: &'a [H]) -> Filter<'a, H> {
        let f = Filter::new(h, self.offset);
        [f, f.transpose(), f.conj(), f.adjoint()][self.mode]
    }

    fn matrix<T: Element, H: Element>(&self, h: &[H]) -> Vec<Vec<T>> {
        let n = self.shape.1;
        let at = |i: usize, j: usize| {
            let t = if self.mode.is_multiple_of(2) { i + self.offset } else { j + self.offset };
            let t = t.checked_sub(if self.mode.is_multiple_of(2) { j } else { i });
            let v = t.and_then(|t| h.get(t)).map_or(T::ZERO, |v| widened::<T, H>(*v));
            if self.mode >= 2 {
                v.conj()
            } else {
                v
            }
        };
        let w: Vec<Vec<T>> = (0..n).map(|i| (0..n).map(|j| at(i, j)).collect()).collect();
        match self.stage {
            Stage::Convolve => w,
            Stage::DerivativeFirst(d) => product(&w, &derivative(d, n)),
            Stage::TransposedDerivativeLast(d) => product(&transposed(&derivative(d, n)), &w),
        }
    }

    /// Both sides of the cut computed as two ranks would, against the matrix.
    fn check<T: Element, H: Element<Real = T::Real>>(&self) {
        let (outer, n, inner) = self.shape;
        let h: Vec<H> = (0..self.taps).map(|t| value(t + 3)).collect();
        let filter = self.filter(&h);
        let row = inner + self.pad;
        let x: Vec<T> = (0..outer * n * row).map(value).collect();
        let y: Vec<T> = if self.beta.is_zero() {
            vec![T::from_scalar(Scalar::real(f64::NAN)); x.len()]
        } else {
            (0..x.len()).map(|i| value(i + 1)).collect()
        };
        // On a cache line, as streaming wants it, or its second element is.
        let mut room = vec![T::ZERO; y.len() + 64];
        let start = room.as_ptr().align_offset(64) + if self.stream { 0 } else { 64 / size_of::<T>() - 1 };
        let got = &mut room[start..][..y.len()];
        got.copy_from_slice(&y);
        // With more behind it, which is not written to.
        let length = scratch_len::<T>(self.taps);
        let mut scratch = vec![T::from_scalar(Scalar::real(f64::NAN)); length];
        scratch.resize(length + 64, value(7));
        for (a, b) in [(0, self.cut), (self.cut, n)] {
            let (before, after) = filter.reach();
            let more = self.stage.reach();
            let (before, after) = ((before + more).min(a), (after + more).min(n - b));
            let halo = |from: usize, to: usize| -> Vec<T> {
                let index = (0..outer).flat_map(|o| (from..to).map(move |i| (o, i)));
                index.flat_map(|(o, i)| x[(o * n + i) * row..][..inner].to_vec()).collect()
            };
            let (low, high) = (halo(a - before, a), halo(b, b + after));
            let packed = |width: usize| [(width * inner) as isize, inner as isize];
            let halo = Halo {
                before: low.as_ptr(),
                before_width: before,
                before_strides: packed(before),
                after: high.as_ptr(),
                after_width: after,
                after_strides: packed(after),
            };
            let strides = [(n * row) as isize, row as isize];
            let block = Block {
                x: x[a * row..].as_ptr(),
                y: got[a * row..].as_mut_ptr(),
                outer,
                n: b - a,
                inner,
                x_strides: strides,
                y_strides: strides,
                first: a,
                total: n,
                line: 0,
                line_step: 0,
                halo,
            };
            // SAFETY: x and got hold outer n rows.
            unsafe { run(&filter, self.stage, (self.alpha, self.beta), &block, &mut scratch[..length], self.stream) };
        }
        assert!(scratch[length..].iter().all(|v| *v == value(7)), "written behind the scratch");
        let matrix = self.matrix::<T, H>(&h);
        let (alpha, beta) = (T::from_scalar(self.alpha), T::from_scalar(self.beta));
        for (k, (got, old)) in got.iter().zip(&y).enumerate() {
            let (o, i, c) = (k / (n * row), k / row % n, k % row);
            if c >= inner {
                assert!(got == old || self.beta.is_zero());
                continue;
            }
            let sum = (0..n).fold(T::ZERO, |s, j| s + matrix[i][j] * x[(o * n + j) * row + c]);
            let want = if self.beta.is_zero() { alpha * sum } else { alpha * sum + beta * *old };
            assert_eq!(
                *got, want,
                "{:?} taps {} offset {} mode {} {:?} cut {} pad {} at {o} {i} {c}",
                self.shape, self.taps, self.offset, self.mode, self.stage, self.cut, self.pad
            );
        }
    }
}

const STAGES: [Stage; 7] = [
    Stage::Convolve,
    Stage::DerivativeFirst(Derivative::Forward),
    Stage::DerivativeFirst(Derivative::Backward),
    Stage::DerivativeFirst(Derivative::Centered),
    Stage::TransposedDerivativeLast(Derivative::Forward),
    Stage::TransposedDerivativeLast(Derivative::Backward),
    Stage::TransposedDerivativeLast(Derivative::Centered),
];

fn sweep<T: Element, H: Element<Real = T::Real>>() {
    let complex = |re, im| if T::IS_COMPLEX { Scalar::complex(re, im) } else { Scalar::real(re) };
    let shapes = [
        (1, 1, 1),
        (2, 2, 1),
        (3, 37, 1),
        (1, 150, 1),
        (2, 21, 3),
        (1, 5, 131),
        (2, 9, 80),
        (3, 37, 4),
        (2, 19, 40),
        (1, 70, 66),
        (33, 24, 1),
        (17, 90, 1),
        (1, 300, 1),
    ];
    let filters = [(1, 0), (3, 1), (4, 0), (5, 4), (41, 20), (70, 11)];
    for (s, shape) in shapes.into_iter().enumerate() {
        for (f, (taps, offset)) in filters.into_iter().enumerate() {
            for (k, stage) in STAGES.into_iter().enumerate() {
                let mix = s + f + k;
                let pad = [0, 0, 3][mix % 3];
                let cut = [shape.1, shape.1 / 3, shape.1 / 2][(mix / 2) % 3];
                let alpha = if mix % 4 < 2 { Scalar::ONE } else { complex(2.0, -1.0) };
                let beta = [Scalar::ZERO, Scalar::ONE, complex(-1.0, 2.0)][mix % 5 % 3];
                let stream = mix % 5 < 3;
                Case { shape, taps, offset, mode: mix % 4, stage, pad, cut, alpha, beta, stream }.check::<T, H>();
            }
        }
    }
}

#[test]
fn all_types_match_the_matrix() {
    on_every_path::run(|_| {
        sweep::<f32, f32>();
        sweep::<f64, f64>();
        sweep::<Complex<f32>, f32>();
        sweep::<Complex<f64>, f64>();
        sweep::<Complex<f32>, Complex<f32>>();
        sweep::<Complex<f64>, Complex<f64>>();
    });
}

#[test]
fn nothing_is_done_to_empty_blocks() {
    let (h, mut scratch) = ([1f32; 3], vec![0f32; scratch_len::<f32>(3)]);
    for (outer, n, inner) in [(0, 4, 1), (2, 0, 1), (2, 4, 0)] {
        let block = Block {
            x: std::ptr::null(),
            y: std::ptr::null_mut(),
            outer,
            n,
            inner,
            x_strides: [0, 0],
            y_strides: [0, 0],
            first: 0,
            total: 4,
            line: 0,
            line_step: 0,
            halo: Halo::NONE,
        };
        // SAFETY: nothing is read or written.
        unsafe { convolve(&Filter::new(&h, 1), Stage::Convolve, Scalar::ONE, Scalar::ZERO, &block, &mut scratch) }
    }
}

/// Rounded values: one line or many, of an array that is cut or not, and columns, are bit-equal.
#[test]
fn values_do_not_depend_on_place_and_layout() {
    let n = 5000;
    let h: Vec<f32> = (0..41).map(|t| (t as f32 * 0.7).sin()).collect();
    let x: Vec<f32> = (0..n).map(|i| (i as f32 * 0.37).cos()).collect();
    on_every_path::run(|_| {
        let mut scratch = vec![0f32; scratch_len::<f32>(41)];
        let mut run = |stage: Stage, first: usize, end: usize, (lines, width): (usize, usize)| {
            // Every line of so many columns is the same.
            let wide: Vec<f32> = (0..lines).flat_map(|_| x.iter().flat_map(|v| vec![*v; width])).collect();
            let (line, part) = (n * width, (end - first) * width);
            let mut y = vec![0f32; lines * part];
            let (before, after) = (first.min(21), (n - end).min(21));
            let halo = Halo {
                before: wide[(first - before) * width..].as_ptr(),
                before_width: before,
                before_strides: [line as isize, width as isize],
                after: wide[(end * width).min(wide.len() - 1)..].as_ptr(),
                after_width: after,
                after_strides: [line as isize, width as isize],
            };
            let block = Block {
                x: wide[first * width..].as_ptr(),
                y: y.as_mut_ptr(),
                outer: lines,
                n: end - first,
                inner: width,
                x_strides: [line as isize, width as isize],
                y_strides: [part as isize, width as isize],
                first,
                total: n,
                line: 0,
                line_step: 0,
                halo,
            };
            let filter = Filter::new(&h, 20).adjoint();
            // SAFETY: as the sizes say.
            unsafe { convolve(&filter, stage, Scalar::real(0.3), Scalar::ZERO, &block, &mut scratch) };
            for (k, v) in y.iter().enumerate() {
                let alike = y[k % part / width * width];
                assert!(
                    v.to_bits() == alike.to_bits(),
                    "{stage:?}, {lines} lines, {width} columns: they differ at {k}"
                );
            }
            y.into_iter().take(part).step_by(width).collect::<Vec<f32>>()
        };
        for stage in STAGES {
            let whole = run(stage, 0, n, (1, 1));
            for shape in [(1, 1), (35, 1), (1, 3), (1, 16), (1, 33), (1, 150), (1, 300)] {
                assert_eq!(run(stage, 0, n, shape), whole, "{stage:?}, {shape:?}");
                assert_eq!(run(stage, 0, 1237, shape), whole[..1237], "{stage:?}, {shape:?}");
                assert_eq!(run(stage, 1237, n, shape), whole[1237..], "{stage:?}, {shape:?}");
            }
        }
    });
}

/// Infinities stay where the filter takes them: nothing beyond its reach is multiplied by 0.
#[test]
fn an_output_reads_no_more_than_its_taps() {
    let (n, taps, offset) = (90, 21, 4);
    let h = vec![1f32; taps];
    on_every_path::run(|_| {
        for (lines, inner) in [(1, 1), (16, 1), (1, 70)] {
            let mut scratch = vec![0f32; scratch_len::<f32>(taps)];
            for at in [0, 17, 50, n - 1] {
                // In one line of them.
                let from = (lines / 2 * n + at) * inner;
                let mut x = vec![1f32; lines * n * inner];
                x[from..from + inner].fill(f32::INFINITY);
                let mut y = vec![0f32; x.len()];
                let strides = [(n * inner) as isize, inner as isize];
                let block = Block {
                    x: x.as_ptr(),
                    y: y.as_mut_ptr(),
                    outer: lines,
                    n,
                    inner,
                    x_strides: strides,
                    y_strides: strides,
                    first: 0,
                    total: n,
                    line: 0,
                    line_step: 0,
                    halo: Halo::NONE,
                };
                let filter = Filter::new(&h, offset);
                // SAFETY: as the sizes say.
                unsafe { convolve(&filter, Stage::Convolve, Scalar::ONE, Scalar::ZERO, &block, &mut scratch) }
                for (k, y) in y.into_iter().enumerate() {
                    // y[i] = sum_t x[i + offset - t]
                    let lag = (k / inner % n + offset) as isize - at as isize;
                    let reached = k / inner / n == lines / 2 && (0..taps as isize).contains(&lag);
                    assert!(
                        if reached { y == f32::INFINITY } else { y.is_finite() },
                        "{lines}, {inner}: {k} with {at}"
                    );
                }
            }
        }
    });
}
