//! Process grids: ranks, coordinates, and the axes that grid dimensions cut.

use super::index_set::IndexSet;
use super::partition::Partition;

/// What a grid dimension does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// Its ranks hold the same elements.
    Replicate,
    /// Its ranks divide one axis of the array.
    Cut { axis: usize, partition: Partition },
}

/// One dimension of a process grid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GridDimension {
    pub ranks: usize,
    pub role: Role,
}

impl GridDimension {
    fn is_cut(&self) -> bool {
        matches!(self.role, Role::Cut { .. })
    }
}

/// How a grid cuts one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AxisCut<'a> {
    /// The grid dimension that does it.
    pub dimension: usize,
    /// Number of parts.
    pub ranks: usize,
    /// Distance in rank between neighbouring parts.
    pub stride: usize,
    pub partition: &'a Partition,
}

impl AxisCut<'_> {
    /// Which part `rank` has.
    pub fn part(&self, rank: usize) -> usize {
        rank / self.stride % self.ranks
    }
}

pub(super) fn cut_of_axis(grid: &[GridDimension], axis: usize) -> Option<AxisCut<'_>> {
    let mut stride = 1;
    for (dimension, d) in grid.iter().enumerate().rev() {
        match &d.role {
            Role::Cut { axis: cut, partition } if *cut == axis => {
                return Some(AxisCut { dimension, ranks: d.ranks, stride, partition });
            }
            _ => stride *= d.ranks,
        }
    }
    None
}

/// The indices along each axis that `rank` has.
pub(super) fn axes(grid: &[GridDimension], shape: &[i64], rank: usize) -> Vec<IndexSet> {
    let whole = |(axis, &n): (usize, &i64)| match cut_of_axis(grid, axis) {
        Some(cut) => cut.partition.set(n, cut.ranks, cut.part(rank)),
        None => IndexSet::interval(0, n),
    };
    shape.iter().enumerate().map(whole).collect()
}

/// For every rank the product over the axes of a value of its indices there; each part of an axis is asked once.
pub(super) fn products<T: Copy>(
    grid: &[GridDimension],
    shape: &[i64],
    value: impl Fn(usize, &IndexSet) -> T,
    one: T,
    multiply: impl Fn(T, T) -> T,
) -> Vec<T> {
    let ranks = grid.iter().map(|d| d.ranks).product();
    let mut products = vec![one; ranks];
    for (axis, &n) in shape.iter().enumerate() {
        let (factors, stride): (Vec<T>, usize) = match cut_of_axis(grid, axis) {
            Some(cut) => (cut.partition.sets(n, cut.ranks).map(|set| value(axis, &set)).collect(), cut.stride),
            None => (vec![value(axis, &IndexSet::interval(0, n))], 1),
        };
        for (rank, product) in products.iter_mut().enumerate() {
            *product = multiply(*product, factors[rank / stride % factors.len()]);
        }
    }
    products
}

pub(super) fn copies(grid: &[GridDimension]) -> usize {
    grid.iter().filter(|d| !d.is_cut()).map(|d| d.ranks).product()
}

/// C-order coordinates of `rank` over the cutting and over the replicating dimensions.
pub(super) fn split_rank(grid: &[GridDimension], rank: usize) -> (usize, usize) {
    let (mut rest, mut strides, mut indices) = (rank, [1, 1], [0, 0]);
    for d in grid.iter().rev() {
        let kind = usize::from(!d.is_cut());
        indices[kind] += rest % d.ranks * strides[kind];
        strides[kind] *= d.ranks;
        rest /= d.ranks;
    }
    (indices[0], indices[1])
}

/// The inverse of [`split_rank`].
pub(super) fn join_rank(grid: &[GridDimension], element_group: usize, copy_index: usize) -> usize {
    let (mut rest, mut rank, mut stride) = ([element_group, copy_index], 0, 1);
    for d in grid.iter().rev() {
        let kind = usize::from(!d.is_cut());
        rank += rest[kind] % d.ranks * stride;
        rest[kind] /= d.ranks;
        stride *= d.ranks;
    }
    rank
}
