//! y = A x with a dense matrix along one axis.

use super::device_matrix::DeviceMatrix;
use crate::arrays::{Array, Space};
use crate::context::Context;
use crate::dispatch;
use crate::dtype::{DType, Element, Scalar};
use crate::error::Result;
use crate::fail;
use crate::kernels::host::gemm::{multiply, multiply_apart};
use crate::kernels::host::gemv::{Matrix, Vectors};
use crate::layout::{GridDimension, IndexBox, Layout, Partition, Role, MAX_DIMENSIONS};
use crate::operators::redistributed::{redistributed, whole_along};
use crate::operators::{LinearMap, Mode, Operator, Pace};
use crate::storage::{HostMemory, Memory};
use crate::threads::split;
use std::ops::Range;

/// Products of fewer multiplications are not worth waking other threads for.
const SERIAL: usize = 1 << 15;

/// A dense matrix in the host's memory or in a copy.
pub struct DenseMatrix {
    dtype: DType,
    /// Of A.
    rows: usize,
    columns: usize,
    /// A is stored by columns, which is A^T stored by rows.
    column_major: bool,
    /// Elements from one stored row or column to the next.
    leading: usize,
    data: *const u8,
    /// Keeps a copy alive.
    copy: Option<HostMemory>,
}

// SAFETY: the elements are only read; who lends them keeps them as long as the matrix.
unsafe impl Send for DenseMatrix {}
// SAFETY: as above.
unsafe impl Sync for DenseMatrix {}

impl DenseMatrix {
    /// A view of `rows` x `columns` elements with `leading` elements from one row (column, if `column_major`) to the
    /// next; 0 takes the smallest.
    ///
    /// # Safety
    /// The elements are valid, and not written to, as long as the matrix and operators made of it live.
    pub unsafe fn borrowed(
        dtype: DType,
        (rows, columns): (i64, i64),
        data: *const u8,
        column_major: bool,
        leading: i64,
    ) -> Result<DenseMatrix> {
        for (name, n) in [("rows", rows), ("columns", columns)] {
            if n < 0 {
                fail!(Argument, "{name} is {n}, expected 0 or more");
            }
        }
        if dtype.is_integer() {
            fail!(DType, "the matrix is {}, expected a floating-point type", dtype.name());
        }
        let (stored, length) = if column_major { (columns, rows) } else { (rows, columns) };
        let leading = if leading == 0 { length } else { leading };
        if leading < length {
            fail!(Argument, "the leading dimension is {leading}, expected {length} or more");
        }
        let extent = leading.checked_mul(stored).and_then(|n| n.checked_mul(dtype.size() as i64));
        if extent.is_none_or(|bytes| bytes > isize::MAX as i64) {
            fail!(Memory, "a matrix of {rows} x {columns} with leading dimension {leading} exceeds the address space");
        }
        if data.is_null() && rows > 0 && columns > 0 {
            fail!(NullPointer, "matrix is NULL, expected {rows} x {columns} elements");
        }
        if !(data as usize).is_multiple_of(dtype.real().size()) {
            fail!(Argument, "the matrix at {data:p} is not aligned for {}", dtype.name());
        }
        let (rows, columns, leading) = (rows as usize, columns as usize, leading as usize);
        Ok(DenseMatrix { dtype, rows, columns, column_major, leading, data, copy: None })
    }

    /// The same matrix in memory of its own, packed.
    pub fn to_owned(&self) -> Result<DenseMatrix> {
        let (stored, length) = if self.column_major { (self.columns, self.rows) } else { (self.rows, self.columns) };
        let size = self.dtype.size();
        let mut copy = HostMemory::for_elements(stored * length, size)?;
        let target = copy.as_mut_ptr();
        for row in 0..if length == 0 { 0 } else { stored } {
            let source = self.data.wrapping_add(row * self.leading * size);
            // SAFETY: each stored row has `length` elements on both sides.
            unsafe { std::ptr::copy_nonoverlapping(source, target.add(row * length * size), length * size) };
        }
        Ok(DenseMatrix { leading: length, data: copy.as_ptr(), copy: Some(copy), ..*self })
    }

    pub(super) fn dtype(&self) -> DType {
        self.dtype
    }

    pub(super) fn is_column_major(&self) -> bool {
        self.column_major
    }

    pub(super) fn data(&self) -> *const u8 {
        self.data
    }

    /// Rows and columns of the matrix by columns that the memory holds: A or A^T.
    pub(super) fn stored(&self) -> [usize; 2] {
        if self.column_major {
            [self.rows, self.columns]
        } else {
            [self.columns, self.rows]
        }
    }

    /// op(A) for the kernels.
    fn oriented<T>(&self, mode: Mode) -> Matrix<T> {
        let (rows, columns) = if self.column_major { (self.columns, self.rows) } else { (self.rows, self.columns) };
        Matrix {
            data: self.data.cast(),
            rows,
            columns,
            leading: self.leading as isize,
            transposed: self.column_major != mode.transposed(),
            conj: mode.conjugated(),
        }
    }
}

struct MatrixMult {
    matrix: DenseMatrix,
    axis: usize,
    /// This rank's shapes of domain and range.
    shapes: [Vec<i64>; 2],
    /// A copy there, where the spaces are there.
    on_device: Option<DeviceMatrix>,
}

/// y[.., i, ..] = sum_j A[i, j] x[.., j, ..] along `axis`, for all indices of the other axes: trailing axes are
/// right-hand sides. The range has `rows` elements along the axis in place of the domain's `columns`, and otherwise the
/// domain's layout. A is the same on all ranks. (PyLops' MatrixMult has axis 0.)
///
/// On a device, A is copied there and cuBLAS multiplies; complex operators keep room for one more array, since products
/// that conjugate A without transposing it need conj(x).
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
        if matrix.dtype != space.dtype() {
            fail!(DType, "the matrix is {}, but the space is {}", matrix.dtype.name(), space.dtype().name());
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
        if let Some(there) = &mut on_device {
            context.agree(there.plan(domain.local_count().max(range.local_count())))?;
        }
        let shapes = [domain.local_shape().to_vec(), range.local_shape().to_vec()];
        Ok(Operator::new(domain, range, MatrixMult { matrix, axis, shapes, on_device }))
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

/// One product: the strides of x and y from index to index of the axis, and from right-hand side to right-hand side.
pub(super) struct Product<T> {
    pub(super) matrix: Matrix<T>,
    pub(super) x: *const T,
    pub(super) y: *mut T,
    pub(super) rows: [isize; 2],
    pub(super) columns: [isize; 2],
}

impl<T: Element> Product<T> {
    /// Rows `rows` of op(A) on right-hand sides `columns`.
    pub(super) fn compute(&self, alpha: Scalar, beta: Scalar, rows: Range<usize>, columns: Range<usize>) {
        if rows.is_empty() || columns.is_empty() {
            return;
        }
        let matrix = self.matrix.slice(rows.start, rows.end);
        let first = columns.start as isize;
        let vectors = Vectors {
            x: self.x.wrapping_offset(first * self.columns[0]),
            x_stride: self.rows[0],
            y: self.y.wrapping_offset(first * self.columns[1] + rows.start as isize * self.rows[1]),
            y_stride: self.rows[1],
            columns: columns.len(),
        };
        // SAFETY: strides and extents are those of arrays of the operator's spaces; x and y share no memory.
        unsafe {
            match columns.len() == 1 || self.columns == [1, 1] {
                true => multiply(alpha, &matrix, &vectors, beta),
                false => multiply_apart(alpha, &matrix, &vectors, self.columns, beta),
            }
        }
    }
}

impl LinearMap for MatrixMult {
    fn name(&self) -> &str {
        "MatrixMult"
    }

    fn details(&self) -> String {
        let kept = if self.matrix.copy.is_some() { "copied" } else { "borrowed" };
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
            let one = |k: usize, rows: Range<usize>, columns: Range<usize>| {
                let (mut rest, mut at) = (k, [0isize; 2]);
                for (n, strides) in loops.iter().rev() {
                    let index = (rest % n) as isize;
                    rest /= n;
                    at = [at[0] + index * strides[0], at[1] + index * strides[1]];
                }
                let (x, y) = (source.pointer().cast::<T>(), target.pointer().cast::<T>());
                let (x, y) = (x.wrapping_offset(at[0]), y.wrapping_offset(at[1]));
                Product { matrix, x, y, rows: strides(self.axis), columns: column_strides }
                    .compute(alpha, beta, rows, columns);
            };
            let one = Shared(one);
            let threads = pool.len();
            let line = 64 / size_of::<T>();
            let work = rows.saturating_mul(inner).saturating_mul(columns).saturating_mul(products);
            if threads == 1 || work < SERIAL {
                (0..products).for_each(|k| one.call(k, 0..rows, 0..columns));
                return Ok(());
            }
            pool.run(&|t| match () {
                _ if products >= threads => split(products, threads, t, 1).for_each(|k| one.call(k, 0..rows, 0..columns)),
                _ if rows >= threads * line => {
                    (0..products).for_each(|k| one.call(k, split(rows, threads, t, line), 0..columns));
                }
                _ => (0..products).for_each(|k| one.call(k, 0..rows, split(columns, threads, t, line))),
            })
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

/// A closure over addresses of arrays.
pub(super) struct Shared<F>(pub(super) F);

// SAFETY: threads write disjoint parts of y, as for `Product`.
unsafe impl<F> Sync for Shared<F> {}

impl<F: Fn(usize, Range<usize>, Range<usize>)> Shared<F> {
    pub(super) fn call(&self, product: usize, rows: Range<usize>, columns: Range<usize>) {
        (self.0)(product, rows, columns)
    }
}
