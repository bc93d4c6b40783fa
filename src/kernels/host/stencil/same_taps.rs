//! Rows whose taps differ only by their place: what is summed for them, and where.

use super::complex::complex;
use super::ends::{self, Ends};
use super::grid::{Index, MAX_LOOPS};
use super::kept::{Kept, Like, Made, Scratch, Whole, KEPT};
use super::rows::{Planes, Rows};
use super::{Output, Pass, StencilReal};
use crate::dtype::{Element, Real};
use crate::kernels::cpu;
use std::mem::size_of;
use std::ops::Range;

impl<T: Element> Pass<'_, T>
where
    T::Real: StencilReal,
{
    /// The positions `columns` of rows `range` of the middle loop, for every output; in a near tile those of `planes` of its
    /// outermost loop. Here and below, `index` has position 0 of the row.
    pub(super) unsafe fn planes(
        &self,
        index: &mut Index,
        planes: Range<usize>,
        (range, columns): (Range<usize>, Range<usize>),
        group: usize,
        scratch: &mut Kept<'_, T::Real>,
    ) {
        let first = self.tiling.first;
        if !self.tiling.planes {
            // SAFETY: the rows lie in the caller's box.
            return unsafe { self.rows(index, 1, (range, columns), group, scratch) };
        }
        let uniform = self.outputs.iter().map(|output| self.uniform(output, first, planes.clone()));
        let uniform = uniform.reduce(|a, b| a.start.max(b.start)..a.end.min(b.end)).unwrap_or(planes.clone());
        let uniform = if uniform.is_empty() { planes.end..planes.end } else { uniform };
        for plane in (planes.start..uniform.start).chain(uniform.end..planes.end) {
            index[first] = plane;
            // SAFETY: as above.
            unsafe { self.rows(index, 1, (range.clone(), columns.clone()), group, scratch) };
        }
        if !uniform.is_empty() {
            index[first] = uniform.start;
            // SAFETY: as above; these planes differ only by their place.
            unsafe { self.rows(index, uniform.len(), (range, columns), group, scratch) };
        }
    }

    /// The positions `columns` of rows `range` of the middle loop, for every output, and as many of the planes that follow.
    unsafe fn rows(
        &self,
        index: &mut Index,
        planes: usize,
        (range, columns): (Range<usize>, Range<usize>),
        group: usize,
        scratch: &mut Kept<'_, T::Real>,
    ) {
        let middle = self.grid.row() - 1;
        for start in range.clone().step_by(group) {
            let stop = range.end.min(start.saturating_add(group));
            for (number, output) in self.outputs.iter().enumerate() {
                let uniform = self.uniform(output, middle, start..stop);
                // Rows near the ends have taps of their own; a lone output keeps those too.
                let alone = self.outputs.len() == 1;
                let before = (start..uniform.start).map(|i| (i, 1 + (i - start)));
                let after = (uniform.end..stop).map(|i| (i, 4 + (i - uniform.end)));
                for (i, slot) in before.chain(after) {
                    index[middle] = i;
                    let slot = scratch.slot(if alone { slot } else { KEPT - 1 });
                    // SAFETY: the rows lie in the caller's box.
                    unsafe { self.same_taps(number, index, (planes, 1), columns.clone(), slot) };
                }
                if !uniform.is_empty() {
                    index[middle] = uniform.start;
                    let slot = scratch.slot(number);
                    // SAFETY: the rows lie in the caller's box, and differ only by their place.
                    unsafe { self.same_taps(number, index, (planes, uniform.len()), columns.clone(), slot) };
                }
            }
        }
    }

    /// The part of `range` of loop `b` where all terms have their interior taps, all of them in the block.
    fn uniform(&self, output: &Output<'_, T>, b: usize, range: Range<usize>) -> Range<usize> {
        let (mut start, mut end) = (range.start, range.end);
        for term in output.terms.iter().filter(|t| self.grid.position(t.axis) == b) {
            let taps = term.stencil.interior();
            let rows = term.stencil.uniform();
            let before = taps.first().map_or(0, |t| (-t.0).max(0) as usize);
            let after = taps.last().map_or(0, |t| t.0.max(0) as usize);
            start = start.max(rows.start.saturating_sub(term.offset)).max(before);
            end = end.min(rows.end.saturating_sub(term.offset)).min(self.grid.shape[b].saturating_sub(after));
        }
        if start < end {
            start..end
        } else {
            range.end..range.end
        }
    }

    /// The positions `columns` of `rows` rows of `planes` planes from `index` on, whose taps differ only by their place.
    unsafe fn same_taps(
        &self,
        number: usize,
        index: &mut Index,
        (planes, rows): (usize, usize),
        columns: Range<usize>,
        scratch: &mut Scratch<T::Real>,
    ) {
        let (grid, output) = (self.grid, &self.outputs[number]);
        let (row, first, unit) = (grid.row(), self.tiling.first, grid.unit);
        let inner = self.uniform(output, row, columns.clone());
        if !self.factors.are_real() {
            for _ in 0..planes {
                // SAFETY: from here on, index and lengths lie in the caller's box.
                unsafe { self.complex_rows(output, index, rows, inner.clone(), columns.clone(), scratch) };
                index[first] += 1;
            }
            index[first] -= planes;
            return;
        }
        let (start, end) = (columns.start * unit, columns.end * unit);
        let (mut from, mut to) = (inner.start * unit, inner.end * unit);
        let y = output.y.cast::<T::Real>().wrapping_offset(grid.offset(output.y_strides, index));
        let stride = grid.stride(output.y_strides, row - 1);
        let line = ends::lanes::<T::Real>();
        // Numbers from `e` on to the next cache line, when it is the same for all rows; in near tiles else as if rows began
        // with lines.
        let near_tile = self.tiling.near.is_some();
        let alike = if near_tile { self.tiling.alike } else { rows == 1 || stride % line as isize == 0 };
        let same = alike || near_tile;
        let to_line = |e: usize| match (alike, near_tile) {
            (true, _) => (y.wrapping_add(e) as usize).wrapping_neg() % cpu::LINE / size_of::<T::Real>(),
            (false, true) => e.wrapping_neg() % line,
            (false, false) => 0,
        };
        let zoned = from > start || to < end;
        if zoned && from < to {
            if from > start {
                from = to.min(from + to_line(from));
            }
            if to < end {
                to = from.max(to.saturating_sub(if same { (line - to_line(to)) % line } else { 0 }));
            }
        }
        let beta = !self.factors.beta.is_zero();
        let factor = T::Real::from_f64(self.factors.beta.re);
        // Near rows may be two zones alone, of which a line ends the first.
        let zones_meet = near_tile && start < from && from == to && to < end && to_line(from) == 0;
        let between = from < to || zones_meet;
        let combine =
            |moved: isize, planes: Planes, taps: &Whole<T::Real>, ends: &Ends<T::Real>, len: Option<usize>| {
                let taps = len.map(|len| (len, taps.made()));
                let near = taps.is_some_and(|(_, taps)| taps.is_near());
                // Where there are only zones, taps are not looked at, and the function for few of them starts fastest.
                let (len, taps) = taps.filter(|&(len, _)| len > 0 || near).unwrap_or((0, T::Real::no_taps()));
                let count = if len > 0 || near { taps.count } else { 2 };
                let rows_function = T::Real::rows_function(cpu::level(), count, near, beta, self.tiling.stream);
                let y = y.wrapping_add(from).wrapping_offset(moved);
                let place = Rows { y, stride, rows, len, planes, cached: self.cached };
                // SAFETY: the rows and zones lie in the caller's box.
                unsafe { rows_function(&place, taps, ends, factor) };
            };
        let uniform = between.then_some(to - from);
        let Scratch { taps, ends, made_for } = scratch;
        let like = Like { number, numbers: [start, from, to, end], line: to_line(start) };
        let same_taps = |last: &Made| {
            let alike = |b: usize, i: usize| !self.uniform(output, b, i..i + 1).is_empty();
            let loops = |b: usize| last.index[b] == index[b] || alike(b, index[b]) && alike(b, last.index[b]);
            last.like == like && (0..row).all(loops)
        };
        // The first plane, and those that follow it: at once if all taps move alike, else one by one.
        let combine_all = |taps: &mut Whole<T::Real>, ends: &mut Ends<T::Real>, last: &mut Made| {
            if planes == 1 {
                return combine(0, Planes::ONE, taps, ends, uniform);
            }
            let (y_plane, by) = (grid.stride(output.y_strides, first), self.plane_shifts(output, &last.index));
            let x_plane = taps.moves(&by).filter(|_| between);
            if x_plane.is_some() {
                ends.set_planes(&by);
            }
            let at_once = if x_plane.is_some() { planes } else { 1 };
            for plane in 0..planes.div_ceil(at_once) {
                if plane > 0 {
                    ends.shift(y_plane, &by);
                    if between {
                        taps.shift(&by);
                    }
                    last.index[first] += 1;
                }
                let together = self.tiling.together;
                let planes = Planes { count: at_once, together, y: y_plane, x: x_plane.unwrap_or(0) };
                combine(plane as isize * y_plane, planes, taps, ends, uniform);
            }
        };
        if let Some(last) = made_for.as_mut().filter(|last| same_taps(last)) {
            let by = self.shifts(output, &last.index, index);
            let strides = output.y_strides;
            ends.shift(grid.offset(strides, index) - grid.offset(strides, &last.index), &by);
            if between {
                taps.shift(&by);
            }
            last.index[..row].copy_from_slice(&index[..row]);
            return combine_all(taps, ends, last);
        }
        let mut whole = true;
        ends.clear();
        let zones = if between { [(start, from), (to, end)] } else { [(start, end), (end, end)] };
        for (mut at, stop) in zones {
            while at < stop {
                let next = stop.min(at + if at == start && to_line(at) > 0 { to_line(at) } else { line });
                self.end_taps(output, index, (at, next - at), y.wrapping_add(at), ends);
                at = next;
                if ends.is_full() {
                    combine(0, Planes::ONE, taps, ends, None);
                    ends.clear();
                    whole = false;
                }
            }
        }
        if between {
            let taps = taps.start();
            index[row] = inner.start;
            self.taps(output, index, taps);
            index[row] = 0;
            // The row may start later, for its alignment.
            let later = from - inner.start * unit;
            taps.source[..taps.count].iter_mut().for_each(|source| *source = source.wrapping_add(later));
        }
        if whole {
            let made = made_for.insert(Made { index: [0; MAX_LOOPS], like });
            made.index[..row].copy_from_slice(&index[..row]);
            return combine_all(taps, ends, made);
        }
        *made_for = None;
        combine(0, Planes::ONE, taps, ends, uniform);
        // The zones are more than are kept at a time.
        for _ in 1..planes {
            index[first] += 1;
            // SAFETY: as for this function.
            unsafe { self.same_taps(number, index, (1, rows), columns.clone(), scratch) };
        }
        index[first] -= planes - 1;
    }

    /// The same with complex factors.
    unsafe fn complex_rows(
        &self,
        output: &Output<'_, T>,
        index: &mut Index,
        rows: usize,
        inner: Range<usize>,
        columns: Range<usize>,
        scratch: &mut Scratch<T::Real>,
    ) {
        let (grid, row) = (self.grid, self.grid.row());
        let singles = (columns.start..inner.start).chain(inner.end..columns.end).map(|p| p..p + 1);
        for part in singles.chain((!inner.is_empty()).then_some(inner.clone())) {
            index[row] = part.start;
            let y = output.y.cast::<T::Real>().wrapping_offset(grid.offset(output.y_strides, index));
            let stride = grid.stride(output.y_strides, row - 1);
            let taps = scratch.taps.start();
            self.taps(output, index, taps);
            let len = part.len() * grid.unit;
            let place = Rows { y, stride, rows, len, planes: Planes::ONE, cached: self.cached };
            // SAFETY: the rows lie in the caller's box.
            unsafe { complex(&place, taps, self.factors) };
        }
        index[row] = 0;
    }
}
