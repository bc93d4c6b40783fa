//! A change of layout of device arrays: what goes to others is packed on the device, and unpacked there.

use super::array::Array;
use super::device_exchange::DeviceExchange;
use super::local::packed_strides;
use super::on_device::{update_block, Placed};
use super::space::Space;
use super::workspace::Workspace;
use crate::device::Stream;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::layout::{Message, Transfer, MAX_DIMENSIONS};
use std::sync::Arc;

pub(super) struct DeviceRedistribute {
    stream: Arc<Stream>,
    exchange: DeviceExchange,
}

impl DeviceRedistribute {
    /// Room for what this rank sends to and receives from others, in a workspace on the device.
    pub(super) fn new(
        space: &Space,
        transfer: &Transfer,
        tag: i32,
        workspace: &Workspace,
    ) -> Result<DeviceRedistribute> {
        let (context, size) = (space.context(), space.dtype().size());
        let messages = |list: &[Message]| {
            others(list, context.rank()).map(|m| (m.peer, m.count as usize * size)).collect::<Vec<_>>()
        };
        Ok(DeviceRedistribute {
            exchange: DeviceExchange::within(
                context,
                &messages(&transfer.sends),
                &messages(&transfer.receives),
                tag,
                workspace,
            )?,
            stream: context.device_stream()?.clone(),
        })
    }

    /// y := alpha x + beta y. Collective; the device's work may not be done when it returns.
    pub(super) fn apply(
        &mut self,
        (from, to): (&Space, &Space),
        transfer: &Transfer,
        (alpha, x): (Scalar, &Array),
        (beta, y): (Scalar, &Array),
    ) -> Result<()> {
        let (rank, size) = (from.context().rank(), from.dtype().size());
        let places = Placed::new(x.leaf()?, from).and_then(|x| Ok((x, Placed::new(y.leaf()?, to)?)));
        // A rank whose memory does not fit still serves the others.
        let mut outcome = places.as_ref().map(|_| ()).map_err(Clone::clone);
        let mut keep = |done: Result<()>| outcome = std::mem::replace(&mut outcome, Ok(())).and(done);
        if let Ok((x, _)) = &places {
            for (n, message) in others(&transfer.sends, rank).enumerate() {
                each_packed(message, self.exchange.send_at(n), size, |lower, extent, (at, strides)| {
                    let (source, target) = ((x.block(lower, size), &x.strides), (at, strides));
                    keep(update_block(&self.stream, from.dtype(), Scalar::ONE, source, Scalar::ZERO, target, extent));
                });
            }
        }
        keep(self.exchange.start());
        let own = |messages: &[Message]| messages.iter().position(|m| m.peer == rank);
        if let (Ok((x, y)), Some(s), Some(r)) = (&places, own(&transfer.sends), own(&transfer.receives)) {
            transfer.sends[s].zip_blocks(&transfer.receives[r], |from_lower, to_lower, extent| {
                let source = (x.block(from_lower, size), &x.strides);
                let target = (y.block(to_lower, size), &y.strides);
                keep(update_block(&self.stream, to.dtype(), alpha, source, beta, target, extent));
            });
        }
        keep(self.exchange.finish());
        if let Ok((_, y)) = &places {
            for (n, message) in others(&transfer.receives, rank).enumerate() {
                each_packed(message, self.exchange.received_at(n), size, |lower, extent, source| {
                    let target = (y.block(lower, size), &y.strides);
                    keep(update_block(&self.stream, to.dtype(), alpha, source, beta, target, extent));
                });
            }
        }
        outcome
    }
}

/// Messages that travel.
fn others(messages: &[Message], rank: usize) -> impl Iterator<Item = &Message> {
    messages.iter().filter(move |m| m.peer != rank)
}

/// Calls `put` for every block of a message: its local indices, its extents, and where it stands packed, with strides.
fn each_packed(
    message: &Message,
    first: u64,
    size: usize,
    mut put: impl FnMut(&[i64], &[i64], (u64, &[i64; MAX_DIMENSIONS])),
) {
    let mut at = first;
    message.for_each_block(|lower, extent| {
        put(lower, extent, (at, &packed_strides(extent)));
        at += extent.iter().product::<i64>() as u64 * size as u64;
    });
}
