//! A^H, A^T and conj(A) as operators of their own.

use crate::arrays::Array;
use crate::context::Context;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::operators::{LinearMap, Mode, Operator, Pace, Staged};

struct Turned {
    turn: Mode,
    name: String,
    child: [Operator; 1],
}

/// A^H: range and domain change places.
pub fn adjoint(a: &Operator) -> Operator {
    turned(a, Mode::Adjoint)
}

/// A^T.
pub fn transpose(a: &Operator) -> Operator {
    turned(a, Mode::Transpose)
}

/// conj(A): x -> conj(A conj(x)).
pub fn conjugate(a: &Operator) -> Operator {
    turned(a, Mode::Conjugate)
}

fn turned(a: &Operator, turn: Mode) -> Operator {
    let (domain, range) = a.spaces(turn);
    let (domain, range) = (domain.clone(), range.clone());
    Operator::new(domain, range, Turned { turn, name: format!("{}{}", a.name(), turn.mark()), child: [a.clone()] })
}

impl Staged for Turned {
    fn bring(&self, mode: Mode, x: &Array) -> Result<()> {
        self.child[0].bring(self.turn.then(mode), x)
    }

    fn work(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        self.child[0].work(self.turn.then(mode), alpha, x, beta, y)
    }

    fn take(&self, mode: Mode, beta: Scalar, y: &Array) -> Result<()> {
        self.child[0].take(self.turn.then(mode), beta, y)
    }

    fn finish(&self, mode: Mode) -> Result<()> {
        self.child[0].finish(self.turn.then(mode))
    }

    fn place(&self) -> *const () {
        self.child[0].staged().map_or(std::ptr::from_ref(self).cast(), Staged::place)
    }
}

impl LinearMap for Turned {
    fn name(&self) -> &str {
        &self.name
    }

    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        self.child[0].apply_unchecked(self.turn.then(mode), alpha, x, beta, y)
    }

    fn inverse_factor(&self) -> Option<f64> {
        self.child[0].inverse_factor()
    }

    fn children(&self) -> &[Operator] {
        &self.child
    }

    fn staged(&self) -> Option<&dyn Staged> {
        self.child[0].staged().map(|_| self as &dyn Staged)
    }

    fn pace(&self, _: &Context) -> Pace {
        Pace::of(self.children())
    }
}
