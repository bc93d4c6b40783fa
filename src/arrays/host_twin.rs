//! Device arrays where only the host can do the work: files, other ranks' memory, what is done once.

use super::array::Array;
use super::space::Space;
use super::verbs;
use crate::error::Result;
use crate::storage::Memory;

/// What the work does with the elements.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Reads,
    Writes,
    Both,
}

/// Does the work on `x` itself, or on a copy in host memory where any of it is on the device. The work is done whatever
/// fails on this rank before, since ranks may meet in it; the first error is returned.
pub(super) fn on_host<R>(x: &Array, usage: Use, work: impl FnOnce(&Array) -> Result<R>) -> Result<R> {
    if !x.space().is_on_device() {
        return work(x);
    }
    let twin = Array::new(&x.space().with_memory(Memory::Host)?)?;
    let brought = if usage == Use::Writes { Ok(()) } else { verbs::copy(x, &twin) };
    let done = work(&twin)?;
    brought?;
    if usage != Use::Reads {
        verbs::copy(&twin, x)?;
    }
    Ok(done)
}

impl Array {
    /// A new array in host memory with the same elements; waits for the device. Local.
    pub fn host_copy(&self) -> Result<Array> {
        let twin = Array::new(&self.space().with_memory(Memory::Host)?)?;
        verbs::copy(self, &twin)?;
        Ok(twin)
    }
}

impl Space {
    /// Whether any component is in device memory.
    pub fn is_on_device(&self) -> bool {
        match self.components() {
            [] => self.memory() == Memory::Cuda,
            components => components.iter().any(Space::is_on_device),
        }
    }

    /// Whether all components are in device memory.
    pub(crate) fn lies_on_device(&self) -> bool {
        match self.components() {
            [] => self.memory() == Memory::Cuda,
            components => components.iter().all(Space::lies_on_device),
        }
    }
}
