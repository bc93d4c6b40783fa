//! A change of layout of device arrays, whose messages go over the host in page-locked memory.

use super::array::Array;
use super::local::packed_strides;
use super::on_device::{update_block, Placed};
use super::space::Space;
use crate::comm::Request;
use crate::device::{DeviceMemory, PinnedMemory, Stream};
use crate::dtype::Scalar;
use crate::error::Result;
use crate::layout::{Message, Transfer};
use std::sync::Arc;

pub(super) struct DeviceRedistribute {
    stream: Arc<Stream>,
    packed: DeviceMemory,
    packed_here: PinnedMemory,
    received: DeviceMemory,
    received_here: PinnedMemory,
}

impl DeviceRedistribute {
    /// Room for what this rank sends to and receives from others, in bytes.
    pub(super) fn new(space: &Space, sends: usize, receives: usize) -> Result<DeviceRedistribute> {
        let stream = space.context().device_stream()?;
        Ok(DeviceRedistribute {
            packed: DeviceMemory::new(stream, sends)?,
            packed_here: PinnedMemory::new(stream, sends)?,
            received: DeviceMemory::new(stream, receives)?,
            received_here: PinnedMemory::new(stream, receives)?,
            stream: stream.clone(),
        })
    }

    /// y := alpha x + beta y. Collective; the messages are complete when it returns, the device's work is not.
    #[allow(clippy::too_many_arguments)] // the plan, and the names of the formula
    pub(super) fn apply(
        &self,
        (from, to): (&Space, &Space),
        transfer: &Transfer,
        tag: i32,
        requests: &mut Vec<Request>,
        (alpha, x): (Scalar, &Array),
        (beta, y): (Scalar, &Array),
    ) -> Result<()> {
        let (comm, rank, size) = (from.context().comm(), from.context().rank(), from.dtype().size());
        let places = Placed::new(x.leaf()?, from).and_then(|x| Ok((x, Placed::new(y.leaf()?, to)?)));
        // A rank whose memory does not fit still serves the others.
        let mut outcome = places.as_ref().map(|_| ()).map_err(Clone::clone);
        let others = |m: &&Message| m.peer != rank;
        if let Ok((source, _)) = &places {
            outcome = outcome.and(self.pack(transfer.sends.iter().filter(others), source, from));
        }
        let mut place = self.received_here.pointer();
        for message in transfer.receives.iter().filter(others) {
            let bytes = message.count as usize * size;
            // SAFETY: the piece lies in the buffer, which is not touched before the wait.
            outcome = outcome.and(unsafe { comm.receive(place, bytes, message.peer, tag, requests) });
            place = place.wrapping_add(bytes);
        }
        let mut packed = self.packed_here.pointer();
        for message in transfer.sends.iter().filter(others) {
            let bytes = message.count as usize * size;
            // SAFETY: the packed piece stays as it is until the wait.
            outcome = outcome.and(unsafe { comm.send(packed, bytes, message.peer, tag, requests) });
            packed = packed.wrapping_add(bytes);
        }
        let own = |messages: &[Message]| messages.iter().position(|m| m.peer == rank);
        if let (Ok((x, y)), Some(s), Some(r)) = (&places, own(&transfer.sends), own(&transfer.receives)) {
            transfer.sends[s].zip_blocks(&transfer.receives[r], |from_lower, to_lower, extent| {
                let (source, target) = (x.block(from_lower, size), y.block(to_lower, size));
                let put = update_block(
                    &self.stream,
                    to.dtype(),
                    alpha,
                    (source, &x.strides),
                    beta,
                    (target, &y.strides),
                    extent,
                );
                outcome = std::mem::replace(&mut outcome, Ok(())).and(put);
            });
        }
        outcome = outcome.and(comm.wait(requests));
        let Ok((_, target)) = &places else { return outcome };
        // SAFETY: both sides hold all messages; the buffer here is left alone until the next call has waited.
        let brought = unsafe {
            self.stream.copy_in(self.received.pointer(), self.received_here.pointer(), self.received.bytes())
        };
        outcome = outcome.and(brought);
        let mut at = self.received.pointer();
        for message in transfer.receives.iter().filter(others) {
            message.for_each_block(|lower, extent| {
                let (strides, count) = (packed_strides(extent), extent.iter().product::<i64>());
                let (from, into) = ((at, &strides), (target.block(lower, size), &target.strides));
                let put = update_block(&self.stream, to.dtype(), alpha, from, beta, into, extent);
                outcome = std::mem::replace(&mut outcome, Ok(())).and(put);
                at += count as u64 * size as u64;
            });
        }
        outcome
    }

    /// Packs what is sent, one message after the other, and brings it here; waits for the device.
    fn pack<'a>(&self, sends: impl Iterator<Item = &'a Message>, x: &Placed, space: &Space) -> Result<()> {
        let (mut at, mut outcome, size) = (self.packed.pointer(), Ok(()), space.dtype().size());
        for message in sends {
            message.for_each_block(|lower, extent| {
                let (strides, count) = (packed_strides(extent), extent.iter().product::<i64>());
                let (from, into) = ((x.block(lower, size), &x.strides), (at, &strides));
                let put = update_block(&self.stream, space.dtype(), Scalar::ONE, from, Scalar::ZERO, into, extent);
                outcome = std::mem::replace(&mut outcome, Ok(())).and(put);
                at += count as u64 * size as u64;
            });
        }
        // SAFETY: both sides hold all messages, and the stream is waited for: also for the last call's copy to the
        // device, so that the buffer here may be received into.
        let copied =
            unsafe { self.stream.copy_out(self.packed_here.pointer(), self.packed.pointer(), self.packed.bytes()) };
        outcome.and(copied).and(self.stream.synchronize())
    }
}
