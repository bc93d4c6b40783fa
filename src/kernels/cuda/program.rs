//! Launches of program.cu: numbers of a method that stay on the device.

use super::reduce::Slots;
use crate::device::{DeviceMemory, Source, Stream};
use crate::dtype::Scalar;
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::Factor;
use crate::kernels::program::{Number, Program, REGISTERS};
use crate::launch;
use std::sync::Arc;

pub(super) static SOURCE: Source = Source { name: "program.cu", text: include_str!("program.cu"), headers: &[] };

/// Its kernels know no element type.
pub(super) const OPTION: &str = "-DDLOPS_ANY";

/// Registers that make a record: the first ones.
pub const RECORD: usize = 8;
/// Records that are kept.
pub const RING: usize = 8;

/// Threads of the one block: they fetch and store registers.
const THREADS: u32 = 64;

/// Registers of programs, and the last records of the first of them.
pub struct Registers {
    memory: DeviceMemory,
}

/// What is as large as a register on the device: a number, and an imaginary part of zero.
const PAIR: usize = 16;

impl Registers {
    /// Unspecified until `put`.
    pub fn new(stream: &Arc<Stream>) -> Result<Registers> {
        Ok(Registers { memory: DeviceMemory::new(stream, PAIR * REGISTERS + 8 * RECORD * RING)? })
    }

    pub fn stream(&self) -> &Arc<Stream> {
        self.memory.stream()
    }

    /// Sets all registers, in the order of the stream.
    pub fn put(&self, numbers: &[f64; REGISTERS]) -> Result<()> {
        let pairs = numbers.map(|number| [number, 0.0]);
        // SAFETY: the block begins with as many pairs; pageable memory has been read when the call returns.
        unsafe { self.stream().copy_in(self.memory.pointer(), pairs.as_ptr().cast(), size_of_val(&pairs)) }
    }

    fn place(&self, number: Number) -> u64 {
        self.memory.pointer() + (PAIR * number.register()) as u64
    }

    /// What the register holds when a kernel runs, times `coefficient`.
    pub fn factor(&self, coefficient: f64, number: Number) -> Factor {
        Factor::on_device(Scalar::real(coefficient), self.place(number))
    }

    fn records(&self) -> u64 {
        self.memory.pointer() + (PAIR * REGISTERS) as u64
    }

    /// Where the record of a turn is, until `RING` more are made.
    pub fn record(&self, turn: usize) -> u64 {
        self.records() + (8 * RECORD * (turn % RING)) as u64
    }

    /// Runs a program on the registers and on the first `pairs` of the slots, which are zero then. With `turn` it makes a
    /// record too, the one of that register's number, which then grows by 1.
    pub fn evaluate(&self, program: &Program, slots: &Slots, pairs: usize, turn: Option<Number>) -> Result<()> {
        if program.is_full() {
            fail!(Internal, "a program of more than {} instructions", program.steps().len());
        }
        let stream = self.stream();
        let function = stream.device().function(&SOURCE, OPTION, c"evaluate")?;
        let (program, registers, sums, doubles) = (*program, self.memory.pointer(), slots.slot(0), 2 * pairs as i32);
        let ring = RING as i32;
        let records = turn.map_or(0, |_| self.records());
        let turn = turn.map_or(0, |turn| turn.register() as i32);
        // SAFETY: the arguments are of the kernel's types, and name memory of the sizes that it knows.
        unsafe {
            launch!(stream, function, [1, 1, 1], [THREADS, 1, 1], 0;
                program, registers, sums, doubles, records, ring, turn)
        }
    }
}
