//! Convolution along one axis with a filter for each line.
//!
//! y[i] = beta y[i] + alpha sum_t h[t] x[i + offset - t], with h of the line, or of its transpose with x[i - offset + t].
//! Elements of x outside of the array count as 0. The terms of an element are added by rising t, each product rounded,
//! so that a value does not depend on where ranks cut. *Deterministic: any P.*

use super::banded::finish;
use super::convolve::Block;
use crate::dtype::{Element, Scalar};

/// The filters of all lines: (lines before the axis, taps, lines after it), in C order.
#[derive(Clone, Copy, Debug)]
pub struct LineFilters<'a, T> {
    pub samples: &'a [T],
    pub taps: usize,
    /// Lines after the axis: elements from one sample of a filter to the next.
    pub trailing: usize,
    /// Place of lag 0.
    pub offset: usize,
    pub transposed: bool,
    pub conj: bool,
}

/// Elements that are summed at a time.
const SUMS: usize = 64;

/// y = beta y + alpha W x for all outer and inner indices. Reads x, but for the first cache, once, and each filter once
/// for every 64 elements of its line (once an element, where inner elements are neighbours).
///
/// # Safety
/// As for `convolve`: x, y and the halo are valid for the block's sizes and strides, and y overlaps none of them.
pub unsafe fn convolve_lines<T: Element>(filters: &LineFilters<T>, alpha: Scalar, beta: Scalar, block: &Block<T>) {
    let last = block.line + block.outer.saturating_sub(1) * block.line_step + block.inner;
    assert!(
        last.div_ceil(filters.trailing) * filters.taps * filters.trailing <= filters.samples.len(),
        "a filter each"
    );
    rows(*filters, alpha, beta, *block)
}

/// A block whose pointers were vouched for, on its way through `vectorized`.
type Checked<T> = Block<T>;

vectorized! {
    fn rows[T: Element](filters: LineFilters<T>, alpha: Scalar, beta: Scalar, block: Checked<T>) {
        let f = &filters;
        // Element read by output i and sample t: i + shift(t).
        let shift = |t: usize| if f.transposed { t as isize - f.offset as isize } else { f.offset as isize - t as isize };
        let value = |h: T| if f.conj { h.conj() } else { h };
        let n = block.n as isize;
        let line = block.inner == 1 && block.x_strides[1] == 1 && block.y_strides[1] == 1;
        for outer in 0..block.outer {
            let number = block.line + outer * block.line_step;
            let h = &f.samples[number / f.trailing * f.taps * f.trailing + number % f.trailing..];
            let start = block.y.wrapping_offset(outer as isize * block.y_strides[0]);
            for first in (0..block.n).step_by(if line { SUMS } else { 1 }) {
                let y = start.wrapping_offset(first as isize * block.y_strides[1]);
                let mut sums = [T::ZERO; SUMS];
                if line {
                    let count = SUMS.min(block.n - first);
                    for t in 0..f.taps {
                        let (h, from) = (value(h[t * f.trailing]), first as isize + shift(t));
                        // Outputs low..high read x, the others what lies beside it.
                        let low = (-from).clamp(0, count as isize) as usize;
                        let high = (n - from).clamp(low as isize, count as isize) as usize;
                        for k in (0..low).chain(high..count) {
                            if let Some(x) = block.row(outer, from + k as isize) {
                                // SAFETY: an element of a halo.
                                sums[k] = sums[k] + h * unsafe { *x };
                            }
                        }
                        if low < high {
                            let at = outer as isize * block.x_strides[0] + from + low as isize;
                            // SAFETY: these outputs read elements of the line of x.
                            let x = unsafe { std::slice::from_raw_parts(block.x.offset(at), high - low) };
                            sums[low..high].iter_mut().zip(x).for_each(|(s, x)| *s = *s + h * *x);
                        }
                    }
                    // SAFETY: rows of y follow one another.
                    unsafe { finish(alpha, beta, y, &sums[..count]) };
                    continue;
                }
                for column in (0..block.inner).step_by(SUMS) {
                    let width = SUMS.min(block.inner - column);
                    let sums = &mut sums[..width];
                    sums.fill(T::ZERO);
                    for t in 0..f.taps {
                        let Some(x) = block.row(outer, first as isize + shift(t)) else { continue };
                        let h = &h[t * f.trailing + column..][..width];
                        // SAFETY: a row of x or of the halo has `inner` elements.
                        let x = unsafe { std::slice::from_raw_parts(x.add(column), width) };
                        for k in 0..width {
                            sums[k] = sums[k] + value(h[k]) * x[k];
                        }
                    }
                    // SAFETY: a row of y has `inner` elements.
                    unsafe { finish(alpha, beta, y.add(column), sums) };
                }
            }
        }
    }
}
