//! The inner axis of a product, cut into panels: each is columns of A of one grid column and rows of X of one grid row.

use super::process_grid::ProcessGrid;
use crate::layout::{IndexSet, Partition, Span};

/// Some indices of the inner axis, ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panel {
    /// The grid column that has these columns of A.
    pub column: usize,
    pub count: i64,
    /// Where they stand among the columns of A of that grid column; known there only.
    pub columns: Vec<Span>,
    /// Where they stand among the rows of X of the grid row that has them; known there only.
    pub rows: Vec<Span>,
}

impl Panel {
    fn empty(column: usize) -> Panel {
        Panel { column, count: 0, columns: Vec::new(), rows: Vec::new() }
    }

    fn push(&mut self, columns: Option<Span>, rows: Option<Span>, len: i64) {
        self.count += len;
        for (list, span) in [(&mut self.columns, columns), (&mut self.rows, rows)] {
            match (list.last_mut(), span) {
                (Some(last), Some(span)) if last.offset + last.len == span.offset => last.len += span.len,
                (_, Some(span)) => list.push(span),
                (_, None) => {}
            }
        }
    }
}

/// The panels of each grid row, of at most `width` of `n` indices, which `columns` gives to the grid's columns and `rows`
/// to its rows. A row begins with the column of its own number, so that rows ask different columns.
pub fn panels(
    n: i64,
    width: i64,
    grid: &ProcessGrid,
    [rows, columns]: [&Partition; 2],
    [row, column]: [usize; 2],
) -> Vec<Vec<Panel>> {
    let of_columns: Vec<IndexSet> = columns.sets(n, grid.columns()).collect();
    let of_rows = rows.sets(n, grid.rows()).enumerate();
    let of_row = |(r, own): (usize, IndexSet)| {
        let mut list = Vec::new();
        for c in (0..grid.columns()).map(|k| (r + k) % grid.columns()) {
            let mut panel = Panel::empty(c);
            for shared in of_columns[c].intersect(&own) {
                let mut done = 0;
                while done < shared.len {
                    let len = (shared.len - done).min(width - panel.count);
                    let span = |known: bool, offset: i64| known.then_some(Span { offset: offset + done, len });
                    panel.push(span(c == column, shared.offset), span(r == row, shared.other_offset), len);
                    done += len;
                    if panel.count == width {
                        list.push(std::mem::replace(&mut panel, Panel::empty(c)));
                    }
                }
            }
            if panel.count > 0 {
                list.push(panel);
            }
        }
        list
    };
    of_rows.map(of_row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The global indices at local spans of a set.
    fn indices(set: &IndexSet, spans: &[Span]) -> Vec<i64> {
        let all: Vec<i64> = set.intervals().iter().flat_map(|i| i.start..i.end()).collect();
        spans.iter().flat_map(|s| all[s.offset as usize..(s.offset + s.len) as usize].to_vec()).collect()
    }

    #[test]
    fn every_index_is_in_one_panel_which_both_owners_know() {
        let rules = [Partition::Balanced, Partition::Cyclic { block: 2, first: 0 }, Partition::Ceiling];
        for (grid, n, width) in
            [(ProcessGrid::new(2, 3), 17, 4), (ProcessGrid::new(3, 1), 5, 2), (ProcessGrid::new(1, 2), 1, 9)]
        {
            for (rows, columns) in rules.iter().flat_map(|a| rules.iter().map(move |b| (a, b))) {
                let mut seen = vec![0; n as usize];
                let all: Vec<Vec<Vec<Panel>>> = (0..grid.rows() * grid.columns())
                    .map(|rank| panels(n, width, &grid, [rows, columns], grid.place(rank)))
                    .collect();
                for r in 0..grid.rows() {
                    for (k, panel) in all[0][r].iter().enumerate() {
                        let owner = &all[grid.rank(r, panel.column)][r][k];
                        let of_x = indices(&rows.set(n, grid.rows(), r), &owner.rows);
                        assert_eq!(of_x, indices(&columns.set(n, grid.columns(), panel.column), &owner.columns));
                        assert!(owner.count == of_x.len() as i64 && (1..=width).contains(&owner.count));
                        of_x.iter().for_each(|i| seen[*i as usize] += 1);
                        assert!(all.iter().all(|p| p[r][k].count == panel.count && p[r][k].column == panel.column));
                    }
                }
                assert!(seen.iter().all(|count| *count == 1), "{rows:?} {columns:?}: {seen:?}");
            }
        }
    }
}
