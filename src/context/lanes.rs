//! Two streams for copies beside a context's work, one in each direction, and the page-locked memory that they go through.

use crate::device::{Event, PinnedMemory, Stream};
use crate::error::Result;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Copies from the host to the device and back may so run at one time with each other and with the context's work.
pub struct Lanes {
    inward: Mutex<Lane>,
    outward: Mutex<Lane>,
}

/// One direction. Host memory that is not page-locked passes through its pieces in turn: while one is on its way, the host
/// fills or empties another.
pub struct Lane {
    stream: Arc<Stream>,
    memory: PinnedMemory,
    /// Recorded behind the last copy of each piece.
    passed: [Event; PIECES],
}

/// Pieces of a lane, and bytes of each.
pub const PIECES: usize = 2;
pub const PIECE: usize = 2 << 20;

impl Lanes {
    pub(super) fn new(stream: &Stream) -> Result<Lanes> {
        let lane = || -> Result<Mutex<Lane>> {
            let stream = stream.beside()?;
            let memory = PinnedMemory::new(&stream, PIECES * PIECE)?;
            let passed = [Event::new(stream.device())?, Event::new(stream.device())?];
            Ok(Mutex::new(Lane { stream, memory, passed }))
        };
        Ok(Lanes { inward: lane()?, outward: lane()? })
    }

    pub fn inward(&self) -> MutexGuard<'_, Lane> {
        self.inward.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn outward(&self) -> MutexGuard<'_, Lane> {
        self.outward.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// The address of piece `turn`, counted round.
    pub fn piece(&mut self, turn: usize) -> *mut u8 {
        self.memory.pointer().wrapping_add(turn % PIECES * PIECE)
    }

    /// Waits until the copies of a piece are over.
    pub fn wait(&self, turn: usize) -> Result<()> {
        self.passed[turn % PIECES].wait_on(&self.stream)
    }

    /// The copies of a piece are those up to now.
    pub fn mark(&self, turn: usize) -> Result<()> {
        self.passed[turn % PIECES].record(&self.stream)
    }
}
