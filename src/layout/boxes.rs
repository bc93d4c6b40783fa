//! Layouts of one box a rank.

use super::index_set::IndexSet;
use crate::error::Result;
use crate::fail;

/// The indices `lower[k] <= i < upper[k]` along each axis k.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexBox {
    pub lower: Vec<i64>,
    pub upper: Vec<i64>,
}

impl IndexBox {
    pub fn is_empty(&self) -> bool {
        self.lower.iter().zip(&self.upper).any(|(l, u)| l >= u)
    }

    pub(super) fn axes(&self) -> Vec<IndexSet> {
        self.lower.iter().zip(&self.upper).map(|(&l, &u)| IndexSet::interval(l, u - l)).collect()
    }

    fn overlaps(&self, other: &IndexBox) -> bool {
        (0..self.lower.len()).all(|k| self.lower[k] < other.upper[k] && other.lower[k] < self.upper[k])
    }

    /// Number of elements; the box lies inside a valid shape.
    pub(crate) fn count(&self) -> i64 {
        self.lower.iter().zip(&self.upper).map(|(l, u)| u - l).product()
    }

    /// What both have; empty along every axis where that is nothing.
    pub(crate) fn intersection(&self, other: &IndexBox) -> IndexBox {
        let lower: Vec<i64> = self.lower.iter().zip(&other.lower).map(|(a, b)| *a.max(b)).collect();
        let upper: Vec<i64> = self.upper.iter().zip(&other.upper).map(|(a, b)| *a.min(b)).collect();
        let both = IndexBox { lower, upper };
        if both.is_empty() {
            return IndexBox { upper: both.lower.clone(), lower: both.lower };
        }
        both
    }

    /// Without one of its axes. A box that was empty stays empty.
    pub(crate) fn without_axis(&self, axis: usize) -> IndexBox {
        let (mut lower, mut upper) = (self.lower.clone(), self.upper.clone());
        lower.remove(axis);
        upper.remove(axis);
        IndexBox { upper: if self.is_empty() { lower.clone() } else { upper }, lower }
    }
}

/// Boxes inside the shape, disjoint, and together the whole of it. `shape` is valid.
pub(super) fn validate(boxes: &[IndexBox], shape: &[i64]) -> Result<()> {
    for (rank, b) in boxes.iter().enumerate() {
        if b.lower.len() != shape.len() || b.upper.len() != shape.len() {
            fail!(
                Layout,
                "layout: the box of rank {rank} has {} lower and {} upper bounds, the shape has {} axes",
                b.lower.len(),
                b.upper.len(),
                shape.len()
            );
        }
        for (axis, &n) in shape.iter().enumerate() {
            let (lower, upper) = (b.lower[axis], b.upper[axis]);
            if lower < 0 || lower > upper || upper > n {
                fail!(
                    Layout,
                    "layout: the box of rank {rank} is [{lower}, {upper}) along axis {axis}, expected 0 <= lower <= upper <= {n}"
                );
            }
        }
    }
    if let Some((a, b)) = first_overlap(boxes, shape.len()) {
        fail!(
            Layout,
            "layout: the boxes of ranks {a} and {b} overlap ({:?} to {:?} and {:?} to {:?})",
            boxes[a].lower,
            boxes[a].upper,
            boxes[b].lower,
            boxes[b].upper
        );
    }
    let covered: i128 = boxes.iter().map(|b| i128::from(b.count())).sum();
    let total: i128 = shape.iter().map(|&n| i128::from(n)).product();
    if covered != total {
        fail!(Layout, "layout: the boxes hold {covered} of the {total} elements of shape {shape:?}");
    }
    Ok(())
}

/// Two ranks whose boxes share an element. Boxes are swept in the order of their lower bounds along the axis that
/// separates them best, so that each is compared only with those it may meet.
fn first_overlap(boxes: &[IndexBox], axes: usize) -> Option<(usize, usize)> {
    let distinct = |axis: usize| {
        let mut bounds: Vec<i64> = boxes.iter().map(|b| b.lower[axis]).collect();
        bounds.sort_unstable();
        bounds.dedup();
        bounds.len()
    };
    let axis = (0..axes).max_by_key(|&axis| distinct(axis))?;
    let mut order: Vec<usize> = (0..boxes.len()).filter(|&rank| !boxes[rank].is_empty()).collect();
    order.sort_unstable_by_key(|&rank| (boxes[rank].lower[axis], rank));
    let mut open: Vec<usize> = Vec::new();
    for &rank in &order {
        open.retain(|&other| boxes[other].upper[axis] > boxes[rank].lower[axis]);
        if let Some(&other) = open.iter().find(|&&other| boxes[other].overlaps(&boxes[rank])) {
            return Some((other.min(rank), other.max(rank)));
        }
        open.push(rank);
    }
    None
}
