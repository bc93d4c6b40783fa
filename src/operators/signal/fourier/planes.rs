//! Passes over rows of an axis that they leave alone. Two of them, along inner axes, are taken over one piece of the first
//! axis after another, so that the second finds in the cache what the first has left: one way through memory for two.

use crate::arrays::Array;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::layout::MAX_DIMENSIONS;
use crate::operators::Mode;
use crate::transform::{Direction, Pass, Precision, Side};
use std::ops::Range;

/// Bytes of a piece: what the caches of a core hold beside the tiles of a pass.
const PIECE: i64 = 1 << 20;

/// Local indices along an axis.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    pub axis: usize,
    pub range: Range<i64>,
}

impl Rows {
    /// A whole block, whatever axis a pass is along.
    pub fn all(shape: &[i64]) -> Rows {
        Rows { axis: 0, range: 0..shape[0] }
    }
}

/// Whether two passes over a block of this shape can share pieces of the first axis.
pub(super) fn fit<R: Precision>(first: &Pass<R>, second: &Pass<R>, shape: &[i64]) -> bool {
    first.axis() != second.axis() && first.axis() != 0 && second.axis() != 0 && shape[0] > 1
}

/// middle := op(first) from, to := scale op(second) middle + beta to, in the order of the passes, for rows of the first
/// axis; `shapes` are those of the three blocks.
pub(super) fn run<R: Precision>(
    passes: [&Pass<R>; 2],
    mode: Mode,
    shapes: [&[i64]; 3],
    [from, middle, to]: [&Array; 3],
    (scale, beta): (Scalar, Scalar),
    range: Range<i64>,
) -> Result<()> {
    let shape = shapes[1];
    let row = shape[1..].iter().product::<i64>() * middle.dtype().size() as i64;
    let step = (PIECE / row.max(1)).max(1);
    let (one, zero) = (Scalar::ONE, Scalar::ZERO);
    let mut outcome = Ok(());
    for start in range.clone().step_by(step as usize) {
        let piece = Rows { axis: 0, range: start..start.saturating_add(step).min(range.end) };
        let first = rows(passes[0], mode, (shapes[0], shapes[1]), (one, from), (zero, middle), piece.clone());
        let second = rows(passes[1], mode, (shapes[1], shapes[2]), (scale, middle), (beta, to), piece);
        outcome = outcome.and(first).and(second);
    }
    outcome
}

/// to := scale op(pass) from + beta to, for rows of an axis that the pass is not along, or for a whole block. `shapes` are
/// those of the two blocks.
pub(super) fn rows<R: Precision>(
    pass: &Pass<R>,
    mode: Mode,
    shapes: (&[i64], &[i64]),
    (scale, from): (Scalar, &Array),
    (beta, to): (Scalar, &Array),
    Rows { axis, range }: Rows,
) -> Result<()> {
    let (source, target) = (from.local()?, to.local()?);
    let shape = shapes.0;
    if shape.contains(&0) || range.is_empty() {
        return Ok(());
    }
    let strides = (source.strides_as(shape)?, target.strides_as(shapes.1)?);
    let mut extents = [0; MAX_DIMENSIONS];
    extents.iter_mut().zip(shape).for_each(|(e, n)| *e = *n as usize);
    extents[axis] = (range.end - range.start) as usize;
    let side = |pointer: *mut u8, strides: &[i64], size: usize| {
        pointer.wrapping_add((range.start * strides[axis]) as usize * size)
    };
    let sides = (
        Side { pointer: side(source.pointer(), &strides.0, from.dtype().size()), strides: &strides.0 },
        Side { pointer: side(target.pointer(), &strides.1, to.dtype().size()), strides: &strides.1 },
    );
    let direction = Direction { back: mode.transposed(), positive: mode.conjugated() };
    let pool = from.space().context().threads();
    // SAFETY: both arrays have the lines of these rows, and are the same one or apart.
    unsafe { pass.run(pool, direction, &extents[..shape.len()], (scale, sides.0), (beta, sides.1)) }
}
