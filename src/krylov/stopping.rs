//! The stopping rules.

use super::numbers::{ITERATIONS, REFERENCE};
use super::{Reason, SolverOptions, Tolerance};
use crate::kernels::program::{Number, Program};

/// The reason of a rank's failure, which becomes the error of all; no reason of a solver.
pub(super) const FAILED: i16 = 100;

/// Stops where the norms (of the rule, and of the residual) say so, in the order of what that means.
pub(super) fn judge(p: &mut Program, (convergence, residual): (Number, Number), options: &SolverOptions) {
    p.stop_not_finite(Reason::NotFinite as i16, convergence);
    p.stop_not_finite(Reason::NotFinite as i16, residual);
    let atol = p.constant(options.atol);
    match options.tolerance {
        Tolerance::PyLops => {
            let square = p.multiply(convergence, convergence);
            p.stop_at_most(Reason::AbsoluteTolerance as i16, square, atol);
        }
        Tolerance::Standard => {
            p.stop_at_most(Reason::AbsoluteTolerance as i16, convergence, atol);
            let relative = p.scaled(options.rtol, REFERENCE);
            p.stop_at_most(Reason::RelativeTolerance as i16, convergence, relative);
            if options.dtol > 0.0 {
                let diverged = p.scaled(options.dtol, REFERENCE);
                p.stop_above(Reason::Diverged as i16, convergence, diverged);
            }
        }
    }
    let limit = p.constant(options.max_iterations as f64);
    p.stop_at_most(Reason::IterationLimit as i16, limit, ITERATIONS);
}
