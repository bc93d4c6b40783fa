//! The reductions of a solver: sums over ranks, with one more summed slot for failures and stop requests, so that all
//! ranks leave together and no rank decides alone.

use crate::arrays::sums::Sums;
use crate::arrays::Space;
use crate::comm::Combine;
use crate::context::Context;
use crate::error::Result;
use std::time::Instant;

/// A rank's request in the summed slot. Sums of up to 2^20 ranks stay apart and exact in a double.
const STOP: f64 = 1.0;
const TIME: f64 = (1u64 << 20) as f64;
const FAILURE: f64 = (1u64 << 21) as f64;

/// What the ranks agreed on in the last reduction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Continue,
    StopByMonitor,
    StopByTime,
}

pub(crate) struct Control {
    context: Context,
    pub(crate) sums: Sums,
    masked: bool,
    /// This rank's group has finished; other groups have not, so that it goes on with zero steps.
    pub(crate) idle: bool,
    all_idle: bool,
    stop: bool,
    deadline: Option<Instant>,
    verdict: Verdict,
}

impl Control {
    /// `slots` sums over the ranks of `space`'s group.
    pub(crate) fn new(space: &Space, slots: usize) -> Control {
        Control {
            context: space.context().clone(),
            sums: Sums::new(space, slots),
            masked: space.mask().is_some(),
            idle: false,
            all_idle: false,
            stop: false,
            deadline: None,
            verdict: Verdict::Continue,
        }
    }

    pub(crate) fn begin(&mut self, deadline: Option<Instant>) {
        (self.idle, self.all_idle, self.stop, self.verdict) = (false, false, false, Verdict::Continue);
        self.deadline = deadline;
        self.sums.clear();
    }

    /// The monitor of this rank asks to stop; the next reduction tells the others.
    pub(crate) fn request_stop(&mut self) {
        self.stop = true;
    }

    /// Keeps this rank's failure until the next reduction; the iteration goes on with what it has.
    pub(crate) fn note(&mut self, outcome: Result<()>) {
        if let Err(error) = outcome {
            self.context.raise(error);
        }
    }

    /// Completes the sums over ranks: one message. An error of any rank becomes the error of all.
    pub(crate) fn reduce(&mut self) -> Result<Verdict> {
        if let Some(error) = self.sums.take_failure() {
            self.context.raise(error);
        }
        let mut request = 0.0;
        if self.context.has_pending() {
            request += FAILURE;
        }
        if self.stop {
            request += STOP;
        }
        if self.context.rank() == 0 && self.deadline.is_some_and(|d| Instant::now() >= d) {
            request += TIME;
        }
        let mut total = self.sums.reduce(request)?;
        if self.masked {
            let busy = if self.idle { 0.0 } else { 1.0 };
            let mut votes = [request, busy];
            self.context.comm().allreduce_f64(&mut votes, Combine::Sum)?;
            total = votes[0];
            self.all_idle = votes[1] == 0.0;
        } else {
            self.all_idle = self.idle;
        }
        if total >= FAILURE {
            self.context.agree_pending()?;
        }
        self.verdict = match total {
            t if t >= TIME => Verdict::StopByTime,
            t if t >= STOP => Verdict::StopByMonitor,
            _ => Verdict::Continue,
        };
        Ok(self.verdict)
    }

    pub(crate) fn verdict(&self) -> Verdict {
        self.verdict
    }

    pub(crate) fn is_masked(&self) -> bool {
        self.masked
    }

    /// Whether the groups of a masked space had all finished at the last reduction.
    pub(crate) fn all_idle(&self) -> bool {
        self.all_idle
    }
}
