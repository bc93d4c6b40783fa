//! Messages between two ranks.

use super::error::{check, text, SUCCESS};
use super::handle::MpiCommunicator;
use super::lifetime::{check_alive, locked};
use crate::comm::exchange::check_peer;
use crate::comm::pieces::pieces;
use crate::comm::{Communicator, Request};
use crate::error::{Error, Result, Status};
use mpi::ffi::{self, MPI_Request, MPI_Status};
use std::ffi::c_int;

/// Arrays for calls of MPI, kept so that repeated calls allocate nothing.
#[derive(Default)]
pub(super) struct Scratch {
    pub integers: [Vec<c_int>; 2],
    pub exchange: Vec<Request>,
    handles: Vec<MPI_Request>,
    statuses: Vec<MPI_Status>,
}

// SAFETY: handles are left in it between calls but never used again.
unsafe impl Send for Scratch {}

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

    /// MPI_Testall leaves every handle as it is until all are complete, and then makes all of them null: written back,
    /// they are waited for at once.
    pub(super) fn test_all(&self, requests: &mut [Request]) -> Result<()> {
        if requests.is_empty() {
            return Ok(());
        }
        check_alive()?;
        let mut scratch = locked(&self.scratch);
        let handles = &mut scratch.handles;
        handles.clear();
        handles.extend(requests.iter().map(|&r| unpack(r)));
        let mut done: c_int = 0;
        // SAFETY: as many handles as said, all of this communicator's messages.
        let code = unsafe {
            let count = handles.len() as c_int;
            ffi::MPI_Testall(count, handles.as_mut_ptr(), &mut done, ffi::RSMPI_STATUSES_IGNORE)
        };
        requests.iter_mut().zip(handles).for_each(|(r, &mut h)| *r = pack(h));
        check(code, "MPI_Testall")
    }

    pub(super) fn wait_all(&self, requests: &mut Vec<Request>) -> Result<()> {
        if requests.is_empty() {
            return Ok(());
        }
        if let Err(error) = check_alive() {
            requests.clear();
            return Err(error);
        }
        let mut scratch = locked(&self.scratch);
        let Scratch { handles, statuses, .. } = &mut *scratch;
        handles.clear();
        handles.extend(requests.drain(..).map(unpack));
        // SAFETY: MPI_Status is a C struct of integers.
        statuses.resize(handles.len(), unsafe { std::mem::zeroed() });
        statuses.iter_mut().for_each(|s| s.MPI_ERROR = SUCCESS);
        // SAFETY: as many handles and statuses as said, all of this communicator's messages.
        let code = unsafe { ffi::MPI_Waitall(handles.len() as c_int, handles.as_mut_ptr(), statuses.as_mut_ptr()) };
        if code == SUCCESS {
            return Ok(());
        }
        // The cause is in a status; the other messages may still be under way.
        let pending = ffi::MPI_ERR_PENDING as c_int;
        let cause = statuses.iter().map(|s| s.MPI_ERROR).find(|&e| e != SUCCESS && e != pending).unwrap_or(code);
        for handle in handles.iter_mut() {
            // SAFETY: a live handle or the null one.
            unsafe { ffi::MPI_Wait(handle, ffi::RSMPI_STATUS_IGNORE) };
        }
        Err(Error::new(Status::Mpi, format!("MPI_Waitall failed: {}", text(cause))))
    }
}
