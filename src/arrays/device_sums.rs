//! Sums of leaves in device memory: slots there, and one copy here when they are wanted.

use crate::comm::Number;
use crate::context::{Context, DeviceGroup};
use crate::device::PinnedMemory;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::program::Registers;
use crate::kernels::cuda::reduce::Slots;
use crate::kernels::program::{self, Program};

pub(super) struct DeviceSums {
    slots: Slots,
    /// What the copy writes: two doubles a slot.
    here: PinnedMemory,
    /// Whether slots may be other than zero.
    touched: bool,
}

impl DeviceSums {
    /// As many complex sums, one for the ranks' requests, and one for what does not count.
    pub(super) fn new(context: &Context, slots: usize) -> Result<DeviceSums> {
        let stream = context.device_stream()?;
        if context.deterministic() {
            fail!(Unsupported, "deterministic sums of arrays in device memory");
        }
        let here = PinnedMemory::new(stream, 16 * slots)?;
        let slots = Slots::new(stream, slots + 2)?;
        slots.clear()?;
        Ok(DeviceSums { slots, here, touched: false })
    }

    /// Sums that travel: all but the one for what does not count.
    fn travelling(&self) -> usize {
        self.slots.count() - 1
    }

    pub(super) fn clear(&mut self) -> Result<()> {
        if self.touched {
            self.slots.clear()?;
            self.touched = false;
        }
        Ok(())
    }

    /// Adds to a slot, or to the last one where the elements do not count.
    pub(super) fn add(
        &mut self,
        slot: usize,
        counts: bool,
        add: impl FnOnce(&Slots, usize) -> Result<()>,
    ) -> Result<()> {
        self.touched = true;
        add(&self.slots, if counts { slot } else { self.slots.count() - 1 })
    }

    /// Hands every slot over and sets it to zero; waits for the stream. Nothing where nothing was added.
    pub(super) fn bring(&mut self, mut take: impl FnMut(usize, Scalar)) -> Result<()> {
        if !self.touched {
            return Ok(());
        }
        let stream = self.slots.stream();
        // SAFETY: the block here has as many bytes, and is left alone until the stream is past the copy.
        unsafe { stream.copy_out(self.here.pointer(), self.slots.slot(0), self.here.bytes())? };
        stream.synchronize()?;
        for slot in 0..self.travelling() - 1 {
            // SAFETY: two doubles a slot, copied above.
            let [re, im] = unsafe { self.here.pointer().cast::<[f64; 2]>().add(slot).read() };
            take(slot, Scalar::complex(re, im));
        }
        self.clear()
    }

    /// This rank's request of the next sums over the group.
    pub(super) fn request(&self, request: f64) -> Result<()> {
        self.slots.set(self.travelling() - 1, request)
    }

    /// The sums over the group, and a program on them, all in the order of the stream.
    pub(super) fn evaluate(
        &mut self,
        group: &DeviceGroup,
        registers: &Registers,
        program: &Program,
        turn: Option<program::Number>,
    ) -> Result<()> {
        let pairs = self.travelling();
        // A request is a real number.
        // SAFETY: so many pairs of doubles lie there.
        let summed = unsafe { group.sum(Number::Float64, self.slots.slot(0), 2 * pairs - 1) };
        summed.and(registers.evaluate(program, &self.slots, pairs, turn))
    }
}
