//! What a host may ask while a solver runs and after it.

use super::Norms;
use std::ffi::CStr;

/// Why a solver stopped: positive when it is satisfied, negative when it is not, 0 while it runs.
/// The numbers are part of the ABI.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i32)]
pub enum Reason {
    #[default]
    Running = 0,
    RelativeTolerance = 1,
    AbsoluteTolerance = 2,
    /// The monitor asked to stop.
    Monitor = 3,
    IterationLimit = -1,
    TimeLimit = -2,
    /// The norm exceeded dtol times its value at x = 0.
    Diverged = -3,
    /// A direction p with <p, A p> <= 0: the operator (or preconditioner) is not positive definite.
    Indefinite = -4,
    NotFinite = -5,
}

impl Reason {
    pub const ALL: [Reason; 9] = [
        Reason::Running,
        Reason::RelativeTolerance,
        Reason::AbsoluteTolerance,
        Reason::Monitor,
        Reason::IterationLimit,
        Reason::TimeLimit,
        Reason::Diverged,
        Reason::Indefinite,
        Reason::NotFinite,
    ];

    /// In words, for C.
    pub fn c_text(self) -> &'static CStr {
        match self {
            Reason::Running => c"running",
            Reason::RelativeTolerance => c"relative tolerance reached",
            Reason::AbsoluteTolerance => c"absolute tolerance reached",
            Reason::Monitor => c"stopped by the monitor",
            Reason::IterationLimit => c"iteration limit",
            Reason::TimeLimit => c"time limit",
            Reason::Diverged => c"diverged",
            Reason::Indefinite => c"operator is not positive definite",
            Reason::NotFinite => c"a norm is not a finite number",
        }
    }

    pub fn text(self) -> &'static str {
        self.c_text().to_str().unwrap_or_default()
    }
}

/// The state of the last or present solve.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    pub iterations: i64,
    pub reason: Reason,
    pub norms: Norms,
    /// The norm of the stopping rule at x = 0; 0 where no rule needed it.
    pub reference: f64,
    /// |b - A x| of iterations 0, 1, ...
    pub residuals: Vec<f64>,
    /// sqrt(|b - A x|^2 + damp^2 |x|^2) of iterations 0, 1, ...
    pub damped: Vec<f64>,
    /// The norm of the stopping rule of iterations 0, 1, ...
    pub convergence: Vec<f64>,
    /// The first element of x on this rank.
    pub first: crate::dtype::Scalar,
    /// Seconds from set-up to the end.
    pub seconds: f64,
}

impl Progress {
    pub(super) fn push(&mut self, norms: Norms) {
        self.norms = norms;
        self.residuals.push(norms.residual);
        self.damped.push(norms.damped);
        self.convergence.push(norms.convergence);
    }

    /// Room for the histories of a whole run, so that iterations do not allocate; a very long limit grows in steps.
    pub(super) fn clear(&mut self, max_iterations: i64) {
        *self = Progress {
            residuals: std::mem::take(&mut self.residuals),
            damped: std::mem::take(&mut self.damped),
            convergence: std::mem::take(&mut self.convergence),
            ..Progress::default()
        };
        let room = (max_iterations as usize).min(1 << 20) + 1;
        for history in [&mut self.residuals, &mut self.damped, &mut self.convergence] {
            history.clear();
            history.reserve(room);
        }
    }
}
