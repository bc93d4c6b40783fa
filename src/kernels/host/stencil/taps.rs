//! Which elements an output element is the sum of: pointers into the block and into the halos.

use super::ends::{EndTap, Ends, MAX_LANES};
use super::grid::Index;
use super::rows::{Taps, MAX_LEADS, MAX_TAPS};
use super::{Output, Pass, StencilReal, Term, MAX_TERMS};
use crate::dtype::{Element, Real};

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
                taps.leads += 1;
            }
        }
        for (coefficient, sum) in taps.coefficient[..count].iter_mut().zip(sum) {
            *coefficient = self.coefficient(sum);
        }
        taps.count = count;
    }

    /// The taps of `len` numbers of the row through `index` (at its position 0), from number `at` on; y is the first.
    pub(super) fn end_taps(
        &self,
        output: &Output<'_, T>,
        index: &Index,
        (at, len): (usize, usize),
        y: *mut T::Real,
        before: bool,
        ends: &mut Ends<T::Real>,
    ) {
        let (unit, row) = (self.grid.unit, self.grid.row());
        let mut centers = [Center { number: 0, bits: 0, sum: [0.0; MAX_LANES] }; MAX_TERMS];
        ends.open(y, len);
        for (number, term) in output.terms.iter().enumerate().take(MAX_TERMS) {
            let b = self.grid.position(term.axis);
            // The part of the row that every number's position has, by increasing offset.
            let mut rows: [&[(isize, f64)]; MAX_LANES] = [&[]; MAX_LANES];
            let position = |lane: usize| if b == row { (at + lane) / unit } else { index[b] };
            for lane in 0..len {
                rows[lane] = term.stencil.row(term.offset + position(lane));
            }
            while let Some(offset) = rows[..len].iter().filter_map(|r| r.first()).map(|t| t.0).min() {
                // Numbers whose target lies before, in and after the block have this tap in different places.
                let mut sides = [(0u32, 0); 3];
                let mut weights = [0.0; MAX_LANES];
                for lane in 0..len {
                    if let Some((&(o, coefficient), rest)) = rows[lane].split_first() {
                        if o == offset {
                            let target = position(lane) as isize + offset;
                            let inside = (0..self.grid.shape[b] as isize).contains(&target);
                            let side = &mut sides[if inside { 1 } else { 2 * (target > 0) as usize }];
                            *side = (side.0 | 1 << lane, target);
                            weights[lane] = term.weight * coefficient;
                            rows[lane] = rest;
                        }
                    }
                }
                for (all, target) in sides.into_iter().filter(|side| side.0 != 0) {
                    let (mut bits, last) = (all, all.ilog2() as usize);
                    if offset == 0 {
                        for k in (0..number).filter(|&k| output.terms[k].x == term.x) {
                            let both = bits & centers[k].bits;
                            if both != 0 {
                                let tap = ends.tap(centers[k].number);
                                for lane in (0..len).filter(|lane| both >> lane & 1 == 1) {
                                    centers[k].sum[lane] += weights[lane];
                                    tap.coefficient[lane] = self.coefficient(centers[k].sum[lane]);
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
                    let coefficient = weights.map(|w| self.coefficient(w));
                    let origin = self.origin(number, term, target);
                    let tap = ends.push(EndTap { source, stride, bits, coefficient, origin });
                    if offset == 0 {
                        centers[number] = Center { number: tap, bits, sum: weights };
                    }
                }
            }
        }
        ends.close(before);
    }
}

/// The tap on the element itself, as far as it was made for one term.
#[derive(Clone, Copy)]
struct Center {
    number: usize,
    bits: u32,
    sum: [f64; MAX_LANES],
}
