//! Operators that every other one is built with.

mod identity;
mod redistribution;

pub use identity::identity;
pub use redistribution::redistribution;
pub(crate) use redistribution::Redistribution;
