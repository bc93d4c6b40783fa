//! Fourier transforms of lines: one length, one precision, any number of lines of a strided block, here and on a device.

mod device_block;
mod device_lines;
mod device_pass;
mod device_room;
mod direct;
mod lines;
mod pass;
mod walk;

pub use device_pass::{Along, DevicePass};
pub use device_room::{Needs, Room};
pub use lines::Precision;
pub use pass::{Bits, Direction, Kind, Pass, Side};
