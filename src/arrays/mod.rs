//! Spaces and their elements.

pub mod array;
pub mod memory;
pub mod reduction;
pub mod runs;
pub mod space;
pub mod verbs;

pub use array::Array;
pub use space::{Memory, Space};
