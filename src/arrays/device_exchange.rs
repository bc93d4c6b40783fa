//! Messages between the device memory of ranks, by whatever transport the context has.

use super::workspace::{Room, Workspace};
use crate::comm::{requests_of, Communicator, Request};
use crate::context::{Context, Transport};
use crate::device::{NcclCommunicator, Piece, PinnedMemory, Stream};
use crate::error::Result;
use crate::storage::Memory;
use std::sync::Arc;

/// A planned exchange: what is sent stands piece by piece in one block of the device, what arrives in another. `start`
/// when the pieces are packed, any work that does not need the others, `progress` in between, `finish`, and unpack.
/// Work is ordered by the context's stream; packing may begin again when what was received is unpacked there.
pub(super) struct DeviceExchange {
    comm: Arc<dyn Communicator>,
    stream: Arc<Stream>,
    sends: Block,
    receives: Block,
    route: Route,
    tag: i32,
    requests: Vec<Request>,
    under_way: bool,
}

/// Pieces of (peer, bytes): those of other ranks first, so that they are in one, then this rank's own.
struct Block {
    room: Room,
    /// Where each piece starts in the room.
    starts: Vec<u64>,
    /// (peer, bytes)
    messages: Vec<(usize, usize)>,
    /// Bytes of the others' pieces.
    away: usize,
}

/// The room that a transport needs besides.
enum Route {
    /// Page-locked twins of both blocks.
    Staged {
        sent: PinnedMemory,
        received: PinnedMemory,
    },
    /// The communicator takes the pieces where they are.
    CudaAware,
    Nccl(Arc<NcclCommunicator>),
}

impl Block {
    fn new(workspace: &Workspace, messages: &[(usize, usize)], rank: usize) -> Result<Block> {
        let total = |own: bool| messages.iter().filter(|m| (m.0 == rank) == own).map(|m| m.1).sum::<usize>();
        let (away, kept) = (total(false), total(true));
        let mut at = [0, away as u64];
        let start = |&(peer, bytes): &(usize, usize)| {
            let next = &mut at[usize::from(peer == rank)];
            *next += bytes as u64;
            *next - bytes as u64
        };
        let starts = messages.iter().map(start).collect();
        Ok(Block { room: workspace.take(away + kept)?, starts, messages: messages.to_vec(), away })
    }

    fn pointer(&self) -> u64 {
        self.room.pointer() as u64
    }

    fn pieces(&self) -> impl Iterator<Item = Piece> + Clone + use<'_> {
        let first = self.pointer();
        let piece =
            move |(start, &(peer, bytes)): (&u64, &(usize, usize))| Piece { pointer: first + start, bytes, peer };
        self.starts.iter().zip(&self.messages).map(piece)
    }

    fn others(&self, rank: usize) -> impl Iterator<Item = Piece> + Clone + use<'_> {
        self.pieces().filter(move |p| p.peer != rank)
    }

    fn own(&self, rank: usize) -> impl Iterator<Item = Piece> + use<'_> {
        self.pieces().filter(move |p| p.peer == rank)
    }
}

impl DeviceExchange {
    /// For messages of (peer, bytes) with one tag; the n-th one to a peer is the n-th that it receives from this rank.
    /// Local.
    pub(super) fn new(
        context: &Context,
        sends: &[(usize, usize)],
        receives: &[(usize, usize)],
        tag: i32,
    ) -> Result<DeviceExchange> {
        let workspace = Workspace::new(context, Memory::Cuda);
        let exchange = DeviceExchange::within(context, sends, receives, tag, &workspace)?;
        workspace.allocate()?;
        Ok(exchange)
    }

    /// As `new`, with both blocks in a workspace on the device, which has to have memory at `send_at`. Page-locked memory
    /// is not part of it. Local.
    pub(super) fn within(
        context: &Context,
        sends: &[(usize, usize)],
        receives: &[(usize, usize)],
        tag: i32,
        workspace: &Workspace,
    ) -> Result<DeviceExchange> {
        let (stream, rank) = (context.device_stream()?, context.rank());
        let (sends, receives) = (Block::new(workspace, sends, rank)?, Block::new(workspace, receives, rank)?);
        let route = match context.transport() {
            Transport::Staged => Route::Staged {
                sent: PinnedMemory::new(stream, sends.away)?,
                received: PinnedMemory::new(stream, receives.away)?,
            },
            Transport::CudaAware => Route::CudaAware,
            Transport::Nccl(communicator) => Route::Nccl(communicator.clone()),
        };
        let requests = match route {
            Route::Nccl(_) => 0,
            _ => sends.others(rank).chain(receives.others(rank)).map(|p| requests_of(p.bytes)).sum(),
        };
        Ok(DeviceExchange {
            comm: context.comm().clone(),
            stream: stream.clone(),
            sends,
            receives,
            route,
            tag,
            requests: Vec::with_capacity(requests),
            under_way: false,
        })
    }

    /// Where the n-th piece is to stand before `start`.
    pub(super) fn send_at(&self, n: usize) -> u64 {
        self.sends.pointer() + self.sends.starts[n]
    }

    /// Where the n-th piece stands after `finish`.
    pub(super) fn received_at(&self, n: usize) -> u64 {
        self.receives.pointer() + self.receives.starts[n]
    }

    /// Sends all pieces, as they are when the stream has come to this call. With NCCL, and without others to talk to, it
    /// does not wait; else it waits for the stream. All messages are posted whatever fails.
    pub(super) fn start(&mut self) -> Result<()> {
        let (rank, tag) = (self.comm.rank(), self.tag);
        let mut outcome = Ok(());
        for (from, to) in self.sends.own(rank).zip(self.receives.own(rank)) {
            // SAFETY: pieces of the same length in blocks of their own.
            outcome = outcome.and(unsafe { self.stream.copy(to.pointer, from.pointer, from.bytes) });
        }
        if self.sends.away + self.receives.away == 0 {
            return outcome;
        }
        let (sends, receives) = (self.sends.others(rank), self.receives.others(rank));
        self.under_way = true;
        match &self.route {
            Route::Staged { sent, received } => {
                // SAFETY: both sides hold the pieces; what is copied is sent after the wait.
                let brought = unsafe { self.stream.copy_out(sent.pointer(), self.sends.pointer(), self.sends.away) };
                // Also what the last exchange copied from `received` is done now.
                outcome = outcome.and(brought).and(self.stream.synchronize());
                let (sent_at, received_at) = (self.sends.twin(sent), self.receives.twin(received));
                // SAFETY: the twins hold the pieces, and are left alone until `finish` has waited.
                outcome
                    .and(unsafe { post(&*self.comm, sends, sent_at, receives, received_at, tag, &mut self.requests) })
            }
            Route::CudaAware => {
                let _current = self.stream.device().enter();
                outcome = outcome.and(self.stream.synchronize());
                let here = |p: &Piece| p.pointer as *mut u8;
                // SAFETY: the pieces are complete, and left alone until `finish` has waited.
                outcome.and(unsafe { post(&*self.comm, sends, here, receives, here, tag, &mut self.requests) })
            }
            Route::Nccl(communicator) => {
                sends.clone().filter(|p| p.bytes > 0).for_each(|p| self.comm.traffic().add(p.bytes));
                // SAFETY: pieces of live blocks, which the stream's work leaves alone until `finish`.
                outcome.and(unsafe { communicator.exchange(sends, receives) })
            }
        }
    }

    /// Lets the transport move messages; never waits.
    pub(super) fn progress(&mut self) -> Result<()> {
        if self.requests.is_empty() {
            return Ok(());
        }
        let _current = self.stream.device().enter();
        self.comm.test(&mut self.requests)
    }

    /// What is put on the stream from now on finds what was received. With NCCL it does not wait; else for the messages.
    pub(super) fn finish(&mut self) -> Result<()> {
        if !std::mem::take(&mut self.under_way) {
            return Ok(());
        }
        let waited = match self.requests.is_empty() {
            true => Ok(()),
            false => {
                let _current = self.stream.device().enter();
                self.comm.wait(&mut self.requests)
            }
        };
        match &self.route {
            Route::Staged { received, .. } => {
                let (to, bytes) = (self.receives.pointer(), self.receives.away);
                // SAFETY: both sides hold the pieces; the twin is left alone until the next `start` has waited.
                waited.and(unsafe { self.stream.copy_in(to, received.pointer(), bytes) })
            }
            Route::CudaAware => waited,
            Route::Nccl(communicator) => communicator.arrived(),
        }
    }
}

impl Drop for DeviceExchange {
    fn drop(&mut self) {
        // The blocks go back to the pool in the order of the stream: behind messages that are still under way.
        if let (true, Route::Nccl(communicator)) = (self.under_way, &self.route) {
            let _ = communicator.arrived();
        }
    }
}

impl Block {
    /// Where a piece stands in another block of the same layout.
    fn twin<'a>(&'a self, other: &'a PinnedMemory) -> impl Fn(&Piece) -> *mut u8 + use<'a> {
        let first = self.pointer();
        move |p| other.pointer().wrapping_add((p.pointer - first) as usize)
    }
}

/// Posts all messages, receives first.
///
/// # Safety
/// As of `Communicator::send` and `receive`, for the places of all pieces.
unsafe fn post(
    comm: &dyn Communicator,
    sends: impl Iterator<Item = Piece>,
    sent_at: impl Fn(&Piece) -> *mut u8,
    receives: impl Iterator<Item = Piece>,
    received_at: impl Fn(&Piece) -> *mut u8,
    tag: i32,
    requests: &mut Vec<Request>,
) -> Result<()> {
    let mut outcome = Ok(());
    for p in receives {
        // SAFETY: the caller's contract.
        outcome = outcome.and(unsafe { comm.receive(received_at(&p), p.bytes, p.peer, tag, requests) });
    }
    for p in sends {
        // SAFETY: the caller's contract.
        outcome = outcome.and(unsafe { comm.send(sent_at(&p), p.bytes, p.peer, tag, requests) });
    }
    outcome
}
