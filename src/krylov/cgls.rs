//! Conjugate gradients on the normal equations: minimises |A x - b|^2 + damp^2 |x|^2.
//!
//! Bjorck, Numerical Methods for Least Squares Problems (SIAM 1996), algorithm 7.4.1; damping enters squared
//! everywhere, also in the first residual (PyLops takes damp once there). The preconditioner M ~ (A^H A)^-1 is
//! Hermitian positive definite.
//!
//! Memory traffic of an iteration beside A c and A^H s, in elements (n unknowns, m data; read + write), without
//! preconditioner:
//!
//! | step | reads | writes |
//! |---|---|---|
//! | <q, q> | m | 0 |
//! | s -= alpha q, <s, s> | 2 m | m |
//! | <r, r> | n | 0 |
//! | x += alpha c, c = r + beta c | 3 n | 2 n |
//! | together | 4 n + 3 m | 2 n + m |
//!
//! With damping the last two are x += alpha c, r -= damp^2 x, <r, r>, <x, x> (3 n, 2 n) and c = r + beta c, <c, c>
//! (2 n, n), since r needs the new x: together 5 n + 3 m and 3 n + m.
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

/// Sums of an iteration: <q, q> and <c, c>, then <r, r> + i <x, x>, <s, s> and <r, z>.
pub(crate) const SLOTS: usize = 3;
const QQ: usize = 0;
const CC: usize = 1;
const RR_XX: usize = 0;
const SS: usize = 1;
const RZ: usize = 2;

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

    /// With damping x += alpha c; then r = A^H s - damp^2 x, z = M r, and the sums <r, r>, <r, z>, <x, x>,
    /// joined by <s, s> that was added before.
    fn normal_residual(&mut self, alpha: f64, x: &Array, control: &mut Control) -> Result<Verdict> {
        let done = self.a.apply_unchecked(Mode::Adjoint, Scalar::ONE, &self.s, Scalar::ZERO, &self.r);
        control.note(done);
        if self.is_damped() {
            control.sums.add_damped_update(RR_XX, alpha, &self.c, self.damp_squared, x, &self.r);
        } else {
            control.sums.add_norm(RR_XX, &self.r);
        }
        if let Some(m) = &self.m {
            let done = m.apply_unchecked(Mode::Forward, Scalar::ONE, &self.r, Scalar::ZERO, &self.z);
            control.note(done);
            control.sums.add_dot(RZ, &self.r, &self.z);
        }
        control.reduce()
    }

    /// x += alpha c where damping has not done it, c = z + beta c, and with damping <c, c> of the next step's sums.
    fn turn(&mut self, alpha: f64, beta: f64, x: &Array, control: &mut Control) -> Result<()> {
        control.sums.clear();
        if self.is_damped() {
            control.sums.add_xpby_norm(CC, &self.z, beta, &self.c);
            return Ok(());
        }
        verbs::axpy_xpby(alpha, &self.c, &self.z, beta, x)
    }

    fn is_damped(&self) -> bool {
        self.damp_squared > 0.0
    }

    fn norms(&self, control: &Control) -> (f64, Norms) {
        let (rr_xx, ss) = (control.sums.value(RR_XX), control.sums.value(SS).re);
        let (rr, xx) = (rr_xx.re, rr_xx.im);
        let kappa = if self.m.is_some() { control.sums.value(RZ).re } else { rr };
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
        control.sums.add_norm(RR_XX, &self.r);
        control.reduce()?;
        Ok(control.sums.value(RR_XX).re.sqrt())
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
        if self.is_damped() {
            verbs::fill(&self.c, Scalar::ZERO)?;
        }
        self.normal_residual(0.0, x, control)?;
        let (kappa, norms) = self.norms(control);
        self.kappa = kappa;
        self.turn(0.0, 0.0, x, control)?;
        Ok(norms)
    }

    fn step(&mut self, x: &Array, control: &mut Control) -> Result<Step> {
        // q = A c
        let done = self.a.apply_unchecked(Mode::Forward, Scalar::ONE, &self.c, Scalar::ZERO, &self.q);
        control.note(done);
        control.sums.add_norm(QQ, &self.q);
        if control.reduce()? != Verdict::Continue {
            return Ok(Step::Stopped);
        }
        let curvature = control.sums.value(QQ).re + self.damp_squared * control.sums.value(CC).re;
        // A group that has finished takes zero steps; so does one whose residual is exactly zero.
        let alpha = if control.idle || self.kappa == 0.0 { 0.0 } else { self.kappa / curvature };
        // s = s - alpha q
        control.sums.clear();
        control.sums.add_axpy_norm(SS, -alpha, &self.q, &self.s);
        self.normal_residual(alpha, x, control)?;
        let (kappa, norms) = self.norms(control);
        // x = x + alpha c, c = z + (kappa_new / kappa) c
        let beta = if self.kappa == 0.0 { 0.0 } else { kappa / self.kappa };
        self.kappa = kappa;
        self.turn(alpha, beta, x, control)?;
        Ok(Step::Done(norms))
    }
}
