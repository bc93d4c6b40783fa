//! Device arrays where only the host can do the work: files, other ranks' memory, what is done once.

use super::array::Array;
use super::space::Space;
use super::verbs;
use crate::error::Result;
use crate::storage::Memory;

/// What the work does with the elements.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Reads,
    Writes,
}

/// Does the work on `x` itself, or on a copy in host memory where any of it is on the device. Ranks may meet in the work:
/// it begins when all of them have their copy. Collective where x is on a device.
pub(crate) fn on_host<R>(x: &Array, usage: Use, work: impl FnOnce(&Array) -> Result<R>) -> Result<R> {
    if !x.space().is_on_device() {
        return work(x);
    }
    let context = x.space().context();
    let twin = context.agree(match usage {
        Use::Reads => x.host_copy(),
        Use::Writes => x.space().with_memory(Memory::Host).and_then(|space| Array::new(&space)),
    })?;
    let done = work(&twin)?;
    match usage {
        Use::Reads => Ok(done),
        Use::Writes => context.agree(verbs::copy(&twin, x)).map(|()| done),
    }
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
