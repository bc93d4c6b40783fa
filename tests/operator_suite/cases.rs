//! Every operator, by its constructor.

use dlops::arrays::{verbs, Array, Memory, Space};
use dlops::dispatch;
use dlops::dtype::{Element, Scalar};
use dlops::error::Result;
use dlops::layout::{ceiling_split, GridDimension, Layout, Partition, Role};
use dlops::operators::avo::{poststack, Wavelet};
use dlops::operators::basic::{self, Algorithm, DenseMatrix, DistributedMatrix};
use dlops::operators::callback::{callback, Function, Functions};
use dlops::operators::derivative::{self, FirstDerivative, Gradient, Kind, Laplacian, SecondDerivative};
use dlops::operators::signal::fourier::{fftnd, Fourier, Norm, Place};
use dlops::operators::{algebra, block, signal, Operator};
use num_complex::Complex64;

pub type Make = fn(&Space) -> Result<Operator>;

/// Constructor, as the folder and the function, and an operator made by it on a space of three axes.
pub const CASES: &[(&str, Make)] = &[
    ("derivative::first_derivative", |s| derivative::first_derivative(s, 0, &FirstDerivative::default())),
    ("derivative::first_derivative", |s| {
        derivative::first_derivative(s, 1, &FirstDerivative { order: 5, edge: true, ..Default::default() })
    }),
    ("derivative::second_derivative", |s| {
        derivative::second_derivative(s, 2, &SecondDerivative { kind: Kind::Forward, ..Default::default() })
    }),
    ("derivative::laplacian", |s| derivative::laplacian(s, &Laplacian::default())),
    ("derivative::gradient", |s| derivative::gradient(s, &Gradient { edge: true, ..Default::default() })),
    ("basic::identity", |s| basic::identity(s, s)),
    ("basic::identity", |s| basic::identity(s, &other(s, |[a, b, c]| [a + 1, b, (c - 1).max(1)])?)),
    ("basic::zero", |s| basic::zero(s, s)),
    ("basic::zero", |s| basic::zero(s, &other(s, |[a, b, c]| [c, a, b])?)),
    ("basic::diagonal", |s| {
        let d = Array::new(s)?;
        dlops::arrays::random::fill(&d, dlops::arrays::random::Distribution::Normal, 3, 0)?;
        basic::diagonal(s, &d)
    }),
    (
        "basic::diagonal_along",
        |s| dispatch!(s.dtype(), T => basic::diagonal_along(s, 1, &numbers::<T>(5, s.shape().unwrap()[1] as usize))),
    ),
    ("basic::transpose", |s| basic::transpose(s, &[2, 0, 1], None)),
    ("basic::transpose", |s| basic::transpose(s, &[1, 0, 2], Some(&other(s, |[a, b, c]| [b, a, c])?))),
    ("basic::matrix_mult", |s| basic::matrix_mult(s, 0, matrix(s, 3, s.shape().unwrap()[0], false)?)),
    ("basic::matrix_mult", |s| basic::matrix_mult(s, 2, matrix(s, 5, s.shape().unwrap()[2], true)?)),
    ("basic::distributed_matrix_mult", |s| {
        distributed(s, 7, false, Layout::cut(0, s.context().size()), Algorithm::Block)
    }),
    ("basic::distributed_matrix_mult", |s| {
        let (size, partition) = (s.context().size(), Partition::Cyclic { block: 2, first: 0 });
        let rows = if size == 4 { 2 } else { 1 };
        let cut = |ranks, axis| GridDimension { ranks, role: Role::Cut { axis, partition: partition.clone() } };
        distributed(s, 5, true, Layout::Grid(vec![cut(rows, 0), cut(size / rows, 1)]), Algorithm::Summa)
    }),
    ("basic::redistribution", |s| basic::redistribution(s, &other(s, |shape| shape)?)),
    ("signal::convolve1d", |s| signal::convolve1d(s, 0, &[2.0, -1.0, 0.5].map(|v| Complex64::new(v, 0.0)), 1)),
    ("signal::convolve1d", |s| {
        // A complex filter needs complex spaces.
        let im = if s.dtype().is_complex() { 1.5 } else { 0.0 };
        signal::convolve1d(s, 1, &[Complex64::new(1.0, im), Complex64::new(-2.0, 0.5 * im)], 0)
    }),
    ("signal::convolve1d_lines", |s| per_line(s, 1, 3, 2)),
    ("signal::convolve1d_lines", |s| per_line(s, 0, 2, 0)),
    ("signal::fftnd", |s| fftnd(s, &[0], &Fourier::default())),
    ("signal::fftnd", |s| {
        let lengths = vec![7, 5];
        let (shift_before, shift_after) = (vec![true, false], vec![false, true]);
        let half = !s.dtype().is_complex();
        let options = Fourier { lengths, norm: Norm::None, half, shift_before, shift_after, ..Fourier::default() };
        fftnd(s, &[2, 0], &options)
    }),
    ("signal::fftnd", |s| {
        let (lengths, place) = (vec![3, 2, 6], Place::AsComputed);
        fftnd(s, &[0, 1, 2], &Fourier { lengths, norm: Norm::OneOverN, place, ..Fourier::default() })
    }),
    // As much at once as a device can: all axes as they are, of real arrays the half.
    ("signal::fftnd", |s| fftnd(s, &[1, 0, 2], &Fourier { half: !s.dtype().is_complex(), ..Fourier::default() })),
    // The only axis of a space: as a matrix, and by a convolution.
    ("signal::fftnd", |s| fftnd(&line(s, 12)?, &[0], &Fourier { shift_after: vec![true], ..Fourier::default() })),
    ("signal::fftnd", |s| {
        let half = !s.dtype().is_complex();
        let options =
            Fourier { lengths: vec![13], norm: Norm::None, half, place: Place::AsComputed, ..Fourier::default() };
        fftnd(&line(s, 11)?, &[0], &options)
    }),
    ("signal::fftshift", |s| signal::fftshift(s, &[0, 2], false)),
    ("signal::fftshift", |s| signal::fftshift(s, &[1], true)),
    ("avo::poststack", |s| poststack(s, 0, Wavelet::Stationary(&[0.5, 1.0, -0.25]), Kind::Centered)),
    ("avo::poststack", |s| poststack(s, 2, Wavelet::Stationary(&[0.5, 1.0, -0.25]), Kind::Forward)),
    ("avo::poststack", |s| {
        let n = s.shape().unwrap()[1] as usize;
        let wavelets = numbers::<f64>(6, 3 * n);
        poststack(s, 1, Wavelet::PerSample { wavelets: &wavelets, samples: 3 }, Kind::Centered)
    }),
    ("algebra::adjoint", |s| Ok(algebra::adjoint(&first(s)?))),
    ("algebra::transpose", |s| Ok(algebra::transpose(&first(s)?))),
    ("algebra::conjugate", |s| Ok(algebra::conjugate(&first(s)?))),
    ("algebra::scale", |s| algebra::scale(factor(s), &first(s)?)),
    ("algebra::sum", |s| algebra::sum(&[factor(s), Scalar::real(-2.0)], &[first(s)?, basic::identity(s, s)?])),
    ("algebra::product", |s| algebra::product(&[first(s)?, algebra::adjoint(&first(s)?), first(s)?])),
    ("algebra::inverse", |s| {
        // Its adjoint, which is a matrix on real vectors too.
        let transform = fftnd(s, &[1], &Fourier { norm: Norm::None, ..Fourier::default() })?;
        Ok(algebra::adjoint(&algebra::inverse(&transform)?))
    }),
    ("algebra::power", |s| algebra::power(&first(s)?, 3)),
    ("algebra::moved", |s| algebra::moved(&first(&s.with_memory(Memory::Host)?)?, s.memory(), s.memory())),
    ("algebra::of_real", |s| {
        // A complex operator, where the space is complex, on real vectors.
        let a = first(s)?;
        if s.dtype().is_complex() {
            algebra::of_real(&algebra::scale(factor(s), &a)?)
        } else {
            Ok(a)
        }
    }),
    ("algebra::promoted", |s| algebra::promoted(&first(&s.with_dtype(s.dtype().real()))?, s.dtype())),
    ("algebra::promoted", |s| {
        let real = s.with_dtype(s.dtype().real());
        let matrix = matrix(&real, 5, s.shape().unwrap()[2], false)?;
        algebra::promoted(&basic::matrix_mult(&real, 2, matrix)?, s.dtype())
    }),
    ("basic::diagonal", |s| {
        let d = Array::new(&s.with_dtype(s.dtype().real()))?;
        dlops::arrays::random::fill(&d, dlops::arrays::random::Distribution::Normal, 4, 0)?;
        basic::diagonal(s, &d)
    }),
    ("block::stacked_block_diag", |s| block::stacked_block_diag(&[first(s)?, basic::identity(s, s)?])),
    ("block::stacked_vstack", |s| block::stacked_vstack(&[first(s)?, algebra::scale(factor(s), &second(s)?)?])),
    ("block::stacked_hstack", |s| block::stacked_hstack(&[first(s)?, algebra::scale(factor(s), &second(s)?)?])),
    ("block::block", |s| block::block(2, 2, &[Some(first(s)?), None, Some(second(s)?), Some(basic::identity(s, s)?)])),
    ("callback", |s| multiply(s, false)),
    ("callback", |s| multiply(s, true)),
];

/// Operators made of this rank's local operators: the layout of the space is not looked at. Their blocks are the same
/// ones, in the same order, on any number of ranks.
pub const OF_LOCAL_OPERATORS: &[(&str, Make)] = &[
    ("block::block_diag", |s| block::block_diag(s.context(), &blocks(s, |k| (1 + k % 4, 2 + k % 3))?, None)),
    ("block::vstack", |s| block::vstack(s.context(), &blocks(s, |k| (1 + k % 4, 4))?, None)),
    ("block::hstack", |s| block::hstack(s.context(), &blocks(s, |k| (4, 2 + k % 3))?, None)),
    ("block::block_diag", |s| {
        // Every other block is real.
        let mut own = blocks(s, |k| (1 + k % 4, 2 + k % 3))?;
        let (start, _) = ceiling_split(5, s.context().size() as i64, s.context().rank() as i64);
        for (k, block) in own.iter_mut().enumerate().filter(|(k, _)| (start as usize + k) % 2 == 1) {
            let real = s.with_dtype(s.dtype().real());
            *block = local_matrix(&real, 2, 1 + (start + k as i64) % 3)?;
        }
        block::block_diag(s.context(), &own, None)
    }),
    ("block::replicated", |s| block::replicated(s.context(), &local_matrix(s, 3, 5)?)),
];

/// What operators are made of: the cases run through them in layouts that are cut into more than intervals.
pub const MACHINERY: &[&str] =
    &["redistributed", "basic::redistribution_within", "signal::along_axis", "signal::fftnd_within", "signal::filter"];

/// Cases that allocate in an apply, a little and not in proportion to the data: `gemm`, for several right-hand sides.
pub const ALLOCATES: &[&str] = &["basic::matrix_mult", "basic::distributed_matrix_mult", "algebra::promoted"];

/// Operators that are one problem of all ranks: no mask is accepted.
pub const OF_ALL_RANKS: &[&str] = &["basic::distributed_matrix_mult"];

/// Operators that work on host arrays only. On device arrays they say so; an operator that does, and does not stand here,
/// fails the suite, and so does one that stands here and works on the device.
pub const HOST_ONLY: &[&str] = &[];

/// A filter of its own for each line of a space of any shape; a complex one needs complex spaces.
fn per_line(s: &Space, axis: usize, taps: usize, offset: usize) -> Result<Operator> {
    let shape = s.shape().unwrap();
    let count = taps * (shape.iter().product::<i64>() / shape[axis]) as usize;
    let im = if s.dtype().is_complex() { 0.5 } else { 0.0 };
    let h: Vec<_> = (0..count).map(|k| Complex64::new((k * k % 11) as f64 - 4.0, im * (k % 5) as f64)).collect();
    signal::convolve1d_lines(s, axis, &h, taps, offset)
}

fn first(s: &Space) -> Result<Operator> {
    derivative::first_derivative(s, 1, &FirstDerivative { kind: Kind::Forward, ..Default::default() })
}

fn second(s: &Space) -> Result<Operator> {
    derivative::second_derivative(s, 0, &SecondDerivative::default())
}

pub fn factor(s: &Space) -> Scalar {
    Scalar::complex(1.5, if s.dtype().is_complex() { -0.5 } else { 0.0 })
}

/// A space of one axis, replicated where `s` is.
fn line(s: &Space, n: i64) -> Result<Space> {
    let ranks = s.context().size();
    let layout = if s.is_replicated() { Layout::replicated(ranks) } else { Layout::cut(0, ranks) };
    Space::new(s.context(), s.dtype(), &[n], layout, s.mask().map(<[i32]>::to_vec))?.with_memory(s.memory())
}

/// A space of another shape, cut along its second axis.
fn other(s: &Space, shape: fn([i64; 3]) -> [i64; 3]) -> Result<Space> {
    let shape = shape(s.shape().unwrap().try_into().unwrap());
    let mask = s.mask().map(<[i32]>::to_vec);
    Space::new(s.context(), s.dtype(), &shape, Layout::cut(1, s.context().size()), mask)
}

/// Numbers of a sequence, in [-1, 1] for both components, and exact in every dtype.
pub fn numbers<T: Element>(sequence: u64, count: usize) -> Vec<T> {
    (0..count)
        .map(|k| {
            let v = number(sequence, k, T::IS_COMPLEX);
            T::from_scalar(Scalar::complex(v.re, v.im))
        })
        .collect()
}

pub fn number(sequence: u64, index: usize, complex: bool) -> Complex64 {
    let mut h = sequence.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (index as u64 + 1).wrapping_mul(0xD1B5_4A32_D192_ED03);
    h = (h ^ (h >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let part = |bits: u64| (bits & 0x3FF) as f64 / 512.0 - 1.0;
    Complex64::new(part(h >> 20), if complex { part(h >> 40) } else { 0.0 })
}

/// A matrix of numbers, in a dtype, with a leading dimension of its own.
fn matrix(s: &Space, rows: i64, columns: i64, column_major: bool) -> Result<DenseMatrix> {
    dispatch!(s.dtype(), T => {
        let (stored, length) = if column_major { (columns, rows) } else { (rows, columns) };
        let elements = numbers::<T>((10 * rows + columns) as u64, (stored * (length + 2)) as usize);
        // SAFETY: the elements live until the copy is made.
        unsafe {
            let pointer = elements.as_ptr().cast();
            DenseMatrix::borrowed(T::DTYPE, (rows, columns), pointer, column_major, length + 2)?.to_owned()
        }
    })
}

/// A distributed matrix on vectors of two axes: the first of the space's, and the others as one, cut as in the space where
/// that can be.
fn distributed(s: &Space, rows: i64, save_adjoint: bool, layout: Layout, algorithm: Algorithm) -> Result<Operator> {
    let [a, b, c] = s.shape().unwrap().try_into().unwrap();
    let flat = |d: &GridDimension| match &d.role {
        Role::Cut { axis: 1 | 2, partition } => {
            let partition = match partition {
                Partition::Extents(_) => Partition::Ceiling,
                other => other.clone(),
            };
            GridDimension { ranks: d.ranks, role: Role::Cut { axis: 1, partition } }
        }
        _ => d.clone(),
    };
    let both = |layout: &Layout| [1, 2].iter().all(|axis| layout.cut_of_axis(*axis).is_some());
    let of_domain = match s.layout().unwrap() {
        Layout::Grid(grid) if !both(s.layout().unwrap()) => Layout::Grid(grid.iter().map(flat).collect()),
        _ => Layout::cut(1, s.context().size()),
    };
    let mask = || s.mask().map(<[i32]>::to_vec);
    let domain = Space::new(s.context(), s.dtype(), &[a, b * c], of_domain, mask())?;
    let of_matrix = Space::new(s.context(), s.dtype(), &[rows, a], layout, None)?;
    let matrix = Array::new(&of_matrix)?;
    dlops::arrays::random::fill(&matrix, dlops::arrays::random::Distribution::Normal, 7, 0)?;
    let choices = DistributedMatrix { algorithm, save_adjoint, panel: 2, ..DistributedMatrix::default() };
    basic::distributed_matrix_mult(&domain, &matrix, &choices)
}

fn local_matrix(s: &Space, rows: i64, columns: i64) -> Result<Operator> {
    let domain = Space::new(&s.context().local(), s.dtype(), &[columns], Layout::replicated(1), None)?;
    basic::matrix_mult(&domain, 0, matrix(&domain, rows, columns, false)?)
}

/// This rank's share of five matrices: the last of four ranks has none.
fn blocks(s: &Space, shape: fn(i64) -> (i64, i64)) -> Result<Vec<Operator>> {
    let (start, count) = ceiling_split(5, s.context().size() as i64, s.context().rank() as i64);
    let one = |k: i64| {
        let (rows, columns) = shape(k);
        algebra::scale(Scalar::real(1.0 + k as f64), &local_matrix(s, rows, columns)?)
    };
    (start..start + count).map(one).collect()
}

/// c I as a function of the host, on packed memory or on arrays as they are.
fn multiply(s: &Space, contiguous: bool) -> Result<Operator> {
    let by = |c: Scalar| -> Function { Box::new(move |x, y| verbs::axpby(c, x, Scalar::ZERO, y).map_or(1, |()| 0)) };
    let c = factor(s);
    let functions = Functions {
        forward: by(c),
        adjoint: Some(by(c.conj())),
        contiguous,
        complex_linear: true,
        name: "Multiply".into(),
    };
    callback(s, s, functions)
}
