//! Magnitudes and parts of complex numbers, elementwise: one pass over memory each.

use super::elementwise::{at, components, produce};
use super::vector::{fill, same_length};
use crate::dtype::{Element, Real, Scalar};

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
