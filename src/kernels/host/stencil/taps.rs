//! Which elements an output element is the sum of: pointers into the block and into the halos.

use super::beside::Neighbours;
use super::ends::{Ends, MAX_LANES};
use super::grid::Index;
use super::rows::{Taps, MAX_LEADS, MAX_TAPS};
use super::tiles::Ahead;
use super::{Output, Pass, StencilReal, Term, MAX_TERMS};
use crate::dtype::{Element, Real};
use crate::kernels::stencil::Tap;
use std::mem::{size_of, MaybeUninit};

impl<T: Element> Pass<'_, T>
where
    T::Real: StencilReal,
{
    /// Where the element of the term's x lies that is at `index`, but at `target` along the term's axis; and the step
    /// there of the loop before the row. In real numbers.
    fn source(&self, term: &Term<'_, T>, index: &Index, target: isize) -> (*const T::Real, isize) {
        let grid = &self.grid;
        let b = grid.position(term.axis);
        let n = grid.shape[b] as isize;
        let (base, at, stride) = if (0..n).contains(&target) {
            let moved = (target - index[b] as isize) * grid.stride(term.x_strides, b);
            let at = grid.offset(term.x_strides, index) + moved;
            (term.x, at, grid.stride(term.x_strides, grid.row() - 1))
        } else {
            let (halo, width, plane) = match target < 0 {
                true => (term.halo.before, term.halo.before_width, target + term.halo.before_width as isize),
                false => (term.halo.after, term.halo.after_width, target - n),
            };
            let (at, stride) = grid.halo_offset(index, b, plane, width);
            (halo, at, stride)
        };
        (base.cast::<T::Real>().wrapping_offset(at), stride)
    }

    /// The number of a term and of the side of the block where the target lies.
    fn origin(&self, number: usize, term: &Term<'_, T>, target: isize) -> u8 {
        let n = self.grid.shape[self.grid.position(term.axis)] as isize;
        let side = if target < 0 {
            0
        } else if target < n {
            1
        } else {
            2
        };
        (3 * number + side) as u8
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
    fn coefficient(&self, weight: f64) -> T::Real {
        T::Real::from_f64(if self.factors.are_real() { self.factors.alpha.re * weight } else { weight })
    }

    /// The taps of the element at `index`.
    pub(super) fn taps(&self, output: &Output<'_, T>, index: &Index, taps: &mut Taps<T::Real>) {
        let mut sum = [0.0; MAX_TAPS];
        let mut centers = [usize::MAX; MAX_TERMS];
        let mut count = 0;
        taps.leads = 0;
        taps.shared = output.terms.iter().any(|t| self.grid.position(t.axis) + 1 == self.grid.row());
        taps.alone = self.outputs.len() == 1;
        for (number, term) in output.terms.iter().enumerate().take(MAX_TERMS) {
            let here = index[self.grid.position(term.axis)];
            for &(offset, coefficient) in term.stencil.row(term.offset + here) {
                let weight = term.weight * coefficient;
                if offset == 0 {
                    let same = |&k: &usize| centers[k] != usize::MAX && output.terms[k].x == term.x;
                    if let Some(k) = (0..number).find(same) {
                        sum[centers[k]] += weight;
                        continue;
                    }
                    centers[number] = count;
                }
                let target = here as isize + offset;
                (taps.source[count], taps.stride[count]) = self.source(term, index, target);
                taps.origin[count] = self.origin(number, term, target);
                sum[count] = weight;
                count += 1;
            }
            // The loops run through the first axis last, so its farthest tap is new to the caches.
            let first = |other: &Term<'_, T>| {
                other.x != term.x || self.grid.position(other.axis) >= self.grid.position(term.axis)
            };
            if count > 0 && taps.leads < MAX_LEADS && output.terms.iter().all(first) {
                taps.lead[taps.leads] = count as u8 - 1;
                let rows = |n: usize, strides: &[isize]| n as isize * self.grid.stride(strides, self.grid.row() - 1);
                let plane = |strides: &[isize]| self.grid.stride(strides, self.tiling.first);
                (taps.ahead, taps.y_ahead) = match self.tiling.near {
                    // The row of the next iteration; and the one after it, whose rows are not all in the tile.
                    Some(Ahead::Plane) => (plane(term.x_strides) + rows(1, term.x_strides), plane(output.y_strides)),
                    Some(Ahead::Rows(n)) => (rows(n, term.x_strides), rows(n, output.y_strides)),
                    None => (0, 0),
                };
                taps.leads += 1;
            }
        }
        for (coefficient, sum) in taps.coefficient[..count].iter_mut().zip(&sum) {
            *coefficient = self.coefficient(*sum);
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
        let own = self.origin(output.terms.len() - 1, term, index[row] as isize);
        if self.grid.position(term.axis) != row || taps.origin[second..taps.count] != [own; 2] {
            return Neighbours::NONE;
        }
        let here = self.source(term, index, index[row] as isize).0;
        let moved = |k: usize| (taps.source[k] as isize - here as isize) / size_of::<T::Real>() as isize;
        match (moved(second), moved(second + 1)) {
            (before, after) if before < 0 && after >= 0 => {
                Neighbours { before: before.unsigned_abs(), after: after.unsigned_abs() }
            }
            _ => Neighbours::NONE,
        }
    }

    /// The taps of `len` numbers of the row through `index` (at its position 0), from number `at` on; y is the first.
    pub(super) fn end_taps(
        &self,
        output: &Output<'_, T>,
        index: &Index,
        (at, len): (usize, usize),
        y: *mut T::Real,
        ends: &mut Ends<T::Real>,
    ) {
        let (unit, row) = (self.grid.unit, self.grid.row());
        let mut centers = [const { Center { number: 0, bits: 0, sum: MaybeUninit::uninit() } }; MAX_TERMS];
        // The position of every number, without a division for each.
        let (mut position, mut along) = (at / unit, at % unit);
        let mut positions = [0; MAX_LANES];
        for lane in positions.iter_mut().take(len) {
            *lane = position;
            along += 1;
            if along == unit {
                (position, along) = (position + 1, 0);
            }
        }
        ends.open(y, len);
        for (number, term) in output.terms.iter().enumerate().take(MAX_TERMS) {
            let b = self.grid.position(term.axis);
            // Neighbours that have the same taps, and those of their taps that are still to come, by increasing offset.
            let mut runs: [Run<'_>; MAX_LANES] = [(0, 0, &[]); MAX_LANES];
            let mut count = 0;
            if b == row {
                for (lane, position) in positions.iter().enumerate().take(len) {
                    let taps = term.stencil.row(term.offset + position);
                    if count > 0 && std::ptr::eq(runs[count - 1].2, taps) {
                        runs[count - 1].1 = lane + 1;
                    } else {
                        runs[count] = (lane, lane + 1, taps);
                        count += 1;
                    }
                }
            } else {
                runs[0] = (0, len, term.stencil.row(term.offset + index[b]));
                count = 1;
            }
            while let Some(offset) = runs[..count].iter().filter_map(|run| run.2.first()).map(|t| t.0).min() {
                // Numbers whose target lies before, in and after the block have this tap in different places.
                let mut sides = [(0u32, 0); 3];
                let mut weights = [0.0; MAX_LANES];
                for (start, end, taps) in &mut runs[..count] {
                    let Some((&(o, coefficient), rest)) = taps.split_first() else { continue };
                    if o != offset {
                        continue;
                    }
                    *taps = rest;
                    weights[*start..*end].fill(term.weight * coefficient);
                    let mut put = |lanes: u32, target: isize| {
                        let inside = (0..self.grid.shape[b] as isize).contains(&target);
                        let side = &mut sides[if inside { 1 } else { 2 * (target > 0) as usize }];
                        *side = (side.0 | lanes, target);
                    };
                    if b == row {
                        (*start..*end).for_each(|lane| put(1 << lane, positions[lane] as isize + offset));
                    } else {
                        put(((1u64 << *end) - (1u64 << *start)) as u32, index[b] as isize + offset);
                    }
                }
                for (all, target) in sides.into_iter().filter(|side| side.0 != 0) {
                    let (mut bits, last) = (all, all.ilog2() as usize);
                    if offset == 0 {
                        for k in (0..number).filter(|&k| output.terms[k].x == term.x) {
                            let both = bits & centers[k].bits;
                            if both != 0 {
                                let tap = ends.tap(centers[k].number);
                                // SAFETY: written with the bits.
                                let sum = unsafe { centers[k].sum.assume_init_mut() };
                                for lane in (0..len).filter(|lane| both >> lane & 1 == 1) {
                                    sum[lane] += weights[lane];
                                    tap.coefficient[lane] = self.coefficient(sum[lane]);
                                }
                                bits &= !both;
                            }
                        }
                    }
                    if bits == 0 {
                        continue;
                    }
                    // From the place of the last number's tap back to the zone's first number.
                    let (source, stride) = self.source(term, index, target);
                    let along = if b == row { (at + last) % unit } else { at + last };
                    let source = source.wrapping_add(along).wrapping_sub(last);
                    let origin = self.origin(number, term, target);
                    let tap = ends.push((source, stride), (bits, origin), |lane| self.coefficient(weights[lane]));
                    if offset == 0 {
                        centers[number] = Center { number: tap, bits, sum: MaybeUninit::new(weights) };
                    }
                }
            }
        }
        ends.close();
    }
}

/// The tap on the element itself, as far as it was made for one term.
struct Center {
    number: usize,
    bits: u32,
    sum: MaybeUninit<[f64; MAX_LANES]>,
}

/// The first number, the one after the last, and their taps.
type Run<'a> = (usize, usize, &'a [Tap]);
