//! The filter's samples as real numbers, in the order in which they are applied.

use super::{per_line, Filter};
use crate::dtype::{Element, Real, Scalar};

/// The taps as they are applied to data with Q elements in a cache line: r, r + Q, r + 2Q, ... for r = 0 .. Q; complex ones
/// as pairs. In the table they have this order, or rise.
#[derive(Clone, Copy)]
pub(super) struct Taps<R> {
    pub table: *const R,
    pub count: usize,
    /// Q.
    pub stride: usize,
}

impl<R: Real> Taps<R> {
    /// Writes the table. T is the type of the data.
    ///
    /// # Safety
    /// `table` is writable for the filter's samples as long as the result is in use.
    pub unsafe fn new<T: Element, H: Element>(filter: &Filter<H>, rising: bool, table: *mut R) -> Taps<R> {
        let taps = Taps { table, count: filter.taps.len(), stride: per_line::<T>() };
        let step = if rising { 1 } else { taps.stride };
        let order = (0..step).flat_map(|r| (r..taps.count).step_by(step));
        for (place, t) in order.enumerate() {
            let Scalar { re, im } = filter.taps[if filter.flipped { taps.count - 1 - t } else { t }].to_scalar();
            // SAFETY: each tap has its place.
            unsafe {
                let to = table.add(place * H::COMPONENTS);
                *to = R::from_f64(re);
                if H::IS_COMPLEX {
                    *to.add(1) = R::from_f64(if filter.conj { -im } else { im });
                }
            }
        }
        taps
    }

    /// How many r have how many taps: those below count mod Q, which have one more, and the others.
    #[inline(always)]
    pub fn shape(&self) -> [(usize, usize); 2] {
        let (m, more) = (self.count / self.stride, self.count % self.stride);
        [(more, m + 1), (self.stride - more, m)]
    }
}
