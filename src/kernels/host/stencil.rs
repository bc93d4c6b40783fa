//! y := beta y + alpha sum over terms of w D x, in one pass over x and y; every D is a `Stencil` along one axis.
//!
//! One output with a term an axis is a Laplacian, one output an axis is a gradient, one output whose terms read
//! different x is the gradient's adjoint. Planes that lie on other ranks are read from halo buffers, x is never copied.
//!
//! An element is beta y plus its taps in the order of the terms and of increasing offset, rounded one by one; taps on
//! the element itself of terms that read the same x are one tap, at the place of the first. So a value depends on its
//! global index alone: not on where ranks cut, on the box, on the processor, or on the store.

mod beside;
mod combine;
mod complex;
mod dispatch;
mod end_taps;
mod ends;
mod grid;
mod kept;
mod masked;
mod near;
mod near_row;
mod order;
mod parts;
mod registers;
mod row;
mod rows;
mod same_taps;
mod seams;
mod shared;
mod sides;
mod taps;
#[cfg(test)]
mod tests;
mod tiles;
mod tiling;

use crate::dtype::{Element, Scalar};
use crate::kernels::cpu;
use crate::kernels::stencil::Stencil;
use grid::Grid;
use rows::Factors;
use tiling::Tiling;

pub use dispatch::StencilReal;
pub use parts::shell;
pub use rows::MAX_TAPS;

/// The most axes a block may have.
pub const MAX_AXES: usize = 16;
/// The most terms of an output.
pub const MAX_TERMS: usize = 8;

/// Planes of the neighbours along a term's axis, as contiguous blocks: the local shape, `width` thick along the axis.
#[derive(Clone, Copy, Debug)]
pub struct Halo<T> {
    pub before: *const T,
    pub before_width: usize,
    pub after: *const T,
    pub after_width: usize,
}

impl<T> Halo<T> {
    /// The whole axis is here.
    pub const NONE: Halo<T> =
        Halo { before: std::ptr::null(), before_width: 0, after: std::ptr::null(), after_width: 0 };
}

/// `weight` times a stencil along one axis of the block at x. Strides count elements.
#[derive(Clone, Copy, Debug)]
pub struct Term<'a, T> {
    pub x: *const T,
    pub x_strides: &'a [isize],
    pub axis: usize,
    pub stencil: &'a Stencil,
    pub weight: f64,
    /// The stencil's row that belongs to the first element of the block.
    pub offset: usize,
    pub halo: Halo<T>,
}

/// A block of results and the terms that add up to it.
#[derive(Clone, Copy, Debug)]
pub struct Output<'a, T> {
    pub y: *mut T,
    pub y_strides: &'a [isize],
    pub terms: &'a [Term<'a, T>],
}

/// Whether results go through the caches. Streaming serves outputs larger than the last-level cache; it is ignored where
/// they are read as well (beta is not 0) and rows are too long for near tiles, and where rows do not lie alike on the lines
/// of the cache and are computed as near rows or, with registers of half a line, are short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    Cached,
    Streaming,
}

/// Computes the box `lower..upper` of every output of a block of this shape.
///
/// Reads each x once, and y when beta is not zero; writes each y once. Complex factors serve complex elements only.
///
/// # Safety
/// All x and y are valid for the shape and their strides, aligned, and no y overlaps anything else; halos hold what
/// the rows of the box reach. At most `MAX_AXES` axes, `MAX_TERMS` terms and `MAX_TAPS` taps for an element of an output.
pub unsafe fn apply<T: Element>(
    shape: &[usize],
    outputs: &[Output<'_, T>],
    (alpha, beta): (Scalar, Scalar),
    (lower, upper): (&[usize], &[usize]),
    store: Store,
) where
    T::Real: StencilReal,
{
    if shape.is_empty() || lower.iter().zip(upper).any(|(l, u)| l >= u) {
        return;
    }
    let grid = Grid::new(shape, outputs, lower, upper);
    let tiling = Tiling::new(&grid, outputs, !beta.is_zero(), store);
    let cached = store == Store::Cached;
    let pass = Pass { grid: &grid, tiling: &tiling, outputs, factors: Factors { alpha, beta }, cached };
    // SAFETY: the caller's promise.
    unsafe { pass.run() };
    if tiling.stream {
        cpu::fence();
    }
}

struct Pass<'a, T> {
    grid: &'a Grid,
    tiling: &'a Tiling,
    outputs: &'a [Output<'a, T>],
    factors: Factors,
    /// Results stay in the caches.
    cached: bool,
}
