//! Memory of arrays.

mod host_memory;

pub use host_memory::HostMemory;
