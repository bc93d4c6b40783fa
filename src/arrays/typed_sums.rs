//! Sums whose states are of one kind: where kernels, threads and messages meet.

use super::array::Array;
use super::runs::{zip_runs, Runs};
use super::visit::{elements, elements_mut, SERIAL};
use crate::comm::{Combine, Communicator, Number};
use crate::dispatch;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::kernels::host::sum::SumState;
use crate::kernels::host::{fused, reduce};
use crate::threads::split;
use std::sync::{Mutex, PoisonError};

/// Complex sums; each slot is two states, and one more word carries the request.
pub(super) struct TypedSums<S> {
    words: Vec<u64>,
    /// One pair of states a thread.
    partials: Vec<Mutex<[S; 2]>>,
}

impl<S: SumState> TypedSums<S> {
    pub(super) fn new(slots: usize, threads: usize) -> TypedSums<S> {
        TypedSums {
            words: vec![0; slots * 2 * S::WORDS + 1],
            partials: (0..threads).map(|_| Mutex::new([S::new(), S::new()])).collect(),
        }
    }

    pub(super) fn clear(&mut self) {
        self.words.fill(0);
    }

    /// Visits the elements of N leaves in runs, with a pair of states; adds the pair to the slot where this rank's
    /// elements count. Threads combine in their order, so that a run repeats to the bit.
    fn add<const N: usize>(
        &mut self,
        slot: usize,
        counts: bool,
        leaves: [&Array; N],
        visit: impl Fn([*mut u8; N], usize, &mut [S; 2]) + Sync,
    ) -> Result<()> {
        let mut runs = [Runs::empty(); N];
        for (runs, leaf) in runs.iter_mut().zip(leaves) {
            *runs = leaf.local()?.runs();
        }
        let blocks: [&Runs; N] = std::array::from_fn(|k| &runs[k]);
        let (count, pool) = (leaves[0].local_count() as usize, leaves[0].space().context().threads());
        let mut sum = [S::new(), S::new()];
        if count < SERIAL || pool.len() == 1 {
            zip_runs(blocks, 0, count, |pointers, n| visit(pointers, n, &mut sum));
        } else {
            let partials = &self.partials;
            pool.run(&|t| {
                let mut states = [S::new(), S::new()];
                let part = split(count, pool.len(), t, 64);
                zip_runs(blocks, part.start, part.end, |pointers, n| visit(pointers, n, &mut states));
                *partials[t].lock().unwrap_or_else(PoisonError::into_inner) = states;
            })?;
            for partial in &self.partials {
                let partial = partial.lock().unwrap_or_else(PoisonError::into_inner);
                sum.iter_mut().zip(partial.iter()).for_each(|(s, p)| s.combine(p));
            }
        }
        if counts {
            let at = slot * 2 * S::WORDS;
            for (k, part) in sum.iter_mut().enumerate() {
                let words = &mut self.words[at + k * S::WORDS..at + (k + 1) * S::WORDS];
                part.combine(&S::read(words));
                part.write(words);
            }
        }
        Ok(())
    }

    pub(super) fn add_dot(&mut self, slot: usize, counts: bool, x: &Array, y: &Array, conjugate: bool) -> Result<()> {
        dispatch!(x.dtype(), T => self.add(slot, counts, [x, y], |[p, q], n, [re, im]| {
            reduce::dot(elements::<T>(p, n), elements::<T>(q, n), conjugate, re, im)
        }))
    }

    pub(super) fn add_norm(&mut self, slot: usize, counts: bool, x: &Array) -> Result<()> {
        dispatch!(x.dtype(), T => self.add(slot, counts, [x], |[p], n, [re, _]| {
            reduce::sum_squares(elements::<T>(p, n), re)
        }))
    }

    pub(super) fn add_power(&mut self, slot: usize, counts: bool, p: f64, x: &Array) -> Result<()> {
        dispatch!(x.dtype(), T => self.add(slot, counts, [x], |[pointer], n, [re, _]| match p {
            1.0 => reduce::sum_absolute(elements::<T>(pointer, n), re),
            _ => reduce::sum_powers(elements::<T>(pointer, n), p, re),
        }))
    }

    pub(super) fn add_sum(&mut self, slot: usize, counts: bool, x: &Array) -> Result<()> {
        dispatch!(x.dtype(), T => self.add(slot, counts, [x], |[p], n, [re, im]| reduce::sum(elements::<T>(p, n), re, im)))
    }

    pub(super) fn add_axpy_norm(&mut self, slot: usize, counts: bool, alpha: f64, x: &Array, y: &Array) -> Result<()> {
        dispatch!(x.dtype(), T => self.add(slot, counts, [x, y], |[p, q], n, [re, _]| {
            fused::axpy_norm(alpha, elements::<T>(p, n), elements_mut::<T>(q, n), re)
        }))
    }

    pub(super) fn add_xpby_norm(&mut self, slot: usize, counts: bool, x: &Array, beta: f64, y: &Array) -> Result<()> {
        dispatch!(x.dtype(), T => self.add(slot, counts, [x, y], |[p, q], n, [re, _]| {
            fused::xpby_norm(elements::<T>(p, n), beta, elements_mut::<T>(q, n), re)
        }))
    }

    #[allow(clippy::too_many_arguments)] // coefficients and vectors in the order of the formula
    pub(super) fn add_damped_update(
        &mut self,
        slot: usize,
        counts: bool,
        alpha: f64,
        c: &Array,
        d: f64,
        x: &Array,
        r: &Array,
    ) -> Result<()> {
        dispatch!(r.dtype(), T => self.add(slot, counts, [c, x, r], |[c, x, r], n, sums| {
            fused::damped_update(alpha, elements::<T>(c, n), d, elements_mut::<T>(x, n), elements_mut::<T>(r, n), sums)
        }))
    }

    /// slot += a sum that was made elsewhere: the words of its real and of its imaginary part.
    pub(super) fn add_words(&mut self, slot: usize, other: &[u64]) {
        let at = slot * 2 * S::WORDS;
        for (words, other) in self.words[at..at + 2 * S::WORDS].chunks_mut(S::WORDS).zip(other.chunks(S::WORDS)) {
            let mut state = S::read(words);
            state.combine(&S::read(other));
            state.write(words);
        }
    }

    pub(super) fn reduce(&mut self, group: &dyn Communicator, request: f64) -> Result<f64> {
        let last = self.words.len() - 1;
        self.words[last] = if S::INTEGER { request as i64 as u64 } else { request.to_bits() };
        if group.size() > 1 {
            let number = if S::INTEGER { Number::Int64 } else { Number::Float64 };
            // SAFETY: any bytes are valid in u64 words, which have no padding.
            let bytes = unsafe { std::slice::from_raw_parts_mut(self.words.as_mut_ptr().cast(), self.words.len() * 8) };
            group.allreduce(bytes, number, Combine::Sum)?;
        }
        Ok(if S::INTEGER { self.words[last] as i64 as f64 } else { f64::from_bits(self.words[last]) })
    }

    pub(super) fn value(&self, slot: usize) -> Scalar {
        let state = |k: usize| S::read(&self.words[(2 * slot + k) * S::WORDS..(2 * slot + k + 1) * S::WORDS]).finish();
        Scalar::complex(state(0), state(1))
    }
}
