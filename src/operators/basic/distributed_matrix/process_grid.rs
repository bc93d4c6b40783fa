//! Ranks as the rows and columns of a grid, and the layouts of matrices on it.

use crate::layout::{GridDimension, Layout, Partition, Role};

/// A grid of all ranks: rank = row * strides[0] + column * strides[1]. The stride along one part is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessGrid {
    parts: [usize; 2],
    strides: [usize; 2],
}

/// How a matrix lies on a grid: rows and columns.
pub type OnGrid = (ProcessGrid, [Partition; 2]);

impl ProcessGrid {
    /// Ranks in C order: columns fastest.
    pub fn new(rows: usize, columns: usize) -> ProcessGrid {
        ProcessGrid::of_parts([rows, columns], [columns, 1])
    }

    /// The grid of all ranks with the most equal numbers of rows and columns, rows the fewer.
    pub fn squarest(ranks: usize) -> ProcessGrid {
        let rows = (1..=ranks).filter(|p| p * p <= ranks && ranks.is_multiple_of(*p)).max().unwrap_or(1);
        ProcessGrid::new(rows, ranks / rows)
    }

    fn of_parts(parts: [usize; 2], strides: [usize; 2]) -> ProcessGrid {
        let stride = |k: usize| if parts[k] == 1 { 0 } else { strides[k] };
        ProcessGrid { parts, strides: [stride(0), stride(1)] }
    }

    /// The grid on which a layout cuts axis 0 into rows and axis 1 into columns; none where it replicates or is no grid.
    pub fn of(layout: &Layout) -> Option<OnGrid> {
        let cut = |axis: usize| match layout.cut_of_axis(axis) {
            Some(cut) => (cut.ranks, cut.stride, cut.partition.clone()),
            None => (1, 0, Partition::Balanced),
        };
        let ((p, row_stride, rows), (q, column_stride, columns)) = (cut(0), cut(1));
        let grid = ProcessGrid::of_parts([p, q], [row_stride, column_stride]);
        (p * q == layout.ranks() && matches!(layout, Layout::Grid(_))).then_some((grid, [rows, columns]))
    }

    /// Rows for columns.
    pub fn turned(&self) -> ProcessGrid {
        ProcessGrid { parts: [self.parts[1], self.parts[0]], strides: [self.strides[1], self.strides[0]] }
    }

    pub fn rows(&self) -> usize {
        self.parts[0]
    }

    pub fn columns(&self) -> usize {
        self.parts[1]
    }

    /// Row and column of a rank.
    pub fn place(&self, rank: usize) -> [usize; 2] {
        [0, 1].map(|k| if self.parts[k] == 1 { 0 } else { rank / self.strides[k] % self.parts[k] })
    }

    pub fn rank(&self, row: usize, column: usize) -> usize {
        row * self.strides[0] + column * self.strides[1]
    }

    /// The layout of an array whose axis `axes[0]` is cut into the rows of the grid, and `axes[1]` into its columns.
    pub fn layout(&self, [rows, columns]: [&Partition; 2], axes: [usize; 2]) -> Layout {
        let cut = |k: usize, partition: &Partition| {
            let role = Role::Cut { axis: axes[k], partition: partition.clone() };
            (self.strides[k], GridDimension { ranks: self.parts[k], role })
        };
        let mut dimensions = vec![cut(0, rows), cut(1, columns)];
        dimensions.retain(|(_, d)| d.ranks > 1);
        dimensions.sort_by_key(|(stride, _)| std::cmp::Reverse(*stride));
        match dimensions.is_empty() {
            true => Layout::cut(0, 1),
            false => Layout::Grid(dimensions.into_iter().map(|(_, d)| d).collect()),
        }
    }
}

/// The layout of the transposed matrix: every rank keeps its elements.
pub fn transposed_layout(layout: &Layout) -> Layout {
    let mut turned = layout.clone();
    match &mut turned {
        Layout::Grid(grid) => {
            for dimension in grid {
                if let Role::Cut { axis, .. } = &mut dimension.role {
                    *axis = 1 - *axis;
                }
            }
        }
        Layout::Boxes(boxes) => boxes.iter_mut().for_each(|b| {
            b.lower.reverse();
            b.upper.reverse();
        }),
        Layout::Local(_) => {}
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_come_back_from_their_layouts() {
        let partitions = [Partition::Cyclic { block: 2, first: 0 }, Partition::Ceiling];
        for (rows, columns) in [(1, 1), (1, 4), (4, 1), (2, 3), (3, 2)] {
            for grid in [ProcessGrid::new(rows, columns), ProcessGrid::new(columns, rows).turned()] {
                let layout = grid.layout([&partitions[0], &partitions[1]], [0, 1]);
                layout.validate(&[7, 5], rows * columns).unwrap();
                let (found, cuts) = ProcessGrid::of(&layout).unwrap();
                assert_eq!(found, grid);
                assert!((0..2).all(|k| [rows, columns][k] == 1 || cuts[k] == partitions[k]));
                for rank in 0..rows * columns {
                    let [row, column] = grid.place(rank);
                    assert_eq!(grid.rank(row, column), rank);
                    let cut = |axis: usize| layout.cut_of_axis(axis).map_or(0, |c| c.part(rank));
                    assert_eq!([row, column], [cut(0), cut(1)]);
                }
                let (other, _) = ProcessGrid::of(&transposed_layout(&layout)).unwrap();
                assert_eq!(other, grid.turned());
            }
        }
        assert!(ProcessGrid::of(&Layout::replicated(4)).is_none());
        assert_eq!(ProcessGrid::squarest(6), ProcessGrid::new(2, 3));
        assert_eq!(ProcessGrid::squarest(7), ProcessGrid::new(1, 7));
    }
}
