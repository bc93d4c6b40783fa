//! A halo exchange of device arrays: pieces are packed there, and unpacked beside the slab.

use super::device_exchange::DeviceExchange;
use super::local::{packed_strides, with_extent, Local};
use super::on_device::update_block;
use crate::context::Context;
use crate::device::{DeviceMemory, Stream};
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::layout::{HaloPiece, HaloPlan, Side, MAX_DIMENSIONS};
use std::sync::Arc;

pub(super) struct DeviceHalo {
    stream: Arc<Stream>,
    dtype: DType,
    axis: usize,
    local: Vec<i64>,
    pub before: DeviceMemory,
    pub after: DeviceMemory,
    exchange: DeviceExchange,
}

/// An address of the device, and strides in elements.
type Place<'a> = (u64, &'a [i64; MAX_DIMENSIONS]);

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
        let messages = |pieces: &[HaloPiece]| pieces.iter().map(|p| (p.peer, bytes(p.len))).collect::<Vec<_>>();
        Ok(DeviceHalo {
            before: DeviceMemory::new(stream, bytes(plan.before_len))?,
            after: DeviceMemory::new(stream, bytes(plan.after_len))?,
            exchange: DeviceExchange::new(context, &messages(&plan.sends), &messages(&plan.receives), axis as i32)?,
            stream: stream.clone(),
            dtype,
            axis,
            local: local.to_vec(),
        })
    }

    /// Packs what is sent and sends it.
    pub(super) fn start(&mut self, x: &Local, plan: &HaloPlan) -> Result<()> {
        let packed = x.strides_as(&self.local).and_then(|strides| {
            plan.sends.iter().enumerate().try_for_each(|(n, piece)| {
                let first = strides[self.axis] * piece.start * self.dtype.size() as i64;
                let from = (x.pointer() as u64).wrapping_add_signed(first);
                self.copy(piece, (from, &strides), (self.exchange.send_at(n), &self.strides(piece.len)))
            })
        });
        packed.and(self.exchange.start())
    }

    /// Lets the transport move messages; never waits.
    pub(super) fn progress(&mut self) -> Result<()> {
        self.exchange.progress()
    }

    /// Puts what has arrived into the buffers beside the slab, in the order of the stream.
    pub(super) fn finish(&mut self, plan: &HaloPlan) -> Result<()> {
        self.exchange.finish()?;
        plan.receives.iter().enumerate().try_for_each(|(n, piece)| {
            let (side, whole) = match piece.side {
                Side::Before => (&self.before, plan.before_len),
                Side::After => (&self.after, plan.after_len),
            };
            let strides = self.strides(whole);
            let to = side.pointer() + (strides[self.axis] * piece.start) as u64 * self.dtype.size() as u64;
            self.copy(piece, (self.exchange.received_at(n), &self.strides(piece.len)), (to, &strides))
        })
    }

    /// C strides of a slab with so many indices along the axis.
    fn strides(&self, len: i64) -> [i64; MAX_DIMENSIONS] {
        packed_strides(&with_extent(&self.local, self.axis, len)[..self.local.len()])
    }

    fn copy(&self, piece: &HaloPiece, from: Place, to: Place) -> Result<()> {
        let extents = &with_extent(&self.local, self.axis, piece.len)[..self.local.len()];
        update_block(&self.stream, self.dtype, Scalar::ONE, from, Scalar::ZERO, to, extents)
    }
}
