//! An operator whose vectors are in other memory than it works on.

use crate::arrays::{verbs, Array, Space};
use crate::dtype::Scalar;
use crate::error::Result;
use crate::operators::{LinearMap, Mode, Operator};
use crate::storage::Memory;

/// A with its domain and its range in the memory that is given: what goes in is copied to where A works, what comes out is
/// copied back. With the memory that both have it is A. A model may so be on one side and the data on the other. Makes one
/// array for each side that moves, and one more for results that are added to what is there. Local; waits for the
/// device in apply. *Deterministic* as A.
///
/// # Errors
/// `Unsupported`: device memory in a context without a device. `Memory`.
pub fn moved(a: &Operator, domain: Memory, range: Memory) -> Result<Operator> {
    let side = |own: &Space, memory: Memory| -> Result<(Space, Option<Side>)> {
        let space = own.with_memory(memory)?;
        if space.congruent(own) {
            return Ok((own.clone(), None));
        }
        let side = Side { there: Array::new(own)?, here: Array::new(&space)? };
        Ok((space, Some(side)))
    };
    let ((domain, first), (range, second)) = (side(a.domain(), domain)?, side(a.range(), range)?);
    if first.is_none() && second.is_none() {
        return Ok(a.clone());
    }
    Ok(Operator::new(domain, range, Moved { sides: [first, second], child: [a.clone()] }))
}

struct Moved {
    /// Of domain and range, where they move.
    sides: [Option<Side>; 2],
    child: [Operator; 1],
}

struct Side {
    /// Where A works.
    there: Array,
    /// Where the caller's arrays are.
    here: Array,
}

impl LinearMap for Moved {
    fn name(&self) -> &str {
        "Moved"
    }

    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let [domain, range] = &self.sides;
        let (from, to) = if mode.transposed() { (range, domain) } else { (domain, range) };
        let input = from.as_ref().map_or(x, |side| &side.there);
        let brought = from.as_ref().map_or(Ok(()), |side| verbs::copy(x, &side.there));
        // What fails on one rank is told after all ranks have met inside A.
        let Some(side) = to else {
            let done = self.child[0].apply_unchecked(mode, alpha, input, beta, y);
            return brought.and(done);
        };
        let done = self.child[0].apply_unchecked(mode, alpha, input, Scalar::ZERO, &side.there);
        brought.and(done)?;
        if beta.is_zero() {
            return verbs::copy(&side.there, y);
        }
        verbs::copy(&side.there, &side.here)?;
        verbs::axpby(Scalar::ONE, &side.here, beta, y)
    }

    fn children(&self) -> &[Operator] {
        &self.child
    }
}
