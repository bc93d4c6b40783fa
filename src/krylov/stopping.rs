//! The stopping rules.

use super::{Progress, Reason, SolverOptions, Tolerance};

/// Why a solve ends with these norms, or `Running`; in the order of what they mean.
pub(super) fn judge(progress: &Progress, options: &SolverOptions) -> Reason {
    let norms = progress.norms;
    if !norms.convergence.is_finite() || !norms.residual.is_finite() {
        return Reason::NotFinite;
    }
    match options.tolerance {
        Tolerance::PyLops if norms.convergence * norms.convergence <= options.atol => return Reason::AbsoluteTolerance,
        Tolerance::PyLops => {}
        Tolerance::Standard => {
            if norms.convergence <= options.atol {
                return Reason::AbsoluteTolerance;
            }
            if norms.convergence <= options.rtol * progress.reference {
                return Reason::RelativeTolerance;
            }
            if options.dtol > 0.0 && norms.convergence > options.dtol * progress.reference {
                return Reason::Diverged;
            }
        }
    }
    if progress.iterations >= options.max_iterations {
        return Reason::IterationLimit;
    }
    Reason::Running
}
