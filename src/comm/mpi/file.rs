//! Shared files through MPI-IO.

use super::error::{text, SUCCESS};
use super::handle::MpiCommunicator;
use super::lifetime::{check_alive, locked};
use crate::comm::pieces::pieces;
use crate::comm::plain_file::{io_error, refuse_directory, short_read};
use crate::comm::{agree, Combine, Communicator, SharedFile};
use crate::error::{Error, Result, Status};
use mpi::ffi::{self, MPI_File, MPI_Offset, MPI_Status};
use std::ffi::{c_int, CString};

struct MpiFile {
    comm: MpiCommunicator,
    file: MPI_File,
    number: u64,
    path: String,
}

fn outcome(code: c_int, call: &str, verb: &str, path: &str) -> Result<()> {
    match code {
        SUCCESS => Ok(()),
        code => Err(Error::new(Status::Io, format!("cannot {verb} '{path}': {call}: {}", text(code)))),
    }
}

impl MpiCommunicator {
    /// Each rank first opens the file by the operating system, whose messages are better than MPI's and which leaves
    /// no rank waiting when only some can open it.
    pub(super) fn open_file(&self, path: &str, create: bool) -> Result<Box<dyn SharedFile>> {
        check_alive()?;
        self.close_dropped()?;
        let tried = match create {
            true if self.rank() == 0 => std::fs::File::create(path).map(drop),
            true => Ok(()),
            false => std::fs::File::open(path).and_then(refuse_directory).map(drop),
        };
        let verb = if create { "create" } else { "open" };
        let name = tried.map_err(|e| io_error(verb, path, &e)).and_then(|()| {
            CString::new(path).map_err(|_| Error::new(Status::Argument, format!("the path {path:?} holds a zero byte")))
        });
        let name = agree(self, name)?;
        let mode = if create { ffi::MPI_MODE_CREATE | ffi::MPI_MODE_RDWR } else { ffi::MPI_MODE_RDONLY };
        // SAFETY: a live communicator, a zero-terminated name; the handle is written on success.
        let (code, file) = unsafe {
            let mut file = ffi::RSMPI_FILE_NULL;
            let info = ffi::RSMPI_INFO_NULL;
            let code = ffi::MPI_File_open(self.node.comm, name.as_ptr(), mode as c_int, info, &mut file);
            if code == SUCCESS {
                ffi::MPI_File_set_errhandler(file, ffi::RSMPI_ERRORS_RETURN);
            }
            (code, file)
        };
        agree(self, outcome(code, "MPI_File_open", verb, path))?;
        let number = {
            let mut ledger = locked(&self.node.files);
            ledger.opened += 1;
            let number = ledger.opened;
            ledger.live.push((number, file, false));
            number
        };
        Ok(Box::new(MpiFile { comm: self.again(self.node.clone()), file, number, path: path.to_string() }))
    }

    /// Closes the files that all ranks have dropped. Collective; all ranks list the same files.
    fn close_dropped(&self) -> Result<()> {
        let mut dropped: Vec<i64> = locked(&self.node.files).live.iter().map(|f| f.2 as i64).collect();
        if dropped.is_empty() {
            return Ok(());
        }
        (self as &dyn Communicator).allreduce_i64(&mut dropped, Combine::Min)?;
        let mut dropped = dropped.into_iter();
        locked(&self.node.files).live.retain_mut(|(_, file, _)| {
            let close = dropped.next() == Some(1);
            if close {
                // SAFETY: a live file that nobody uses any more, on any rank.
                unsafe { ffi::MPI_File_close(file) };
            }
            !close
        });
        Ok(())
    }
}

impl MpiFile {
    /// One collective call for each of the rounds that the longest buffer of all ranks needs; `transfer` gets
    /// (offset, start, length) and may fail without ending the rounds. A rank that is not `ready` transfers nothing.
    fn rounds(
        &self,
        ready: Result<()>,
        offset: u64,
        bytes: usize,
        mut transfer: impl FnMut(u64, usize, c_int) -> Result<()>,
    ) -> Result<()> {
        check_alive()?;
        let bytes = if ready.is_ok() { bytes } else { 0 };
        let limit = self.comm.limit;
        let mut rounds = [bytes.div_ceil(limit) as i64];
        (&self.comm as &dyn Communicator).allreduce_i64(&mut rounds, Combine::Max)?;
        let mut mine = pieces(bytes, limit);
        let mut result = ready;
        for _ in 0..rounds[0] {
            let (start, length) = mine.next().unwrap_or((0, 0));
            let one = transfer(offset + start as u64, start, length as c_int);
            result = result.and(one);
        }
        agree(&self.comm, result)
    }
}

impl SharedFile for MpiFile {
    fn size(&self) -> Result<u64> {
        check_alive()?;
        let mut size: MPI_Offset = 0;
        // SAFETY: an open file.
        let code = unsafe { ffi::MPI_File_get_size(self.file, &mut size) };
        outcome(code, "MPI_File_get_size", "read the size of", &self.path)?;
        Ok(size as u64)
    }

    fn read_at_all(&mut self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let asked = buffer.len();
        let base = buffer.as_mut_ptr();
        // Open MPI's status counts what was asked for, not what was there: the size tells.
        let ready = self.size().and_then(|size| match asked > 0 && offset.saturating_add(asked as u64) > size {
            true => Err(short_read(&self.path, offset, asked, size)),
            false => Ok(()),
        });
        self.rounds(ready, offset, asked, |at, start, length| {
            let mut read: c_int = 0;
            // SAFETY: the piece is inside `buffer`, which stays borrowed; the status is a C struct of integers.
            let code = unsafe {
                let mut status: MPI_Status = std::mem::zeroed();
                let (into, byte) = (base.add(start).cast(), ffi::RSMPI_UINT8_T);
                let code = ffi::MPI_File_read_at_all(self.file, at as MPI_Offset, into, length, byte, &mut status);
                if code == SUCCESS {
                    ffi::MPI_Get_count(&status, byte, &mut read);
                }
                code
            };
            outcome(code, "MPI_File_read_at_all", "read", &self.path)?;
            if length > 0 && read != length {
                return Err(short_read(&self.path, offset, asked, self.size()?));
            }
            Ok(())
        })
    }

    fn write_at_all(&mut self, offset: u64, buffer: &[u8]) -> Result<()> {
        self.rounds(Ok(()), offset, buffer.len(), |at, start, length| {
            let mut written: c_int = 0;
            // SAFETY: the piece is inside `buffer`, which stays borrowed; the status is a C struct of integers.
            let code = unsafe {
                let mut status: MPI_Status = std::mem::zeroed();
                let (from, byte) = (buffer.as_ptr().add(start).cast(), ffi::RSMPI_UINT8_T);
                let code = ffi::MPI_File_write_at_all(self.file, at as MPI_Offset, from, length, byte, &mut status);
                if code == SUCCESS {
                    ffi::MPI_Get_count(&status, byte, &mut written);
                }
                code
            };
            outcome(code, "MPI_File_write_at_all", "write", &self.path)?;
            if length > 0 && written != length {
                let message = format!("cannot write '{}': {written} of {length} bytes at offset {at}", self.path);
                return Err(Error::new(Status::Io, message));
            }
            Ok(())
        })
    }

    fn close(self: Box<Self>) -> Result<()> {
        check_alive()?;
        let mut file = self.file;
        locked(&self.comm.node.files).live.retain(|f| f.0 != self.number);
        // SAFETY: an open file, closed once: it has left the ledger.
        let code = unsafe { ffi::MPI_File_close(&mut file) };
        agree(&self.comm, outcome(code, "MPI_File_close", "close", &self.path))
    }
}

impl Drop for MpiFile {
    fn drop(&mut self) {
        for entry in locked(&self.comm.node.files).live.iter_mut().filter(|f| f.0 == self.number) {
            entry.2 = true;
        }
    }
}
