//! From one layout to another of the same global shape.

use super::array::Array;
use super::device_redistribute::DeviceRedistribute;
use super::local::{packed_block, Local};
use super::space::Space;
use super::verbs;
use super::workspace::{Room, Workspace};
use crate::comm::{requests_of, Request};
use crate::dtype::Scalar;
use crate::error::Result;
use crate::fail;
use crate::kernels::host::copy_block::copy_block;
use crate::layout::{Layout, Message, Transfer, MAX_DIMENSIONS};
use crate::storage::Memory;

/// A planned change of layout: every element that a rank needs and does not hold travels once, packed into one message
/// for each pair of ranks.
pub struct Redistribute {
    from: Space,
    to: Space,
    transfer: Transfer,
    packed: Room,
    received: Room,
    sending: Vec<Request>,
    /// Of each message to receive, in the transfer's order.
    arriving: Vec<Vec<Request>>,
    /// The buffers of device arrays, in place of those above.
    device: Option<DeviceRedistribute>,
}

type Plan = fn((&[i64], &Layout), (&[i64], &Layout), usize, usize) -> Result<Transfer>;

/// Beside halos, whose tags are axes.
const TAG: i32 = MAX_DIMENSIONS as i32 + 1;

impl Redistribute {
    /// Local; the same kind of result on all ranks, except for memory.
    pub fn new(from: &Space, to: &Space) -> Result<Redistribute> {
        Redistribute::alone(from, to, Transfer::new)
    }

    /// As `new`, with the buffers in a workspace of the spaces' memory, which has to have memory when it is applied. Local.
    pub fn within(from: &Space, to: &Space, workspace: &Workspace) -> Result<Redistribute> {
        Redistribute::planned(from, to, Transfer::new, workspace)
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
        Redistribute::planned(
            from,
            to,
            |from, to, rank, ranks| {
                Transfer::of_rolled((from.0, from.1, from_rolls), (to.0, to.1, to_rolls), rank, ranks)
            },
            workspace,
        )
    }

    fn alone(from: &Space, to: &Space, plan: Plan) -> Result<Redistribute> {
        let workspace = Workspace::new(from.context(), from.memory());
        let planned = Redistribute::planned(from, to, plan, &workspace)?;
        workspace.allocate()?;
        Ok(planned)
    }

    fn planned(
        from: &Space,
        to: &Space,
        plan: impl Fn((&[i64], &Layout), (&[i64], &Layout), usize, usize) -> Result<Transfer>,
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
        let mut transfer = plan(source, target, rank, context.size())?;
        // Each rank begins with another peer: sends go upwards from it, and what comes is unpacked downwards.
        let ranks = context.size();
        transfer.sends.sort_by_key(|m| (m.peer + ranks - rank) % ranks);
        transfer.receives.sort_by_key(|m| (rank + ranks - m.peer) % ranks);
        if let Some(mask) = from.mask().or(to.mask()) {
            let other = transfer.sends.iter().chain(&transfer.receives).find(|m| mask[m.peer] != mask[rank]);
            if let Some(message) = other {
                fail!(Space, "the redistribution needs rank {}, which has another mask colour", message.peer);
            }
        }
        let size = from.dtype().size();
        let bytes = |messages: &[Message]| {
            messages.iter().filter(|m| m.peer != rank).map(|m| m.count as usize * size).sum::<usize>()
        };
        let requests = |message: &Message| requests_of(message.count as usize * size);
        let (sends, receives) = (bytes(&transfer.sends), bytes(&transfer.receives));
        let device = match from.memory() {
            Memory::Host => None,
            Memory::Cuda => Some(DeviceRedistribute::new(from, &transfer, TAG, workspace)?),
        };
        let (sends, receives) = if device.is_some() { (0, 0) } else { (sends, receives) };
        Ok(Redistribute {
            device,
            packed: workspace.take(sends)?,
            received: workspace.take(receives)?,
            sending: Vec::with_capacity(transfer.sends.iter().map(requests).sum()),
            arriving: transfer.receives.iter().map(|m| Vec::with_capacity(requests(m))).collect(),
            from: from.clone(),
            to: to.clone(),
            transfer,
        })
    }

    /// y := alpha x + beta y in y's layout; with beta = 0, y is never read. Collective.
    ///
    /// One round of messages: each is sent as soon as it is packed, and unpacked while those after it come.
    pub fn apply(&mut self, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        if let Some(device) = &mut self.device {
            return device.apply((&self.from, &self.to), &self.transfer, (alpha, x), (beta, y));
        }
        let (source, target) = (Strided::new(x.local()?, &self.from), Strided::new(y.local()?, &self.to));
        let context = self.from.context().clone();
        let (comm, rank, size) = (context.comm(), context.rank(), self.from.dtype().size());
        // A rank whose memory does not fit still serves the others.
        let mut outcome =
            source.as_ref().map(|_| ()).map_err(Clone::clone).and(target.as_ref().map(|_| ()).map_err(Clone::clone));
        let places = source.ok().zip(target.ok());
        let mut place = self.received.pointer();
        let arriving = self.transfer.receives.iter().zip(&mut self.arriving);
        for (message, requests) in arriving.filter(|(m, _)| m.peer != rank) {
            let bytes = message.count as usize * size;
            // SAFETY: the piece lies in the buffer, which is not touched before the wait.
            outcome = outcome.and(unsafe { comm.receive(place, bytes, message.peer, TAG, requests) });
            place = place.wrapping_add(bytes);
        }
        let mut packed = self.packed.pointer();
        for message in self.transfer.sends.iter().filter(|m| m.peer != rank) {
            let bytes = message.count as usize * size;
            if let Some((source, _)) = &places {
                outcome = outcome.and(pack(message, source, packed, size));
            }
            // SAFETY: the packed piece stays as it is until the wait.
            outcome = outcome.and(unsafe { comm.send(packed, bytes, message.peer, TAG, &mut self.sending) });
            packed = packed.wrapping_add(bytes);
        }
        let own = |messages: &'_ [Message]| messages.iter().position(|m| m.peer == rank);
        let own = (own(&self.transfer.sends), own(&self.transfer.receives));
        if let (Some((source, target)), (Some(s), Some(r))) = (&places, own) {
            outcome = outcome.and(self.keep(s, r, alpha, source, beta, target));
        }
        let mut place = self.received.pointer();
        let arriving = self.transfer.receives.iter().zip(&mut self.arriving);
        for (message, requests) in arriving.filter(|(m, _)| m.peer != rank) {
            outcome = outcome.and(comm.wait(requests));
            let Some((_, target)) = &places else { continue };
            let mut at = place;
            message.for_each_block(|lower, extent| {
                let (count, (extents, strides)) = (extent.iter().product::<i64>() as usize, packed_block(extent));
                let to = target.block(lower, size);
                let (strides, extents) = (&strides, &extents[..extent.len()]);
                let put =
                    verbs::update_block(self.to.dtype(), alpha, (at, strides), beta, (to, &target.strides), extents);
                outcome = std::mem::replace(&mut outcome, Ok(())).and(put);
                at = at.wrapping_add(count * size);
            });
            place = place.wrapping_add(message.count as usize * size);
        }
        outcome.and(comm.wait(&mut self.sending))
    }

    /// What stays on the rank goes from array to array, block by block: both sides have spans of the same lengths.
    fn keep(&self, send: usize, receive: usize, alpha: Scalar, x: &Strided, beta: Scalar, y: &Strided) -> Result<()> {
        let (sends, receives) = (&self.transfer.sends[send], &self.transfer.receives[receive]);
        let size = self.from.dtype().size();
        let mut outcome = Ok(());
        sends.zip_blocks(receives, |from, to, extent| {
            let mut extents = [1usize; MAX_DIMENSIONS];
            extents.iter_mut().zip(extent).for_each(|(e, n)| *e = *n as usize);
            let (source, target) = (x.block(from, size), y.block(to, size));
            let extents = &extents[..extent.len()];
            let put =
                verbs::update_block(self.to.dtype(), alpha, (source, &x.strides), beta, (target, &y.strides), extents);
            outcome = std::mem::replace(&mut outcome, Ok(())).and(put);
        });
        outcome
    }
}

/// y := x in y's layout; components of products one after the other. The plan is made and dropped. Collective.
pub fn redistribute(x: &Array, y: &Array) -> Result<()> {
    verbs::pairs(x, y, &mut |x, y| {
        let mut plan = x.space().context().agree(Redistribute::new(x.space(), y.space()))?;
        plan.apply(Scalar::ONE, x, Scalar::ZERO, y)
    })
}

/// Where local elements are, as a block of their space's local shape.
struct Strided {
    pointer: *mut u8,
    strides: [isize; MAX_DIMENSIONS],
}

impl Strided {
    fn new(x: &Local, space: &Space) -> Result<Strided> {
        Ok(Strided { pointer: x.pointer(), strides: x.strides_as(space.local_shape())?.map(|s| s as isize) })
    }

    /// The address of the element at local indices `lower`.
    fn block(&self, lower: &[i64], size: usize) -> *mut u8 {
        let offset: isize = lower.iter().zip(&self.strides).map(|(i, s)| *i as isize * s).sum();
        self.pointer.wrapping_offset(offset * size as isize)
    }
}

fn pack(message: &Message, x: &Strided, target: *mut u8, size: usize) -> Result<()> {
    let (mut at, mut outcome) = (target, Ok(()));
    message.for_each_block(|lower, extent| {
        let (count, (extents, strides)) = (extent.iter().product::<i64>() as usize, packed_block(extent));
        let n = extent.len();
        // SAFETY: the block lies in x, and the buffer has room for the whole message.
        let copied =
            unsafe { copy_block(at, &strides[..n], x.block(lower, size), &x.strides[..n], &extents[..n], size) };
        outcome = std::mem::replace(&mut outcome, Ok(())).and(copied);
        at = at.wrapping_add(count * size);
    });
    outcome
}
