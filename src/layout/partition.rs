//! How one axis is divided among the ranks of a grid dimension.

use super::index_set::{IndexSet, Interval};
use super::split::{ceiling_split, local_split};

/// The rule by which one axis is divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Partition {
    /// Part r has floor(n/P) + (r < n mod P) indices: [`local_split`].
    Balanced,
    /// Blocks of ceil(n/P), the last ones short or empty: [`ceiling_split`].
    Ceiling,
    /// Part r has `extents[r]` indices.
    Extents(Vec<i64>),
    /// Blocks of `block` indices dealt out in turn, beginning with part `first`, as in ScaLAPACK.
    Cyclic { block: i64, first: usize },
    /// The axis is a matrix in C order with rows of `row` indices, of which the last may be cut off; its columns are
    /// divided in balanced blocks.
    Columns { row: i64 },
}

impl Partition {
    /// The indices of `0..n` that `part` of `parts` has. The partition is valid for `n` and `parts`.
    pub fn set(&self, n: i64, parts: usize, part: usize) -> IndexSet {
        let (start, len) = match self {
            Partition::Balanced => local_split(n, parts as i64, part as i64),
            Partition::Ceiling => ceiling_split(n, parts as i64, part as i64),
            Partition::Extents(extents) => (extents[..part].iter().sum(), extents[part]),
            Partition::Cyclic { block, first } => {
                // As if part `first` were the first one.
                return cyclic_set(n, *block, parts, (part + parts - first) % parts);
            }
            Partition::Columns { row } => return column_set(n, *row, parts, part),
        };
        IndexSet::interval(start, len)
    }

    /// Every part's interval, in order, empty ones included; none where parts have several.
    pub fn intervals(&self, n: i64, parts: usize) -> Option<Vec<Interval>> {
        let from_rule = |rule: fn(i64, i64, i64) -> (i64, i64)| {
            (0..parts as i64)
                .map(|part| rule(n, parts as i64, part))
                .map(|(start, len)| Interval { start, len })
                .collect()
        };
        match self {
            Partition::Balanced => Some(from_rule(local_split)),
            Partition::Ceiling => Some(from_rule(ceiling_split)),
            Partition::Extents(extents) => {
                let ends = extents.iter().scan(0, |end, len| {
                    *end += len;
                    Some(*end)
                });
                Some(ends.zip(extents).map(|(end, &len)| Interval { start: end - len, len }).collect())
            }
            Partition::Cyclic { .. } | Partition::Columns { .. } => None,
        }
    }

    /// Every part's indices, in order; those of several intervals are made one at a time, since together they are as long as the axis.
    pub fn sets(&self, n: i64, parts: usize) -> Box<dyn Iterator<Item = IndexSet> + '_> {
        match self.intervals(n, parts) {
            Some(all) => Box::new(all.into_iter().map(|i| IndexSet::interval(i.start, i.len))),
            None => Box::new((0..parts).map(move |part| self.set(n, parts, part))),
        }
    }
}

fn cyclic_set(n: i64, block: i64, parts: usize, part: usize) -> IndexSet {
    let blocks = n / block + i64::from(n % block != 0);
    IndexSet::from_sorted((part as i64..blocks).step_by(parts).map(|b| {
        let start = b * block;
        Interval { start, len: block.min(n - start) }
    }))
}

fn column_set(n: i64, row: i64, parts: usize, part: usize) -> IndexSet {
    let (first, len) = local_split(row, parts as i64, part as i64);
    IndexSet::from_sorted((0..n / row + 1).map(|k| {
        let start = k * row + first;
        Interval { start, len: len.min(n - start) }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::split::cyclic_count;

    #[test]
    fn cyclic_sets_are_numroc_long_and_dealt_in_turn() {
        for n in 0..25 {
            for parts in [1, 2, 3, 4, 9] {
                for (block, first) in (1..6).flat_map(|block| [(block, 0), (block, parts - 1), (block, parts / 2)]) {
                    let partition = Partition::Cyclic { block, first };
                    for part in 0..parts {
                        let set = partition.set(n, parts, part);
                        let distance = (part + parts - first) % parts;
                        assert_eq!(set.len(), cyclic_count(n, block, parts as i64, distance as i64));
                        for index in 0..n {
                            let owner = ((index / block) as usize + first) % parts;
                            assert_eq!(set.offset_of(index).is_some(), owner == part);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn column_sets_are_columns() {
        for (n, row, parts) in [(20, 5, 3), (18, 5, 2), (3, 5, 2), (12, 4, 6), (7, 1, 3), (0, 3, 2), (9, 9, 1)] {
            for part in 0..parts {
                let set = Partition::Columns { row }.set(n, parts, part);
                let (first, len) = local_split(row, parts as i64, part as i64);
                for index in 0..n {
                    let column = index % row;
                    assert_eq!(set.offset_of(index).is_some(), column >= first && column < first + len);
                }
            }
        }
    }

    #[test]
    fn sets_intervals_and_set_agree() {
        for parts in 1..=6usize {
            for n in 0..12 {
                let mut extents = vec![0; parts];
                extents[parts / 2] = n;
                let rules = [
                    Partition::Balanced,
                    Partition::Ceiling,
                    Partition::Extents(extents),
                    Partition::Cyclic { block: 2, first: 0 },
                    Partition::Cyclic { block: 2, first: parts - 1 },
                    Partition::Columns { row: 1 },
                    Partition::Columns { row: 5 },
                    Partition::Columns { row: 20 },
                ];
                for partition in rules {
                    let sets: Vec<IndexSet> = partition.sets(n, parts).collect();
                    let single: Vec<IndexSet> = (0..parts).map(|p| partition.set(n, parts, p)).collect();
                    assert_eq!(sets, single);
                    assert_eq!(sets.iter().map(IndexSet::len).sum::<i64>(), n);
                    if let Some(intervals) = partition.intervals(n, parts) {
                        assert_eq!(intervals[0].start, 0);
                        assert!(intervals.windows(2).all(|w| w[0].end() == w[1].start));
                    }
                }
            }
        }
    }
}
