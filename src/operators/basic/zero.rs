//! y = 0.

use crate::arrays::{verbs, Array, Space};
use crate::context::Context;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::fail;
use crate::operators::{LinearMap, Mode, Operator, Pace};

struct Zero;

/// The zero map between any two spaces of one context. Local.
pub fn zero(domain: &Space, range: &Space) -> Result<Operator> {
    if domain.context() != range.context() {
        fail!(Context, "domain and range of the zero operator belong to different contexts");
    }
    Ok(Operator::new(domain.clone(), range.clone(), Zero))
}

impl LinearMap for Zero {
    fn name(&self) -> &str {
        "Zero"
    }

    /// y := beta y. Reads n (0 with beta = 0), writes n.
    fn apply(&self, _mode: Mode, _alpha: Scalar, _x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        match () {
            _ if beta.is_zero() => verbs::fill(y, Scalar::ZERO),
            _ if beta.is_one() => Ok(()),
            _ => verbs::scale(beta, y),
        }
    }

    fn pace(&self, _: &Context) -> Pace {
        Pace::Repeats
    }
}
