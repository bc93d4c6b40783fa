//! Page-locked memory through which the host changes what lies on a device.

use super::pinned::PinnedMemory;
use super::stream::Stream;
use crate::error::Result;
use std::sync::{Arc, Mutex, PoisonError};

/// A block that is kept from one use to the next, and grows when one needs more.
#[derive(Default)]
pub struct Staging(Mutex<Option<PinnedMemory>>);

impl Staging {
    /// Makes sure that `bytes` bytes are there, so that `change` allocates nothing.
    pub fn prepare(&self, stream: &Arc<Stream>, bytes: usize) -> Result<()> {
        let mut block = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if block.as_ref().is_none_or(|b| b.bytes() < bytes) {
            *block = Some(PinnedMemory::new(stream, bytes)?);
        }
        Ok(())
    }

    /// Brings bytes of the device here, lets `work` change them, and puts them back, in the order of the stream; waits
    /// for what is on the stream before `work`. `work` is called in any case, with all bits set (NaN) where the bytes
    /// could not be brought, so that it may hold this rank's part of a collective call.
    ///
    /// # Safety
    /// `pointer` holds `bytes` bytes of the stream's device.
    pub unsafe fn change(
        &self,
        stream: &Arc<Stream>,
        pointer: u64,
        bytes: usize,
        work: impl FnOnce(&mut [u8]) -> Result<()>,
    ) -> Result<()> {
        if let Err(error) = self.prepare(stream, bytes) {
            return work(&mut vec![0xff; bytes]).and(Err(error));
        }
        let block = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = block.as_ref().map_or(std::ptr::null_mut(), PinnedMemory::pointer);
        // SAFETY: both sides hold as many bytes, and the stream is waited for: also for the last copy out of the block.
        let brought = unsafe { stream.copy_out(room, pointer, bytes) }.and_then(|()| stream.synchronize());
        // SAFETY: the block holds at least as many initialised bytes, and nothing else uses them under the lock.
        let here = unsafe { std::slice::from_raw_parts_mut(room, bytes) };
        if brought.is_err() {
            here.fill(0xff);
        }
        let worked = work(here);
        brought.and(worked)?;
        // SAFETY: as above; the block is left alone until a later call has waited for the stream.
        unsafe { stream.copy_in(pointer, room, bytes) }
    }
}
