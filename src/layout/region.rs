//! What one rank holds: a product of index sets, one an axis.

use super::index_set::IndexSet;

/// A product of index sets. Its elements are stored in C order: the last axis is contiguous.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    pub axes: Vec<IndexSet>,
}

impl Region {
    /// Number of indices along each axis.
    pub fn local_shape(&self) -> Vec<i64> {
        self.axes.iter().map(IndexSet::len).collect()
    }

    /// Number of elements.
    pub fn count(&self) -> i64 {
        self.axes.iter().map(IndexSet::len).product()
    }

    /// Whether the indices along every axis are consecutive.
    pub fn is_box(&self) -> bool {
        self.axes.iter().all(|set| set.intervals().len() <= 1)
    }

    /// First global index along each axis, 0 where there is none.
    pub fn lower(&self) -> Vec<i64> {
        self.axes.iter().map(IndexSet::lower).collect()
    }

    /// One past the last global index along each axis, 0 where there is none.
    pub fn upper(&self) -> Vec<i64> {
        self.axes.iter().map(IndexSet::upper).collect()
    }

    /// Local C-order position of a global index, one number an axis; none where the region does not have it.
    pub fn offset_of(&self, index: &[i64]) -> Option<i64> {
        if index.len() != self.axes.len() {
            return None;
        }
        let mut offset = 0;
        for (set, &i) in self.axes.iter().zip(index) {
            offset = offset * set.len() + set.offset_of(i)?;
        }
        Some(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::index_set::Interval;

    #[test]
    fn positions_follow_c_order() {
        let rows = IndexSet::from_sorted([Interval { start: 1, len: 1 }, Interval { start: 3, len: 2 }]);
        let region = Region { axes: vec![rows, IndexSet::interval(2, 2)] };
        assert_eq!((region.local_shape(), region.count(), region.is_box()), (vec![3, 2], 6, false));
        assert_eq!((region.lower(), region.upper()), (vec![1, 2], vec![5, 4]));
        let mut next = 0;
        for i in 0..6 {
            for j in 0..5 {
                let held = [1, 3, 4].contains(&i) && [2, 3].contains(&j);
                assert_eq!(region.offset_of(&[i, j]), held.then_some(next));
                next += i64::from(held);
            }
        }
        assert_eq!(region.offset_of(&[1]), None);
    }

    #[test]
    fn an_empty_axis_empties_the_region() {
        let region = Region { axes: vec![IndexSet::interval(4, 0), IndexSet::interval(0, 5)] };
        assert_eq!((region.local_shape(), region.count(), region.is_box()), (vec![0, 5], 0, true));
    }
}
