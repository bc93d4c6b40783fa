//! Memory of arrays.

mod host_memory;

pub use host_memory::HostMemory;

/// Where the elements of an array live. The numbers are part of the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Memory {
    Host = 1,
    /// Memory of a CUDA device.
    Cuda = 2,
}
