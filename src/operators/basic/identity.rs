//! y = x on the elements that domain and range have in common, 0 on the others.

use crate::arrays::redistribute::Redistribute;
use crate::arrays::{verbs, Array, Space};
use crate::context::Context;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::operators::{LinearMap, Mode, Operator, Pace};
use std::sync::{Mutex, PoisonError};

struct Identity;

/// The rectangular identity: along each axis the first min(N, M) indices.
struct Truncation {
    /// Domain to range, and range to domain.
    plans: [Mutex<Redistribute>; 2],
    /// Whether the target of a plan has elements that the source lacks.
    extends: [bool; 2],
}

/// I from `domain` to `range`: y[i] = x[i] for all i below both shapes, 0 elsewhere; the adjoint exchanges the two.
/// Congruent spaces of any kind are equal element by element, unless they have the same number of axes and other
/// lengths; other spaces are shaped, with the same number of axes and one dtype, and elements travel where the layouts
/// differ. Local for congruent spaces of one shape, otherwise collective. *Deterministic: any P.*
pub fn identity(domain: &Space, range: &Space) -> Result<Operator> {
    // Whether shapes such as 2 x 3 and 3 x 2 are congruent depends on the layouts; what the operator does must not.
    let cut = |from: &[i64], to: &[i64]| from.len() == to.len() && from != to;
    let truncates = domain.shape().zip(range.shape()).is_some_and(|(from, to)| cut(from, to));
    if domain.congruent(range) && !truncates {
        return Ok(Operator::new(domain.clone(), range.clone(), Identity));
    }
    let map =
        domain.context().agree_on(Truncation::new(domain, range), &format!("Identity from {domain} to {range}"))?;
    Ok(Operator::new(domain.clone(), range.clone(), map))
}

impl Truncation {
    fn new(domain: &Space, range: &Space) -> Result<Truncation> {
        let (from, to) = (domain.shaped("a rectangular identity")?.0, range.shaped("a rectangular identity")?.0);
        let extends = |from: &[i64], to: &[i64]| from.iter().zip(to).any(|(n, m)| m > n);
        let plan = |from, to| Ok(Mutex::new(Redistribute::of_common(from, to)?));
        Ok(Truncation {
            plans: [plan(domain, range)?, plan(range, domain)?],
            extends: [extends(from, to), extends(to, from)],
        })
    }
}

impl LinearMap for Identity {
    fn name(&self) -> &str {
        "Identity"
    }

    fn apply(&self, _mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        verbs::axpby(alpha, x, beta, y)
    }

    fn pace(&self, _: &Context) -> Pace {
        Pace::Repeats
    }
}

impl LinearMap for Truncation {
    fn name(&self) -> &str {
        "Identity"
    }

    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let way = mode.transposed() as usize;
        let mut plan = self.plans[way].lock().unwrap_or_else(PoisonError::into_inner);
        if !self.extends[way] {
            return plan.apply(alpha, x, beta, y);
        }
        // The elements that x lacks: y := beta y; the others: y := beta y + alpha x.
        match beta.is_zero() {
            true => verbs::fill(y, Scalar::ZERO).and(plan.apply(alpha, x, Scalar::ZERO, y)),
            false => {
                let scaled = if beta.is_one() { Ok(()) } else { verbs::scale(beta, y) };
                scaled.and(plan.apply(alpha, x, Scalar::ONE, y))
            }
        }
    }

    fn pace(&self, context: &Context) -> Pace {
        Pace::of_messages(context, true)
    }
}
