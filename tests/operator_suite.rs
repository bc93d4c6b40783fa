//! The one suite that every operator passes: in every layout, dtype and mode, with alpha and beta, on 1 to 4 ranks, it is
//! the matrix that it is on one rank, and it passes the dot test.
//!
//! Every constructor under `src/operators` that gives an operator stands in `CASES` or, where its spaces or arguments are
//! of another kind, in `ELSEWHERE` with the test that holds it to the same; one that stands in neither fails here.

mod ranks;

use dlops::arrays::gather::{self, Receiver};
use dlops::arrays::random::{self, Distribution};
use dlops::arrays::{Array, Space};
use dlops::context::{Context, ContextOptions};
use dlops::dtype::{DType, Scalar};
use dlops::error::{Result, Status};
use dlops::layout::Layout;
use dlops::operators::avo::{poststack, Wavelet};
use dlops::operators::derivative::{self, Kind};
use dlops::operators::dot_test::dot_test;
use dlops::operators::{algebra, basic, signal, Mode, Operator};
use num_complex::Complex64;
use ranks::{layouts, on_ranks};

const SHAPE: [i64; 3] = [6, 5, 4];

type Make = fn(&Space) -> Result<Operator>;

/// Constructor, and an operator made by it on a space of `SHAPE`.
const CASES: &[(&str, Make)] = &[
    ("first_derivative", |s| derivative::first_derivative(s, 0, &derivative::FirstDerivative::default())),
    ("first_derivative", |s| {
        let options = derivative::FirstDerivative { order: 5, edge: true, ..Default::default() };
        derivative::first_derivative(s, 1, &options)
    }),
    ("second_derivative", |s| {
        let options = derivative::SecondDerivative { kind: Kind::Forward, ..Default::default() };
        derivative::second_derivative(s, 2, &options)
    }),
    ("laplacian", |s| derivative::laplacian(s, &derivative::Laplacian::default())),
    ("identity", |s| basic::identity(s, s)),
    ("zero", |s| basic::zero(s, s)),
    ("diagonal", |s| {
        let d = Array::new(s)?;
        random::fill(&d, Distribution::Normal, 3, 0)?;
        basic::diagonal(s, &d)
    }),
    ("convolve1d", |s| signal::convolve1d(s, 0, &[2.0, -1.0, 0.5].map(|v| Complex64::new(v, 0.0)), 1)),
    ("convolve1d", |s| {
        // A complex filter needs complex spaces.
        let im = if s.dtype().is_complex() { 1.5 } else { 0.0 };
        signal::convolve1d(s, 1, &[Complex64::new(1.0, im), Complex64::new(-2.0, 0.5 * im)], 0)
    }),
    ("poststack", |s| poststack(s, 0, Wavelet::Stationary(&[0.5, 1.0, -0.25]), Kind::Centered)),
    ("poststack", |s| poststack(s, 2, Wavelet::Stationary(&[0.5, 1.0, -0.25]), Kind::Forward)),
    ("adjoint", |s| Ok(algebra::adjoint(&first(s)?))),
    ("transpose", |s| Ok(algebra::transpose(&first(s)?))),
    ("conjugate", |s| Ok(algebra::conjugate(&first(s)?))),
    ("scale", |s| algebra::scale(factor(s), &first(s)?)),
    ("sum", |s| algebra::sum(&[factor(s), Scalar::real(-2.0)], &[first(s)?, basic::identity(s, s)?])),
    ("product", |s| algebra::product(&[first(s)?, algebra::adjoint(&first(s)?), first(s)?])),
    ("power", |s| algebra::power(&first(s)?, 3)),
];

/// Constructors whose domain and range differ in shape or are not shaped, and where they are held to the same.
const ELSEWHERE: &[(&str, &str)] = &[
    ("gradient", "derivative_layouts.rs"),
    ("redistribution", "derivative_layouts.rs"),
    ("diagonal_along", "operators_basic.rs"),
    ("transpose", "operators_basic.rs"),
    ("matrix_mult", "operators_basic.rs"),
    ("block_diag", "blocks.rs"),
    ("vstack", "blocks.rs"),
    ("hstack", "blocks.rs"),
    ("replicated", "blocks.rs"),
    ("stacked_block_diag", "blocks.rs"),
    ("stacked_vstack", "blocks.rs"),
    ("stacked_hstack", "blocks.rs"),
    ("block", "blocks.rs"),
    ("callback", "blocks.rs"),
];

/// What operators are made of: the cases above run through them in layouts that are cut into more than intervals.
const MACHINERY: &[&str] = &["redistributed", "along_axis", "filter"];

fn first(s: &Space) -> Result<Operator> {
    derivative::first_derivative(s, 1, &derivative::FirstDerivative { kind: Kind::Forward, ..Default::default() })
}

fn factor(s: &Space) -> Scalar {
    Scalar::complex(1.5, if s.dtype().is_complex() { -0.5 } else { 0.0 })
}

/// The whole array on every rank, as complex doubles.
fn whole(x: &Array) -> Vec<Complex64> {
    let n = x.space().global_count() as usize;
    let mut bytes = vec![0u8; n * x.dtype().size()];
    // SAFETY: room for the whole array.
    unsafe { gather::to_global(x, Receiver::All, bytes.as_mut_ptr()) }.unwrap();
    let part = x.dtype().real().size();
    let numbers: Vec<f64> = bytes
        .chunks(part)
        .map(|b| match part {
            4 => f32::from_ne_bytes(b.try_into().unwrap()) as f64,
            _ => f64::from_ne_bytes(b.try_into().unwrap()),
        })
        .collect();
    match x.dtype().is_complex() {
        true => numbers.chunks(2).map(|c| Complex64::new(c[0], c[1])).collect(),
        false => numbers.into_iter().map(|re| Complex64::new(re, 0.0)).collect(),
    }
}

fn put(x: &Array, values: &[Complex64]) {
    let numbers = values.iter().flat_map(|v| [v.re, v.im].into_iter().take(1 + x.dtype().is_complex() as usize));
    let bytes: Vec<u8> = match x.dtype().real() {
        DType::Float32 => numbers.flat_map(|v| (v as f32).to_ne_bytes()).collect(),
        _ => numbers.flat_map(f64::to_ne_bytes).collect(),
    };
    // SAFETY: the whole array of its dtype.
    unsafe { gather::from_global(x, bytes.as_ptr()) }.unwrap();
}

/// The columns of the forward matrix, from unit vectors on one rank.
fn matrix(make: Make, dtype: DType) -> Vec<Vec<Complex64>> {
    let context = Context::solo(ContextOptions::default()).unwrap();
    let a = make(&Space::new(&context, dtype, &SHAPE, Layout::cut(0, 1), None).unwrap()).unwrap();
    let (x, y) = (Array::new(a.domain()).unwrap(), Array::new(a.range()).unwrap());
    let n = a.domain().global_count() as usize;
    let column = |j: usize| {
        let mut unit = vec![Complex64::new(0.0, 0.0); n];
        unit[j].re = 1.0;
        put(&x, &unit);
        a.apply(Mode::Forward, &x, &y).unwrap();
        whole(&y)
    };
    (0..n).map(column).collect()
}

/// op(A) x by the matrix.
fn product(columns: &[Vec<Complex64>], mode: Mode, x: &[Complex64]) -> Vec<Complex64> {
    let element = |v: Complex64| if mode.conjugated() { v.conj() } else { v };
    match mode.transposed() {
        true => columns.iter().map(|c| c.iter().zip(x).map(|(a, x)| element(*a) * x).sum()).collect(),
        false => (0..columns[0].len()).map(|i| columns.iter().zip(x).map(|(c, x)| element(c[i]) * x).sum()).collect(),
    }
}

fn check(name: &str, make: Make, space: &Space, columns: &[Vec<Complex64>]) -> bool {
    let a = match make(space) {
        Ok(a) => a,
        // What cannot be done without a gather says so, on every rank alike.
        Err(error) => {
            assert_eq!(error.status, Status::Layout, "{name} on {space}: {error}");
            return false;
        }
    };
    for mode in Mode::ALL {
        let (from, to) = a.spaces(mode);
        let (x, y) = (Array::new(from).unwrap(), Array::new(to).unwrap());
        random::fill(&x, Distribution::Normal, 5, 0).unwrap();
        random::fill(&y, Distribution::Normal, 5, 1).unwrap();
        let (before, input) = (whole(&y), whole(&x));
        for (alpha, beta) in [(Scalar::ONE, Scalar::ZERO), (factor(space), Scalar::real(-0.75))] {
            match beta.is_zero() {
                // Never read: what is there must not matter.
                true => put(&y, &vec![Complex64::new(f64::NAN, 0.0); before.len()]),
                false => put(&y, &before),
            }
            a.apply_scaled(mode, alpha, &x, beta, &y).unwrap();
            let (alpha, beta) = (Complex64::new(alpha.re, alpha.im), Complex64::new(beta.re, beta.im));
            let zero = beta == Complex64::new(0.0, 0.0);
            let right: Vec<Complex64> = product(columns, mode, &input)
                .iter()
                .zip(&before)
                .map(|(p, y)| alpha * p + if zero { beta } else { beta * y })
                .collect();
            let scale = right.iter().map(|v| v.norm()).fold(1.0, f64::max);
            for (got, right) in whole(&y).iter().zip(&right) {
                let close = (got - right).norm() <= 200.0 * space.dtype().epsilon() * scale;
                assert!(close, "{name} {mode:?} on {space}: {got} instead of {right}");
            }
        }
    }
    for seed in 0..3 {
        let found = dot_test(&a, seed, 0.0).unwrap();
        assert!(found.passed, "{name} on {space}: {found:?}");
    }
    true
}

fn every_layout(dtype: DType) {
    for (name, make) in CASES {
        let columns = matrix(*make, dtype);
        for size in 1..=4 {
            on_ranks(size, |context| {
                let mut built = 0;
                for layout in layouts(&SHAPE, size) {
                    let space = Space::new(context, dtype, &SHAPE, layout, None).unwrap();
                    built += check(name, *make, &space, &columns) as usize;
                }
                // Layouts that an operator may refuse are few.
                assert!(2 * built > layouts(&SHAPE, size).len(), "{name}: only {built} layouts on {size} ranks");
            });
        }
    }
}

#[test]
fn every_layout_in_float32() {
    every_layout(DType::Float32);
}

#[test]
fn every_layout_in_float64() {
    every_layout(DType::Float64);
}

#[test]
fn every_layout_in_complex64() {
    every_layout(DType::Complex64);
}

#[test]
fn every_layout_in_complex128() {
    every_layout(DType::Complex128);
}

/// Names of public functions below `folder` that return an operator.
fn constructors(folder: &std::path::Path, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            constructors(&path, names);
        } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            for part in text.split("\npub fn ").skip(1).chain(text.split("\npub(crate) fn ").skip(1)) {
                let head = part.split(" {").next().unwrap_or("");
                if head.ends_with("-> Result<Operator>") || head.ends_with("-> Operator") {
                    names.push(head.split(['(', '<']).next().unwrap_or("").to_string());
                }
            }
        }
    }
}

#[test]
fn every_constructor_is_registered() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = Vec::new();
    constructors(&root.join("src/operators"), &mut names);
    assert!(names.len() > 20, "found only {names:?}");
    for name in names {
        let here = CASES.iter().any(|(n, _)| *n == name);
        let there = ELSEWHERE.iter().filter(|(n, _)| *n == name).all(|(n, file)| {
            let folder = root.join("tests").join(file.trim_end_matches(".rs"));
            let parts = std::fs::read_dir(folder).into_iter().flatten().map(|e| e.unwrap().path());
            let files: Vec<_> = parts.chain([root.join("tests").join(file)]).collect();
            files.iter().any(|f| std::fs::read_to_string(f).is_ok_and(|text| text.contains(n)))
        });
        let listed = here || ELSEWHERE.iter().any(|(n, _)| *n == name) || MACHINERY.contains(&name.as_str());
        assert!(listed && there, "{name} is an operator that no suite runs: register it in tests/operator_suite.rs");
    }
}
