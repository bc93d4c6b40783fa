//! The part of a block that needs no halo, and the shell around it.

use super::MAX_AXES;
use std::ops::Range;

/// Calls `visit(lower, upper)` for disjoint boxes that cover a block of this shape without the box `inside`; at most
/// two an axis, none of them empty. `inside[axis]` is what `Stencil::inside` gives for a cut axis, and all of the axis
/// elsewhere.
pub fn shell(shape: &[usize], inside: &[Range<usize>], mut visit: impl FnMut(&[usize], &[usize])) {
    let rank = shape.len();
    let (mut lower, mut upper) = ([0; MAX_AXES], [0; MAX_AXES]);
    upper[..rank].copy_from_slice(shape);
    for axis in 0..rank {
        for part in [0..inside[axis].start, inside[axis].end..shape[axis]] {
            (lower[axis], upper[axis]) = (part.start, part.end);
            if lower.iter().zip(&upper).take(rank).all(|(l, u)| l < u) {
                visit(&lower[..rank], &upper[..rank]);
            }
        }
        (lower[axis], upper[axis]) = (inside[axis].start, inside[axis].end);
    }
}
