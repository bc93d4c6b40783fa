//! An operator on arrays of a wider element type.

use crate::arrays::parts::{put, take, Part};
use crate::arrays::{verbs, Array, Space};
use crate::context::Context;
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::fail;
use crate::operators::algebra::moved;
use crate::operators::{LinearMap, Mode, Operator, Pace};

/// A with the same shapes on elements of `dtype`, which holds those of A by NumPy's rules. It computes in A's own type:
/// x is converted on the way in and y on the way out, and a real A is applied to the real and to the imaginary part. With
/// A's own type it is A. Makes two arrays of A's spaces, and two more where the precision differs. Local.
/// *Deterministic* as A.
///
/// # Errors
/// `DType`: `dtype` does not hold the types of A. `Unsupported`: A is real on one side only, and `dtype` is complex.
pub fn promoted(a: &Operator, dtype: DType) -> Result<Operator> {
    let (domain, range) = (leaf_types(a.domain()), leaf_types(a.range()));
    let all = || domain.iter().chain(&range);
    if let Some(narrow) = all().find(|own| own.promote(dtype) != dtype) {
        fail!(DType, "{} works on {}, which {} does not hold", a.name(), narrow.name(), dtype.name());
    }
    if all().all(|own| *own == dtype) {
        return Ok(a.clone());
    }
    if let Some((inner, [domain, range])) = a.unmoved() {
        // Converted where it works, so that the copies of blocks still overlap.
        return moved(&promoted(inner, dtype)?, domain, range);
    }
    let complex = all().any(|own| own.is_complex());
    if complex && all().any(|own| !own.is_complex()) {
        fail!(
            Unsupported,
            "{} from {} to {} is real on one side only, and cannot become {}",
            a.name(),
            a.domain(),
            a.range(),
            dtype.name()
        );
    }
    let same_kind = if complex { dtype } else { dtype.real() };
    let a = if all().all(|own| *own == same_kind) { a.clone() } else { precise(a, same_kind)? };
    if complex || !dtype.is_complex() {
        return Ok(a);
    }
    let map = Complexified { inputs: Array::new(a.domain())?, outputs: Array::new(a.range())?, child: [a.clone()] };
    Ok(Operator::new(a.domain().with_dtype(dtype), a.range().with_dtype(dtype), map))
}

fn leaf_types(space: &Space) -> Vec<DType> {
    match space.components() {
        [] => vec![space.dtype()],
        components => components.iter().flat_map(leaf_types).collect(),
    }
}

fn precise(a: &Operator, dtype: DType) -> Result<Operator> {
    let (domain, range) = (a.domain().with_dtype(dtype), a.range().with_dtype(dtype));
    let side = |narrow: &Space, wide: &Space| -> Result<Side> {
        Ok(Side { narrow: Array::new(narrow)?, wide: Array::new(wide)? })
    };
    let sides = [side(a.domain(), &domain)?, side(a.range(), &range)?];
    Ok(Operator::new(domain, range, Converted { sides, child: [a.clone()] }))
}

/// A of lower precision: x is rounded to it.
struct Converted {
    /// Of domain and range.
    sides: [Side; 2],
    child: [Operator; 1],
}

struct Side {
    narrow: Array,
    wide: Array,
}

impl LinearMap for Converted {
    fn name(&self) -> &str {
        "Converted"
    }

    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let [domain, range] = &self.sides;
        let (from, to) = if mode.transposed() { (range, domain) } else { (domain, range) };
        let mut outcome = verbs::copy(x, &from.narrow);
        outcome = outcome.and(self.child[0].apply_unchecked(mode, Scalar::ONE, &from.narrow, Scalar::ZERO, &to.narrow));
        if alpha.is_one() && beta.is_zero() {
            return outcome.and(verbs::copy(&to.narrow, y));
        }
        outcome = outcome.and(verbs::copy(&to.narrow, &to.wide));
        outcome.and(verbs::axpby(alpha, &to.wide, beta, y))
    }

    fn children(&self) -> &[Operator] {
        &self.child
    }

    fn pace(&self, _: &Context) -> Pace {
        Pace::of(self.children())
    }
}

/// Real A: A (x + i z) = A x + i A z.
struct Complexified {
    /// A real array of the domain and of the range.
    inputs: Array,
    outputs: Array,
    child: [Operator; 1],
}

impl LinearMap for Complexified {
    fn name(&self) -> &str {
        "Complexified"
    }

    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let (input, output) =
            if mode.transposed() { (&self.outputs, &self.inputs) } else { (&self.inputs, &self.outputs) };
        let mut outcome = Ok(());
        let mut beta = beta;
        if !beta.is_real() {
            outcome = verbs::scale(beta, y);
            beta = Scalar::ONE;
        }
        // (a + i b)(u + i v) = (a u - b v) + i (b u + a v), u = A Re x and v = A Im x
        let (a, b, first) = (alpha.re, alpha.im, beta.re);
        for part in [Part::Real, Part::Imaginary] {
            outcome = outcome.and(take(x, part, input));
            outcome = outcome.and(self.child[0].apply_unchecked(mode, Scalar::ONE, input, Scalar::ZERO, output));
            outcome = outcome.and(match (part, b == 0.0) {
                (_, true) => put(a, output, first, y, part),
                (Part::Real, _) => put(a, output, first, y, Part::Real).and(put(b, output, first, y, Part::Imaginary)),
                (Part::Imaginary, _) => {
                    put(-b, output, 1.0, y, Part::Real).and(put(a, output, 1.0, y, Part::Imaginary))
                }
            });
        }
        outcome
    }

    fn children(&self) -> &[Operator] {
        &self.child
    }

    fn is_complex_linear(&self) -> bool {
        true
    }

    fn pace(&self, _: &Context) -> Pace {
        Pace::of(self.children())
    }
}
