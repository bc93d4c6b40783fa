//! Marks in the order of a context's work: on its stream, or by the clock where the host does the work itself.

use super::Context;
use crate::device::{self, Stream};
use crate::error::Result;
use crate::fail;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// A shared handle; clones are the same event.
#[derive(Clone)]
pub struct Event(Arc<Inner>);

struct Inner {
    context: Context,
    mark: Mark,
}

enum Mark {
    Device {
        event: device::Event,
        recorded: AtomicBool,
    },
    /// Work of a context without a device is done when its call returns.
    Host(Mutex<Option<Instant>>),
}

impl Event {
    /// On the context's device, or of the clock where it has none. Local.
    pub fn new(context: &Context) -> Result<Event> {
        let mark = match context.stream() {
            None => Mark::Host(Mutex::new(None)),
            Some(stream) => {
                Mark::Device { event: device::Event::timed(stream.device())?, recorded: AtomicBool::new(false) }
            }
        };
        Ok(Event(Arc::new(Inner { context: context.clone(), mark })))
    }

    pub fn context(&self) -> &Context {
        &self.0.context
    }

    /// Marks what is on the context's stream now, or on another stream of its device. A new mark takes the place of the old.
    pub fn record(&self, other: Option<&Stream>) -> Result<()> {
        match &self.0.mark {
            Mark::Host(instant) => *instant.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now()),
            Mark::Device { event, recorded } => {
                match other {
                    Some(stream) => event.record(stream)?,
                    None => event.record(self.context().device_stream()?)?,
                }
                recorded.store(true, Ordering::Release);
            }
        }
        Ok(())
    }

    /// Work put on the stream from now on waits for the mark; without a stream the host waits. Nothing waits for an event
    /// that was not recorded.
    pub fn hold(&self, stream: Option<&Stream>) -> Result<()> {
        match (&self.0.mark, stream) {
            (Mark::Host(_), _) => Ok(()),
            (Mark::Device { event, .. }, Some(stream)) => event.hold(stream),
            (Mark::Device { event, .. }, None) => event.wait_on(self.context().device_stream()?),
        }
    }

    /// Whether the work before the mark is done; true of an event that was not recorded.
    pub fn is_passed(&self) -> Result<bool> {
        match &self.0.mark {
            Mark::Host(_) => Ok(true),
            Mark::Device { event, .. } => event.is_passed(),
        }
    }

    /// Milliseconds from the mark of `start` to this one; waits for both.
    pub fn milliseconds_since(&self, start: &Event) -> Result<f64> {
        for (event, name) in [(start, "start"), (self, "end")] {
            if !event.is_recorded() {
                fail!(State, "{name} was not recorded");
            }
        }
        match (&start.0.mark, &self.0.mark) {
            (Mark::Host(a), Mark::Host(b)) => {
                let at = |m: &Mutex<Option<Instant>>| *m.lock().unwrap_or_else(PoisonError::into_inner);
                let (Some(a), Some(b)) = (at(a), at(b)) else { fail!(Internal, "a recorded event without a time") };
                let signed = |later: Instant, earlier: Instant| 1e3 * later.duration_since(earlier).as_secs_f64();
                Ok(if b >= a { signed(b, a) } else { -signed(a, b) })
            }
            (Mark::Device { event: a, .. }, Mark::Device { event: b, .. }) => {
                let (first, second) = (a.device().ordinal(), b.device().ordinal());
                if first != second {
                    fail!(Context, "start is an event of device {first}, end one of device {second}");
                }
                a.wait_on(start.context().device_stream()?)?;
                b.wait_on(self.context().device_stream()?)?;
                b.milliseconds_since(a)
            }
            _ => fail!(Context, "one of start and end is an event of a device, the other one of the host"),
        }
    }

    fn is_recorded(&self) -> bool {
        match &self.0.mark {
            Mark::Host(instant) => instant.lock().unwrap_or_else(PoisonError::into_inner).is_some(),
            Mark::Device { recorded, .. } => recorded.load(Ordering::Acquire),
        }
    }
}
