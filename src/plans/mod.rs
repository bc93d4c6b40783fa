//! Plans: Fourier transforms and changes of layout of memory that the host points to, planned once and executed many times.
//!
//! A plan is an operator whose buffers are in a workspace that can be asked for and lent, and the host's memory at both ends.

mod fourier;
mod plan;
mod redistribution;

pub use fourier::{fourier, Parity, Scaling, Transform, Type};
pub use plan::{Direction, Placement, Plan};
pub use redistribution::redistribution;
