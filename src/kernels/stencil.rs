//! A matrix along one axis of an array: banded Toeplitz, with a few special rows at both ends.
//!
//! A row is a list of (offset, coefficient): y_i = sum of c x_(i + o), by increasing offset. The transpose of such a
//! matrix is of the same form, so forward and adjoint of a derivative are one kernel with two stencils.

use std::ops::Range;

/// One term of a row: column minus row, and the matrix element.
pub type Tap = (isize, f64);

/// An n x n matrix whose rows are `interior`, but for the first and the last few.
#[derive(Clone, Debug, PartialEq)]
pub struct Stencil {
    n: usize,
    interior: Vec<Tap>,
    first: Vec<Vec<Tap>>,
    last: Vec<Vec<Tap>>,
}

impl Stencil {
    /// Rows of `interior` where they fit, rows of `ends` (a negative number counts from the end) where they fit and
    /// the interior does not, all divided by `divisor`.
    pub fn with_ends(n: usize, mut interior: Vec<Tap>, ends: &[(isize, Vec<Tap>)], divisor: f64) -> Stencil {
        let fits = |i: usize, taps: &[Tap]| taps.iter().all(|&(o, _)| column(i, o).is_some_and(|c| c < n));
        let divided = |taps: &[Tap]| taps.iter().map(|&(o, c)| (o, c / divisor)).collect::<Vec<_>>();
        let (before, after) = extent(&interior);
        let row = |i: usize| {
            if fits(i, &interior) {
                return divided(&interior);
            }
            let here = |place: isize| (if place < 0 { place + n as isize } else { place }) == i as isize;
            ends.iter().find(|(place, taps)| here(*place) && fits(i, taps)).map_or(vec![], |(_, taps)| divided(taps))
        };
        let (first, last) = ends_of(n, before, after, row);
        interior = divided(&interior);
        Stencil { n, interior, first, last }
    }

    /// Rows and columns of the matrix.
    pub fn n(&self) -> usize {
        self.n
    }

    /// The taps of row `i`, by increasing offset.
    #[inline]
    pub fn row(&self, i: usize) -> &[Tap] {
        if let Some(row) = self.first.get(i) {
            return row;
        }
        match i.checked_sub(self.n - self.last.len()).and_then(|k| self.last.get(k)) {
            Some(row) => row,
            None => &self.interior,
        }
    }

    /// The taps of all rows in `uniform`.
    pub fn interior(&self) -> &[Tap] {
        &self.interior
    }

    /// The rows that are `interior`.
    pub fn uniform(&self) -> Range<usize> {
        self.first.len()..self.n - self.last.len()
    }

    /// The transposed matrix.
    pub fn adjoint(&self) -> Stencil {
        let n = self.n;
        let uniform = self.uniform();
        let (before, after) = extent(&self.interior);
        // A column is uniform when no special row touches it and all its elements lie in uniform rows.
        let touched = self.first.iter().enumerate().flat_map(|(i, row)| row.iter().map(move |t| i as isize + t.0 + 1));
        let head = touched.max().unwrap_or(0).max(self.first.len() as isize + after) as usize;
        let base = n - self.last.len();
        let touched = self.last.iter().enumerate().flat_map(|(k, row)| row.iter().map(move |t| (base + k, t.0)));
        let touched = touched.map(|(i, o)| n as isize - (i as isize + o));
        let tail = touched.max().unwrap_or(0).max(self.last.len() as isize + before) as usize;

        let special: Vec<usize> = (0..uniform.start).chain(uniform.end..n).collect();
        let row = |j: usize| {
            let mut taps: Vec<Tap> = self.interior.iter().map(|&(o, c)| (-o, c)).collect();
            taps.retain(|&(o, _)| column(j, o).is_some_and(|i| uniform.contains(&i)));
            for &i in &special {
                let offset = j as isize - i as isize;
                taps.extend(self.row(i).iter().filter(|t| t.0 == offset).map(|t| (-offset, t.1)));
            }
            taps.sort_by_key(|t| t.0);
            taps
        };
        let (first, last) = ends_of(n, head as isize, tail as isize, row);
        let interior = self.interior.iter().rev().map(|&(o, c)| (-o, c)).collect();
        Stencil { n, interior, first, last }
    }

    /// The widest offsets before and after a row, over all rows: the halo that any slab can need.
    pub fn reach(&self) -> (usize, usize) {
        let special = self.first.iter().chain(&self.last);
        let interior = (!self.uniform().is_empty()).then_some(&self.interior);
        let widest = special.chain(interior).map(|row| extent(row));
        let (before, after) = widest.fold((0, 0), |a, b| (a.0.max(b.0), a.1.max(b.1)));
        (before as usize, after as usize)
    }

    /// How many elements before and after the slab the rows of the slab read.
    pub fn halo(&self, slab: Range<usize>) -> (usize, usize) {
        let (before, after) = self.reach();
        let first = slab.clone().take(before).map(|i| slab.start as isize - i as isize + extent(self.row(i)).0);
        let last = slab.clone().rev().take(after);
        let last = last.map(|i| i as isize + extent(self.row(i)).1 - (slab.end as isize - 1));
        (first.max().unwrap_or(0).max(0) as usize, last.max().unwrap_or(0).max(0) as usize)
    }

    /// The rows of the slab, counted from its start, that read nothing outside it.
    pub fn inside(&self, slab: Range<usize>) -> Range<usize> {
        let (before, after) = self.reach();
        let lacks_before = |&i: &usize| (i as isize) - extent(self.row(i)).0 < slab.start as isize;
        let lacks_after = |&i: &usize| i as isize + extent(self.row(i)).1 >= slab.end as isize;
        let start = slab.clone().take(before).rfind(lacks_before).map_or(slab.start, |i| i + 1);
        let end = slab.clone().rev().take(after).rfind(lacks_after).unwrap_or(slab.end);
        start - slab.start..end.max(start) - slab.start
    }
}

/// The special rows at both ends; all rows are first rows when the ends meet.
fn ends_of(n: usize, head: isize, tail: isize, row: impl Fn(usize) -> Vec<Tap>) -> (Vec<Vec<Tap>>, Vec<Vec<Tap>>) {
    let (head, tail) = (head as usize, tail as usize);
    if head + tail >= n {
        return ((0..n).map(&row).collect(), vec![]);
    }
    ((0..head).map(&row).collect(), (n - tail..n).map(&row).collect())
}

/// How far the taps reach before and after their row, never negative.
fn extent(taps: &[Tap]) -> (isize, isize) {
    taps.iter().fold((0, 0), |(before, after), &(o, _)| (before.max(-o), after.max(o)))
}

/// Column of a tap, if it is not before the first.
fn column(i: usize, offset: isize) -> Option<usize> {
    i.checked_add_signed(offset)
}
