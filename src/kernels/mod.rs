//! What touches elements.

pub mod host;
pub mod stencil;
