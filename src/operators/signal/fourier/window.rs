//! A change of layout together with a change of extent and a roll along one axis.

use super::chain::Chain;
use super::step::Step;
use crate::arrays::redistribute::Redistribute;
use crate::arrays::{verbs, Array, Space};
use crate::dtype::Scalar;
use crate::error::Result;
use crate::transform::Precision;

/// Position p of both sides is index (p + roll) mod n there; what one side has and the other has not is zero.
pub(super) struct Window {
    pub ways: [Redistribute; 2],
    /// Whether every element of the target comes from the source, there and back.
    covers: [bool; 2],
}

impl Window {
    /// From the chain's last state to `to`, if that is a step or is asked for `always`.
    pub fn push<R: Precision>(
        chain: &mut Chain<R>,
        to: &Space,
        axis: usize,
        rolls: [i64; 2],
        always: bool,
    ) -> Result<()> {
        let from = chain.last().clone();
        let (shape, target) = (from.shaped("a transform")?.0, to.shaped("a transform")?.0);
        if !always && shape == target && rolls == [0; 2] && from.congruent(to) {
            return Ok(());
        }
        let all = rolls.map(|roll| (0..shape.len()).map(|k| if k == axis { roll } else { 0 }).collect::<Vec<_>>());
        let (source, end) = ((&from, &all[0][..]), (to, &all[1][..]));
        let ways = chain.ways(source, end)?;
        let covers = [shape[axis] >= target[axis], shape[axis] <= target[axis]];
        chain.push(to.clone(), Step::Window(Box::new(Window { ways, covers })), 1);
        Ok(())
    }

    /// to := scale op(window) from + beta to. Collective.
    pub fn take(&mut self, back: bool, (scale, from): (Scalar, &Array), (beta, to): (Scalar, &Array)) -> Result<()> {
        if self.covers[back as usize] {
            return self.ways[back as usize].apply(scale, from, beta, to);
        }
        let (prepared, beta) = match beta.is_zero() {
            true => (verbs::fill(to, Scalar::ZERO), Scalar::ZERO),
            false => (verbs::scale(beta, to), Scalar::ONE),
        };
        prepared.and(self.ways[back as usize].apply(scale, from, beta, to))
    }
}
