//! The reductions of a solver and its numbers: sums over ranks, with one more summed slot for failures and stop
//! requests, so that all ranks leave together and no rank decides alone; and what is computed from them, on the host, or
//! on the device where a solver runs ahead (see queue.rs).

use super::ahead::Ahead;
use super::numbers::{CONVERGENCE, DAMPED, ITERATIONS, REFERENCE, RESIDUAL, TURN};
use super::stopping::{judge, FAILED};
use super::{Norms, Reason, Record, SolverOptions};
use crate::arrays::coefficient::Coefficient;
use crate::arrays::sums::Sums;
use crate::arrays::{Array, Space};
use crate::comm::Combine;
use crate::context::Context;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::kernels::host::program::evaluate;
use crate::kernels::program::{Number, Program, REGISTERS};
use crate::operators::{Mode, Operator};
use std::time::Instant;

/// A rank's request in the summed slot. Sums of up to 2^20 ranks stay apart and exact in a double.
const STOP: f64 = 1.0;
const TIME: f64 = (1u64 << 20) as f64;
const FAILURE: f64 = (1u64 << 21) as f64;

/// What the ranks agreed on in the last reduction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Continue,
    StopByMonitor,
    StopByTime,
}

pub(crate) struct Control {
    pub(super) context: Context,
    pub(crate) sums: Sums,
    numbers: [f64; REGISTERS],
    /// The numbers on the device, where a solver may run ahead, and whether it does now.
    pub(super) ahead: Option<Ahead>,
    pub(super) running_ahead: bool,
    /// What is put on the stream is recorded, not done.
    pub(super) recording: bool,
    options: SolverOptions,
    /// `REFERENCE` is that of x = 0, not the first norm.
    referenced: bool,
    /// Several groups solve problems of their own.
    masked: bool,
    all_idle: bool,
    stop: bool,
    deadline: Option<Instant>,
    verdict: Verdict,
}

impl Control {
    /// `slots` sums over the ranks of `space`'s group.
    pub(crate) fn new(space: &Space, slots: usize) -> Control {
        Control {
            context: space.context().clone(),
            sums: Sums::new(space, slots),
            numbers: [0.0; REGISTERS],
            ahead: None,
            running_ahead: false,
            recording: false,
            options: SolverOptions::default(),
            referenced: false,
            masked: space.mask().is_some() && space.context().size() > 1,
            all_idle: false,
            stop: false,
            deadline: None,
            verdict: Verdict::Continue,
        }
    }

    /// A new solve, whose `REFERENCE` is computed before its start or taken from it.
    pub(crate) fn begin(&mut self, deadline: Option<Instant>, options: &SolverOptions, referenced: bool) {
        (self.all_idle, self.stop, self.verdict) = (false, false, Verdict::Continue);
        self.referenced = referenced;
        (self.running_ahead, self.deadline, self.options) = (false, deadline, options.clone());
        self.numbers = [0.0; REGISTERS];
        self.sums.clear();
    }

    /// The monitor of this rank asks to stop; the next reduction tells the others.
    pub(crate) fn request_stop(&mut self) {
        self.stop = true;
    }

    /// Keeps this rank's failure until the next reduction; the iteration goes on with what it has.
    pub(crate) fn note(&mut self, outcome: Result<()>) {
        if let Err(error) = outcome {
            self.context.raise(error);
        }
    }

    /// y := alpha op(A) x + beta y; a failure is kept.
    pub(crate) fn apply(&mut self, a: &Operator, mode: Mode, alpha: f64, x: &Array, beta: f64, y: &Array) {
        let done = a.apply_unchecked(mode, Scalar::real(alpha), x, Scalar::real(beta), y);
        self.note(done);
    }

    /// A kept number as the factor of an update.
    pub(crate) fn factor(&self, number: Number) -> Coefficient {
        self.multiple(1.0, number)
    }

    /// As `factor`, of the other sign.
    pub(crate) fn negative(&self, number: Number) -> Coefficient {
        self.multiple(-1.0, number)
    }

    fn multiple(&self, coefficient: f64, number: Number) -> Coefficient {
        match (&self.ahead, self.running_ahead) {
            (Some(ahead), true) => Coefficient::There(ahead.registers.factor(coefficient, number)),
            _ => Coefficient::Here(coefficient * self.numbers[number.register()]),
        }
    }

    /// Completes the sums over ranks, one message, and computes from them; the sums are zero then. False when the step
    /// ends here, since the ranks stop or the method cannot go on. An error of any rank becomes the error of all.
    pub(crate) fn reduce(&mut self, formulas: impl FnOnce(&mut Program)) -> Result<bool> {
        let mut program = Program::default();
        if self.running_ahead {
            self.heed(&mut program, &[(TIME, Reason::TimeLimit as i16)]);
        }
        formulas(&mut program);
        self.complete(&program, false)?;
        Ok(self.verdict == Verdict::Continue && (self.masked || self.running_ahead || !self.is_idle()))
    }

    /// As `reduce`, at the end of an iteration: its norms are compared with the tolerances.
    pub(crate) fn conclude(&mut self, formulas: impl FnOnce(&mut Program) -> Norms<Number>) -> Result<()> {
        self.norms(true, formulas)
    }

    /// As `conclude`, of the residual that the method starts from. `REFERENCE` is its norm unless it was computed before.
    pub(crate) fn conclude_start(&mut self, formulas: impl FnOnce(&mut Program) -> Norms<Number>) -> Result<()> {
        self.norms(false, formulas)
    }

    fn norms(&mut self, counts: bool, formulas: impl FnOnce(&mut Program) -> Norms<Number>) -> Result<()> {
        let mut program = Program::default();
        if self.running_ahead {
            self.heed(&mut program, &[]);
        }
        let p = &mut program;
        let norms = formulas(p);
        p.set(CONVERGENCE, norms.convergence);
        p.set(RESIDUAL, norms.residual);
        p.set(DAMPED, norms.damped);
        if counts {
            // A method that has finished takes zero steps, which do not count.
            let one = p.constant(1.0);
            let one = p.while_running(one);
            let next = p.add(ITERATIONS, one);
            p.set(ITERATIONS, next);
        } else if !self.referenced {
            p.set(REFERENCE, norms.convergence);
        }
        judge(p, (CONVERGENCE, RESIDUAL), &self.options);
        self.complete(&program, counts)?;
        // Who wished to stop asks again in the next iteration, before x changes.
        self.verdict = Verdict::Continue;
        Ok(())
    }

    /// On the device: what the ranks request stops the method.
    fn heed(&self, program: &mut Program, requests: &[(f64, i16)]) {
        let total = program.sum(self.sums.request_slot());
        for (least, reason) in [(FAILURE, FAILED)].iter().chain(requests) {
            let least = program.constant(*least);
            program.stop_at_most(*reason, least, total);
        }
    }

    fn complete(&mut self, program: &Program, turns: bool) -> Result<()> {
        if let Some(error) = self.sums.take_failure() {
            self.context.raise(error);
        }
        if self.running_ahead {
            return self.complete_there(program, turns.then_some(TURN));
        }
        if program.is_full() {
            crate::fail!(Internal, "a program of more than {} instructions", program.steps().len());
        }
        self.reduce_here()?;
        let sums = &self.sums;
        let double = |k: usize| if k.is_multiple_of(2) { sums.value(k / 2).re } else { sums.value(k / 2).im };
        evaluate(program, &mut self.numbers, double);
        self.sums.clear();
        Ok(())
    }

    /// On the device: puts reduction and program on the stream. What fails is kept, and told in the same reduction where
    /// it can be.
    fn complete_there(&mut self, program: &Program, turn: Option<Number>) -> Result<()> {
        if !self.recording && self.context.has_pending() {
            self.tell(FAILURE);
        }
        let done = match &self.ahead {
            Some(ahead) => self.sums.evaluate_there(&ahead.registers, program, turn),
            None => Ok(()),
        };
        self.note(done);
        Ok(())
    }

    fn reduce_here(&mut self) -> Result<()> {
        // A failure of the device shows itself here: others must not take its sums for whole.
        self.sums.bring_here();
        if let Some(error) = self.sums.take_failure() {
            self.context.raise(error);
        }
        let request = self.request();
        let mut total = self.sums.reduce(request)?;
        if self.masked {
            let busy = if self.is_idle() { 0.0 } else { 1.0 };
            let mut votes = [request, busy];
            self.context.comm().allreduce_f64(&mut votes, Combine::Sum)?;
            total = votes[0];
            self.all_idle = votes[1] == 0.0;
        } else {
            self.all_idle = self.is_idle();
        }
        if total >= FAILURE {
            self.context.agree_pending()?;
        }
        self.verdict = match total {
            t if t >= TIME => Verdict::StopByTime,
            t if t >= STOP => Verdict::StopByMonitor,
            _ => Verdict::Continue,
        };
        Ok(())
    }

    /// What this rank asks of all.
    pub(super) fn request(&self) -> f64 {
        let mut request = 0.0;
        if self.context.has_pending() {
            request += FAILURE;
        }
        if self.stop {
            request += STOP;
        }
        if self.context.rank() == 0 && self.deadline.is_some_and(|d| Instant::now() >= d) {
            request += TIME;
        }
        request
    }

    pub(super) fn numbers(&self) -> &[f64; REGISTERS] {
        &self.numbers
    }

    /// The state after the last step, of a solver that does not run ahead.
    pub(crate) fn record(&self) -> Record {
        Record::read(&self.numbers)
    }

    pub(crate) fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// This rank's group has finished; where other groups have not, it goes on with zero steps.
    pub(crate) fn is_idle(&self) -> bool {
        self.record().reason != Reason::Running
    }

    pub(crate) fn is_masked(&self) -> bool {
        self.masked
    }

    /// Whether the groups of a masked space had all finished at the last reduction.
    pub(crate) fn all_idle(&self) -> bool {
        self.all_idle
    }
}
