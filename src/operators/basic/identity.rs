//! y = x on the elements that domain and range have in common.

use crate::arrays::{verbs, Array, Space};
use crate::dtype::Scalar;
use crate::error::Result;
use crate::operators::{LinearMap, Mode, Operator};

struct Identity;

/// I from `domain` to a congruent `range`. Local.
pub fn identity(domain: &Space, range: &Space) -> Result<Operator> {
    domain.require_congruent(range, "the domain of the identity", "its range")?;
    Ok(Operator::new(domain.clone(), range.clone(), Identity))
}

impl LinearMap for Identity {
    fn name(&self) -> &str {
        "Identity"
    }

    fn apply(&self, _mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        verbs::axpby(alpha, x, beta, y)
    }
}
