//! A set of indices along one axis.

/// Consecutive indices `start..start + len`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Interval {
    pub start: i64,
    pub len: i64,
}

impl Interval {
    /// One past the last index.
    pub fn end(self) -> i64 {
        self.start + self.len
    }
}

/// Consecutive indices that two sets share, and where each set keeps them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// First shared index, global.
    pub start: i64,
    pub len: i64,
    /// Position of `start` in the set whose method was called.
    pub offset: i64,
    /// Position of `start` in the other set.
    pub other_offset: i64,
}

/// A set of indices along one axis, as sorted intervals that neither overlap, touch nor are empty.
/// The local position of an index is its position in the sorted set. Equal sets compare equal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct IndexSet {
    intervals: Vec<Interval>,
    /// Local position of the first index of each interval.
    offsets: Vec<i64>,
    len: i64,
}

impl IndexSet {
    /// The indices `start..start + len`; none when `len` is not positive.
    pub fn interval(start: i64, len: i64) -> IndexSet {
        IndexSet::from_sorted([Interval { start, len }])
    }

    /// The union of intervals that come in ascending order and do not overlap; touching ones are merged.
    pub fn from_sorted(intervals: impl IntoIterator<Item = Interval>) -> IndexSet {
        let mut set = IndexSet::default();
        for piece in intervals.into_iter().filter(|i| i.len > 0) {
            match set.intervals.last_mut() {
                Some(last) if last.end() == piece.start => last.len += piece.len,
                _ => {
                    set.intervals.push(piece);
                    set.offsets.push(set.len);
                }
            }
            set.len += piece.len;
        }
        set
    }

    /// The same members under the numbers that they have when all of 0..n is rolled by -`by`, 0 <= by < n or both 0: index
    /// i is called i - by, or i - by + n. Each keeps the position that it has in this set.
    pub(super) fn rolled(&self, by: i64, n: i64) -> IndexSet {
        if by == 0 {
            return self.clone();
        }
        let mut rolled = IndexSet { len: self.len, ..IndexSet::default() };
        for (first, end, to) in [(by, n, -by), (0, by, n - by)] {
            for (interval, offset) in self.intervals.iter().zip(&self.offsets) {
                let (start, stop) = (interval.start.max(first), interval.end().min(end));
                if start < stop {
                    rolled.intervals.push(Interval { start: start + to, len: stop - start });
                    rolled.offsets.push(offset + start - interval.start);
                }
            }
        }
        rolled
    }

    pub fn intervals(&self) -> &[Interval] {
        &self.intervals
    }

    /// Number of indices.
    pub fn len(&self) -> i64 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// First index, or 0 for an empty set.
    pub fn lower(&self) -> i64 {
        self.intervals.first().map_or(0, |i| i.start)
    }

    /// One past the last index, or 0 for an empty set.
    pub fn upper(&self) -> i64 {
        self.intervals.last().map_or(0, |i| i.end())
    }

    /// Local position of a global index; none where the set does not have it.
    pub fn offset_of(&self, index: i64) -> Option<i64> {
        let after = self.intervals.partition_point(|i| i.start <= index);
        let at = after.checked_sub(1)?;
        let interval = self.intervals[at];
        (index < interval.end()).then(|| self.offsets[at] + index - interval.start)
    }

    /// What both sets have, ascending. `b.intersect(a)` gives the same pieces with the offsets exchanged.
    pub fn intersect(&self, other: &IndexSet) -> Vec<Overlap> {
        let mut shared = Vec::new();
        // Whatever ends before the other set begins is passed over by bisection.
        let mut i = self.intervals.partition_point(|a| a.end() <= other.lower());
        let mut j = other.intervals.partition_point(|b| b.end() <= self.lower());
        while let (Some(a), Some(b)) = (self.intervals.get(i), other.intervals.get(j)) {
            let start = a.start.max(b.start);
            let end = a.end().min(b.end());
            if start < end {
                shared.push(Overlap {
                    start,
                    len: end - start,
                    offset: self.offsets[i] + start - a.start,
                    other_offset: other.offsets[j] + start - b.start,
                });
            }
            if a.end() <= b.end() {
                i += 1;
            } else {
                j += 1;
            }
        }
        shared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The set whose members are the one bits of `bits`.
    fn from_bits(bits: u32, n: i64) -> IndexSet {
        IndexSet::from_sorted((0..n).filter(|i| bits >> i & 1 == 1).map(|start| Interval { start, len: 1 }))
    }

    #[test]
    fn every_subset_of_eight_indices() {
        let n = 8;
        for bits in 0..1u32 << n {
            let set = from_bits(bits, n);
            let members: Vec<i64> = (0..n).filter(|i| bits >> i & 1 == 1).collect();
            assert_eq!(set.len(), members.len() as i64);
            assert_eq!(set.is_empty(), members.is_empty());
            assert_eq!(set.lower(), members.first().copied().unwrap_or(0));
            assert_eq!(set.upper(), members.last().map_or(0, |i| i + 1));
            assert!(set.intervals().windows(2).all(|w| w[0].end() < w[1].start));
            for index in -2..n + 2 {
                let position = members.iter().position(|&m| m == index).map(|p| p as i64);
                assert_eq!(set.offset_of(index), position);
            }
        }
    }

    #[test]
    fn rolled_members_keep_their_positions() {
        let n = 6;
        for bits in 0..1u32 << n {
            let set = from_bits(bits, n);
            for by in 0..n {
                let rolled = set.rolled(by, n);
                for index in 0..n {
                    assert_eq!(rolled.offset_of((index + n - by) % n), set.offset_of(index), "{set:?} by {by}");
                }
                assert!(rolled.intervals().windows(2).all(|w| w[0].end() <= w[1].start));
            }
        }
    }

    #[test]
    fn intersections_of_all_pairs_of_subsets() {
        let n = 6;
        for a_bits in 0..1u32 << n {
            for b_bits in 0..1u32 << n {
                let (a, b) = (from_bits(a_bits, n), from_bits(b_bits, n));
                let shared = a.intersect(&b);
                let mut found = Vec::new();
                for piece in &shared {
                    for k in 0..piece.len {
                        assert_eq!(a.offset_of(piece.start + k), Some(piece.offset + k));
                        assert_eq!(b.offset_of(piece.start + k), Some(piece.other_offset + k));
                        found.push(piece.start + k);
                    }
                }
                let expected: Vec<i64> = (0..n).filter(|i| (a_bits & b_bits) >> i & 1 == 1).collect();
                assert_eq!(found, expected);
                let exchanged: Vec<Overlap> = b
                    .intersect(&a)
                    .into_iter()
                    .map(|o| Overlap { offset: o.other_offset, other_offset: o.offset, ..o })
                    .collect();
                assert_eq!(shared, exchanged);
            }
        }
    }
}
