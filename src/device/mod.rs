//! The GPU: driver, devices, streams, memory and compiled kernels, found at run time.
//!
//! Nothing here is linked: a machine without CUDA runs the same binary, and every entry answers `Unsupported` with
//! what was looked for. The caller's current CUDA context is after every call what it was before.

mod blas;
mod cubin_cache;
#[allow(clippy::module_inception)] // the noun of this room
mod device;
mod driver;
mod memory;
mod module;
mod nvrtc;
mod pinned;
mod pointer;
mod pool;
mod stream;

pub use blas::{Matrices, Products, Turn, Vector};
pub use device::{Current, Device};
pub use driver::available;
pub use memory::DeviceMemory;
pub use module::{Function, Source};
pub use nvrtc::Header;
pub use pinned::PinnedMemory;
pub use pointer::Owner;
pub use pool::PoolStatistics;
pub use stream::Stream;
