//! How ranks talk: one trait, and its implementers.
//!
//! Buffers are bytes, so that no datatype crosses the border; sums and extremes are the only calls that
//! know numbers. No count is limited by 2^31: implementers split what is larger.
//!
//! | implementer | for |
//! |---|---|
//! | [`solo::Solo`] | one rank, no transport |
//! | [`mpi`] | the host's MPI communicator |
//! | [`custom::Custom`] | a host's table of functions |
//! | [`threaded::Threaded`] | threads of one process: tests |
//! | [`subgroup::Subgroup`] | some ranks of any other communicator, by its messages |

pub mod agree;
pub mod combine;
pub mod custom;
pub mod exchange;
mod machine;
#[cfg(feature = "mpi")]
pub mod mpi;
pub mod pieces;
pub mod plain_file;
pub mod solo;
pub mod subgroup;
#[cfg(test)]
mod suite;
pub mod table;
#[doc(hidden)]
pub mod threaded;

pub use agree::agree;

use crate::error::Result;
#[cfg(test)]
use crate::error::{Error, Status};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

/// The numbers that a reduction can combine. Complex numbers travel as pairs of reals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Number {
    Float32 = 1,
    Float64 = 2,
    Int32 = 5,
    Int64 = 6,
}

impl Number {
    pub const fn size(self) -> usize {
        match self {
            Number::Float32 | Number::Int32 => 4,
            Number::Float64 | Number::Int64 => 8,
        }
    }
}

/// How a reduction combines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Combine {
    Sum = 0,
    Min = 1,
    Max = 2,
}

/// An unfinished point-to-point message; only the communicator that made it understands it.
#[derive(Clone, Copy, Debug)]
pub struct Request(pub u64);

/// The largest tag that callers may give to `send` and `receive`.
pub const LAST_TAG: i32 = 32_766;

/// The tag of messages that carry the collectives themselves. MPI guarantees tags up to 32767.
pub(crate) const COLLECTIVE_TAG: i32 = LAST_TAG + 1;

/// Calls and bytes of one communicator and all those split from it.
///
/// A message is one call that moves data out of this rank, as a PMPI counter sees it: each started send and each
/// collective, a barrier included; a receive is counted by its sender. `alltoallv` counts the sends that carry it.
/// A byte is one that this rank contributes: the whole buffer in `allreduce`, the root's in `broadcast`, its own piece
/// in `allgather`, what it sends in the others. What a group of one rank need not do is not counted.
/// Input and output of files is not counted, the agreement after it is.
#[derive(Debug, Default)]
pub struct Traffic {
    pub messages: AtomicU64,
    pub bytes: AtomicU64,
}

impl Traffic {
    pub fn add(&self, bytes: usize) {
        self.messages.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Adds messages of so many bytes together, modulo 2^64.
    pub(crate) fn count(&self, messages: u64, bytes: u64) {
        self.messages.fetch_add(messages, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// (messages, bytes) so far.
    pub fn read(&self) -> (u64, u64) {
        (self.messages.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }
}

/// How many requests a message of this length needs.
pub fn requests_of(bytes: usize) -> usize {
    bytes.div_ceil(pieces::count_limit(pieces::DEFAULT_LIMIT).unwrap_or(1))
}

/// A group of ranks. Every method but `rank`, `size`, `traffic`, `send`, `receive`, `test` and `wait` is collective.
pub trait Communicator: Send + Sync {
    fn rank(&self) -> usize;
    fn size(&self) -> usize;
    fn traffic(&self) -> &Arc<Traffic>;

    /// In place over all ranks; `buffer` holds `buffer.len() / number.size()` numbers, the same count on every rank.
    fn allreduce(&self, buffer: &mut [u8], number: Number, combine: Combine) -> Result<()>;
    fn broadcast(&self, buffer: &mut [u8], root: usize) -> Result<()>;
    /// Equal pieces: `receive.len() == size * send.len()`.
    fn allgather(&self, send: &[u8], receive: &mut [u8]) -> Result<()>;
    /// Counts and displacements in bytes.
    fn allgatherv(&self, send: &[u8], receive: &mut [u8], counts: &[usize], displacements: &[usize]) -> Result<()>;
    /// Counts and displacements in bytes.
    #[allow(clippy::too_many_arguments)]
    fn alltoallv(
        &self,
        send: &[u8],
        send_counts: &[usize],
        send_displacements: &[usize],
        receive: &mut [u8],
        receive_counts: &[usize],
        receive_displacements: &[usize],
    ) -> Result<()>;
    fn barrier(&self) -> Result<()>;
    /// Whether the calling thread may communicate: `State` when the transport forbids it. Local.
    fn check_thread(&self) -> Result<()> {
        Ok(())
    }
    /// Whether `send` and `receive` take addresses of device memory. `Option` where the environment says nonsense. Local.
    fn takes_device_memory(&self) -> Result<bool> {
        Ok(false)
    }
    /// This rank's number among the ranks on its machine, in the order of ranks. Collective.
    fn local_rank(&self) -> Result<usize> {
        machine::local_rank(&|own, all| self.allgather(own, all), self.rank(), self.size())
    }
    /// Ranks of one colour form a group, ordered by their rank here. Any colour, negative ones too.
    fn split(&self, colour: i32) -> Result<Arc<dyn Communicator>>;

    /// Starts a send; pushes one request, several where the message must be split, none for an empty one. Local.
    /// Messages between two ranks with one tag arrive in the order sent. `tag` is 0 to [`LAST_TAG`]; a rank may be
    /// its own peer.
    ///
    /// # Safety
    /// `pointer..pointer + bytes` stays readable and unchanged until the requests are waited for.
    unsafe fn send(
        &self,
        pointer: *const u8,
        bytes: usize,
        peer: usize,
        tag: i32,
        requests: &mut Vec<Request>,
    ) -> Result<()>;
    /// Starts a receive; pushes as many requests as the matching `send` does. Local.
    ///
    /// # Safety
    /// `pointer..pointer + bytes` stays writable and untouched until the requests are waited for.
    unsafe fn receive(
        &self,
        pointer: *mut u8,
        bytes: usize,
        peer: usize,
        tag: i32,
        requests: &mut Vec<Request>,
    ) -> Result<()>;
    /// Lets the transport make progress. Never blocks; the requests stay valid.
    fn test(&self, requests: &mut [Request]) -> Result<()>;
    /// Waits for all and empties the list, also when one fails.
    fn wait(&self, requests: &mut Vec<Request>) -> Result<()>;

    /// Opens a file on all ranks, for reading; `create` makes or truncates it, for reading and writing.
    /// The same error on every rank, as of every collective call of the file.
    fn open(&self, path: &str, create: bool) -> Result<Box<dyn SharedFile>>;
}

/// A file that all ranks of a communicator have open.
pub trait SharedFile {
    /// Bytes. Local.
    fn size(&self) -> Result<u64>;
    /// Collective; a rank without data passes an empty slice. Fails on a short read.
    fn read_at_all(&mut self, offset: u64, buffer: &mut [u8]) -> Result<()>;
    /// Collective; a rank without data passes an empty slice.
    fn write_at_all(&mut self, offset: u64, buffer: &[u8]) -> Result<()>;
    /// Collective: the data is with the file system and the file closed, on every rank.
    /// A file that is dropped unclosed is closed by a later collective call.
    fn close(self: Box<Self>) -> Result<()>;
}

impl dyn Communicator + '_ {
    pub fn allreduce_f64(&self, values: &mut [f64], combine: Combine) -> Result<()> {
        // SAFETY: f64 has no padding and every bit pattern is valid.
        let bytes =
            unsafe { std::slice::from_raw_parts_mut(values.as_mut_ptr().cast(), std::mem::size_of_val(values)) };
        self.allreduce(bytes, Number::Float64, combine)
    }

    pub fn allreduce_i64(&self, values: &mut [i64], combine: Combine) -> Result<()> {
        // SAFETY: i64 has no padding and every bit pattern is valid.
        let bytes =
            unsafe { std::slice::from_raw_parts_mut(values.as_mut_ptr().cast(), std::mem::size_of_val(values)) };
        self.allreduce(bytes, Number::Int64, combine)
    }

    /// Every rank's number, in the order of ranks.
    pub fn allgather_i64(&self, value: i64) -> Result<Vec<i64>> {
        let mut all = vec![0u8; 8 * self.size()];
        self.allgather(&value.to_ne_bytes(), &mut all)?;
        Ok(all.chunks_exact(8).map(|c| i64::from_ne_bytes(c.try_into().expect("eight bytes"))).collect())
    }
}
