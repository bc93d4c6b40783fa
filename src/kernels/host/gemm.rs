//! Dense matrix times a matrix of columns: `gemv` for a few, the `gemm` crate for many.

mod turned;

use super::gemv::{gemv, Matrix, Vectors, MAX_COLUMNS};
use crate::dtype::{Element, Scalar};

/// y = beta y + alpha op(A) x for any number of columns, on the calling thread. With beta = 0, y is not read.
///
/// For more than `MAX_COLUMNS` columns the sums have the order of the `gemm` crate, which chooses its instructions itself
/// and allocates a packing buffer; `turned` allocates one of a few MB. *Deterministic: same P.*
///
/// # Safety
/// A, x and y are valid for their sizes and strides, and y overlaps neither A nor x.
pub unsafe fn multiply<T: Element>(alpha: Scalar, a: &Matrix<T>, v: &Vectors<T>, beta: Scalar) {
    if v.columns <= MAX_COLUMNS {
        // SAFETY: as for this function.
        return unsafe { gemv(alpha, a, v, beta) };
    }
    // SAFETY: as for this function.
    unsafe { multiply_apart(alpha, a, v, [1, 1], beta) }
}

/// As `multiply` for columns that are apart: `columns` are the strides of x and y from column to column. By the `gemm`
/// crate for any number of columns.
///
/// # Safety
/// As for `multiply`, with these strides.
pub unsafe fn multiply_apart<T: Element>(
    alpha: Scalar,
    a: &Matrix<T>,
    v: &Vectors<T>,
    columns: [isize; 2],
    beta: Scalar,
) {
    // SAFETY: as for this function.
    unsafe {
        if !(turned::pays(a, v, columns) && turned::multiply(alpha, a, v, columns, beta)) {
            product(alpha, a, v, columns, beta);
        }
    }
}

/// The `gemm` crate's product.
unsafe fn product<T: Element>(alpha: Scalar, a: &Matrix<T>, v: &Vectors<T>, columns: [isize; 2], beta: Scalar) {
    let (rows, inner) = a.shape();
    let (column_step, row_step) = if a.transposed { (a.leading, 1) } else { (1, a.leading) };
    // SAFETY: as for `multiply_apart`. The crate's alpha scales y and its beta the product; it takes T by its type id.
    unsafe {
        gemm::gemm(
            rows,
            v.columns,
            inner,
            v.y,
            columns[1],
            v.y_stride,
            !beta.is_zero(),
            a.data,
            column_step,
            row_step,
            v.x,
            columns[0],
            v.x_stride,
            T::from_scalar(beta),
            T::from_scalar(alpha),
            false,
            a.conj && T::IS_COMPLEX,
            false,
            gemm::Parallelism::None,
        );
    }
}
