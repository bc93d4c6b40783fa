//! Messages of a context to its host.

use super::border::{borrow, call, dlops_status};
use super::handle::dlops_context;
use super::host::{dlops_destroy_callback, User};
use crate::context::{Context, Level};
use std::ffi::{c_char, c_void, CString};
use std::sync::Arc;

/// Message levels of a log callback.
pub const DLOPS_LOG_ERROR: i32 = 0;
pub const DLOPS_LOG_WARNING: i32 = 1;
pub const DLOPS_LOG_INFO: i32 = 2;
pub const DLOPS_LOG_DEBUG: i32 = 3;

/// Receives messages of a context on the thread that caused them. `text` is valid during the call only.
pub type dlops_log_callback = Option<unsafe extern "C" fn(level: i32, text: *const c_char, user: *mut c_void)>;

struct HostLog {
    callback: unsafe extern "C" fn(i32, *const c_char, *mut c_void),
    user: User,
}

/// Sends the messages of a context to the host; NULL for silence, which is the default. Local. Since 0.1.
///
/// @param callback  NULL to remove the present one
/// @param user      passed to the callback
/// @param destroy   called once with `user` when the callback is replaced or the context is gone; may be NULL
/// Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_set_log(
    context: *mut dlops_context,
    callback: dlops_log_callback,
    user: *mut c_void,
    destroy: dlops_destroy_callback,
) -> dlops_status {
    call("dlops_context_set_log", || {
        let context = borrow::<Context>(context, "context")?;
        let sink = callback.map(|callback| {
            let host = HostLog { callback, user: User::given(user, destroy) };
            Arc::new(move |level: Level, text: &str| {
                let host = &host;
                let text = CString::new(text.replace('\0', " ")).unwrap_or_default();
                // SAFETY: the host's callback, with its own pointer and a string that outlives the call.
                unsafe { (host.callback)(level as i32, text.as_ptr(), host.user.pointer) }
            }) as crate::context::LogSink
        });
        context.set_log(sink);
        Ok(())
    })
}
