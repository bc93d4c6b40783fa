//! Which elements an output element is the sum of: pointers into the block and into the halos.

use super::grid::Index;
use super::rows::{Neighbours, Taps, MAX_LEADS};
use super::tiling::Ahead;
use super::{Output, Pass, StencilReal, Term, MAX_TERMS};
use crate::dtype::{Element, Real};
use std::mem::size_of;

/// Where a target lies along its axis: before the block, in it, or after it.
const BEFORE: usize = 0;
const INSIDE: usize = 1;
const AFTER: usize = 2;

/// The number of a term and a side of the block: the place of its taps in what `shifts` gives.
pub(super) fn origin(number: usize, side: usize) -> u8 {
    (3 * number + side) as u8
}

impl<T: Element> Pass<'_, T>
where
    T::Real: StencilReal,
{
    /// Where the element of the term's x lies that is at `index`, but at `target` along the term's axis, on that side of the
    /// block; and the step there of the loop before the row. In real numbers.
    pub(super) fn source(
        &self,
        term: &Term<'_, T>,
        index: &Index,
        target: isize,
        side: usize,
    ) -> (*const T::Real, isize) {
        let grid = &self.grid;
        let b = grid.position(term.axis);
        let (halo, width, plane) = match side {
            BEFORE => (term.halo.before, term.halo.before_width, target + term.halo.before_width as isize),
            INSIDE => {
                let moved = (target - index[b] as isize) * grid.stride(term.x_strides, b);
                let at = grid.offset(term.x_strides, index) + moved;
                let stride = grid.stride(term.x_strides, grid.row() - 1);
                return (term.x.cast::<T::Real>().wrapping_offset(at), stride);
            }
            _ => (term.halo.after, term.halo.after_width, target - grid.shape[b] as isize),
        };
        let (at, stride) = grid.halo_offset(index, b, plane, width);
        (halo.cast::<T::Real>().wrapping_offset(at), stride)
    }

    /// The side of the block where the target lies.
    fn side(&self, term: &Term<'_, T>, target: isize) -> usize {
        let n = self.grid.shape[self.grid.position(term.axis)] as isize;
        if target < 0 {
            BEFORE
        } else if target < n {
            INSIDE
        } else {
            AFTER
        }
    }

    /// How far the taps of every origin move when `from` becomes `to`, rows apart that have the same taps.
    pub(super) fn shifts(&self, output: &Output<'_, T>, from: &Index, to: &Index) -> [isize; 3 * MAX_TERMS] {
        let grid = &self.grid;
        let mut shifts = [0; 3 * MAX_TERMS];
        for (number, term) in output.terms.iter().enumerate().take(MAX_TERMS) {
            let b = grid.position(term.axis);
            shifts[3 * number + 1] = grid.offset(term.x_strides, to) - grid.offset(term.x_strides, from);
            for (side, width) in [(0, term.halo.before_width), (2, term.halo.after_width)] {
                if width > 0 {
                    let at = |index: &Index| grid.halo_offset(index, b, 0, width).0;
                    shifts[3 * number + side] = at(to) - at(from);
                }
            }
        }
        shifts
    }

    /// How far the taps of every origin move from a plane to the next, of the outermost loop within a tile.
    pub(super) fn plane_shifts(&self, output: &Output<'_, T>, index: &Index) -> [isize; 3 * MAX_TERMS] {
        let mut next = *index;
        next[self.tiling.first] += 1;
        self.shifts(output, index, &next)
    }

    /// What a weight in double precision is for this type, alpha included where it is real.
    #[inline]
    pub(super) fn coefficient(&self, weight: f64) -> T::Real {
        T::Real::from_f64(if self.factors.are_real() { self.factors.alpha.re * weight } else { weight })
    }

    /// The taps of the element at `index`.
    pub(super) fn taps(&self, output: &Output<'_, T>, index: &Index, taps: &mut Taps<T::Real>) {
        // The number and the weight of a term's tap on the element itself.
        let mut centers = [(usize::MAX, 0.0); MAX_TERMS];
        let mut count = 0;
        taps.leads = 0;
        taps.shared = output.terms.iter().any(|t| self.grid.position(t.axis) + 1 == self.grid.row());
        taps.alone = self.outputs.len() == 1;
        for (number, term) in output.terms.iter().enumerate().take(MAX_TERMS) {
            let here = index[self.grid.position(term.axis)];
            for &(offset, coefficient) in term.stencil.row(term.offset + here) {
                let weight = term.weight * coefficient;
                if offset == 0 {
                    let same = |&k: &usize| centers[k].0 != usize::MAX && output.terms[k].x == term.x;
                    if let Some(k) = (0..number).find(same) {
                        let (center, sum) = &mut centers[k];
                        *sum += weight;
                        taps.coefficient[*center] = self.coefficient(*sum);
                        continue;
                    }
                    centers[number] = (count, weight);
                }
                let target = here as isize + offset;
                let side = self.side(term, target);
                (taps.source[count], taps.stride[count]) = self.source(term, index, target, side);
                taps.origin[count] = origin(number, side);
                taps.coefficient[count] = self.coefficient(weight);
                count += 1;
            }
            // The loops run through the first axis last, so its farthest tap is new to the caches.
            let first = |other: &Term<'_, T>| {
                other.x != term.x || self.grid.position(other.axis) >= self.grid.position(term.axis)
            };
            if count > 0 && taps.leads < MAX_LEADS && output.terms.iter().all(first) {
                taps.lead[taps.leads] = count as u8 - 1;
                let rows = |n: usize, strides: &[isize]| n as isize * self.grid.stride(strides, self.grid.row() - 1);
                let together = self.tiling.together as isize;
                let plane = |strides: &[isize]| together * self.grid.stride(strides, self.tiling.first);
                (taps.ahead, taps.y_ahead) = match self.tiling.near {
                    // The row of the next iterations; and the one after it, whose rows are not all in the tile.
                    Some(Ahead::Plane) => (plane(term.x_strides) + rows(1, term.x_strides), plane(output.y_strides)),
                    Some(Ahead::Rows(n)) => (rows(n, term.x_strides), rows(n, output.y_strides)),
                    None => (0, 0),
                };
                taps.leads += 1;
            }
        }
        taps.count = count;
        if self.tiling.near.is_some() {
            taps.beside = self.beside(output, index, taps);
        }
    }

    /// How the last two of these taps lie in the row through `index`.
    fn beside(&self, output: &Output<'_, T>, index: &Index, taps: &Taps<T::Real>) -> Neighbours {
        let row = self.grid.row();
        let (Some(term), Some(second)) = (output.terms.last(), taps.count.checked_sub(2)) else {
            return Neighbours::NONE;
        };
        let own = (3 * (output.terms.len() - 1) + INSIDE) as u8;
        if self.grid.position(term.axis) != row || taps.origin[second..taps.count] != [own; 2] {
            return Neighbours::NONE;
        }
        let here = self.source(term, index, index[row] as isize, INSIDE).0;
        let moved = |k: usize| (taps.source[k] as isize - here as isize) / size_of::<T::Real>() as isize;
        match (moved(second), moved(second + 1)) {
            (before, after) if before < 0 && after >= 0 => {
                Neighbours { before: before.unsigned_abs(), after: after.unsigned_abs() }
            }
            _ => Neighbours::NONE,
        }
    }
}
