//! An owned block of device memory.

use super::stream::Stream;
use crate::error::Result;
use std::sync::Arc;

/// `bytes()` bytes of a device, aligned to 256, from its pool or the host's allocator. The contents of a fresh block are unspecified. It is
/// given back in the order of its stream: work that was put there before still finds it.
pub struct DeviceMemory {
    stream: Arc<Stream>,
    pointer: u64,
    bytes: usize,
}

impl DeviceMemory {
    /// Zero bytes are allowed. `Memory` when the device, or the pool's limit, has not that much.
    pub fn new(stream: &Arc<Stream>, bytes: usize) -> Result<DeviceMemory> {
        let pointer = match bytes {
            0 => 0,
            _ => {
                let _current = stream.device().enter()?;
                stream.device().pool.allocate(bytes, stream)?
            }
        };
        Ok(DeviceMemory { stream: stream.clone(), pointer, bytes })
    }

    /// The values, on the device when this returns.
    pub fn of<T: Copy>(stream: &Arc<Stream>, values: &[T]) -> Result<DeviceMemory> {
        let memory = DeviceMemory::new(stream, size_of_val(values))?;
        // SAFETY: both sides have as many bytes, and the stream is waited for.
        unsafe { stream.copy_in(memory.pointer, values.as_ptr().cast(), memory.bytes)? };
        stream.synchronize()?;
        Ok(memory)
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The device's address, 0 for an empty block.
    pub fn pointer(&self) -> u64 {
        self.pointer
    }

    pub fn stream(&self) -> &Arc<Stream> {
        &self.stream
    }
}

impl Drop for DeviceMemory {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        if let Ok(_current) = self.stream.device().enter() {
            self.stream.device().pool.free(self.pointer, self.bytes, &self.stream);
        }
    }
}
