//! Fourier transforms of lines: one length, one precision, any number of lines of a strided block.

mod lines;
mod pass;

pub use lines::Precision;
pub use pass::{Direction, Kind, Pass, Side};
