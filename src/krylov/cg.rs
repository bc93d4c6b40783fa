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

use super::control::{Control, Verdict};
use super::{Iteration, Norms, Reason, Step};
use crate::arrays::{verbs, Array};
use crate::dtype::Scalar;
use crate::error::Result;
use crate::operators::{Mode, Operator};

pub(crate) struct Cg {
    a: Operator,
    m: Option<Operator>,
    r: Array,
    /// M r; shares r's memory without a preconditioner.
    z: Array,
    p: Array,
    q: Array,
    /// <r, z>
    rho: f64,
}

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
        Ok(Cg { a: a.clone(), m: m.cloned(), r, z, p: Array::new(space)?, q: Array::new(space)?, rho: 0.0 })
    }

    /// z = M r and the sums <r, z>, <r, r>, of which <r, r> may be known already.
    fn precondition(&mut self, control: &mut Control) -> Result<Verdict> {
        if let Some(m) = &self.m {
            let done = m.apply_unchecked(Mode::Forward, Scalar::ONE, &self.r, Scalar::ZERO, &self.z);
            control.note(done);
            control.sums.add_dot(RZ, &self.r, &self.z);
        }
        control.reduce()
    }

    fn norms(&mut self, control: &Control) -> (f64, Norms) {
        let norm = control.sums.value(RR).re.sqrt();
        let rho = if self.m.is_some() { control.sums.value(RZ).re } else { control.sums.value(RR).re };
        (rho, Norms { convergence: norm, residual: norm, damped: norm })
    }
}

impl Iteration for Cg {
    fn reference(&mut self, b: &Array, control: &mut Control) -> Result<f64> {
        control.sums.clear();
        control.sums.add_norm(RR, b);
        control.reduce()?;
        Ok(control.sums.value(RR).re.sqrt())
    }

    fn start(&mut self, b: &Array, x: &Array, guess: bool, control: &mut Control) -> Result<Norms> {
        // r = b - A x
        verbs::copy(b, &self.r)?;
        if guess {
            let done = self.a.apply_unchecked(Mode::Forward, Scalar::real(-1.0), x, Scalar::ONE, &self.r);
            control.note(done);
        } else {
            verbs::fill(x, Scalar::ZERO)?;
        }
        control.sums.clear();
        control.sums.add_norm(RR, &self.r);
        self.precondition(control)?;
        let (rho, norms) = self.norms(control);
        self.rho = rho;
        verbs::copy(&self.z, &self.p)?;
        Ok(norms)
    }

    fn step(&mut self, x: &Array, control: &mut Control) -> Result<Step> {
        // q = A p
        let done = self.a.apply_unchecked(Mode::Forward, Scalar::ONE, &self.p, Scalar::ZERO, &self.q);
        control.note(done);
        control.sums.clear();
        control.sums.add_dot(PQ, &self.p, &self.q);
        if control.reduce()? != Verdict::Continue {
            return Ok(Step::Stopped);
        }
        let curvature = control.sums.value(PQ).re;
        if curvature <= 0.0 && self.rho > 0.0 && !control.is_masked() {
            return Ok(Step::Broken(Reason::Indefinite));
        }
        // A group that has finished (or cannot go on) takes zero steps.
        let broken = curvature <= 0.0 && self.rho > 0.0;
        let alpha = if control.idle || broken || self.rho == 0.0 { 0.0 } else { self.rho / curvature };
        // r = r - alpha q
        control.sums.clear();
        control.sums.add_axpy_norm(RR, -alpha, &self.q, &self.r);
        self.precondition(control)?;
        let (rho, norms) = self.norms(control);
        // x = x + alpha p, p = z + (rho_new / rho) p
        let beta = if self.rho == 0.0 { 0.0 } else { rho / self.rho };
        self.rho = rho;
        verbs::axpy_xpby(alpha, &self.p, &self.z, beta, x)?;
        Ok(if broken && !control.idle { Step::Broken(Reason::Indefinite) } else { Step::Done(norms) })
    }
}
