//! Conjugate gradients for A x = b with A Hermitian positive definite, preconditioned by M ~ A^-1.
//!
//! Hestenes and Stiefel, Methods of conjugate gradients for solving linear systems, J. Res. NBS 49 (1952).
//!
//! Memory traffic of an iteration beside A p, in vectors of n elements (read + write), without preconditioner:
//!
//! | step | reads | writes |
//! |---|---|---|
//! | <p, q> | 2 | 0 |
//! | r -= alpha q, <r, r> | 2 | 1 |
//! | x += alpha p, p = r + beta p | 3 | 2 |
//! | together | 7 | 3 |
//!
//! Two reductions an iteration; with a preconditioner <r, z> and <r, r> share the second.

use super::control::Control;
use super::numbers::{own, REFERENCE};
use super::{Iteration, Norms, Reason};
use crate::arrays::{verbs, Array};
use crate::dtype::Scalar;
use crate::error::Result;
use crate::kernels::program::{Number, Program};
use crate::operators::{Mode, Operator};

pub(crate) struct Cg {
    a: Operator,
    m: Option<Operator>,
    r: Array,
    /// M r; shares r's memory without a preconditioner.
    z: Array,
    p: Array,
    q: Array,
}

/// <r, z>, the step, and the weight of the last direction in the next one.
const RHO: Number = own(0);
const ALPHA: Number = own(1);
const BETA: Number = own(2);

/// Sums of an iteration: <p, q> alone, then <r, z> and <r, r>.
pub(crate) const SLOTS: usize = 2;
const PQ: usize = 0;
const RZ: usize = 0;
const RR: usize = 1;

impl Cg {
    pub(crate) fn new(a: &Operator, m: Option<&Operator>) -> Result<Cg> {
        let space = a.domain();
        let r = Array::new(space)?;
        let z = if m.is_some() { Array::new(space)? } else { r.clone() };
        Ok(Cg { a: a.clone(), m: m.cloned(), r, z, p: Array::new(space)?, q: Array::new(space)? })
    }

    /// z = M r, and the sum <r, z> beside <r, r>, which is known already.
    fn precondition(&mut self, control: &mut Control) {
        if let Some(m) = &self.m {
            control.apply(m, Mode::Forward, 1.0, &self.r, 0.0, &self.z);
            control.sums.add_dot(RZ, &self.r, &self.z);
        }
    }

    /// <r, z> and the norms, from the sums.
    fn residual(&self, p: &mut Program) -> (Number, Norms<Number>) {
        let rr = p.sum(RR);
        let rho = if self.m.is_some() { p.sum(RZ) } else { rr };
        let norm = p.root(rr);
        (rho, Norms { convergence: norm, residual: norm, damped: norm })
    }
}

impl Iteration for Cg {
    fn reference(&mut self, b: &Array, control: &mut Control) -> Result<()> {
        control.sums.add_norm(RR, b);
        let done = control.reduce(|p| {
            let bb = p.sum(RR);
            let norm = p.root(bb);
            p.set(REFERENCE, norm);
        });
        done.map(drop)
    }

    fn start(&mut self, b: &Array, x: &Array, guess: bool, control: &mut Control) -> Result<()> {
        // r = b - A x
        control.note(verbs::copy(b, &self.r));
        if guess {
            control.apply(&self.a, Mode::Forward, -1.0, x, 1.0, &self.r);
        } else {
            control.note(verbs::fill(x, Scalar::ZERO));
        }
        control.sums.add_norm(RR, &self.r);
        self.precondition(control);
        control.conclude_start(|p| {
            let (rho, norms) = self.residual(p);
            p.set(RHO, rho);
            norms
        })?;
        control.note(verbs::copy(&self.z, &self.p));
        Ok(())
    }

    fn step(&mut self, x: &Array, control: &mut Control) -> Result<()> {
        // q = A p
        control.apply(&self.a, Mode::Forward, 1.0, &self.p, 0.0, &self.q);
        control.sums.add_dot(PQ, &self.p, &self.q);
        // alpha = rho / <p, q>; a method that has finished, or cannot go on, takes zero steps.
        let goes_on = control.reduce(|p| {
            let curvature = p.sum(PQ);
            p.stop_not_positive(Reason::Indefinite as i16, curvature, RHO);
            let alpha = p.divide(RHO, curvature);
            let alpha = p.where_nonzero(RHO, alpha);
            let alpha = p.while_running(alpha);
            p.set(ALPHA, alpha);
        })?;
        if !goes_on {
            return Ok(());
        }
        // r = r - alpha q
        control.sums.add_axpy_norm(RR, control.negative(ALPHA), &self.q, &self.r);
        self.precondition(control);
        // beta = rho_new / rho
        control.conclude(|p| {
            let (rho, norms) = self.residual(p);
            let beta = p.divide(rho, RHO);
            let beta = p.where_nonzero(RHO, beta);
            p.set(BETA, beta);
            p.set(RHO, rho);
            norms
        })?;
        // x = x + alpha p, p = z + beta p
        let done = verbs::axpy_xpby(control.factor(ALPHA), &self.p, &self.z, control.factor(BETA), x);
        control.note(done);
        Ok(())
    }
}
