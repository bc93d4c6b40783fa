//! The communicator's calls over MPI. A group of one rank calls MPI for none of its collectives.

use super::error::check;
use super::handle::MpiCommunicator;
use super::lifetime::{check_alive, locked};
use super::version::in_place;
use crate::comm::exchange::{by_messages, check_equal_gather, check_gather, check_numbers, check_peer, gather_packed};
use crate::comm::pieces::pieces;
use crate::comm::{Combine, Communicator, Number, Request, SharedFile, Traffic};
use crate::error::Result;
use mpi::ffi::{self, MPI_Datatype, MPI_Op};
use std::ffi::{c_int, c_void};
use std::sync::Arc;

fn datatype(number: Number) -> MPI_Datatype {
    // SAFETY: constants of the linked MPI.
    unsafe {
        match number {
            Number::Float32 => ffi::RSMPI_FLOAT,
            Number::Float64 => ffi::RSMPI_DOUBLE,
            Number::Int32 => ffi::RSMPI_INT32_T,
            Number::Int64 => ffi::RSMPI_INT64_T,
        }
    }
}

fn operation(combine: Combine) -> MPI_Op {
    // SAFETY: constants of the linked MPI.
    unsafe {
        match combine {
            Combine::Sum => ffi::RSMPI_SUM,
            Combine::Min => ffi::RSMPI_MIN,
            Combine::Max => ffi::RSMPI_MAX,
        }
    }
}

impl Communicator for MpiCommunicator {
    fn rank(&self) -> usize {
        self.node.rank
    }

    fn size(&self) -> usize {
        self.node.size
    }

    fn traffic(&self) -> &Arc<Traffic> {
        &self.traffic
    }

    fn allreduce(&self, buffer: &mut [u8], number: Number, combine: Combine) -> Result<()> {
        let count = check_numbers(buffer.len(), number)?;
        if self.size() == 1 {
            return Ok(());
        }
        check_alive()?;
        let width = number.size();
        for (start, length) in pieces(count, self.limit) {
            let part = &mut buffer[start * width..][..length * width];
            self.traffic.add(part.len());
            let (into, kind, how) = (part.as_mut_ptr().cast::<c_void>(), datatype(number), operation(combine));
            // SAFETY: `length` numbers, borrowed; a live communicator.
            let code = unsafe { ffi::MPI_Allreduce(in_place(), into, length as c_int, kind, how, self.node.comm) };
            check(code, "MPI_Allreduce")?;
        }
        Ok(())
    }

    fn broadcast(&self, buffer: &mut [u8], root: usize) -> Result<()> {
        check_peer("broadcast", root, self.size(), 0)?;
        if self.size() == 1 {
            return Ok(());
        }
        check_alive()?;
        for (start, length) in pieces(buffer.len(), self.limit) {
            self.traffic.add(if root == self.rank() { length } else { 0 });
            let part = buffer[start..].as_mut_ptr().cast::<c_void>();
            // SAFETY: `length` bytes from `part` are inside the buffer, borrowed; a live communicator.
            let code =
                unsafe { ffi::MPI_Bcast(part, length as c_int, ffi::RSMPI_UINT8_T, root as c_int, self.node.comm) };
            check(code, "MPI_Bcast")?;
        }
        Ok(())
    }

    /// Above the limit in all, each rank's piece is broadcast in turn; all ranks know the total and choose alike.
    fn allgather(&self, send: &[u8], receive: &mut [u8]) -> Result<()> {
        check_equal_gather(send.len(), receive.len(), self.size())?;
        let length = send.len();
        if receive.len() > self.limit || self.size() == 1 {
            receive[self.rank() * length..][..length].copy_from_slice(send);
            return (0..self.size()).try_for_each(|r| self.broadcast(&mut receive[r * length..][..length], r));
        }
        if send.is_empty() {
            return Ok(());
        }
        check_alive()?;
        self.traffic.add(length);
        let (from, into) = (send.as_ptr().cast::<c_void>(), receive.as_mut_ptr().cast::<c_void>());
        // SAFETY: `receive` holds `length` bytes for each rank; a live communicator.
        let code = unsafe {
            let (count, byte) = (length as c_int, ffi::RSMPI_UINT8_T);
            ffi::MPI_Allgather(from, count, byte, into, count, byte, self.node.comm)
        };
        check(code, "MPI_Allgather")
    }

    /// As `allgather` above the limit: the counts, and so the choice, are the same on all ranks.
    fn allgatherv(&self, send: &[u8], receive: &mut [u8], counts: &[usize], displacements: &[usize]) -> Result<()> {
        check_gather(send.len(), receive.len(), counts, displacements, self.rank(), self.size())?;
        let total: usize = counts.iter().sum();
        if total > self.limit || self.size() == 1 {
            receive[displacements[self.rank()]..][..send.len()].copy_from_slice(send);
            return (0..self.size()).try_for_each(|r| self.broadcast(&mut receive[displacements[r]..][..counts[r]], r));
        }
        if total == 0 {
            return Ok(());
        }
        if displacements.iter().any(|&d| d > self.limit) {
            return gather_packed(receive, counts, displacements, |packed, starts| {
                self.allgatherv(send, packed, counts, starts)
            });
        }
        check_alive()?;
        self.traffic.add(send.len());
        let mut scratch = locked(&self.scratch);
        let [int_counts, int_displacements] = &mut scratch.integers;
        for (values, integers) in [(counts, &mut *int_counts), (displacements, &mut *int_displacements)] {
            integers.clear();
            integers.extend(values.iter().map(|&v| v as c_int));
        }
        // SAFETY: `check_gather` keeps every part inside `receive`; one count and displacement for each rank.
        let code = unsafe {
            ffi::MPI_Allgatherv(
                send.as_ptr().cast(),
                send.len() as c_int,
                ffi::RSMPI_UINT8_T,
                receive.as_mut_ptr().cast(),
                int_counts.as_ptr(),
                int_displacements.as_ptr(),
                ffi::RSMPI_UINT8_T,
                self.node.comm,
            )
        };
        check(code, "MPI_Allgatherv")
    }

    /// By messages: no count or displacement is an int, empty parts cost nothing, and nothing has to be agreed, since
    /// both ends of a message know its length.
    fn alltoallv(
        &self,
        send: &[u8],
        send_counts: &[usize],
        send_displacements: &[usize],
        receive: &mut [u8],
        receive_counts: &[usize],
        receive_displacements: &[usize],
    ) -> Result<()> {
        let mut requests = std::mem::take(&mut locked(&self.scratch).exchange);
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
        locked(&self.scratch).exchange = requests;
        done
    }

    fn barrier(&self) -> Result<()> {
        if self.size() == 1 {
            return Ok(());
        }
        check_alive()?;
        self.traffic.add(0);
        // SAFETY: a live communicator.
        check(unsafe { ffi::MPI_Barrier(self.node.comm) }, "MPI_Barrier")
    }

    fn check_thread(&self) -> Result<()> {
        self.thread_may_call()
    }

    fn takes_device_memory(&self) -> Result<bool> {
        super::device_memory::takes_device_memory()
    }

    fn local_rank(&self) -> Result<usize> {
        self.rank_of_machine()
    }

    fn split(&self, colour: i32) -> Result<Arc<dyn Communicator>> {
        self.group(colour)
    }

    unsafe fn send(
        &self,
        pointer: *const u8,
        bytes: usize,
        peer: usize,
        tag: i32,
        requests: &mut Vec<Request>,
    ) -> Result<()> {
        // SAFETY: the caller's promise is passed on.
        unsafe { self.start_send(pointer, bytes, peer, tag, requests) }
    }

    unsafe fn receive(
        &self,
        pointer: *mut u8,
        bytes: usize,
        peer: usize,
        tag: i32,
        requests: &mut Vec<Request>,
    ) -> Result<()> {
        // SAFETY: the caller's promise is passed on.
        unsafe { self.start_receive(pointer, bytes, peer, tag, requests) }
    }

    fn test(&self, requests: &mut [Request]) -> Result<()> {
        self.test_all(requests)
    }

    fn wait(&self, requests: &mut Vec<Request>) -> Result<()> {
        self.wait_all(requests)
    }

    fn open(&self, path: &str, create: bool) -> Result<Box<dyn SharedFile>> {
        self.open_file(path, create)
    }
}
