//! Loops over host memory.
pub mod stencil;
