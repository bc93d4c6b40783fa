//! The NCCL of this process, found at run time: the copy that the host has loaded, before any other.

use crate::error::{Error, Result, Status};
use crate::fail;
use std::ffi::{c_char, c_int, c_void, CStr};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// ncclComm_t.
pub(super) type Raw = *mut c_void;

/// ncclUniqueId: by it the ranks of a new communicator find each other.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct UniqueId(pub [u8; 128]);

/// ncclResult_t of a call of a non-blocking communicator that is not done.
pub(super) const IN_PROGRESS: c_int = 7;

/// Values of ncclDataType_t and ncclRedOp_t.
pub(super) const UINT8: c_int = 1;
pub(super) const INT32: c_int = 2;
pub(super) const INT64: c_int = 4;
pub(super) const FLOAT32: c_int = 7;
pub(super) const FLOAT64: c_int = 8;
pub(super) const SUM: c_int = 0;

macro_rules! library {
    (
        needed { $($name:ident = $symbol:literal ($($argument:ty),*) -> $result:ty;)+ }
        optional { $($extra:ident = $extra_symbol:literal ($($extra_argument:ty),*) -> $extra_result:ty;)+ }
    ) => {
        /// The functions that the library calls, as nccl.h declares them.
        pub(super) struct Library {
            $(pub(super) $name: unsafe extern "C" fn($($argument),*) -> $result,)+
            $(pub(super) $extra: Option<unsafe extern "C" fn($($extra_argument),*) -> $extra_result>,)+
        }

        impl Library {
            fn over(handle: *mut c_void) -> Result<Library> {
                $(let Some($name) = symbol(handle, $symbol) else {
                    fail!(
                        Unsupported,
                        "the NCCL that was found is too old: it has no {}; 2.7 or newer is needed",
                        $symbol.to_string_lossy()
                    );
                };)+
                // SAFETY: the symbols are functions with these declarations in every version of NCCL that has them.
                Ok(unsafe {
                    Library {
                        $($name: std::mem::transmute::<*mut c_void, unsafe extern "C" fn($($argument),*) -> $result>($name),)+
                        $($extra: symbol(handle, $extra_symbol).map(|s| {
                            std::mem::transmute::<*mut c_void, unsafe extern "C" fn($($extra_argument),*) -> $extra_result>(s)
                        }),)+
                    }
                })
            }
        }
    };
}

library! {
    needed {
        unique_id = c"ncclGetUniqueId"(*mut UniqueId) -> c_int;
        init_rank = c"ncclCommInitRank"(*mut Raw, c_int, UniqueId, c_int) -> c_int;
        destroy = c"ncclCommDestroy"(Raw) -> c_int;
        abort = c"ncclCommAbort"(Raw) -> c_int;
        error_string = c"ncclGetErrorString"(c_int) -> *const c_char;
        asynchronous_error = c"ncclCommGetAsyncError"(Raw, *mut c_int) -> c_int;
        count = c"ncclCommCount"(Raw, *mut c_int) -> c_int;
        device = c"ncclCommCuDevice"(Raw, *mut c_int) -> c_int;
        rank = c"ncclCommUserRank"(Raw, *mut c_int) -> c_int;
        all_reduce = c"ncclAllReduce"(*const c_void, *mut c_void, usize, c_int, c_int, Raw, *mut c_void) -> c_int;
        send = c"ncclSend"(*const c_void, usize, c_int, c_int, Raw, *mut c_void) -> c_int;
        receive = c"ncclRecv"(*mut c_void, usize, c_int, c_int, Raw, *mut c_void) -> c_int;
        group_start = c"ncclGroupStart"() -> c_int;
        group_end = c"ncclGroupEnd"() -> c_int;
    }
    optional {
        split = c"ncclCommSplit"(Raw, c_int, c_int, *mut Raw, *mut c_void) -> c_int; // 2.18
        last_error = c"ncclGetLastError"(Raw) -> *const c_char; // 2.13
    }
}

fn symbol(handle: *mut c_void, name: &CStr) -> Option<*mut c_void> {
    // SAFETY: a handle of dlopen, or RTLD_DEFAULT; the symbol is only looked up.
    let found = unsafe { libc::dlsym(handle, name.as_ptr()) };
    (!found.is_null()).then_some(found)
}

/// Whether `DLOPS_NCCL=0` says that there is to be no NCCL.
pub fn nccl_is_off() -> bool {
    std::env::var("DLOPS_NCCL").is_ok_and(|v| v.trim() == "0")
}

const NAME: &CStr = c"libnccl.so.2";

/// The NCCL that this process has loaded, or, with `load`, one that is loaded now. `Unsupported`, with what was looked
/// for, where there is none.
pub(super) fn library(load: bool) -> Result<&'static Library> {
    static FOUND: OnceLock<Library> = OnceLock::new();
    if nccl_is_off() {
        fail!(Unsupported, "NCCL is switched off by DLOPS_NCCL=0");
    }
    if let Some(library) = FOUND.get() {
        return Ok(library);
    }
    let found = Library::over(handle(load)?)?;
    Ok(FOUND.get_or_init(|| found))
}

fn handle(load: bool) -> Result<*mut c_void> {
    if symbol(libc::RTLD_DEFAULT, c"ncclCommInitRank").is_some() {
        return Ok(libc::RTLD_DEFAULT);
    }
    // SAFETY: a copy that is loaded already gets one more reference, which is kept.
    let loaded = unsafe { libc::dlopen(NAME.as_ptr(), libc::RTLD_NOW | libc::RTLD_NOLOAD) };
    if !loaded.is_null() {
        return Ok(loaded);
    }
    if !load {
        fail!(
            Unsupported,
            "an NCCL communicator was given, but this process has not loaded the NCCL that it is of: neither do the \
             program and its libraries export ncclCommInitRank, nor is libnccl.so.2 loaded"
        );
    }
    // SAFETY: loading NCCL runs its initialisers, which is what a program that is linked to it does.
    let loaded = unsafe { libc::dlopen(NAME.as_ptr(), libc::RTLD_NOW) };
    if loaded.is_null() {
        // SAFETY: after a failed dlopen on this thread there is a text, or NULL.
        let reason = unsafe { libc::dlerror() };
        fail!(
            Unsupported,
            "no NCCL was found: neither do the program and its libraries export ncclCommInitRank, nor can libnccl.so.2 \
             be loaded ({})",
            text(reason)
        );
    }
    Ok(loaded)
}

fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: a NUL-terminated string of the library that gave it, valid until its next call.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().trim().to_string()
}

impl Library {
    /// A code as a result; `what` names the call. `communicator` may be NULL.
    pub(super) fn check(&self, code: c_int, communicator: Raw, what: impl FnOnce() -> String) -> Result<()> {
        if code == 0 {
            return Ok(());
        }
        // SAFETY: NCCL gives a static string for every number, and the text of this thread's last error.
        let (meaning, detail) = unsafe {
            (text((self.error_string)(code)), self.last_error.map(|last| text(last(communicator))).unwrap_or_default())
        };
        let detail = if detail.is_empty() { detail } else { format!(": {detail}") };
        Err(Error::new(Status::Nccl, format!("{}: {meaning} (code {code}){detail}", what())))
    }

    /// As `check`; a call of a non-blocking communicator that is under way is waited for, as long as `limit`.
    pub(super) fn complete(
        &self,
        mut code: c_int,
        communicator: Raw,
        limit: Duration,
        what: impl FnOnce() -> String,
    ) -> Result<()> {
        let start = Instant::now();
        while code == IN_PROGRESS {
            if start.elapsed() > limit {
                fail!(Nccl, "{} has not ended in {:.3} s, the nccl_time_limit", what(), limit.as_secs_f64());
            }
            std::thread::yield_now();
            // SAFETY: a live communicator; one integer is written.
            let asked = unsafe { (self.asynchronous_error)(communicator, &mut code) };
            self.check(asked, communicator, || "ncclCommGetAsyncError".into())?;
        }
        self.check(code, communicator, what)
    }

    /// What went wrong in earlier work of a communicator.
    pub(super) fn check_asynchronous(&self, communicator: Raw, what: impl FnOnce() -> String) -> Result<()> {
        let mut code = 0;
        // SAFETY: a live communicator; one integer is written.
        let asked = unsafe { (self.asynchronous_error)(communicator, &mut code) };
        self.check(asked, communicator, || "ncclCommGetAsyncError".into())?;
        match code {
            IN_PROGRESS => Ok(()),
            _ => self.check(code, communicator, what),
        }
    }
}
