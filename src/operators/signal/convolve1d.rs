//! Convolution with a filter along one axis.

use super::filter::{filter, Description};
use crate::arrays::Space;
use crate::error::Result;
use crate::operators::Operator;
use num_complex::Complex;

/// y[i] = sum_k h[i - k + offset] x[k] along `axis`, i and k over the whole axis: the part of the full convolution with
/// the length of the input, `offset` being the place of the filter's sample for lag 0, 0 <= offset < h.len(). x is zero
/// outside of the array. The adjoint correlates with conj(h). The filter may be longer than the axis. (PyLops'
/// Convolve1D; its adjoint lacks the conjugate.)
///
/// h is complex only with complex spaces. Collective. *Deterministic: any P.*
///
/// # Errors
/// `Argument` (no sample, or an offset outside), `Axis`, `DType`, `Space`, `Layout` (the axis is not cut into
/// intervals, and the others cannot carry the cut).
pub fn convolve1d(space: &Space, axis: usize, h: &[Complex<f64>], offset: usize) -> Result<Operator> {
    filter(space, axis, Description { name: "Convolve1D", taps: h, offset, derivative: None })
}
