//! Which messages a halo exchange along one axis needs.

use super::index_set::Interval;
use super::Layout;
use crate::error::Result;
use crate::fail;

/// On which side of a rank's slab received indices lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Before,
    After,
}

/// Consecutive indices along the axis that go to or come from one peer, each with all local indices of the other axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HaloPiece {
    pub peer: usize,
    /// Where the receiver puts it.
    pub side: Side,
    /// In a send: first local index along the axis. In a receive: offset in the buffer of that side.
    pub start: i64,
    pub len: i64,
}

/// The messages of one rank in a halo exchange along one axis.
///
/// The n-th piece that a rank sends to a peer is the n-th that the peer receives from it. Pieces whose peer is the
/// rank itself (periodic axes) stand in both lists. A rank without indices needs nothing and sends nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HaloPlan {
    pub axis: usize,
    /// Indices received before the slab: the width asked for, less what lies outside the array.
    pub before_len: i64,
    /// Indices received after the slab.
    pub after_len: i64,
    pub sends: Vec<HaloPiece>,
    pub receives: Vec<HaloPiece>,
}

/// Indices that a rank needs from one part.
struct Need {
    part: usize,
    side: Side,
    offset: i64,
    /// Global index.
    start: i64,
    len: i64,
}

impl HaloPlan {
    /// The plan of `rank` for the indices `[lo - before[rank], lo)` and `[hi, hi + after[rank])` along `axis`, where
    /// `[lo, hi)` is its slab. `before` and `after` have one width a rank of the layout. Without `periodic`, indices
    /// outside the array are left out; with it, they are counted modulo the length of the axis. As many neighbours
    /// are asked as the width needs. An axis that is not cut needs no messages, or only its own when periodic.
    ///
    /// # Errors
    /// Those of [`Layout::validate`]. `Axis`: the shape has no such axis. `Argument`: not one width a rank, a negative
    /// one, one longer than a periodic axis, or `rank` outside the layout. `Unsupported`: the axis is cut
    /// block-cyclically, or the layout is not a grid.
    pub fn new(
        layout: &Layout,
        shape: &[i64],
        axis: usize,
        before: &[i64],
        after: &[i64],
        periodic: bool,
        rank: usize,
    ) -> Result<HaloPlan> {
        let ranks = layout.ranks();
        layout.validate(shape, ranks)?;
        if axis >= shape.len() {
            fail!(Axis, "axis is {axis}, the shape has {} axes", shape.len());
        }
        if rank >= ranks {
            fail!(Argument, "rank is {rank}, the layout has {ranks} ranks");
        }
        let n = shape[axis];
        check_widths("before", before, n, ranks, periodic)?;
        check_widths("after", after, n, ranks, periodic)?;
        let Layout::Grid(_) = layout else {
            fail!(
                Unsupported,
                "a halo along axis {axis} needs a grid layout; redistribute boxes and unshaped layouts first"
            );
        };
        let line = match layout.cut_of_axis(axis) {
            None => Line { n, parts: vec![Interval { start: 0, len: n }], stride: 1, periodic },
            Some(cut) => {
                let Some(parts) = cut.partition.intervals(n, cut.ranks) else {
                    fail!(
                        Unsupported,
                        "a halo along axis {axis} needs consecutive indices on each rank, but the axis is cut {:?}; redistribute first",
                        cut.partition
                    );
                };
                Line { n, parts, stride: cut.stride, periodic }
            }
        };
        let here = line.part_of(rank);
        let slab = line.parts[here];
        let mut plan = HaloPlan { axis, before_len: 0, after_len: 0, sends: Vec::new(), receives: Vec::new() };
        for (part, _) in line.parts.iter().enumerate() {
            let peer = line.peer(rank, part);
            let needs = line.needs(part, before[peer], after[peer]);
            for need in &needs {
                if need.part == here {
                    plan.sends.push(HaloPiece { peer, side: need.side, start: need.start - slab.start, len: need.len });
                }
                if part == here {
                    let peer = line.peer(rank, need.part);
                    plan.receives.push(HaloPiece { peer, side: need.side, start: need.offset, len: need.len });
                    match need.side {
                        Side::Before => plan.before_len += need.len,
                        Side::After => plan.after_len += need.len,
                    }
                }
            }
        }
        Ok(plan)
    }
}

fn check_widths(name: &str, widths: &[i64], n: i64, ranks: usize, periodic: bool) -> Result<()> {
    if widths.len() != ranks {
        fail!(Argument, "{name}: {} halo widths are given for {ranks} ranks", widths.len());
    }
    for (rank, &width) in widths.iter().enumerate() {
        if width < 0 {
            fail!(Argument, "{name}: the halo width of rank {rank} is {width}, expected 0 or more");
        }
        if periodic && width > n && n > 0 {
            fail!(Argument, "{name}: the halo width of rank {rank} is {width}, the periodic axis has {n}");
        }
    }
    Ok(())
}

/// The ranks that differ only in the part of the axis they have.
struct Line {
    n: i64,
    parts: Vec<Interval>,
    /// Distance in rank between neighbours.
    stride: usize,
    periodic: bool,
}

impl Line {
    fn part_of(&self, rank: usize) -> usize {
        rank / self.stride % self.parts.len()
    }

    /// The rank on this line of `rank` that has `part`.
    fn peer(&self, rank: usize, part: usize) -> usize {
        rank - self.part_of(rank) * self.stride + part * self.stride
    }

    /// What the rank with `part` needs, in ascending order on each side, before comes first.
    fn needs(&self, part: usize, before: i64, after: i64) -> Vec<Need> {
        let mut needs = Vec::new();
        let slab = self.parts[part];
        if slab.len == 0 {
            return needs;
        }
        let (lo, hi) = (slab.start, slab.end());
        // Global ranges in the order of the buffer: the one beyond the end of the array first on the side before.
        let wrapped_before = if self.periodic { (before - lo).max(0) } else { 0 };
        let inner_before = before.min(lo);
        self.collect(&mut needs, Side::Before, 0, self.n - wrapped_before, wrapped_before);
        self.collect(&mut needs, Side::Before, wrapped_before, lo - inner_before, inner_before);
        let inner_after = after.min(self.n - hi);
        let wrapped_after = if self.periodic { after - inner_after } else { 0 };
        self.collect(&mut needs, Side::After, 0, hi, inner_after);
        self.collect(&mut needs, Side::After, inner_after, 0, wrapped_after);
        needs
    }

    /// Cuts `start..start + len` where its owners change.
    fn collect(&self, needs: &mut Vec<Need>, side: Side, mut offset: i64, mut start: i64, len: i64) {
        let end = start + len;
        let mut part = self.parts.partition_point(|p| p.end() <= start);
        while start < end {
            let len = self.parts[part].end().min(end) - start;
            if len > 0 {
                needs.push(Need { part, side, offset, start, len });
            }
            offset += len;
            start += len;
            part += 1;
        }
    }
}
