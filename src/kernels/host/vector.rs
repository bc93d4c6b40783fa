//! Elementwise kernels: one pass over memory each. Slices of one call have one length.
//!
//! `stream` makes an output bypass the cache (see `elementwise::produce`). A real coefficient on complex data runs as a
//! real loop of twice the length. The traffic is noted as elements read and written.

use super::elementwise::{at, components, components_mut, produce, update};
use crate::dtype::{Element, Real, Scalar};

fn same_length(a: usize, b: usize) {
    assert_eq!(a, b, "lengths of one elementwise kernel");
}

fn real<R: Real>(a: Scalar) -> R {
    R::from_f64(a.re)
}

/// w = value. Writes n.
pub fn fill<T: Element>(w: &mut [T], value: Scalar, stream: bool) {
    let value = T::from_scalar(value);
    produce(
        w,
        stream,
        #[inline(always)]
        |_| value,
    );
}

/// w = x. Reads n, writes n.
pub fn copy<T: Copy>(w: &mut [T], x: &[T], stream: bool) {
    same_length(w.len(), x.len());
    if stream {
        // SAFETY: `produce` calls with i < w.len(), which is x.len().
        produce(
            w,
            true,
            #[inline(always)]
            |i| unsafe { at(x, i) },
        );
    } else {
        w.copy_from_slice(x);
    }
}

/// x = a x. Reads n, writes n. With a = 0 the result is 0 whatever x holds.
pub fn scale<T: Element>(a: Scalar, x: &mut [T]) {
    if a.is_zero() {
        fill(x, a, false);
    } else if a.is_real() {
        let a = real::<T::Real>(a);
        update(
            components_mut(x),
            #[inline(always)]
            |_, x| a * x,
        );
    } else {
        let a = T::from_scalar(a);
        update(
            x,
            #[inline(always)]
            |_, x| a * x,
        );
    }
}

/// w = a x. Reads n, writes n.
pub fn scale_into<T: Element>(w: &mut [T], a: Scalar, x: &[T], stream: bool) {
    same_length(w.len(), x.len());
    // SAFETY, here and in the closures below: `produce` and `update` call with i inside slices of equal length.
    if a.is_real() {
        let (a, w, x) = (real::<T::Real>(a), components_mut(w), components(x));
        produce(
            w,
            stream,
            #[inline(always)]
            |i| a * unsafe { at(x, i) },
        );
    } else {
        let a = T::from_scalar(a);
        produce(
            w,
            stream,
            #[inline(always)]
            |i| a * unsafe { at(x, i) },
        );
    }
}

/// y = y + a x. Reads 2n, writes n.
pub fn axpy<T: Element>(a: Scalar, x: &[T], y: &mut [T]) {
    same_length(x.len(), y.len());
    if a.is_real() {
        let (a, x) = (real::<T::Real>(a), components(x));
        // SAFETY: i is inside.
        update(
            components_mut(y),
            #[inline(always)]
            |i, y| y + a * unsafe { at(x, i) },
        );
    } else {
        let a = T::from_scalar(a);
        // SAFETY: i is inside.
        update(
            y,
            #[inline(always)]
            |i, y| y + a * unsafe { at(x, i) },
        );
    }
}

/// y = a x + b y. Reads 2n, writes n; with b = 0, y is not read.
pub fn axpby<T: Element>(a: Scalar, x: &[T], b: Scalar, y: &mut [T]) {
    if b.is_zero() {
        scale_into(y, a, x, false);
    } else if b.is_one() {
        axpy(a, x, y);
    } else if a.is_one() {
        xpby(x, b, y);
    } else if a.is_zero() {
        same_length(x.len(), y.len());
        scale(b, y);
    } else if a.is_real() && b.is_real() {
        same_length(x.len(), y.len());
        let (a, b, x) = (real::<T::Real>(a), real::<T::Real>(b), components(x));
        // SAFETY: i is inside.
        update(
            components_mut(y),
            #[inline(always)]
            |i, y| a * unsafe { at(x, i) } + b * y,
        );
    } else {
        same_length(x.len(), y.len());
        let (a, b) = (T::from_scalar(a), T::from_scalar(b));
        // SAFETY: i is inside.
        update(
            y,
            #[inline(always)]
            |i, y| a * unsafe { at(x, i) } + b * y,
        );
    }
}

/// y = x + b y. Reads 2n, writes n; with b = 0, y is not read.
pub fn xpby<T: Element>(x: &[T], b: Scalar, y: &mut [T]) {
    same_length(x.len(), y.len());
    if b.is_zero() {
        copy(y, x, false);
    } else if b.is_real() {
        let (b, x) = (real::<T::Real>(b), components(x));
        // SAFETY: i is inside.
        update(
            components_mut(y),
            #[inline(always)]
            |i, y| unsafe { at(x, i) } + b * y,
        );
    } else {
        let b = T::from_scalar(b);
        // SAFETY: i is inside.
        update(
            y,
            #[inline(always)]
            |i, y| unsafe { at(x, i) } + b * y,
        );
    }
}

/// w = a x + b y. Reads 2n, writes n; an operand with coefficient 0 is not read.
pub fn waxpby<T: Element>(w: &mut [T], a: Scalar, x: &[T], b: Scalar, y: &[T], stream: bool) {
    same_length(w.len(), x.len());
    same_length(w.len(), y.len());
    if b.is_zero() {
        scale_into(w, a, x, stream);
    } else if a.is_zero() {
        scale_into(w, b, y, stream);
    } else if a.is_real() && b.is_real() {
        let (a, b, x, y) = (real::<T::Real>(a), real::<T::Real>(b), components(x), components(y));
        // SAFETY: i is inside.
        produce(
            components_mut(w),
            stream,
            #[inline(always)]
            |i| unsafe { a * at(x, i) + b * at(y, i) },
        );
    } else {
        let (a, b) = (T::from_scalar(a), T::from_scalar(b));
        // SAFETY: i is inside.
        produce(
            w,
            stream,
            #[inline(always)]
            |i| unsafe { a * at(x, i) + b * at(y, i) },
        );
    }
}

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

/// w = conj(x). Reads n, writes n.
pub fn conjugate<T: Element>(w: &mut [T], x: &[T], stream: bool) {
    same_length(w.len(), x.len());
    // SAFETY: i is inside.
    produce(
        w,
        stream,
        #[inline(always)]
        |i| unsafe { at(x, i) }.conj(),
    );
}

/// x = conj(x). Reads n, writes n; nothing for real types.
pub fn conjugate_in_place<T: Element>(x: &mut [T]) {
    if T::IS_COMPLEX {
        update(
            x,
            #[inline(always)]
            |_, x| x.conj(),
        );
    }
}

/// x = x + a. Reads n, writes n.
pub fn add_scalar<T: Element>(a: Scalar, x: &mut [T]) {
    let a = T::from_scalar(a);
    update(
        x,
        #[inline(always)]
        |_, x| x + a,
    );
}

/// |z| from its parts in double precision; the scaled form where the squares leave the safe range.
#[inline(always)]
pub fn magnitude<T: Element>(z: T) -> f64 {
    if !T::IS_COMPLEX {
        return z.abs();
    }
    let square = z.abs_squared();
    if (1e-280..1e300).contains(&square) {
        square.sqrt()
    } else {
        z.abs()
    }
}

/// w = |x|. Reads n, writes n real elements.
pub fn absolute<T: Element>(w: &mut [T::Real], x: &[T], stream: bool) {
    same_length(w.len(), x.len());
    // SAFETY: i is inside.
    produce(
        w,
        stream,
        #[inline(always)]
        |i| T::Real::from_f64(magnitude(unsafe { at(x, i) })),
    );
}

/// w = Re(x). Reads n, writes n real elements.
pub fn real_part<T: Element>(w: &mut [T::Real], x: &[T], stream: bool) {
    same_length(w.len(), x.len());
    let x = components(x);
    // SAFETY: i * COMPONENTS is inside the components.
    produce(
        w,
        stream,
        #[inline(always)]
        |i| unsafe { at(x, i * T::COMPONENTS) },
    );
}

/// w = Im(x), 0 for real types. Reads n, writes n real elements.
pub fn imaginary_part<T: Element>(w: &mut [T::Real], x: &[T], stream: bool) {
    same_length(w.len(), x.len());
    if !T::IS_COMPLEX {
        return fill(w, Scalar::ZERO, stream);
    }
    let x = components(x);
    // SAFETY: 2 i + 1 is inside the components.
    produce(
        w,
        stream,
        #[inline(always)]
        |i| unsafe { at(x, 2 * i + 1) },
    );
}

#[cfg(test)]
#[path = "vector_tests.rs"]
mod tests;
