//! The GPU: driver, devices, streams, memory, compiled kernels and NCCL, found at run time.
//!
//! Nothing here is linked: a machine without CUDA runs the same binary, and every entry answers `Unsupported` with
//! what was looked for. The caller's current CUDA context is after every call what it was before.

mod allocator;
mod blas;
mod cubin_cache;
mod current;
#[allow(clippy::module_inception)] // the noun of this room
mod device;
mod driver;
mod event;
mod fft;
mod graph;
mod memory;
mod module;
mod nccl;
mod nccl_communicator;
mod nvrtc;
mod peer;
mod pinned;
mod pointer;
mod pool;
mod staging;
mod stream;

pub use allocator::{Allocate, Allocator, Deallocate};
pub use blas::{Matrices, Products, Turn, Vector};
pub use current::{current_device, pop_device, push_device, Current};
pub use device::Device;
pub use driver::available;
pub use event::Event;
pub use fft::{fft_available, Fft, FftKind, FftShape, FftSide};
pub use graph::Graph;
pub use memory::DeviceMemory;
pub use module::{Function, Source, Text};
pub use nccl::{nccl_is_off, UniqueId};
pub use nccl_communicator::{NcclCommunicator, Piece};
pub use nvrtc::Header;
pub use pinned::PinnedMemory;
pub use pointer::Owner;
pub use pool::PoolStatistics;
pub use staging::Staging;
pub use stream::{Redirected, Stream};
