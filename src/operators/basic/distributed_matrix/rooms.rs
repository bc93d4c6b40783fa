//! Room for panels, the messages that fill it, and what is done with blocks: on the host, or on a device.

use super::block::Block;
use super::device_panels::DevicePanels;
use super::host_panels::HostPanels;
use super::work::{Message, Multiplication, ROOMS};
use crate::context::Context;
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::storage::Memory;

/// The rooms of a plan.
pub enum Rooms {
    Host(HostPanels),
    Device(Box<DevicePanels>),
}

macro_rules! either {
    ($rooms:expr, $panels:ident => $call:expr) => {
        match $rooms {
            Rooms::Host($panels) => $call,
            Rooms::Device($panels) => $call,
        }
    };
}

impl Rooms {
    /// Rooms of so many bytes, and for at most `messages` at once. The columns of x and y are contiguous, not their rows, if
    /// `by_columns`. Local.
    pub fn new(
        context: &Context,
        memory: Memory,
        dtype: DType,
        bytes: [usize; ROOMS],
        messages: usize,
        by_columns: bool,
    ) -> Result<Rooms> {
        Ok(match memory {
            Memory::Host => Rooms::Host(HostPanels::new(context, dtype, bytes, messages)?),
            Memory::Cuda => Rooms::Device(Box::new(DevicePanels::new(context, dtype, bytes, messages, by_columns)?)),
        })
    }

    pub fn room(&self, room: usize) -> *mut u8 {
        either!(self, panels => panels.room(room))
    }

    /// Whether `multiply` can conjugate this block where it stands.
    pub fn conjugates(&self, a: &Block) -> bool {
        match self {
            Rooms::Host(_) => true,
            Rooms::Device(panels) => panels.conjugates(a),
        }
    }

    /// The first `count` elements of a room := their conjugates. Devices only: the host conjugates as it multiplies.
    pub fn conjugate(&mut self, room: usize, count: i64) -> Result<()> {
        match self {
            Rooms::Host(_) => Ok(()),
            Rooms::Device(panels) => panels.conjugate(room, count),
        }
    }

    /// The room's contents will change.
    pub fn overwrite(&mut self, room: usize) {
        if let Rooms::Device(panels) = self {
            panels.overwrite(room);
        }
    }

    /// The first `bytes` of a room := 0.
    pub fn clear(&mut self, room: usize, bytes: usize) -> Result<()> {
        either!(self, panels => panels.clear(room, bytes))
    }

    /// to := alpha from + beta to on blocks of these extents; with beta = 0, `to` is not read.
    pub fn update(&self, alpha: Scalar, from: Block, beta: Scalar, to: Block, extents: [i64; 2]) -> Result<()> {
        let [rows, columns] = extents;
        if rows * columns == 0 {
            return Ok(());
        }
        // The contiguous axis goes last.
        match to.steps[0] < to.steps[1] {
            true => either!(self, panels => panels.update(alpha, from.turned(), beta, to.turned(), [columns, rows])),
            false => either!(self, panels => panels.update(alpha, from, beta, to, extents)),
        }
    }

    /// Starts messages, as rooms are when the work before is done; rooms that are sent or filled are left alone until
    /// `finish`, but for reading the former.
    pub fn start(&mut self, sends: &[Message], receives: &[Message]) -> Result<()> {
        match sends.is_empty() && receives.is_empty() {
            true => Ok(()),
            false => either!(self, panels => panels.start(sends, receives)),
        }
    }

    /// Multiplies beside the messages.
    pub fn multiply(&mut self, m: &Multiplication) -> Result<()> {
        either!(self, panels => panels.multiply(m))
    }

    /// Waits for the messages; work from now on finds what they brought.
    pub fn finish(&mut self) -> Result<()> {
        either!(self, panels => panels.finish())
    }
}
