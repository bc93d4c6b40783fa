//! An apply in parts, so that moving x and y runs beside other work.

use super::mode::Mode;
use crate::arrays::Array;
use crate::dtype::Scalar;
use crate::error::Result;

/// An apply in parts. Between `bring` and `finish`, x and y are left alone by everybody else.
pub trait Staged {
    /// Starts to bring x to where the operator works.
    fn bring(&self, mode: Mode, x: &Array) -> Result<()>;

    /// alpha op(A) x, and where the result has no way out also beta y.
    fn work(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()>;

    /// y := result + beta y, where the result has a way out.
    fn take(&self, mode: Mode, beta: Scalar, y: &Array) -> Result<()>;

    /// Waits until x may be changed and y is there.
    fn finish(&self, mode: Mode) -> Result<()>;

    /// Tells where x and y are brought: the address of the innermost operator, which those that wrap it share.
    fn place(&self) -> *const ();
}
