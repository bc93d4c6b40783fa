//! Lines of device arrays: the rows that read no halo while the messages are on their way, then the others.

use super::line_map::{LineKernel, LineMap};
use crate::arrays::halo::Halo;
use crate::arrays::Array;
use crate::dtype::{Element, Scalar};
use crate::error::Result;
use crate::kernels::cuda::banded::{apply, Block, Rows};
use crate::kernels::cuda::stencil::Planes;
use crate::operators::Mode;
use std::ops::Range;
use std::sync::PoisonError;

impl<T: Element, K: LineKernel<T>> LineMap<T, K> {
    /// y := alpha op(A) x + beta y, where `matrix` is A or A^T as the mode wants it.
    pub(super) fn apply_on_device(
        &self,
        matrix: &Rows,
        mode: Mode,
        scalars: (Scalar, Scalar),
        x: &Array,
        y: &Array,
    ) -> Result<()> {
        let matrix = (matrix, mode.conjugated());
        let rows = self.shape[self.axis] as usize;
        let Some(halo) = self.halos.get(mode.transposed() as usize).or(self.halos.first()) else {
            return self.launch(matrix, scalars, x, y, Planes::default(), 0..rows);
        };
        let mut halo = halo.lock().unwrap_or_else(PoisonError::into_inner);
        let mut outcome = halo.start(x);
        let planes = planes(&halo);
        let (before, after) = self.kernel.reach(mode.transposed());
        let low = if planes.before_width > 0 { before } else { 0 };
        let high = rows.saturating_sub(if planes.after_width > 0 { after } else { 0 });
        let launch = |rows| self.launch(matrix, scalars, x, y, planes, rows);
        if low >= high {
            return outcome.and(halo.finish()).and_then(|()| launch(0..rows));
        }
        outcome = outcome.and(launch(low..high));
        outcome = outcome.and(halo.finish());
        outcome.and_then(|()| launch(0..low)).and_then(|()| launch(high..rows))
    }

    fn launch(
        &self,
        matrix: (&Rows, bool),
        (alpha, beta): (Scalar, Scalar),
        x: &Array,
        y: &Array,
        planes: Planes,
        rows: Range<usize>,
    ) -> Result<()> {
        let stream = y.space().context().device_stream()?;
        let (source, target) = (x.leaf()?, y.leaf()?);
        let (read, write) = (source.strides_as(&self.shape)?, target.strides_as(&self.shape)?);
        let axes = self.shape.len();
        let block = Block {
            shape: &self.shape,
            axis: self.axis,
            x: (source.pointer() as u64, &read[..axes]),
            y: (target.pointer() as u64, &write[..axes]),
            first: self.first,
            total: self.total,
            planes,
        };
        apply(stream, y.dtype(), matrix, &block, rows, alpha, beta)
    }
}

fn planes(halo: &Halo) -> Planes {
    Planes {
        before: halo.before() as u64,
        before_width: halo.before_len(),
        after: halo.after() as u64,
        after_width: halo.after_len(),
    }
}
