//! Operators that every other one is built with.

mod identity;

pub use identity::identity;
