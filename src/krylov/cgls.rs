//! Conjugate gradients on the normal equations: minimises |A x - b|^2 + damp^2 |x|^2.
//!
//! Bjorck, Numerical Methods for Least Squares Problems (SIAM 1996), algorithm 7.4.1; damping enters squared
//! everywhere, also in the first residual (PyLops takes damp once there). The preconditioner M ~ (A^H A)^-1 is
//! Hermitian positive definite.
//!
//! Memory traffic of an iteration beside A c and A^H s, in elements (n unknowns, m data; read + write), without
//! damping and preconditioner:
//!
//! | step | reads | writes |
//! |---|---|---|
//! | <q, q> | m | 0 |
//! | x += alpha c | 2 n | n |
//! | s -= alpha q, <s, s> | 2 m | m |
//! | <r, r> | n | 0 |
//! | c = r + beta c | 2 n | n |
//! | together | 5 n + 3 m | 2 n + m |
//!
//! Two reductions an iteration: <q, q> (and <c, c>), then <r, r>, <s, s> (and <x, x>, <r, z>) in one message.

use super::control::{Control, Verdict};
use super::{Iteration, Norms, Step};
use crate::arrays::{verbs, Array};
use crate::dtype::Scalar;
use crate::error::Result;
use crate::operators::{Mode, Operator};

pub(crate) struct Cgls {
    a: Operator,
    m: Option<Operator>,
    damp_squared: f64,
    /// b - A x
    s: Array,
    /// A^H s - damp^2 x
    r: Array,
    /// M r; shares r's memory without a preconditioner.
    z: Array,
    c: Array,
    q: Array,
    /// <r, z>
    kappa: f64,
}

pub(crate) const SLOTS: usize = 4;
const QQ: usize = 0;
const CC: usize = 1;
const RR: usize = 0;
const SS: usize = 1;
const XX: usize = 2;
const RZ: usize = 3;

impl Cgls {
    pub(crate) fn new(a: &Operator, m: Option<&Operator>, damp: f64) -> Result<Cgls> {
        let (model, data) = (a.domain(), a.range());
        let r = Array::new(model)?;
        let z = if m.is_some() { Array::new(model)? } else { r.clone() };
        Ok(Cgls {
            a: a.clone(),
            m: m.cloned(),
            damp_squared: damp * damp,
            s: Array::new(data)?,
            r,
            z,
            c: Array::new(model)?,
            q: Array::new(data)?,
            kappa: 0.0,
        })
    }

    /// r = A^H s - damp^2 x, z = M r, and the sums <r, r>, <r, z>, <x, x>, joined by <s, s> that was added before.
    fn normal_residual(&mut self, x: &Array, control: &mut Control) -> Result<Verdict> {
        let done = self.a.apply_unchecked(Mode::Adjoint, Scalar::ONE, &self.s, Scalar::ZERO, &self.r);
        control.note(done);
        if self.damp_squared > 0.0 {
            control.sums.add_axpy_norm(RR, -self.damp_squared, x, &self.r);
            control.sums.add_norm(XX, x);
        } else {
            control.sums.add_norm(RR, &self.r);
        }
        if let Some(m) = &self.m {
            let done = m.apply_unchecked(Mode::Forward, Scalar::ONE, &self.r, Scalar::ZERO, &self.z);
            control.note(done);
            control.sums.add_dot(RZ, &self.r, &self.z);
        }
        control.reduce()
    }

    fn norms(&self, control: &Control) -> (f64, Norms) {
        let value = |slot| control.sums.value(slot).re;
        let (rr, ss) = (value(RR), value(SS));
        let xx = if self.damp_squared > 0.0 { value(XX) } else { 0.0 };
        let kappa = if self.m.is_some() { value(RZ) } else { rr };
        let damped = (ss + self.damp_squared * xx).sqrt();
        (kappa, Norms { convergence: rr.sqrt(), residual: ss.sqrt(), damped })
    }
}

impl Iteration for Cgls {
    fn reference(&mut self, b: &Array, control: &mut Control) -> Result<f64> {
        // |A^H b|
        let done = self.a.apply_unchecked(Mode::Adjoint, Scalar::ONE, b, Scalar::ZERO, &self.r);
        control.note(done);
        control.sums.clear();
        control.sums.add_norm(RR, &self.r);
        control.reduce()?;
        Ok(control.sums.value(RR).re.sqrt())
    }

    fn start(&mut self, b: &Array, x: &Array, guess: bool, control: &mut Control) -> Result<Norms> {
        // s = b - A x
        verbs::copy(b, &self.s)?;
        if guess {
            let done = self.a.apply_unchecked(Mode::Forward, Scalar::real(-1.0), x, Scalar::ONE, &self.s);
            control.note(done);
        } else {
            verbs::fill(x, Scalar::ZERO)?;
        }
        control.sums.clear();
        control.sums.add_norm(SS, &self.s);
        self.normal_residual(x, control)?;
        let (kappa, norms) = self.norms(control);
        self.kappa = kappa;
        verbs::copy(&self.z, &self.c)?;
        Ok(norms)
    }

    fn step(&mut self, x: &Array, control: &mut Control) -> Result<Step> {
        // q = A c
        let done = self.a.apply_unchecked(Mode::Forward, Scalar::ONE, &self.c, Scalar::ZERO, &self.q);
        control.note(done);
        control.sums.clear();
        control.sums.add_norm(QQ, &self.q);
        if self.damp_squared > 0.0 {
            control.sums.add_norm(CC, &self.c);
        }
        if control.reduce()? != Verdict::Continue {
            return Ok(Step::Stopped);
        }
        let mut curvature = control.sums.value(QQ).re;
        if self.damp_squared > 0.0 {
            curvature += self.damp_squared * control.sums.value(CC).re;
        }
        // A group that has finished takes zero steps; so does one whose residual is exactly zero.
        let alpha = if control.idle || self.kappa == 0.0 { 0.0 } else { self.kappa / curvature };
        // x = x + alpha c
        verbs::axpy(Scalar::real(alpha), &self.c, x)?;
        // s = s - alpha q
        control.sums.clear();
        control.sums.add_axpy_norm(SS, -alpha, &self.q, &self.s);
        self.normal_residual(x, control)?;
        let (kappa, norms) = self.norms(control);
        // c = z + (kappa_new / kappa) c
        let beta = if self.kappa == 0.0 { 0.0 } else { kappa / self.kappa };
        self.kappa = kappa;
        verbs::xpby(&self.z, Scalar::real(beta), &self.c)?;
        Ok(Step::Done(norms))
    }
}
