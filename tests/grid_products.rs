//! Products of a matrix that is spread over ranks, on every grid of 1 to 8 of them, against sums on one rank: exact, since
//! all numbers are small integers.

mod memory;
mod ranks;
mod vectors;

use dlops::arrays::{Array, Space};
use dlops::context::{Context, ContextOptions};
use dlops::dtype::{DType, Scalar};
use dlops::error::{Result, Status};
use dlops::krylov::{Method, Solver};
use dlops::layout::{GridDimension, Layout, Partition, Role};
use dlops::operators::basic::{distributed_matrix_mult, Algorithm, DistributedMatrix};
use dlops::operators::dot_test::dot_test;
use dlops::operators::{Mode, Operator};
use memory::{device, options};
use num_complex::Complex64;
use ranks::{layouts, local_indices, on_ranks, on_ranks_with};

const FLOATS: [DType; 4] = [DType::Float32, DType::Float64, DType::Complex64, DType::Complex128];

const ALGORITHMS: [Algorithm; 3] = [Algorithm::Automatic, Algorithm::Block, Algorithm::Summa];

/// A small integer for each place of a sequence.
fn number(sequence: i64, place: i64, dtype: DType) -> Complex64 {
    let re = ((place * 7 + sequence * 5 + 3) % 11 - 5) as f64;
    Complex64::new(re, if dtype.is_complex() { ((place * 3 + sequence) % 7 - 3) as f64 } else { 0.0 })
}

fn sequence(sequence: i64, count: i64, dtype: DType) -> Vec<Complex64> {
    (0..count).map(|place| number(sequence, place, dtype)).collect()
}

/// An array that holds the elements of a global sequence.
fn filled(space: &Space, values: &[Complex64]) -> Array {
    let x = Array::new(space).unwrap();
    let local: Vec<Complex64> = local_indices(space).into_iter().map(|i| values[i as usize]).collect();
    vectors::write(&x, &local);
    x
}

/// A grid of `rows` x `columns` ranks that cuts axis 0 into rows, ranks of a row or of a column next to one another.
fn grid(rows: usize, columns: usize, by_rows: bool, partitions: [Partition; 2]) -> Layout {
    let [first, second] = partitions;
    let cut = |ranks, axis, partition| GridDimension { ranks, role: Role::Cut { axis, partition } };
    let (rows, columns) = (cut(rows, 0, first), cut(columns, 1, second));
    Layout::Grid(if by_rows { vec![rows, columns] } else { vec![columns, rows] })
}

/// op(A) x of n x k and as many columns, in C order.
fn product(mode: Mode, a: &[Complex64], [n, k, m]: [i64; 3], x: &[Complex64]) -> Vec<Complex64> {
    let (rows, inner) = if mode.transposed() { (k, n) } else { (n, k) };
    let element = |i: i64, j: i64| {
        let v = a[if mode.transposed() { j * k + i } else { i * k + j } as usize];
        if mode.conjugated() {
            v.conj()
        } else {
            v
        }
    };
    let one = |i: i64, c: i64| (0..inner).map(|j| element(i, j) * x[(j * m + c) as usize]).sum();
    (0..rows).flat_map(|i| (0..m).map(move |c| one(i, c))).collect()
}

/// The transpose of n x m elements in C order.
fn turned(values: &[Complex64], n: i64, m: i64) -> Vec<Complex64> {
    (0..m).flat_map(|j| (0..n).map(move |i| values[(i * m + j) as usize])).collect()
}

/// All modes, with alpha and beta, against sums.
fn check(a: &Operator, matrix: &[Complex64], shape: [i64; 3], axis: usize, what: &str) {
    let [n, k, m] = shape;
    for mode in Mode::ALL {
        let (from, to) = a.spaces(mode);
        let (rows, inner) = if mode.transposed() { (k, n) } else { (n, k) };
        let (input, before) = (sequence(2, inner * m, from.dtype()), sequence(3, rows * m, to.dtype()));
        let mut expected = product(mode, matrix, shape, &input);
        if !to.dtype().is_complex() {
            expected.iter_mut().for_each(|v| v.im = 0.0);
        }
        let ordered = |values: &[Complex64], n: i64| if axis == 1 { turned(values, n, m) } else { values.to_vec() };
        let x = filled(from, &ordered(&input, inner));
        for (alpha, beta) in [(1.0, 0.0), (-2.0, 3.0)] {
            let y = match beta == 0.0 {
                true => filled(to, &vec![Complex64::new(f64::NAN, 0.0); (rows * m) as usize]),
                false => filled(to, &ordered(&before, rows)),
            };
            a.apply_scaled(mode, Scalar::real(alpha), &x, Scalar::real(beta), &y).unwrap();
            let right: Vec<Complex64> = expected.iter().zip(&before).map(|(v, y)| alpha * v + beta * y).collect();
            let right = ordered(&right, rows);
            let right: Vec<Complex64> = local_indices(to).into_iter().map(|i| right[i as usize]).collect();
            let got = vectors::read(&y);
            assert_eq!(got, right, "{what}, {mode:?}, {alpha}, {beta}: {}", a.describe());
        }
    }
}

/// Layouts of a matrix on all grids of the ranks, with cuts that take turns.
fn grids(ranks: usize) -> Vec<Layout> {
    let cuts = [
        Partition::Balanced,
        Partition::Cyclic { block: 2, first: 0 },
        Partition::Ceiling,
        Partition::Cyclic { block: 1, first: 0 },
    ];
    let mut list = Vec::new();
    for rows in (1..=ranks).filter(|p| ranks.is_multiple_of(*p)) {
        for by_rows in [true, false] {
            let cut = |k: usize, parts: usize| match cuts[(list.len() + k) % 4].clone() {
                Partition::Cyclic { block: 1, .. } => Partition::Cyclic { block: 1, first: parts - 1 },
                partition => partition,
            };
            let layout = grid(rows, ranks / rows, by_rows, [cut(0, rows), cut(1, ranks / rows)]);
            list.push(layout);
        }
    }
    list
}

#[test]
fn products_on_every_grid_are_those_of_one_rank() {
    let shapes = [[7, 5, 4], [3, 11, 2], [13, 9, 6], [1, 1, 1], [0, 4, 3], [5, 0, 2], [4, 6, 0]];
    let sizes: &[usize] = if device().is_some() { &[1, 2, 3, 4] } else { &[1, 2, 3, 4, 6, 8] };
    for &size in sizes {
        on_ranks(size, |context| {
            let grids = grids(size);
            let mut turn = 0usize;
            for (of_a, of_x) in (0..grids.len()).flat_map(|a| [(a, a), (a, (a + 3) % grids.len())]) {
                for shape in shapes {
                    turn += 1;
                    // Device arrays are slow here; every fourth case of each kind is enough.
                    if device().is_some() && !turn.is_multiple_of(4) {
                        continue;
                    }
                    let [n, k, m] = shape;
                    let dtype = FLOATS[(turn / 2) % 4];
                    let (axis, transposed) = ((turn / 3) % 2, turn % 5 < 2);
                    let place = |shape: [i64; 2], layout: &Layout, turn: bool| {
                        let (shape, layout) = match turn {
                            true => ([shape[1], shape[0]], of_transpose(layout)),
                            false => (shape, layout.clone()),
                        };
                        Space::new(context, dtype, &shape, layout, None).unwrap()
                    };
                    let domain = place([k, m], &grids[of_x], axis == 1);
                    let values = sequence(1, n * k, dtype);
                    let stored = if transposed { turned(&values, n, k) } else { values.clone() };
                    let matrix = filled(&place([n, k], &grids[of_a], transposed), &stored);
                    let choices = DistributedMatrix {
                        algorithm: ALGORITHMS[turn % 3],
                        transposed,
                        axis,
                        save_adjoint: turn % 4 > 1,
                        panel: [0, 2, 3][turn % 3],
                        ..Default::default()
                    };
                    let a = distributed_matrix_mult(&domain, &matrix, &choices).unwrap();
                    check(&a, &values, shape, axis, &format!("{size} ranks, {domain}, A {}", matrix.space()));
                }
            }
        });
    }
}

fn of_transpose(layout: &Layout) -> Layout {
    let Layout::Grid(grid) = layout else { panic!("a grid") };
    let turn = |d: &GridDimension| match &d.role {
        Role::Cut { axis, partition } => Role::Cut { axis: 1 - axis, partition: partition.clone() },
        Role::Replicate => Role::Replicate,
    };
    Layout::Grid(grid.iter().map(|d| GridDimension { ranks: d.ranks, role: turn(d) }).collect())
}

/// Replicated arrays, boxes and grids that replicate, for A, X and Y; and vectors of one axis.
#[test]
fn any_layout_is_accepted() {
    for size in [2, 4] {
        on_ranks(size, |context| {
            let (shape, dtype) = ([6, 5, 3], DType::Complex128);
            let [n, k, m] = shape;
            let values = sequence(1, n * k, dtype);
            let (of_a, of_x, of_y) = (layouts(&[n, k], size), layouts(&[k, m], size), layouts(&[n, m], size));
            for (turn, layout) in of_a.iter().enumerate().step_by(if device().is_some() { 3 } else { 1 }) {
                let space = |shape: &[i64], layout: &Layout| Space::new(context, dtype, shape, layout.clone(), None);
                let matrix = filled(&space(&[n, k], layout).unwrap(), &values);
                let domain = space(&[k, m], &of_x[(2 * turn + 1) % of_x.len()]).unwrap();
                let range = Some(space(&[n, m], &of_y[(5 * turn + 2) % of_y.len()]).unwrap());
                let (algorithm, save_adjoint) = (ALGORITHMS[turn % 3], turn % 2 == 0);
                let choices = DistributedMatrix { algorithm, save_adjoint, range, ..Default::default() };
                let a = distributed_matrix_mult(&domain, &matrix, &choices).unwrap();
                check(&a, &values, shape, 0, "any layout");
                let vector = space(&[k], &layouts(&[k], size)[turn % 6]).unwrap();
                let choices = DistributedMatrix { save_adjoint, ..Default::default() };
                let a = distributed_matrix_mult(&vector, &matrix, &choices).unwrap();
                assert!(a.range().shape() == Some(&[n]) && !a.range().is_replicated() || vector.is_replicated());
                check(&a, &values, [n, k, 1], 0, "a vector");
                let found = dot_test(&a, 1, 0.0).unwrap();
                assert!(found.passed, "{found:?}");
            }
        });
    }
}

/// A complex matrix on real vectors, and a real one on complex vectors.
#[test]
fn real_and_complex_meet() {
    on_ranks(4, |context| {
        let shape = [5, 6, 3];
        let [n, k, m] = shape;
        let layout = grid(2, 2, true, [Partition::Balanced, Partition::Balanced]);
        for (of_a, of_x) in [(DType::Complex64, DType::Float32), (DType::Float64, DType::Complex128)] {
            let values = sequence(1, n * k, of_a);
            let space = |dtype, shape: [i64; 2]| Space::new(context, dtype, &shape, layout.clone(), None).unwrap();
            let (matrix, domain) = (filled(&space(of_a, [n, k]), &values), space(of_x, [k, m]));
            let a = distributed_matrix_mult(&domain, &matrix, &DistributedMatrix::default()).unwrap();
            assert!(a.range().dtype() == of_a.promote(of_x) && a.domain().dtype() == of_x);
            check(&a, &values, shape, 0, "real and complex");
            assert!(dot_test(&a, 3, 0.0).unwrap().passed);
        }
    });
}

/// What each rank sends, in messages and bytes, in an apply and in one of the adjoint.
#[test]
fn messages_are_those_of_the_panels() {
    let (n, k, m) = (16, 16, 8);
    let balanced = || [Partition::Balanced, Partition::Balanced];
    // Ranks, rows of the grid; messages and bytes: with 4 indices in a panel, A's panels go to the others of the row, and
    // X's go down the column, all but the last time.
    for (size, rows, algorithm, wanted) in [
        // 2 own panels of A of 8 x 4, to 1 other; 4 panels of X of 4 x 4, half of them sent on.
        (4, 2, Algorithm::Summa, (2 + 2, 8 * (2 * 8 * 4 + 2 * 4 * 4))),
        // 1 own panel of A of 8 x 4, to 3 others; 4 panels of X of 4 x 2, half of them sent on.
        (8, 2, Algorithm::Summa, (3 + 2, 8 * (3 * 8 * 4 + 2 * 4 * 2))),
        // 4 panels of X of 4 x 8, three of four sent on.
        (4, 4, Algorithm::Block, (3, 8 * 3 * 4 * 8)),
        // 8 panels of X of 2 x 8, seven of them sent on.
        (8, 8, Algorithm::Block, (7, 8 * 7 * 2 * 8)),
    ] {
        if device().is_some() && size > 4 {
            continue;
        }
        on_ranks(size, |context| {
            let layout = grid(rows, size / rows, true, balanced());
            let space = |shape: [i64; 2]| Space::new(context, DType::Float64, &shape, layout.clone(), None).unwrap();
            let matrix = filled(&space([n, k]), &sequence(1, n * k, DType::Float64));
            for save_adjoint in [false, true] {
                let choices = DistributedMatrix { algorithm, save_adjoint, panel: 4, ..Default::default() };
                let a = distributed_matrix_mult(&space([k, m]), &matrix, &choices).unwrap();
                let (x, y) = (Array::new(a.domain()).unwrap(), Array::new(a.range()).unwrap());
                vectors::write(&x, &vec![Complex64::ONE; x.local_count() as usize]);
                for mode in [Mode::Forward, Mode::Adjoint] {
                    let (from, to) = if mode.transposed() { (&y, &x) } else { (&x, &y) };
                    let before = context.comm().traffic().read();
                    a.apply(mode, from, to).unwrap();
                    let after = context.comm().traffic().read();
                    let sent = (after.0 - before.0, after.1 - before.1);
                    assert_eq!(sent, wanted, "{size} ranks, {mode:?}, saved {save_adjoint}: {}", a.describe());
                }
            }
        });
    }
}

/// CGLS on a tall matrix and CG on a definite one find what was multiplied: no vector is replicated, so that dots are right.
#[test]
fn solvers_find_the_solution() {
    on_ranks(4, |context| {
        let balanced = || [Partition::Balanced, Partition::Balanced];
        for (rows, m) in [(2, 3), (4, 1)] {
            let layout = grid(rows, 4 / rows, true, balanced());
            for method in [Method::Cg, Method::Cgls] {
                let (n, k) = if method == Method::Cg { (9, 9) } else { (14, 9) };
                let space =
                    |shape: [i64; 2]| Space::new(context, DType::Float64, &shape, layout.clone(), None).unwrap();
                // 1 / (1 + |i - j|), and 3 more on the diagonal.
                let element = |i: i64, j: i64| 1.0 / (1 + (i - j).abs()) as f64 + if i == j { 3.0 } else { 0.0 };
                let values = (0..n * k).map(|p| Complex64::new(element(p / k, p % k), 0.0)).collect::<Vec<_>>();
                let matrix = filled(&space([n, k]), &values);
                let a = distributed_matrix_mult(&space([k, m]), &matrix, &DistributedMatrix::default()).unwrap();
                let truth = sequence(4, k * m, DType::Float64);
                let (b, x) = (Array::new(a.range()).unwrap(), Array::new(a.domain()).unwrap());
                a.apply(Mode::Forward, &filled(a.domain(), &truth), &b).unwrap();
                let solver = Solver::new(method, &a).unwrap();
                solver.change(|o| o.set("rtol", "1e-13")).unwrap();
                solver.solve(&b, &x).unwrap();
                for (got, i) in vectors::read(&x).into_iter().zip(local_indices(a.domain())) {
                    assert!((got - truth[i as usize]).norm() < 1e-8, "{method:?}: {got} at {i}");
                }
            }
        }
    });
}

/// The status and the text, which are the same on all ranks.
fn refused(context: &Context, made: Result<Operator>) -> (Status, String) {
    let error = made.err().expect("an error");
    context.agree_on(Ok(()), &format!("{:?} {}", error.status, error.message)).expect("the same error on all ranks");
    (error.status, error.message)
}

#[test]
fn bad_arguments_are_refused_on_all_ranks() {
    on_ranks_with(4, ContextOptions { check_level: 1, ..options() }, |context| {
        let last = context.rank() == 3;
        let space = |dtype, shape: &[i64], layout| Space::new(context, dtype, shape, layout, None).unwrap();
        let f64s = |shape: &[i64]| space(DType::Float64, shape, Layout::cut(0, 4));
        let (right, wrong) = (f64s(&[6, 5]), f64s(&[6, 4]));
        let make = |domain: &Space, matrix: &Space, choices: &DistributedMatrix| {
            refused(context, distributed_matrix_mult(domain, &Array::new(matrix).unwrap(), choices))
        };
        let domain = f64s(&[5, 3]);
        let default = DistributedMatrix::default;
        let (status, text) = make(&domain, if last { &wrong } else { &right }, &default());
        assert!(status == Status::Collective, "{text}");
        let (status, text) = make(&domain, &wrong, &default());
        assert!(status == Status::Shape && text.contains("4 columns") && text.contains("5 elements"), "{text}");
        assert_eq!(make(&domain, &right, &DistributedMatrix { panel: -1, ..default() }).0, Status::Argument);
        assert_eq!(make(&domain, &right, &DistributedMatrix { axis: 2, ..default() }).0, Status::Axis);
        let float32 = space(DType::Float32, &[6, 5], Layout::cut(0, 4));
        assert_eq!(make(&domain, &float32, &default()).0, Status::DType);
        assert_eq!(make(&domain, &f64s(&[30]), &default()).0, Status::Shape);
        assert_eq!(make(&f64s(&[5, 3, 2]), &right, &default()).0, Status::Shape);
        assert_eq!(
            make(&domain, &right, &DistributedMatrix { range: Some(f64s(&[5, 3])), ..default() }).0,
            Status::Shape
        );
        let boxed = space(DType::Float64, &[6, 5], layouts(&[6, 5], 4).pop().unwrap());
        let (status, text) = make(&domain, &boxed, &DistributedMatrix { borrow: true, ..default() });
        assert!(status == Status::Layout && text.contains("borrowed"), "{text}");
        let vector = DistributedMatrix { algorithm: Algorithm::Summa, ..default() };
        assert_eq!(make(&f64s(&[5]), &right, &vector).0, Status::Shape);
        let masked = Space::new(context, DType::Float64, &[5, 3], Layout::cut(0, 4), Some(vec![0, 0, 1, 1])).unwrap();
        let (status, text) = make(&masked, &right, &default());
        assert!(status == Status::Space && text.contains("mask"), "{text}");
        // What is borrowed is read where it is, also later.
        let matrix = filled(&right, &sequence(1, 30, DType::Float64));
        let a = distributed_matrix_mult(&domain, &matrix, &DistributedMatrix { borrow: true, ..default() }).unwrap();
        let other = sequence(5, 30, DType::Float64);
        let local: Vec<Complex64> = local_indices(&right).into_iter().map(|i| other[i as usize]).collect();
        vectors::write(&matrix, &local);
        check(&a, &other, [6, 5, 3], 0, "borrowed");
    });
}
