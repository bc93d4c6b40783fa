//! A communicator made of a host's own functions.

use super::exchange::{
    by_messages, check_equal_gather, check_exchange, check_gather, check_numbers, check_peer, gather_packed,
};
use super::pieces::{count_limit, pieces};
use super::plain_file::PlainFile;
use super::subgroup::Subgroup;
use super::table::dlops_communicator_functions;
use super::{Combine, Communicator, Number, Request, SharedFile, Traffic};
use crate::error::{Error, Result, Status};
use crate::fail;
use std::ffi::c_void;
use std::sync::{Arc, Mutex, PoisonError};

/// One rank of a host's transport.
#[derive(Clone)]
pub struct Custom {
    host: Arc<Host>,
    traffic: Arc<Traffic>,
    rank: usize,
    size: usize,
    /// Bytes, or numbers of a reduction, in one call; equal on all ranks.
    limit: usize,
    /// Whether `limit` is none at all, so that a call of any size may be given to the host as it is.
    whole: bool,
    scratch: Arc<Mutex<Scratch>>,
}

/// The host's table, and the promise to call its `destroy` once.
struct Host {
    table: dlops_communicator_functions,
    /// False until the communicator is made: when that fails, the caller still owns `user`.
    owned: std::sync::atomic::AtomicBool,
}

// SAFETY: a context and what is built on it are used by one thread at a time, and the table's contract asks for no
// more than that of the host's functions.
unsafe impl Send for Host {}
// SAFETY: as for Send.
unsafe impl Sync for Host {}

impl Drop for Host {
    fn drop(&mut self) {
        if let (true, Some(destroy)) = (*self.owned.get_mut(), self.table.destroy) {
            // SAFETY: `user` is the host's own and nothing calls the table after its last reference.
            unsafe { destroy(self.table.user) }
        }
    }
}

/// Kept between calls, so that repeated calls allocate nothing.
#[derive(Default)]
struct Scratch {
    requests: Vec<Request>,
    handles: Vec<u64>,
    numbers: [Vec<i64>; 4],
}

fn outcome(name: &str, rank: usize, code: i32) -> Result<()> {
    match code {
        0 => Ok(()),
        code => fail!(Communication, "rank {rank}: the host's communicator function '{name}' returned {code}"),
    }
}

fn int64(value: &[usize], into: &mut Vec<i64>) -> *const i64 {
    into.clear();
    into.extend(value.iter().map(|&v| v as i64));
    into.as_ptr()
}

impl Custom {
    /// Collective over the host's ranks (one allreduce agrees on the largest count). On failure `user` still belongs
    /// to the caller, and `destroy` is not called.
    ///
    /// Errors: `NullPointer` for a missing table or required function, `Argument` for rank, size or `max_count` out of
    /// range, `Unsupported` for a larger table whose unknown members are set, `Communication` from the host.
    ///
    /// # Safety
    /// `table` points to `struct_size` readable bytes; its functions keep their contract.
    pub unsafe fn create(table: *const dlops_communicator_functions) -> Result<Arc<dyn Communicator>> {
        // SAFETY: passed on.
        unsafe { Self::create_for(table, Ok) }
    }

    /// As `create`, where `user` still belongs to the caller when `make` fails.
    ///
    /// # Safety
    /// As for `create`.
    pub unsafe fn create_for<T>(
        table: *const dlops_communicator_functions,
        make: impl FnOnce(Arc<dyn Communicator>) -> Result<T>,
    ) -> Result<T> {
        // SAFETY: passed on.
        let table = unsafe { dlops_communicator_functions::read(table) }?;
        let custom = Self::adopt(table, Arc::default())?;
        let made = make(custom.clone())?;
        custom.host.owned.store(true, std::sync::atomic::Ordering::Release);
        Ok(made)
    }

    fn adopt(table: dlops_communicator_functions, traffic: Arc<Traffic>) -> Result<Arc<Custom>> {
        let (rank, size) = table.check()?;
        let most = if table.max_count > 0 { table.max_count as usize } else { usize::MAX >> 1 };
        let host = Arc::new(Host { table, owned: false.into() });
        let mut custom = Custom { host, traffic, rank, size, limit: most, whole: false, scratch: Arc::default() };
        // A bad limit of the environment must not keep this rank from the agreement: it travels as -1.
        let limit = count_limit(most);
        let mut agreed = [limit.as_ref().map_or(-1, |&l| l as i64)];
        (&custom as &dyn Communicator).allreduce_i64(&mut agreed, Combine::Min)?;
        limit?;
        if agreed[0] < 0 {
            fail!(Option, "DLOPS_TEST_COUNT_LIMIT is not a positive number on another rank");
        }
        custom.limit = agreed[0] as usize;
        custom.whole = custom.limit == usize::MAX >> 1;
        Ok(Arc::new(custom))
    }

    fn outcome(&self, name: &str, code: i32) -> Result<()> {
        outcome(name, self.rank, code)
    }

    fn with_scratch<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        work(&mut self.scratch.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The host's functions have been checked to be there.
    fn required<F: Copy>(&self, function: Option<F>, name: &str) -> Result<F> {
        function.ok_or_else(|| Error::new(Status::NullPointer, format!("the communicator function '{name}' is NULL")))
    }
}

impl Communicator for Custom {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn traffic(&self) -> &Arc<Traffic> {
        &self.traffic
    }

    fn allreduce(&self, buffer: &mut [u8], number: Number, combine: Combine) -> Result<()> {
        let count = check_numbers(buffer.len(), number)?;
        let allreduce = self.required(self.host.table.allreduce, "allreduce")?;
        for (start, length) in pieces(count, self.limit) {
            let part = &mut buffer[start * number.size()..][..length * number.size()];
            self.traffic.add(part.len());
            // SAFETY: the part is `length` numbers, borrowed during the call.
            let code = unsafe {
                let pointer = part.as_mut_ptr().cast::<c_void>();
                allreduce(self.host.table.user, pointer, length as i64, number as i32, combine as i32)
            };
            self.outcome("allreduce", code)?;
        }
        Ok(())
    }

    fn broadcast(&self, buffer: &mut [u8], root: usize) -> Result<()> {
        check_peer("broadcast", root, self.size, 0)?;
        let broadcast = self.required(self.host.table.broadcast, "broadcast")?;
        for (start, length) in pieces(buffer.len(), self.limit) {
            self.traffic.add(if root == self.rank { length } else { 0 });
            let pointer = buffer[start..].as_mut_ptr().cast::<c_void>();
            // SAFETY: `length` bytes from `pointer` are inside the buffer, borrowed during the call.
            let code = unsafe { broadcast(self.host.table.user, pointer, length as i64, root as i32) };
            self.outcome("broadcast", code)?;
        }
        Ok(())
    }

    fn allgather(&self, send: &[u8], receive: &mut [u8]) -> Result<()> {
        check_equal_gather(send.len(), receive.len(), self.size)?;
        match self.host.table.allgather {
            Some(_) if send.is_empty() => Ok(()),
            Some(allgather) if receive.len() <= self.limit => {
                self.traffic.add(send.len());
                let (from, into) = (send.as_ptr().cast::<c_void>(), receive.as_mut_ptr().cast::<c_void>());
                // SAFETY: `receive` holds one piece of `send.len()` bytes for each rank; both are borrowed.
                let code = unsafe { allgather(self.host.table.user, from, into, send.len() as i64) };
                self.outcome("allgather", code)
            }
            _ => {
                let counts = vec![send.len(); self.size];
                let displacements: Vec<usize> = (0..self.size).map(|r| r * send.len()).collect();
                self.allgatherv(send, receive, &counts, &displacements)
            }
        }
    }

    /// Where all pieces together pass the limit, each rank's is broadcast in turn: the counts are the same everywhere,
    /// so that all ranks choose alike.
    fn allgatherv(&self, send: &[u8], receive: &mut [u8], counts: &[usize], displacements: &[usize]) -> Result<()> {
        check_gather(send.len(), receive.len(), counts, displacements, self.rank, self.size)?;
        let total: usize = counts.iter().sum();
        if total == 0 {
            return Ok(());
        }
        if total > self.limit {
            receive[displacements[self.rank]..][..send.len()].copy_from_slice(send);
            return (0..self.size).try_for_each(|r| self.broadcast(&mut receive[displacements[r]..][..counts[r]], r));
        }
        if displacements.iter().any(|&d| d > self.limit) {
            return gather_packed(receive, counts, displacements, |packed, starts| {
                self.allgatherv(send, packed, counts, starts)
            });
        }
        let allgatherv = self.required(self.host.table.allgatherv, "allgatherv")?;
        self.traffic.add(send.len());
        let code = self.with_scratch(|scratch| {
            let [a, b, ..] = &mut scratch.numbers;
            let (counts, displacements) = (int64(counts, a), int64(displacements, b));
            let (from, into) = (send.as_ptr().cast::<c_void>(), receive.as_mut_ptr().cast::<c_void>());
            // SAFETY: `check_gather` keeps every part inside `receive`; one count and displacement for each rank.
            unsafe { allgatherv(self.host.table.user, from, send.len() as i64, into, counts, displacements) }
        });
        self.outcome("allgatherv", code)
    }

    fn alltoallv(
        &self,
        send: &[u8],
        send_counts: &[usize],
        send_displacements: &[usize],
        receive: &mut [u8],
        receive_counts: &[usize],
        receive_displacements: &[usize],
    ) -> Result<()> {
        let Some(alltoallv) = self.host.table.alltoallv.filter(|_| self.whole) else {
            let mut requests = self.with_scratch(|scratch| std::mem::take(&mut scratch.requests));
            let done = by_messages(
                self,
                send,
                send_counts,
                send_displacements,
                receive,
                receive_counts,
                receive_displacements,
                &mut requests,
            );
            self.with_scratch(|scratch| scratch.requests = requests);
            return done;
        };
        let (sent, received) = (send.len(), receive.len());
        check_exchange(
            (sent, send_counts, send_displacements),
            (received, receive_counts, receive_displacements),
            self.rank,
            self.size,
        )?;
        self.traffic.add(send_counts.iter().sum());
        let code = self.with_scratch(|scratch| {
            let [a, b, c, d] = &mut scratch.numbers;
            let (send_counts, send_displacements) = (int64(send_counts, a), int64(send_displacements, b));
            let (receive_counts, receive_displacements) = (int64(receive_counts, c), int64(receive_displacements, d));
            // SAFETY: `check_exchange` keeps every part inside its buffer; one count and displacement for each rank.
            unsafe {
                alltoallv(
                    self.host.table.user,
                    send.as_ptr().cast(),
                    send_counts,
                    send_displacements,
                    receive.as_mut_ptr().cast(),
                    receive_counts,
                    receive_displacements,
                )
            }
        });
        self.outcome("alltoallv", code)
    }

    fn barrier(&self) -> Result<()> {
        let Some(barrier) = self.host.table.barrier else {
            return self.allreduce(&mut [0u8; 4], Number::Int32, Combine::Sum);
        };
        self.traffic.add(0);
        // SAFETY: the host's own function with its own `user`.
        let code = unsafe { barrier(self.host.table.user) };
        self.outcome("barrier", code)
    }

    fn split(&self, colour: i32) -> Result<Arc<dyn Communicator>> {
        let Some(split) = self.host.table.split else {
            return Subgroup::new(Arc::new(self.clone()), colour);
        };
        let mut group = dlops_communicator_functions::default();
        // SAFETY: the host fills a table of the size written in it.
        let code = unsafe { split(self.host.table.user, colour, &mut group) };
        self.outcome("split", code)?;
        let (user, destroy) = (group.user, group.destroy);
        let adopted = Custom::adopt(group, self.traffic.clone());
        if let (Err(_), Some(destroy)) = (&adopted, destroy) {
            // SAFETY: the group was made for us, and nothing else knows it.
            unsafe { destroy(user) }
        }
        Ok(adopted?)
    }

    unsafe fn send(
        &self,
        pointer: *const u8,
        bytes: usize,
        peer: usize,
        tag: i32,
        requests: &mut Vec<Request>,
    ) -> Result<()> {
        check_peer("send", peer, self.size, tag)?;
        let send = self.required(self.host.table.send, "send")?;
        for (start, length) in pieces(bytes, self.limit) {
            let mut request = 0;
            self.traffic.add(length);
            // SAFETY: the caller keeps the whole buffer until the wait; the piece is inside it.
            let code = unsafe {
                let piece = pointer.add(start).cast();
                send(self.host.table.user, piece, length as i64, peer as i32, tag, &mut request)
            };
            self.outcome("send", code)?;
            requests.push(Request(request));
        }
        Ok(())
    }

    unsafe fn receive(
        &self,
        pointer: *mut u8,
        bytes: usize,
        peer: usize,
        tag: i32,
        requests: &mut Vec<Request>,
    ) -> Result<()> {
        check_peer("receive", peer, self.size, tag)?;
        let receive = self.required(self.host.table.receive, "receive")?;
        for (start, length) in pieces(bytes, self.limit) {
            let mut request = 0;
            // SAFETY: the caller keeps the whole buffer until the wait; the piece is inside it.
            let code = unsafe {
                let piece = pointer.add(start).cast();
                receive(self.host.table.user, piece, length as i64, peer as i32, tag, &mut request)
            };
            self.outcome("receive", code)?;
            requests.push(Request(request));
        }
        Ok(())
    }

    fn test(&self, requests: &mut [Request]) -> Result<()> {
        let Some(test) = self.host.table.test.filter(|_| !requests.is_empty()) else { return Ok(()) };
        let code = self.with_scratch(|scratch| {
            let handles = &mut scratch.handles;
            handles.clear();
            handles.extend(requests.iter().map(|r| r.0));
            // SAFETY: `handles` holds as many requests as said.
            let code = unsafe { test(self.host.table.user, handles.len() as i64, handles.as_mut_ptr()) };
            requests.iter_mut().zip(handles).for_each(|(r, &mut h)| r.0 = h);
            code
        });
        self.outcome("test", code)
    }

    fn wait(&self, requests: &mut Vec<Request>) -> Result<()> {
        if requests.is_empty() {
            return Ok(());
        }
        let wait = self.required(self.host.table.wait, "wait")?;
        let code = self.with_scratch(|scratch| {
            let handles = &mut scratch.handles;
            handles.clear();
            handles.extend(requests.drain(..).map(|r| r.0));
            // SAFETY: `handles` holds as many requests as said.
            unsafe { wait(self.host.table.user, handles.len() as i64, handles.as_mut_ptr()) }
        });
        self.outcome("wait", code)
    }

    fn open(&self, path: &str, create: bool) -> Result<Box<dyn SharedFile>> {
        PlainFile::open(Arc::new(self.clone()), path, create)
    }
}

#[cfg(test)]
#[path = "custom_tests.rs"]
mod tests;
