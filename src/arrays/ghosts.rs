//! Ghost cells: this rank's elements with those of its neighbours around them, in one buffer.

use super::array::Array;
use super::box_exchange::{exchange, packed_block};
use super::halo::Halo;
use super::host_twin::{on_host, Use};
use super::space::Space;
use crate::error::Result;
use crate::fail;
use crate::kernels::host::copy_block::copy_block;
use crate::layout::{IndexBox, Layout};

/// Who has what, and who wants what.
enum Plan {
    /// A grid: planes along the axis, from the neighbours in a line.
    Planes(Box<Halo>),
    /// Boxes: what this one grows over, from whatever boxes lie there.
    Boxes { held: Vec<IndexBox>, wanted: Vec<IndexBox> },
}

/// A plan from widths of all ranks, which differ. Local; the same kind of result on all ranks, except for memory.
fn plan(space: &Space, axis: usize, before: &[i64], after: &[i64]) -> Result<Plan> {
    let (shape, layout) = space.shaped("ghost cells")?;
    let Some(&n) = shape.get(axis) else { fail!(Axis, "axis is {axis}, the shape has {} axes", shape.len()) };
    for (name, widths) in [("before", before), ("after", after)] {
        // A ghost region may reach over several ranks, but not be wider than the whole axis.
        if let Some(rank) = widths.iter().position(|w| *w < 0 || *w > n) {
            fail!(Argument, "{name} of rank {rank} is {}, expected 0 to {n}, the length of axis {axis}", widths[rank]);
        }
    }
    let Layout::Boxes(held) = layout else {
        return Ok(Plan::Planes(Box::new(Halo::new(space, axis, before, after, false)?)));
    };
    let grown = |(rank, b): (usize, &IndexBox)| {
        let mut b = b.clone();
        if !b.is_empty() {
            b.lower[axis] = (b.lower[axis] - before[rank]).max(0);
            b.upper[axis] = (b.upper[axis] + after[rank]).min(n);
        }
        b
    };
    let wanted: Vec<IndexBox> = held.iter().enumerate().map(grown).collect();
    if let Some(mask) = space.mask() {
        for (rank, want) in wanted.iter().enumerate() {
            let gives = |peer: &usize| mask[*peer] != mask[rank] && !held[*peer].intersection(want).is_empty();
            if let Some(peer) = (0..held.len()).find(gives) {
                fail!(
                    Space,
                    "the ghost cells of rank {rank} along axis {axis} need rank {peer}, which has another mask colour"
                );
            }
        }
    }
    Ok(Plan::Boxes { held: held.clone(), wanted })
}

impl Plan {
    /// Indices that this rank gets below and above its own.
    fn widths(&self, axis: usize, rank: usize) -> (i64, i64) {
        match self {
            Plan::Planes(halo) => (halo.before_len() as i64, halo.after_len() as i64),
            Plan::Boxes { held, wanted } => {
                let (own, all) = (&held[rank], &wanted[rank]);
                (own.lower[axis] - all.lower[axis], all.upper[axis] - own.upper[axis])
            }
        }
    }
}

/// The plan for the widths that each rank asks for. Collective.
fn agreed_plan(space: &Space, axis: usize, before: i64, after: i64) -> Result<Plan> {
    let context = space.context();
    let (before, after) = (context.comm().allgather_i64(before)?, context.comm().allgather_i64(after)?);
    context.agree(plan(space, axis, &before, &after))
}

/// How many indices this rank gets on either side: the widths, less what lies outside the array. Collective.
pub fn ghost_widths(space: &Space, axis: usize, before: i64, after: i64) -> Result<(i64, i64)> {
    Ok(agreed_plan(space, axis, before, after)?.widths(axis, space.context().rank()))
}

/// The elements of `x` with `before` and `after` more indices along `axis` (clipped at the ends of the array), written
/// to `ghosted` in C order: PyLops-MPI's add_ghost_cells. Widths may differ per rank. Collective.
///
/// Returns the number of indices along the axis that were written: this rank's, and those of [`ghost_widths`].
///
/// # Safety
/// `ghosted` has room for `room` elements, in the host's memory also where x is on a device.
pub unsafe fn ghosted(x: &Array, axis: usize, before: i64, after: i64, ghosted: *mut u8, room: i64) -> Result<i64> {
    // SAFETY: the caller's contract.
    on_host(x, Use::Reads, |x| unsafe { with_ghosts(x, axis, before, after, ghosted, room) })
}

/// # Safety
/// As for `ghosted`; x is on the host.
unsafe fn with_ghosts(x: &Array, axis: usize, before: i64, after: i64, ghosted: *mut u8, room: i64) -> Result<i64> {
    let space = x.space();
    let (context, size) = (space.context(), space.dtype().size());
    let mut plan = agreed_plan(space, axis, before, after)?;
    let local = x.local()?;
    let (below, above) = plan.widths(axis, context.rank());
    // The buffer as a box of its own, and the array's elements in it.
    let n = local.shape.len();
    let mut whole = IndexBox { lower: vec![0; n], upper: local.shape.clone() };
    whole.upper[axis] += below + above;
    let enough = || -> Result<()> {
        if room < whole.count() {
            fail!(Argument, "room is {room} elements, expected {} or more", whole.count());
        }
        Ok(())
    };
    context.agree(enough())?;
    let (_, strides) = packed_block(&whole);
    let put = |lower: &[i64], extents: &[usize], source: *const u8, from: &[isize]| -> Result<()> {
        let at: isize = (0..n).map(|k| lower[k] as isize * strides[k]).sum();
        // SAFETY: the caller's buffer holds the whole block, checked above.
        unsafe { copy_block(ghosted.wrapping_offset(at * size as isize), &strides[..n], source, from, extents, size) }
    };
    let own_strides: Vec<isize> = local.strides.iter().map(|s| *s as isize).collect();
    match &mut plan {
        Plan::Boxes { held, wanted } => {
            let first = wanted[context.rank()].lower.clone();
            let received = |block: &IndexBox, elements: *const u8| {
                let (extents, packed) = packed_block(block);
                let lower: Vec<i64> = block.lower.iter().zip(&first).map(|(b, w)| b - w).collect();
                put(&lower, &extents[..n], elements, &packed[..n])
            };
            // SAFETY: this rank's elements, with their strides.
            unsafe { exchange(&**context.comm(), (held, wanted), size, (local.pointer(), &own_strides), received)? };
        }
        Plan::Planes(halo) => {
            let started = halo.start(x);
            halo.finish().and(started)?;
            let own = local.shape[axis];
            let part = |at: i64, len: i64, source: *const u8, strides: Option<&[isize]>| {
                let mut block = IndexBox { lower: vec![0; n], upper: local.shape.clone() };
                block.upper[axis] = len;
                let (extents, packed) = packed_block(&block);
                let mut lower = vec![0; n];
                lower[axis] = at;
                put(&lower, &extents[..n], source, strides.unwrap_or(&packed[..n]))
            };
            part(0, below, halo.before(), None)?;
            part(below, own, local.pointer(), Some(&own_strides))?;
            part(below + own, above, halo.after(), None)?;
        }
    }
    Ok(whole.upper[axis])
}
