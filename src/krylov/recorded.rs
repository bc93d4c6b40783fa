//! An iteration as a graph of its device: recorded once, then put on the stream by one call.
//!
//! The first iterations of a solve are not recorded: they load kernels, and a short solve would not earn back what
//! recording costs (some ten launches).

use super::control::Control;
use super::{Iteration, SolverOptions};
use crate::arrays::Array;
use crate::context::{Context, Level};
use crate::device::{Graph, Stream};
use crate::error::Result;
use crate::operators::Operator;
use std::sync::Arc;

/// Iterations before the one that is recorded.
const WARM: i64 = 2;

/// What a graph depends on beside the solver's own vectors.
#[derive(Clone, PartialEq)]
pub(super) struct Setting {
    options: SolverOptions,
    /// Addresses and strides of x.
    places: Vec<(u64, Vec<i64>)>,
    /// Where work is put: a stream that cannot record may be followed by one that can.
    stream: usize,
}

impl Setting {
    pub(super) fn new(options: &SolverOptions, x: &Array, stream: &Stream) -> Result<Setting> {
        let mut places = Vec::new();
        x.for_each_leaf(&mut |leaf| {
            let local = leaf.leaf()?;
            places.push((local.pointer() as u64, local.strides_as(&local.shape)?.to_vec()));
            Ok(())
        })?;
        Ok(Setting { options: options.clone(), places, stream: stream.raw() as usize })
    }
}

pub(super) struct Recorded {
    stream: Arc<Stream>,
    setting: Setting,
    graph: Option<Graph>,
    /// Recording has failed: iterations are launched one by one.
    refused: bool,
    /// The operators that an iteration applies, and how often.
    operators: Vec<(Operator, [u64; 2])>,
    /// Messages and bytes of an iteration.
    traffic: [u64; 2],
    replays: u64,
}

impl Recorded {
    /// For iterations that apply `operators`, all of which may be recorded.
    pub(super) fn new(stream: &Arc<Stream>, setting: Setting, operators: &[&Operator]) -> Recorded {
        let mut all: Vec<(Operator, [u64; 2])> = Vec::new();
        operators.iter().for_each(|a| collect(a, &mut all));
        Recorded {
            stream: stream.clone(),
            setting,
            graph: None,
            refused: false,
            operators: all,
            traffic: [0; 2],
            replays: 0,
        }
    }

    /// Whether it was recorded in the same setting.
    pub(super) fn is_for(&self, setting: &Setting) -> bool {
        self.setting == *setting
    }

    /// One iteration.
    pub(super) fn step(
        &mut self,
        turn: i64,
        iteration: &mut dyn Iteration,
        x: &Array,
        control: &mut Control,
    ) -> Result<()> {
        if self.graph.is_none() && !self.refused && turn >= WARM && !control.context.has_pending() {
            self.record(iteration, x, control);
        }
        match &mut self.graph {
            Some(graph) => {
                self.replays += 1;
                self.stream.replay(graph)
            }
            None => iteration.step(x, control),
        }
    }

    fn record(&mut self, iteration: &mut dyn Iteration, x: &Array, control: &mut Control) {
        for (operator, counts) in &mut self.operators {
            *counts = operator.counts().into();
        }
        let before: [u64; 2] = control.context.comm().traffic().read().into();
        control.recording = true;
        let made = self.stream.record(|| {
            iteration.step(x, control)?;
            // What an operator or a sum could not do was kept.
            control.context.take_pending().map_or(Ok(()), Err)
        });
        control.recording = false;
        // Recording has applied and sent nothing; every replay does.
        let traffic = control.context.comm().traffic();
        let after: [u64; 2] = traffic.read().into();
        self.traffic = [after[0] - before[0], after[1] - before[1]];
        traffic.count(self.traffic[0].wrapping_neg(), self.traffic[1].wrapping_neg());
        for (operator, counts) in &mut self.operators {
            let now: [u64; 2] = operator.counts().into();
            let applied = [now[0] - counts[0], now[1] - counts[1]];
            operator.count(applied.map(u64::wrapping_neg));
            *counts = applied;
        }
        match made {
            Ok(graph) => self.graph = Some(graph),
            Err(error) => {
                self.refused = true;
                // A recording that broke off may have left its own error.
                drop(control.context.take_pending());
                control.context.log(Level::Debug, &format!("an iteration is not recorded: {error}"));
            }
        }
    }

    /// Counts what was applied and sent by replays since the last call.
    pub(super) fn settle(&mut self, context: &Context) {
        let replays = std::mem::take(&mut self.replays);
        context.comm().traffic().count(self.traffic[0] * replays, self.traffic[1] * replays);
        for (operator, [forward, adjoint]) in &self.operators {
            operator.count([forward * replays, adjoint * replays]);
        }
    }
}

fn collect(operator: &Operator, all: &mut Vec<(Operator, [u64; 2])>) {
    if all.iter().any(|(known, _)| known.is_same(operator)) {
        return;
    }
    all.push((operator.clone(), [0; 2]));
    operator.children().iter().for_each(|child| collect(child, all));
}
