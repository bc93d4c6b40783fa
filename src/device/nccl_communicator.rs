//! A communicator of NCCL: messages and sums between devices, in the order of streams.

use super::event::Event;
use super::nccl::{self, library, Library, Raw, UniqueId};
use super::stream::Stream;
use crate::dtype::DType;
use crate::error::{Error, Result, Status};
use crate::fail;
use std::ffi::{c_int, c_void};
use std::fmt::{self, Display, Formatter};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// One rank of a communicator, borrowed from the host or made here. Sums are put on the stream of the work; messages on
/// a stream beside it, so that work which does not need them goes on meanwhile.
pub struct NcclCommunicator {
    library: &'static Library,
    raw: Raw,
    owned: bool,
    rank: usize,
    size: usize,
    work: Arc<Stream>,
    beside: Arc<Stream>,
    /// How long a wait may last that its work is part of.
    limit: Duration,
    last: Mutex<Operation>,
    /// Why it was given up. NCCL is not asked about it any more: it was aborted here, or the host may have done so.
    given_up: OnceLock<Error>,
}

/// What was put on a stream.
#[derive(Clone, Copy)]
enum Operation {
    Nothing,
    Sum { count: usize },
    Messages { count: usize, bytes: usize },
}

impl Display for Operation {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        match self {
            Operation::Nothing => write!(f, "nothing"),
            Operation::Sum { count } => write!(f, "a sum of {count} numbers"),
            Operation::Messages { count, bytes } => write!(f, "{count} messages of {bytes} bytes"),
        }
    }
}

// SAFETY: NCCL allows a communicator to be used from any thread, by one at a time; that is the rule of a context.
unsafe impl Send for NcclCommunicator {}
// SAFETY: as above.
unsafe impl Sync for NcclCommunicator {}

/// A piece of device memory that goes to a peer or comes from it.
#[derive(Clone, Copy)]
pub struct Piece {
    pub pointer: u64,
    pub bytes: usize,
    pub peer: usize,
}

impl NcclCommunicator {
    /// An id for a new communicator, which one rank gives to all.
    pub fn unique_id() -> Result<UniqueId> {
        let (library, mut id) = (library(true)?, UniqueId([0; 128]));
        // SAFETY: NCCL writes one id.
        library.check(unsafe { (library.unique_id)(&mut id) }, std::ptr::null_mut(), || "ncclGetUniqueId".into())?;
        Ok(id)
    }

    /// Whether a new communicator can be made at all; an error that says what was looked for otherwise.
    pub fn available() -> Result<()> {
        library(true).map(|_| ())
    }

    /// A new communicator of the ranks that got this id. Waits that its work is part of end with an error after `limit`.
    /// Collective over them.
    pub fn new(
        id: UniqueId,
        rank: usize,
        size: usize,
        work: &Arc<Stream>,
        limit: Duration,
    ) -> Result<Arc<NcclCommunicator>> {
        let (library, beside) = (library(true)?, Stream::urgent(work.device())?);
        let mut raw = std::ptr::null_mut();
        {
            let _current = work.device().enter()?;
            // SAFETY: NCCL writes one handle, which is destroyed in `Drop`.
            let code = unsafe { (library.init_rank)(&mut raw, size as c_int, id, rank as c_int) };
            let what = || format!("ncclCommInitRank of rank {rank} of {size}");
            library.complete(code, raw, limit, what).inspect_err(|_| {
                if !raw.is_null() {
                    // SAFETY: made above, and ended once.
                    let _ = unsafe { (library.abort)(raw) };
                }
            })?;
        }
        Ok(NcclCommunicator::watched(library, raw, true, (rank, size), (work, beside), limit))
    }

    /// The host's communicator, which must have as many ranks, this rank as the same one, and the stream's device.
    ///
    /// # Safety
    /// A live ncclComm_t of the NCCL that this process has loaded, which lives until the last handle of the result is
    /// gone.
    pub unsafe fn borrow(
        raw: *mut c_void,
        rank: usize,
        size: usize,
        work: &Arc<Stream>,
        limit: Duration,
    ) -> Result<Arc<NcclCommunicator>> {
        let library = library(false)?;
        let ask = |get: unsafe extern "C" fn(Raw, *mut c_int) -> c_int, what: &str| -> Result<c_int> {
            let mut value = 0;
            // SAFETY: the caller vouches for the communicator; one integer is written.
            library.check(unsafe { get(raw, &mut value) }, raw, || format!("{what} of the communicator {raw:p}"))?;
            Ok(value)
        };
        let count = ask(library.count, "ncclCommCount")?;
        if count as usize != size {
            fail!(Argument, "the NCCL communicator has {count} ranks, the context {size}");
        }
        let there = ask(library.rank, "ncclCommUserRank")?;
        if there as usize != rank {
            fail!(
                Argument,
                "the NCCL communicator has its ranks in another order: rank {rank} of the context is rank {there} there"
            );
        }
        let (device, ordinal) = (ask(library.device, "ncclCommCuDevice")?, work.device().ordinal());
        if device as usize != ordinal {
            fail!(
                Argument,
                "the NCCL communicator is on device {device} of rank {rank}, the context on device {ordinal}"
            );
        }
        library.check_asynchronous(raw, || format!("the communicator {raw:p}"))?;
        let beside = Stream::urgent(work.device())?;
        Ok(NcclCommunicator::watched(library, raw, false, (rank, size), (work, beside), limit))
    }

    fn watched(
        library: &'static Library,
        raw: Raw,
        owned: bool,
        (rank, size): (usize, usize),
        (work, beside): (&Arc<Stream>, Arc<Stream>),
        limit: Duration,
    ) -> Arc<NcclCommunicator> {
        let made = Arc::new(NcclCommunicator {
            library,
            raw,
            owned,
            rank,
            size,
            work: work.clone(),
            beside,
            limit,
            last: Mutex::new(Operation::Nothing),
            given_up: OnceLock::new(),
        });
        work.watch(&made);
        made.beside.watch(&made);
        made
    }

    /// Whether `split` can be called: NCCL 2.18. `DLOPS_TEST_NCCL_SPLIT=0` tests what is done without it.
    pub fn can_split(&self) -> bool {
        self.library.split.is_some() && !std::env::var("DLOPS_TEST_NCCL_SPLIT").is_ok_and(|v| v.trim() == "0")
    }

    /// The ranks of one colour, which is not negative, as a communicator in their order here; `None` takes part without
    /// getting one. Collective.
    pub fn split(&self, colour: Option<usize>) -> Result<Option<Arc<NcclCommunicator>>> {
        self.require()?;
        let Some(split) = self.library.split else { fail!(Unsupported, "this NCCL has no ncclCommSplit") };
        let (mut raw, no_colour) = (std::ptr::null_mut(), -1);
        let colour = colour.map_or(no_colour, |c| c as c_int);
        {
            let _current = self.work.device().enter()?;
            // SAFETY: a live communicator; NCCL writes one handle, which is destroyed in `Drop`.
            let code = unsafe { split(self.raw, colour, self.rank as c_int, &mut raw, std::ptr::null_mut()) };
            let what = || format!("ncclCommSplit by colour {colour}");
            self.library.complete(code, self.raw, self.limit, what)?;
            if raw.is_null() {
                return Ok(None);
            }
            // Of a non-blocking communicator the new one may still be on its way.
            self.library.complete(nccl::IN_PROGRESS, raw, self.limit, what)?;
        }
        let (mut rank, mut size) = (0, 0);
        // SAFETY: the fresh communicator; one integer is written by each.
        let asked = unsafe {
            let ranks = (self.library.rank)(raw, &mut rank);
            ranks.max((self.library.count)(raw, &mut size))
        };
        let place = (rank as usize, size as usize);
        let made =
            NcclCommunicator::watched(self.library, raw, true, place, (&self.work, self.beside.clone()), self.limit);
        self.library.check(asked, raw, || "ncclCommUserRank and ncclCommCount".into())?;
        Ok(Some(made))
    }

    pub fn rank(&self) -> usize {
        self.rank
    }

    pub fn size(&self) -> usize {
        self.size
    }

    /// How long a wait may last that its work is part of.
    pub fn time_limit(&self) -> Duration {
        self.limit
    }

    /// The ncclComm_t; an error where it was given up.
    pub fn raw(&self) -> Result<*mut c_void> {
        self.require().map(|()| self.raw)
    }

    /// x := sum over the ranks of x, for `count` numbers (complex ones as two) in the order of the stream of the work.
    /// Collective.
    ///
    /// # Safety
    /// `pointer` holds as many numbers of the device.
    pub unsafe fn sum(&self, dtype: DType, pointer: u64, count: usize) -> Result<()> {
        let (number, parts) = match dtype {
            DType::Float32 => (nccl::FLOAT32, 1),
            DType::Float64 => (nccl::FLOAT64, 1),
            DType::Complex64 => (nccl::FLOAT32, 2),
            DType::Complex128 => (nccl::FLOAT64, 2),
            DType::Int32 => (nccl::INT32, 1),
            DType::Int64 => (nccl::INT64, 1),
        };
        if count == 0 {
            return Ok(());
        }
        self.begin(Operation::Sum { count: parts * count })?;
        let _current = self.work.device().enter()?;
        let (place, count, stream) = (pointer as *mut c_void, parts * count, self.work.raw().cast());
        // SAFETY: the caller vouches for the memory; the sum is in place.
        let code = unsafe { (self.library.all_reduce)(place, place, count, number, nccl::SUM, self.raw, stream) };
        self.library.complete(code, self.raw, self.limit, || format!("ncclAllReduce of {count} numbers"))
    }

    /// Puts all messages on the stream beside, as one group, behind what is on the stream of the work now. Messages
    /// between two ranks arrive in the order of these lists; empty ones are left out. `arrived` makes the work wait.
    ///
    /// # Safety
    /// The pieces lie in live memory of the device, are apart, and are left alone by the work until `arrived`.
    pub unsafe fn exchange(
        &self,
        sends: impl Iterator<Item = Piece> + Clone,
        receives: impl Iterator<Item = Piece> + Clone,
    ) -> Result<()> {
        let (mut messages, mut bytes) = (0, 0);
        for p in sends.clone().chain(receives.clone()).filter(|p| p.bytes > 0) {
            (messages, bytes) = (messages + 1, bytes + p.bytes);
        }
        if messages == 0 {
            return Ok(());
        }
        self.begin(Operation::Messages { count: messages, bytes })?;
        let mut outcome = self.beside.wait_for(&self.work);
        let _current = self.work.device().enter()?;
        let (library, stream) = (self.library, self.beside.raw().cast());
        // SAFETY: no arguments; ended below whatever happens.
        library.check(unsafe { (library.group_start)() }, self.raw, || "ncclGroupStart".into())?;
        let mut keep = |code: c_int, what: &str, p: Piece| {
            let call = || format!("{what} of {} bytes, peer {}", p.bytes, p.peer);
            // In a group, a non-blocking communicator answers at its end.
            if code != nccl::IN_PROGRESS {
                outcome = std::mem::replace(&mut outcome, Ok(())).and(library.check(code, self.raw, call));
            }
        };
        for p in receives.filter(|p| p.bytes > 0) {
            let to = p.pointer as *mut c_void;
            // SAFETY: the caller's contract.
            let code = unsafe { (library.receive)(to, p.bytes, nccl::UINT8, p.peer as c_int, self.raw, stream) };
            keep(code, "ncclRecv", p);
        }
        for p in sends.filter(|p| p.bytes > 0) {
            let from = p.pointer as *const c_void;
            // SAFETY: the caller's contract.
            let code = unsafe { (library.send)(from, p.bytes, nccl::UINT8, p.peer as c_int, self.raw, stream) };
            keep(code, "ncclSend", p);
        }
        // SAFETY: the group that was started above.
        let code = unsafe { (library.group_end)() };
        outcome.and(library.complete(code, self.raw, self.limit, || "ncclGroupEnd".into()))
    }

    /// Marks the end of the last exchange: what waits for it finds the messages complete.
    pub fn mark(&self, event: &Event) -> Result<()> {
        event.record(&self.beside)
    }

    /// What is put on the stream of the work from now on finds the messages of the last exchange complete.
    pub fn arrived(&self) -> Result<()> {
        self.work.wait_for(&self.beside)
    }

    /// What is put on a stream now; an error where the communicator was given up.
    fn begin(&self, operation: Operation) -> Result<()> {
        self.require()?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = operation;
        Ok(())
    }

    /// An error where it was given up.
    pub(super) fn require(&self) -> Result<()> {
        self.given_up.get().cloned().map_or(Ok(()), Err)
    }

    /// What went wrong in work that was put on streams before. It is given up where the host has `waited` longer than it
    /// may: a rank that the others wait for may never come.
    pub(super) fn check(&self, waited: Duration) -> Result<()> {
        self.require()?;
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if waited > self.limit && self.size > 1 && !matches!(last, Operation::Nothing) {
            return self.give_up(waited, last);
        }
        let what = || format!("earlier work of the NCCL communicator of rank {} of {}", self.rank, self.size);
        self.library.check_asynchronous(self.raw, what)
    }

    fn give_up(&self, waited: Duration, last: Operation) -> Result<()> {
        let (rank, size, limit) = (self.rank, self.size, self.limit.as_secs_f64());
        let error = Error::new(
            Status::Nccl,
            format!(
                "rank {rank} has waited {:.3} s for work of an NCCL communicator of {size} ranks, the last of it {last}: \
                 another rank has failed or never comes (nccl_time_limit is {limit} s)",
                waited.as_secs_f64()
            ),
        );
        if self.given_up.set(error).is_ok() && self.owned {
            // SAFETY: a live communicator, which nothing uses any more; its work on the device ends.
            let _ = unsafe { (self.library.abort)(self.raw) };
        }
        self.require()
    }
}

impl Drop for NcclCommunicator {
    fn drop(&mut self) {
        if !self.owned || self.given_up.get().is_some() {
            return;
        }
        // Work that failed may never end: it is called off instead of waited for.
        let settled = [&self.work, &self.beside].into_iter().try_for_each(|s| s.finish(|waited| self.check(waited)));
        if self.given_up.get().is_some() {
            return;
        }
        let current = self.work.device().enter();
        // SAFETY: made here, and ended once.
        let _ = unsafe {
            match settled.is_ok() && current.is_ok() {
                true => (self.library.destroy)(self.raw),
                false => (self.library.abort)(self.raw),
            }
        };
    }
}
