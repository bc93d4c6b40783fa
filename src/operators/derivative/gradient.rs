//! The first derivatives along all axes, in one pass.

use super::coefficients::Kind;
use super::difference::{check_space, difference, Results};
use super::first::FirstDerivative;
use crate::arrays::Space;
use crate::error::Result;
use crate::fail;
use crate::operators::Operator;

/// What kind of first derivatives.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    pub kind: Kind,
    /// 3 or 5 points, for the centered kind.
    pub order: usize,
    /// Whether the ends of centered derivatives are one-sided differences instead of zero.
    pub edge: bool,
    /// Distance between samples along each axis; one value serves all axes; empty: 1.
    pub sampling: Vec<f64>,
}

impl Default for Gradient {
    fn default() -> Gradient {
        Gradient { kind: Kind::Centered, order: 3, edge: false, sampling: vec![] }
    }
}

/// y_k = dx / d(axis k), k = 0, 1, ...: from a space to the product of as many as it has axes, each congruent with it.
/// Collective. Errors: those of the first derivative, and `Argument` where samplings are not one an
/// axis, `Unsupported` for more than 8 axes.
pub fn gradient(space: &Space, options: &Gradient) -> Result<Operator> {
    let arguments = || {
        let shape = check_space(space, "Gradient")?;
        let sampling = match options.sampling[..] {
            [] => vec![1.0; shape.len()],
            [one] => vec![one; shape.len()],
            ref each if each.len() == shape.len() => each.to_vec(),
            ref other => {
                fail!(Argument, "{} samplings are given for the gradient of {} axes", other.len(), shape.len())
            }
        };
        let first = FirstDerivative { kind: options.kind, order: options.order, edge: options.edge, sampling: 1.0 };
        let along = sampling.iter().enumerate().map(|(axis, step)| first.along(shape, axis, *step));
        Ok((along.collect::<Result<Vec<_>>>()?, format!("{}, sampling {sampling:?}", first.quotient())))
    };
    difference("Gradient", space, arguments(), Results::Apart)
}
