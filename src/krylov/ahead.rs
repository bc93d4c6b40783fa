//! The numbers of a solver on its device, and the records of its iterations on their way to the host.

use super::Record;
use crate::device::{Event, PinnedMemory, Stream};
use crate::error::Result;
use crate::kernels::cuda::program::{Registers, RECORD, RING};
use std::sync::Arc;

const RECORD_BYTES: usize = 8 * RECORD;

/// Numbers on the device, and where records come to the host.
pub(crate) struct Ahead {
    pub(super) registers: Registers,
    arrived: PinnedMemory,
    events: [Event; RING],
    /// What the device has been told of this rank's requests.
    pub(super) told: f64,
}

impl Ahead {
    pub(super) fn new(stream: &Arc<Stream>) -> Result<Ahead> {
        let event = || Event::new(stream.device());
        Ok(Ahead {
            registers: Registers::new(stream)?,
            arrived: PinnedMemory::new(stream, RECORD_BYTES * RING)?,
            events: [event()?, event()?, event()?, event()?, event()?, event()?, event()?, event()?],
            told: 0.0,
        })
    }

    /// Sends the record of a turn on its way.
    pub(super) fn post(&self, turn: i64) -> Result<()> {
        let (stream, place) = (self.registers.stream(), turn as usize % RING);
        let here = self.arrived.pointer().wrapping_add(RECORD_BYTES * place);
        // SAFETY: both sides hold a record, and the host's is left alone until the event has been waited for.
        unsafe { stream.copy_out(here, self.registers.record(place), RECORD_BYTES)? };
        self.events[place].record(stream)
    }

    /// The record of a turn; waits for the device to come that far.
    pub(super) fn look(&self, turn: i64) -> Result<Record> {
        let place = turn as usize % RING;
        self.events[place].wait_on(self.registers.stream())?;
        // SAFETY: a record that the copy before the event has written; any bytes are valid numbers.
        let numbers: [f64; RECORD] = unsafe { self.arrived.pointer().cast::<[f64; RECORD]>().add(place).read() };
        Ok(Record::read(&numbers))
    }
}
