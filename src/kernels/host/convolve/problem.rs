//! What is convolved with what.

use super::super::lanes::LINE;
use crate::dtype::{Element, Scalar};
use std::mem::size_of;

/// A filter as it is applied: its samples, in which order, and conjugated or not.
#[derive(Clone, Copy, Debug)]
pub struct Filter<'a, H> {
    pub(super) taps: &'a [H],
    offset: usize,
    pub(super) flipped: bool,
    pub(super) conj: bool,
}

impl<'a, H: Element> Filter<'a, H> {
    /// `offset < taps.len()` is the place of lag 0.
    pub fn new(taps: &'a [H], offset: usize) -> Filter<'a, H> {
        assert!(offset < taps.len(), "the filter's offset {offset} is not below its length {}", taps.len());
        Filter { taps, offset, flipped: false, conj: false }
    }

    /// The filter of the transposed matrix.
    pub fn transpose(self) -> Filter<'a, H> {
        Filter { offset: self.taps.len() - 1 - self.offset, flipped: !self.flipped, ..self }
    }

    pub fn conj(self) -> Filter<'a, H> {
        Filter { conj: !self.conj, ..self }
    }

    /// The filter of the adjoint matrix.
    pub fn adjoint(self) -> Filter<'a, H> {
        self.transpose().conj()
    }

    /// How many elements before and after an output the sum reads.
    pub fn reach(&self) -> (usize, usize) {
        (self.taps.len() - 1 - self.offset, self.offset)
    }
}

/// D in W D: (D x)[i] = x[i+1] - x[i] (last row 0), x[i] - x[i-1] (first row 0), or (x[i+1] - x[i-1]) / 2 (both 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derivative {
    Forward,
    Backward,
    Centered,
}

impl Derivative {
    /// Coefficients of x[i-1], x[i], x[i+1].
    pub(super) fn coefficients(self) -> [f64; 3] {
        match self {
            Derivative::Forward => [0.0, -1.0, 1.0],
            Derivative::Backward => [-1.0, 1.0, 0.0],
            Derivative::Centered => [-0.5, 0.0, 0.5],
        }
    }

    /// Rows of D that are not 0, of so many.
    fn rows(self, total: usize) -> (isize, isize) {
        let n = total as isize;
        match self {
            Derivative::Forward => (0, n - 1),
            Derivative::Backward => (1, n),
            Derivative::Centered => (1, n - 1),
        }
    }
}

/// What is done to x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// W x.
    Convolve,
    /// W D x.
    DerivativeFirst(Derivative),
    /// D^T W x: for the adjoint of W D, with the filter's adjoint.
    TransposedDerivativeLast(Derivative),
}

impl Stage {
    /// Elements of x that the derivative needs beyond the filter's reach, on either side.
    pub fn reach(self) -> usize {
        usize::from(self != Stage::Convolve)
    }
}

/// x and y as (outer, n, inner) with strides in elements; the inner elements are contiguous.
#[derive(Clone, Copy, Debug)]
pub struct Block<T> {
    pub x: *const T,
    pub y: *mut T,
    pub outer: usize,
    pub n: usize,
    pub inner: usize,
    /// Of the outer axis and of the axis of length n.
    pub x_strides: [isize; 2],
    pub y_strides: [isize; 2],
    /// Global index of the first of the n, and how many there are in all.
    pub first: usize,
    pub total: usize,
    /// Number of the first line in the order of memory, and how much it grows from one outer index to the next.
    pub line: usize,
    pub line_step: usize,
    pub halo: Halo<T>,
}

impl<T> Block<T> {
    /// Where row `i` of line `outer` begins, in x or in the halo; None outside.
    #[inline(always)]
    pub(in super::super) fn row(&self, outer: usize, i: isize) -> Option<*const T> {
        let (n, halo, outer) = (self.n as isize, &self.halo, outer as isize);
        let (before, after) = (halo.before_width as isize, halo.after_width as isize);
        let (base, strides, row) = match i {
            _ if i < -before || i >= n + after => return None,
            _ if i < 0 => (halo.before, halo.before_strides, i + before),
            _ if i < n => (self.x, self.x_strides, i),
            _ => (halo.after, halo.after_strides, i - n),
        };
        Some(base.wrapping_offset(outer * strides[0] + row * strides[1]))
    }
}

/// The elements next to the block as (outer, width, inner), from the neighbours' or from the same array. Elements further
/// out count as 0, so widths are `Filter::reach` plus `Stage::reach`, or what there is of the axis.
#[derive(Clone, Copy, Debug)]
pub struct Halo<T> {
    pub before: *const T,
    pub before_width: usize,
    /// Of the outer axis and of the width.
    pub before_strides: [isize; 2],
    pub after: *const T,
    pub after_width: usize,
    pub after_strides: [isize; 2],
}

impl<T> Halo<T> {
    /// The whole axis is here.
    pub const NONE: Halo<T> = Halo {
        before: std::ptr::null(),
        before_width: 0,
        before_strides: [0; 2],
        after: std::ptr::null(),
        after_width: 0,
        after_strides: [0; 2],
    };
}

/// Everything that `convolve` was told.
#[derive(Clone, Copy)]
pub(super) struct Kernel<'a, T, H> {
    pub filter: Filter<'a, H>,
    pub stage: Stage,
    pub alpha: Scalar,
    pub beta: Scalar,
    pub block: Block<T>,
    /// y bypasses the caches where it can.
    pub stream: bool,
}

impl<T: Element, H: Element> Kernel<'_, T, H> {
    /// The block's rows with derivatives that are not 0.
    pub fn active(&self, derivative: super::Derivative) -> (isize, isize) {
        let (low, high) = derivative.rows(self.block.total);
        (low - self.block.first as isize, high - self.block.first as isize)
    }
}

/// Elements in a cache line.
pub(super) const fn per_line<T>() -> usize {
    LINE / size_of::<T>()
}
