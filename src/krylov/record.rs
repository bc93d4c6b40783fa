//! What is known of an iteration when it is done.

use super::numbers::{CONVERGENCE, DAMPED, ITERATIONS, REFERENCE, RESIDUAL};
use super::stopping::FAILED;
use super::{Norms, Reason};
use crate::kernels::program::{Number, REASON};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Record {
    pub reason: Reason,
    /// A rank has failed; its error is pending there.
    pub failed: bool,
    pub iterations: i64,
    pub norms: Norms,
    pub reference: f64,
}

impl Record {
    /// From the first registers.
    pub fn read(registers: &[f64]) -> Record {
        let number = |n: Number| registers[n.register()];
        let code = number(REASON) as i32;
        Record {
            reason: Reason::ALL.into_iter().find(|r| *r as i32 == code).unwrap_or_default(),
            failed: code == i32::from(FAILED),
            iterations: number(ITERATIONS) as i64,
            norms: Norms { convergence: number(CONVERGENCE), residual: number(RESIDUAL), damped: number(DAMPED) },
            reference: number(REFERENCE),
        }
    }
}
