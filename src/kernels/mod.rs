//! What touches elements.

pub mod host;
