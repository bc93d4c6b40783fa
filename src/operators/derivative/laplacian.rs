//! The weighted sum of second derivatives, in one pass.

use super::coefficients::Kind;
use super::difference::{check_axis, check_space, difference, Results};
use super::second::{along, quotient};
use crate::arrays::Space;
use crate::error::Result;
use crate::fail;
use crate::operators::Operator;

/// Which second derivatives are added up, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Laplacian {
    /// Empty: the last two axes, or the only one.
    pub axes: Vec<usize>,
    /// One an axis of `axes`; empty: all 1.
    pub weights: Vec<f64>,
    /// Distance between samples along each axis of `axes`; empty: all 1.
    pub sampling: Vec<f64>,
    pub kind: Kind,
    /// Whether the ends of centered derivatives are one-sided quotients instead of zero.
    pub edge: bool,
}

impl Default for Laplacian {
    fn default() -> Laplacian {
        Laplacian { axes: vec![], weights: vec![], sampling: vec![], kind: Kind::Centered, edge: false }
    }
}

/// y = sum_k w_k d^2 x / d(axis k)^2, each with its own sampling squared. Collective.
///
/// Errors: those of the first derivative, and `Axis` for an axis that is given twice, `Argument` where weights or
/// samplings are not one an axis, or a weight is not finite, `Unsupported` for more than 8 axes.
pub fn laplacian(space: &Space, options: &Laplacian) -> Result<Operator> {
    let arguments = || {
        let shape = check_space(space, "Laplacian")?;
        let axes = match options.axes.is_empty() {
            true => (shape.len().saturating_sub(2)..shape.len()).collect(),
            false => options.axes.clone(),
        };
        for (k, &axis) in axes.iter().enumerate() {
            check_axis(axis, shape)?;
            if axes[..k].contains(&axis) {
                fail!(Axis, "axis {axis} of a Laplacian is given twice");
            }
        }
        let weights = one_an_axis("weights", &options.weights, axes.len())?;
        let sampling = one_an_axis("samplings", &options.sampling, axes.len())?;
        if let Some(weight) = weights.iter().find(|w| !w.is_finite()) {
            fail!(Argument, "a weight of a Laplacian is {weight}, expected a finite number");
        }
        let kind = quotient(options.kind, options.edge);
        let details = format!("axes {axes:?}, weights {weights:?}, {kind}, sampling {sampling:?}");
        let term = |k: usize| along(shape, axes[k], options.kind, options.edge, sampling[k], weights[k]);
        Ok(((0..axes.len()).map(term).collect::<Result<Vec<_>>>()?, details))
    };
    difference("Laplacian", space, arguments(), Results::Added)
}

/// The values given for each of the axes, or ones.
fn one_an_axis(name: &str, values: &[f64], axes: usize) -> Result<Vec<f64>> {
    if values.is_empty() {
        return Ok(vec![1.0; axes]);
    }
    if values.len() != axes {
        fail!(Argument, "{} {name} are given for the {axes} axes of a Laplacian", values.len());
    }
    Ok(values.to_vec())
}
