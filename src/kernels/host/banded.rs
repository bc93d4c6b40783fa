//! A real band matrix along one axis of a block.
//!
//! y[i] = beta y[i] + alpha sum_t B[t][i] x[i + t - before]. Elements of x outside of the array count as 0. The terms of an
//! element are added by rising t, each product rounded, so that a value does not depend on where ranks cut.
//! *Deterministic: any P.*

use super::convolve::Block;
use super::elementwise::components_mut;
use crate::dtype::{Element, Scalar};

/// A band matrix by diagonals.
#[derive(Clone, Copy, Debug)]
pub struct Band<'a, R> {
    /// Diagonal t holds the coefficients of all rows of the whole axis.
    pub diagonals: &'a [R],
    pub width: usize,
    /// The main diagonal.
    pub before: usize,
}

/// Elements that are summed at a time.
const SUMS: usize = 64;

/// y = beta y + alpha B x for all outer and inner indices. Reads x, but for the first cache, and B once for each outer
/// index and 64 columns.
///
/// # Safety
/// As for `convolve`: x, y and the halo are valid for the block's sizes and strides, and y overlaps none of them.
pub unsafe fn banded<T: Element>(band: &Band<T::Real>, alpha: Scalar, beta: Scalar, block: &Block<T>) {
    assert!(band.diagonals.len() >= block.total * band.width, "the band has a row for each output");
    rows(*band, alpha, beta, *block)
}

/// A block whose pointers were vouched for, on its way through `vectorized`.
type Checked<T> = Block<T>;

vectorized! {
    fn rows[T: Element](band: Band<T::Real>, alpha: Scalar, beta: Scalar, block: Checked<T>) {
        // Rows whose columns are all in x.
        let low = band.before.min(block.n);
        let high = (block.n + 1 + band.before).saturating_sub(band.width).max(low);
        let line = block.inner == 1 && block.x_strides[1] == 1 && block.y_strides[1] == 1 && !T::IS_COMPLEX;
        for outer in 0..block.outer {
            let mut i = 0;
            while i < block.n {
                let y = block.y.wrapping_offset(outer as isize * block.y_strides[0] + i as isize * block.y_strides[1]);
                let mut sums = [T::ZERO; SUMS];
                if line && i >= low && i < high {
                    let count = SUMS.min(high - i);
                    for t in 0..band.width {
                        let sums = components_mut(&mut sums[..count]);
                        let c = &band.diagonals[t * block.total + block.first + i..][..sums.len()];
                        let first = outer as isize * block.x_strides[0] + (i + t - band.before) as isize;
                        // SAFETY: rows i to i + count read columns inside the line of x.
                        let x = unsafe { std::slice::from_raw_parts(block.x.offset(first).cast::<T::Real>(), sums.len()) };
                        for k in 0..sums.len() {
                            sums[k] = sums[k] + c[k] * x[k];
                        }
                    }
                    // SAFETY: rows of y follow one another.
                    unsafe { finish(alpha, beta, y, &sums[..count]) };
                    i += count;
                    continue;
                }
                for column in (0..block.inner).step_by(SUMS) {
                    let width = SUMS.min(block.inner - column);
                    sums[..width].fill(T::ZERO);
                    for t in 0..band.width {
                        let Some(x) = block.row(outer, (i + t) as isize - band.before as isize) else { continue };
                        let (sums, c) = (components_mut(&mut sums[..width]), band.diagonals[t * block.total + block.first + i]);
                        // SAFETY: a row of x or of the halo has `inner` elements.
                        let x = unsafe { std::slice::from_raw_parts(x.add(column).cast::<T::Real>(), sums.len()) };
                        sums.iter_mut().zip(x).for_each(|(s, x)| *s = *s + c * *x);
                    }
                    // SAFETY: a row of y has `inner` elements.
                    unsafe { finish(alpha, beta, y.add(column), &sums[..width]) };
                }
                i += 1;
            }
        }
    }
}

/// y = alpha sums + beta y; with beta = 0, y is not read.
///
/// # Safety
/// y is valid for as many elements.
#[inline(always)]
pub(super) unsafe fn finish<T: Element>(alpha: Scalar, beta: Scalar, y: *mut T, sums: &[T]) {
    let (a, b) = (T::from_scalar(alpha), T::from_scalar(beta));
    for (j, s) in sums.iter().enumerate() {
        // SAFETY: as for this function.
        unsafe {
            let old = if beta.is_zero() { T::ZERO } else { b * y.add(j).read() };
            y.add(j).write(a * *s + old);
        }
    }
}
