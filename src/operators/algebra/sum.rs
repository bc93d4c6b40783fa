//! y = sum_k c_k A_k x, accumulated in place.

use crate::arrays::Array;
use crate::context::Context;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::fail;
use crate::operators::operator::require_same_context;
use crate::operators::{LinearMap, Mode, Operator, Pace, Staged};

struct Sum {
    coefficients: Vec<Scalar>,
    terms: Vec<Operator>,
}

/// c A.
pub fn scale(coefficient: Scalar, a: &Operator) -> Result<Operator> {
    sum(&[coefficient], std::slice::from_ref(a))
}

/// sum_k c_k A_k over congruent domains and ranges.
pub fn sum(coefficients: &[Scalar], terms: &[Operator]) -> Result<Operator> {
    let Some(first) = terms.first() else {
        fail!(Argument, "a sum needs at least one operator, got 0");
    };
    if coefficients.len() != terms.len() {
        fail!(Argument, "a sum of {} operators got {} coefficients", terms.len(), coefficients.len());
    }
    require_same_context(terms)?;
    for (k, term) in terms.iter().enumerate().skip(1) {
        term.domain().require_congruent(first.domain(), &format!("the domain of term {k}"), "the domain of term 0")?;
        term.range().require_congruent(first.range(), &format!("the range of term {k}"), "the range of term 0")?;
    }
    for (k, (c, term)) in coefficients.iter().zip(terms).enumerate() {
        let complex = term.domain().dtype().is_complex() && term.range().dtype().is_complex();
        if !c.is_real() && !complex {
            fail!(DType, "coefficient {k} is {} + {}i, but {} is real", c.re, c.im, term.name());
        }
        if !c.is_real() && !term.is_complex_linear() {
            fail!(Unsupported, "coefficient {k} is {} + {}i, but {} is only real-linear", c.re, c.im, term.name());
        }
    }
    let map = Sum { coefficients: coefficients.to_vec(), terms: terms.to_vec() };
    Ok(Operator::new(first.domain().clone(), first.range().clone(), map))
}

/// The stages of c A, whose work alone knows of c.
impl Staged for Sum {
    fn bring(&self, mode: Mode, x: &Array) -> Result<()> {
        self.terms[0].bring(mode, x)
    }

    fn work(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        self.terms[0].work(mode, alpha * self.coefficient(0, mode), x, beta, y)
    }

    fn take(&self, mode: Mode, beta: Scalar, y: &Array) -> Result<()> {
        self.terms[0].take(mode, beta, y)
    }

    fn finish(&self, mode: Mode) -> Result<()> {
        self.terms[0].finish(mode)
    }

    fn place(&self) -> *const () {
        self.terms[0].staged().map_or(std::ptr::from_ref(self).cast(), Staged::place)
    }
}

impl Sum {
    /// c_k, of op(A_k) conj(c_k) where op conjugates.
    fn coefficient(&self, k: usize, mode: Mode) -> Scalar {
        let c = self.coefficients[k];
        if mode.conjugated() {
            c.conj()
        } else {
            c
        }
    }
}

impl LinearMap for Sum {
    fn name(&self) -> &str {
        if self.terms.len() == 1 {
            "Scaled"
        } else {
            "Sum"
        }
    }

    /// y := beta y + alpha sum_k c_k op(A_k) x, where beta enters with the first term only.
    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let mut beta = beta;
        let mut outcome = Ok(());
        for (k, term) in self.terms.iter().enumerate() {
            outcome = outcome.and(term.apply_unchecked(mode, alpha * self.coefficient(k, mode), x, beta, y));
            beta = Scalar::ONE;
        }
        outcome
    }

    /// (s A)^-1 = c / |s|^2 (s A)^H.
    fn inverse_factor(&self) -> Option<f64> {
        match (&self.coefficients[..], &self.terms[..]) {
            ([s], [a]) if !s.is_zero() => Some(a.inverse_factor()? / (s.re * s.re + s.im * s.im)),
            _ => None,
        }
    }

    fn children(&self) -> &[Operator] {
        &self.terms
    }

    fn details(&self) -> String {
        let texts: Vec<String> = self
            .coefficients
            .iter()
            .map(|c| if c.is_real() { format!("{}", c.re) } else { format!("{}{:+}i", c.re, c.im) })
            .collect();
        format!("coefficients {}", texts.join(", "))
    }

    /// c A alone: the terms of a longer sum are applied one after the other.
    fn staged(&self) -> Option<&dyn Staged> {
        match &self.terms[..] {
            [a] => a.staged().map(|_| self as &dyn Staged),
            _ => None,
        }
    }

    fn pace(&self, _: &Context) -> Pace {
        Pace::of(self.children())
    }
}
