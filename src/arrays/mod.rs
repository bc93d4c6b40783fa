//! Spaces and their elements.

pub mod array;
mod box_exchange;
mod device_halo;
mod device_redistribute;
mod device_sums;
pub mod dlpack;
pub mod gather;
pub mod ghosts;
pub mod halo;
mod host_twin;
pub(crate) mod lane_copy;
pub mod local;
pub mod memory;
pub mod norms;
pub mod npy;
mod npy_header;
pub(crate) mod on_device;
pub(crate) mod parts;
pub mod peer_copy;
mod placement;
pub mod random;
pub(crate) mod rank_sum;
pub mod redistribute;
pub(crate) mod reduction;
pub mod reshape;
pub mod runs;
mod slabs;
pub mod space;
pub(crate) mod sums;
pub mod synchronize;
mod typed_sums;
pub mod verbs;
pub(crate) mod view;

pub use crate::storage::Memory;
pub use array::Array;
pub use space::Space;
