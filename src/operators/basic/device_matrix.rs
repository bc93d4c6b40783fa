//! A dense matrix on a device, and its products with arrays there by cuBLAS.

use super::dense_matrix::DenseMatrix;
use crate::arrays::local::packed_strides;
use crate::arrays::{verbs, Array};
use crate::device::{DeviceMemory, Matrices, Products, Stream, Turn, Vector};
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::{convert, vector, Strided, Walk};
use crate::layout::MAX_DIMENSIONS;
use crate::operators::Mode;
use std::sync::Arc;

/// M by columns, where A = M or A = M^T.
pub(super) struct DeviceMatrix {
    memory: DeviceMemory,
    dtype: DType,
    rows: i32,
    columns: i32,
    /// A = M^T: A was given by rows.
    turned: bool,
    /// For conj(x) in products that conjugate without transposing, which cuBLAS does not know.
    room: Option<DeviceMemory>,
}

type Strides = [i64; MAX_DIMENSIONS];

/// An array's elements, as a block of the shape that the operator knows.
#[derive(Clone, Copy)]
struct Place {
    pointer: u64,
    strides: Strides,
}

impl Place {
    fn new(x: &Array, shape: &[i64]) -> Result<Place> {
        let local = x.leaf()?;
        Ok(Place { pointer: local.pointer() as u64, strides: local.strides_as(shape)? })
    }
}

/// What cuBLAS counts in 32 bits.
pub(super) fn int(name: &str, n: i64) -> Result<i32> {
    match i32::try_from(n) {
        Ok(n) => Ok(n),
        Err(_) => fail!(Unsupported, "{name} of a matrix product is {n}, on a device at most 2^31 - 1 is supported"),
    }
}

impl DeviceMatrix {
    /// A packed copy, without room for arrays. Set-up: waits for it. `Unsupported` where there is no cuBLAS.
    pub(super) fn new(stream: &Arc<Stream>, matrix: &DenseMatrix) -> Result<DeviceMatrix> {
        stream.prepare_products()?;
        let packed = matrix.to_owned()?;
        let [columns, rows] = packed.lines();
        // SAFETY: the packed matrix has as many bytes of its own.
        let bytes = unsafe { std::slice::from_raw_parts(packed.data(), rows * columns * packed.dtype().size()) };
        let memory = DeviceMemory::of(stream, bytes)?;
        let (rows, columns) = (int("a dimension", rows as i64)?, int("a dimension", columns as i64)?);
        Ok(DeviceMatrix { memory, dtype: packed.dtype(), rows, columns, turned: !packed.is_column_major(), room: None })
    }

    /// Makes room for arrays of up to `elements` elements, which complex products may need.
    pub(super) fn plan(&mut self, elements: i64) -> Result<()> {
        if self.dtype.is_complex() {
            self.room = Some(DeviceMemory::new(self.memory.stream(), elements as usize * self.dtype.size())?);
        }
        Ok(())
    }

    /// y := alpha op(A) x + beta y along `axis`, x and y of the given local shapes.
    pub(super) fn apply(
        &self,
        mode: Mode,
        (before, after, axis): (&[i64], &[i64], usize),
        alpha: Scalar,
        x: &Array,
        beta: Scalar,
        y: &Array,
    ) -> Result<()> {
        if after.contains(&0) {
            return Ok(());
        }
        if before[axis] == 0 {
            return if beta.is_zero() { verbs::fill(y, Scalar::ZERO) } else { verbs::scale(beta, y) };
        }
        let (source, target) = (Place::new(x, before)?, Place::new(y, after)?);
        let work = Work::new(self, mode, (before, after, axis), source, target);
        if !work.lacks_conjugation(mode.conjugated() && self.dtype.is_complex()) {
            return work.run(mode.conjugated(), alpha, beta);
        }
        // alpha conj(M) x + beta y = conj(conj(alpha) M conj(x) + conj(beta) conj(y))
        let source = self.conjugated(before, &source)?;
        if !beta.is_zero() {
            verbs::conjugate(y)?;
        }
        Work::new(self, mode, (before, after, axis), source, target).run(false, alpha.conj(), beta.conj())?;
        verbs::conjugate(y)
    }

    /// conj(x) in the room.
    fn conjugated(&self, shape: &[i64], x: &Place) -> Result<Place> {
        let (stream, n, count) = (self.memory.stream(), shape.len(), shape.iter().product::<i64>() as usize);
        let Some(room) = self.room.as_ref().filter(|room| room.bytes() >= count * self.dtype.size()) else {
            fail!(Internal, "a matrix product without room for {count} elements");
        };
        let (to, strides) = (room.pointer(), packed_strides(shape));
        let from = Strided { pointer: x.pointer, strides: &x.strides[..n] };
        let walk = Walk::new(shape, [from, Strided { pointer: to, strides: &strides[..n] }])?;
        convert::convert(stream, walk, (self.dtype, x.pointer), (self.dtype, to))?;
        vector::conjugate_in_place(stream, self.dtype, Walk::contiguous(count, [to]), to)?;
        Ok(Place { pointer: to, strides })
    }
}

/// One axis of right-hand sides: how many, and the strides of x and y.
#[derive(Clone, Copy)]
struct Loop {
    extent: i64,
    strides: [i64; 2],
}

const ONCE: Loop = Loop { extent: 1, strides: [1, 1] };

/// One application: op(A) times the columns of every product.
struct Work<'a> {
    matrix: &'a DeviceMatrix,
    /// op(A) is M^T or M^H.
    turned: bool,
    pointers: [u64; 2],
    /// Extents of x and y along the axis, and their strides.
    lengths: [i64; 2],
    rows: [i64; 2],
    /// Right-hand sides of one product, the products of one call, and the axes that are left.
    columns: Loop,
    batch: Loop,
    others: [Loop; MAX_DIMENSIONS],
    others_count: usize,
}

impl<'a> Work<'a> {
    fn new(
        matrix: &'a DeviceMatrix,
        mode: Mode,
        (before, after, axis): (&[i64], &[i64], usize),
        x: Place,
        y: Place,
    ) -> Work<'a> {
        let strides = |k: usize| [x.strides[k], y.strides[k]];
        let (mut loops, mut count) = ([ONCE; MAX_DIMENSIONS], 0);
        for k in (0..after.len()).filter(|k| *k != axis && after[*k] != 1) {
            let inner = Loop { extent: after[k], strides: strides(k) };
            match loops[..count].last_mut() {
                Some(outer) if (0..2).all(|i| outer.strides[i] == inner.strides[i] * inner.extent) => {
                    *outer = Loop { extent: outer.extent * inner.extent, ..inner };
                }
                _ => {
                    loops[count] = inner;
                    count += 1;
                }
            }
        }
        let mut work = Work {
            matrix,
            turned: matrix.turned != mode.transposed(),
            pointers: [x.pointer, y.pointer],
            lengths: [before[axis], after[axis]],
            rows: strides(axis),
            columns: ONCE,
            batch: ONCE,
            others: loops,
            others_count: count,
        };
        // Neighbours in memory are the right-hand sides of one product, or the longest axis of others.
        let contiguous = work.others[..count].iter().position(|l| l.strides == [1, 1]);
        work.columns = work.take(contiguous);
        work.batch = work.take(None);
        work
    }

    /// Takes an axis out of those that are left; the longest where none is named.
    fn take(&mut self, wanted: Option<usize>) -> Loop {
        let longest = || (0..self.others_count).max_by_key(|k| self.others[*k].extent);
        let Some(k) = wanted.or_else(longest) else { return ONCE };
        let taken = self.others[k];
        self.others.copy_within(k + 1..self.others_count, k);
        self.others_count -= 1;
        taken
    }

    /// Whether x and y stand with their right-hand sides as rows of a matrix by columns: products are then turned.
    fn is_by_rows(&self) -> bool {
        self.columns.extent > 1 && self.columns.strides == [1, 1]
    }

    /// cuBLAS conjugates what it transposes only.
    fn lacks_conjugation(&self, conjugated: bool) -> bool {
        conjugated && self.turned == self.is_by_rows()
    }

    fn run(&self, conjugated: bool, alpha: Scalar, beta: Scalar) -> Result<()> {
        let products: i64 = self.others[..self.others_count].iter().map(|l| l.extent).product();
        let size = self.matrix.dtype.size() as i64;
        for k in 0..products {
            let (mut rest, mut at) = (k, [0i64; 2]);
            for l in self.others[..self.others_count].iter().rev() {
                let index = rest % l.extent;
                rest /= l.extent;
                (0..2).for_each(|i| at[i] += index * l.strides[i]);
            }
            let places = [0, 1].map(|i| self.pointers[i].wrapping_add_signed(at[i] * size));
            self.products(places, conjugated, alpha, beta)?;
        }
        Ok(())
    }

    fn products(&self, [x, y]: [u64; 2], conjugated: bool, alpha: Scalar, beta: Scalar) -> Result<()> {
        let (stream, m, batch) = (self.matrix.memory.stream(), self.matrix, self.batch);
        let turn = |turned: bool| match (turned, conjugated && m.dtype.is_complex()) {
            (false, _) => Turn::None,
            (true, false) => Turn::Transposed,
            (true, true) => Turn::Adjoint,
        };
        let a = Matrices { pointer: m.memory.pointer(), leading: m.rows.max(1), stride: 0 };
        let [inner, outer] = [int("an extent", self.lengths[0])?, int("an extent", self.lengths[1])?];
        let (columns, count) = (int("right-hand sides", self.columns.extent)?, int("products", batch.extent)?);
        let side = |k: usize, pointer: u64, between: i64, shortest: i32| -> Result<Matrices> {
            let leading = int("a stride", between)?.max(shortest);
            Ok(Matrices { pointer, leading, stride: batch.strides[k] })
        };
        if self.is_by_rows() {
            // Y^T = X^T op(A)^T
            let (b, c) = (side(0, x, self.rows[0], columns)?, side(1, y, self.rows[1], columns)?);
            let turns = [Turn::None, turn(!self.turned)];
            let all = Products { turns, m: columns, n: outer, k: inner, a: b, b: a, c, count };
            // SAFETY: strides and extents are those of arrays of the operator's spaces; x and y share no memory.
            return unsafe { stream.multiply(m.dtype, alpha, &all, beta) };
        }
        if self.columns.extent > 1 && self.rows == [1, 1] {
            let b = side(0, x, self.columns.strides[0], inner)?;
            let c = side(1, y, self.columns.strides[1], outer)?;
            let all =
                Products { turns: [turn(self.turned), Turn::None], m: outer, n: columns, k: inner, a, b, c, count };
            // SAFETY: as above.
            return unsafe { stream.multiply(m.dtype, alpha, &all, beta) };
        }
        let strides = [int("a stride", self.rows[0].max(1))?, int("a stride", self.rows[1].max(1))?];
        let size = m.dtype.size() as i64;
        for (p, c) in (0..batch.extent).flat_map(|p| (0..self.columns.extent).map(move |c| (p, c))) {
            let at = |k: usize, pointer: u64| Vector {
                pointer: pointer.wrapping_add_signed((p * batch.strides[k] + c * self.columns.strides[k]) * size),
                stride: strides[k],
            };
            let whole = (turn(self.turned), m.rows, m.columns, a);
            // SAFETY: as above.
            unsafe { stream.multiply_vector(m.dtype, alpha, whole, at(0, x), beta, at(1, y))? };
        }
        Ok(())
    }
}
