//! One step of a transform.

use super::factors::Factors;
use super::matrix_pass::MatrixPass;
use super::planes::{self, Rows};
use super::window::Window;
use crate::arrays::redistribute::Redistribute;
use crate::arrays::Array;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::Strided;
use crate::operators::Mode;
use crate::transform::{DevicePass, Direction, Pass, Precision};

pub(super) enum Step<R: Precision> {
    Pass(Pass<R>),
    Device(Box<DevicePass>),
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
            Step::Device(pass) => {
                let (source, target) = (from.leaf()?, to.leaf()?);
                let strides = (source.strides_as(shapes.0)?, target.strides_as(shapes.1)?);
                let n = shapes.0.len();
                let sides = (
                    Strided { pointer: source.pointer() as u64, strides: &strides.0[..n] },
                    Strided { pointer: target.pointer() as u64, strides: &strides.1[..n] },
                );
                let direction = Direction { back, positive: mode.conjugated() };
                // SAFETY: both arrays are on the device and have the block of this step, the same one or apart.
                unsafe { pass.run(direction, shapes.0, (scale, sides.0), (beta, sides.1)) }
            }
            Step::Pass(pass) => planes::rows(pass, mode, shapes, (scale, from), (beta, to), Rows::all(shapes.0)),
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
            _ => fail!(Internal, "a step of a transform has no parts"),
        }
    }
}
