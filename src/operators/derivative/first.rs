//! The first derivative along one axis.

use super::coefficients::{self, Kind};
use super::difference::{check_axis, check_space, difference, kind_name, Along, Results};
use crate::arrays::Space;
use crate::error::Result;
use crate::operators::Operator;

/// What kind of difference quotient; see [`coefficients::first_derivative`] for the formulas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FirstDerivative {
    pub kind: Kind,
    /// 3 or 5 points, for the centered kind.
    pub order: usize,
    /// Whether the ends of a centered derivative are one-sided differences instead of zero.
    pub edge: bool,
    /// Distance between samples.
    pub sampling: f64,
}

impl Default for FirstDerivative {
    fn default() -> FirstDerivative {
        FirstDerivative { kind: Kind::Centered, order: 3, edge: false, sampling: 1.0 }
    }
}

/// y = dx / d(axis), from a space to itself. Collective.
///
/// Errors: `Space` (no global shape), `DType` (integers), `Axis`, `Argument` (order, sampling), `Collective`; of a
/// masked space, `Space` where the axis is cut between groups.
pub fn first_derivative(space: &Space, axis: usize, options: &FirstDerivative) -> Result<Operator> {
    let arguments = || {
        let shape = check_space(space, "FirstDerivative")?;
        check_axis(axis, shape)?;
        let details = format!("axis {axis}, {}, sampling {}", options.quotient(), options.sampling);
        Ok((vec![options.along(shape, axis, options.sampling)?], details))
    };
    difference("FirstDerivative", space, arguments(), Results::Added)
}

impl FirstDerivative {
    pub(super) fn along(&self, shape: &[i64], axis: usize, sampling: f64) -> Result<Along> {
        let n = shape[axis] as usize;
        let stencil = coefficients::first_derivative(n, self.kind, self.order, self.edge, sampling)?;
        Ok(Along { axis, stencil, weight: 1.0 })
    }

    /// Kind, order and edge in words.
    pub(super) fn quotient(&self) -> String {
        match self.kind {
            Kind::Centered => format!("centered, order {}{}", self.order, if self.edge { ", with edges" } else { "" }),
            kind => kind_name(kind).into(),
        }
    }
}
