//! The transform along an axis that cannot be whole on any rank: its elements are a matrix in C order.
//!
//! n = n1 n2, j = j1 n2 + j2, k = k1 + n1 k2, w = exp(-2 pi i / n):
//!
//! X[k1 + n1 k2] = sum_j2 w^(j2 k1) ( sum_j1 x[j1 n2 + j2] exp(-2 pi i j1 k1 / n1) ) exp(-2 pi i j2 k2 / n2)
//!
//! (1) columns j2 are dealt out, transformed along j1 and stored as rows [j2, k1]; (2) element (j2, k1) times w^(j2 k1);
//! (3) rows become columns: k1 are dealt out, with all j2; (4) they are transformed along j2. Element [k2, k1] of what comes
//! out is X[k2 n1 + k1]: natural order in C order. Source: Bailey, FFTs in external or hierarchical memory, J.
//! Supercomputing 4 (1990) 23.
//!
//! Where n has no factors that spread over the ranks, it is a cyclic convolution of length m = n1 n2 >= 2 n - 1, with
//! c_j = exp(-pi i j^2 / n): X[k] = c_k sum_j (c_j x_j) conj(c_(k - j)). The spectrum of conj(c) is made once, and never leaves
//! the order of step (4). Source: Bluestein, A linear filtering approach to the computation of discrete Fourier transform,
//! IEEE Trans. Audio Electroacoustics 18 (1970) 451.

use super::chain::Chain;
use super::factors::{Factors, Rule};
use super::map;
use super::matrix_pass::MatrixPass;
use super::stages::{Stage, Stages};
use super::step::Step;
use super::window::Window;
use super::{Axis, Fourier, Norm};
use crate::arrays::{Array, Space, Workspace};
use crate::dtype::Real;
use crate::error::Result;
use crate::fail;
use crate::kernels::host::roots::{root, Roots};
use crate::layout::{local_split, GridDimension, Layout, Partition, Role};
use crate::operators::redistributed::evenest_along;
use crate::operators::Mode;
use crate::storage::Memory;
use crate::transform::{Kind, Precision};
use num_complex::Complex;
use std::f64::consts::SQRT_2;

/// How an axis is seen as a matrix, and the three layouts of the array over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Matrix {
    axis: usize,
    /// Of the array, with n1 n2 elements along the axis.
    shape: Vec<i64>,
    /// n1 and n2.
    rows: i64,
    columns: i64,
    /// Whether n1 n2 is the length of a convolution in place of n.
    chirp: bool,
    /// Columns j2 of the n1 x n2 matrix dealt out; rows j2 of the n2 x n1 matrix; its columns k1.
    layouts: [Layout; 3],
}

impl Matrix {
    /// A transform of length `n` along `axis`, whatever its extent: by the factors whose largest local part is the smallest,
    /// and of those by the two that are nearest to one another.
    ///
    /// # Errors
    /// `Shape`: a convolution of length 2 n would exceed 2^62.
    pub fn new(shape: &[i64], ranks: usize, axis: usize, n: i64) -> Result<Matrix> {
        let others: i64 = (0..shape.len()).filter(|k| *k != axis).map(|k| shape[k]).product();
        let side = (n as f64).sqrt().ceil() as i64;
        let with = |length: i64| {
            let mut shape = shape.to_vec();
            shape[axis] = length;
            shape
        };
        // As everywhere, twice an even share; of fewer elements than P^2, two columns of a square.
        let share = (others as i128 * n as i128 / ranks as i128 + 1) as i64;
        let allowed = 2 * share.max(others * side);
        let mut best: Option<((i64, i64), Matrix)> = None;
        let factors = (2..=side).filter(|a| n % a == 0 && n / a > 1).flat_map(|a| [(a, n / a), (n / a, a)]);
        for (rows, columns) in factors.chain((n == 1).then_some((1, 1))) {
            let (largest, layouts) = layouts(shape, ranks, axis, rows, columns);
            let key = (largest, rows.max(columns));
            if largest <= allowed && best.as_ref().is_none_or(|b| key < b.0) {
                best = Some((key, Matrix { axis, shape: with(n), rows, columns, chirp: false, layouts }));
            }
        }
        if let Some((_, matrix)) = best {
            return Ok(matrix);
        }
        if n > 1 << 60 {
            fail!(Shape, "an FFT of length {n} by a convolution of twice that length");
        }
        let length = 2 * n - 1;
        let rows = smooth((length as f64).sqrt().ceil() as i64, ranks as i64);
        let columns = smooth((length as u64).div_ceil(rows as u64) as i64, ranks as i64);
        let (_, layouts) = layouts(shape, ranks, axis, rows, columns);
        Ok(Matrix { axis, shape: with(rows * columns), rows, columns, chirp: true, layouts })
    }

    /// Where the transform ends in natural order, over any extent of the axis.
    pub fn end(&self) -> &Layout {
        &self.layouts[if self.chirp { 0 } else { 2 }]
    }

    /// The steps of the transform, from the chain's last state to `end` over the spectrum's extent.
    /// `table` is what `chirp_spectrum` gives.
    pub fn extend<R: Precision>(
        &self,
        chain: &mut Chain<R>,
        axis: &Axis,
        kind: Kind,
        end: &Layout,
        table: Vec<Complex<R>>,
    ) -> Result<()> {
        let (from, at) = (chain.last().clone(), axis.axis);
        let mut shape = from.shaped("a transform")?.0.to_vec();
        let (dtype, n) = (from.dtype().complex(), axis.length);
        shape[at] = self.rows * self.columns;
        let state = |k: usize| Space::derived(&from, dtype, &shape, self.layouts[k].clone());
        let [columns, rows, turned] = [state(0)?, state(1)?, state(2)?];
        let roll = |shift: bool, n: i64| if shift { n / 2 } else { 0 };
        let model = columns.with_dtype(from.dtype());
        Window::push(chain, &model, at, [roll(axis.shifts[0], axis.model), 0], self.chirp)?;
        let real = kind != Kind::Complex;

        let threads = from.context().threads().len();
        let first_kind = if real && !self.chirp { Kind::RealToWhole } else { Kind::Complex };
        // 1.
        let first = |kind| MatrixPass::new(threads, kind, &columns, at, self.rows, true).map(Step::Matrix);
        // 2.
        let (row, _) = self.columns_of(&columns, self.columns);
        let order = (self.rows * self.columns) as u64;
        let twiddle =
            || Step::Factors(Factors::new(&rows, at, self.rows, Rule::Twiddle { roots: Roots::new(order), row }));
        // 3.
        let turn = |chain: &Chain<R>| -> Result<Step<R>> {
            Ok(Step::Move(Box::new(chain.ways((&rows, &[]), (&turned, &[]))?)))
        };
        // 4.
        let second = || MatrixPass::new(threads, Kind::Complex, &turned, at, self.columns, false).map(Step::Matrix);

        let end_space = |shape: &[i64]| {
            let mut shape = shape.to_vec();
            shape[at] = axis.spectrum;
            Space::derived(&from, dtype, &shape, end.clone())
        };
        // What stands for two in a plain half counts twice on the way back.
        let weights = if kind == (Kind::RealToHalf { plain: true }) { [1.0, 2.0] } else { [SQRT_2; 2] };
        let half = |space: &Space, row: i64| {
            let (first, count) = self.columns_of(space, row);
            Step::Factors(Factors::new(space, at, count, Rule::Half { row, first, last: (n - 1) / 2, weights }))
        };
        let chirp = || {
            let (first, count) = self.columns_of(&columns, self.columns);
            let rule = Rule::Chirp { roots: Roots::new(2 * n as u64), row: self.columns, first, n };
            Step::Factors(Factors::new(&columns, at, count, rule))
        };
        if self.chirp {
            chain.push(columns.clone(), chirp(), usize::from(real));
        }
        chain.push(rows.clone(), first(first_kind)?, 1);
        chain.push(rows.clone(), twiddle(), 0);
        let forth = turn(chain)?;
        chain.push(turned.clone(), forth, 1);
        chain.push(turned.clone(), second()?, 0);
        let back = |step: Step<R>| Step::Reversed(Box::new(step));
        if self.chirp {
            let local = turned.local_shape()[at];
            chain.push(turned.clone(), Step::Factors(Factors::new(&turned, at, local, Rule::Table(table))), 0);
            chain.push(turned.clone(), back(second()?), 0);
            let forth = turn(chain)?;
            chain.push(rows.clone(), back(forth), 1);
            chain.push(rows.clone(), back(twiddle()), 0);
            chain.push(columns.clone(), back(first(Kind::Complex)?), 1);
            chain.push(columns.clone(), chirp(), 0);
        }
        if kind.is_half() {
            let (space, row) = if self.chirp { (&columns, self.columns) } else { (&turned, self.rows) };
            chain.push(space.clone(), half(space, row), 0);
        }
        let end = end_space(&shape)?;
        Window::push(chain, &end, at, [0, roll(axis.shifts[1], axis.spectrum)], self.chirp || kind.is_half())
    }

    /// This rank's part, along the axis, of the spectrum of exp(pi i l^2 / n) for l from -n + 1 to n - 1 modulo the length m of
    /// the convolution, divided by m, as step 4 leaves it; nothing where the matrix needs none. `space` is any of the
    /// transform's. Collective.
    pub fn chirp_spectrum<R: Precision>(&self, space: &Space, n: i64) -> Result<Vec<Complex<R>>> {
        if !self.chirp {
            return Ok(Vec::new());
        }
        let (context, m) = (space.context(), self.rows * self.columns);
        let state = |layout: &Layout| Space::derived(space, space.dtype().complex(), &self.shape, layout.clone());
        let spaces = state(&self.layouts[0]).and_then(|model| Ok((model, state(&self.layouts[2])?)));
        let (model, spectrum) = context.agree(spaces)?;
        let axes = [Axis { axis: self.axis, length: m, model: m, spectrum: m, shifts: [false; 2] }];
        let plain = Matrix { chirp: false, ..self.clone() };
        let stages = Stages {
            stages: vec![Stage::Matrix { axis: 0, matrix: plain }],
            shape: self.shape.clone(),
            layout: self.layouts[2].clone(),
        };
        let workspace = Workspace::new(context, Memory::Host);
        let options = Fourier { norm: Norm::None, ..Fourier::default() };
        let transform = map::operator::<R>(&model, &spectrum, &axes, &stages, &options, "", &workspace)?;
        let ready = workspace.allocate().and_then(|()| transform.settle());
        let (x, y) = context.agree(ready.and_then(|()| Ok((Array::new(&model)?, Array::new(&spectrum)?))))?;
        let (first, count) = self.columns_of(&model, self.columns);
        let inner: i64 = model.local_shape()[self.axis + 1..].iter().product();
        let value = |place: i64| {
            // Local elements are blocks of m / columns lines of `count` places, each of `inner` elements.
            let local = place / inner % (self.rows * count);
            let l = local / count * self.columns + first + local % count;
            let l = if l < n { l } else { m - l };
            let square = i128::from(l) * i128::from(l) % i128::from(2 * n);
            let (re, im) = if l < n { root(square as u64, 2 * n as u64) } else { (0.0, 0.0) };
            Complex::new(<R as Real>::from_f64(re), <R as Real>::from_f64(im))
        };
        let source = x.local()?.pointer().cast::<Complex<R>>();
        // SAFETY: the array has as many complex elements of this precision.
        (0..model.local_count()).for_each(|k| unsafe { source.add(k as usize).write(value(k)) });
        let done = transform.apply(Mode::Forward, &x, &y);
        let inner: i64 = spectrum.local_shape()[self.axis + 1..].iter().product();
        let along = if spectrum.local_count() == 0 { 0 } else { spectrum.local_shape()[self.axis] };
        let result = y.local()?.pointer().cast::<Complex<R>>();
        let scale = <R as Real>::from_f64(1.0 / m as f64);
        // SAFETY: the first of the blocks has `along` places of `inner` elements.
        let table = (0..along).map(|k| unsafe { result.add((k * inner) as usize).read() }.scale(scale)).collect();
        context.agree(done.map(|()| table))
    }

    /// First column and number of columns of this rank, of a matrix of rows of `row` elements.
    fn columns_of(&self, space: &Space, row: i64) -> (i64, i64) {
        let cut = space.layout().and_then(|layout| layout.cut_of_axis(self.axis));
        cut.map_or((0, row), |cut| local_split(row, cut.ranks as i64, cut.part(space.context().rank()) as i64))
    }
}

/// The three layouts of the array over a matrix along `axis`, and the most elements that a rank has in one of them.
fn layouts(shape: &[i64], ranks: usize, axis: usize, rows: i64, columns: i64) -> (i64, [Layout; 3]) {
    // With the two axes of the matrix in the place of one, of which the first is whole.
    let even = |first: i64, second: i64| {
        let mut split = shape.to_vec();
        split.splice(axis..=axis, [first, second]);
        evenest_along(&split, ranks, &[axis]).unwrap_or((i64::MAX, Layout::cut(0, ranks)))
    };
    let joined = |layout: &Layout, partition: &dyn Fn(usize) -> Partition| {
        let Layout::Grid(grid) = layout else { return layout.clone() };
        let joined = grid.iter().map(|d| match &d.role {
            Role::Cut { axis: cut, .. } if *cut == axis + 1 => {
                GridDimension { ranks: d.ranks, role: Role::Cut { axis, partition: partition(d.ranks) } }
            }
            Role::Cut { axis: cut, partition } if *cut > axis => {
                GridDimension { ranks: d.ranks, role: Role::Cut { axis: cut - 1, partition: partition.clone() } }
            }
            _ => d.clone(),
        });
        Layout::Grid(joined.collect())
    };
    let ((before, dealt), (after, turned)) = (even(rows, columns), even(columns, rows));
    let blocks = |parts: usize| {
        Partition::Extents((0..parts).map(|p| local_split(columns, parts as i64, p as i64).1 * rows).collect())
    };
    let layouts = [
        joined(&dealt, &|_| Partition::Columns { row: columns }),
        joined(&dealt, &blocks),
        joined(&turned, &|_| Partition::Columns { row: rows }),
    ];
    (before.max(after), layouts)
}

/// The smallest number from `least` on that has no prime factors but 2, 3 and 5, times the number of ranks where `least`
/// is above it.
fn smooth(least: i64, ranks: i64) -> i64 {
    let unit = if least > ranks { ranks } else { 1 };
    let is_smooth = |mut k: i64| {
        [2, 3, 5].into_iter().for_each(|p| {
            while k % p == 0 {
                k /= p;
            }
        });
        k == 1
    };
    (least.div_euclid(unit)..)
        .map(|k| k.max(1))
        .find(|k| k * unit >= least && is_smooth(*k))
        .map_or(least, |k| k * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_are_even_and_long_enough() {
        for ranks in [2, 3, 4, 6, 9] {
            for n in (1..200).chain([1000, 1 << 16, 99_991, 2 * 4999]) {
                let matrix = Matrix::new(&[n], ranks, 0, n).expect("a matrix");
                let length = matrix.rows * matrix.columns;
                assert!(if matrix.chirp { length >= 2 * n - 1 } else { length == n }, "{n} on {ranks}: {matrix:?}");
                assert!(
                    length <= 2 * n.max(2) + 8 * n / 3 + 8 * ranks as i64 * ranks as i64,
                    "{n} on {ranks}: {matrix:?}"
                );
                for layout in &matrix.layouts {
                    layout.validate(&[length], ranks).expect("a layout of the length");
                    let largest = *layout.local_counts(&[length]).iter().max().expect("ranks");
                    let square = (length as f64).sqrt().ceil() as i64;
                    assert!(largest <= 2 * (length / ranks as i64 + 1).max(2 * square), "{n} on {ranks}: {matrix:?}");
                }
            }
        }
        assert!(Matrix::new(&[101], 2, 0, 101).expect("a matrix").chirp);
        let square = Matrix::new(&[1 << 16], 4, 0, 1 << 16).expect("a matrix");
        assert_eq!((square.rows, square.columns, square.chirp), (256, 256, false));
    }
}
