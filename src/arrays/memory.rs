//! The memory behind an array: owned or borrowed from the host, shared by views, guarded while the host holds it.

use crate::device::{DeviceMemory, PinnedMemory, Stream};
use crate::error::Result;
use crate::fail;
use crate::storage::{HostMemory, Memory};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::Arc;

/// What the host does with memory that it has acquired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Access {
    Read = 1,
    Write = 2,
    ReadWrite = 3,
}

/// Called once when the last array over borrowed memory is gone.
pub type Release = Box<dyn FnOnce() + Send>;

/// A block of bytes with a reader count. All arrays over it share the count, so a view locks its parent.
pub struct Block {
    pointer: *mut u8,
    bytes: usize,
    /// Readers holding it, or -1 for a writer.
    holders: AtomicI64,
    memory: Memory,
    read_only: bool,
    owned: Option<Owned>,
    release: Option<Release>,
}

/// Memory of the library's own, given back with the block.
#[allow(dead_code)] // held for its `Drop`
enum Owned {
    Host(HostMemory),
    Device(DeviceMemory),
    Pinned(PinnedMemory),
}

// SAFETY: the pointer stays valid for as long as the block, and a context's objects are used by one thread at a time.
unsafe impl Send for Block {}
// SAFETY: as above; concurrent getters read only the immutable fields and the atomic.
unsafe impl Sync for Block {}

impl Block {
    /// Memory of the library's own, aligned for vectors and huge pages.
    pub fn allocate(bytes: usize) -> Result<Block> {
        let mut memory = HostMemory::new(bytes)?;
        Ok(Block {
            pointer: memory.as_mut_ptr(),
            bytes,
            holders: AtomicI64::new(0),
            memory: Memory::Host,
            read_only: false,
            owned: Some(Owned::Host(memory)),
            release: None,
        })
    }

    /// Memory of the stream's device, valid for work put there from now on.
    pub fn allocate_on(stream: &Arc<Stream>, bytes: usize) -> Result<Block> {
        let memory = DeviceMemory::new(stream, bytes)?;
        Ok(Block {
            pointer: memory.pointer() as *mut u8,
            bytes,
            holders: AtomicI64::new(0),
            memory: Memory::Cuda,
            read_only: false,
            owned: Some(Owned::Device(memory)),
            release: None,
        })
    }

    /// Page-locked host memory, for copies to and from the stream's device that do not wait.
    pub fn allocate_pinned(stream: &Arc<Stream>, bytes: usize) -> Result<Block> {
        let memory = PinnedMemory::new(stream, bytes)?;
        Ok(Block {
            pointer: memory.pointer(),
            bytes,
            holders: AtomicI64::new(0),
            memory: Memory::Host,
            read_only: false,
            owned: Some(Owned::Pinned(memory)),
            release: None,
        })
    }

    /// Memory that the host keeps alive and in place until the last array over it is destroyed.
    ///
    /// # Safety
    /// `pointer..pointer + bytes` is valid for reads and writes, by whom the memory belongs to, until then.
    pub unsafe fn borrow(memory: Memory, pointer: *mut u8, bytes: usize, release: Option<Release>) -> Block {
        Block { pointer, bytes, holders: AtomicI64::new(0), memory, read_only: false, owned: None, release }
    }

    /// Whether arrays over it are refused where they would be written.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    pub(super) fn set_read_only(&mut self, read_only: bool) {
        self.read_only = read_only;
    }

    pub fn memory(&self) -> Memory {
        self.memory
    }

    pub fn pointer(&self) -> *mut u8 {
        self.pointer
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn is_owned(&self) -> bool {
        self.owned.is_some()
    }

    /// Takes the guard for the host: any number of readers, or one writer.
    pub fn acquire(&self, access: Access) -> Result<()> {
        if self.read_only && access != Access::Read {
            fail!(State, "the array is over read-only memory, so that it can be acquired for reading only");
        }
        let change = |holders: i64| match access {
            Access::Read if holders >= 0 => Some(holders + 1),
            Access::Write | Access::ReadWrite if holders == 0 => Some(-1),
            _ => None,
        };
        match self.holders.fetch_update(Ordering::AcqRel, Ordering::Acquire, change) {
            Ok(_) => Ok(()),
            Err(-1) => fail!(State, "the array is already acquired for writing"),
            Err(n) => {
                fail!(State, "the array is acquired for reading {n} times, so that it cannot be acquired for writing")
            }
        }
    }

    /// Gives one guard back.
    pub fn release(&self) -> Result<()> {
        let change = |holders: i64| match holders {
            0 => None,
            -1 => Some(0),
            n => Some(n - 1),
        };
        match self.holders.fetch_update(Ordering::AcqRel, Ordering::Acquire, change) {
            Ok(_) => Ok(()),
            Err(_) => fail!(State, "the array is not acquired"),
        }
    }

    /// An error while the host holds the memory in a way that the library's use would disturb.
    pub fn check_free(&self, who: &str, writing: bool) -> Result<()> {
        if self.read_only && writing {
            fail!(State, "{who} is over read-only memory and would be written");
        }
        match self.holders.load(Ordering::Acquire) {
            0 => Ok(()),
            -1 => fail!(State, "{who} is acquired for writing by the host; release it first"),
            _ if writing => {
                fail!(State, "{who} is acquired for reading by the host and would be written; release it first")
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if let Some(release) = self.release.take() {
            release();
        }
    }
}
