//! Which elements move when an array changes its layout.

use super::grid::Role;
use super::index_set::IndexSet;
use super::region::Region;
use super::validate::MAX_DIMENSIONS;
use super::Layout;
use crate::error::Result;
use crate::fail;

/// Consecutive local indices along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First local index.
    pub offset: i64,
    pub len: i64,
}

/// The elements that go to or come from one peer: a product of local index sets, one list of spans an axis.
/// Both ends list the same global indices in the same order, with spans of the same lengths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub peer: usize,
    /// Number of elements, at least one.
    pub count: i64,
    pub axes: Vec<Vec<Span>>,
}

/// What one rank sends and receives in a change of layout. There is at most one message to and one from each peer,
/// in the order of ranks; what stays on the rank is a message to itself in both lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// In local indices of the source layout.
    pub sends: Vec<Message>,
    /// In local indices of the target layout; together every local element of the target once.
    pub receives: Vec<Message>,
}

impl Message {
    pub(super) fn new(peer: usize, axes: Vec<Vec<Span>>) -> Message {
        let count = axes.iter().map(|spans| spans.iter().map(|s| s.len).sum::<i64>()).product();
        Message { peer, count, axes }
    }

    /// Calls `visit(lower, extent)` for each block, in packing order: blocks in C order, elements of a block in C
    /// order. `lower` are local indices, one an axis. Allocates nothing.
    pub fn for_each_block(&self, mut visit: impl FnMut(&[i64], &[i64])) {
        let axes = self.axes.len();
        let (mut lower, mut extent, mut at) = ([0; MAX_DIMENSIONS], [0; MAX_DIMENSIONS], [0; MAX_DIMENSIONS]);
        for (k, spans) in self.axes.iter().enumerate() {
            (lower[k], extent[k]) = (spans[0].offset, spans[0].len);
        }
        loop {
            visit(&lower[..axes], &extent[..axes]);
            let Some(k) = (0..axes).rev().find(|&k| at[k] + 1 < self.axes[k].len()) else { return };
            at[k] += 1;
            at[k + 1..axes].fill(0);
            for k in k..axes {
                let span = self.axes[k][at[k]];
                (lower[k], extent[k]) = (span.offset, span.len);
            }
        }
    }
}

impl Message {
    /// Calls `visit(own lower, other lower, extent)` for the blocks of this message and its counterpart in packing
    /// order: both ends list spans of the same lengths. Allocates nothing.
    pub fn zip_blocks(&self, other: &Message, mut visit: impl FnMut(&[i64], &[i64], &[i64])) {
        let axes = self.axes.len();
        let mut at = [0; MAX_DIMENSIONS];
        let (mut own, mut far, mut extent) = ([0; MAX_DIMENSIONS], [0; MAX_DIMENSIONS], [0; MAX_DIMENSIONS]);
        loop {
            for k in 0..axes {
                let (a, b) = (self.axes[k][at[k]], other.axes[k][at[k]]);
                (own[k], far[k], extent[k]) = (a.offset, b.offset, a.len);
            }
            visit(&own[..axes], &far[..axes], &extent[..axes]);
            let Some(k) = (0..axes).rev().find(|&k| at[k] + 1 < self.axes[k].len()) else { return };
            at[k] += 1;
            at[k + 1..axes].fill(0);
        }
    }
}

impl Transfer {
    /// What `rank` sends and receives so that an array of layout `from` takes layout `to`; each is (shape, layout).
    ///
    /// From a replicated source a rank takes what it holds itself, and all else from the copy whose index is its own
    /// copy index in the target modulo the number of source copies, which spreads the work over the copies.
    ///
    /// # Errors
    /// Those of [`Layout::validate`]. `Shape`: the shapes differ. `Layout`: a layout is unshaped.
    /// `Argument`: `rank` is not below `ranks`.
    pub fn new(from: (&[i64], &Layout), to: (&[i64], &Layout), rank: usize, ranks: usize) -> Result<Transfer> {
        if from.0 != to.0 {
            fail!(Shape, "redistribution from shape {:?} to shape {:?}, expected the same", from.0, to.0);
        }
        Transfer::of_common(from, to, rank, ranks)
    }

    /// As `new` for shapes that may differ: what both have in common, from index 0 along each axis, moves.
    ///
    /// # Errors
    /// Those of `new`, but `Shape` only where the numbers of axes differ.
    pub fn of_common(from: (&[i64], &Layout), to: (&[i64], &Layout), rank: usize, ranks: usize) -> Result<Transfer> {
        Transfer::of_rolled((from.0, from.1, &[]), (to.0, to.1, &[]), rank, ranks)
    }

    /// As `of_common` where each side counts its indices along axis k from `rolls[k]` on, around the end of the axis; no
    /// rolls are zeros. Position p along an axis is index (p + roll) mod n on either side, for all p that both have.
    ///
    /// # Errors
    /// Those of `of_common`. `Argument`: a roll is outside of its axis, or there is not one an axis.
    pub fn of_rolled(from: Rolled, to: Rolled, rank: usize, ranks: usize) -> Result<Transfer> {
        let ((shape, source, _), (target_shape, target, _)) = (from, to);
        if shape.len() != target_shape.len() {
            fail!(Shape, "shapes {shape:?} and {target_shape:?} have different numbers of axes");
        }
        if let (Layout::Local(_), _) | (_, Layout::Local(_)) = (source, target) {
            fail!(Layout, "an unshaped layout (local counts only) cannot be redistributed");
        }
        source.validate(shape, ranks)?;
        target.validate(target_shape, ranks)?;
        if rank >= ranks {
            fail!(Argument, "rank is {rank}, the layout has {ranks} ranks");
        }
        for (shape, _, rolls) in [from, to] {
            let inside = |(n, roll): (&i64, &i64)| *roll == 0 || (0..*n).contains(roll);
            if !rolls.is_empty() && (rolls.len() != shape.len() || !shape.iter().zip(rolls).all(inside)) {
                fail!(Argument, "rolls {rolls:?} along the axes of shape {shape:?}, expected indices");
            }
        }
        Ok(Transfer { sends: sends(from, to, rank), receives: receives(from, to, rank) })
    }
}

/// One side of a transfer: shape, layout, and the index along each axis that comes first (empty: zeros).
pub type Rolled<'a> = (&'a [i64], &'a Layout, &'a [i64]);

/// What one rank holds, by positions.
pub(super) fn region((shape, layout, rolls): Rolled, rank: usize) -> Region {
    let mut region = layout.region(shape, rank);
    for ((set, n), roll) in region.axes.iter_mut().zip(shape).zip(rolls) {
        *set = set.rolled(*roll, *n);
    }
    region
}

fn sends(from: Rolled, to: Rolled, rank: usize) -> Vec<Message> {
    let (source, target) = (from.1, to.1);
    let (group, copy, copies) = (source.element_group(rank), source.copy_index(rank), source.copies());
    let mut sends = Vec::new();
    for (peer_group, axes) in shared_groups(&region(from, rank), to) {
        for peer_copy in 0..target.copies() {
            let peer = target.rank_of(peer_group, peer_copy);
            // A peer of the same element group holds these elements itself.
            if peer == rank || (source.element_group(peer) != group && peer_copy % copies == copy) {
                sends.push(Message::new(peer, axes.clone()));
            }
        }
    }
    sends.sort_unstable_by_key(|message| message.peer);
    sends
}

fn receives(from: Rolled, to: Rolled, rank: usize) -> Vec<Message> {
    let (source, target) = (from.1, to.1);
    let (group, copy) = (source.element_group(rank), target.copy_index(rank) % source.copies());
    let mut receives: Vec<Message> = shared_groups(&region(to, rank), from)
        .into_iter()
        .map(|(peer_group, axes)| {
            let peer = if peer_group == group { rank } else { source.rank_of(peer_group, copy) };
            Message::new(peer, axes)
        })
        .collect();
    receives.sort_unstable_by_key(|message| message.peer);
    receives
}

/// The element groups of a side that share elements with `mine`, and where `mine` keeps those, axis by axis.
fn shared_groups(mine: &Region, (shape, layout, rolls): Rolled) -> Vec<(usize, Vec<Vec<Span>>)> {
    let roll = |axis: usize| rolls.get(axis).copied().unwrap_or(0);
    let shared = |axis: usize, other: IndexSet| shared_spans(&mine.axes[axis], &other.rolled(roll(axis), shape[axis]));
    match layout {
        Layout::Grid(grid) => {
            // Along each axis: contribution to the element group, and what is shared with that part.
            let whole = |axis: usize| vec![(0, shared(axis, IndexSet::interval(0, shape[axis])))];
            let mut choices: Vec<Vec<(usize, Vec<Span>)>> = (0..shape.len()).map(whole).collect();
            let mut stride = 1;
            for d in grid.iter().rev() {
                let Role::Cut { axis, partition } = &d.role else { continue };
                let parts = partition.sets(shape[*axis], d.ranks).enumerate();
                choices[*axis] = parts
                    .map(|(part, other)| (part * stride, shared(*axis, other)))
                    .filter(|(_, shared)| !shared.is_empty())
                    .collect();
                stride *= d.ranks;
            }
            combine(&choices)
        }
        Layout::Boxes(boxes) => {
            let (lower, upper) = (mine.lower(), mine.upper());
            let near = |b: &super::IndexBox| {
                let apart = |k: usize| roll(k) == 0 && (b.upper[k] <= lower[k] || upper[k] <= b.lower[k]);
                !(0..shape.len()).any(apart)
            };
            let groups = boxes.iter().enumerate().filter(|(_, b)| near(b));
            let shared = groups.map(|(group, b)| {
                (group, b.axes().into_iter().enumerate().map(|(axis, other)| shared(axis, other)).collect())
            });
            shared.filter(|(_, axes): &(_, Vec<Vec<Span>>)| axes.iter().all(|a| !a.is_empty())).collect()
        }
        Layout::Local(_) => Vec::new(),
    }
}

/// Where `mine` keeps the indices that both sets have.
pub(super) fn shared_spans(mine: &IndexSet, other: &IndexSet) -> Vec<Span> {
    mine.intersect(other).iter().map(|o| Span { offset: o.offset, len: o.len }).collect()
}

/// One choice along each axis, in every combination that is not empty; contributions to the element group add up.
fn combine(choices: &[Vec<(usize, Vec<Span>)>]) -> Vec<(usize, Vec<Vec<Span>>)> {
    let mut combined = vec![(0, Vec::with_capacity(choices.len()))];
    for axis in choices {
        let extended = combined.iter().flat_map(|(group, axes): &(usize, Vec<Vec<Span>>)| {
            axis.iter().filter(|(_, spans)| !spans.is_empty()).map(move |(part, spans)| {
                let mut axes = axes.clone();
                axes.push(spans.clone());
                (group + part, axes)
            })
        });
        combined = extended.collect();
    }
    combined
}
