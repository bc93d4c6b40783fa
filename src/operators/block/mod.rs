//! Operators made of blocks: of this rank's local operators over the ranks, or of distributed ones over product spaces.

mod block_diag;
mod hstack;
mod local_blocks;
mod replicated;
mod sides;
mod stacked;
mod vstack;

pub use block_diag::block_diag;
pub use hstack::hstack;
pub use replicated::replicated;
pub use stacked::{block, stacked_block_diag, stacked_hstack, stacked_vstack};
pub use vstack::vstack;
