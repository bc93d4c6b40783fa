//! A shared file through the operating system: every rank opens the same path.

use super::{agree, Communicator, SharedFile};
use crate::error::{Error, Result, Status};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// A file that each rank reads and writes by position; the ranks only agree on the outcome.
pub struct PlainFile {
    comm: Arc<dyn Communicator>,
    file: File,
    path: String,
}

impl PlainFile {
    /// Collective. With `create` rank 0 makes or truncates the file before the others open it.
    pub fn open(comm: Arc<dyn Communicator>, path: &str, create: bool) -> Result<Box<dyn SharedFile>> {
        let first = match create && comm.rank() == 0 {
            true => OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path).map(Some),
            false => Ok(None),
        };
        let first = if create { agree(&*comm, first.map_err(|e| io_error("create", path, &e)))? } else { None };
        let opened = match first {
            Some(file) => Ok(file),
            None => OpenOptions::new().read(true).write(create).open(path).and_then(refuse_directory),
        };
        let file = agree(&*comm, opened.map_err(|e| io_error("open", path, &e)))?;
        Ok(Box::new(PlainFile { comm, file, path: path.to_string() }))
    }
}

/// A directory opens for reading and fails only later, with a worse message.
pub(super) fn refuse_directory(file: File) -> std::io::Result<File> {
    if file.metadata()?.is_dir() {
        return Err(std::io::Error::new(std::io::ErrorKind::IsADirectory, "is a directory"));
    }
    Ok(file)
}

pub(super) fn io_error(verb: &str, path: &str, error: &std::io::Error) -> Error {
    Error::new(Status::Io, format!("cannot {verb} '{path}': {error}"))
}

/// The error of a read beyond the end.
pub(super) fn short_read(path: &str, offset: u64, bytes: usize, size: u64) -> Error {
    Error::new(
        Status::Io,
        format!("cannot read '{path}': {bytes} bytes at offset {offset} asked for, the file has {size} bytes"),
    )
}

impl SharedFile for PlainFile {
    fn size(&self) -> Result<u64> {
        self.file.metadata().map(|m| m.len()).map_err(|e| io_error("read the size of", &self.path, &e))
    }

    fn read_at_all(&mut self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let read = match self.file.read_exact_at(buffer, offset) {
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
                self.size().and_then(|size| Err(short_read(&self.path, offset, buffer.len(), size)))
            }
            other => other.map_err(|e| io_error("read", &self.path, &e)),
        };
        agree(&*self.comm, read)
    }

    fn write_at_all(&mut self, offset: u64, buffer: &[u8]) -> Result<()> {
        let written = self.file.write_all_at(buffer, offset).map_err(|e| io_error("write", &self.path, &e));
        agree(&*self.comm, written)
    }

    fn close(self: Box<Self>) -> Result<()> {
        let PlainFile { comm, file, .. } = *self;
        drop(file);
        agree(&*comm, Ok(()))
    }
}
