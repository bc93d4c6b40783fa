//! A complex operator on real arrays.

use crate::arrays::parts::{take, Part};
use crate::arrays::{verbs, Array};
use crate::context::Context;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::operators::{LinearMap, Mode, Operator, Pace};

/// A on the real arrays of its domain: y = A x, and x = Re(A^H y). Only real-linear. Makes two arrays of the domain. Local.
/// *Deterministic* as A.
pub fn of_real(a: &Operator) -> Result<Operator> {
    let domain = a.domain().with_dtype(a.domain().dtype().real());
    let map = OfReal { complex: Array::new(a.domain())?, real: Array::new(&domain)?, child: [a.clone()] };
    Ok(Operator::new(domain, a.range().clone(), map))
}

struct OfReal {
    complex: Array,
    real: Array,
    child: [Operator; 1],
}

impl LinearMap for OfReal {
    fn name(&self) -> &str {
        "OfReal"
    }

    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        if !mode.transposed() {
            let copied = verbs::copy(x, &self.complex);
            return copied.and(self.child[0].apply_unchecked(mode, alpha, &self.complex, beta, y));
        }
        let applied = self.child[0].apply_unchecked(mode, Scalar::ONE, x, Scalar::ZERO, &self.complex);
        match alpha.is_one() && beta.is_zero() {
            true => applied.and(take(&self.complex, Part::Real, y)),
            false => {
                applied.and(take(&self.complex, Part::Real, &self.real)).and(verbs::axpby(alpha, &self.real, beta, y))
            }
        }
    }

    fn children(&self) -> &[Operator] {
        &self.child
    }

    fn is_complex_linear(&self) -> bool {
        false
    }

    fn pace(&self, _: &Context) -> Pace {
        Pace::of(self.children())
    }
}
