//! y = A x with a dense matrix along one axis.

use super::dense_matrix::DenseMatrix;
use super::dense_product::Product;
use super::device_matrix::DeviceMatrix;
use super::row_blocks::RowBlocks;
use crate::arrays::{Array, Space};
use crate::context::Context;
use crate::dispatch;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::fail;
use crate::kernels::cpu::LINE;
use crate::layout::{GridDimension, IndexBox, Layout, Partition, Role, MAX_DIMENSIONS};
use crate::operators::redistributed::{redistributed, whole_along};
use crate::operators::{LinearMap, Mode, Operator, Pace};
use crate::storage::Memory;
use crate::threads::split;

/// Products of fewer multiplications are not worth waking other threads for.
const SERIAL: usize = 1 << 15;

struct MatrixMult {
    matrix: DenseMatrix,
    axis: usize,
    /// This rank's shapes of domain and range.
    shapes: [Vec<i64>; 2],
    /// A copy there, where the spaces are there.
    on_device: Option<DeviceMatrix>,
    /// Where the mode that adds up lines of the stored matrix is shared by them.
    row_blocks: Option<RowBlocks>,
}

/// y[.., i, ..] = sum_j A[i, j] x[.., j, ..] along `axis`, for all indices of the other axes: trailing axes are
/// right-hand sides. The range has `rows` elements along the axis in place of the domain's `columns`, and otherwise the
/// domain's layout. A is the same on all ranks. (PyLops' MatrixMult has axis 0.)
///
/// On a device, A is copied there and cuBLAS multiplies; complex operators keep room for one more array, since products
/// that conjugate A without transposing it need conj(x).
///
/// On several threads the operator keeps sums of up to 16 right-hand sides over 1024 of A's rows (or columns, where it is
/// stored by columns): room for A's size, times right-hand sides over 1024.
///
/// Along a whole axis nothing is sent; otherwise the array is redistributed so that it is whole. Collective.
///
/// # Errors
/// `Axis`, `Shape` (A's columns and the axis differ), `DType` (A and the space differ), `Layout` (the other axes cannot
/// carry the cut), `Space`,
/// `Unsupported` (device arrays without cuBLAS).
pub fn matrix_mult(space: &Space, axis: usize, matrix: DenseMatrix) -> Result<Operator> {
    let context = space.context();
    let (rows, columns) = (matrix.rows, matrix.columns);
    let plan = || -> Result<_> {
        let (shape, layout) = space.shaped("a matrix product")?;
        if axis >= shape.len() {
            fail!(Axis, "axis is {axis}, the space has {} axes", shape.len());
        }
        if matrix.dtype() != space.dtype() {
            fail!(DType, "the matrix is {}, but the space is {}", matrix.dtype().name(), space.dtype().name());
        }
        if shape[axis] != columns as i64 {
            fail!(Shape, "the matrix has {columns} columns, but axis {axis} of the space has {} elements", shape[axis]);
        }
        let mut range = shape.to_vec();
        range[axis] = rows as i64;
        let whole = match layout.axis_is_whole(shape, axis) {
            true => None,
            false => Some(whole_along(shape, context.size(), &[axis])?),
        };
        let on_device = match (space.memory(), context.stream()) {
            (Memory::Cuda, Some(stream)) => Some(DeviceMatrix::new(stream, &matrix)?),
            _ => None,
        };
        Ok((shape.to_vec(), range, layout.clone(), whole, on_device))
    };
    let text = format!("MatrixMult of {rows} x {columns} along axis {axis} of {space}");
    let (shape, range, layout, whole, mut on_device) = context.agree_on(plan(), &text)?;
    let mask = || space.mask().map(<[i32]>::to_vec);
    let spaces = |domain: &Space, layout: &Layout| -> Result<(Space, Space)> {
        let layout = range_layout(layout, axis, columns as i64, rows as i64);
        Ok((domain.clone(), Space::new(context, space.dtype(), &range, layout, mask())?.with_memory(space.memory())?))
    };
    let product = |(domain, range): (Space, Space)| {
        let shapes = [domain.local_shape().to_vec(), range.local_shape().to_vec()];
        let right_hand_sides = (0..shapes[0].len()).filter(|k| *k != axis).map(|k| shapes[0][k] as usize).product();
        let room = match &mut on_device {
            Some(there) => there.plan(domain.local_count().max(range.local_count())).map(|()| None),
            None => RowBlocks::new(context.threads().len(), matrix.dtype(), matrix.lines(), right_hand_sides),
        };
        let row_blocks = context.agree(room)?;
        Ok(Operator::new(domain, range, MatrixMult { matrix, axis, shapes, on_device, row_blocks }))
    };
    let Some(whole) = whole else { return product(spaces(space, &layout)?) };
    let inner = Space::new(context, space.dtype(), &shape, whole.clone(), mask())?.with_memory(space.memory())?;
    let inner = product(spaces(&inner, &whole)?)?;
    // Boxes that cut the axis have no counterpart in the range.
    let outer = if let Layout::Boxes(_) = layout { inner.range().clone() } else { spaces(space, &layout)?.1 };
    redistributed(space, &outer, inner)
}

/// The layout with `rows` elements along the axis in place of `columns`.
pub(super) fn range_layout(layout: &Layout, axis: usize, columns: i64, rows: i64) -> Layout {
    let whole = |b: &IndexBox| b.lower[axis] == 0 && b.upper[axis] == columns;
    match layout {
        Layout::Grid(grid) => {
            let resize = |d: &GridDimension| match &d.role {
                Role::Cut { axis: cut, partition: Partition::Extents(_) } if *cut == axis && rows != columns => {
                    GridDimension { ranks: d.ranks, role: Role::Cut { axis, partition: Partition::Balanced } }
                }
                _ => d.clone(),
            };
            Layout::Grid(grid.iter().map(resize).collect())
        }
        Layout::Boxes(boxes) => {
            let resize = |b: &IndexBox| {
                let mut b = b.clone();
                (b.lower[axis], b.upper[axis]) = (0, if whole(&b) { rows } else { 0 });
                b
            };
            Layout::Boxes(boxes.iter().map(resize).collect())
        }
        Layout::Local(_) => layout.clone(),
    }
}

impl LinearMap for MatrixMult {
    fn name(&self) -> &str {
        "MatrixMult"
    }

    fn details(&self) -> String {
        let kept = if self.matrix.is_copy() { "copied" } else { "borrowed" };
        format!("{} x {}, {kept}, axis {}", self.matrix.rows, self.matrix.columns, self.axis)
    }

    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let (from, to) = if mode.transposed() { (1, 0) } else { (0, 1) };
        if y.local_count() == 0 {
            // A rank without elements, whose part of the axis is empty too.
            return Ok(());
        }
        if let Some(matrix) = &self.on_device {
            let shapes = (&self.shapes[from][..], &self.shapes[to][..], self.axis);
            return matrix.apply(mode, shapes, alpha, x, beta, y);
        }
        let (source, target) = (x.local()?, y.local()?);
        let (read, write) = (source.strides_as(&self.shapes[from])?, target.strides_as(&self.shapes[to])?);
        let strides = |k: usize| [read[k] as isize, write[k] as isize];
        // Axes of right-hand sides, neighbours merged where memory allows it: (extent, strides of x and y).
        let mut loops = [(1usize, [1isize; 2]); MAX_DIMENSIONS];
        let mut count = 0;
        for k in (0..self.shapes[to].len()).filter(|k| *k != self.axis) {
            let (n, inner) = (self.shapes[to][k] as usize, strides(k));
            match loops[..count].last_mut() {
                _ if n == 1 => {}
                Some((m, outer)) if (0..2).all(|i| outer[i] == inner[i] * n as isize) => (*m, *outer) = (*m * n, inner),
                _ => {
                    loops[count] = (n, inner);
                    count += 1;
                }
            }
        }
        // The kernel takes contiguous right-hand sides at once, or the longest axis of others.
        let loops = &mut loops[..count];
        let contiguous = loops.iter().position(|l| l.1 == [1, 1]);
        let chosen = contiguous.or((0..count).max_by_key(|k| loops[*k].0));
        let (columns, column_strides) = chosen.map_or((1, [1, 1]), |k| loops[k]);
        if let Some(k) = chosen {
            loops[k].0 = 1;
        }
        let products: usize = loops.iter().map(|l| l.0).product();
        let pool = y.space().context().threads();
        dispatch!(y.dtype(), T => {
            let matrix = self.matrix.oriented::<T>(mode);
            let (rows, inner) = matrix.shape();
            let first = Product {
                matrix,
                x: source.pointer().cast::<T>(),
                y: target.pointer().cast::<T>(),
                rows: strides(self.axis),
                columns: column_strides,
            };
            let product = |k: usize| {
                let (mut rest, mut at) = (k, [0isize; 2]);
                for (n, strides) in loops.iter().rev() {
                    let index = (rest % n) as isize;
                    rest /= n;
                    at = [at[0] + index * strides[0], at[1] + index * strides[1]];
                }
                first.moved(at)
            };
            let threads = pool.len();
            let line = LINE / size_of::<T>();
            let work = rows.saturating_mul(inner).saturating_mul(columns).saturating_mul(products);
            if threads == 1 || work < SERIAL {
                (0..products).for_each(|k| product(k).compute(alpha, beta, 0..rows, 0..columns));
                return Ok(());
            }
            let one = |k: usize, rows, columns| product(k).compute(alpha, beta, rows, columns);
            if products >= threads {
                return pool.run(&|t| split(products, threads, t, 1).for_each(|k| one(k, 0..rows, 0..columns)));
            }
            let summed_apart = matrix.transposed && first.has_columns_together(columns);
            let blocks = self.row_blocks.as_ref().filter(|_| summed_apart);
            for k in 0..products {
                let done = blocks.map_or(Ok(false), |b| b.compute(pool, &product(k), columns, alpha, beta))?;
                if !done {
                    pool.run(&|t| match rows >= threads * line {
                        true => one(k, split(rows, threads, t, line), 0..columns),
                        false => one(k, 0..rows, split(columns, threads, t, line)),
                    })?;
                }
            }
            Ok(())
        })
    }

    /// A complex product takes memory from the pool in some modes.
    fn pace(&self, _: &Context) -> Pace {
        if self.matrix.dtype().is_complex() {
            Pace::Queues
        } else {
            Pace::Repeats
        }
    }
}
