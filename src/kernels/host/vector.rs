//! Elementwise kernels: one pass over memory each. Slices of one call have one length.
//!
//! `stream` makes an output bypass the cache (see `elementwise::produce`). A real coefficient on complex data runs as a
//! real loop of twice the length. The traffic is noted as elements read and written.

use super::elementwise::{at, components, components_mut, produce, update};
pub use super::parts::{absolute, imaginary_part, magnitude, real_part};
pub use super::product::{divide, multiply, multiply_add, multiply_in_place};
use crate::dtype::{Element, Real, Scalar};

pub(super) fn same_length(a: usize, b: usize) {
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

#[cfg(test)]
#[path = "vector_tests.rs"]
mod tests;
