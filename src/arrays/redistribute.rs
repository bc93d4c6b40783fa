//! From one layout to another of the same global shape.

use super::array::Array;
use super::device_redistribute::DeviceRedistribute;
use super::message_blocks::Strided;
use super::space::Space;
use super::visit::pairs;
use super::workspace::{Room, Workspace};
use crate::comm::{requests_of, Request};
use crate::dtype::Scalar;
use crate::error::Result;
use crate::fail;
use crate::layout::{others, End, Layout, Message, PartCut, Transfer, MAX_DIMENSIONS};
use crate::storage::Memory;
use std::ops::Range;

/// A planned change of layout: every element that a rank needs and does not hold travels once, packed into one message
/// for each pair of ranks, or into one for each of its parts.
pub struct Redistribute {
    from: Space,
    to: Space,
    /// Taken one after another; the cut tells which, where there is more than one.
    parts: Vec<Transfer>,
    cut: Option<PartCut>,
    packed: Room,
    received: Room,
    sending: Vec<Request>,
    /// Of each message to receive, in the order of the parts' transfers.
    arriving: Vec<Vec<Request>>,
    /// The buffers of device arrays, in place of those above.
    device: Option<DeviceRedistribute>,
}

/// One side of a plan: shape and layout.
type Side<'a> = (&'a [i64], &'a Layout);
type Plan = fn(Side, Side, usize, usize) -> Result<Transfer>;

/// Beside halos, whose tags are axes.
const TAG: i32 = MAX_DIMENSIONS as i32 + 1;

impl Redistribute {
    /// Local; the same kind of result on all ranks, except for memory.
    pub fn new(from: &Space, to: &Space) -> Result<Redistribute> {
        Redistribute::alone(from, to, Transfer::new)
    }

    /// As `new`, with the buffers in a workspace of the spaces' memory, which has to have memory when it is applied. Local.
    pub fn within(from: &Space, to: &Space, workspace: &Workspace) -> Result<Redistribute> {
        let plan = |from: Side, to: Side, rank, ranks| Ok(vec![Transfer::new(from, to, rank, ranks)?]);
        Redistribute::planned(from, to, None, plan, workspace)
    }

    /// As `within`, in parts that are told by one end's rows of an axis: see `apply_around`. Local.
    pub fn in_parts(from: &Space, to: &Space, cut: PartCut, workspace: &Workspace) -> Result<Redistribute> {
        let plan = |from: Side, to: Side, rank, ranks| {
            let whole = Transfer::new(from, to, rank, ranks)?;
            Ok(whole.in_parts((from.0, from.1, &[]), (to.0, to.1, &[]), rank, cut))
        };
        Redistribute::planned(from, to, Some(cut), plan, workspace)
    }

    /// As `new` for global shapes that may differ: elements of the target that the source has not stay untouched. Local.
    pub fn of_common(from: &Space, to: &Space) -> Result<Redistribute> {
        Redistribute::alone(from, to, Transfer::of_common)
    }

    /// As `of_common` where each side counts its indices along axis k from `rolls[k]` on, around the end of the axis; no
    /// rolls are zeros. Local.
    pub fn rolled_within(
        (from, from_rolls): (&Space, &[i64]),
        (to, to_rolls): (&Space, &[i64]),
        workspace: &Workspace,
    ) -> Result<Redistribute> {
        let plan = |from: Side, to: Side, rank, ranks| {
            let (from, to) = ((from.0, from.1, from_rolls), (to.0, to.1, to_rolls));
            Ok(vec![Transfer::of_rolled(from, to, rank, ranks)?])
        };
        Redistribute::planned(from, to, None, plan, workspace)
    }

    fn alone(from: &Space, to: &Space, plan: Plan) -> Result<Redistribute> {
        let workspace = Workspace::new(from.context(), from.memory());
        let plan = |from: Side, to: Side, rank, ranks| Ok(vec![plan(from, to, rank, ranks)?]);
        let planned = Redistribute::planned(from, to, None, plan, &workspace)?;
        workspace.allocate()?;
        Ok(planned)
    }

    fn planned(
        from: &Space,
        to: &Space,
        cut: Option<PartCut>,
        plan: impl Fn(Side, Side, usize, usize) -> Result<Vec<Transfer>>,
        workspace: &Workspace,
    ) -> Result<Redistribute> {
        if from.context() != to.context() {
            fail!(Context, "source and target of a redistribution belong to different contexts");
        }
        if from.dtype() != to.dtype() {
            fail!(DType, "redistribution from {} to {}: the dtypes differ", from.dtype().name(), to.dtype().name());
        }
        let (source, target) =
            (from.shaped("the source of a redistribution")?, to.shaped("the target of a redistribution")?);
        let context = from.context();
        if from.memory() != to.memory() {
            fail!(Space, "redistribution between host and device memory; copy the array first");
        }
        let rank = context.rank();
        let mut parts = plan(source, target, rank, context.size())?;
        // Each rank begins with another peer: sends go upwards from it, and what comes is unpacked downwards.
        let ranks = context.size();
        for part in &mut parts {
            part.sends.sort_by_key(|m| (m.peer + ranks - rank) % ranks);
            part.receives.sort_by_key(|m| (rank + ranks - m.peer) % ranks);
        }
        let (sends, receives) = (others(&parts, rank, End::Source), others(&parts, rank, End::Target));
        if let Some(mask) = from.mask().or(to.mask()) {
            if let Some(message) = sends.clone().chain(receives.clone()).find(|m| mask[m.peer] != mask[rank]) {
                fail!(Space, "the redistribution needs rank {}, which has another mask colour", message.peer);
            }
        }
        let size = from.dtype().size();
        let bytes = |message: &Message| message.count as usize * size;
        let device = match from.memory() {
            Memory::Host => None,
            Memory::Cuda => Some(DeviceRedistribute::new(from, &parts, TAG, workspace)?),
        };
        let room = |bytes: usize| workspace.take(if device.is_some() { 0 } else { bytes });
        let (packed, received) = (room(sends.clone().map(bytes).sum())?, room(receives.clone().map(bytes).sum())?);
        let requests = |message: &Message| requests_of(bytes(message));
        let sending = Vec::with_capacity(sends.map(requests).sum());
        let arriving = receives.map(|m| Vec::with_capacity(requests(m))).collect();
        let (from, to) = (from.clone(), to.clone());
        Ok(Redistribute { from, to, parts, cut, packed, received, sending, arriving, device })
    }

    /// y := alpha x + beta y in y's layout; with beta = 0, y is never read. Collective.
    ///
    /// One round of messages: each is sent as soon as it is packed, and unpacked while those after it come.
    pub fn apply(&mut self, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        self.apply_around((alpha, x), (beta, y), &mut |_| Ok(()))
    }

    /// As `apply`, with work on the rows of each part: of x, before they are packed, where the cut is the source's, and of y,
    /// when they have come, where it is the target's. It is given the local indices along the axis that is cut, and done
    /// while the messages of other parts travel. y is first written when all work on rows of x is done, and x last read before
    /// work on rows of y. Without a cut there is no work. Collective.
    pub fn apply_around(
        &mut self,
        (alpha, x): (Scalar, &Array),
        (beta, y): (Scalar, &Array),
        work: &mut dyn FnMut(Range<i64>) -> Result<()>,
    ) -> Result<()> {
        let rows = |end: End, part: usize| {
            let side = if end == End::Source { &self.from } else { &self.to };
            self.cut.filter(|cut| cut.end == end).map(|cut| cut.rows(part, side.local_shape()[cut.axis]))
        };
        let mut on = |end: End, part: usize| rows(end, part).map_or(Ok(()), &mut *work);
        if let Some(device) = &mut self.device {
            return device.apply((&self.from, &self.to), &self.parts, (alpha, x), (beta, y), &mut on);
        }
        let (source, target) = (Strided::new(x.local()?, &self.from), Strided::new(y.local()?, &self.to));
        let context = self.from.context().clone();
        let (comm, rank, size) = (context.comm(), context.rank(), self.from.dtype().size());
        // A rank whose memory does not fit still serves the others.
        let mut outcome =
            source.as_ref().map(|_| ()).map_err(Clone::clone).and(target.as_ref().map(|_| ()).map_err(Clone::clone));
        let places = source.ok().zip(target.ok());
        let mut place = self.received.pointer();
        for (message, requests) in others(&self.parts, rank, End::Target).zip(&mut self.arriving) {
            let bytes = message.count as usize * size;
            // SAFETY: the piece lies in the buffer, which is not touched before the wait.
            outcome = outcome.and(unsafe { comm.receive(place, bytes, message.peer, TAG, requests) });
            place = place.wrapping_add(bytes);
        }
        let mut packed = self.packed.pointer();
        for (k, part) in self.parts.iter().enumerate() {
            outcome = outcome.and(on(End::Source, k)).and(comm.test(&mut self.sending));
            for message in others(std::slice::from_ref(part), rank, End::Source) {
                let bytes = message.count as usize * size;
                if let Some((source, _)) = &places {
                    outcome = outcome.and(source.pack(message, packed));
                }
                // SAFETY: the packed piece stays as it is until the wait.
                outcome = outcome.and(unsafe { comm.send(packed, bytes, message.peer, TAG, &mut self.sending) });
                packed = packed.wrapping_add(bytes);
            }
        }
        let own = |messages: &'_ [Message]| messages.iter().position(|m| m.peer == rank);
        for part in &self.parts {
            let own = own(&part.sends).zip(own(&part.receives));
            if let (Some((source, target)), Some((s, r))) = (&places, own) {
                outcome = outcome.and(target.take((&part.sends[s], &part.receives[r]), alpha, source, beta));
            }
        }
        let (mut place, mut arriving) = (self.received.pointer(), self.arriving.iter_mut());
        for (k, part) in self.parts.iter().enumerate() {
            for (message, requests) in others(std::slice::from_ref(part), rank, End::Target).zip(&mut arriving) {
                outcome = outcome.and(comm.wait(requests));
                if let Some((_, target)) = &places {
                    outcome = outcome.and(target.unpack(message, alpha, place, beta));
                }
                place = place.wrapping_add(message.count as usize * size);
            }
            outcome = outcome.and(on(End::Target, k));
        }
        outcome.and(comm.wait(&mut self.sending))
    }
}

/// y := x in y's layout; components of products one after the other. The plan is made and dropped. Collective.
pub fn redistribute(x: &Array, y: &Array) -> Result<()> {
    pairs(x, y, &mut |x, y| {
        let mut plan = x.space().context().agree(Redistribute::new(x.space(), y.space()))?;
        plan.apply(Scalar::ONE, x, Scalar::ZERO, y)
    })
}
