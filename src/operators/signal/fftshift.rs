//! Halves exchanged: frequency 0, or the first sample, into the middle of its axis and back.

use crate::arrays::redistribute::Redistribute;
use crate::arrays::{Array, Space, Workspace};
use crate::context::Context;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::fail;
use crate::operators::{LinearMap, Mode, Operator, Pace};
use std::sync::{Mutex, PoisonError};

/// A roll there, and the one back: A^H = A^T = A^-1.
struct Shift {
    ways: Mutex<[Redistribute; 2]>,
    axes: Vec<usize>,
    inverse: bool,
}

/// y[(i + s) mod n] = x[i] along each of `axes`, with s = floor(n / 2), or ceil(n / 2) where `inverse`: fftshift, and
/// ifftshift, which takes it back. Unitary; domain and range are `space`. Along axes that are cut each element travels
/// once, in one round of messages. *Deterministic: any P*. Collective.
///
/// Source: NumPy, fft.fftshift and ifftshift.
///
/// # Errors
/// `Axis` (none, outside, or twice), `Space` (no global shape; a mask whose colours would have to communicate), `Memory`.
pub fn fftshift(space: &Space, axes: &[usize], inverse: bool) -> Result<Operator> {
    let made = Shift::new(space, axes, inverse);
    let map = space.context().agree_on(made, &format!("fftshift of {space} along {axes:?}, inverse {inverse}"))?;
    Ok(Operator::new(space.clone(), space.clone(), map))
}

impl Shift {
    fn new(space: &Space, axes: &[usize], inverse: bool) -> Result<Shift> {
        let (shape, _) = space.shaped("an fftshift")?;
        if axes.is_empty() {
            fail!(Axis, "an fftshift along no axis");
        }
        let mut middle = vec![0; shape.len()];
        for (k, &axis) in axes.iter().enumerate() {
            if axis >= shape.len() {
                fail!(Axis, "axis is {axis}, the space has {} axes", shape.len());
            }
            if axes[..k].contains(&axis) {
                fail!(Axis, "axis {axis} of an fftshift is given twice");
            }
            middle[axis] = shape[axis] / 2;
        }
        // Index 0 of the one side is the middle of the other.
        let (start, middle) = ((space, &[][..]), (space, &middle[..]));
        let (from, to) = if inverse { (middle, start) } else { (start, middle) };
        // One memory for the messages of both ways.
        let workspace = Workspace::new(space.context(), space.memory());
        let there = Redistribute::rolled_within(from, to, &workspace)?;
        workspace.rewind(0);
        let ways = [there, Redistribute::rolled_within(to, from, &workspace)?];
        workspace.allocate()?;
        Ok(Shift { ways: Mutex::new(ways), axes: axes.to_vec(), inverse })
    }
}

impl LinearMap for Shift {
    fn name(&self) -> &str {
        if self.inverse {
            "IFFTShift"
        } else {
            "FFTShift"
        }
    }

    fn details(&self) -> String {
        format!("axes {:?}", self.axes)
    }

    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let mut ways = self.ways.lock().unwrap_or_else(PoisonError::into_inner);
        ways[mode.transposed() as usize].apply(alpha, x, beta, y)
    }

    fn is_complex_linear(&self) -> bool {
        true
    }

    fn inverse_factor(&self) -> Option<f64> {
        Some(1.0)
    }

    fn pace(&self, context: &Context) -> Pace {
        Pace::of_messages(context, true)
    }
}
