//! Memory that all ranks allocate together, of one size.

use super::Context;
use crate::comm::Combine;
use crate::device::DeviceMemory;
use crate::error::Result;
use crate::fail;
use crate::storage::{HostMemory, Memory};
use std::sync::PoisonError;

/// What was allocated on this rank, until it is freed or the context goes.
pub(super) enum Symmetric {
    Host(HostMemory),
    Device(DeviceMemory),
}

impl Symmetric {
    fn address(&mut self) -> usize {
        match self {
            Symmetric::Host(memory) => memory.as_mut_ptr() as usize,
            Symmetric::Device(memory) => memory.pointer() as usize,
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Symmetric::Host(memory) => memory.bytes(),
            Symmetric::Device(memory) => memory.bytes(),
        }
    }
}

impl Context {
    /// Memory of `bytes` bytes on every rank, or where `pad` of as many as the largest of them; aligned to 64 bytes or more, and
    /// usable on any stream. It is the caller's until `symmetric_free`, or until the context goes. Collective.
    ///
    /// # Errors
    /// `Argument`: the ranks ask for different numbers of bytes and not `pad`, or all for none. `Unsupported`: device memory in
    /// a context without a device. `Memory`.
    pub fn symmetric_allocate(&self, bytes: usize, memory: Memory, pad: bool) -> Result<*mut u8> {
        let valid = || match i64::try_from(bytes) {
            Err(_) => fail!(Memory, "{bytes} bytes exceed the address space"),
            Ok(_) if memory == Memory::Cuda && self.stream().is_none() => {
                fail!(Unsupported, "memory is DLOPS_CUDA, but the context was made without a device")
            }
            Ok(bytes) => Ok(bytes),
        };
        let wanted = self.agree_on(valid(), &format_args!("symmetric memory, {memory:?}, padded {pad}"))?;
        // The smallest, and what the largest is to -1 - n.
        let mut sizes = [wanted, !wanted];
        self.comm().allreduce_i64(&mut sizes, Combine::Min)?;
        let (least, most) = (sizes[0], !sizes[1]);
        if most == 0 {
            fail!(Argument, "symmetric memory of 0 bytes on every rank");
        }
        if least != most && !pad {
            fail!(
                Argument,
                "the ranks ask for {least} to {most} bytes of symmetric memory, expected one size on all; ask to pad it to \
                 the largest"
            );
        }
        let allocate = || match memory {
            Memory::Host => Ok(Symmetric::Host(HostMemory::new(most as usize)?)),
            Memory::Cuda => {
                let stream = self.device_stream()?;
                let block = DeviceMemory::new(stream, most as usize)?;
                stream.synchronize()?;
                Ok(Symmetric::Device(block))
            }
        };
        let mut made = self.agree(allocate())?;
        let address = made.address();
        self.symmetric().insert(address, made);
        Ok(address as *mut u8)
    }

    /// Bytes of symmetric memory that starts at `pointer`. Local.
    ///
    /// # Errors
    /// `Argument`: none does.
    pub fn symmetric_bytes(&self, pointer: *const u8) -> Result<usize> {
        match self.symmetric().get(&(pointer as usize)) {
            Some(block) => Ok(block.bytes()),
            None => fail!(Argument, "{pointer:p} is no symmetric memory of this context, or was freed"),
        }
    }

    /// Frees symmetric memory; on a device in the order of the context's stream. Collective.
    ///
    /// # Errors
    /// `Argument`: a rank's pointer is none, or was freed; nothing is freed then.
    pub fn symmetric_free(&self, pointer: *mut u8) -> Result<()> {
        self.agree(self.symmetric_bytes(pointer))?;
        self.symmetric().remove(&(pointer as usize));
        Ok(())
    }

    fn symmetric(&self) -> std::sync::MutexGuard<'_, std::collections::HashMap<usize, Symmetric>> {
        self.0.symmetric.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
