//! What touches elements: loops without communication and without allocation.

#![allow(clippy::needless_range_loop)] // lanes and taps are indexed together, and iterators there are not inlined

#[macro_use]
pub mod cpu;
pub mod host;
pub mod stencil;
