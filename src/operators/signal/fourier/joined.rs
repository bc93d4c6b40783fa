//! Steps that are taken together: passes that share pieces of the first axis, and a change of layout with the passes
//! before or after it, part by part of the rows of an axis that these leave alone, so that the messages of one part travel
//! while the next one is transformed.

use super::planes::{self, Rows};
use super::step::Step;
use crate::arrays::{Array, Space};
use crate::dtype::Scalar;
use crate::environment::number;
use crate::error::Result;
use crate::layout::{End, PartCut};
use crate::operators::Mode;
use crate::transform::Precision;
use std::ops::Range;

/// Steps by their places, and the axis whose rows are the parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub steps: Range<usize>,
    pub axis: usize,
}

/// Parts at most: they hide all but an eighth of the shorter of work and messages.
const MOST: i64 = 8;
/// Bytes of a part and of a message at least, which take longer than to start them.
const PART: i64 = 2 << 20;
const MESSAGE: i64 = 256 << 10;
/// Indices of a part at least, along an axis whose rows are not in one piece: some cache lines of neighbours.
const NEIGHBOURS: i64 = 16;

/// `PART`, or what the environment variable `DLOPS_TEST_PART` says, of messages and rows of any length: with it, tests see
/// several parts of small arrays.
fn least(ranks: i64, axis: usize) -> Result<(i64, i64)> {
    Ok(match number("DLOPS_TEST_PART", 1, "a positive number of bytes")? {
        Some(bytes) => (bytes as i64, 1),
        None => (PART.max(ranks * MESSAGE), if axis == 0 { 1 } else { NEIGHBOURS }),
    })
}

/// How a change of layout from `space` is cut, if at all, that is taken with passes there along `axes`: by the first axis
/// that is none of them. The same on all ranks.
pub(super) fn cut(space: &Space, axes: &[usize]) -> Result<Option<PartCut>> {
    let (shape, layout) = space.shaped("a transform")?;
    let ranks = space.context().size();
    // On a device, rows of other axes are not in one piece, as cuFFT wants them.
    let last = if space.is_on_device() { 1 } else { shape.len() };
    let free = (0..last).find(|axis| !axes.contains(axis));
    let Some(axis) = free.filter(|_| ranks > 1) else { return Ok(None) };
    let (part, row) = least(ranks as i64, axis)?;
    let longest = (0..ranks).map(|rank| layout.region(shape, rank).axes[axis].len()).max().unwrap_or(0);
    let share = (space.global_count() / ranks as i64).saturating_mul(space.dtype().size() as i64);
    let parts = (share / part).min(longest / row).min(MOST);
    Ok((parts > 1).then_some(PartCut { end: End::Source, axis, parts: parts as usize }))
}

/// All steps, in groups: those that are joined with a change of layout, pairs of passes that share pieces of the first axis,
/// and single ones. `shapes` are those of the states.
pub(super) fn groups<R: Precision>(steps: &[Step<R>], shapes: &[Vec<i64>], joined: Vec<Group>) -> Vec<Group> {
    let (mut groups, mut first, mut joined) = (Vec::new(), 0, joined.into_iter().peekable());
    while first < steps.len() {
        if let Some(group) = joined.next_if(|group| group.steps.start == first) {
            first = group.steps.end;
            groups.push(group);
            continue;
        }
        let end = joined.peek().map_or(steps.len(), |group| group.steps.start);
        let pair = match &steps[first..end] {
            [Step::Pass(a), Step::Pass(b), ..] => planes::fit(a, b, &shapes[first]),
            _ => false,
        };
        let count = if pair { 2 } else { 1 };
        groups.push(Group { steps: first..first + count, axis: 0 });
        first += count;
    }
    groups
}

/// Takes a group's steps: to := scale op(steps) from + beta to, with `from` and `to` the first and last of `arrays`, which are
/// the states in the order in which they are come to, as `shapes` are. Collective where there is a change of layout.
pub(super) fn take<R: Precision>(
    steps: &mut [Step<R>],
    axis: usize,
    mode: Mode,
    (shapes, arrays): (&[&[i64]], &[&Array]),
    (scale, beta): (Scalar, Scalar),
) -> Result<()> {
    let (one, zero, count, back) = (Scalar::ONE, Scalar::ZERO, steps.len(), mode.transposed());
    let (ways, passes, moves_first) = match steps {
        [step] => return step.take(mode, (shapes[0], shapes[1]), (scale, arrays[0]), (beta, arrays[1])),
        [passes @ .., Step::Move(ways)] => (ways, passes, back),
        [Step::Move(ways), passes @ ..] => (ways, passes, !back),
        passes => return run(passes, mode, (shapes, arrays), (scale, beta), Rows::all(shapes[0])),
    };
    // The states that passes come from and to, which factors are theirs, and those of the change of layout.
    let (states, factors, source, target) = match moves_first {
        true => (1..count + 1, (scale, beta), (one, arrays[0]), (zero, arrays[1])),
        false => (0..count, (one, zero), (scale, arrays[count - 1]), (beta, arrays[count])),
    };
    let states = (&shapes[states.clone()], &arrays[states]);
    let run = |rows: Rows| run(passes, mode, states, factors, rows);
    if passes.iter().all(Step::has_rows) {
        return ways[back as usize].apply_around(source, target, &mut |range| run(Rows { axis, range }));
    }
    let whole = Rows::all(states.0[0]);
    let before = if moves_first { Ok(()) } else { run(whole.clone()) };
    let moved = ways[back as usize].apply_around(source, target, &mut |_| Ok(()));
    before.and(moved).and(if moves_first { run(whole) } else { Ok(()) })
}

/// Passes one after another, over rows of an axis that they leave alone.
fn run<R: Precision>(
    passes: &[Step<R>],
    mode: Mode,
    (shapes, arrays): (&[&[i64]], &[&Array]),
    factors: (Scalar, Scalar),
    rows: Rows,
) -> Result<()> {
    let (count, mut outcome, mut k) = (passes.len(), Ok(()), 0);
    let pass = |k: usize| passes.get(if mode.transposed() { count.wrapping_sub(k + 1) } else { k });
    while let Some(first) = pass(k).filter(|_| k < count) {
        let factors = |k: usize| if k == count { factors } else { (Scalar::ONE, Scalar::ZERO) };
        let done = match (first, pass(k + 1)) {
            (Step::Pass(a), Some(Step::Pass(b))) if rows.axis == 0 && planes::fit(a, b, shapes[k]) => {
                let (shapes, arrays) = ([0, 1, 2].map(|n| shapes[k + n]), [0, 1, 2].map(|n| arrays[k + n]));
                k += 2;
                planes::run([a, b], mode, shapes, arrays, factors(k), rows.range.clone())
            }
            _ => {
                k += 1;
                let ((scale, beta), shapes) = (factors(k), (shapes[k - 1], shapes[k]));
                first.take_rows(mode, shapes, (scale, arrays[k - 1]), (beta, arrays[k]), rows.clone())
            }
        };
        outcome = outcome.and(done);
    }
    outcome
}
