//! The CUDA context that is current on a thread: the library's guard around its calls, and the host's own.

use super::device::Device;
use super::driver::{available, check};
use crate::error::Result;
use crate::fail;
use cudarc::driver::sys::{self, CUcontext};
use std::cell::RefCell;
use std::sync::Arc;

/// A context that is current on this thread; the one before is current again when this is dropped.
pub struct Current {
    before: Option<CUcontext>,
}

impl Current {
    pub(super) fn enter(context: CUcontext) -> Result<Current> {
        let before = now()?;
        if before == context {
            return Ok(Current { before: None });
        }
        set(context)?;
        Ok(Current { before: Some(before) })
    }
}

impl Drop for Current {
    fn drop(&mut self) {
        if let Some(before) = self.before {
            let _ = set(before);
        }
    }
}

fn now() -> Result<CUcontext> {
    let mut context = std::ptr::null_mut();
    // SAFETY: the driver is initialised and writes one handle.
    check(unsafe { sys::cuCtxGetCurrent(&mut context) }, || "cuCtxGetCurrent".into())?;
    Ok(context)
}

fn set(context: CUcontext) -> Result<()> {
    // SAFETY: a live context, or none.
    check(unsafe { sys::cuCtxSetCurrent(context) }, || "cuCtxSetCurrent".into())
}

/// The device of the context that is current on this thread, if any is.
pub fn current_device() -> Result<Option<usize>> {
    available()?;
    match now()?.is_null() {
        true => Ok(None),
        false => device_of_current().map(Some),
    }
}

/// The device of a context.
pub(super) fn device_of(context: CUcontext) -> Result<usize> {
    let _current = Current::enter(context)?;
    device_of_current()
}

fn device_of_current() -> Result<usize> {
    let mut raw = -1;
    // SAFETY: a context is current; the driver writes one integer.
    check(unsafe { sys::cuCtxGetDevice(&mut raw) }, || "cuCtxGetDevice".into())?;
    Ok(raw.max(0) as usize)
}

thread_local! {
    /// What was current before each push, and the device that keeps the pushed context alive.
    static PUSHED: RefCell<Vec<(CUcontext, Arc<Device>)>> = const { RefCell::new(Vec::new()) };
}

/// Makes the primary context of a device current on this thread until `pop_device`.
pub fn push_device(ordinal: usize) -> Result<()> {
    let device = Device::open(ordinal)?;
    let before = now()?;
    set(device.context())?;
    PUSHED.with_borrow_mut(|pushed| pushed.push((before, device)));
    Ok(())
}

/// Makes current again what was so before this thread's last `push_device`.
pub fn pop_device() -> Result<()> {
    let Some((before, _device)) = PUSHED.with_borrow_mut(Vec::pop) else {
        fail!(State, "no device was pushed on this thread");
    };
    set(before)
}
