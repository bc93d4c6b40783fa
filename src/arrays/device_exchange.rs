//! A planned exchange of messages between the device memory of ranks.

use super::device_messages::DeviceMessages;
use super::workspace::{Room, Workspace};
use crate::context::Context;
use crate::device::{Piece, PinnedMemory, Stream};
use crate::error::Result;
use crate::storage::Memory;
use std::sync::Arc;

/// A planned exchange: what is sent stands piece by piece in one block of the device, what arrives in another. `start`
/// when the pieces are packed (or `prepare`, other work, `send`), any work that does not need the others, `progress` in
/// between, `finish`, and unpack.
/// Work is ordered by the context's stream; packing may begin again when what was received is unpacked there.
pub(super) struct DeviceExchange {
    /// Before the blocks, which it is dropped ahead of.
    messages: DeviceMessages,
    rank: usize,
    stream: Arc<Stream>,
    sends: Block,
    receives: Block,
    /// Page-locked twins of what is sent to others and received from them, where messages are staged.
    twins: Option<[PinnedMemory; 2]>,
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
        let lengths = sends.others(rank).chain(receives.others(rank)).map(|p| p.bytes);
        let messages = DeviceMessages::new(context, tag, lengths)?;
        let twins = match messages.is_staged() {
            true => Some([PinnedMemory::new(stream, sends.away)?, PinnedMemory::new(stream, receives.away)?]),
            false => None,
        };
        Ok(DeviceExchange { messages, rank, stream: stream.clone(), sends, receives, twins })
    }

    /// Where the n-th piece is to stand before `start`.
    pub(super) fn send_at(&self, n: usize) -> u64 {
        self.sends.pointer() + self.sends.starts[n]
    }

    /// Where the n-th piece stands after `finish`.
    pub(super) fn received_at(&self, n: usize) -> u64 {
        self.receives.pointer() + self.receives.starts[n]
    }

    /// `prepare` and `send`.
    pub(super) fn start(&mut self) -> Result<()> {
        let prepared = self.prepare();
        prepared.and(self.send())
    }

    /// All pieces are to be sent as they are when the stream has come to this call; nothing is waited for. With NCCL they
    /// are sent, else by `send`, before which other work may be put on the stream.
    pub(super) fn prepare(&mut self) -> Result<()> {
        let rank = self.rank;
        let mut outcome = Ok(());
        for (from, to) in self.sends.own(rank).zip(self.receives.own(rank)) {
            // SAFETY: pieces of the same length in blocks of their own.
            outcome = outcome.and(unsafe { self.stream.copy(to.pointer, from.pointer, from.bytes) });
        }
        if self.sends.away + self.receives.away == 0 {
            return outcome;
        }
        if let Some([sent, _]) = &self.twins {
            // SAFETY: both sides hold the pieces; what is copied is sent after a wait for the mark.
            let brought = unsafe { self.stream.copy_out(sent.pointer(), self.sends.pointer(), self.sends.away) };
            outcome = outcome.and(brought);
        }
        outcome.and(if self.messages.by_host() { self.messages.mark() } else { self.post() })
    }

    /// Sends what was prepared. With NCCL, and without others to talk to, it does not wait; else it waits until the stream
    /// has come to where that was. All messages are posted whatever fails.
    pub(super) fn send(&mut self) -> Result<()> {
        match self.messages.by_host() && self.sends.away + self.receives.away > 0 {
            true => self.post(),
            false => Ok(()),
        }
    }

    fn post(&mut self) -> Result<()> {
        let rank = self.rank;
        let twin = |k: usize| self.twins.as_ref().map_or(std::ptr::null_mut(), |twins| twins[k].pointer());
        let sends = (self.sends.others(rank), self.sends.twin(twin(0)));
        let receives = (self.receives.others(rank), self.receives.twin(twin(1)));
        // SAFETY: pieces of live blocks and their twins, which are left alone until `finish` has waited.
        unsafe { self.messages.post(sends, receives) }
    }

    /// Lets the transport move messages; never waits.
    pub(super) fn progress(&mut self) -> Result<()> {
        self.messages.progress()
    }

    /// What is put on the stream from now on finds what was received. With NCCL it does not wait; else for the messages.
    pub(super) fn finish(&mut self) -> Result<()> {
        let arrived = self.messages.wait()?;
        match &self.twins {
            Some([_, received]) if arrived => {
                let (to, bytes) = (self.receives.pointer(), self.receives.away);
                // SAFETY: both sides hold the pieces; the twin is left alone until the next `start` has waited.
                unsafe { self.stream.copy_in(to, received.pointer(), bytes) }
            }
            _ => Ok(()),
        }
    }
}

impl Block {
    /// Where a piece stands in another block of the same layout.
    fn twin(&self, other: *mut u8) -> impl Fn(&Piece) -> *mut u8 + use<> {
        let first = self.pointer();
        move |p| other.wrapping_add((p.pointer - first) as usize)
    }
}
