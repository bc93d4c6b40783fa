//! The local operators of all ranks as one distributed operator: BlockDiag, VStack and HStack.
//!
//! Each side is divided among the blocks or whole for each of them. On divided sides a block works on a view of its
//! part of the rank's memory, on a whole side on all of it. Blocks with a whole output add up: on the rank in place,
//! by beta = 1 from the second on, and over the ranks by one allreduce.

use super::sides::{Side, Sides};
use crate::arrays::rank_sum::{prepare_sums, sum_over};
use crate::arrays::view::View;
use crate::arrays::{verbs, Array, Space};
use crate::context::Context;
use crate::dtype::Scalar;
use crate::error::{Error, Result};
use crate::fail;
use crate::operators::algebra::promoted;
use crate::operators::stages::{apply_all, Task};
use crate::operators::{LinearMap, Mode, Operator, Pace};
use std::sync::{Mutex, TryLockError};

pub(super) struct LocalBlocks {
    name: &'static str,
    context: Context,
    operators: Vec<Operator>,
    /// Of domain and range.
    kinds: [Side; 2],
    /// The spaces of whole sides, whose results add up over ranks.
    whole: Vec<Space>,
    complex_linear: bool,
    work: Mutex<Work>,
}

struct Work {
    /// Views of domain and range of each block.
    views: Vec<[View; 2]>,
    /// Where a whole output adds up whose own memory is strided; made at its first use.
    sum: Option<Array>,
}

impl LocalBlocks {
    /// Collective over `context`: one agreement, one allgather and the making of two spaces.
    pub(super) fn create(
        name: &'static str,
        context: &Context,
        operators: &[Operator],
        mask: Option<Vec<i32>>,
        kinds: [Side; 2],
    ) -> Result<Operator> {
        let own = Sides::of(context, operators, kinds);
        let (own, counts) = context.agree_on(
            own.and_then(|own| Ok((own, [total(operators, Operator::domain)?, total(operators, Operator::range)?]))),
            &format!("{name} with mask {mask:?}"),
        )?;
        let sides = Sides::over_ranks(own, context, name)?;
        let domain = sides.space(0, kinds[0], counts[0], context, mask.clone())?;
        let range = sides.space(1, kinds[1], counts[1], context, mask)?;
        // Only blocks of one dtype on both sides were allowed to differ.
        let widened = |a: &Operator| match sides.uniform() {
            Some(dtype) => promoted(a, dtype),
            None => Ok(a.clone()),
        };
        let whole: Vec<Space> = [&domain, &range]
            .into_iter()
            .zip(kinds)
            .filter(|(_, kind)| *kind == Side::Whole)
            .map(|(space, _)| space.clone())
            .collect();
        let prepared = whole.iter().try_for_each(prepare_sums);
        let operators = prepared.and_then(|()| operators.iter().map(widened).collect::<Result<Vec<_>>>());
        let operators = context.agree(operators)?;
        let views = operators.iter().map(|a| [View::new(a.domain()), View::new(a.range())]).collect();
        let map = LocalBlocks {
            name,
            context: context.clone(),
            operators,
            kinds,
            whole,
            complex_linear: sides.complex_linear(),
            work: Mutex::new(Work { views, sum: None }),
        };
        Ok(Operator::new(domain, range, map))
    }

    /// Every block on its views; on a whole y they add up. Sends nothing.
    fn each(
        &self,
        views: &mut [[View; 2]],
        mode: Mode,
        alpha: Scalar,
        x: &Array,
        beta: Scalar,
        y: &Array,
    ) -> Result<()> {
        let (from, to) = if mode.transposed() { (1, 0) } else { (0, 1) };
        let adds_up = self.kinds[to] == Side::Whole;
        if adds_up && self.operators.is_empty() {
            return if beta.is_zero() { verbs::fill(y, Scalar::ZERO) } else { verbs::scale(beta, y) };
        }
        let mut outcome = Ok(());
        let mut at = [0i64; 2];
        for (operator, [domain, range]) in self.operators.iter().zip(&mut *views) {
            let (input, output) = if mode.transposed() { (range, domain) } else { (domain, range) };
            outcome = outcome.and(input.over(x, at[from]).and(output.over(y, at[to])).map(drop));
            for (side, space) in [operator.domain(), operator.range()].into_iter().enumerate() {
                if self.kinds[side] == Side::Divided {
                    at[side] += space.local_count();
                }
            }
        }
        let task = |k: usize| {
            let [x, y] = [&views[k][from], &views[k][to]].map(View::array);
            let beta = if adds_up && k > 0 { Scalar::ONE } else { beta };
            Ok(Task { operator: &self.operators[k], x, beta, y })
        };
        let named = |k: usize, e: Error| Error::new(e.status, format!("block {k} of {}: {}", self.name, e.message));
        let outcome = outcome.and_then(|()| apply_all(mode, alpha, self.operators.len(), &task, &named));
        views.iter_mut().flatten().for_each(View::rest);
        outcome
    }

    /// y := beta y + sum over ranks and blocks. One rank alone adds beta y. One allreduce, also after a failure, which
    /// spreads as NaN.
    fn summed(&self, work: &mut Work, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let reducer = y.space().reducer();
        let in_place = y.leaf()?.is_contiguous();
        if !in_place && work.sum.is_none() {
            work.sum = Some(Array::new(y.space())?);
        }
        let sum = match &work.sum {
            Some(sum) if !in_place => sum.clone(),
            _ => y.clone(),
        };
        let beta_here = if in_place && reducer.counts() { beta } else { Scalar::ZERO };
        let mut outcome = self.each(&mut work.views, mode, alpha, x, beta_here, &sum);
        if outcome.is_err() {
            outcome = outcome.and(verbs::fill(&sum, Scalar::real(f64::NAN)));
        }
        outcome = outcome.and(sum_over(reducer, &sum));
        if !in_place {
            outcome = outcome.and(verbs::axpby(Scalar::ONE, &sum, beta, y));
        }
        outcome
    }
}

/// Elements of all domains (ranges) of this rank.
fn total(operators: &[Operator], side: fn(&Operator) -> &Space) -> Result<i64> {
    match operators.iter().try_fold(0i64, |sum, a| sum.checked_add(side(a).local_count())) {
        Some(sum) => Ok(sum),
        None => fail!(Shape, "the operators of this rank have more than 2^63 - 1 elements together"),
    }
}

impl LinearMap for LocalBlocks {
    fn name(&self) -> &str {
        self.name
    }

    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let mut guard = match self.work.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => fail!(State, "{} is applied inside its own apply", self.name),
        };
        let output = if mode.transposed() { self.kinds[0] } else { self.kinds[1] };
        let done = match output {
            Side::Divided => self.each(&mut guard.views, mode, alpha, x, beta, y),
            Side::Whole => self.summed(&mut guard, mode, alpha, x, beta, y),
        };
        self.context.keep_failure(done)
    }

    fn children(&self) -> &[Operator] {
        &self.operators
    }

    fn details(&self) -> String {
        format!("{} operators on this rank", self.operators.len())
    }

    fn is_complex_linear(&self) -> bool {
        self.complex_linear
    }

    /// A sum over ranks may go over the host.
    fn pace(&self, _: &Context) -> Pace {
        let group = |whole: &Space| whole.reducer().device_group().is_ok_and(|group| !group.waits_for_host());
        match self.whole.iter().all(group) {
            true => Pace::of(&self.operators),
            false => Pace::Waits,
        }
    }
}
