//! y = x in another layout: unitary, since an element counts once however many ranks hold it.

use crate::arrays::redistribute::Redistribute;
use crate::arrays::{Array, Space, Workspace};
use crate::context::Context;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::fail;
use crate::operators::{LinearMap, Mode, Operator, Pace};
use std::sync::{Mutex, PoisonError};

/// The move from one layout to another and back, leaf by leaf of product spaces: A^H = A^T = A^-1.
pub(crate) struct Redistribution {
    there: Mutex<Plans>,
    back: Mutex<Plans>,
}

/// One plan for each kind of leaf.
struct Plans {
    plans: Vec<Redistribute>,
    /// The plan of each leaf.
    of_leaf: Vec<usize>,
}

/// The operator from `from` to `to`, spaces of one global shape in any layouts, or products of such. Collective.
///
/// Errors: `Context`, `DType`, `Shape`, `Space` (other components, or none with a global shape; a masked space whose
/// elements would leave their group).
pub fn redistribution(from: &Space, to: &Space) -> Result<Operator> {
    let map = from.context().agree_on(Redistribution::new(from, to), &format!("Redistribution of {from} to {to}"))?;
    Ok(Operator::new(from.clone(), to.clone(), map))
}

/// As `redistribution` of spaces with a global shape, with its buffers in a workspace of their memory. Collective.
pub(crate) fn redistribution_within(from: &Space, to: &Space, workspace: &Workspace) -> Result<Operator> {
    let start = workspace.position();
    let planned = |a: &Space, b: &Space| {
        workspace.rewind(start);
        Redistribute::within(a, b, workspace)
    };
    let made = from.shaped("the source of a redistribution").and_then(|_| Redistribution::planned(from, to, &planned));
    let map = from.context().agree_on(made, &format_args!("Redistribution of {from} to {to}"))?;
    workspace.skip_to_end();
    Ok(Operator::new(from.clone(), to.clone(), map))
}

/// A plan for leaves.
type Planner<'a> = &'a dyn Fn(&Space, &Space) -> Result<Redistribute>;

impl Redistribution {
    /// Local; ranks agree on the result before any is used.
    pub(crate) fn new(from: &Space, to: &Space) -> Result<Redistribution> {
        Redistribution::planned(from, to, &Redistribute::new)
    }

    fn planned(from: &Space, to: &Space, plan: Planner) -> Result<Redistribution> {
        if from.context() != to.context() {
            fail!(Context, "the domain of a redistribution belongs to another context than its range");
        }
        if from.mask() != to.mask() {
            fail!(Space, "the domain of a redistribution has mask {:?}, its range {:?}", from.mask(), to.mask());
        }
        let (mut sources, mut targets) = (Vec::new(), Vec::new());
        leaves(from, &mut sources);
        leaves(to, &mut targets);
        if sources.len() != targets.len() {
            fail!(Space, "redistribution of {} arrays to {}, expected as many", sources.len(), targets.len());
        }
        Ok(Redistribution { there: Plans::new(&sources, &targets, plan)?, back: Plans::new(&targets, &sources, plan)? })
    }

    /// y := alpha A x + beta y, or with A^H. Collective; allocates nothing.
    pub(crate) fn apply(&self, transposed: bool, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let plans = if transposed { &self.back } else { &self.there };
        let mut plans = plans.lock().unwrap_or_else(PoisonError::into_inner);
        plans.apply(&mut 0, alpha, x, beta, y)
    }
}

fn leaves<'a>(space: &'a Space, found: &mut Vec<&'a Space>) {
    match space.is_product() {
        true => space.components().iter().for_each(|c| leaves(c, found)),
        false => found.push(space),
    }
}

impl Plans {
    fn new(from: &[&Space], to: &[&Space], plan_of: Planner) -> Result<Mutex<Plans>> {
        let mut plans = Plans { plans: Vec::new(), of_leaf: Vec::new() };
        let mut made: Vec<usize> = Vec::new();
        for k in 0..from.len() {
            let same = |&j: &usize| from[j].congruent(from[k]) && to[j].congruent(to[k]);
            if let Some(plan) = made.iter().position(same) {
                plans.of_leaf.push(plan);
                continue;
            }
            plans.of_leaf.push(made.len());
            plans.plans.push(plan_of(from[k], to[k])?);
            made.push(k);
        }
        Ok(Mutex::new(plans))
    }

    fn apply(&mut self, leaf: &mut usize, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        if x.parts().is_empty() {
            let plan = self.of_leaf[*leaf];
            *leaf += 1;
            return self.plans[plan].apply(alpha, x, beta, y);
        }
        // All leaves travel, whatever became of those before them.
        let mut outcome = Ok(());
        for (x, y) in x.parts().iter().zip(y.parts()) {
            outcome = outcome.and(self.apply(leaf, alpha, x, beta, y));
        }
        outcome
    }
}

impl LinearMap for Redistribution {
    fn name(&self) -> &str {
        "Redistribution"
    }

    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        Redistribution::apply(self, mode.transposed(), alpha, x, beta, y)
    }

    fn inverse_factor(&self) -> Option<f64> {
        Some(1.0)
    }

    fn is_complex_linear(&self) -> bool {
        true
    }

    fn pace(&self, context: &Context) -> Pace {
        Pace::of_messages(context, true)
    }
}
