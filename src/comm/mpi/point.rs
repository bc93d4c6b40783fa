//! Messages between two ranks.

use super::error::check;
use super::handle::MpiCommunicator;
use super::lifetime::check_alive;
use crate::comm::exchange::check_peer;
use crate::comm::pieces::pieces;
use crate::comm::{Communicator, Request};
use crate::error::Result;
use mpi::ffi::{self, MPI_Request};
use std::ffi::c_int;

const _: () = assert!(size_of::<MPI_Request>() <= size_of::<u64>());

/// A handle is a pointer (Open MPI, the standard ABI) or an int (MPICH): its bytes, zero extended.
fn pack(handle: MPI_Request) -> Request {
    let mut bits = 0u64;
    // SAFETY: a handle has no padding and is at most eight bytes.
    unsafe { (&raw mut bits).cast::<MPI_Request>().write(handle) };
    Request(bits)
}

fn unpack(request: Request) -> MPI_Request {
    // SAFETY: the bytes that `pack` wrote.
    unsafe { (&raw const request.0).cast::<MPI_Request>().read() }
}

impl MpiCommunicator {
    /// # Safety
    /// As `Communicator::send`.
    pub(super) unsafe fn start_send(
        &self,
        pointer: *const u8,
        bytes: usize,
        peer: usize,
        tag: i32,
        requests: &mut Vec<Request>,
    ) -> Result<()> {
        check_peer("send", peer, self.size(), tag)?;
        check_alive()?;
        for (start, length) in pieces(bytes, self.limit) {
            self.traffic.add(length);
            // SAFETY: the caller keeps the whole buffer until the wait; the piece is inside it.
            unsafe {
                let mut handle = ffi::RSMPI_REQUEST_NULL;
                let (piece, byte) = (pointer.add(start).cast(), ffi::RSMPI_UINT8_T);
                let comm = self.node.comm;
                let code = ffi::MPI_Isend(piece, length as c_int, byte, peer as c_int, tag, comm, &mut handle);
                check(code, "MPI_Isend")?;
                requests.push(pack(handle));
            }
        }
        Ok(())
    }

    /// # Safety
    /// As `Communicator::receive`.
    pub(super) unsafe fn start_receive(
        &self,
        pointer: *mut u8,
        bytes: usize,
        peer: usize,
        tag: i32,
        requests: &mut Vec<Request>,
    ) -> Result<()> {
        check_peer("receive", peer, self.size(), tag)?;
        check_alive()?;
        for (start, length) in pieces(bytes, self.limit) {
            // SAFETY: the caller keeps the whole buffer until the wait; the piece is inside it.
            unsafe {
                let mut handle = ffi::RSMPI_REQUEST_NULL;
                let (piece, byte) = (pointer.add(start).cast(), ffi::RSMPI_UINT8_T);
                let comm = self.node.comm;
                let code = ffi::MPI_Irecv(piece, length as c_int, byte, peer as c_int, tag, comm, &mut handle);
                check(code, "MPI_Irecv")?;
                requests.push(pack(handle));
            }
        }
        Ok(())
    }

    /// Progress is global to MPI: the first message that is still under way is enough to make all move. A complete one
    /// becomes the null request, which is waited for at once.
    pub(super) fn test_all(&self, requests: &mut [Request]) -> Result<()> {
        if requests.is_empty() {
            return Ok(());
        }
        check_alive()?;
        for request in requests {
            let (mut handle, mut done): (MPI_Request, c_int) = (unpack(*request), 0);
            // SAFETY: a live handle of this communicator's messages, or the null one.
            let code = unsafe { ffi::MPI_Test(&mut handle, &mut done, ffi::RSMPI_STATUS_IGNORE) };
            *request = pack(handle);
            check(code, "MPI_Test")?;
            if done == 0 {
                break;
            }
        }
        Ok(())
    }

    /// One by one, all progressing during each wait: after a truncated message, MPI_Waitall of Open MPI 4.1 waits for ever.
    /// MPICH reports a failed message to the error handler of MPI_COMM_WORLD instead of our communicator's; where the
    /// host has left that at MPI_ERRORS_ARE_FATAL, MPICH ends the program before we can return the error.
    pub(super) fn wait_all(&self, requests: &mut Vec<Request>) -> Result<()> {
        let mut result = check_alive();
        if result.is_err() {
            requests.clear();
        }
        for request in requests.drain(..) {
            let mut handle = unpack(request);
            // SAFETY: a live handle of this communicator's messages, or the null one.
            let code = unsafe { ffi::MPI_Wait(&mut handle, ffi::RSMPI_STATUS_IGNORE) };
            result = result.and(check(code, "MPI_Wait"));
        }
        result
    }
}
