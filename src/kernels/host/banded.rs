//! A real band matrix along one axis of a block.
//!
//! y[i] = beta y[i] + alpha sum_t B[i][t] x[i + t - before]: one row of coefficients for each output, in the order of
//! the axis. Elements of x outside of the array count as 0.

use super::convolve::Block;
use super::elementwise::components_mut;
use crate::dtype::{Element, Real, Scalar};

/// A band matrix by rows.
#[derive(Clone, Copy, Debug)]
pub struct Band<'a, R> {
    /// `width` coefficients of each row of the whole axis.
    pub rows: &'a [R],
    pub width: usize,
    /// Place of the diagonal in a row.
    pub before: usize,
}

/// Real numbers of a row that are summed at a time.
const COLUMNS: usize = 64;

/// y = beta y + alpha B x for all outer and inner indices. Reads x, but for the first cache, and B once for each outer
/// index and 64 columns.
///
/// # Safety
/// As for `convolve`: x, y and the halo are valid for the block's sizes and strides, and y overlaps none of them.
pub unsafe fn banded<T: Element>(band: &Band<T::Real>, alpha: Scalar, beta: Scalar, block: &Block<T>) {
    assert!(band.rows.len() >= (block.first + block.n) * band.width, "the band has a row for each output");
    rows(*band, alpha, beta, *block)
}

/// Where row `i` of the block's line begins, halo included; None outside.
#[inline(always)]
fn source<T>(block: &Block<T>, outer: usize, i: isize) -> Option<*const T> {
    let (n, halo, outer) = (block.n as isize, &block.halo, outer as isize);
    let (before, after) = (halo.before_width as isize, halo.after_width as isize);
    let (base, strides, row) = match i {
        _ if i < -before || i >= n + after => return None,
        _ if i < 0 => (halo.before, halo.before_strides, i + before),
        _ if i < n => (block.x, block.x_strides, i),
        _ => (halo.after, halo.after_strides, i - n),
    };
    Some(base.wrapping_offset(outer * strides[0] + row * strides[1]))
}

/// A block whose pointers were vouched for, on its way through `vectorized`.
type Checked<T> = Block<T>;

vectorized! {
    fn rows[T: Element](band: Band<T::Real>, alpha: Scalar, beta: Scalar, block: Checked<T>) {
        let line = block.inner == 1 && block.x_strides[1] == 1 && !T::IS_COMPLEX;
        for outer in 0..block.outer {
            for i in 0..block.n {
                let at = (block.first + i) * band.width;
                let row = &band.rows[at..at + band.width];
                let start = i as isize - band.before as isize;
                let y = block.y.wrapping_offset(outer as isize * block.y_strides[0] + i as isize * block.y_strides[1]);
                let inside = start >= 0 && start + band.width as isize <= block.n as isize;
                match source(&block, outer, start) {
                    Some(x) if line && inside => {
                        // SAFETY: the row's columns are contiguous elements of x, and y has element i.
                        unsafe {
                            let x = std::slice::from_raw_parts(x.cast::<T::Real>(), band.width);
                            finish(alpha, beta, y, &[T::from_real(product(row, x))]);
                        }
                    }
                    _ => {
                        for column in (0..block.inner).step_by(COLUMNS / T::COMPONENTS) {
                            let width = (COLUMNS / T::COMPONENTS).min(block.inner - column);
                            let mut sums = [T::ZERO; COLUMNS];
                            for (t, coefficient) in row.iter().enumerate() {
                                let Some(x) = source(&block, outer, start + t as isize) else { continue };
                                let sums = components_mut(&mut sums[..width]);
                                // SAFETY: a row of x or of the halo has `inner` elements.
                                let x = unsafe { std::slice::from_raw_parts(x.add(column).cast::<T::Real>(), sums.len()) };
                                sums.iter_mut().zip(x).for_each(|(s, x)| *s = *s + *coefficient * *x);
                            }
                            // SAFETY: a row of y has `inner` elements.
                            unsafe { finish(alpha, beta, y.add(column), &sums[..width]) };
                        }
                    }
                }
            }
        }
    }
}

/// sum a b, in sixteen partial sums.
#[inline(always)]
fn product<R: Real>(a: &[R], b: &[R]) -> R {
    let mut lanes = [R::ZERO; 16];
    let (chunks, others) = (a.chunks_exact(16), b.chunks_exact(16));
    let tail = chunks.remainder().iter().zip(others.remainder()).fold(R::ZERO, |s, (a, b)| s + *a * *b);
    for (a, b) in chunks.zip(others) {
        for k in 0..16 {
            lanes[k] = lanes[k] + a[k] * b[k];
        }
    }
    lanes.iter().fold(tail, |s, v| s + *v)
}

/// y = alpha sums + beta y; with beta = 0, y is not read.
///
/// # Safety
/// y is valid for as many elements.
#[inline(always)]
unsafe fn finish<T: Element>(alpha: Scalar, beta: Scalar, y: *mut T, sums: &[T]) {
    let (a, b) = (T::from_scalar(alpha), T::from_scalar(beta));
    for (j, s) in sums.iter().enumerate() {
        // SAFETY: as for this function.
        unsafe {
            let old = if beta.is_zero() { T::ZERO } else { b * y.add(j).read() };
            y.add(j).write(a * *s + old);
        }
    }
}
