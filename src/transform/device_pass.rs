//! What one step of a transform does in device memory.

use super::device_block::{DeviceBlock, DeviceHalf};
use super::device_lines::DeviceLines;
use super::device_room::{Needs, Room};
use super::pass::{Direction, Kind};
use crate::device::Stream;
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::kernels::cuda::Strided;
use std::sync::Arc;

/// An axis, the length of its transforms, the elements of a model's line, and its shifts: see `Pass::new`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Along {
    pub axis: usize,
    pub n: usize,
    pub len: usize,
    pub shifts: [bool; 2],
}

impl Along {
    /// Whether lines are transformed as they are.
    fn is_plain(&self) -> bool {
        self.n == self.len && self.shifts == [false; 2]
    }
}

/// Axes that cuFFT takes at once.
const MOST: usize = 3;

/// Transforms along one axis, or along several at once where cuFFT can go from block to block.
pub enum DevicePass {
    Lines(DeviceLines),
    Block(DeviceBlock),
    Half(Box<DeviceHalf>),
}

impl DevicePass {
    /// Along the first of `axes`, or `together` along as many of them as one call takes, of a block whose model has the
    /// local shape `shape`; and how many these are. The kind is that of the first one; the others are complex.
    pub fn new(
        stream: &Arc<Stream>,
        dtype: DType,
        kind: Kind,
        axes: &[Along],
        together: bool,
        shape: &[i64],
    ) -> Result<(DevicePass, usize)> {
        let dtype = dtype.complex();
        let Along { axis, n, len, shifts } = axes[0];
        let lines = || DeviceLines::new(stream, dtype, axis, kind, (n, len, shifts), shape);
        let fits = |a: &Along| a.is_plain() && (kind == Kind::Complex || a.axis <= axis);
        let most = match together && kind != Kind::RealToWhole {
            true => axes.iter().take(MOST).take_while(|a| fits(a)).count(),
            false => 1,
        };
        for count in (2..=most).rev() {
            let mut chosen: Vec<usize> = axes[..count].iter().map(|a| a.axis).collect();
            chosen.sort_unstable();
            let pass = match kind {
                Kind::RealToHalf { .. } => DeviceHalf::new(stream, dtype, lines()?, &chosen, shape)?
                    .map(|pass| DevicePass::Half(Box::new(pass))),
                _ => DeviceBlock::new(stream, dtype, &chosen, shape)?.map(DevicePass::Block),
            };
            if let Some(pass) = pass {
                return Ok((pass, count));
            }
        }
        Ok((DevicePass::Lines(lines()?), 1))
    }

    pub fn needs(&self) -> Needs {
        match self {
            DevicePass::Lines(pass) => pass.needs(),
            DevicePass::Block(pass) => pass.needs(),
            DevicePass::Half(pass) => pass.needs(),
        }
    }

    /// Whether both sides may be the same block, of the same strides.
    pub fn keeps_lines(&self) -> bool {
        match self {
            DevicePass::Lines(pass) => pass.keeps_lines(),
            DevicePass::Block(_) => true,
            DevicePass::Half(_) => false,
        }
    }

    /// Room of at least what it needs, until it is given another. Before the first run.
    pub fn lend(&mut self, room: Room) -> Result<()> {
        match self {
            DevicePass::Lines(pass) => pass.lend(room),
            DevicePass::Block(pass) => pass.lend(room),
            DevicePass::Half(pass) => pass.lend(room),
        }
    }

    /// to := scale * transform of `from` + beta to; `shape` is that of `from`. With beta = 0, `to` is never read. Work of
    /// the stream; nothing is waited for.
    ///
    /// # Safety
    /// Both sides are blocks in live device memory, of the planned shape but for the axes: the same one or apart.
    pub unsafe fn run(
        &self,
        direction: Direction,
        shape: &[i64],
        (scale, from): (Scalar, Strided),
        (beta, to): (Scalar, Strided),
    ) -> Result<()> {
        // SAFETY: the caller's promise.
        unsafe {
            match self {
                DevicePass::Lines(pass) => pass.run(direction, shape, (scale, from), (beta, to)),
                DevicePass::Block(pass) => pass.run(direction.positive, (scale, from), (beta, to)),
                DevicePass::Half(pass) => pass.run(direction, shape, (scale, from), (beta, to)),
            }
        }
    }
}
