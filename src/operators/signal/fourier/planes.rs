//! Passes along two of the inner axes, taken over one piece of the first axis after another, so that the second pass finds in
//! the cache what the first has left: one way through memory for two.

use crate::arrays::Array;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::layout::MAX_DIMENSIONS;
use crate::operators::Mode;
use crate::transform::{Direction, Pass, Precision, Side};
use std::ops::Range;

/// Bytes of a piece: what the caches of a core hold beside the tiles of a pass.
const PIECE: i64 = 1 << 20;

/// Whether two passes from a block of this shape on can share pieces of the first axis.
pub(super) fn fit<R: Precision>(first: &Pass<R>, second: &Pass<R>, shape: &[i64]) -> bool {
    first.axis() != second.axis() && first.axis() != 0 && second.axis() != 0 && shape[0] > 1
}

/// middle := op(first) from, to := scale op(second) middle + beta to, in the order of the passes.
pub(super) fn run<R: Precision>(
    passes: [&Pass<R>; 2],
    mode: Mode,
    shapes: [&[i64]; 3],
    [from, middle]: [&Array; 2],
    (scale, beta, to): (Scalar, Scalar, &Array),
) -> Result<()> {
    let shape = shapes[1];
    let row = shape[1..].iter().product::<i64>() * middle.dtype().size() as i64;
    let step = (PIECE / row.max(1)).max(1);
    let mut outcome = Ok(());
    for start in (0..shape[0]).step_by(step as usize) {
        let piece = start..start.saturating_add(step);
        outcome = outcome.and(rows(
            passes[0],
            mode,
            (shapes[0], shapes[1]),
            (Scalar::ONE, from),
            (Scalar::ZERO, middle),
            piece.clone(),
        ));
        outcome = outcome.and(rows(passes[1], mode, (shapes[1], shapes[2]), (scale, middle), (beta, to), piece));
    }
    outcome
}

/// to := scale op(pass) from + beta to for blocks of these shapes, of the local indices `rows` of the first axis; all of them where the pass is along it.
pub(super) fn rows<R: Precision>(
    pass: &Pass<R>,
    mode: Mode,
    shapes: (&[i64], &[i64]),
    (scale, from): (Scalar, &Array),
    (beta, to): (Scalar, &Array),
    rows: Range<i64>,
) -> Result<()> {
    let (source, target) = (from.local()?, to.local()?);
    let shape = shapes.0;
    if shape.contains(&0) {
        return Ok(());
    }
    let strides = (source.strides_as(shape)?, target.strides_as(shapes.1)?);
    let mut extents = [0; MAX_DIMENSIONS];
    extents.iter_mut().zip(shape).for_each(|(e, n)| *e = *n as usize);
    extents[0] = (rows.end.min(shape[0]) - rows.start) as usize;
    let side = |pointer: *mut u8, strides: &[i64], size: usize| {
        pointer.wrapping_add((rows.start * strides[0]) as usize * size)
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
