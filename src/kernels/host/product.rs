//! Elementwise products and quotients: one pass over memory each. Slices of one call have one length.

use super::elementwise::{at, components, components_mut, produce, update};
use super::vector::same_length;
use crate::dtype::{Element, Real, Scalar};

/// w = d x, elementwise, d conjugated when `conj`. Reads 2n, writes n.
pub fn multiply<T: Element>(w: &mut [T], d: &[T], conj: bool, x: &[T], stream: bool) {
    same_length(w.len(), d.len());
    same_length(w.len(), x.len());
    // SAFETY, both: i is inside.
    if conj && T::IS_COMPLEX {
        produce(
            w,
            stream,
            #[inline(always)]
            |i| unsafe { at(d, i).conj() * at(x, i) },
        );
    } else {
        produce(
            w,
            stream,
            #[inline(always)]
            |i| unsafe { at(d, i) * at(x, i) },
        );
    }
}

/// y = d y, elementwise, d conjugated when `conj`. Reads 2n, writes n.
pub fn multiply_in_place<T: Element>(y: &mut [T], d: &[T], conj: bool) {
    same_length(y.len(), d.len());
    // SAFETY, both: i is inside.
    if conj && T::IS_COMPLEX {
        update(
            y,
            #[inline(always)]
            |i, y| unsafe { at(d, i).conj() } * y,
        );
    } else {
        update(
            y,
            #[inline(always)]
            |i, y| unsafe { at(d, i) } * y,
        );
    }
}

/// y = a d x + b y, elementwise, d conjugated when `conj`. Reads 3n, writes n; with b = 0, y is not read.
pub fn multiply_add<T: Element>(a: Scalar, d: &[T], conj: bool, x: &[T], b: Scalar, y: &mut [T], stream: bool) {
    if b.is_zero() && a.is_one() {
        return multiply(y, d, conj, x, stream);
    }
    same_length(y.len(), d.len());
    same_length(y.len(), x.len());
    let (a, zero, b) = (T::from_scalar(a), b.is_zero(), T::from_scalar(b));
    // SAFETY, all: i is inside.
    match (conj && T::IS_COMPLEX, zero) {
        (true, true) => produce(
            y,
            stream,
            #[inline(always)]
            |i| unsafe { a * (at(d, i).conj() * at(x, i)) },
        ),
        (false, true) => produce(
            y,
            stream,
            #[inline(always)]
            |i| unsafe { a * (at(d, i) * at(x, i)) },
        ),
        (true, false) => update(
            y,
            #[inline(always)]
            |i, y| unsafe { a * (at(d, i).conj() * at(x, i)) + b * y },
        ),
        (false, false) => update(
            y,
            #[inline(always)]
            |i, y| unsafe { a * (at(d, i) * at(x, i)) + b * y },
        ),
    }
}

/// x / y for real and complex numbers: x conj(y) / |y|^2, the parts of y scaled by the larger one, so that |y|^2
/// neither overflows nor vanishes (Smith, CACM 5, 1962).
#[inline(always)]
fn quotient<R: Real>(x: [R; 2], y: [R; 2]) -> [R; 2] {
    let size = |v: R| if v < R::ZERO { -v } else { v };
    if size(y[0]) >= size(y[1]) {
        let r = y[1] / y[0];
        let d = y[0] + y[1] * r;
        [(x[0] + x[1] * r) / d, (x[1] - x[0] * r) / d]
    } else {
        let r = y[0] / y[1];
        let d = y[0] * r + y[1];
        [(x[0] * r + x[1]) / d, (x[1] * r - x[0]) / d]
    }
}

/// The components of a complex array as pairs.
fn pairs<T: Element>(x: &[T]) -> &[[T::Real; 2]] {
    let x = components(x);
    // SAFETY: the pairs lie inside x, and an array of two has the alignment of its element.
    unsafe { std::slice::from_raw_parts(x.as_ptr().cast(), x.len() / 2) }
}

fn pairs_mut<T: Element>(x: &mut [T]) -> &mut [[T::Real; 2]] {
    let x = components_mut(x);
    // SAFETY: as above.
    unsafe { std::slice::from_raw_parts_mut(x.as_mut_ptr().cast(), x.len() / 2) }
}

/// w = x / y, elementwise. Reads 2n, writes n.
pub fn divide<T: Element>(w: &mut [T], x: &[T], y: &[T], stream: bool) {
    same_length(w.len(), x.len());
    same_length(w.len(), y.len());
    // SAFETY, both: i is inside.
    if T::IS_COMPLEX {
        let (x, y) = (pairs(x), pairs(y));
        produce(
            pairs_mut(w),
            stream,
            #[inline(always)]
            |i| unsafe { quotient(at(x, i), at(y, i)) },
        );
    } else {
        let (x, y) = (components(x), components(y));
        produce(
            components_mut(w),
            stream,
            #[inline(always)]
            |i| unsafe { at(x, i) / at(y, i) },
        );
    }
}
