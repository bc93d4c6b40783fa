//! Norms and extremes of leaves in device memory: where the verbs of `norms` meet the kernels of the device.

use super::array::Array;
use super::on_device::{beside, on_device};
use crate::device::{DeviceMemory, Stream};
use crate::dtype::DType;
use crate::error::Result;
use crate::kernels::cuda::convert::convert;
use crate::kernels::cuda::measure::{self, Kind};
use crate::kernels::host::measure::Measure;
use std::sync::Arc;

impl From<Measure> for Kind {
    fn from(measure: Measure) -> Kind {
        match measure {
            Measure::Power(p) => Kind::Power(p),
            Measure::Nonzero => Kind::Nonzero,
            Measure::Largest => Kind::Largest,
            Measure::Smallest => Kind::Smallest,
        }
    }
}

/// States of the parts of a leaf, for the host to combine; `None` for a leaf on the host. Waits for the stream.
pub(super) fn states_of(x: &Array, kind: Kind) -> Result<Option<Vec<f64>>> {
    let Some((stream, walk, [p])) = on_device([x])? else { return Ok(None) };
    let parts = measure::parts(stream, walk.count());
    let partials = DeviceMemory::new(stream, 8 * parts)?;
    measure::measure(stream, x.dtype(), walk, kind, p, partials.pointer())?;
    bring(stream, &partials, parts).map(Some)
}

/// States along an axis, one for each index of the other axes.
pub(super) struct States {
    memory: DeviceMemory,
    count: usize,
    kind: Kind,
}

impl States {
    /// Of a leaf on the device, `None` of one on the host.
    pub(super) fn along(x: &Array, axis: usize, measure: Measure) -> Result<Option<States>> {
        let Some((stream, walk, [p])) = on_device([x])? else { return Ok(None) };
        let shape = &x.leaf()?.shape;
        let extents = [shape[..axis].iter().product(), shape[axis], shape[axis + 1..].iter().product::<i64>()];
        let (count, kind) = ((extents[0] * extents[2]) as usize, measure.into());
        let memory = DeviceMemory::new(stream, 8 * count)?;
        measure::measure_along(stream, x.dtype(), walk, kind, p, extents, memory.pointer())?;
        Ok(Some(States { memory, count, kind }))
    }

    /// The states here; waits for the stream.
    pub(super) fn bring(&self) -> Result<Vec<f64>> {
        bring(self.memory.stream(), &self.memory, self.count)
    }

    /// Others in their place, perhaps another number of them; waits for the copy.
    pub(super) fn replace(&mut self, states: &[f64]) -> Result<()> {
        (self.memory, self.count) = (DeviceMemory::of(self.memory.stream(), states)?, states.len());
        Ok(())
    }

    /// y := the norms.
    pub(super) fn finish(self, y: &Array) -> Result<()> {
        let (stream, target, states) = (self.memory.stream(), y.leaf()?, self.memory.pointer());
        measure::finish(stream, self.kind, self.count, states)?;
        let walk = beside(target, states, true)?;
        convert(stream, walk, (DType::Float64, states), (y.dtype(), target.pointer() as u64))
    }
}

fn bring(stream: &Arc<Stream>, memory: &DeviceMemory, count: usize) -> Result<Vec<f64>> {
    let mut values = vec![0.0f64; count];
    // SAFETY: both sides have as many doubles, and these are left alone until the stream is past the copy.
    unsafe { stream.copy_out(values.as_mut_ptr().cast(), memory.pointer(), 8 * count)? };
    stream.synchronize()?;
    Ok(values)
}
