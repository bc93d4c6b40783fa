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
use crate::layout::{others, End, Message, Transfer, MAX_DIMENSIONS};
use std::sync::Arc;

pub(super) struct DeviceRedistribute {
    stream: Arc<Stream>,
    /// One a part.
    exchanges: Vec<DeviceExchange>,
}

impl DeviceRedistribute {
    /// Room for what this rank sends to and receives from others, in a workspace on the device.
    pub(super) fn new(
        space: &Space,
        parts: &[Transfer],
        tag: i32,
        workspace: &Workspace,
    ) -> Result<DeviceRedistribute> {
        let (context, size) = (space.context(), space.dtype().size());
        let exchange = |part: &Transfer| {
            let messages = |end: End| {
                let bytes = |m: &Message| (m.peer, m.count as usize * size);
                others(std::slice::from_ref(part), context.rank(), end).map(bytes).collect::<Vec<_>>()
            };
            DeviceExchange::within(context, &messages(End::Source), &messages(End::Target), tag, workspace)
        };
        Ok(DeviceRedistribute {
            exchanges: parts.iter().map(exchange).collect::<Result<_>>()?,
            stream: context.device_stream()?.clone(),
        })
    }

    /// y := alpha x + beta y, with `work` on the rows of either end as `Redistribute::apply_around` has it. Collective; the
    /// device's work may not be done when it returns.
    pub(super) fn apply(
        &mut self,
        (from, to): (&Space, &Space),
        parts: &[Transfer],
        (alpha, x): (Scalar, &Array),
        (beta, y): (Scalar, &Array),
        work: &mut dyn FnMut(End, usize) -> Result<()>,
    ) -> Result<()> {
        let (rank, size) = (from.context().rank(), from.dtype().size());
        let places = Placed::new(x.leaf()?, from).and_then(|x| Ok((x, Placed::new(y.leaf()?, to)?)));
        // A rank whose memory does not fit still serves the others.
        let mut outcome = places.as_ref().map(|_| ()).map_err(Clone::clone);
        let mut keep = |done: Result<()>| outcome = std::mem::replace(&mut outcome, Ok(())).and(done);
        for (k, part) in parts.iter().enumerate() {
            keep(work(End::Source, k));
            if let Ok((x, _)) = &places {
                for (n, message) in others(std::slice::from_ref(part), rank, End::Source).enumerate() {
                    each_packed(message, self.exchanges[k].send_at(n), size, |lower, extent, (at, strides)| {
                        let (source, target) = ((x.block(lower, size), &x.strides), (at, strides));
                        let (one, zero) = (Scalar::ONE, Scalar::ZERO);
                        keep(update_block(&self.stream, from.dtype(), one, source, zero, target, extent));
                    });
                }
            }
            keep(self.exchanges[k].prepare());
            // The device has the work on this part to do while those before it are sent.
            if k > 0 {
                keep(self.exchanges[k - 1].send());
            }
        }
        if let Some(last) = self.exchanges.last_mut() {
            keep(last.send());
        }
        let own = |messages: &[Message]| messages.iter().position(|m| m.peer == rank);
        for part in parts {
            if let (Ok((x, y)), Some(s), Some(r)) = (&places, own(&part.sends), own(&part.receives)) {
                part.sends[s].zip_blocks(&part.receives[r], |from_lower, to_lower, extent| {
                    let source = (x.block(from_lower, size), &x.strides);
                    let target = (y.block(to_lower, size), &y.strides);
                    keep(update_block(&self.stream, to.dtype(), alpha, source, beta, target, extent));
                });
            }
        }
        for (k, part) in parts.iter().enumerate() {
            keep(self.exchanges[k].finish());
            if let Ok((_, y)) = &places {
                for (n, message) in others(std::slice::from_ref(part), rank, End::Target).enumerate() {
                    each_packed(message, self.exchanges[k].received_at(n), size, |lower, extent, source| {
                        let target = (y.block(lower, size), &y.strides);
                        keep(update_block(&self.stream, to.dtype(), alpha, source, beta, target, extent));
                    });
                }
            }
            keep(work(End::Target, k));
        }
        outcome
    }
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
