//! Dense matrix times a matrix of columns: `gemv` for a few, the `gemm` crate for many.

use super::gemv::{gemv, Matrix, Vectors, MAX_COLUMNS};
use crate::dtype::{Element, Scalar};

/// y = beta y + alpha op(A) x for any number of columns, on the calling thread. With beta = 0, y is not read.
///
/// For more than `MAX_COLUMNS` columns the sums have the order of the `gemm` crate, which chooses its instructions itself
/// and allocates a small packing buffer. *Deterministic: same P.*
///
/// # Safety
/// A, x and y are valid for their sizes and strides, and y overlaps neither A nor x.
pub unsafe fn multiply<T: Element>(alpha: Scalar, a: &Matrix<T>, v: &Vectors<T>, beta: Scalar) {
    if v.columns <= MAX_COLUMNS {
        // SAFETY: as for this function.
        return unsafe { gemv(alpha, a, v, beta) };
    }
    let (rows, inner) = a.shape();
    let (column_step, row_step) = if a.transposed { (a.leading, 1) } else { (1, a.leading) };
    // SAFETY: as for this function. The crate's alpha scales y and its beta the product; it takes T by its type id.
    unsafe {
        gemm::gemm(
            rows,
            v.columns,
            inner,
            v.y,
            1,
            v.y_stride,
            !beta.is_zero(),
            a.data,
            column_step,
            row_step,
            v.x,
            1,
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
