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

use super::control::Control;
use super::numbers::{own, REFERENCE};
use super::{Iteration, Norms};
use crate::arrays::coefficient::Coefficient;
use crate::arrays::{verbs, Array};
use crate::dtype::Scalar;
use crate::error::Result;
use crate::kernels::program::{Number, Program};
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
}

/// <r, z>, the step, and the weight of the last direction in the next one.
const KAPPA: Number = own(0);
const ALPHA: Number = own(1);
const BETA: Number = own(2);

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
        })
    }

    /// With damping x += alpha c; then r = A^H s - damp^2 x, z = M r, and the sums <r, r>, <r, z>, <x, x>,
    /// joined by <s, s> that was added before.
    fn normal_residual(&mut self, alpha: Coefficient, x: &Array, control: &mut Control) {
        control.apply(&self.a, Mode::Adjoint, 1.0, &self.s, 0.0, &self.r);
        if self.is_damped() {
            control.sums.add_damped_update(RR_XX, alpha, &self.c, self.damp_squared, x, &self.r);
        } else {
            control.sums.add_norm(RR_XX, &self.r);
        }
        if let Some(m) = &self.m {
            control.apply(m, Mode::Forward, 1.0, &self.r, 0.0, &self.z);
            control.sums.add_dot(RZ, &self.r, &self.z);
        }
    }

    /// x += alpha c where damping has not done it, c = z + beta c, and with damping <c, c> of the next step's sums.
    fn turn(&mut self, alpha: Coefficient, beta: Coefficient, x: &Array, control: &mut Control) {
        if self.is_damped() {
            control.sums.add_xpby_norm(CC, &self.z, beta, &self.c);
            return;
        }
        control.note(verbs::axpy_xpby(alpha, &self.c, &self.z, beta, x));
    }

    fn is_damped(&self) -> bool {
        self.damp_squared > 0.0
    }

    /// <r, z> and the norms, from the sums.
    fn residual(&self, p: &mut Program) -> (Number, Norms<Number>) {
        let (rr, xx, ss) = (p.sum(RR_XX), p.sum_imaginary(RR_XX), p.sum(SS));
        let kappa = if self.m.is_some() { p.sum(RZ) } else { rr };
        let penalty = p.scaled(self.damp_squared, xx);
        let cost = p.add(ss, penalty);
        (kappa, Norms { convergence: p.root(rr), residual: p.root(ss), damped: p.root(cost) })
    }
}

impl Iteration for Cgls {
    fn reference(&mut self, b: &Array, control: &mut Control) -> Result<()> {
        // |A^H b|
        control.apply(&self.a, Mode::Adjoint, 1.0, b, 0.0, &self.r);
        control.sums.add_norm(RR_XX, &self.r);
        let done = control.reduce(|p| {
            let rr = p.sum(RR_XX);
            let norm = p.root(rr);
            p.set(REFERENCE, norm);
        });
        done.map(drop)
    }

    fn start(&mut self, b: &Array, x: &Array, guess: bool, control: &mut Control) -> Result<()> {
        // s = b - A x
        control.note(verbs::copy(b, &self.s));
        if guess {
            control.apply(&self.a, Mode::Forward, -1.0, x, 1.0, &self.s);
        } else {
            control.note(verbs::fill(x, Scalar::ZERO));
        }
        control.sums.add_norm(SS, &self.s);
        if self.is_damped() {
            control.note(verbs::fill(&self.c, Scalar::ZERO));
        }
        self.normal_residual(Coefficient::from(0.0), x, control);
        control.conclude_start(|p| {
            let (kappa, norms) = self.residual(p);
            p.set(KAPPA, kappa);
            norms
        })?;
        self.turn(Coefficient::from(0.0), Coefficient::from(0.0), x, control);
        Ok(())
    }

    fn step(&mut self, x: &Array, control: &mut Control) -> Result<()> {
        // q = A c
        control.apply(&self.a, Mode::Forward, 1.0, &self.c, 0.0, &self.q);
        control.sums.add_norm(QQ, &self.q);
        // alpha = kappa / (<q, q> + damp^2 <c, c>); a method that has finished takes zero steps, and so does one whose
        // residual is exactly zero.
        let goes_on = control.reduce(|p| {
            let (qq, cc) = (p.sum(QQ), p.sum(CC));
            let penalty = p.scaled(self.damp_squared, cc);
            let curvature = p.add(qq, penalty);
            let alpha = p.divide(KAPPA, curvature);
            let alpha = p.where_nonzero(KAPPA, alpha);
            let alpha = p.while_running(alpha);
            p.set(ALPHA, alpha);
        })?;
        if !goes_on {
            return Ok(());
        }
        // s = s - alpha q
        control.sums.add_axpy_norm(SS, control.negative(ALPHA), &self.q, &self.s);
        self.normal_residual(control.factor(ALPHA), x, control);
        // beta = kappa_new / kappa
        control.conclude(|p| {
            let (kappa, norms) = self.residual(p);
            let beta = p.divide(kappa, KAPPA);
            let beta = p.where_nonzero(KAPPA, beta);
            p.set(BETA, beta);
            p.set(KAPPA, kappa);
            norms
        })?;
        // x = x + alpha c, c = z + beta c
        self.turn(control.factor(ALPHA), control.factor(BETA), x, control);
        Ok(())
    }
}
