//! Which rank holds which elements: pure integer code, without communication.
//!
//! A [`Layout`] says how a global array is spread over ranks, a [`Region`] what one rank holds of it.
//! [`HaloPlan`] and [`Transfer`] say which messages a halo exchange and a change of layout need.
//!
//! [`Layout::validate`] comes first: the other methods expect a layout that is valid for its shape and ranks.

mod boxes;
mod congruence;
mod field;
mod grid;
mod halo;
mod index_set;
mod partition;
mod region;
mod split;
mod strides;
#[cfg(test)]
mod tests;
mod transfer;
mod transfer_parts;
mod validate;

pub use boxes::IndexBox;
pub use congruence::{congruence, counts_fingerprint};
pub use grid::{AxisCut, GridDimension, Role};
pub use halo::{HaloPiece, HaloPlan, Side};
pub use index_set::{IndexSet, Interval, Overlap};
pub use partition::Partition;
pub use region::Region;
pub use split::{ceiling_split, cyclic_count, local_split};
pub use strides::{contiguous_strides, packed_strides};
pub use transfer::{Message, Rolled, Span, Transfer};
pub use transfer_parts::{others, End, PartCut};
pub use validate::{element_count, MAX_DIMENSIONS};

/// How the elements of a global array are spread over ranks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A process grid. Ranks are numbered in C order (the last grid dimension fastest); each axis is cut at most once.
    Grid(Vec<GridDimension>),
    /// One box a rank: disjoint, together the whole array; empty ones are allowed.
    Boxes(Vec<IndexBox>),
    /// Only the number of elements that each rank has ("unshaped"); the shape is one axis, the sum of them.
    Local(Vec<i64>),
}

impl Layout {
    /// One axis cut into balanced parts, one a rank.
    pub fn cut(axis: usize, ranks: usize) -> Layout {
        Layout::Grid(vec![GridDimension { ranks, role: Role::Cut { axis, partition: Partition::Balanced } }])
    }

    /// Every rank holds the whole array.
    pub fn replicated(ranks: usize) -> Layout {
        Layout::Grid(vec![GridDimension { ranks, role: Role::Replicate }])
    }

    /// Over a process grid of `ranks[k]` ranks along axis k, numbered with the last axis fastest or the first: blocks of
    /// `sizes[k]` indices dealt out in turn, or one block of ceil(n / ranks) indices a rank.
    pub fn blocks(ranks: &[usize], column_major: bool, sizes: Option<&[i64]>) -> Layout {
        let dimension = |(axis, ranks): (usize, &usize)| {
            let partition = match sizes {
                Some(sizes) => Partition::Cyclic { block: sizes[axis], first: 0 },
                None => Partition::Ceiling,
            };
            GridDimension { ranks: *ranks, role: Role::Cut { axis, partition } }
        };
        let mut grid: Vec<GridDimension> = ranks.iter().enumerate().map(dimension).collect();
        if column_major {
            grid.reverse();
        }
        Layout::Grid(grid)
    }

    /// Number of ranks that the layout describes.
    pub fn ranks(&self) -> usize {
        match self {
            Layout::Grid(grid) => grid.iter().fold(1, |ranks, d| ranks.saturating_mul(d.ranks)),
            Layout::Boxes(boxes) => boxes.len(),
            Layout::Local(counts) => counts.len(),
        }
    }

    /// What `rank` holds. For an unshaped layout, its part of the concatenation of all ranks' elements.
    pub fn region(&self, shape: &[i64], rank: usize) -> Region {
        let axes = match self {
            Layout::Grid(grid) => grid::axes(grid, shape, rank),
            Layout::Boxes(boxes) => boxes[rank].axes(),
            Layout::Local(counts) => vec![IndexSet::interval(counts[..rank].iter().sum(), counts[rank])],
        };
        Region { axes }
    }

    /// Number of elements of every rank.
    pub fn local_counts(&self, shape: &[i64]) -> Vec<i64> {
        match self {
            Layout::Grid(grid) => grid::products(grid, shape, |_, set| set.len(), 1, |a, b| a * b),
            Layout::Boxes(boxes) => boxes.iter().map(IndexBox::count).collect(),
            Layout::Local(counts) => counts.clone(),
        }
    }

    /// Whether every rank that holds anything has all indices of `axis`.
    pub fn axis_is_whole(&self, shape: &[i64], axis: usize) -> bool {
        match self {
            Layout::Grid(_) => self.cut_of_axis(axis).is_none_or(|cut| cut.ranks == 1),
            Layout::Boxes(boxes) => {
                boxes.iter().all(|b| b.is_empty() || (b.lower[axis] == 0 && b.upper[axis] == shape[axis]))
            }
            Layout::Local(counts) => counts.len() == 1,
        }
    }

    /// In how many ranks each element lives.
    pub fn copies(&self) -> usize {
        match self {
            Layout::Grid(grid) => grid::copies(grid),
            _ => 1,
        }
    }

    /// Which copy of its elements `rank` holds: its C-order coordinate over the replicating dimensions.
    /// Copy 0 is the one that counts. Ranks with the same index hold together one whole copy.
    pub fn copy_index(&self, rank: usize) -> usize {
        match self {
            Layout::Grid(grid) => grid::split_rank(grid, rank).1,
            _ => 0,
        }
    }

    /// Which part of the array `rank` holds: its C-order coordinate over the cutting dimensions.
    /// Ranks with the same index hold the same elements.
    pub fn element_group(&self, rank: usize) -> usize {
        match self {
            Layout::Grid(grid) => grid::split_rank(grid, rank).0,
            _ => rank,
        }
    }

    /// The rank with this [`Layout::element_group`] and [`Layout::copy_index`].
    pub fn rank_of(&self, element_group: usize, copy_index: usize) -> usize {
        match self {
            Layout::Grid(grid) => grid::join_rank(grid, element_group, copy_index),
            _ => element_group,
        }
    }

    /// Which grid dimension cuts `axis`, and how; none where no dimension does, and for boxes and unshaped layouts.
    pub fn cut_of_axis(&self, axis: usize) -> Option<AxisCut<'_>> {
        match self {
            Layout::Grid(grid) => grid::cut_of_axis(grid, axis),
            _ => None,
        }
    }
}

impl std::fmt::Display for Layout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Layout::Local(counts) => write!(f, "of {counts:?} elements a rank"),
            Layout::Boxes(boxes) => write!(f, "in {} boxes", boxes.len()),
            Layout::Grid(grid) => {
                for (k, dimension) in grid.iter().enumerate() {
                    let joint = if k == 0 { "" } else { ", " };
                    match &dimension.role {
                        Role::Replicate => write!(f, "{joint}replicated over {} ranks", dimension.ranks)?,
                        Role::Cut { axis, partition } => {
                            write!(f, "{joint}cut along axis {axis} over {} ranks ({partition:?})", dimension.ranks)?
                        }
                    }
                }
                Ok(())
            }
        }
    }
}
