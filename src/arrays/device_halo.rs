//! The buffers of a halo exchange of device arrays, whose messages go over the host in page-locked memory.

use super::local::Local;
use crate::comm::{Communicator, Request};
use crate::context::Context;
use crate::device::{DeviceMemory, PinnedMemory, Stream};
use crate::dtype::DType;
use crate::error::Result;
use crate::kernels::cuda::{convert, Strided, Walk};
use crate::layout::{HaloPiece, HaloPlan, Side, MAX_DIMENSIONS};
use std::sync::Arc;

pub(super) struct DeviceHalo {
    stream: Arc<Stream>,
    dtype: DType,
    axis: usize,
    local: Vec<i64>,
    pub before: DeviceMemory,
    pub after: DeviceMemory,
    /// Pieces one after another, on the device and here.
    packed: DeviceMemory,
    packed_here: PinnedMemory,
    staged: DeviceMemory,
    staged_here: PinnedMemory,
}

impl DeviceHalo {
    /// Buffers for the plan of arrays of this local shape.
    pub(super) fn new(
        context: &Context,
        dtype: DType,
        axis: usize,
        local: &[i64],
        plan: &HaloPlan,
    ) -> Result<DeviceHalo> {
        let stream = context.device_stream()?;
        let across: i64 = local.iter().enumerate().filter(|(k, _)| *k != axis).map(|(_, n)| *n).product();
        let bytes = |indices: i64| (indices * across) as usize * dtype.size();
        let total = |pieces: &[HaloPiece]| bytes(pieces.iter().map(|p| p.len).sum());
        let (sends, receives) = (total(&plan.sends), total(&plan.receives));
        Ok(DeviceHalo {
            before: DeviceMemory::new(stream, bytes(plan.before_len))?,
            after: DeviceMemory::new(stream, bytes(plan.after_len))?,
            packed: DeviceMemory::new(stream, sends)?,
            packed_here: PinnedMemory::new(stream, sends)?,
            staged: DeviceMemory::new(stream, receives)?,
            staged_here: PinnedMemory::new(stream, receives)?,
            stream: stream.clone(),
            dtype,
            axis,
            local: local.to_vec(),
        })
    }

    /// Packs what is sent, brings it here and posts all messages; waits for the device's part of it.
    pub(super) fn start(
        &self,
        x: &Local,
        plan: &HaloPlan,
        comm: &dyn Communicator,
        tag: i32,
        requests: &mut Vec<Request>,
    ) -> Result<()> {
        let mut outcome = self.bring(x, plan);
        let mut staged = self.staged_here.pointer();
        for piece in &plan.receives {
            let bytes = self.bytes(piece);
            // SAFETY: the piece lies in its buffer, which is not touched before `finish` has waited.
            outcome = outcome.and(unsafe { comm.receive(staged, bytes, piece.peer, tag, requests) });
            staged = staged.wrapping_add(bytes);
        }
        let mut packed = self.packed_here.pointer();
        for piece in &plan.sends {
            let bytes = self.bytes(piece);
            // SAFETY: the packed buffer stays as it is until `finish` has waited.
            outcome = outcome.and(unsafe { comm.send(packed, bytes, piece.peer, tag, requests) });
            packed = packed.wrapping_add(bytes);
        }
        outcome
    }

    fn bring(&self, x: &Local, plan: &HaloPlan) -> Result<()> {
        let strides = x.strides_as(&self.local)?;
        let n = self.local.len();
        let mut packed = self.packed.pointer();
        for piece in &plan.sends {
            let (extents, tight) = self.block(piece.len, piece.len);
            let first = strides[self.axis] * piece.start * self.dtype.size() as i64;
            let source = (x.pointer() as u64).wrapping_add_signed(first);
            let from = Strided { pointer: source, strides: &strides[..n] };
            let walk = Walk::new(&extents[..n], [from, Strided { pointer: packed, strides: &tight[..n] }])?;
            convert::convert(&self.stream, walk, (self.dtype, source), (self.dtype, packed))?;
            packed += self.bytes(piece) as u64;
        }
        // SAFETY: both sides hold all pieces, and the stream is waited for.
        unsafe { self.stream.copy_out(self.packed_here.pointer(), self.packed.pointer(), self.packed.bytes())? };
        // Also what the last exchange copied from the staging buffer is done now.
        self.stream.synchronize()
    }

    /// Puts what has arrived into the buffers beside the slab, in the order of the stream.
    pub(super) fn finish(&self, plan: &HaloPlan) -> Result<()> {
        // SAFETY: both sides hold all pieces; the staging buffer is left alone until the next `start` has waited.
        unsafe { self.stream.copy_in(self.staged.pointer(), self.staged_here.pointer(), self.staged.bytes())? };
        let n = self.local.len();
        let mut staged = self.staged.pointer();
        for piece in &plan.receives {
            let (side, whole) = match piece.side {
                Side::Before => (&self.before, plan.before_len),
                Side::After => (&self.after, plan.after_len),
            };
            let (extents, tight) = self.block(piece.len, piece.len);
            let (_, strides) = self.block(piece.len, whole);
            let target = side.pointer() + (strides[self.axis] * piece.start) as u64 * self.dtype.size() as u64;
            let from = Strided { pointer: staged, strides: &tight[..n] };
            let walk = Walk::new(&extents[..n], [from, Strided { pointer: target, strides: &strides[..n] }])?;
            convert::convert(&self.stream, walk, (self.dtype, staged), (self.dtype, target))?;
            staged += self.bytes(piece) as u64;
        }
        Ok(())
    }

    fn bytes(&self, piece: &HaloPiece) -> usize {
        self.block(piece.len, piece.len).0[..self.local.len()].iter().product::<i64>() as usize * self.dtype.size()
    }

    /// Local extents with `len` along the axis, and the C strides of a block whose axis has `whole` indices.
    fn block(&self, len: i64, whole: i64) -> ([i64; MAX_DIMENSIONS], [i64; MAX_DIMENSIONS]) {
        let (mut extents, mut strides) = ([1; MAX_DIMENSIONS], [1; MAX_DIMENSIONS]);
        let mut stride = 1;
        for k in (0..self.local.len()).rev() {
            extents[k] = if k == self.axis { len } else { self.local[k] };
            strides[k] = stride;
            stride *= if k == self.axis { whole } else { self.local[k] };
        }
        (extents, strides)
    }
}
