//! Linear maps from a domain space to a range space.

pub mod algebra;
pub mod avo;
pub mod basic;
pub mod block;
pub mod callback;
pub mod derivative;
pub mod dot_test;
pub mod mode;
pub mod operator;
mod pace;
pub mod redistributed;
pub mod signal;
mod staged;
pub(crate) mod stages;

pub use mode::Mode;
pub use operator::{LinearMap, Operator};
pub use pace::Pace;
pub use staged::Staged;
