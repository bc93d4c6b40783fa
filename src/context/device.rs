//! The device of a context: which one, and in which order it works.

use crate::comm::Communicator;
use crate::device::{Allocator, Device, Stream};
use crate::error::Result;
use std::ffi::c_void;
use std::sync::Arc;

/// What a host asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceChoice {
    /// `None`: by the rank among those of its machine, modulo the number of devices.
    pub ordinal: Option<usize>,
    pub stream: StreamChoice,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamChoice {
    /// One of the library's own.
    Own,
    /// The host's.
    Host(HostStream),
}

/// A cudaStream_t of the host; NULL is the legacy default stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostStream(usize);

impl HostStream {
    /// # Safety
    /// The stream lives until the context and everything made on it is destroyed.
    pub unsafe fn new(raw: *mut c_void) -> HostStream {
        HostStream(raw as usize)
    }
}

/// The stream that a rank works on. Collective where the device is chosen by rank.
pub(super) fn open(choice: DeviceChoice, allocator: Option<Allocator>, comm: &dyn Communicator) -> Result<Arc<Stream>> {
    let ordinal = match choice.ordinal {
        Some(ordinal) => Ok(ordinal),
        // Every rank takes part, also one that sees no device.
        None => comm.local_rank().and_then(|rank| Ok(rank % Device::count()?.max(1))),
    };
    let device = Device::open(ordinal?)?;
    let stream = match choice.stream {
        StreamChoice::Own => Stream::new(&device),
        // SAFETY: whoever made the HostStream vouched for it.
        StreamChoice::Host(stream) => unsafe { Stream::borrow(&device, stream.0 as *mut c_void) },
    }?;
    if let Some(allocator) = allocator {
        stream.set_allocator(allocator);
    }
    Ok(stream)
}
