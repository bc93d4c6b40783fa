//! A pass on a device, which is planned for a block: this rank's part, or pieces of its rows of the first axis.

use super::planes::Rows;
use crate::arrays::{Array, Space};
use crate::dtype::Scalar;
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::Strided;
use crate::layout::{PartCut, MAX_DIMENSIONS};
use crate::operators::Mode;
use crate::transform::{Along, DevicePass, Direction, Kind, Needs, Room};

pub(super) enum DeviceStep {
    Whole(Box<DevicePass>),
    /// By their number of rows: those of parts differ by one at most.
    Rows(Vec<(i64, DevicePass)>),
}

impl DeviceStep {
    /// Along the first of `axes`, or along more of them at once, and how many; `from` has the model's elements.
    pub fn new(from: &Space, kind: Kind, axes: &[Along]) -> Result<(DeviceStep, usize)> {
        let (pass, count) = pass(from, kind, axes, from.local_shape())?;
        Ok((DeviceStep::Whole(Box::new(pass)), count))
    }

    /// For the parts of a cut along the first axis, which is none of the pass's. `None` where there are no rows, or the
    /// blocks of parts too small to be transformed along all axes at once as the whole is.
    pub fn in_parts(from: &Space, kind: Kind, axes: &[Along], cut: PartCut) -> Result<Option<DeviceStep>> {
        let mut shape = from.local_shape().to_vec();
        let n = shape[0];
        let mut passes: Vec<(i64, DevicePass)> = Vec::new();
        for rows in (0..cut.parts).map(|k| cut.rows(k, n)).map(|rows| rows.end - rows.start) {
            if rows == 0 || passes.iter().any(|pass| pass.0 == rows) {
                continue;
            }
            shape[0] = rows;
            let (pass, count) = pass(from, kind, axes, &shape)?;
            if count != axes.len() {
                return Ok(None);
            }
            passes.push((rows, pass));
        }
        Ok((!passes.is_empty()).then_some(DeviceStep::Rows(passes)))
    }

    pub fn is_in_parts(&self) -> bool {
        matches!(self, DeviceStep::Rows(_))
    }

    pub fn needs(&self) -> Needs {
        self.passes().fold(Needs::default(), |needs, pass| needs.max(pass.needs()))
    }

    /// Room of at least what it needs, until it is given another. Before the first take.
    pub fn lend(&mut self, room: Room) -> Result<()> {
        match self {
            DeviceStep::Whole(pass) => pass.lend(room),
            DeviceStep::Rows(passes) => passes.iter_mut().try_for_each(|(_, pass)| pass.lend(room)),
        }
    }

    /// Whether both sides may be the same block, of the same strides.
    pub fn keeps_lines(&self) -> bool {
        self.passes().all(DevicePass::keeps_lines)
    }

    fn passes(&self) -> impl Iterator<Item = &DevicePass> {
        let (whole, rows): (_, &[(i64, DevicePass)]) = match self {
            DeviceStep::Whole(pass) => (Some(&**pass), &[]),
            DeviceStep::Rows(passes) => (None, passes),
        };
        whole.into_iter().chain(rows.iter().map(|(_, pass)| pass))
    }

    /// to := scale op(pass) from + beta to for rows of the first axis: all of them, or those of a part. `shapes` are those
    /// of the two blocks.
    pub fn take(
        &self,
        mode: Mode,
        shapes: (&[i64], &[i64]),
        (scale, from): (Scalar, &Array),
        (beta, to): (Scalar, &Array),
        Rows { range, .. }: Rows,
    ) -> Result<()> {
        let (source, target) = (from.leaf()?, to.leaf()?);
        let strides = (source.strides_as(shapes.0)?, target.strides_as(shapes.1)?);
        let (n, rows) = (shapes.0.len(), range.end - range.start);
        let pass = match self {
            DeviceStep::Whole(pass) => pass,
            DeviceStep::Rows(_) if rows == 0 => return Ok(()),
            DeviceStep::Rows(passes) => match passes.iter().find(|pass| pass.0 == rows) {
                Some((_, pass)) => pass,
                None => fail!(Internal, "no plan of a transform for {rows} rows"),
            },
        };
        let mut shape = [0; MAX_DIMENSIONS];
        shape[..n].copy_from_slice(shapes.0);
        shape[0] = rows;
        let side = |pointer: *mut u8, strides: &'_ [i64], size: usize| {
            (pointer as u64).wrapping_add_signed(range.start * strides[0] * size as i64)
        };
        let sides = (
            Strided { pointer: side(source.pointer(), &strides.0, from.dtype().size()), strides: &strides.0[..n] },
            Strided { pointer: side(target.pointer(), &strides.1, to.dtype().size()), strides: &strides.1[..n] },
        );
        let direction = Direction { back: mode.transposed(), positive: mode.conjugated() };
        // SAFETY: both arrays are on the device and have these rows of the step's block, the same ones or apart.
        unsafe { pass.run(direction, &shape[..n], (scale, sides.0), (beta, sides.1)) }
    }
}

/// A pass over a block of this shape, along the first of `axes` or more of them.
fn pass(from: &Space, kind: Kind, axes: &[Along], shape: &[i64]) -> Result<(DevicePass, usize)> {
    let context = from.context();
    DevicePass::new(context.device_stream()?, from.dtype(), kind, axes, !context.deterministic(), shape)
}
