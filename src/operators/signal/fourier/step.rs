//! One step of a transform.

use super::device_step::DeviceStep;
use super::factors::Factors;
use super::matrix_pass::MatrixPass;
use super::planes::{self, Rows};
use super::window::Window;
use crate::arrays::redistribute::Redistribute;
use crate::arrays::Array;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::fail;
use crate::operators::Mode;
use crate::transform::{Pass, Precision};

pub(super) enum Step<R: Precision> {
    Pass(Pass<R>),
    Device(DeviceStep),
    /// There, and back.
    Move(Box<[Redistribute; 2]>),
    Window(Box<Window>),
    Matrix(MatrixPass<R>),
    /// Between other steps, so that it neither scales nor adds.
    Factors(Factors<R>),
    /// The adjoint of a step.
    Reversed(Box<Step<R>>),
}

impl<R: Precision> Step<R> {
    /// to := scale op(step) from + beta to; `shapes` are those of the states before and after.
    pub fn take(
        &mut self,
        mode: Mode,
        shapes: (&[i64], &[i64]),
        (scale, from): (Scalar, &Array),
        (beta, to): (Scalar, &Array),
    ) -> Result<()> {
        let back = mode.transposed();
        match self {
            Step::Move(ways) => ways[back as usize].apply(scale, from, beta, to),
            Step::Window(window) => window.take(back, (scale, from), (beta, to)),
            Step::Matrix(pass) => pass.take(mode, (scale, from), (beta, to)),
            Step::Factors(factors) => factors.take(mode, from, to),
            Step::Reversed(step) => step.take(mode.then(Mode::Adjoint), shapes, (scale, from), (beta, to)),
            Step::Device(_) | Step::Pass(_) => {
                self.take_rows(mode, shapes, (scale, from), (beta, to), Rows::all(shapes.0))
            }
        }
    }

    /// Whether it is a pass that takes some rows at a time.
    pub fn has_rows(&self) -> bool {
        match self {
            Step::Pass(_) => true,
            Step::Device(step) => step.is_in_parts(),
            _ => false,
        }
    }

    /// As `take`, of a pass along an axis and for some rows of another one.
    pub fn take_rows(
        &self,
        mode: Mode,
        shapes: (&[i64], &[i64]),
        from: (Scalar, &Array),
        to: (Scalar, &Array),
        rows: Rows,
    ) -> Result<()> {
        match self {
            Step::Pass(pass) => planes::rows(pass, mode, shapes, from, to, rows),
            Step::Device(step) => step.take(mode, shapes, from, to, rows),
            _ => fail!(Internal, "a step of a transform has no parts"),
        }
    }
}
