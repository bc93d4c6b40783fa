//! The second derivative along one axis.

use super::coefficients::{self, Kind};
use super::difference::{check_axis, check_space, difference, kind_name, Along, Results};
use crate::arrays::Space;
use crate::error::Result;
use crate::operators::Operator;

/// What kind of difference quotient; see [`coefficients::second_derivative`] for the formulas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SecondDerivative {
    pub kind: Kind,
    /// Whether the ends of a centered derivative are one-sided quotients instead of zero.
    pub edge: bool,
    /// Distance between samples.
    pub sampling: f64,
}

impl Default for SecondDerivative {
    fn default() -> SecondDerivative {
        SecondDerivative { kind: Kind::Centered, edge: false, sampling: 1.0 }
    }
}

/// y = d^2 x / d(axis)^2, from a space to itself. Collective. Errors: those of the first derivative.
pub fn second_derivative(space: &Space, axis: usize, options: &SecondDerivative) -> Result<Operator> {
    let arguments = || {
        let shape = check_space(space, "SecondDerivative")?;
        check_axis(axis, shape)?;
        let details = format!("axis {axis}, {}, sampling {}", quotient(options.kind, options.edge), options.sampling);
        Ok((vec![along(shape, axis, options.kind, options.edge, options.sampling, 1.0)?], details))
    };
    difference("SecondDerivative", space, arguments(), Results::Added)
}

pub(super) fn along(shape: &[i64], axis: usize, kind: Kind, edge: bool, sampling: f64, weight: f64) -> Result<Along> {
    let stencil = coefficients::second_derivative(shape[axis] as usize, kind, edge, sampling)?;
    Ok(Along { axis, stencil, weight })
}

/// Kind and edge in words.
pub(super) fn quotient(kind: Kind, edge: bool) -> String {
    let edges = if edge && kind == Kind::Centered { ", with edges" } else { "" };
    format!("{}{edges}", kind_name(kind))
}
