//! Page-locked host memory, which copies to and from a device pass without another buffer.

use super::driver::check;
use super::stream::Stream;
use crate::error::Result;
use cudarc::driver::sys;
use std::sync::Arc;

/// `bytes()` bytes of the host, which copies on one stream read and write. Dropping it waits for them.
pub struct PinnedMemory {
    stream: Arc<Stream>,
    pointer: *mut u8,
    bytes: usize,
}

// SAFETY: plain memory that is owned.
unsafe impl Send for PinnedMemory {}
// SAFETY: as above; writing needs `&mut self`, or the unsafe use of the pointer.
unsafe impl Sync for PinnedMemory {}

impl PinnedMemory {
    /// Zero bytes are allowed.
    pub fn new(stream: &Arc<Stream>, bytes: usize) -> Result<PinnedMemory> {
        let mut pointer = std::ptr::null_mut();
        if bytes > 0 {
            let _current = stream.device().enter()?;
            // SAFETY: the driver writes one address; freed in `Drop`.
            check(unsafe { sys::cuMemHostAlloc(&mut pointer, bytes, sys::CU_MEMHOSTALLOC_PORTABLE) }, || {
                format!("{bytes} bytes of page-locked host memory")
            })?;
            // SAFETY: the block has as many bytes; zeroed, so that every element type finds valid values.
            unsafe { pointer.cast::<u8>().write_bytes(0, bytes) };
        }
        Ok(PinnedMemory { stream: stream.clone(), pointer: pointer.cast(), bytes })
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// NULL for an empty block.
    pub fn pointer(&self) -> *mut u8 {
        self.pointer
    }
}

impl Drop for PinnedMemory {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        // A copy that still waits on the stream would find freed memory; its error belongs to whoever asks for the result.
        let _ = self.stream.synchronize();
        if let Ok(_current) = self.stream.device().enter() {
            // SAFETY: allocated in `new`, freed once.
            let _ = unsafe { sys::cuMemFreeHost(self.pointer.cast()) };
        }
    }
}
