//! A^-1 where it is a multiple of A^H.

use super::{adjoint, scale};
use crate::error::Result;
use crate::fail;
use crate::operators::Operator;

/// A^-1 = c A^H for operators that know their c: identities, transposes, redistributions, Fourier transforms, and scaled,
/// turned and multiplied ones. Of a Fourier transform longer than the model's extents it is the inverse from the left;
/// what a shorter one cuts off comes back as zeros. Local.
///
/// # Errors
/// `Unsupported`: the inverse is not known to be a multiple of the adjoint.
pub fn inverse(a: &Operator) -> Result<Operator> {
    match a.inverse_factor() {
        Some(factor) => scale(factor.into(), &adjoint(a)),
        None => {
            fail!(Unsupported, "{} has no inverse that is known as a multiple of its adjoint; solve instead", a.name())
        }
    }
}
