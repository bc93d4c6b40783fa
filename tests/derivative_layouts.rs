//! Derivatives on 1 to 4 ranks in every layout are those of one rank, to the last bit: each test starts this program
//! again as its ranks.
#![cfg(feature = "mpi")]

use dlops::arrays::random::{self, Distribution};
use dlops::arrays::{Array, Space};
use dlops::comm::mpi as over;
use dlops::context::{Context, ContextOptions};
use dlops::dtype::{DType, Scalar};
use dlops::error::{Result, Status};
use dlops::layout::{ceiling_split, GridDimension, IndexBox, Layout, Partition, Role};
use dlops::operators::basic::redistribution;
use dlops::operators::derivative::*;
use dlops::operators::dot_test::dot_test;
use dlops::operators::{Mode, Operator};
use launch::Launch;
use num_complex::Complex64;

mod counting;
mod launch;
mod memory;
mod vectors;

fn on_ranks(program: &str, counts: std::ops::RangeInclusive<usize>) {
    Launch::default().run(program, counts);
}

#[test]
fn every_layout_gives_the_numbers_of_one_rank() {
    on_ranks("layouts", 1..=4);
}

#[test]
fn long_interiors_overlap_messages() {
    on_ranks("large", 2..=2);
}

#[test]
fn errors_are_the_same_on_all_ranks() {
    on_ranks("errors", 2..=4);
}

/// One rank of a program; nothing when the tests are run without mpirun.
#[test]
fn rank() {
    launch::run_rank(|program| {
        launch::with_mpi(|| {
            let options = ContextOptions { threads: if program == "large" { 2 } else { 1 }, ..memory::options() };
            let context = Context::new(over::world().unwrap(), options).unwrap();
            match program {
                "layouts" => layouts_program(&context),
                "large" => large(&context),
                "errors" => errors(&context),
                other => panic!("no program {other}"),
            }
        })
    });
}

fn cut(ranks: usize, axis: usize, partition: Partition) -> GridDimension {
    GridDimension { ranks, role: Role::Cut { axis, partition } }
}

/// Everything on `part`.
fn all_on(part: usize, parts: usize, n: i64) -> Partition {
    Partition::Extents((0..parts).map(|p| if p == part { n } else { 0 }).collect())
}

/// One index on each part but the last.
fn thin(parts: usize, n: i64) -> Partition {
    let ones = (parts as i64 - 1).min(n);
    Partition::Extents(
        (0..parts as i64).map(|p| if p + 1 == parts as i64 { n - ones } else { i64::from(p < ones) }).collect(),
    )
}

/// The lower half of axis 0 on rank 0, the rest in columns on the others, the last first.
fn boxes(shape: &[i64], ranks: usize) -> Layout {
    let (half, last) = (if ranks == 1 { shape[0] } else { shape[0] / 2 }, shape.len() - 1);
    let one = |rank: usize| {
        let (mut lower, mut upper) = (vec![0; shape.len()], shape.to_vec());
        if rank == 0 {
            upper[0] = half;
            return IndexBox { lower, upper };
        }
        lower[0] = half;
        let (from, n) = if last == 0 { (half, shape[0] - half) } else { (0, shape[last]) };
        let (start, len) = ceiling_split(n, ranks as i64 - 1, (ranks - 1 - rank) as i64);
        (lower[last], upper[last]) = (from + start, from + start + len);
        IndexBox { lower, upper }
    };
    Layout::Boxes((0..ranks).map(one).collect())
}

fn layouts(shape: &[i64], ranks: usize) -> Vec<Layout> {
    let mut all = vec![Layout::replicated(ranks), boxes(shape, ranks)];
    for (axis, &n) in shape.iter().enumerate() {
        for partition in [
            Partition::Balanced,
            Partition::Ceiling,
            all_on(ranks - 1, ranks, n),
            thin(ranks, n),
            Partition::Cyclic { block: 2, first: 0 },
        ] {
            all.push(Layout::Grid(vec![cut(ranks, axis, partition)]));
        }
    }
    for p in (2..ranks).filter(|p| ranks.is_multiple_of(*p)) {
        let replicate = GridDimension { ranks: p, role: Role::Replicate };
        all.push(Layout::Grid(vec![replicate, cut(ranks / p, 0, Partition::Balanced)]));
        for b in 1..shape.len() {
            all.push(Layout::Grid(vec![cut(p, 0, Partition::Balanced), cut(ranks / p, b, Partition::Ceiling)]));
            all.push(Layout::Grid(vec![cut(p, b, thin(p, shape[b])), cut(ranks / p, 0, Partition::Balanced)]));
            all.push(Layout::Grid(vec![
                cut(p, 0, Partition::Cyclic { block: 1, first: 0 }),
                cut(ranks / p, b, Partition::Balanced),
            ]));
        }
    }
    all
}

type Make = Box<dyn Fn(&Space) -> Result<Operator>>;

fn operators(axes: usize) -> Vec<Make> {
    let mut all: Vec<Make> = Vec::new();
    for axis in 0..axes {
        for (kind, order, edge) in [
            (Kind::Centered, 3, false),
            (Kind::Centered, 5, true),
            (Kind::Forward, 3, false),
            (Kind::Backward, 3, false),
        ] {
            all.push(Box::new(move |s| {
                first_derivative(s, axis, &FirstDerivative { kind, order, edge, sampling: 0.7 })
            }));
            all.push(Box::new(move |s| second_derivative(s, axis, &SecondDerivative { kind, edge, sampling: 0.7 })));
        }
    }
    all.push(Box::new(|s| laplacian(s, &Laplacian { edge: true, ..Default::default() })));
    let (weights, sampling) = (vec![1.0, -2.5, 0.3][..axes].to_vec(), vec![0.5, 1.5, 0.1][..axes].to_vec());
    let gradient_of = Gradient { kind: Kind::Centered, order: 5, edge: true, sampling: sampling.clone() };
    let axes = (0..axes).rev().collect();
    let general = Laplacian { axes, weights, sampling, kind: Kind::Forward, edge: false };
    all.push(Box::new(move |s| laplacian(s, &general)));
    all.push(Box::new(move |s| gradient(s, &gradient_of)));
    all.push(Box::new(|s| gradient(s, &Gradient { kind: Kind::Backward, ..Default::default() })));
    all
}

/// This rank's part of values of the whole array, which may have components.
fn part(whole: &[Complex64], space: &Space) -> Vec<Complex64> {
    if space.is_product() {
        let each = whole.chunks(whole.len() / space.components().len());
        return each.zip(space.components()).flat_map(|(w, s)| part(w, s)).collect();
    }
    let (shape, region) = (space.shape().unwrap(), space.region().unwrap());
    let mut places = vec![0i64];
    for (set, n) in region.axes.iter().zip(shape) {
        let indices: Vec<i64> = set.intervals().iter().flat_map(|i| i.start..i.end()).collect();
        places = places.iter().flat_map(|p| indices.iter().map(move |i| p * n + i)).collect();
    }
    places.into_iter().map(|p| whole[p as usize]).collect()
}

fn same_bits(a: &[Complex64], b: &[Complex64]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| a.re.to_bits() == b.re.to_bits() && a.im.to_bits() == b.im.to_bits())
}

fn first_difference(a: &[Complex64], b: &[Complex64]) -> String {
    let differ = |k: &usize| !same_bits(&a[*k..=*k], &b[*k..=*k]);
    let found: Vec<usize> = (0..a.len().min(b.len())).filter(differ).collect();
    let first =
        found.first().map_or(String::new(), |&k| format!(", first element {k}: {:?}, expected {:?}", a[k], b[k]));
    format!("{} of {} elements (expected {}) differ{first}", found.len(), a.len(), b.len())
}

/// y := alpha op(A) x + beta y with random x and y, which depend on global indices only.
fn result(operator: &Operator, mode: Mode, alpha: Scalar, beta: Scalar, strided: bool) -> Vec<Complex64> {
    let (from, to) = operator.spaces(mode);
    let padded = strided.then(|| (vectors::Padded::new(from).unwrap(), vectors::Padded::new(to).unwrap()));
    let (x, y) = match &padded {
        Some((x, y)) => (x.array.clone(), y.array.clone()),
        None => (Array::new(from).unwrap(), Array::new(to).unwrap()),
    };
    random::fill(&x, Distribution::Normal, 7, 0).unwrap();
    random::fill(&y, Distribution::Normal, 7, 1 << 40).unwrap();
    operator.apply_scaled(mode, alpha, &x, beta, &y).unwrap();
    if let Some((x, y)) = &padded {
        let (x, y) = (x.written(), y.written());
        assert!(
            x.is_empty() && y.is_empty(),
            "padding {x:?} of x, {y:?} of y was written: {mode:?} {}",
            operator.describe()
        );
    }
    vectors::read(&y)
}

/// How an operator is applied: mode, alpha, beta, and whether on padded arrays.
fn applications(dtype: DType) -> [(Mode, Scalar, Scalar, bool); 4] {
    let complex = if dtype.is_complex() { 1.0 } else { 0.0 };
    let (alpha, beta) = (Scalar::complex(-1.5, 0.5 * complex), Scalar::complex(0.3, -2.0 * complex));
    [
        (Mode::Forward, Scalar::ONE, Scalar::ZERO, false),
        (Mode::Forward, alpha, beta, true),
        (Mode::Adjoint, Scalar::ONE, Scalar::ZERO, false),
        (Mode::Adjoint, alpha, beta, true),
    ]
}

/// What each operator gives on one rank, by `applications`.
fn whole(solo: &Context, dtype: DType, shape: &[i64], makes: &[Make]) -> Vec<Vec<Vec<Complex64>>> {
    let one = Space::new(solo, dtype, shape, Layout::cut(0, 1), None).unwrap();
    let of = |make: &Make| {
        let operator = make(&one).unwrap();
        applications(dtype).map(|(mode, alpha, beta, _)| result(&operator, mode, alpha, beta, false)).to_vec()
    };
    makes.iter().map(of).collect()
}

fn compare(
    context: &Context,
    dtype: DType,
    shape: &[i64],
    layout: &Layout,
    makes: &[Make],
    whole: &[Vec<Vec<Complex64>>],
) {
    let space = Space::new(context, dtype, shape, layout.clone(), None).unwrap();
    for (make, whole) in makes.iter().zip(whole) {
        let operator = make(&space).unwrap();
        for ((mode, alpha, beta, strided), whole) in applications(dtype).into_iter().zip(whole) {
            let expected = part(whole, operator.spaces(mode).1);
            let found = result(&operator, mode, alpha, beta, strided);
            assert!(
                same_bits(&found, &expected),
                "rank {}: {mode:?} strided {strided}: {}\n{}",
                context.rank(),
                first_difference(&found, &expected),
                operator.describe()
            );
        }
        if dtype == DType::Complex128 {
            let test = dot_test(&operator, 11, 0.0).unwrap();
            assert!(test.passed, "{test:?} {}", operator.describe());
        }
    }
}

fn layouts_program(context: &Context) {
    let solo = Context::solo(memory::options()).unwrap();
    for shape in [&[13i64][..], &[9, 7], &[4, 6, 5], &[2, 1]] {
        for (number, dtype) in
            [DType::Complex128, DType::Float32, DType::Float64, DType::Complex64].into_iter().enumerate()
        {
            let makes = operators(shape.len());
            let whole = whole(&solo, dtype, shape, &makes);
            for (k, layout) in layouts(shape, context.size()).iter().enumerate() {
                // All layouts in one dtype, every third in the others, and on a device in all.
                if number == 0 && memory::device().is_none() || (k + number) % 3 == 0 {
                    compare(context, dtype, shape, layout, &makes, &whole);
                }
            }
        }
    }
    congruent_arrays(context, &solo);
    if memory::device().is_none() {
        nothing_is_allocated(context);
    }
    redistribution_is_unitary(context);
}

/// A 3-D operator takes arrays of the flat or 2-D spaces that hold the same elements.
fn congruent_arrays(context: &Context, solo: &Context) {
    let ranks = context.size();
    let (shape, flat) = ([3i64, 7, 4], [3i64, 28]);
    let extents: Vec<i64> = (0..ranks).map(|r| Partition::Balanced.set(7, ranks, r).len()).collect();
    let space = Space::new(context, DType::Float64, &shape, Layout::cut(1, ranks), None).unwrap();
    let wide = Partition::Extents(extents.iter().map(|e| 4 * e).collect());
    let other = Space::new(context, DType::Float64, &flat, Layout::Grid(vec![cut(ranks, 1, wide)]), None).unwrap();
    let one = Space::new(solo, DType::Float64, &shape, Layout::cut(0, 1), None).unwrap();
    for axis in 0..3 {
        let operator = first_derivative(&space, axis, &FirstDerivative::default()).unwrap();
        let (x, y) = (Array::new(&other).unwrap(), Array::new(&other).unwrap());
        random::fill(&x, Distribution::Normal, 7, 0).unwrap();
        operator.apply(Mode::Forward, &x, &y).unwrap();
        let whole = first_derivative(&one, axis, &FirstDerivative::default()).unwrap();
        let expected = part(&result(&whole, Mode::Forward, Scalar::ONE, Scalar::ZERO, false), &space);
        assert!(same_bits(&vectors::read(&y), &expected), "axis {axis}");
    }
}

fn nothing_is_allocated(context: &Context) {
    for layout in [Layout::cut(1, context.size()), boxes(&[9, 7], context.size())] {
        let space = Space::new(context, DType::Float32, &[9, 7], layout, None).unwrap();
        for make in operators(2) {
            let operator = make(&space).unwrap();
            for mode in [Mode::Forward, Mode::Adjoint] {
                let (from, to) = operator.spaces(mode);
                let (x, y) = (Array::new(from).unwrap(), Array::new(to).unwrap());
                random::fill(&x, Distribution::Normal, 7, 0).unwrap();
                random::fill(&y, Distribution::Normal, 7, 0).unwrap();
                operator.apply(mode, &x, &y).unwrap();
                let made = counting::allocations(|| {
                    operator.apply_scaled(mode, Scalar::real(2.0), &x, Scalar::real(0.5), &y).unwrap();
                });
                assert_eq!(made, 0, "{mode:?} of {}", operator.describe());
            }
        }
    }
}

fn redistribution_is_unitary(context: &Context) {
    let shape = [9, 7];
    let ranks = context.size();
    // On a device, every third pair.
    let every = if memory::device().is_none() { 1 } else { 3 };
    for (k, from) in layouts(&shape, ranks).into_iter().enumerate() {
        for to in layouts(&shape, ranks).into_iter().skip(k % every).step_by(every) {
            let space = |layout: &Layout| Space::new(context, DType::Complex64, &shape, layout.clone(), None).unwrap();
            let (from, to) = (space(&from), space(&to));
            let operator = redistribution(&from, &to).unwrap();
            let (x, y, z) = (Array::new(&from).unwrap(), Array::new(&to).unwrap(), Array::new(&to).unwrap());
            let back = Array::new(&from).unwrap();
            random::fill(&x, Distribution::Normal, 7, 0).unwrap();
            random::fill(&z, Distribution::Normal, 7, 0).unwrap();
            operator.apply(Mode::Forward, &x, &y).unwrap();
            assert!(same_bits(&vectors::read(&y), &vectors::read(&z)), "{}", operator.describe());
            operator.apply(Mode::Adjoint, &y, &back).unwrap();
            assert!(same_bits(&vectors::read(&back), &vectors::read(&x)), "{}", operator.describe());
        }
    }
}

/// Planes and, along the last axis, single elements of another rank; then pieces of rows that are long enough to be
/// computed after the interior.
fn large(context: &Context) {
    let solo = Context::solo(memory::options()).unwrap();
    let plane = if memory::device().is_some() { [70, 60] } else { [700, 600] };
    for (shape, axis) in [(&plane[..], 0), (&plane[..], 1), (&[6, 40, 70][..], 1)] {
        for dtype in [DType::Float32, DType::Complex128] {
            let makes: Vec<Make> = vec![
                Box::new(|s| laplacian(s, &Laplacian::default())),
                Box::new(|s| gradient(s, &Gradient { order: 5, edge: true, ..Default::default() })),
            ];
            let whole = whole(&solo, dtype, shape, &makes);
            compare(context, dtype, shape, &Layout::cut(axis, context.size()), &makes, &whole);
        }
    }
}

fn errors(context: &Context) {
    let (rank, ranks) = (context.rank(), context.size());
    let space = Space::new(context, DType::Float64, &[8, 6], Layout::cut(0, ranks), None).unwrap();
    let axis = if rank + 1 == ranks { 5 } else { 0 };
    let error = first_derivative(&space, axis, &FirstDerivative::default()).err().unwrap();
    assert!(error.status == Status::Axis && error.message.contains("axis is 5"), "{error}");
    let sampling = if rank == 0 { 2.0 } else { 1.0 };
    let error = first_derivative(&space, 0, &FirstDerivative { sampling, ..Default::default() }).err().unwrap();
    assert_eq!(error.status, Status::Collective, "{error}");

    // Two groups: between the last of the first and the first of the second nothing may go.
    let mask: Vec<i32> = (0..ranks).map(|r| i32::from(r >= ranks / 2)).collect();
    let masked = Space::new(context, DType::Float64, &[8, 6], Layout::cut(0, ranks), Some(mask)).unwrap();
    let error = first_derivative(&masked, 0, &FirstDerivative::default()).err().unwrap();
    assert!(error.status == Status::Space && error.message.contains("mask"), "{error}");
    assert_eq!(gradient(&masked, &Gradient::default()).err().unwrap().status, Status::Space);
    let along = first_derivative(&masked, 1, &FirstDerivative::default()).unwrap();
    let (x, y) = (Array::new(&masked).unwrap(), Array::new(&masked).unwrap());
    random::fill(&x, Distribution::Normal, 1, 0).unwrap();
    along.apply(Mode::Forward, &x, &y).unwrap();
}
