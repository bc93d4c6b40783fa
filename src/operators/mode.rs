//! Which of the four maps of an operator is applied.

use crate::error::Result;
use crate::fail;

/// op(A) of `y := alpha op(A) x + beta y`. The numbers are part of the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Mode {
    /// A, from domain to range
    Forward = 0,
    /// A^H, from range to domain
    Adjoint = 1,
    /// A^T, from range to domain
    Transpose = 2,
    /// conj(A), from domain to range
    Conjugate = 3,
}

impl Mode {
    pub const ALL: [Mode; 4] = [Mode::Forward, Mode::Adjoint, Mode::Transpose, Mode::Conjugate];

    pub fn from_code(code: i32) -> Result<Mode> {
        match Mode::ALL.into_iter().find(|m| *m as i32 == code) {
            Some(mode) => Ok(mode),
            None => fail!(Argument, "mode is {code}, expected DLOPS_FORWARD (0) to DLOPS_CONJUGATE (3)"),
        }
    }

    /// Whether the map goes from range to domain.
    pub fn transposed(self) -> bool {
        matches!(self, Mode::Adjoint | Mode::Transpose)
    }

    /// Whether the coefficients enter conjugated.
    pub fn conjugated(self) -> bool {
        matches!(self, Mode::Adjoint | Mode::Conjugate)
    }

    fn from_flags(transposed: bool, conjugated: bool) -> Mode {
        match (transposed, conjugated) {
            (false, false) => Mode::Forward,
            (true, true) => Mode::Adjoint,
            (true, false) => Mode::Transpose,
            (false, true) => Mode::Conjugate,
        }
    }

    /// The mode of A that is `outer` of `self` of A: the four form a group.
    pub fn then(self, outer: Mode) -> Mode {
        Mode::from_flags(self.transposed() != outer.transposed(), self.conjugated() != outer.conjugated())
    }

    /// The short mark of the mode in a printed expression.
    pub fn mark(self) -> &'static str {
        match self {
            Mode::Forward => "",
            Mode::Adjoint => "^H",
            Mode::Transpose => "^T",
            Mode::Conjugate => "^*",
        }
    }
}
