//! The taps of a zone: vectors over its numbers, which have different taps along the axis of the row.

use super::ends::{Ends, MAX_LANES};
use super::grid::Index;
use super::taps::origin;
use super::{Output, Pass, StencilReal, Term, MAX_TERMS};
use crate::dtype::Element;
use crate::kernels::stencil::Tap;
use std::mem::MaybeUninit;

/// Numbers `start..end` of a zone, and those of their taps that are still to come, by increasing offset.
#[derive(Clone, Copy)]
struct Run<'a> {
    start: usize,
    end: usize,
    taps: &'a [Tap],
}

/// The tap on the element itself, as far as it was made for one term.
struct Center {
    number: usize,
    bits: u32,
    sum: MaybeUninit<[f64; MAX_LANES]>,
}

impl<T: Element> Pass<'_, T>
where
    T::Real: StencilReal,
{
    /// The taps of `len` numbers of the row through `index` (at its position 0), from number `at` on; y is the first.
    pub(super) fn end_taps(
        &self,
        output: &Output<'_, T>,
        index: &Index,
        (at, len): (usize, usize),
        y: *mut T::Real,
        ends: &mut Ends<T::Real>,
    ) {
        let mut centers = [const { Center { number: 0, bits: 0, sum: MaybeUninit::uninit() } }; MAX_TERMS];
        ends.open(y, len);
        for (number, term) in output.terms.iter().enumerate().take(MAX_TERMS) {
            let b = self.grid.position(term.axis);
            let along = b == self.grid.row();
            let mut runs = [Run { start: 0, end: len, taps: &[] }; MAX_LANES];
            let runs = if along {
                self.runs(term, (at, len), &mut runs)
            } else {
                runs[0].taps = term.stencil.row(term.offset + index[b]);
                &mut runs[..1]
            };
            // The numbers whose index along the term's axis is less than `end`.
            let before = |end: isize| match along {
                true => first_bits((end * self.grid.unit as isize - at as isize).clamp(0, len as isize) as usize),
                false => first_bits(if (index[b] as isize) < end { len } else { 0 }),
            };
            while let Some(offset) = runs.iter().filter_map(|run| run.taps.first()).map(|t| t.0).min() {
                let mut bits = 0;
                let mut weights = [0.0; MAX_LANES];
                for run in runs.iter_mut() {
                    let Some((&(o, coefficient), rest)) = run.taps.split_first() else { continue };
                    if o != offset {
                        continue;
                    }
                    run.taps = rest;
                    let weight = term.weight * coefficient;
                    if bits == 0 {
                        weights = [weight; MAX_LANES];
                    } else {
                        weights[run.start..run.end].fill(weight);
                    }
                    bits |= first_bits(run.end) & !first_bits(run.start);
                }
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
                // Numbers whose target lies before, in and after the block have this tap in different places.
                let (low, high) = (before(-offset), before(self.grid.shape[b] as isize - offset));
                for (side, bits) in [bits & low, bits & high & !low, bits & !high].into_iter().enumerate() {
                    if bits == 0 {
                        continue;
                    }
                    let (source, stride) = self.source(term, index, index[b] as isize + offset, side);
                    let source = source.wrapping_add(at);
                    let place = (bits, origin(number, side));
                    let tap = ends.push((source, stride), place, |lane| self.coefficient(weights[lane]));
                    if offset == 0 {
                        centers[number] = Center { number: tap, bits, sum: MaybeUninit::new(weights) };
                    }
                }
            }
        }
        ends.close();
    }

    /// Numbers of a row that have the same taps of a term along it.
    fn runs<'a, 'b>(
        &self,
        term: &Term<'a, T>,
        (at, len): (usize, usize),
        runs: &'b mut [Run<'a>; MAX_LANES],
    ) -> &'b mut [Run<'a>] {
        let unit = self.grid.unit;
        let uniform = term.stencil.uniform();
        let (mut count, mut start) = (0, 0);
        while start < len {
            let row = term.offset + (at + start) / unit;
            let next = if uniform.contains(&row) { uniform.end } else { row + 1 };
            let end = ((next - term.offset) * unit - at).min(len);
            runs[count] = Run { start, end, taps: term.stencil.row(row) };
            (count, start) = (count + 1, end);
        }
        &mut runs[..count]
    }
}

/// The bits of the first `n` numbers of a zone.
fn first_bits(n: usize) -> u32 {
    (1 << n) - 1
}
