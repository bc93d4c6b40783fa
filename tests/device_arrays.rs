//! Arrays in device memory: the same numbers as on the host, on 1 to 4 ranks. Skipped, and said so, where no CUDA driver
//! is found.

mod memory;
mod ranks;
mod vectors;

use dlops::arrays::{norms, verbs, Array, Memory, Space};
use dlops::context::{Context, ContextOptions, DeviceChoice, StreamChoice};
use dlops::dispatch;
use dlops::dtype::{DType, Element, Scalar};
use dlops::error::Status;
use dlops::krylov::{Method, Solver};
use dlops::layout::Layout;
use dlops::operators::algebra::{moved, sum};
use dlops::operators::avo::{poststack, Wavelet};
use dlops::operators::basic::{diagonal_along, identity, matrix_mult, DenseMatrix};
use dlops::operators::block::{block_diag, vstack};
use dlops::operators::derivative::{
    first_derivative, gradient, laplacian, second_derivative, FirstDerivative, Gradient, Kind, Laplacian,
    SecondDerivative,
};
use dlops::operators::signal::{convolve1d, convolve1d_lines};
use dlops::operators::{Mode, Operator};
use num_complex::Complex64;

const FLOATS: [DType; 4] = [DType::Float32, DType::Float64, DType::Complex64, DType::Complex128];

fn on_device_ranks(size: usize, work: impl Fn(&Context) + Sync) {
    let choice = DeviceChoice { ordinal: None, stream: StreamChoice::Own };
    ranks::on_ranks_with(size, ContextOptions { device: Some(choice), ..ContextOptions::default() }, work);
}

fn available() -> bool {
    match dlops::device::available() {
        Ok(()) => true,
        Err(error) => {
            println!("SKIPPED: {error}");
            false
        }
    }
}

fn close(found: &[Complex64], wanted: &[Complex64], dtype: DType, what: &str) {
    let eps = if dtype.real().size() == 4 { 1e-5 } else { 1e-13 };
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (f, w) in found.iter().zip(wanted) {
        assert!((f - w).norm() <= eps * (1.0 + w.norm()), "{what}: {f} instead of {w}");
    }
}

/// The same array on both sides.
fn pair(space: &Space, seed: u64) -> (Array, Array) {
    let host = Array::new(&space.with_memory(Memory::Host).unwrap()).unwrap();
    dlops::arrays::random::fill(&host, dlops::arrays::random::Distribution::Normal, seed, 0).unwrap();
    let device = Array::new(space).unwrap();
    verbs::copy(&host, &device).unwrap();
    (host, device)
}

#[test]
fn vector_verbs_give_the_numbers_of_the_host() {
    if !available() {
        return;
    }
    for size in [1, 3] {
        on_device_ranks(size, |context| {
            for dtype in FLOATS {
                for shape in [[7i64, 5], [1, 1], [64, 33], [2, 0]] {
                    let space =
                        Space::new(context, dtype, &shape, ranks::layouts(&shape, context.size())[1].clone(), None)
                            .unwrap();
                    let (alpha, beta) = match dtype.is_complex() {
                        true => (Scalar::complex(0.5, -0.25), Scalar::complex(2.0, 0.125)),
                        false => (Scalar::real(0.5), Scalar::real(-1.25)),
                    };
                    let ((a, x), (b, y), (c, w)) = (pair(&space, 1), pair(&space, 2), pair(&space, 3));
                    let same = |what: &str| {
                        for (h, d) in [(&a, &x), (&b, &y), (&c, &w)] {
                            close(&vectors::read(d), &vectors::read(h), dtype, &format!("{what} of {space}"));
                        }
                    };
                    for (p, q, r) in [(&a, &b, &c), (&x, &y, &w)] {
                        verbs::axpy(alpha, p, q).unwrap();
                        verbs::axpby(alpha, p, beta, r).unwrap();
                    }
                    same("axpby");
                    for (p, q, r) in [(&a, &b, &c), (&x, &y, &w)] {
                        verbs::waxpby(alpha, p, beta, q, r).unwrap();
                        verbs::multiply(r, q, true, p).unwrap();
                    }
                    same("waxpby, multiply");
                    for (p, q, r) in [(&a, &b, &c), (&x, &y, &w)] {
                        verbs::multiply_add(alpha, p, true, q, beta, r).unwrap();
                        verbs::scale(beta, p).unwrap();
                        verbs::add_scalar(alpha, q).unwrap();
                        verbs::conjugate(q).unwrap();
                    }
                    same("multiply_add, scale, add_scalar, conjugate");
                    for (p, q) in [(&a, &b), (&x, &y)] {
                        verbs::axpby(alpha, p, Scalar::ZERO, q).unwrap();
                    }
                    same("axpby with beta = 0");
                    let sums = |p: &Array, q: &Array| {
                        let numbers = [
                            verbs::dot(p, q).unwrap(),
                            verbs::dot_unconjugated(p, q).unwrap(),
                            Scalar::real(verbs::norm(p).unwrap()),
                        ];
                        numbers.map(|s| Complex64::new(s.re, s.im))
                    };
                    close(&sums(&x, &y), &sums(&a, &b), dtype, "sums");
                    verbs::fill(&x, alpha).unwrap();
                    verbs::fill(&a, alpha).unwrap();
                    same("fill");
                    for p in [&a, &x] {
                        verbs::fill(p, Scalar::real(f64::NAN)).unwrap();
                        verbs::scale(Scalar::ZERO, p).unwrap();
                    }
                    same("scale with alpha = 0");
                }
            }
        });
    }
}

/// Derivatives of every kind, on a space.
fn derivatives(space: &Space) -> Vec<Operator> {
    let mut list = Vec::new();
    for axis in 0..space.shape().unwrap().len() {
        for order in [3, 5] {
            let options = FirstDerivative { order, edge: true, sampling: 0.5, ..FirstDerivative::default() };
            list.push(first_derivative(space, axis, &options).unwrap());
        }
        let options = SecondDerivative { edge: true, ..SecondDerivative::default() };
        list.push(second_derivative(space, axis, &options).unwrap());
    }
    list.push(laplacian(space, &Laplacian::default()).unwrap());
    list.push(gradient(space, &Gradient::default()).unwrap());
    list
}

#[test]
fn derivatives_on_any_layout() {
    if !available() {
        return;
    }
    for size in [1, 2, 4] {
        on_device_ranks(size, |context| {
            for (dtype, shape) in FLOATS.into_iter().zip([vec![13i64, 9], vec![6, 5, 7], vec![11], vec![8, 700]]) {
                for layout in ranks::layouts(&shape, context.size()).into_iter().step_by(2) {
                    let space = Space::new(context, dtype, &shape, layout, None).unwrap();
                    let host = space.with_memory(Memory::Host).unwrap();
                    for (there, here) in derivatives(&space).into_iter().zip(derivatives(&host)) {
                        for (mode, beta) in Mode::ALL.into_iter().zip([0.0, 0.5, 1.0, 0.0]) {
                            let (from, to) = there.spaces(mode);
                            let ((a, x), (b, y)) = (pair(from, 5), pair(to, 6));
                            let (alpha, beta) = (Scalar::real(-1.5), Scalar::real(beta));
                            here.apply_scaled(mode, alpha, &a, beta, &b).unwrap();
                            there.apply_scaled(mode, alpha, &x, beta, &y).unwrap();
                            let what = format!("{mode:?} of {}", there.describe());
                            close(&vectors::read(&y), &vectors::read(&b), dtype, &what);
                        }
                    }
                }
            }
        });
    }
}

#[test]
fn solvers_take_the_steps_of_the_host() {
    if !available() {
        return;
    }
    for size in [1, 3] {
        on_device_ranks(size, |context| {
            for (dtype, method) in FLOATS.into_iter().zip([Method::Cgls, Method::Cgls, Method::Cg, Method::Cg]) {
                let layout = Layout::cut(0, context.size());
                let space = Space::new(context, dtype, &[9, 14], layout, None).unwrap();
                let run = |space: &Space, b: &Array| {
                    let laplacian = laplacian(space, &Laplacian::default()).unwrap();
                    let identity = identity(space, space).unwrap();
                    let operator = sum(&[Scalar::ONE, Scalar::real(-0.5)], &[identity, laplacian]).unwrap();
                    let solver = Solver::new(method, &operator).unwrap();
                    solver
                        .change(|o| {
                            o.max_iterations = 20;
                            o.damp = if method == Method::Cgls { 0.1 } else { 0.0 };
                            Ok(())
                        })
                        .unwrap();
                    let x = Array::new(space).unwrap();
                    verbs::fill(&x, Scalar::ZERO).unwrap();
                    solver.solve(b, &x).unwrap();
                    vectors::read(&x)
                };
                let (a, b) = pair(&space, 9);
                let wanted = run(&space.with_memory(Memory::Host).unwrap(), &a);
                close(&run(&space, &b), &wanted, dtype, method.name());
            }
        });
    }
}

/// Numbers of all exponents, of one, of none, infinities and NaN: the exact sums of the host.
#[test]
fn deterministic_sums_of_any_numbers_are_those_of_the_host() {
    if !available() {
        return;
    }
    let choice = DeviceChoice { ordinal: None, stream: StreamChoice::Own };
    let options = ContextOptions { device: Some(choice), deterministic: true, ..ContextOptions::default() };
    let mut state = 12345u64;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        state >> 11
    };
    let mut number = |least: u64, exponents: u64| {
        let (sign, exponent, fraction) = (next() % 2, least + next() % exponents, next() & ((1 << 52) - 1));
        f64::from_bits(sign << 63 | exponent << 52 | fraction)
    };
    let wild: Vec<f64> = (0..1500).map(|_| number(0, 0x7e0)).collect();
    let similar: Vec<f64> = (0..1500).map(|_| number(1000, 40)).collect();
    let small: Vec<f64> = (0..1500).map(|_| number(0, 2)).collect();
    let with = |value: f64| similar.iter().copied().chain([value]).collect::<Vec<_>>();
    let both = [with(f64::INFINITY), vec![f64::NEG_INFINITY]].concat();
    let cases = [
        wild,
        similar.clone(),
        small,
        with(f64::INFINITY),
        with(f64::NEG_INFINITY),
        with(f64::NAN),
        both,
        vec![0.0, -0.0],
        vec![1e300, 1.0, -1e300],
    ];
    ranks::on_ranks_with(1, options, |context| {
        for values in &cases {
            let space = Space::new(context, DType::Float64, &[values.len() as i64], Layout::cut(0, 1), None).unwrap();
            let x = Array::new(&space).unwrap();
            vectors::write(&x, &values.iter().map(|v| Complex64::new(*v, 0.0)).collect::<Vec<_>>());
            let numbers = |x: &Array| {
                [norms::sum(x).unwrap().re, norms::norm(x, 1.0).unwrap(), verbs::norm(x).unwrap()].map(f64::to_bits)
            };
            assert_eq!(numbers(&x), numbers(&x.host_copy().unwrap()), "{} numbers", values.len());
        }
    });
}

/// Deterministic sums are the integers of the host. Histories and solutions have its bits where operators have: a
/// diagonal one, a derivative with alpha = 1 and beta = 0.
#[test]
fn deterministic_solvers_have_the_bits_of_the_host() {
    if !available() {
        return;
    }
    let choice = DeviceChoice { ordinal: None, stream: StreamChoice::Own };
    let options = ContextOptions { device: Some(choice), deterministic: true, ..ContextOptions::default() };
    for size in [1, 2, 3] {
        ranks::on_ranks_with(size, options, |context| {
            let methods = [(Method::Cg, 0.0), (Method::Cgls, 0.0), (Method::Cgls, 0.25)];
            for (dtype, (method, damp)) in FLOATS.into_iter().flat_map(|d| methods.map(|m| (d, m))) {
                let space = Space::new(context, dtype, &[9, 14], Layout::cut(0, size), None).unwrap();
                let run = |space: &Space, b: &Array| {
                    let d: Vec<Complex64> = (0..14).map(|k| Complex64::new(1.0 + (k * k) as f64 / 7.0, 0.0)).collect();
                    let diagonal = || -> dlops::error::Result<Operator> {
                        dispatch!(dtype, T => {
                            let values = d.iter().map(|v| T::from_scalar(Scalar::real(v.re))).collect::<Vec<_>>();
                            diagonal_along(space, 1, &values)
                        })
                    };
                    let a = match method {
                        Method::Cg => diagonal().unwrap(),
                        Method::Cgls => first_derivative(space, 0, &FirstDerivative::default()).unwrap(),
                    };
                    let solver = Solver::new(method, &a).unwrap();
                    let change = |o: &mut dlops::krylov::SolverOptions| {
                        o.max_iterations = 15;
                        o.damp = damp;
                        o.set_rtol(0.0)
                    };
                    solver.change(change).unwrap();
                    let x = Array::new(space).unwrap();
                    solver.solve(b, &x).unwrap();
                    let bits = |v: &[f64]| v.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
                    let histories =
                        solver.progress(|p| [bits(&p.residuals), bits(&p.damped), bits(&p.convergence)].concat());
                    let elements = vectors::read(&x).into_iter().flat_map(|v| [v.re.to_bits(), v.im.to_bits()]);
                    (histories, elements.collect::<Vec<_>>())
                };
                let (a, b) = pair(&space, 9);
                let (here, there) = (run(&space.with_memory(Memory::Host).unwrap(), &a), run(&space, &b));
                assert!(here.0.len() > 30, "{} steps of {}", here.0.len(), method.name());
                assert_eq!(here, there, "{} of {space}", method.name());
            }
        });
    }
}

/// Filters and dense matrices along an axis of any length, also none, one element, and fewer than the filter has.
fn along(space: &Space, axis: usize) -> Vec<Operator> {
    let shape = space.shape().unwrap();
    let (n, im) = (shape[axis] as usize, if space.dtype().is_complex() { 0.75 } else { 0.0 });
    let numbers = |count: usize, im: f64| -> Vec<Complex64> {
        (0..count).map(|k| Complex64::new((k * k % 7) as f64 - 2.5, im * (k % 3) as f64)).collect()
    };
    let lines = shape.iter().enumerate().filter(|(k, _)| *k != axis).map(|(_, n)| *n as usize).product::<usize>();
    let (w, each) = ([0.5, 1.0, -0.25, 2.0], vec![0.25; 2 * n]);
    let mut list = vec![
        convolve1d(space, axis, &numbers(5, 0.0), 1),
        convolve1d(space, axis, &numbers(4, im), 3),
        convolve1d_lines(space, axis, &numbers(3 * lines, im), 3, 1),
        poststack(space, axis, Wavelet::PerSample { wavelets: &each, samples: 2 }, Kind::Forward),
    ];
    list.extend(
        [Kind::Centered, Kind::Forward, Kind::Backward].map(|k| poststack(space, axis, Wavelet::Stationary(&w), k)),
    );
    for (rows, column_major) in [(3, true), (n as i64, false), (0, true)] {
        let text = numbers(rows as usize * n, im).into_iter().map(|v| (v.re, v.im));
        let bytes = ranks::encode(space.dtype(), text);
        let mut memory = vec![0.0f64; bytes.len().div_ceil(8)];
        // SAFETY: the memory holds the bytes, and the matrix is copied from it here.
        let matrix = unsafe {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), memory.as_mut_ptr().cast(), bytes.len());
            let pointer = memory.as_ptr().cast();
            DenseMatrix::borrowed(space.dtype(), (rows, n as i64), pointer, column_major, 0).unwrap().to_owned()
        };
        list.push(matrix_mult(space, axis, matrix.unwrap()));
    }
    // Layouts that cannot be changed so that the axis is whole are refused.
    list.into_iter().filter_map(Result::ok).collect()
}

#[test]
fn filters_and_products_give_the_numbers_of_the_host() {
    if !available() {
        return;
    }
    let shapes = [vec![7i64], vec![1, 6, 1], vec![3, 0, 2], vec![2, 3, 2, 4], vec![0, 5]];
    for size in [1, 3] {
        on_device_ranks(size, |context| {
            for (turn, (shape, axis)) in shapes.iter().flat_map(|s| (0..s.len()).map(move |axis| (s, axis))).enumerate()
            {
                for (k, layout) in ranks::layouts(shape, context.size()).into_iter().enumerate() {
                    let dtype = FLOATS[(turn + k) % 4];
                    let space = Space::new(context, dtype, shape, layout, None).unwrap();
                    let host = space.with_memory(Memory::Host).unwrap();
                    let both = (along(&space, axis), along(&host, axis));
                    assert_eq!(both.0.len(), both.1.len(), "{space}");
                    for (there, here) in both.0.into_iter().zip(both.1) {
                        for (mode, beta) in Mode::ALL.into_iter().zip([0.5, 0.0, 0.0, -1.0]) {
                            let (from, to) = there.spaces(mode);
                            let ((a, x), (b, y)) = (pair(from, 5), pair(to, 6));
                            let (alpha, beta) = (Scalar::real(-1.5), Scalar::real(beta));
                            here.apply_scaled(mode, alpha, &a, beta, &b).unwrap();
                            there.apply_scaled(mode, alpha, &x, beta, &y).unwrap();
                            let what = format!("{mode:?} of {}", there.describe());
                            // What is added up may be this much larger than the sum.
                            let scaled = |v: &Array| vectors::read(v).iter().map(|v| v / 20.0).collect::<Vec<_>>();
                            close(&scaled(&y), &scaled(&b), dtype, &what);
                        }
                    }
                }
            }
        });
    }
}

#[test]
fn blocks_have_one_memory() {
    if !available() {
        return;
    }
    on_device_ranks(3, |context| {
        let space = Space::new(&context.local(), DType::Float64, &[2], Layout::replicated(1), None).unwrap();
        let there = identity(&space, &space).unwrap();
        let host = space.with_memory(Memory::Host).unwrap();
        let here = identity(&host, &host).unwrap();
        let blocks = |own: &[Operator]| block_diag(context, own, None);
        let own = if context.rank() == 1 { vec![] } else { vec![there.clone()] };
        assert_eq!(blocks(&own).unwrap().domain().memory(), Memory::Cuda);
        assert_eq!(vstack(context, &own, None).unwrap().domain().memory(), Memory::Cuda);
        assert_eq!(blocks(std::slice::from_ref(&here)).unwrap().range().memory(), Memory::Host);
        let error = blocks(&[if context.rank() == 2 { here } else { there }]).err().unwrap();
        assert_eq!(error.status, Status::Space, "{error}");
        assert!(error.message.contains("rank 2"), "{error}");
    });
}

#[test]
fn model_and_data_on_different_sides() {
    if !available() {
        return;
    }
    for size in [1, 3] {
        on_device_ranks(size, |context| {
            let space = Space::new(context, DType::Float64, &[11, 6], Layout::cut(0, context.size()), None).unwrap();
            let host = space.with_memory(Memory::Host).unwrap();
            let (there, here) = (laplacian(&space, &Laplacian::default()), laplacian(&host, &Laplacian::default()));
            let (there, here) = (there.unwrap(), here.unwrap());
            for (domain, range) in
                [(Memory::Host, Memory::Host), (Memory::Cuda, Memory::Host), (Memory::Host, Memory::Cuda)]
            {
                for (inner, what) in [(&there, "on the device"), (&here, "on the host")] {
                    let a = moved(inner, domain, range).unwrap();
                    for (mode, beta) in Mode::ALL.into_iter().zip([0.0, 0.5, 1.0, 0.0]) {
                        let (from, to) = a.spaces(mode);
                        let ((x, _), (y, _)) = (pair(&space, 5), pair(&space, 6));
                        let (u, v) = (Array::new(from).unwrap(), Array::new(to).unwrap());
                        verbs::copy(&x, &u).unwrap();
                        verbs::copy(&y, &v).unwrap();
                        a.apply_scaled(mode, Scalar::real(2.0), &u, Scalar::real(beta), &v).unwrap();
                        here.apply_scaled(mode, Scalar::real(2.0), &x, Scalar::real(beta), &y).unwrap();
                        close(&vectors::read(&v), &vectors::read(&y), DType::Float64, what);
                    }
                }
            }
            let a = moved(&there, Memory::Cuda, Memory::Host).unwrap();
            let solver = Solver::new(Method::Cgls, &a).unwrap();
            let (b, x) = (pair(a.range(), 3).0, Array::new(a.domain()).unwrap());
            let plain = Solver::new(Method::Cgls, &here).unwrap();
            for solver in [&solver, &plain] {
                solver
                    .change(|o| {
                        o.max_iterations = 5;
                        Ok(())
                    })
                    .unwrap();
            }
            solver.solve(&b, &x).unwrap();
            let wanted = Array::new(&host).unwrap();
            plain.solve(&b, &wanted).unwrap();
            close(&vectors::read(&x), &vectors::read(&wanted), DType::Float64, "CGLS");
        });
    }
}

#[test]
fn misuse_is_refused() {
    if !available() {
        return;
    }
    on_device_ranks(1, |context| {
        let space = Space::new(context, DType::Float64, &[4], Layout::cut(0, 1), None).unwrap();
        let mut memory = [0.0f64; 4];
        // SAFETY: refused.
        let wrapped = unsafe { Array::wrap(&space, memory.as_mut_ptr().cast(), None) };
        assert_eq!(wrapped.err().unwrap().status, Status::Argument);
        let x = Array::new(&space).unwrap();
        assert_eq!(x.local().err().unwrap().status, Status::Unsupported);
        let host = Array::new(&space.with_memory(Memory::Host).unwrap()).unwrap();
        assert!(verbs::axpy(Scalar::ONE, &x, &host).is_err());
    });
}
