//! Memory that planned work takes its buffers from: counted while the work is planned, there when it is done, and either
//! the library's own or lent by the host.

use super::memory::Block;
use super::placement;
use crate::context::Context;
use crate::error::Result;
use crate::fail;
use crate::storage::Memory;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Rooms start at multiples of it: two lines of a cache, and what a device allocates by.
const ROOM_ALIGNMENT: usize = 256;

/// What lent memory is aligned to: the largest element.
pub const LENT_ALIGNMENT: usize = 16;

/// A shared handle; clones are the same workspace. Rooms are taken while work is planned; `allocate` or `lend` then gives
/// them addresses, again and again where the memory is to change.
#[derive(Clone)]
pub struct Workspace(Arc<Inner>);

struct Inner {
    context: Context,
    memory: Memory,
    state: Mutex<State>,
    base: AtomicPtr<u8>,
}

#[derive(Default)]
struct State {
    /// Where the next room starts, and the end of the last one so far.
    position: usize,
    end: usize,
    block: Option<Block>,
}

/// A part of a workspace.
#[derive(Clone)]
pub struct Room {
    workspace: Workspace,
    offset: usize,
    bytes: usize,
}

impl Workspace {
    /// Without rooms, in the host's or the device's memory. Local.
    pub fn new(context: &Context, memory: Memory) -> Workspace {
        Workspace(Arc::new(Inner {
            context: context.clone(),
            memory,
            state: Mutex::default(),
            base: AtomicPtr::new(std::ptr::null_mut()),
        }))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A room of its own.
    pub fn take(&self, bytes: usize) -> Result<Room> {
        let mut state = self.state();
        let offset = state.position;
        let next = offset.checked_add(bytes).and_then(|end| end.checked_next_multiple_of(ROOM_ALIGNMENT));
        let Some(next) = next.filter(|n| *n <= isize::MAX as usize) else {
            fail!(Memory, "a workspace of {offset} and {bytes} more bytes exceeds the address space")
        };
        state.position = next;
        state.end = state.end.max(next);
        Ok(Room { workspace: self.clone(), offset, bytes })
    }

    /// Where the next room will start.
    pub fn position(&self) -> usize {
        self.state().position
    }

    /// Rooms taken from now on share memory with those taken since `position` was what it is given as: for work that is
    /// done one after another.
    pub fn rewind(&self, position: usize) {
        self.state().position = position;
    }

    /// Rooms taken from now on share memory with none so far.
    pub fn skip_to_end(&self) {
        let mut state = self.state();
        state.position = state.end;
    }

    /// What all rooms take.
    pub fn bytes(&self) -> usize {
        self.state().end
    }

    /// Where its memory lies.
    pub fn memory(&self) -> Memory {
        self.0.memory
    }

    /// Gives the rooms memory of the library's own. Local.
    pub fn allocate(&self) -> Result<()> {
        let bytes = self.bytes();
        let block = match self.memory() {
            Memory::Host => Block::allocate(bytes)?,
            Memory::Cuda => Block::allocate_on(self.0.context.device_stream()?, bytes)?,
        };
        self.place(block);
        Ok(())
    }

    /// Gives the rooms memory of the host. Local.
    ///
    /// # Safety
    /// `pointer..pointer + bytes` is valid for reads and writes until the workspace has other memory or is gone, and used
    /// by nobody else while work that is planned here is done.
    ///
    /// # Errors
    /// `Argument`: too small, not aligned to [`LENT_ALIGNMENT`], or not in the workspace's memory.
    pub unsafe fn lend(&self, pointer: *mut u8, bytes: usize) -> Result<()> {
        let needed = self.bytes();
        if bytes < needed {
            fail!(Argument, "the workspace has {bytes} bytes, and {needed} are needed");
        }
        if !(pointer as usize).is_multiple_of(LENT_ALIGNMENT) {
            fail!(Argument, "the workspace at {pointer:p} is not aligned to {LENT_ALIGNMENT} bytes");
        }
        if needed > 0 {
            placement::check((&self.0.context, self.memory()), &"the workspace", pointer, needed)?;
        }
        // SAFETY: the caller vouches for the memory.
        self.place(unsafe { Block::borrow(self.memory(), pointer, needed, None) });
        Ok(())
    }

    fn place(&self, block: Block) {
        self.0.base.store(block.pointer(), Ordering::Release);
        self.state().block = Some(block);
    }

    /// Gives its memory back; the rooms have no addresses until there is other memory. Local.
    pub fn release(&self) {
        self.0.base.store(std::ptr::null_mut(), Ordering::Release);
        self.state().block = None;
    }
}

impl Room {
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Its address in the workspace's present memory, the host's or the device's.
    pub fn pointer(&self) -> *mut u8 {
        self.workspace.0.base.load(Ordering::Acquire).wrapping_add(self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::ContextOptions;
    use crate::error::Status;

    fn workspace() -> Workspace {
        let context = Context::solo(ContextOptions::default()).expect("a context");
        Workspace::new(&context, Memory::Host)
    }

    #[test]
    fn rooms_are_apart_unless_the_workspace_was_rewound() {
        let work = workspace();
        let first = work.take(10).expect("room");
        let mark = work.position();
        let (long, short);
        long = work.take(1000).expect("room");
        work.rewind(mark);
        short = work.take(1).expect("room");
        work.skip_to_end();
        let last = work.take(8).expect("room");
        work.allocate().expect("memory");
        let at = |room: &Room| room.pointer() as usize - first.pointer() as usize;
        assert_eq!([at(&long), at(&short), at(&last), work.bytes()], [256, 256, 1280, 1536]);
        assert_eq!(first.pointer() as usize % 64, 0);
    }

    #[test]
    fn lent_memory_is_judged() {
        let work = workspace();
        let room = work.take(100).expect("room");
        let mut memory = vec![0u128; 32];
        let pointer = memory.as_mut_ptr().cast::<u8>();
        // SAFETY: the memory outlives the workspace's use of it.
        let lend = |offset: usize, bytes: usize| unsafe { work.lend(pointer.wrapping_add(offset), bytes) };
        assert_eq!(lend(0, 255).expect_err("too small").status, Status::Argument);
        assert_eq!(lend(8, 300).expect_err("not aligned").status, Status::Argument);
        lend(16, 256).expect("enough");
        assert_eq!(room.pointer(), pointer.wrapping_add(16));
        work.allocate().expect("memory of its own");
        assert_ne!(room.pointer(), pointer.wrapping_add(16));
        assert_eq!(work.take(isize::MAX as usize).err().expect("too much").status, Status::Memory);
    }
}
