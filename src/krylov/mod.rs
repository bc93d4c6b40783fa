//! Krylov methods: one file a method, written on the vector verbs of a space and `Operator::apply`.

mod ahead;
pub mod cg;
pub mod cgls;
pub mod control;
pub mod inverse;
mod numbers;
pub mod options;
pub mod progress;
mod queue;
mod record;
mod recorded;
pub mod solver;
mod stopping;
pub mod table;
#[cfg(test)]
mod tests;

pub use options::{Graphs, SolverOptions, Tolerance};
pub use progress::{Progress, Reason};
pub use solver::{Event, Solver};

use crate::arrays::Array;
use crate::error::{Error, Result, Status};
use control::Control;
use record::Record;

/// Which method. The numbers are part of the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Method {
    Cg = 1,
    Cgls = 2,
}

impl Method {
    pub const ALL: [Method; 2] = [Method::Cg, Method::Cgls];

    pub fn from_code(code: i32) -> Result<Method> {
        Method::ALL.into_iter().find(|m| *m as i32 == code).ok_or_else(|| {
            Error::new(
                Status::Argument,
                format!("method is {code}, expected DLOPS_SOLVER_CG (1) or DLOPS_SOLVER_CGLS (2)"),
            )
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Method::Cg => "CG",
            Method::Cgls => "CGLS",
        }
    }
}

/// The norms that a method knows after a step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Norms<T = f64> {
    /// What the stopping rule looks at: |r| of CG, |A^H r - damp^2 x| of CGLS.
    pub convergence: T,
    /// |b - A x|
    pub residual: T,
    /// sqrt(|b - A x|^2 + damp^2 |x|^2)
    pub damped: T,
}

/// One method: its vectors are made with it, so that `start` and `step` allocate nothing. Its numbers are registers of
/// the control, which are on the host, or on the device while the solver runs ahead.
pub(crate) trait Iteration: Send {
    /// `REFERENCE` := the norm of the stopping rule at x = 0, where the rule is relative.
    fn reference(&mut self, b: &Array, control: &mut Control) -> Result<()>;

    /// The residual at x, which is zero unless `guess`; x is set to zero then.
    fn start(&mut self, b: &Array, x: &Array, guess: bool, control: &mut Control) -> Result<()>;

    /// One iteration. A method that has stopped leaves x alone, as does one that the ranks stop.
    fn step(&mut self, x: &Array, control: &mut Control) -> Result<()>;
}
