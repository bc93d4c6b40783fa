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
mod problem;
mod ring;
mod span;
mod taps;
#[cfg(test)]
mod tests;
mod tile;
mod tiles;
mod turned;

use super::lanes::on_lanes;
use crate::dtype::{Element, Scalar};
use crate::kernels::cpu::should_stream;
use panel::{Panels, Run};
use problem::Kernel;
pub use problem::{Block, Derivative, Filter, Halo, Stage};
use std::mem::size_of;

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
    let kernel = Kernel { filter: *filter, stage, alpha, beta, block: *block, stream };
    on_lanes::<T>(Run { kernel, panels, scratch });
}
