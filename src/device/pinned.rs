//! Page-locked host memory, which copies to and from a device pass without another buffer.

use super::device::Device;
use super::driver::check;
use crate::error::Result;
use cudarc::driver::sys;
use std::sync::Arc;

/// `bytes()` bytes of the host, valid on every device of the process.
pub struct PinnedMemory {
    device: Arc<Device>,
    pointer: *mut u8,
    bytes: usize,
}

// SAFETY: plain memory that is owned.
unsafe impl Send for PinnedMemory {}
// SAFETY: as above; writing needs `&mut self`, or the unsafe use of the pointer.
unsafe impl Sync for PinnedMemory {}

impl PinnedMemory {
    /// Zero bytes are allowed.
    pub fn new(device: &Arc<Device>, bytes: usize) -> Result<PinnedMemory> {
        let mut pointer = std::ptr::null_mut();
        if bytes > 0 {
            let _current = device.enter()?;
            // SAFETY: the driver writes one address; freed in `Drop`.
            check(unsafe { sys::cuMemHostAlloc(&mut pointer, bytes, sys::CU_MEMHOSTALLOC_PORTABLE) }, || {
                format!("{bytes} bytes of page-locked host memory")
            })?;
            // SAFETY: the block has as many bytes; zeroed, so that every element type finds valid values.
            unsafe { pointer.cast::<u8>().write_bytes(0, bytes) };
        }
        Ok(PinnedMemory { device: device.clone(), pointer: pointer.cast(), bytes })
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
        if let Ok(_current) = self.device.enter() {
            // SAFETY: allocated in `new`, freed once.
            let _ = unsafe { sys::cuMemFreeHost(self.pointer.cast()) };
        }
    }
}
