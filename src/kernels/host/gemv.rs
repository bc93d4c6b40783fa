//! Dense matrix times a few vectors, in one pass over the matrix.
//!
//! y[r, c] = beta y[r, c] + alpha sum_k op(A)[r, k] x[k, c] for up to 16 columns c, which are the contiguous axis of x and
//! y. A is row-major with a leading dimension; a column-major matrix is the transpose of a row-major one.
//!
//! `single` (A x) reads one contiguous column of x where it is. Where a row of x fills at most half a cache line, numbers
//! of A lie along the lanes: `packed` (A x) and `spread` (A^T x) keep a block of x, or of the sums, by columns in the first
//! cache. Where it fills more, a row of x lies along the lanes and meets one element of A at a time: `columns` (A x) and
//! `outer` (A^T x). All let a few rows of A at once pass the block, and ask for the next rows meanwhile.
//!
//! Sums run in lanes of a cache line (`columns` and `outer`: an element's sum in one lane) with fused multiply-add on the
//! AVX paths, are folded every few hundred elements (A^T x: every `FOLD_ROWS` rows), which keeps float32 sums short, and
//! added in a fixed order: AVX2 and AVX-512 give the same bits, the baseline rounds after each product. An element does not
//! depend on how rows of op(A) are split over threads.
//! *Deterministic: same P* where the inner index is cut.

mod columns;
mod outer;
mod packed;
mod row;
mod single;
mod spread;
#[cfg(test)]
mod tests;
mod tiles;

use super::lanes::{on_lanes, LaneKernel, Lanes, LINE};
use crate::dtype::{Element, Scalar};
use std::mem::size_of;

/// The most columns of x and y.
pub const MAX_COLUMNS: usize = 16;

/// Rows of A that A^T x adds up before their sums are added to y, in the order of rows.
pub const FOLD_ROWS: usize = 1024;

/// A as it is stored, rows x columns, and op(A): A, A^T, conj(A) or A^H.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<T> {
    pub data: *const T,
    pub rows: usize,
    pub columns: usize,
    /// Elements from one row to the next.
    pub leading: isize,
    pub transposed: bool,
    pub conj: bool,
}

impl<T> Matrix<T> {
    /// Rows and columns of op(A).
    pub fn shape(&self) -> (usize, usize) {
        if self.transposed {
            (self.columns, self.rows)
        } else {
            (self.rows, self.columns)
        }
    }

    /// Rows `from..to` of op(A).
    pub fn slice(&self, from: usize, to: usize) -> Matrix<T> {
        let (step, n) = (if self.transposed { 1 } else { self.leading }, to - from);
        let data = self.data.wrapping_offset(from as isize * step);
        if self.transposed {
            Matrix { data, columns: n, ..*self }
        } else {
            Matrix { data, rows: n, ..*self }
        }
    }
}

/// x (readable) and y: rows of `columns` contiguous elements, the strides from row to row.
#[derive(Clone, Copy, Debug)]
pub struct Vectors<T> {
    pub x: *const T,
    pub x_stride: isize,
    pub y: *mut T,
    pub y_stride: isize,
    pub columns: usize,
}

/// y = beta y + alpha op(A) x. With beta = 0, y is not read.
///
/// Reads A once; further groups of columns find it in the cache, except in `columns` and `outer` on the baseline path,
/// which read A twice for more than eight columns of complex128.
///
/// # Safety
/// A, x and y are valid for their sizes and strides, and y overlaps neither A nor x.
pub unsafe fn gemv<T: Element>(alpha: Scalar, a: &Matrix<T>, v: &Vectors<T>, beta: Scalar) {
    assert!(v.columns <= MAX_COLUMNS, "gemv of {} columns", v.columns);
    if a.shape().0 > 0 && v.columns > 0 {
        on_lanes::<T>(Kernel { alpha, a: *a, v: *v, beta });
    }
}

#[derive(Clone, Copy)]
struct Kernel<T> {
    alpha: Scalar,
    a: Matrix<T>,
    v: Vectors<T>,
    beta: Scalar,
}

impl<T: Element> LaneKernel for Kernel<T> {
    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        let contiguous = self.v.columns == 1 && self.v.x_stride == 1;
        // A row of x fills more than half a line.
        let wide = self.v.columns * size_of::<T>() > LINE / 2;
        // SAFETY: as for `gemv`; the lanes have T's real type.
        unsafe {
            match (self.a.transposed, wide) {
                (false, _) if contiguous => single::rows::<V, T>(&self),
                (false, false) => packed::rows::<V, T>(&self),
                (false, true) => columns::rows::<V, T>(&self),
                (true, false) => spread::transposed::<V, T>(&self),
                (true, true) => outer::transposed::<V, T>(&self),
            }
        }
    }
}
