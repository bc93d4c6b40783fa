//! Basic, signal and post-stack operators: PyLops' values on every layout, mode, dtype and stride, on ranks that are
//! threads.

use dlops::arrays::{verbs, Array, Space};
use dlops::comm::threaded::on_ranks;
use dlops::context::{Context, ContextOptions};
use dlops::dtype::{DType, Scalar};
use dlops::error::{Result, Status};
use dlops::layout::{GridDimension, IndexBox, Layout, Partition, Role};
use dlops::operators::avo::{poststack, Wavelet};
use dlops::operators::basic::{diagonal, diagonal_along, identity, matrix_mult, transpose, zero, DenseMatrix};
use dlops::operators::derivative::Kind;
use dlops::operators::dot_test::dot_test;
use dlops::operators::signal::{convolve1d, convolve1d_lines, measures, tapers, wavelets};
use dlops::operators::{Mode, Operator};
use memory::{device, options};
use num_complex::{Complex32, Complex64};
use reference::{cases, complex_sequence, sequence, Case, DATA, DIAGONAL, FILTER, MATRIX, MODEL};
use vectors::Padded;

mod memory;
#[path = "reference/mod.rs"]
mod reference;
mod vectors;

fn cut(ranks: usize, axis: usize, partition: Partition) -> GridDimension {
    GridDimension { ranks, role: Role::Cut { axis, partition } }
}

/// Layouts of every kind, and whether an operator may refuse them where the axes cannot carry its cut.
fn layouts(shape: &[i64], ranks: usize) -> Vec<(Layout, bool)> {
    let mut found = vec![(Layout::replicated(ranks), false)];
    for axis in 0..shape.len() {
        found.push((Layout::cut(axis, ranks), false));
        let mut extents = vec![0; ranks];
        extents[ranks / 2] = shape[axis];
        found.push((Layout::Grid(vec![cut(ranks, axis, Partition::Extents(extents))]), false));
        found.push((Layout::Grid(vec![cut(ranks, axis, Partition::Cyclic { block: 2, first: 0 })]), true));
        let border =
            |r: usize| if r == ranks { shape[axis] } else { (r * r) as i64 * shape[axis] / (ranks * ranks) as i64 };
        let slab = |r: usize| {
            let (mut lower, mut upper) = (vec![0; shape.len()], shape.to_vec());
            (lower[axis], upper[axis]) = (border(r), border(r + 1));
            IndexBox { lower, upper }
        };
        found.push((Layout::Boxes((0..ranks).map(slab).collect()), true));
    }
    if ranks == 4 && shape.len() > 1 {
        found.push((Layout::Grid(vec![cut(2, 0, Partition::Balanced), cut(2, 1, Partition::Balanced)]), false));
        found.push((
            Layout::Grid(vec![cut(2, 1, Partition::Balanced), GridDimension { ranks: 2, role: Role::Replicate }]),
            false,
        ));
    }
    found
}

/// Global C-order indices of this rank's elements, in local order.
fn indices(space: &Space) -> Vec<usize> {
    let shape = space.shape().unwrap();
    let mut found = vec![0usize];
    for (set, n) in space.region().unwrap().axes.iter().zip(shape) {
        let along: Vec<usize> = set.intervals().iter().flat_map(|s| s.start as usize..s.end() as usize).collect();
        found = found.iter().flat_map(|base| along.iter().map(move |i| base * *n as usize + i)).collect();
    }
    found
}

/// An array full of NaN, with gaps between the rows where `padded`.
struct Held {
    array: Array,
    _padded: Option<Padded>,
}

fn array(space: &Space, padded: bool) -> Held {
    let padded = padded.then(|| Padded::new(space).unwrap());
    let array = padded.as_ref().map_or_else(|| Array::new(space).unwrap(), |p| p.array.clone());
    vectors::write(&array, &vec![Complex64::new(f64::NAN, f64::NAN); space.local_count() as usize]);
    Held { array, _padded: padded }
}

fn put(array: &Array, values: &[Complex64]) {
    vectors::write(array, &indices(array.space()).into_iter().map(|i| values[i]).collect::<Vec<_>>());
}

fn assert_close(array: &Array, expected: &[Complex64], tolerance: f64, what: &str) {
    let scale = expected.iter().map(|v| v.norm()).fold(1.0, f64::max);
    for (got, index) in vectors::read(array).into_iter().zip(indices(array.space())) {
        let wanted = expected[index];
        assert!((got - wanted).norm() <= tolerance * scale, "{what}: element {index} is {got}, expected {wanted}");
    }
}

/// Input and output of A and A^H.
struct Expected {
    x: Vec<Complex64>,
    ax: Vec<Complex64>,
    y: Vec<Complex64>,
    ahy: Vec<Complex64>,
}

fn conj(values: &[Complex64]) -> Vec<Complex64> {
    values.iter().map(|v| v.conj()).collect()
}

fn times(values: &[Complex64], factor: Complex64) -> Vec<Complex64> {
    values.iter().map(|v| v * factor).collect()
}

impl Expected {
    fn of(case: &Case) -> Expected {
        let (ax, ahy) = (case.array("forward").values(), case.array("adjoint").values());
        let input = |seed: i64, n: usize| match case.is_complex() {
            true => complex_sequence(seed, n),
            false => sequence(seed, n).into_iter().map(|v| Complex64::new(v, 0.0)).collect(),
        };
        Expected { x: input(MODEL, ahy.len()), y: input(DATA, ax.len()), ax, ahy }
    }

    /// The same for a multiple of the inputs.
    fn times(&self, c: Complex64) -> Expected {
        Expected { x: times(&self.x, c), ax: times(&self.ax, c), y: times(&self.y, c), ahy: times(&self.ahy, c) }
    }

    /// All modes, scalars and strides; on a device, modes and strides take turns.
    fn check(&self, a: &Operator, what: &str) {
        let dtype = a.domain().dtype();
        let tolerance = 60.0 * dtype.epsilon();
        let (alpha, beta) = match dtype.is_complex() {
            true => (Scalar::complex(0.5, -2.0), Scalar::complex(-1.0, 0.25)),
            false => (Scalar::real(-1.5), Scalar::real(0.75)),
        };
        let number = |s: Scalar| Complex64::new(s.re, s.im);
        for padded in [false, true] {
            for (_, mode) in
                Mode::ALL.into_iter().enumerate().filter(|(k, _)| device().is_none() || padded == (k % 2 == 0))
            {
                // A^T conj(y) = conj(A^H y), conj(A) conj(x) = conj(A x)
                let (from, to) = if mode.transposed() { (&self.y, &self.ahy) } else { (&self.x, &self.ax) };
                let turned = matches!(mode, Mode::Transpose | Mode::Conjugate);
                let (from, to) = if turned { (conj(from), conj(to)) } else { (from.clone(), to.clone()) };
                let (source, target) = a.spaces(mode);
                let (x, y) = (array(source, padded), array(target, padded));
                put(&x.array, &from);
                a.apply(mode, &x.array, &y.array).unwrap();
                assert_close(&y.array, &to, tolerance, &format!("{what}, {mode:?}, padded {padded}"));

                let start: Vec<Complex64> = (0..to.len()).map(|i| Complex64::new(1.0 + i as f64 * 0.25, 0.0)).collect();
                for (alpha, beta) in [(alpha, beta), (Scalar::ONE, Scalar::ONE), (alpha, Scalar::ZERO)] {
                    put(&y.array, &start);
                    a.apply_scaled(mode, alpha, &x.array, beta, &y.array).unwrap();
                    let sum = |(t, s): (&Complex64, &Complex64)| t * number(alpha) + s * number(beta);
                    let scaled: Vec<Complex64> = to.iter().zip(&start).map(sum).collect();
                    let text = format!("{what}, {mode:?}, padded {padded}, {alpha:?}, {beta:?}");
                    assert_close(&y.array, &scaled, 4.0 * tolerance, &text);
                }
            }
        }
        let test = dot_test(a, 7, 0.0).unwrap();
        assert!(test.passed, "{what}: {test:?}");
    }
}

/// Builds the operator of a case on every layout of 1 to 4 ranks and every dtype, and checks it.
fn check_case(case: &Case, dims: &[i64], build: impl Fn(&Space) -> Result<Operator> + Sync) {
    let expected = Expected::of(case);
    let dtypes = match case.is_complex() {
        true => vec![DType::Complex128, DType::Complex64],
        false => vec![DType::Float64, DType::Float32, DType::Complex128],
    };
    for ranks in 1..=4 {
        on_ranks(ranks, |comm| {
            let context = Context::new(comm, ContextOptions { check_level: 1, ..options() }).unwrap();
            for (k, (layout, refusable)) in layouts(dims, ranks).into_iter().enumerate() {
                // On a device, layouts and dtypes take turns.
                let turn = |(n, _): &(usize, &DType)| device().is_none() || (k + ranks) % dtypes.len() == *n;
                for (_, dtype) in dtypes.iter().enumerate().filter(turn) {
                    let what = format!("{case}, {} on {ranks} ranks, {layout}", dtype.name());
                    let space = Space::new(&context, *dtype, dims, layout.clone(), None).unwrap();
                    match build(&space) {
                        Ok(a) if !case.is_complex() && dtype.is_complex() => {
                            expected.times(Complex64::new(1.0, -0.5)).check(&a, &what)
                        }
                        Ok(a) => expected.check(&a, &what),
                        Err(error) => assert!(refusable && error.status == Status::Layout, "{what}: {error}"),
                    }
                }
            }
        });
    }
}

fn complex(values: Vec<f64>) -> Vec<Complex64> {
    values.into_iter().map(|v| Complex64::new(v, 0.0)).collect()
}

fn input(case: &Case, seed: i64, n: usize) -> Vec<Complex64> {
    if case.is_complex() {
        complex_sequence(seed, n)
    } else {
        complex(sequence(seed, n))
    }
}

#[test]
fn identity_cuts_and_pads() {
    for case in cases("basic", "identity") {
        let (n, m) = (case.integers("n"), case.integers("m"));
        check_case(&case, &m, |domain| {
            // The range is cut as the domain, where that is possible, and else along its last axis.
            let layout = match domain.layout().unwrap() {
                Layout::Grid(grid)
                    if grid.iter().all(|d| !matches!(&d.role, Role::Cut { partition: Partition::Extents(_), .. })) =>
                {
                    Layout::Grid(grid.clone())
                }
                _ => Layout::cut(n.len() - 1, domain.context().size()),
            };
            identity(domain, &Space::new(domain.context(), domain.dtype(), &n, layout, None)?)
        });
    }
}

#[test]
fn diagonal_multiplies() {
    for case in cases("basic", "diagonal") {
        let dims = case.integers("dims");
        check_case(&case, &dims, |space| {
            if case.text("axis") == "all" {
                let d = Array::new(space)?;
                put(&d, &input(&case, DIAGONAL, dims.iter().product::<i64>() as usize));
                return diagonal(space, &d);
            }
            let axis = case.number("axis") as usize;
            let d = input(&case, DIAGONAL, dims[axis] as usize);
            let single = |v: &Complex64| Complex32::new(v.re as f32, v.im as f32);
            match space.dtype() {
                DType::Float32 => diagonal_along(space, axis, &d.iter().map(|v| v.re as f32).collect::<Vec<_>>()),
                DType::Float64 => diagonal_along(space, axis, &d.iter().map(|v| v.re).collect::<Vec<_>>()),
                DType::Complex64 => diagonal_along(space, axis, &d.iter().map(single).collect::<Vec<_>>()),
                _ => diagonal_along(space, axis, &d),
            }
        });
    }
}

#[test]
fn transpose_permutes() {
    for case in cases("basic", "transpose") {
        let axes: Vec<usize> = case.integers("axes").iter().map(|a| *a as usize).collect();
        let dims = case.integers("dims");
        check_case(&case, &dims, |space| transpose(space, &axes, None));
        let permuted: Vec<i64> = axes.iter().map(|a| dims[*a]).collect();
        check_case(&case, &dims, |space| {
            let layout = Layout::cut(0, space.context().size());
            let range = Space::new(space.context(), space.dtype(), &permuted, layout, None)?;
            transpose(space, &axes, Some(&range))
        });
    }
}

/// The matrix in the space's dtype, with two elements of padding after each stored row or column.
fn matrix(space: &Space, (rows, columns): (usize, usize), values: &[Complex64], column_major: bool) -> DenseMatrix {
    let (stored, length) = if column_major { (columns, rows) } else { (rows, columns) };
    let leading = length + 2;
    let size = space.dtype().size();
    let mut memory = vec![u64::MAX; (stored * leading * size).div_ceil(8)];
    for i in 0..rows {
        for j in 0..columns {
            let at = if column_major { j * leading + i } else { i * leading + j };
            let v = values[i * columns + j];
            // SAFETY: the element lies in the memory.
            unsafe {
                let p = memory.as_mut_ptr().cast::<u8>().add(at * size);
                match space.dtype() {
                    DType::Float32 => p.cast::<f32>().write(v.re as f32),
                    DType::Float64 => p.cast::<f64>().write(v.re),
                    DType::Complex64 => p.cast::<Complex32>().write(Complex32::new(v.re as f32, v.im as f32)),
                    _ => p.cast::<Complex64>().write(v),
                }
            }
        }
    }
    // SAFETY: the copy is taken while the memory is there.
    unsafe {
        let shape = (rows as i64, columns as i64);
        let lent = DenseMatrix::borrowed(space.dtype(), shape, memory.as_ptr().cast(), column_major, leading as i64);
        lent.unwrap().to_owned().unwrap()
    }
}

#[test]
fn matrix_mult_multiplies() {
    for case in cases("basic", "matrix_mult") {
        let (rows, columns) = (case.number("rows") as usize, case.number("columns") as usize);
        let mut dims = vec![columns as i64];
        dims.extend(case.integers("others").into_iter().filter(|n| *n > 0));
        let a = input(&case, MATRIX, rows * columns);
        for column_major in [false, true] {
            check_case_where(&case, &dims, |space| {
                matrix_mult(space, 0, matrix(space, (rows, columns), &a, column_major))
            });
        }
    }
}

/// As `check_case`, where layouts that cut the axis may be refused.
fn check_case_where(case: &Case, dims: &[i64], build: impl Fn(&Space) -> Result<Operator> + Sync) {
    check_case(case, dims, |space| {
        let built = build(space);
        let (shape, layout) = space.shaped("a test").unwrap();
        match built {
            Err(error) if error.status == Status::Layout && !layout.axis_is_whole(shape, 0) => identity_of(space, case),
            other => other,
        }
    });
}

/// Any operator with the case's values: refused layouts are checked against the matrix on a whole copy.
fn identity_of(space: &Space, case: &Case) -> Result<Operator> {
    let (rows, columns) = (case.number("rows") as usize, case.number("columns") as usize);
    let (shape, _) = space.shaped("a test")?;
    let whole = Layout::replicated(space.context().size());
    let gathered = Space::new(space.context(), space.dtype(), shape, whole, None)?;
    let there = dlops::operators::basic::redistribution(space, &gathered)?;
    let a = matrix(space, (rows, columns), &input(case, MATRIX, rows * columns), false);
    dlops::operators::algebra::product(&[matrix_mult(&gathered, 0, a)?, there])
}

/// Along the last and a middle axis, against sums.
#[test]
fn matrix_mult_acts_along_any_axis() {
    let (rows, columns) = (5usize, 7usize);
    let a = complex_sequence(MATRIX, rows * columns);
    for axis in 0..3 {
        let (mut dims, mut range) = (vec![3usize, 4, 6], vec![3usize, 4, 6]);
        (dims[axis], range[axis]) = (columns, rows);
        let strides = |d: &[usize]| [d[1] * d[2], d[2], 1];
        let product = |x: &[Complex64], from: &[usize], to: &[usize], adjoint: bool| -> Vec<Complex64> {
            let (sf, st) = (strides(from), strides(to));
            let mut y = vec![Complex64::ZERO; to.iter().product()];
            for index in 0..y.len() {
                let place = [index / st[0], index / st[1] % to[1], index % to[2]];
                for j in 0..from[axis] {
                    let mut source = place;
                    source[axis] = j;
                    let at = source.iter().zip(sf).map(|(i, s)| i * s).sum::<usize>();
                    let i = place[axis];
                    y[index] += x[at] * if adjoint { a[j * columns + i].conj() } else { a[i * columns + j] };
                }
            }
            y
        };
        let x = complex_sequence(MODEL, dims.iter().product());
        let y = complex_sequence(DATA, range.iter().product());
        let expected = Expected { ax: product(&x, &dims, &range, false), ahy: product(&y, &range, &dims, true), x, y };
        let shape: Vec<i64> = dims.iter().map(|n| *n as i64).collect();
        for ranks in [1, 2, 3] {
            on_ranks(ranks, |comm| {
                let context = Context::new(comm, options()).unwrap();
                for k in 0..3 {
                    let space = Space::new(&context, DType::Complex128, &shape, Layout::cut(k, ranks), None).unwrap();
                    let a = matrix_mult(&space, axis, matrix(&space, (rows, columns), &a, false)).unwrap();
                    expected.check(&a, &format!("axis {axis}, cut {k}, {ranks} ranks"));
                }
            });
        }
    }
}

/// A rank whose box is empty has no part of the axis either.
#[test]
fn products_leave_ranks_without_elements_alone() {
    on_ranks(2, |comm| {
        let context = Context::new(comm, options()).unwrap();
        let corner = |upper: i64| IndexBox { lower: vec![0, 0, 0], upper: vec![upper, 6, 1] };
        let layout = Layout::Boxes(vec![corner(0), corner(1)]);
        let space = Space::new(&context, DType::Float32, &[1, 6, 1], layout, None).unwrap();
        let values = [2.0, -1.0, 0.5].map(|v| Complex64::new(v, 0.0));
        let a = matrix_mult(&space, 0, matrix(&space, (3, 1), &values, true)).unwrap();
        let (x, y) = (Array::new(a.domain()).unwrap(), Array::new(a.range()).unwrap());
        verbs::fill(&x, Scalar::ONE).unwrap();
        a.apply(Mode::Forward, &x, &y).unwrap();
        // 4 + 1 + 0.25 for each of six lines
        assert!((verbs::norm(&y).unwrap() - (6.0f64 * 5.25).sqrt()).abs() < 1e-5);
        a.apply(Mode::Adjoint, &y, &x).unwrap();
        assert!((verbs::norm(&x).unwrap() - (6.0f64 * 5.25 * 5.25).sqrt()).abs() < 1e-4);
    });
}

#[test]
fn convolutions_are_pylops() {
    let same = |c: &Case| c.operator == "convolve1d" || c.text("range") == "same";
    for case in cases("signal", "convolve1d").into_iter().chain(cases("signal", "convolve1d_long")).filter(same) {
        let (axis, offset) = (case.number("axis") as usize, case.number("offset") as usize);
        let h = input(&case, FILTER, case.number("filter") as usize);
        // Filters of one and four samples add nothing along several axes.
        if case.integers("dims").len() > 1 && h.len() % 3 == 1 {
            continue;
        }
        check_case(&case, &case.integers("dims"), |space| convolve1d(space, axis, &h, offset));
    }
}

/// y[.., i, ..] = sum_k h[.., i - k + offset, ..] x[.., k, ..]: PyLops' Convolve1D with h of the model's dimensions.
#[test]
fn each_line_has_its_filter() {
    let dims = [4i64, 70, 3];
    for (axis, taps, offset) in [(0, 3, 1), (1, 9, 6), (1, 80, 0), (2, 1, 0), (2, 5, 4)] {
        let mut sizes = dims;
        sizes[axis] = taps;
        let place = |index: [i64; 3], dims: [i64; 3]| ((index[0] * dims[1] + index[1]) * dims[2] + index[2]) as usize;
        let n = dims.iter().product::<i64>() as usize;
        let h = complex_sequence(FILTER, sizes.iter().product::<i64>() as usize);
        let sums = |x: &[Complex64], adjoint: bool| -> Vec<Complex64> {
            let mut y = vec![Complex64::ZERO; n];
            for at in 0..n as i64 {
                let index = [at / (dims[1] * dims[2]), at / dims[2] % dims[1], at % dims[2]];
                for k in 0..dims[axis] {
                    let t = if adjoint { k - index[axis] } else { index[axis] - k } + offset;
                    if !(0..taps).contains(&t) {
                        continue;
                    }
                    let (mut from, mut of) = (index, index);
                    (from[axis], of[axis]) = (k, t);
                    let h = h[place(of, sizes)];
                    y[place(index, dims)] += if adjoint { h.conj() } else { h } * x[place(from, dims)];
                }
            }
            y
        };
        let (x, y) = (complex_sequence(MODEL, n), complex_sequence(DATA, n));
        let expected = Expected { ax: sums(&x, false), ahy: sums(&y, true), x, y };
        for ranks in [1, 3] {
            on_ranks(ranks, |comm| {
                let context = Context::new(comm, ContextOptions { check_level: 1, ..options() }).unwrap();
                for (layout, refusable) in layouts(&dims, ranks) {
                    let space = Space::new(&context, DType::Complex128, &dims, layout.clone(), None).unwrap();
                    match convolve1d_lines(&space, axis, &h, taps as usize, offset as usize) {
                        Ok(a) => expected.check(&a, &format!("axis {axis}, {taps} taps, {layout}, {ranks} ranks")),
                        Err(error) => assert!(refusable && error.status == Status::Layout, "{layout}: {error}"),
                    }
                }
            });
        }
    }
}

#[test]
fn poststack_is_pylops() {
    for case in cases("signal", "poststack") {
        let (dims, axis) = (case.integers("dims"), case.number("axis") as usize);
        let kind = if case.text("kind") == "centered" { Kind::Centered } else { Kind::Forward };
        let samples = case.number("wavelet") as usize;
        let stationary = case.flag("stationary");
        let count = if stationary { samples } else { samples * dims[axis] as usize };
        let w = sequence(FILTER, count);
        check_case(&case, &dims, |space| {
            let wavelet = match stationary {
                true => Wavelet::Stationary(&w),
                false => Wavelet::PerSample { wavelets: &w, samples },
            };
            poststack(space, axis, wavelet, kind)
        });
    }
}

/// Arrays that several threads and slabs share: bit-equal to one rank with one thread.
#[test]
fn threads_and_ranks_change_nothing() {
    // A device has no use for the host's threads.
    let shape = if device().is_some() { [9i64, 12, 7] } else { [150, 61, 40] };
    let n = shape.iter().product::<i64>() as usize;
    let x: Vec<Complex64> = complex((0..n).map(|i| (i as f64 * 0.37).sin()).collect());
    let h: Vec<Complex64> = complex((0..9).map(|i| 1.0 / (1.0 + i as f64)).collect());
    let w: Vec<f64> = (0..41).map(|i| (i as f64 * 0.7).cos()).collect();
    let d: Vec<f64> = (0..150).map(|i| 1.0 + i as f64).collect();
    let each: Vec<f64> = (0..7 * 150).map(|i| (i as f64 * 0.3).sin()).collect();
    let each_line: Vec<f64> = (0..4 * n / shape[2] as usize).map(|i| (i as f64 * 0.9).sin()).collect();
    let all = |space: &Space, axis: usize| {
        vec![
            convolve1d(space, axis, &h, 2).unwrap(),
            convolve1d_lines(space, axis, &complex(each_line[..n / shape[axis] as usize * 4].to_vec()), 4, 1).unwrap(),
            // Slabs that are short and long beside the wavelet.
            poststack(space, axis, Wavelet::Stationary(&w), Kind::Centered).unwrap(),
            poststack(space, axis, Wavelet::Stationary(&w[..7]), Kind::Backward).unwrap(),
            poststack(
                space,
                axis,
                Wavelet::PerSample { wavelets: &each[..7 * shape[axis] as usize], samples: 7 },
                Kind::Forward,
            )
            .unwrap(),
            diagonal_along(space, axis, &d[..shape[axis] as usize]).unwrap(),
            transpose(space, &[0, 1, 2], None).unwrap(),
        ]
    };
    let values = |comm, threads: usize, layout: Layout, padded: bool| -> Vec<Vec<(usize, Complex64)>> {
        let context = Context::new(comm, ContextOptions { threads, ..options() }).unwrap();
        let space = Space::new(&context, DType::Float64, &shape, layout, None).unwrap();
        let mut results = Vec::new();
        for axis in 0..3 {
            for a in all(&space, axis) {
                for mode in [Mode::Forward, Mode::Adjoint] {
                    let (x_array, y) = (array(&space, padded), array(&space, padded));
                    put(&x_array.array, &x);
                    a.apply(mode, &x_array.array, &y.array).unwrap();
                    results.push(indices(&space).into_iter().zip(vectors::read(&y.array)).collect());
                }
            }
        }
        results
    };
    let single = on_ranks(1, |comm| values(comm, 1, Layout::cut(0, 1), false)).remove(0);
    for (ranks, threads, axis, padded) in [
        (1, 3, 0, false),
        (1, 2, 0, true),
        (2, 2, 0, true),
        (3, 1, 0, false),
        (2, 1, 1, false),
        (3, 2, 2, true),
        (2, 3, 2, false),
    ] {
        let parts = on_ranks(ranks, |comm| values(comm, threads, Layout::cut(axis, ranks), padded));
        for part in parts {
            for (k, (result, whole)) in part.iter().zip(&single).enumerate() {
                let equal = result.iter().all(|(i, v)| whole[*i].1 == *v);
                assert!(equal, "operator {k} on {ranks} ranks cut along {axis}, {threads} threads, padded {padded}");
            }
        }
    }
}

/// Many right-hand sides and threads, against one thread.
#[test]
fn matrix_mult_by_threads() {
    let values = |threads: usize, dims: &[i64], axis: usize| {
        on_ranks(1, |comm| {
            let context = Context::new(comm, ContextOptions { threads, ..options() }).unwrap();
            let space = Space::new(&context, DType::Float64, dims, Layout::cut(0, 1), None).unwrap();
            let count = dims.iter().product::<i64>() as usize;
            let (rows, columns) = (70, dims[axis] as usize);
            let a = matrix(&space, (rows, columns), &complex(sequence(MATRIX, rows * columns)), false);
            let a = matrix_mult(&space, axis, a).unwrap();
            let (x, y, z) = (array(&space, false), array(a.range(), false), array(&space, false));
            put(&x.array, &complex(sequence(MODEL, count)));
            a.apply(Mode::Forward, &x.array, &y.array).unwrap();
            a.apply(Mode::Adjoint, &y.array, &z.array).unwrap();
            (vectors::read(&y.array), vectors::read(&z.array))
        })
        .remove(0)
    };
    for (dims, axis) in [(vec![80, 90], 0), (vec![80, 90], 1), (vec![300], 0), (vec![4, 80, 30], 1)] {
        let (one, three) = (values(1, &dims, axis), values(3, &dims, axis));
        for (a, b) in one.0.iter().chain(&one.1).zip(three.0.iter().chain(&three.1)) {
            assert!((a - b).norm() <= 1e-9 * (1.0 + a.norm()), "{dims:?}, axis {axis}: {a} {b}");
        }
    }
}

/// Sums over many rows, whose blocks threads share: the bits of one thread, for every type, orientation and stride.
#[test]
fn matrix_mult_adds_up_rows_alike_on_any_threads() {
    // A device has no use for the host's threads.
    if device().is_some() {
        return;
    }
    const DTYPES: [DType; 4] = [DType::Float32, DType::Float64, DType::Complex64, DType::Complex128];
    let values = |threads: usize, dtype: DType, dims: &[i64], long: usize, padded: bool| {
        on_ranks(1, |comm| {
            let context = Context::new(comm, ContextOptions { threads, ..options() }).unwrap();
            let scalar = |re: f64, im: f64| if dtype.is_complex() { Scalar::complex(re, im) } else { Scalar::real(re) };
            let mut found = Vec::new();
            // The range is long, and the adjoint adds up; then the domain is, and the matrix lies by columns.
            for (by_columns, modes) in
                [(false, [Mode::Adjoint, Mode::Transpose]), (true, [Mode::Forward, Mode::Conjugate])]
            {
                let short = dims[0] as usize;
                let (rows, columns) = if by_columns { (short, long) } else { (long, short) };
                let shape: Vec<i64> = [&[columns as i64], &dims[1..]].concat();
                let space = Space::new(&context, dtype, &shape, Layout::cut(0, 1), None).unwrap();
                let numbers = sequence(MATRIX, 2 * rows * columns);
                let numbers: Vec<Complex64> = numbers.chunks(2).map(|v| Complex64::new(v[0], v[1])).collect();
                let a = matrix_mult(&space, 0, matrix(&space, (rows, columns), &numbers, by_columns)).unwrap();
                for mode in modes {
                    let (from, to) = if mode.transposed() { (a.range(), a.domain()) } else { (a.domain(), a.range()) };
                    let (x, y) = (array(from, padded), array(to, padded));
                    put(&x.array, &complex(sequence(MODEL, from.local_count() as usize)));
                    put(&y.array, &complex(sequence(DATA, to.local_count() as usize)));
                    a.apply_scaled(mode, scalar(1.5, -0.5), &x.array, scalar(0.25, 2.0), &y.array).unwrap();
                    found.push(vectors::read(&y.array));
                    a.apply(mode, &x.array, &y.array).unwrap();
                    found.push(vectors::read(&y.array));
                }
            }
            found
        })
        .remove(0)
    };
    for dtype in DTYPES {
        // Two and three blocks of rows, the last of them short; the second does not fill lines.
        for (dims, long) in [(vec![96], 2048), (vec![37], 2050), (vec![40, 3], 3000), (vec![21, 16], 1025)] {
            for padded in [false, true] {
                let one = values(1, dtype, &dims, long, padded);
                for threads in [2, 5] {
                    let same = values(threads, dtype, &dims, long, padded) == one;
                    assert!(same, "{dtype:?}, {dims:?}, {long} rows, {threads} threads, padded {padded}");
                }
            }
        }
    }
}

#[test]
fn zero_scales_what_is_there() {
    let context = Context::solo(options()).unwrap();
    let space = |n: i64| Space::new(&context, DType::Float64, &[n], Layout::cut(0, 1), None).unwrap();
    let a = zero(&space(3), &space(5)).unwrap();
    let (x, y) = (array(a.domain(), false), array(a.range(), false));
    put(&x.array, &complex(vec![1.0; 3]));
    a.apply(Mode::Forward, &x.array, &y.array).unwrap();
    assert_close(&y.array, &[Complex64::ZERO; 5], 0.0, "zero");
    put(&y.array, &complex(vec![2.0; 5]));
    a.apply_scaled(Mode::Forward, Scalar::ONE, &x.array, Scalar::real(3.0), &y.array).unwrap();
    assert_close(&y.array, &[Complex64::new(6.0, 0.0); 5], 0.0, "zero");
}

#[test]
fn measures_are_pylops() {
    for case in cases("signal", "metrics") {
        let n = case.number("n") as usize;
        let dtype = if case.is_complex() { DType::Complex128 } else { DType::Float64 };
        for ranks in 1..=3 {
            on_ranks(ranks, |comm| {
                let context = Context::new(comm, options()).unwrap();
                for layout in [Layout::cut(0, ranks), Layout::replicated(ranks)] {
                    let space = Space::new(&context, dtype, &[n as i64], layout, None).unwrap();
                    let (x, y) = (array(&space, false), array(&space, false));
                    put(&x.array, &input(&case, MODEL, n));
                    put(&y.array, &input(&case, DATA, n));
                    let (x, y) = (&x.array, &y.array);
                    let close = |name: &str, got: f64| {
                        let wanted = case.array(name).real()[0];
                        assert!(
                            (got - wanted).abs() <= 1e-13 * wanted.abs(),
                            "{case}, {name}: {got}, expected {wanted}"
                        );
                    };
                    close("mae", measures::mae(x, y).unwrap());
                    close("mse", measures::mse(x, y).unwrap());
                    close("snr", measures::snr(x, y).unwrap());
                    match case.is_complex() {
                        true => assert_eq!(measures::psnr(x, y, None, None).unwrap_err().status, Status::DType),
                        false => {
                            close("psnr", measures::psnr(x, y, Some(0.0), None).unwrap());
                            close("psnr_min", measures::psnr(x, y, None, None).unwrap());
                            close("psnr_given", measures::psnr(x, y, Some(-1.0), Some(3.0)).unwrap());
                        }
                    }
                    assert_eq!(measures::mae(x, x).unwrap(), 0.0);
                }
            });
        }
    }
}

#[test]
fn wavelets_and_tapers_are_pylops() {
    let close = |got: &[f64], wanted: &[f64], what: &Case| {
        assert_eq!(got.len(), wanted.len(), "{what}");
        assert!(got.iter().zip(wanted).all(|(a, b)| (a - b).abs() <= 1e-14), "{what}: {got:?}");
    };
    for case in cases("signal", "ricker") {
        let centre = case.number("centre") as usize;
        let wavelet = wavelets::ricker(centre + 1, case.number("dt"), case.number("f0")).unwrap();
        close(&wavelet, case.array("wavelet").real(), &case);
    }
    for case in cases("signal", "taper") {
        let kind = match case.text("kind") {
            "hanning" => tapers::Taper::Hanning,
            "cosine" => tapers::Taper::Cosine,
            "cosinesquare" => tapers::Taper::CosineSquare,
            "cosinesqrt" => tapers::Taper::CosineRoot,
            _ => tapers::Taper::None,
        };
        let taper = tapers::taper(kind, case.number("n") as usize, case.number("ntap") as usize).unwrap();
        close(&taper, case.array("taper").real(), &case);
    }
    assert!(tapers::taper(tapers::Taper::Cosine, 5, 3).is_err());
    assert_eq!(tapers::taper(tapers::Taper::Hanning, 3, 1).unwrap(), [1.0; 3]);
}

/// Errors are the same on all ranks, and nobody waits.
#[test]
fn bad_arguments_are_refused() {
    on_ranks(2, |comm| {
        let context = Context::new(comm, options()).unwrap();
        let space = Space::new(&context, DType::Float64, &[6, 4], Layout::cut(0, 2), None).unwrap();
        let other = Space::new(&context, DType::Float64, &[6], Layout::cut(0, 2), None).unwrap();
        let status = |made: Result<Operator>| made.map(|_| ()).unwrap_err().status;
        let one = [Complex64::ONE];
        assert_eq!(status(convolve1d(&space, 2, &one, 0)), Status::Axis);
        assert_eq!(status(convolve1d(&space, 0, &[], 0)), Status::Argument);
        assert_eq!(status(convolve1d(&space, 0, &one, 1)), Status::Argument);
        assert_eq!(status(convolve1d(&space, 0, &[Complex64::I], 0)), Status::DType);
        assert_eq!(status(convolve1d_lines(&space, 0, &[Complex64::ONE; 7], 2, 0)), Status::Shape);
        assert_eq!(status(convolve1d_lines(&space, 0, &[Complex64::ONE; 8], 2, 2)), Status::Argument);
        assert_eq!(status(convolve1d_lines(&space, 2, &[Complex64::ONE; 8], 2, 0)), Status::Axis);
        assert_eq!(status(convolve1d_lines(&space, 0, &[Complex64::I; 8], 2, 0)), Status::DType);
        assert_eq!(status(transpose(&space, &[0, 0], None)), Status::Axis);
        assert_eq!(status(transpose(&space, &[1, 0], Some(&space))), Status::Shape);
        assert_eq!(status(identity(&space, &other)), Status::Shape);
        assert_eq!(status(diagonal_along(&space, 0, &[1.0; 5])), Status::Shape);
        assert_eq!(status(diagonal_along(&space, 0, &[1f32; 6])), Status::DType);
        let wavelets = Wavelet::PerSample { wavelets: &[1.0; 5], samples: 1 };
        assert_eq!(status(poststack(&space, 0, wavelets, Kind::Forward)), Status::Shape);
        // One rank's filter differs.
        let own = [Complex64::new(1.0 + context.rank() as f64, 0.0)];
        assert_eq!(status(convolve1d(&space, 0, &own, 0)), Status::Collective);
        let a = matrix(&space, (3, 5), &complex(sequence(MATRIX, 15)), false);
        assert_eq!(status(matrix_mult(&space, 0, a)), Status::Shape);
        let masked = Space::new(&context, DType::Float64, &[6, 4], Layout::cut(0, 2), Some(vec![0, 1])).unwrap();
        assert_eq!(status(convolve1d(&masked, 0, &[Complex64::ONE; 3], 1)), Status::Space);
        assert!(convolve1d(&masked, 1, &[Complex64::ONE; 3], 1).is_ok());
        let d = array(&space, false);
        verbs::fill(&d.array, Scalar::ONE).unwrap();
        let x = array(&space, false);
        let a = diagonal(&space, &d.array).unwrap();
        assert_eq!(a.apply(Mode::Forward, &x.array, &d.array).unwrap_err().status, Status::Overlap);
    });
}
