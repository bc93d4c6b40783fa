//! A point of a stream, which the host can look for.

use super::driver::check;
use super::stream::Stream;
use crate::error::Result;
use cudarc::driver::sys::{self, CUevent};
use std::sync::Arc;

/// Tells whether its stream has come past the place where it was recorded last.
pub struct Event {
    stream: Arc<Stream>,
    raw: CUevent,
}

// SAFETY: events may be used from any thread.
unsafe impl Send for Event {}
// SAFETY: as above.
unsafe impl Sync for Event {}

impl Event {
    pub fn new(stream: &Arc<Stream>) -> Result<Event> {
        let _current = stream.device().enter()?;
        let mut raw = std::ptr::null_mut();
        let flags = sys::CUevent_flags::CU_EVENT_DISABLE_TIMING as u32;
        // SAFETY: the device's context is current; the driver writes one handle; destroyed in `Drop`.
        check(unsafe { sys::cuEventCreate(&mut raw, flags) }, || "cuEventCreate".into())?;
        Ok(Event { stream: stream.clone(), raw })
    }

    /// From now on it stands for what is on the stream now.
    pub fn record(&self) -> Result<()> {
        let _current = self.stream.device().enter()?;
        // SAFETY: event and stream of one context.
        check(unsafe { sys::cuEventRecord(self.raw, self.stream.raw()) }, || "cuEventRecord".into())
    }

    /// Waits until the stream has come to it; at once where it was not recorded. An error of the work before it is
    /// reported here.
    pub fn wait(&self) -> Result<()> {
        let _current = self.stream.device().enter()?;
        // SAFETY: a live event, with its context current.
        self.stream.wait_until_done(|| unsafe { sys::cuEventQuery(self.raw) }, || self.stream.check_communicators())
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        if let Ok(_current) = self.stream.device().enter() {
            // SAFETY: made in `new`, destroyed once.
            let _ = unsafe { sys::cuEventDestroy_v2(self.raw) };
        }
    }
}
