//! Convolution along one axis, alone or fused with a first derivative.
//!
//! y[i] = beta y[i] + alpha sum_t h[t] x[i + offset - t], t = 0 .. taps: the part of the full convolution that has the
//! length of the input, `offset` being the place of the filter's sample for lag 0 (`Convolve1D` of PyLops). x is zero
//! outside of the array; what neighbours hold comes in halo buffers. With a derivative, y = alpha W D x + beta y, or
//! y = alpha D^T W^T x + beta y for the flipped filter, without an array in between: the post-stack model.
//!
//! Pieces of x are copied to a scratch panel with all the samples that they need, and convolved from there. Lines of
//! neighbours are turned over to rows, many lines (`turned`) or the parts of a long one (`folded`), so that what is loaded
//! serves several outputs and crosses no cache lines; the ends of lines, and rows of a few elements that follow one
//! another, are taken as they lie (`lines`). Other axes go by blocks of columns, row after row (`columns`). x is read once,
//! y is written once, past the caches if it is large (and read when beta is not 0).
//!
//! An element is alpha times its sum plus beta y; the sum adds its terms in the order of x, with fused multiply-add on the
//! AVX paths, rounded after each product elsewhere. So a value depends on its global index alone: not on where ranks cut
//! and vectors end, nor on AVX2 or AVX-512. *Deterministic: any P* on one kind of path.

mod accumulate;
mod columns;
mod fill;
mod folded;
mod group;
mod lines;
mod panel;
mod ring;
mod span;
mod taps;
#[cfg(test)]
mod tests;
mod tile;
mod tiles;
mod turned;

use super::lanes::{on_lanes, LINE};
use crate::dtype::{Element, Scalar};
use crate::kernels::cpu::should_stream;
use panel::Panels;
use std::mem::size_of;

/// A filter as it is applied: its samples, in which order, and conjugated or not.
#[derive(Clone, Copy, Debug)]
pub struct Filter<'a, H> {
    taps: &'a [H],
    offset: usize,
    flipped: bool,
    conj: bool,
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

/// Elements of scratch that `convolve` needs for a filter of so many taps: some 200 kB for short filters.
pub fn scratch_len<T: Element>(taps: usize) -> usize {
    Panels::new::<T>(taps).elements
}

/// y = beta y + alpha op x for all outer and inner indices, with op as in `stage`. H is T or T's real type.
///
/// Reads x once (an eighth more where long lines are taken in pieces), writes y once.
///
/// # Safety
/// x, y and the halo are valid for the block's sizes and strides, y overlaps none of them, and
/// `first + n <= total`.
pub unsafe fn convolve<T: Element, H: Element<Real = T::Real>>(
    filter: &Filter<H>,
    stage: Stage,
    alpha: Scalar,
    beta: Scalar,
    block: &Block<T>,
    scratch: &mut [T],
) {
    let stream = should_stream(block.outer * block.n * block.inner * size_of::<T>());
    // SAFETY: as for this function.
    unsafe { run(filter, stage, (alpha, beta), block, scratch, stream) }
}

/// `stream`: y bypasses the caches where it can.
unsafe fn run<T: Element, H: Element<Real = T::Real>>(
    filter: &Filter<H>,
    stage: Stage,
    (alpha, beta): (Scalar, Scalar),
    block: &Block<T>,
    scratch: &mut [T],
    stream: bool,
) {
    assert!(T::IS_COMPLEX || !H::IS_COMPLEX, "a complex filter needs complex data");
    assert!(block.first + block.n <= block.total, "the block lies inside its axis");
    let panels = Panels::new::<T>(filter.taps.len());
    assert!(scratch.len() >= panels.elements, "convolve needs {} elements of scratch", panels.elements);
    if block.outer == 0 || block.n == 0 || block.inner == 0 {
        return;
    }
    let kernel = panel::Kernel { filter: *filter, stage, alpha, beta, block: *block, panels, stream };
    on_lanes::<T>(panel::Run { kernel, scratch });
}

/// Elements in a cache line.
const fn per_line<T>() -> usize {
    LINE / size_of::<T>()
}
