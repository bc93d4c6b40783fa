//! Operators that every other one is built with.

mod diagonal;
mod identity;
mod redistribution;
mod transpose;
mod zero;

pub use diagonal::{diagonal, diagonal_along};
pub use identity::identity;
pub use redistribution::redistribution;
pub(crate) use redistribution::Redistribution;
pub use transpose::transpose;
pub use zero::zero;
