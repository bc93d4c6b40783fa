//! Which registers hold the numbers of a method.

use crate::kernels::program::Number;

/// Numbers of all methods, after `REASON`: the state that a record tells.
pub(crate) const ITERATIONS: Number = Number::kept(1);
pub(crate) const CONVERGENCE: Number = Number::kept(2);
pub(crate) const RESIDUAL: Number = Number::kept(3);
pub(crate) const DAMPED: Number = Number::kept(4);
/// The norm of the stopping rule at x = 0.
pub(crate) const REFERENCE: Number = Number::kept(5);
/// Iterations begun, which number the records.
pub(super) const TURN: Number = Number::kept(7);

/// A number of a method's own.
pub(crate) const fn own(k: i16) -> Number {
    Number::kept(8 + k)
}
