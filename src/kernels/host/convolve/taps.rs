//! The filter's samples as real numbers, in the order in which they are applied.

use super::problem::Filter;
use crate::dtype::{Element, Real, Scalar};

/// The last sample first, as it meets the first element of x that an output reads; complex ones as pairs.
#[derive(Clone, Copy)]
pub(super) struct Taps<R> {
    pub table: *const R,
    pub count: usize,
}

impl<R: Real> Taps<R> {
    /// Writes the table.
    ///
    /// # Safety
    /// `table` is writable for the filter's samples as long as the result is in use.
    pub unsafe fn new<H: Element>(filter: &Filter<H>, table: *mut R) -> Taps<R> {
        let count = filter.taps.len();
        for place in 0..count {
            let Scalar { re, im } = filter.taps[if filter.flipped { place } else { count - 1 - place }].to_scalar();
            // SAFETY: each tap has its place.
            unsafe {
                let to = table.add(place * H::COMPONENTS);
                *to = R::from_f64(re);
                if H::IS_COMPLEX {
                    *to.add(1) = R::from_f64(if filter.conj { -im } else { im });
                }
            }
        }
        Taps { table, count }
    }

    /// The same taps, as numbers whose type has another name.
    pub fn cast<S>(&self) -> Taps<S> {
        assert!(size_of::<R>() == size_of::<S>());
        Taps { table: self.table.cast(), count: self.count }
    }
}
