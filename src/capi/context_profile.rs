//! Counts of a context's calls, seconds, messages and bytes.

use super::border::{self, boolean, borrow, call, dlops_status};
use super::handle::dlops_context;
use crate::context::{Context, Level};
use crate::fail;
use std::ffi::c_char;

/// Switches counting of calls, seconds, messages and bytes on or off. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, ARGUMENT.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_set_profile(context: *mut dlops_context, enabled: i32) -> dlops_status {
    call("dlops_context_set_profile", || {
        let context = borrow::<Context>(context, "context")?;
        context.profile().set_enabled(boolean(enabled, "enabled")?);
        Ok(())
    })
}

/// What this rank counted for one operator or solver by name: calls, seconds (children included), messages sent by
/// the library and bytes of them. Any output may be NULL. Local. Since 0.1.
///
/// @param name  as in the table, such as "FirstDerivative"; NULL for the whole context (messages and bytes only)
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (nothing of that name).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_get_profile(
    context: *const dlops_context,
    name: *const c_char,
    calls: *mut i64,
    seconds: *mut f64,
    messages: *mut i64,
    bytes: *mut i64,
) -> dlops_status {
    call("dlops_context_get_profile", || {
        let context = borrow::<Context>(context, "context")?;
        let figures = if name.is_null() {
            let (messages, bytes) = context.comm().traffic().read();
            (0, 0.0, messages, bytes)
        } else {
            // SAFETY: a NUL-terminated string of the host.
            let name = unsafe { border::text(name, "name") }?;
            match context.profile().find(name) {
                Some(entry) => entry.read(),
                None => fail!(Argument, "nothing of the name '{name}' was made on this context"),
            }
        };
        // SAFETY: each is NULL or an address to write to.
        unsafe {
            for (output, figure) in [(calls, figures.0), (messages, figures.2), (bytes, figures.3)] {
                if let Some(output) = output.as_mut() {
                    *output = figure as i64;
                }
            }
            if let Some(seconds) = seconds.as_mut() {
                *seconds = figures.1;
            }
        }
        Ok(())
    })
}

/// Sends the profile's table to the log at level DLOPS_LOG_INFO, on rank 0: its own figures. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_view_profile(context: *const dlops_context) -> dlops_status {
    call("dlops_context_view_profile", || {
        let context = borrow::<Context>(context, "context")?;
        if context.rank() == 0 {
            context.log(Level::Info, &context.profile().table());
        }
        Ok(())
    })
}

/// All counters of the profile back to zero. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_reset_profile(context: *mut dlops_context) -> dlops_status {
    call("dlops_context_reset_profile", || {
        borrow::<Context>(context, "context")?.profile().clear();
        Ok(())
    })
}
