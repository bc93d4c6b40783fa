//! What touches elements: loops without communication and without allocation.

#[macro_use]
pub mod cpu;
pub mod cuda;
pub mod host;
pub mod program;
pub mod stencil;
