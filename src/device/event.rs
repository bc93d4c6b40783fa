//! An event: a mark in the order of a stream.

use super::device::Device;
use super::driver::{check, entry};
use super::stream::Stream;
use crate::error::Result;
use cudarc::driver::sys::{self, CUevent, CUresult, CUstream};
use std::ffi::CStr;
use std::sync::Arc;

/// A mark that streams of any device and the host can wait for. One that was not yet recorded counts as passed.
pub struct Event {
    device: Arc<Device>,
    raw: CUevent,
}

// SAFETY: events may be used from any thread.
unsafe impl Send for Event {}
// SAFETY: as above.
unsafe impl Sync for Event {}

/// Its second version, of other meaning, came with CUDA 12.8; drivers keep this one.
pub(super) const ELAPSED_TIME: &CStr = c"cuEventElapsedTime";

type ElapsedTime = unsafe extern "C" fn(*mut f32, CUevent, CUevent) -> CUresult;

impl Event {
    /// For order only.
    pub fn new(device: &Arc<Device>) -> Result<Event> {
        Event::with_flags(device, sys::CUevent_flags::CU_EVENT_DISABLE_TIMING as u32)
    }

    /// One that keeps the time too.
    pub fn timed(device: &Arc<Device>) -> Result<Event> {
        Event::with_flags(device, sys::CUevent_flags::CU_EVENT_DEFAULT as u32)
    }

    fn with_flags(device: &Arc<Device>, flags: u32) -> Result<Event> {
        let _current = device.enter()?;
        let mut raw = std::ptr::null_mut();
        // SAFETY: the device's context is current; the driver writes one handle; destroyed in `Drop`.
        check(unsafe { sys::cuEventCreate(&mut raw, flags) }, || "cuEventCreate".into())?;
        Ok(Event { device: device.clone(), raw })
    }

    pub fn device(&self) -> &Arc<Device> {
        &self.device
    }

    /// Marks what is on a stream of its device now.
    pub fn record(&self, stream: &Stream) -> Result<()> {
        let _current = self.device.enter()?;
        // SAFETY: a live event and stream; the driver refuses those of two devices.
        check(unsafe { sys::cuEventRecord(self.raw, stream.raw()) }, || "cuEventRecord".into())
    }

    /// Work put on the stream from now on waits for the mark.
    pub fn hold(&self, stream: &Stream) -> Result<()> {
        let _current = stream.device().enter()?;
        self.hold_raw(stream.raw())
    }

    /// As `hold`, of a stream whose context is current.
    pub(super) fn hold_raw(&self, stream: CUstream) -> Result<()> {
        // SAFETY: any stream may wait for an event.
        check(unsafe { sys::cuStreamWaitEvent(stream, self.raw, 0) }, || "cuStreamWaitEvent".into())
    }

    /// Whether all work before the mark is done.
    pub fn is_passed(&self) -> Result<bool> {
        let _current = self.device.enter()?;
        // SAFETY: a live event.
        match unsafe { sys::cuEventQuery(self.raw) } {
            CUresult::CUDA_ERROR_NOT_READY => Ok(false),
            code => check(code, || format!("work on a stream of device {}", self.device.ordinal())).map(|()| true),
        }
    }

    /// The host waits for a mark on `stream`, or on one that is ordered with it: what the stream's communicators report
    /// ends the wait too.
    pub fn wait_on(&self, stream: &Stream) -> Result<()> {
        let _current = self.device.enter()?;
        // SAFETY: a live event, with its context current.
        stream.wait_until_done(|| unsafe { sys::cuEventQuery(self.raw) }, |waited| stream.check_communicators(waited))
    }

    /// Milliseconds from the mark of `start` to this one; both are timed, recorded and passed.
    pub fn milliseconds_since(&self, start: &Event) -> Result<f64> {
        let _current = self.device.enter()?;
        let mut milliseconds = 0f32;
        // SAFETY: the driver's entry of this name has this type.
        let elapsed: ElapsedTime = unsafe { entry(ELAPSED_TIME) }?;
        // SAFETY: two live events; the driver writes one number.
        check(unsafe { elapsed(&mut milliseconds, start.raw, self.raw) }, || "cuEventElapsedTime".into())?;
        Ok(milliseconds.into())
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        if let Ok(_current) = self.device.enter() {
            // SAFETY: made in `with_flags`, destroyed once. An error of a context that has failed changes nothing.
            let _ = unsafe { sys::cuEventDestroy_v2(self.raw) };
        }
    }
}
