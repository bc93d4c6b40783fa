//! y = A_1 A_2 ... A_n x, through one buffer between neighbours.

use crate::arrays::{Array, Space};
use crate::context::Context;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::fail;
use crate::operators::operator::require_same_context;
use crate::operators::{LinearMap, Mode, Operator, Pace};

struct Product {
    factors: Vec<Operator>,
    /// `between[k]` holds the domain of factor k, which is the range of factor k + 1.
    between: Vec<Array>,
}

/// A_1 A_2 ... A_n: the last is applied first.
pub fn product(factors: &[Operator]) -> Result<Operator> {
    let (Some(first), Some(last)) = (factors.first(), factors.last()) else {
        fail!(Argument, "a product needs at least one operator, got 0");
    };
    require_same_context(factors)?;
    for (k, pair) in factors.windows(2).enumerate() {
        let (left, right) = (format!("the domain of factor {k}"), format!("the range of factor {}", k + 1));
        pair[0].domain().require_congruent(pair[1].range(), &left, &right)?;
    }
    let between = share_buffers(factors)?;
    let (domain, range) = (last.domain().clone(), first.range().clone());
    Ok(Operator::new(domain, range, Product { factors: factors.to_vec(), between }))
}

/// A^n for n >= 0; A^0 is the identity.
pub fn power(a: &Operator, exponent: i64) -> Result<Operator> {
    a.domain().require_congruent(a.range(), "the domain of a power", "its range")?;
    match exponent {
        0 => crate::operators::basic::identity(a.domain(), a.range()),
        1.. => {
            let Ok(n) = usize::try_from(exponent) else { fail!(Argument, "the exponent is {exponent}, too large") };
            if n > MOST_FACTORS {
                fail!(Argument, "the exponent is {exponent}, expected 0 to {MOST_FACTORS}");
            }
            product(&vec![a.clone(); n])
        }
        _ => fail!(Argument, "the exponent is {exponent}, expected 0 or more"),
    }
}

/// Powers are written out as products; more factors than this are a mistake of the host.
const MOST_FACTORS: usize = 1 << 20;

/// One array for each gap between factors; gaps of congruent spaces two apart share one, since only neighbours are
/// alive at the same time.
fn share_buffers(factors: &[Operator]) -> Result<Vec<Array>> {
    let gaps: Vec<&Space> = factors[..factors.len() - 1].iter().map(Operator::domain).collect();
    let mut between: Vec<Array> = Vec::with_capacity(gaps.len());
    for (k, space) in gaps.iter().enumerate() {
        let reusable = |a: &&Array| a.space().congruent(space) && !between[k.saturating_sub(1)].overlaps(a);
        let found = between.iter().find(reusable).map(|a| a.reinterpret(space));
        between.push(match found {
            Some(array) => array?,
            None => Array::new(space)?,
        });
    }
    Ok(between)
}

impl LinearMap for Product {
    fn name(&self) -> &str {
        "Product"
    }

    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let n = self.factors.len();
        let mut outcome = Ok(());
        for step in 0..n {
            // op(A_1 ... A_n) x runs from the last factor, its transposes from the first.
            let k = if mode.transposed() { step } else { n - 1 - step };
            let (enters, leaves) = if mode.transposed() { (k.wrapping_sub(1), k) } else { (k, k.wrapping_sub(1)) };
            let from = if step == 0 { x } else { &self.between[enters] };
            let (alpha, beta, to) =
                if step + 1 == n { (alpha, beta, y) } else { (Scalar::ONE, Scalar::ZERO, &self.between[leaves]) };
            outcome = outcome.and(self.factors[k].apply_unchecked(mode, alpha, from, beta, to));
        }
        outcome
    }

    fn children(&self) -> &[Operator] {
        &self.factors
    }

    fn pace(&self, _: &Context) -> Pace {
        Pace::of(self.children())
    }
}
