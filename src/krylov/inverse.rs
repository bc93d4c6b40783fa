//! A solver as an operator: y = A^-1 x (CG) or the least-squares solution (CGLS).
//!
//! It is linear as far as the method converges; an inner solve with a loose tolerance is a different map for every x.
//! A solver that applies it on a device waits for it: an inner solve in vain would cost more than running ahead gains.

use super::Solver;
use crate::arrays::{verbs, Array};
use crate::dtype::Scalar;
use crate::error::Result;
use crate::operators::{LinearMap, Mode, Operator};

struct Inverse {
    name: String,
    /// Solvers for A, A^H, A^T and conj(A); those that a preconditioner excludes are missing.
    solvers: [Option<Solver>; 4],
    /// Solutions of the range of the inverse, and of its domain.
    solutions: [Array; 2],
    operator: [Operator; 1],
}

pub(super) fn inverse(solver: &Solver) -> Result<Operator> {
    let a = solver.operator();
    let solvers = Mode::ALL.map(|mode| solver.turned(mode).ok());
    // The other modes make their vectors when they are first used, since few are.
    if let Some(forward) = &solvers[0] {
        forward.prepare_ahead()?;
    }
    let map = Inverse {
        name: format!("{} inverse", solver.method().name()),
        solvers,
        solutions: [Array::new(a.domain())?, Array::new(a.range())?],
        operator: [a.clone()],
    };
    Ok(Operator::new(a.range().clone(), a.domain().clone(), map))
}

impl LinearMap for Inverse {
    fn name(&self) -> &str {
        &self.name
    }

    /// op(A^-1) x = op(A)^-1 x, with x as the right side.
    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let index = Mode::ALL.iter().position(|m| *m == mode).unwrap_or(0);
        let Some(solver) = &self.solvers[index] else {
            crate::fail!(Unsupported, "a preconditioned solver as an operator is applied forward only");
        };
        let solution = &self.solutions[mode.transposed() as usize];
        solver.solve(x, solution)?;
        verbs::axpby(alpha, solution, beta, y)
    }

    fn children(&self) -> &[Operator] {
        &self.operator
    }
}
