//! dlops_event: marks in the order of work, waits and times. dlops_device: the device that is current on a thread.

use super::border::{borrow, call, dlops_status, write, Output};
use super::handle::{destroy, dlops_context, dlops_event};
use super::host::CUstream_st;
use crate::context::{Context, Event};
use crate::device::{self, Device, Stream};
use crate::error::Result;
use crate::fail;
use std::sync::Arc;

/// A stream of the host, to be used on the device of a context.
pub(super) fn host_stream(context: &Context, stream: *mut CUstream_st) -> Result<Option<Arc<Stream>>> {
    match context.stream() {
        // SAFETY: the host passes one of its streams.
        Some(own) => unsafe { Stream::borrow(own.device(), stream.cast()) }.map(Some),
        None => Ok(None),
    }
}

/// Makes an event: a mark in the order of a context's work, for waits and for times. Of a context without a device: of the
/// clock, since the work of such a context is done when its call returns. Local. Since 0.1.
///
/// @param event  the new event; the caller destroys it
/// Errors: NULL_POINTER, HANDLE, CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_event_create(
    context: *const dlops_context,
    event: *mut *mut dlops_event,
) -> dlops_status {
    call("dlops_event_create", || {
        Output::new(event, "event")?.write(Event::new(&borrow::<Context>(context, "context")?)?)
    })
}

/// Marks the work that is on the stream of the event's context now; a later mark takes the place of this one. Local.
/// Since 0.1. Errors: NULL_POINTER, HANDLE, CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_event_record(event: *mut dlops_event) -> dlops_status {
    call("dlops_event_record", || borrow::<Event>(event, "event")?.record(None))
}

/// As dlops_event_record, on another stream of the same device. Local. Since 0.1.
///
/// @param stream  a cudaStream_t; NULL: the legacy default stream. Not used for a context without a device
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (a stream of another device), CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_event_record_on(event: *mut dlops_event, stream: *mut CUstream_st) -> dlops_status {
    call("dlops_event_record_on", || {
        let event = borrow::<Event>(event, "event")?;
        event.record(host_stream(event.context(), stream)?.as_deref())
    })
}

/// Work that is put on the context's stream from now on waits for the mark, which may be of another context or device; the
/// call itself does not wait, unless the context has no device. Nothing waits for an event that was not recorded. Local.
/// Since 0.1. Errors: NULL_POINTER, HANDLE, CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_event_wait(event: *const dlops_event, context: *mut dlops_context) -> dlops_status {
    call("dlops_event_wait", || {
        let event = borrow::<Event>(event, "event")?;
        event.hold(borrow::<Context>(context, "context")?.stream().map(|stream| &**stream))
    })
}

/// As dlops_event_wait, for another stream of the device of the event's context. Local. Since 0.1.
///
/// @param stream  a cudaStream_t; NULL: the legacy default stream. Not used for a context without a device
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (a stream of another device), CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_event_wait_on(event: *const dlops_event, stream: *mut CUstream_st) -> dlops_status {
    call("dlops_event_wait_on", || {
        let event = borrow::<Event>(event, "event")?;
        event.hold(host_stream(event.context(), stream)?.as_deref())
    })
}

/// Waits until the work before the mark is done; an error of any of it is reported here. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_event_synchronize(event: *const dlops_event) -> dlops_status {
    call("dlops_event_synchronize", || borrow::<Event>(event, "event")?.hold(None))
}

/// Whether the work before the mark is done, without waiting: 1 or 0; 1 for an event that was not recorded. Local.
/// Since 0.1. Errors: NULL_POINTER, HANDLE, CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_event_get_done(event: *const dlops_event, done: *mut i32) -> dlops_status {
    call("dlops_event_get_done", || {
        let passed = borrow::<Event>(event, "event")?.is_passed()?;
        // SAFETY: the host passes NULL or the address of an int32_t.
        unsafe { write(done, "done", i32::from(passed)) }
    })
}

/// Milliseconds between two marks of one device, or of the clock; waits for both. Local. Since 0.1.
///
/// @param milliseconds  of `end` after `start`; negative where it came before
/// Errors: NULL_POINTER, HANDLE, STATE (not recorded), CONTEXT (two devices, or a device and the host), CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_event_get_elapsed(
    start: *const dlops_event,
    end: *const dlops_event,
    milliseconds: *mut f64,
) -> dlops_status {
    call("dlops_event_get_elapsed", || {
        let elapsed = borrow::<Event>(end, "end")?.milliseconds_since(&borrow::<Event>(start, "start")?)?;
        // SAFETY: the host passes NULL or the address of a double.
        unsafe { write(milliseconds, "milliseconds", elapsed) }
    })
}

/// Another handle to the same event. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_event_retain(event: *const dlops_event, copy: *mut *mut dlops_event) -> dlops_status {
    call("dlops_event_retain", || Output::new(copy, "copy")?.write(borrow::<Event>(event, "event")?))
}

/// Destroys a handle and sets it to NULL; NULL is accepted. Local. Since 0.1. Errors: HANDLE.
#[no_mangle]
pub unsafe extern "C" fn dlops_event_destroy(event: *mut *mut dlops_event) -> dlops_status {
    // SAFETY: the host passes NULL or the address of a handle.
    call("dlops_event_destroy", || unsafe { destroy::<Event>(event, "event") })
}

/// The number of the device whose CUDA context is current on this thread; -1: none is, and the CUDA runtime would take
/// device 0. Local. Since 0.1. Errors: NULL_POINTER, UNSUPPORTED (no driver, or DLOPS_CUDA=0), CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_device_get_current(device: *mut i32) -> dlops_status {
    call("dlops_device_get_current", || {
        let current = device::current_device()?.map_or(-1, |ordinal| ordinal as i32);
        // SAFETY: the host passes NULL or the address of an int32_t.
        unsafe { write(device, "device", current) }
    })
}

fn ordinal(device: i32, argument: &str) -> Result<usize> {
    let count = Device::count()?;
    match usize::try_from(device) {
        Ok(ordinal) if ordinal < count => Ok(ordinal),
        _ => fail!(Argument, "{argument} is {device}, expected the number of one of {count} devices, from 0"),
    }
}

/// Makes a device current on this thread, for the CUDA calls of the host, until dlops_device_pop: its primary context,
/// which the CUDA runtime uses too. Nests. The library itself takes the device of its contexts, whatever is current.
/// Local. Since 0.1.
///
/// @param device  its number, from 0
/// Errors: ARGUMENT, UNSUPPORTED (no driver, or DLOPS_CUDA=0), CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_device_push(device: i32) -> dlops_status {
    call("dlops_device_push", || device::push_device(ordinal(device, "device")?))
}

/// Makes current again what was so before this thread's last dlops_device_push. Local. Since 0.1.
/// Errors: STATE (nothing was pushed on this thread), CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_device_pop() -> dlops_status {
    call("dlops_device_pop", device::pop_device)
}

/// Whether a device reaches the memory of another one without the host: 1 or 0; 1 for itself, 0 with
/// DLOPS_PEER_ACCESS=0. dlops_array_copy between contexts on the two goes that way where it can. Local. Since 0.1.
/// Errors: NULL_POINTER, ARGUMENT, UNSUPPORTED (no driver, or DLOPS_CUDA=0), CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_device_can_access_peer(device: i32, peer: i32, can: *mut i32) -> dlops_status {
    call("dlops_device_can_access_peer", || {
        let (device, peer) = (Device::open(ordinal(device, "device")?)?, Device::open(ordinal(peer, "peer")?)?);
        // SAFETY: the host passes NULL or the address of an int32_t.
        unsafe { write(can, "can", i32::from(device.can_reach(&peer)?)) }
    })
}
