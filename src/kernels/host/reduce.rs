//! Reductions over contiguous elements. Sums go into a `SumState` of the caller's choice, in double precision;
//! a product of two components is rounded to double once, so that the terms do not depend on path, thread or rank.

use super::elementwise::{at, components};
use super::sum::SumState;
use super::vector::magnitude;
use crate::dtype::{Element, Real};

/// Components handled at a time where two sums run over the same data: the second finds it in the first-level cache.
const BLOCK: usize = 1024;
/// Partial extremes, as many as `Plain` has partial sums.
const LANES: usize = 16;

#[inline(always)]
fn double<R: Real>(x: &[R], i: usize) -> f64 {
    // SAFETY: every caller stays inside the slice, by the counts it passes to `accumulate`.
    unsafe { at(x, i) }.to_f64()
}

/// -v for odd i.
#[inline(always)]
fn alternate(i: usize, v: f64) -> f64 {
    if i & 1 == 1 {
        -v
    } else {
        v
    }
}

vectorized! {
    /// re + i im += sum conj(x) y, or sum x y without `conj`. Real types leave `im` alone. Reads 2n.
    pub fn dot[T: Element, S: SumState](x: &[T], y: &[T], conj: bool, re: &mut S, im: &mut S) {
        assert_eq!(x.len(), y.len(), "lengths of dot");
        let (x, y) = (components(x), components(y));
        if !T::IS_COMPLEX {
            return re.accumulate(x.len(), #[inline(always)] |i| double(x, i) * double(y, i));
        }
        for (x, y) in x.chunks(BLOCK).zip(y.chunks(BLOCK)) {
            // Over components: re = sum x_i y_i and im = sum x_i y_(i^1), one of them with alternating sign.
            if conj {
                re.accumulate(x.len(), #[inline(always)] |i| double(x, i) * double(y, i));
                im.accumulate(x.len(), #[inline(always)] |i| alternate(i, double(x, i) * double(y, i ^ 1)));
            } else {
                re.accumulate(x.len(), #[inline(always)] |i| alternate(i, double(x, i) * double(y, i)));
                im.accumulate(x.len(), #[inline(always)] |i| double(x, i) * double(y, i ^ 1));
            }
        }
    }
}

vectorized! {
    /// sum += sum |x|^2. Reads n.
    pub fn sum_squares[T: Element, S: SumState](x: &[T], sum: &mut S) {
        let x = components(x);
        sum.accumulate(x.len(), #[inline(always)] |i| double(x, i) * double(x, i));
    }
}

vectorized! {
    /// re + i im += sum x. Real types leave `im` alone. Reads n.
    pub fn sum[T: Element, S: SumState](x: &[T], re: &mut S, im: &mut S) {
        let x = components(x);
        if !T::IS_COMPLEX {
            return re.accumulate(x.len(), #[inline(always)] |i| double(x, i));
        }
        for x in x.chunks(BLOCK) {
            re.accumulate(x.len() / 2, #[inline(always)] |i| double(x, 2 * i));
            im.accumulate(x.len() / 2, #[inline(always)] |i| double(x, 2 * i + 1));
        }
    }
}

vectorized! {
    /// sum += sum |x|. Reads n.
    pub fn sum_absolute[T: Element, S: SumState](x: &[T], sum: &mut S) {
        // SAFETY: i is below the length.
        sum.accumulate(x.len(), #[inline(always)] |i| magnitude(unsafe { at(x, i) }));
    }
}

/// sum += sum |x|^p. Reads n.
pub fn sum_powers<T: Element, S: SumState>(x: &[T], p: f64, sum: &mut S) {
    sum.accumulate(x.len(), |i| magnitude(x[i]).powf(p));
}

vectorized! {
    /// Elements that are not zero; NaN counts. Reads n.
    pub fn count_nonzero[T: Element](x: &[T]) -> u64 {
        x.iter().map(|x| u64::from(*x != T::ZERO)).sum()
    }
}

vectorized! {
    /// max |x|, at least 0; NaN when an element is. Reads n.
    pub fn max_absolute[T: Element](x: &[T]) -> f64 {
        extreme(x, 0.0, #[inline(always)] |value, best| (value > best) | value.is_nan())
    }
}

vectorized! {
    /// min |x|, infinity for no element; NaN when an element is. Reads n.
    pub fn min_absolute[T: Element](x: &[T]) -> f64 {
        extreme(x, f64::INFINITY, #[inline(always)] |value, best| (value < best) | value.is_nan())
    }
}

/// The best |x|. `better` is true for NaN, and nothing compares better than NaN, so NaN stays.
#[inline(always)]
fn extreme<T: Element>(x: &[T], start: f64, better: impl Fn(f64, f64) -> bool) -> f64 {
    let mut lanes = [start; LANES];
    let (whole, rest) = x.split_at(x.len() / LANES * LANES);
    for x in whole.chunks_exact(LANES).chain([rest]) {
        for (best, x) in lanes.iter_mut().zip(x) {
            let value = magnitude(*x);
            *best = if better(value, *best) { value } else { *best };
        }
    }
    lanes.into_iter().fold(start, |best, value| if better(value, best) { value } else { best })
}

#[cfg(test)]
#[path = "reduce_tests.rs"]
mod tests;
