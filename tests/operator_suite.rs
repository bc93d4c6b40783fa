//! The one suite that every operator passes: in every layout, dtype and mode, with alpha and beta, in memory of its own,
//! in padded rows and in parts of longer arrays, under masks and on groups of ranks, on 1 to 4 ranks, it is the matrix
//! that it is on one rank, passes the dot test and allocates nothing.
//!
//! Every constructor under `src/operators` that gives an operator stands in `cases.rs`; one that does not fails here.
//! With `DLOPS_TEST_MEMORY=cuda`, all of it runs on arrays in device memory, but for the count of allocations; operators
//! without a device half are named at the end of each test, and `HOST_ONLY` lists those that may be.
//!
//! Not every combination runs: layouts, modes, scalars and kinds of memory take turns, so that each of them meets every
//! operator, and all layouts run in one dtype.

#[path = "operator_suite/arguments.rs"]
mod arguments;
#[path = "operator_suite/cases.rs"]
mod cases;
mod counting;
#[path = "operator_suite/dense.rs"]
mod dense;
#[cfg(feature = "mpi")]
mod launch;
mod memory;
mod ranks;
mod vectors;

use arguments::{overlapping, Argument, Form};
use cases::{factor, Make, ALLOCATES, CASES, HOST_ONLY, MACHINERY, OF_ALL_RANKS, OF_LOCAL_OPERATORS};
use dense::{places, vector, Matrix};
use dlops::arrays::Space;
use dlops::context::{Context, ContextOptions};
use dlops::dtype::{DType, Scalar};
use dlops::error::{Error, Status};
use dlops::layout::{GridDimension, Layout, Partition, Role};
use dlops::operators::dot_test::dot_test;
use dlops::operators::{Mode, Operator};
use memory::{device, options};
use num_complex::Complex64;
use ranks::{layouts, on_ranks};
use std::collections::BTreeSet;
use std::sync::Mutex;

const SHAPE: [i64; 3] = [6, 5, 4];

/// Shorter than the ranks are many, and than a stencil is wide.
const THIN: [i64; 3] = [2, 1, 3];

/// Operators that said that they work on host arrays only.
static REFUSED: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// Whether the error is that of an operator without a device half, whose name is then kept.
fn is_refusal(name: &'static str, error: &Error) -> bool {
    let refused =
        device().is_some() && error.status == Status::Unsupported && error.message.contains("host arrays only");
    if refused {
        REFUSED.lock().unwrap().insert(name);
    }
    refused
}

/// Names the operators that were left out, and fails for one that is not known to be without a device half.
fn report_refusals() {
    let refused = REFUSED.lock().unwrap().clone();
    if device().is_some() {
        println!("on host arrays only: {refused:?}");
    }
    let unknown: Vec<_> = refused.iter().filter(|name| !HOST_ONLY.contains(name)).collect();
    assert!(unknown.is_empty(), "{unknown:?} work on host arrays only, and HOST_ONLY does not say so");
}

/// A factor that the operator can be applied with.
fn factor_of(a: &Operator, from: &Space) -> Scalar {
    match a.is_complex_linear() {
        true => factor(from),
        false => Scalar::real(factor(from).re),
    }
}

/// `turn` chooses the kinds of memory and the scalars.
fn check(name: &'static str, a: &Operator, matrix: &Matrix, turn: usize) {
    for (m, mode) in Mode::ALL.into_iter().enumerate() {
        let (from, to) = a.spaces(mode);
        let (input, before) = (vector(from, 1), vector(to, 2));
        let mut product = matrix.apply(mode, &input);
        // A real-linear operator gives the real parts of what its matrix gives, where its vectors are real.
        if !to.dtype().is_complex() {
            product.iter_mut().for_each(|v| v.im = 0.0);
        }
        let local = |values: &[Complex64], space| places(space).into_iter().map(|p| values[p]).collect::<Vec<_>>();
        for (s, (alpha, beta)) in
            [(Scalar::ONE, Scalar::ZERO), (factor_of(a, from), Scalar::real(-0.75))].into_iter().enumerate()
        {
            let form = |k: usize| Form::ALL[(turn + m + s + k) % 3];
            let forms = (form(0), form((turn / 3 + s) % 3));
            let (x, y) = (Argument::new(from, forms.0), Argument::new(to, forms.1));
            vectors::write(&x.array, &local(&input, from));
            match beta.is_zero() {
                // Never read: what is there must not matter.
                true => vectors::write(&y.array, &vec![Complex64::new(f64::NAN, 0.0); to.local_count() as usize]),
                false => vectors::write(&y.array, &local(&before, to)),
            }
            match a.apply_scaled(mode, alpha, &x.array, beta, &y.array) {
                Err(error) if is_refusal(name, &error) => continue,
                done => done.unwrap(),
            }
            let what = format!("{name} {mode:?}, {alpha:?}, {beta:?}, x and y in {forms:?}, from {from} to {to}");
            let (alpha, beta) = (Complex64::new(alpha.re, alpha.im), Complex64::new(beta.re, beta.im));
            let right: Vec<Complex64> = product.iter().zip(&before).map(|(p, y)| alpha * p + beta * y).collect();
            let scale = right.iter().map(|v| v.norm()).fold(1.0, f64::max);
            for (got, right) in vectors::read(&y.array).iter().zip(local(&right, to)) {
                let close = (got - right).norm() <= 200.0 * from.dtype().epsilon() * scale;
                assert!(close, "{what}: {got} instead of {right}\n{:?}", vectors::read(&y.array));
            }
            assert_eq!(vectors::read(&x.array), local(&input, from), "{what}: x was written");
            x.check_surroundings(&what);
            y.check_surroundings(&what);
        }
    }
}

fn check_dot(name: &'static str, a: &Operator) {
    for seed in 0..3 {
        let found = match dot_test(a, seed, 0.0) {
            Err(error) if is_refusal(name, &error) => return,
            found => found.unwrap(),
        };
        assert!(found.passed, "{name} on {}: {found:?}", a.domain());
    }
}

/// Makes the operator on a space of every layout, of those that the turn chooses, and checks it.
fn every_layout(
    context: &Context,
    dtype: DType,
    shape: &[i64; 3],
    (name, make): &(&'static str, Make),
    matrix: &Matrix,
    every: usize,
) {
    let (mut built, mut tried) = (0, 0);
    for (k, layout) in layouts(shape, context.size()).into_iter().enumerate().filter(|(k, _)| k % every == 0) {
        tried += 1;
        let space = Space::new(context, dtype, shape, layout, None).unwrap();
        match make(&space) {
            Ok(a) => {
                check(name, &a, matrix, k / every);
                if k % 3 == 0 {
                    check_dot(name, &a);
                }
                built += 1;
            }
            // What cannot be done without a gather says so, on every rank alike.
            Err(error) => assert_eq!(error.status, Status::Layout, "{name} on {space}: {error}"),
        }
    }
    // Layouts that an operator may refuse are few.
    assert!(*shape != SHAPE || 2 * built > tried, "{name}: only {built} layouts on {} ranks", context.size());
}

/// All layouts in one dtype, every third in the others.
fn suite(dtype: DType) {
    let every = if dtype == DType::Complex128 && device().is_none() { 1 } else { 3 };
    for case in CASES {
        for (shape, every) in [(&SHAPE, every), (&THIN, 4 * every)] {
            let matrix = Matrix::of(case.1, dtype, shape);
            for size in 1..=4 {
                on_ranks(size, |context| every_layout(context, dtype, shape, case, &matrix, every));
            }
        }
    }
    for (name, make) in OF_LOCAL_OPERATORS {
        let matrix = Matrix::of(*make, dtype, &SHAPE);
        for size in 1..=4 {
            on_ranks(size, |context| {
                let a = make(&cut(context, dtype, 0, None)).unwrap();
                (0..9).for_each(|turn| check(name, &a, &matrix, turn));
                check_dot(name, &a);
            });
        }
    }
    report_refusals();
}

fn cut(context: &Context, dtype: DType, axis: usize, mask: Option<Vec<i32>>) -> Space {
    Space::new(context, dtype, &SHAPE, Layout::cut(axis, context.size()), mask).unwrap()
}

#[test]
fn every_layout_in_float32() {
    suite(DType::Float32);
}

#[test]
fn every_layout_in_float64() {
    suite(DType::Float64);
}

#[test]
fn every_layout_in_complex64() {
    suite(DType::Complex64);
}

#[test]
fn every_layout_in_complex128() {
    suite(DType::Complex128);
}

/// With a mask, an operator works where no element depends on one of another colour, and is refused where one does.
#[test]
fn masks_part_the_ranks() {
    let dtype = DType::Complex64;
    let grid = |first: usize, second: usize| {
        let cut = |axis: usize| GridDimension { ranks: 2, role: Role::Cut { axis, partition: Partition::Balanced } };
        Layout::Grid(vec![cut(first), cut(second)])
    };
    for (name, make) in CASES {
        let matrix = Matrix::of(*make, dtype, &SHAPE);
        on_ranks(4, |context| {
            let mut outcomes = [0, 0];
            for (turn, mask) in [vec![0, 0, 1, 1], vec![1, 0, 1, 0]].into_iter().enumerate() {
                let cuts = [Layout::cut(0, 4), Layout::cut(2, 4), grid(0, 2), grid(2, 1), grid(1, 0)];
                for layout in cuts.into_iter().chain([Layout::replicated(4)]) {
                    let space = Space::new(context, dtype, &SHAPE, layout, Some(mask.clone())).unwrap();
                    match make(&space) {
                        Ok(a) => {
                            assert!(!matrix.couples(&a, &mask), "{name} on {space} mixes groups");
                            check(name, &a, &matrix, turn);
                            check_dot(name, &a);
                            outcomes[0] += 1;
                        }
                        Err(error) => {
                            assert_eq!(error.status, Status::Space, "{name} on {space}: {error}");
                            assert!(error.message.contains("mask"), "{error}");
                            outcomes[1] += 1;
                        }
                    }
                }
            }
            assert!(outcomes[0] > 0 || OF_ALL_RANKS.contains(name), "{name} works under no mask");
        });
    }
    report_refusals();
}

/// Contexts on groups of ranks, which work at the same time without knowing of one another.
#[test]
fn groups_of_ranks_are_contexts() {
    for case in CASES.iter().chain(OF_LOCAL_OPERATORS) {
        let matrix = Matrix::of(case.1, DType::Float64, &SHAPE);
        on_ranks(4, |context| {
            let group = context.comm().split([3, -1, 3, 3][context.rank()]).unwrap();
            let group = Context::new(group, ContextOptions { check_level: 1, ..options() }).unwrap();
            assert_eq!(group.size(), [3, 1, 3, 3][context.rank()]);
            every_layout(&group, DType::Float64, &SHAPE, case, &matrix, 4);
        });
    }
    report_refusals();
}

/// x and y that share an element are refused before anything is written.
#[test]
fn overlapping_arguments_are_refused() {
    let context = Context::solo(options()).unwrap();
    for (name, make) in CASES.iter().chain(OF_LOCAL_OPERATORS) {
        let a = make(&cut(&context, DType::Float32, 0, None)).unwrap();
        for mode in Mode::ALL {
            let (from, to) = a.spaces(mode);
            let (x, y) = overlapping(from, to);
            // As text: fresh memory may hold NaN.
            let read = || format!("{:?}", vectors::read(&y));
            let before = read();
            let error = a.apply(mode, &x, &y).unwrap_err();
            assert_eq!(error.status, Status::Overlap, "{name}: {error}");
            assert!(error.message.contains("x and y"), "{error}");
            assert!(read() == before, "{name}: y was written");
        }
    }
}

/// The second application and all later ones allocate nothing. On a device nothing is counted.
fn nothing_is_allocated(context: &Context) {
    if device().is_some() {
        return;
    }
    let dtype = DType::Complex64;
    for (name, make) in CASES.iter().chain(OF_LOCAL_OPERATORS) {
        for (k, layout) in layouts(&SHAPE, context.size()).into_iter().enumerate().filter(|(k, _)| k % 5 == 1) {
            let space = Space::new(context, dtype, &SHAPE, layout, None).unwrap();
            let Ok(a) = make(&space) else { continue };
            for (m, mode) in Mode::ALL.into_iter().enumerate() {
                let (from, to) = a.spaces(mode);
                let (x, y) = (Argument::new(from, Form::ALL[k % 3]), Argument::new(to, Form::ALL[(k + m) % 3]));
                vectors::write(&x.array, &vec![Complex64::ONE; from.local_count() as usize]);
                vectors::write(&y.array, &vec![Complex64::ONE; to.local_count() as usize]);
                let apply =
                    || a.apply_scaled(mode, factor_of(&a, from), &x.array, Scalar::real(0.5), &y.array).unwrap();
                apply();
                let made = counting::allocations(|| {
                    apply();
                    apply();
                });
                let allowed = if ALLOCATES.contains(name) { 100 } else { 0 };
                assert!(made <= allowed, "{name} {mode:?} on {space}: {made} allocations");
            }
        }
    }
}

#[test]
fn nothing_is_allocated_on_one_rank() {
    nothing_is_allocated(&Context::solo(options()).unwrap());
}

/// Over MPI, and on a group of its ranks. Threads that play ranks allocate their messages.
#[cfg(feature = "mpi")]
#[test]
fn nothing_is_allocated_over_mpi() {
    launch::Launch::default().run("allocations", 2..=4);
}

/// One rank over MPI; nothing when the tests are run without mpirun.
#[cfg(feature = "mpi")]
#[test]
fn rank() {
    launch::run_rank(|_| {
        launch::with_mpi(|| {
            let context = Context::new(dlops::comm::mpi::world().unwrap(), options()).unwrap();
            nothing_is_allocated(&context);
            let group = context.comm().split((context.rank() % 2) as i32).unwrap();
            nothing_is_allocated(&Context::new(group, options()).unwrap());
        })
    });
}

/// Public functions below `folder` that return an operator, as the first folder and the name.
fn constructors(root: &std::path::Path, folder: &std::path::Path, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            constructors(root, &path, names);
        } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let inner = path.strip_prefix(root).unwrap();
            let group = inner.components().next().filter(|_| inner.components().count() > 1);
            let group = group.map_or(String::new(), |g| format!("{}::", g.as_os_str().to_string_lossy()));
            for part in text.split("\npub fn ").skip(1).chain(text.split("\npub(crate) fn ").skip(1)) {
                let head = part.split(" {").next().unwrap_or("");
                if head.ends_with("-> Result<Operator>") || head.ends_with("-> Operator") {
                    names.push(format!("{group}{}", head.split(['(', '<']).next().unwrap_or("")));
                }
            }
        }
    }
}

#[test]
fn every_constructor_is_registered() {
    // Where the repository is now, which need not be where this was compiled.
    let root = std::env::var("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").into());
    let root = std::path::Path::new(&root).join("src/operators");
    let mut names = Vec::new();
    constructors(&root, &root, &mut names);
    assert!(names.len() > 20, "found only {names:?}");
    let cases: Vec<&str> =
        CASES.iter().chain(OF_LOCAL_OPERATORS).map(|c| c.0).chain(MACHINERY.iter().copied()).collect();
    for name in &names {
        assert!(cases.contains(&name.as_str()), "{name} is an operator that no suite runs: register it in cases.rs");
    }
    for case in cases {
        assert!(names.iter().any(|n| n == case), "{case} is no constructor");
    }
}
