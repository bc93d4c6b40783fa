//! A local operator, the same on all ranks, as an operator on replicated vectors.

use crate::arrays::view::View;
use crate::arrays::{Array, Space};
use crate::context::Context;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::fail;
use crate::layout::Layout;
use crate::operators::{LinearMap, Mode, Operator, Pace};
use std::sync::{Mutex, TryLockError};

struct Replicated {
    name: String,
    context: Context,
    operator: [Operator; 1],
    /// Of domain and range.
    views: Mutex<[View; 2]>,
}

/// Every rank applies its own copy of `operator`, which lives on `context.local()`, to its own copy of x. The host
/// vouches that the copies are equal; their spaces are compared. An operator that lives on `context` already is given
/// back as it is. Collective; an apply sends nothing. Deterministic: any P.
pub fn replicated(context: &Context, operator: &Operator) -> Result<Operator> {
    let distributed = operator.context() == context;
    let valid = match distributed || *operator.context() == context.local() {
        true => Ok(()),
        false => (|| fail!(Context, "{} lives neither on the context nor on its local context", operator.name()))(),
    };
    let arguments =
        format!("replicated {distributed} {} from {} to {}", operator.name(), operator.domain(), operator.range());
    context.agree_on(valid, &arguments)?;
    if distributed {
        return Ok(operator.clone());
    }
    let (domain, range) = (replicate(context, operator.domain())?, replicate(context, operator.range())?);
    let map = Replicated {
        name: operator.name().to_string(),
        context: context.clone(),
        views: Mutex::new([View::new(operator.domain()), View::new(operator.range())]),
        operator: [operator.clone()],
    };
    Ok(Operator::new(domain, range, map))
}

/// The space of which every rank holds what this rank holds of a local one. Collective.
fn replicate(context: &Context, local: &Space) -> Result<Space> {
    if local.is_product() {
        let components = local.components().iter().map(|c| replicate(context, c)).collect::<Result<Vec<_>>>()?;
        return Space::product(&components);
    }
    Space::new(context, local.dtype(), local.local_shape(), Layout::replicated(context.size()), None)?
        .with_memory(local.memory())
}

impl LinearMap for Replicated {
    fn name(&self) -> &str {
        &self.name
    }

    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let mut guard = match self.views.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => fail!(State, "{} is applied inside its own apply", self.name),
        };
        let [domain, range] = &mut *guard;
        let (input, output) = if mode.transposed() { (range, domain) } else { (domain, range) };
        let done = input
            .over(x, 0)
            .and_then(|x| output.over(y, 0).and_then(|y| self.operator[0].apply_unchecked(mode, alpha, x, beta, y)));
        input.rest();
        output.rest();
        self.context.keep_failure(done)
    }

    fn children(&self) -> &[Operator] {
        &self.operator
    }

    fn details(&self) -> String {
        "replicated".into()
    }

    fn pace(&self, _: &Context) -> Pace {
        Pace::of(self.children())
    }
}
