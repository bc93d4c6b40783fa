//! A solver that runs ahead of its device: the host puts iterations on the stream without waiting for what they find.
//! Numbers and stopping rules are on the device; an iteration leaves a record there, which the host looks at `LAG`
//! iterations later. A method that has stopped takes zero steps, so that x is that of the iteration that stopped it.
//!
//! All ranks look at the same record after the same iteration, and so decide the same.

use super::ahead::Ahead;
use super::control::Control;
use super::recorded::Recorded;
use super::{Iteration, Reason, Record};
use crate::arrays::Array;
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::program::RING;

/// Iterations that the device may have before it while the host looks at one: enough to keep it busy while the host
/// puts the next one there, and few, since as many are done in vain when the method has stopped.
pub(super) const LAG: i64 = 2;

const _: () = assert!(LAG < RING as i64);

impl Control {
    /// Makes what running ahead needs, where all arrays are on the device.
    pub(super) fn prepare_ahead(&mut self) -> Result<()> {
        if self.ahead.is_none() && self.sums.stay_there() {
            self.ahead = Some(Ahead::new(self.context.device_stream()?)?);
        }
        Ok(())
    }

    /// Whether numbers may stay on the device from one iteration to the next.
    pub(super) fn may_run_ahead(&self) -> bool {
        self.ahead.is_some() && !self.is_masked() && self.sums.stay_there()
    }

    /// Iterates from where the host stands until a record says why it ended, `limit` iterations at most. `seen` gets
    /// every record, in order. The reason is `Running` where a rank has failed, whose error is pending.
    pub(super) fn run_ahead(
        &mut self,
        iteration: &mut dyn Iteration,
        x: &Array,
        limit: i64,
        recorded: &mut Option<Recorded>,
        mut seen: impl FnMut(&Record),
    ) -> Result<Reason> {
        let numbers = *self.numbers();
        let ahead = self.device()?;
        ahead.told = 0.0;
        ahead.registers.put(&numbers)?;
        self.running_ahead = true;
        let outcome = self.queue(iteration, x, limit, recorded, &mut seen);
        self.running_ahead = false;
        outcome
    }

    fn queue(
        &mut self,
        iteration: &mut dyn Iteration,
        x: &Array,
        limit: i64,
        recorded: &mut Option<Recorded>,
        seen: &mut dyn FnMut(&Record),
    ) -> Result<Reason> {
        for turn in 0..limit + LAG {
            if turn < limit {
                self.tell(self.request());
                match recorded {
                    Some(recorded) => recorded.step(turn, iteration, x, self)?,
                    None => iteration.step(x, self)?,
                }
                self.device()?.post(turn)?;
            }
            if turn >= LAG {
                let record = self.device()?.look(turn - LAG)?;
                seen(&record);
                if record.failed {
                    break;
                }
                if record.reason != Reason::Running {
                    // What has failed since then failed in vain.
                    drop(self.context.take_pending());
                    return Ok(record.reason);
                }
            }
        }
        Ok(Reason::Running)
    }

    fn device(&mut self) -> Result<&mut Ahead> {
        match &mut self.ahead {
            Some(ahead) => Ok(ahead),
            None => fail!(Internal, "a solver runs ahead without numbers on the device"),
        }
    }

    /// Tells the device once what this rank asks of all in the next reduction.
    pub(super) fn tell(&mut self, request: f64) {
        if let Some(ahead) = self.ahead.as_mut().filter(|a| a.told < request) {
            ahead.told = request;
            let told = self.sums.request_there(request);
            self.note(told);
        }
    }
}
