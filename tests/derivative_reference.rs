//! Derivatives on one rank, against the values of PyLops, and in all modes, strides and threads against themselves.

use dlops::arrays::random::{self, Distribution};
use dlops::arrays::{Array, Space};
use dlops::context::{Context, ContextOptions};
use dlops::dtype::{DType, Scalar};
use dlops::error::Status;
use dlops::layout::Layout;
use dlops::operators::derivative::*;
use dlops::operators::dot_test::dot_test;
use dlops::operators::{Mode, Operator};
use num_complex::Complex64;
use reference::{complex_sequence, sequence, Case, DATA, MODEL};

mod memory;
mod reference;
mod vectors;

fn solo(threads: usize) -> Context {
    Context::solo(ContextOptions { threads, ..memory::options() }).unwrap()
}

fn space(context: &Context, dtype: DType, shape: &[i64]) -> Space {
    Space::new(context, dtype, shape, Layout::cut(0, 1), None).unwrap()
}

fn kind(case: &Case) -> Kind {
    match case.text("kind") {
        "forward" => Kind::Forward,
        "backward" => Kind::Backward,
        _ => Kind::Centered,
    }
}

fn axis(value: i64, dimensions: usize) -> usize {
    if value < 0 {
        (value + dimensions as i64) as usize
    } else {
        value as usize
    }
}

fn operator(case: &Case, space: &Space) -> Operator {
    let (kind, edge, n) = (kind(case), case.flag("edge"), space.local_shape().len());
    match case.operator.trim_end_matches("_short") {
        "first_derivative" => {
            let options =
                FirstDerivative { kind, order: case.number("order") as usize, edge, sampling: case.number("sampling") };
            first_derivative(space, case.number("axis") as usize, &options)
        }
        "second_derivative" => {
            let options = SecondDerivative { kind, edge, sampling: case.number("sampling") };
            second_derivative(space, case.number("axis") as usize, &options)
        }
        "laplacian" => {
            let axes = case.integers("axes").into_iter().map(|a| axis(a, n)).collect();
            let (weights, sampling) = (case.numbers("weights"), case.numbers("sampling"));
            laplacian(space, &Laplacian { axes, weights, sampling, kind, edge })
        }
        _ => gradient(space, &Gradient { kind, order: 3, edge, sampling: case.numbers("sampling") }),
    }
    .unwrap()
}

fn input(case: &Case, seed: i64, count: usize) -> Vec<Complex64> {
    match case.is_complex() {
        true => complex_sequence(seed, count),
        false => sequence(seed, count).into_iter().map(Complex64::from).collect(),
    }
}

fn agrees(case: &Case, operator: &Operator, mode: Mode, name: &str, seed: i64) {
    let (from, to) = operator.spaces(mode);
    let (x, y) = (Array::new(from).unwrap(), Array::new(to).unwrap());
    vectors::write(&x, &input(case, seed, from.local_count() as usize));
    operator.apply(mode, &x, &y).unwrap();
    let (found, expected) = (vectors::read(&y), case.array(name).values());
    assert_eq!(found.len(), expected.len(), "{case}");
    let largest = expected.iter().map(|v| v.norm()).fold(1.0, f64::max);
    let tolerance = 8.0 * from.dtype().epsilon() * largest;
    for (k, (a, b)) in found.iter().zip(&expected).enumerate() {
        assert!((a - b).norm() <= tolerance, "{case}: {name} of {mode:?}, element {k} is {a}, expected {b}");
    }
}

#[test]
fn values_are_those_of_pylops() {
    let context = solo(1);
    for name in [
        "first_derivative",
        "first_derivative_short",
        "second_derivative",
        "second_derivative_short",
        "laplacian",
        "gradient",
    ] {
        for case in reference::cases("derivatives", name) {
            for single in [false, true] {
                let dtype = match (case.is_complex(), single) {
                    (false, false) => DType::Float64,
                    (false, true) => DType::Float32,
                    (true, false) => DType::Complex128,
                    (true, true) => DType::Complex64,
                };
                let operator = operator(&case, &space(&context, dtype, &case.integers("dims")));
                for (mode, array, seed) in [
                    (Mode::Forward, "forward", MODEL),
                    (Mode::Conjugate, "forward", MODEL),
                    (Mode::Adjoint, "adjoint", DATA),
                    (Mode::Transpose, "adjoint", DATA),
                ] {
                    agrees(&case, &operator, mode, array, seed);
                }
            }
        }
    }
}

/// Operators of every kind on a space of three axes.
fn operators(space: &Space) -> Vec<Operator> {
    let mut all = Vec::new();
    for kind in [Kind::Centered, Kind::Forward, Kind::Backward] {
        let first = FirstDerivative { kind, order: 5, edge: true, sampling: 0.5 };
        all.push(first_derivative(space, 1, &first).unwrap());
        all.push(second_derivative(space, 2, &SecondDerivative { kind, edge: true, sampling: 0.5 }).unwrap());
        let options =
            Laplacian { axes: vec![2, 0], weights: vec![2.0, -1.0], sampling: vec![0.5, 3.0], kind, edge: true };
        all.push(laplacian(space, &options).unwrap());
        all.push(gradient(space, &Gradient { kind, order: 5, edge: true, sampling: vec![0.5, 1.0, 2.0] }).unwrap());
    }
    all
}

#[test]
fn threads_and_strides_change_no_bit() {
    // A device has no use for the host's threads.
    let shape = if memory::device().is_some() { [6, 5, 9] } else { [40, 30, 50] };
    for dtype in [DType::Float32, DType::Complex128] {
        let (one, three) = (space(&solo(1), dtype, &shape), space(&solo(3), dtype, &shape));
        for (serial, parallel) in operators(&one).iter().zip(operators(&three)) {
            for (mode, alpha, beta) in [
                (Mode::Forward, Scalar::ONE, Scalar::ZERO),
                (Mode::Adjoint, Scalar::real(-1.5), Scalar::real(0.75)),
                (Mode::Transpose, Scalar::real(0.1), Scalar::ONE),
            ] {
                let result = |operator: &Operator, padded: bool| {
                    let (from, to) = operator.spaces(mode);
                    let (px, py) = (vectors::Padded::new(from).unwrap(), vectors::Padded::new(to).unwrap());
                    let (x, y) = match padded {
                        true => (px.array.clone(), py.array.clone()),
                        false => (Array::new(from).unwrap(), Array::new(to).unwrap()),
                    };
                    random::fill(&x, Distribution::Normal, 3, 0).unwrap();
                    random::fill(&y, Distribution::Normal, 3, 1).unwrap();
                    operator.apply_scaled(mode, alpha, &x, beta, &y).unwrap();
                    assert!(px.written().is_empty() && py.written().is_empty());
                    vectors::read(&y)
                };
                let expected = result(serial, false);
                let name = serial.describe();
                assert!(expected.iter().any(|v| v.norm() > 0.0));
                assert!(result(serial, true) == expected, "strided: {name}");
                assert!(result(&parallel, false) == expected, "threads: {name}");
                assert!(result(&parallel, true) == expected, "strided, threads: {name}");
            }
            assert!(dot_test(serial, 5, 0.0).unwrap().passed);
        }
    }
}

/// y := alpha A x + beta y is what separate steps give, and an unread y may be anything.
#[test]
fn scalars_are_applied() {
    let space = space(&solo(1), DType::Complex128, &[6, 5, 7]);
    let (alpha, beta) = (Scalar::complex(0.5, -2.0), Scalar::complex(-1.0, 0.25));
    for operator in operators(&space) {
        for mode in Mode::ALL {
            let (from, to) = operator.spaces(mode);
            let (x, y, z) = (Array::new(from).unwrap(), Array::new(to).unwrap(), Array::new(to).unwrap());
            random::fill(&x, Distribution::Normal, 1, 0).unwrap();
            random::fill(&y, Distribution::Normal, 1, 1).unwrap();
            let count = to.local_count() as usize;
            vectors::write(&z, &vec![Complex64::new(f64::NAN, f64::NAN); count]);
            operator.apply(mode, &x, &z).unwrap();
            let (a, b) = (Complex64::new(alpha.re, alpha.im), Complex64::new(beta.re, beta.im));
            let expected: Vec<_> =
                vectors::read(&z).iter().zip(vectors::read(&y)).map(|(z, y)| a * z + b * y).collect();
            operator.apply_scaled(mode, alpha, &x, beta, &y).unwrap();
            for (found, expected) in vectors::read(&y).iter().zip(&expected) {
                assert!((found - expected).norm() < 1e-12, "{}", operator.describe());
            }
        }
    }
}

#[test]
fn bad_arguments_are_refused() {
    let context = solo(1);
    let good = space(&context, DType::Float64, &[4, 5]);
    let status = |result: dlops::error::Result<Operator>| result.err().map(|e| (e.status, e.message)).unwrap();
    let options = FirstDerivative::default();
    assert_eq!(status(first_derivative(&good, 2, &options)).0, Status::Axis);
    assert_eq!(status(first_derivative(&good, 0, &FirstDerivative { order: 4, ..options })).0, Status::Argument);
    assert_eq!(
        status(first_derivative(&good, 0, &FirstDerivative { sampling: f64::NAN, ..options })).0,
        Status::Argument
    );
    let integers = space(&context, DType::Int64, &[4, 5]);
    assert_eq!(status(first_derivative(&integers, 0, &options)).0, Status::DType);
    let product = Space::product(std::slice::from_ref(&good)).unwrap();
    assert_eq!(status(gradient(&product, &Gradient::default())).0, Status::Space);
    let unshaped = Space::unshaped(&context, DType::Float64, 20, None).unwrap();
    assert_eq!(status(laplacian(&unshaped, &Laplacian::default())).0, Status::Space);
    let twice = Laplacian { axes: vec![1, 1], ..Default::default() };
    assert_eq!(status(laplacian(&good, &twice)).0, Status::Axis);
    let few = Laplacian { weights: vec![1.0], ..Default::default() };
    let (code, text) = status(laplacian(&good, &few));
    assert!(code == Status::Argument && text.contains("1 weights"), "{text}");
    let many = Gradient { sampling: vec![1.0; 3], ..Default::default() };
    assert_eq!(status(gradient(&good, &many)).0, Status::Argument);
    let deep = space(&context, DType::Float64, &[2; 9]);
    assert_eq!(status(gradient(&deep, &Gradient::default())).0, Status::Unsupported);
}

/// The most axes that a space can have, single ones between.
#[test]
fn sixteen_axes_are_three() {
    let context = solo(1);
    let mut shape = [1i64; 16];
    (shape[1], shape[4], shape[5], shape[9], shape[10], shape[15]) = (2, 3, 4, 5, 2, 3);
    let deep = space(&context, DType::Float64, &shape);
    let flat = space(&context, DType::Float64, &[24, 5, 6]);
    let options = FirstDerivative { order: 5, edge: true, ..Default::default() };
    let (deep, flat) = (first_derivative(&deep, 9, &options).unwrap(), first_derivative(&flat, 1, &options).unwrap());
    for mode in [Mode::Forward, Mode::Adjoint] {
        let values = |operator: &Operator| {
            let (x, y) = (Array::new(operator.domain()).unwrap(), Array::new(operator.range()).unwrap());
            random::fill(&x, Distribution::Normal, 1, 0).unwrap();
            operator.apply(mode, &x, &y).unwrap();
            vectors::read(&y)
        };
        assert!(values(&deep) == values(&flat));
        let padded = vectors::Padded::new(deep.domain()).unwrap();
        random::fill(&padded.array, Distribution::Normal, 1, 0).unwrap();
        let y = Array::new(deep.range()).unwrap();
        deep.apply(mode, &padded.array, &y).unwrap();
        assert!(vectors::read(&y) == values(&flat));
    }
}

#[test]
fn expressions_name_the_choices() {
    let space = space(&solo(1), DType::Float32, &[4, 5, 6]);
    let text = operators(&space)[2].describe();
    assert!(
        text.contains("Laplacian (axes [2, 0], weights [2.0, -1.0], centered, with edges, sampling [0.5, 3.0])"),
        "{text}"
    );
    let line = laplacian(&self::space(&solo(1), DType::Float32, &[9]), &Laplacian::default()).unwrap().describe();
    assert!(line.contains("axes [0]"), "{line}");
}
