//! A product of a dense matrix and columns in memory, and parts of it, which threads compute.

use crate::dtype::{Element, Scalar};
use crate::kernels::host::gemm::{multiply, multiply_apart};
use crate::kernels::host::gemv::{Matrix, Vectors};
use std::ops::Range;

/// One product: the strides of x and y from index to index of the axis, and from right-hand side to right-hand side.
#[derive(Clone, Copy)]
pub(super) struct Product<T> {
    pub(super) matrix: Matrix<T>,
    pub(super) x: *const T,
    pub(super) y: *mut T,
    pub(super) rows: [isize; 2],
    pub(super) columns: [isize; 2],
}

// SAFETY: threads write disjoint parts of y; A and x are only read.
unsafe impl<T: Element> Sync for Product<T> {}

impl<T: Element> Product<T> {
    /// The same product of other numbers, so many elements of x and y further on.
    pub(super) fn moved(&self, [x, y]: [isize; 2]) -> Product<T> {
        Product { x: self.x.wrapping_offset(x), y: self.y.wrapping_offset(y), ..*self }
    }

    /// What rows `rows` of the stored matrix add up to, where op(A) is transposed.
    pub(super) fn of_stored_rows(&self, rows: Range<usize>) -> Product<T> {
        let first = rows.start as isize;
        let data = self.matrix.data.wrapping_offset(first * self.matrix.leading);
        let matrix = Matrix { data, rows: rows.len(), ..self.matrix };
        Product { matrix, ..self.moved([first * self.rows[0], 0]) }
    }

    /// Whether the kernels for a few right-hand sides take so many of them.
    pub(super) fn has_columns_together(&self, count: usize) -> bool {
        count == 1 || self.columns == [1, 1]
    }

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
            match self.has_columns_together(columns.len()) {
                true => multiply(alpha, &matrix, &vectors, beta),
                false => multiply_apart(alpha, &matrix, &vectors, self.columns, beta),
            }
        }
    }
}
