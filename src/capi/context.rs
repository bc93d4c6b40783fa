//! dlops_context: create, ask, log, profile, agree, destroy.

use super::border::{self, boolean, borrow, call, dlops_status, flag, options, write, Options, Output};
use super::handle::{destroy, dlops_context};
use super::space::{DLOPS_CUDA, DLOPS_HOST};
use crate::comm::custom::Custom;
use crate::comm::table::dlops_communicator_functions;
use crate::comm::Communicator;
use crate::context::{Context, ContextOptions, DeviceChoice, HostNccl, HostStream, Level, StreamChoice};
use crate::device::{Allocate, Allocator, Deallocate};
use crate::error::{Result, Status};
use crate::fail;
use std::ffi::{c_char, c_void, CString};
use std::sync::Arc;

/// Message levels of a log callback.
pub const DLOPS_LOG_ERROR: i32 = 0;
pub const DLOPS_LOG_WARNING: i32 = 1;
pub const DLOPS_LOG_INFO: i32 = 2;
pub const DLOPS_LOG_DEBUG: i32 = 3;

/// Families of MPI implementations, which a host passes as it was compiled (dlops_mpi.h does).
pub const DLOPS_MPI_OPEN_MPI: i32 = 1;
pub const DLOPS_MPI_MPICH: i32 = 2;
pub const DLOPS_MPI_STANDARD_ABI: i32 = 3;

/// Optional choices for a context; initialise with DLOPS_CONTEXT_OPTIONS_INIT. Zero means the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dlops_context_options {
    pub struct_size: usize,
    /// Threads of each rank; 0: DLOPS_NUM_THREADS, or 1.
    pub threads: i32,
    /// 1: every collective call first agrees that all ranks passed the same arguments; 0: not.
    pub check_level: i32,
    /// 1: dot products, norms and residual histories are bit-equal for any number of ranks; 0: not.
    pub deterministic: i32,
    /// 1: count calls, seconds, messages and bytes of every operator and solver; 0: not.
    pub profile: i32,
    /// where arrays are unless their space says otherwise: 0 or DLOPS_HOST, or DLOPS_CUDA, which needs a device
    pub memory: i32,
    /// DLOPS_CUDA: the device's number plus one (DLOPS_DEVICE(number)); 0: this rank's number among the ranks of its
    /// machine, modulo the number of devices that it sees
    pub device: i32,
    /// DLOPS_CUDA, 1: work on a stream of the library's own; 0: on `stream`
    pub own_stream: i32,
    /// DLOPS_CUDA: how what lies on devices goes from rank to rank, DLOPS_TRANSPORT_STAGED, DLOPS_TRANSPORT_CUDA_AWARE or
    /// DLOPS_TRANSPORT_NCCL; 0: automatic
    pub transport: i32,
    /// DLOPS_CUDA: the host's stream (a cudaStream_t), borrowed for the life of the context; NULL: the legacy default
    /// stream
    pub stream: *mut CUstream_st,
    /// DLOPS_CUDA: the host's NCCL communicator (an ncclComm_t), borrowed for the life of the context and never destroyed,
    /// with the ranks of the context in the same order and its devices; NULL: none
    pub nccl: *mut ncclComm,
    /// DLOPS_CUDA: where device memory comes from, instead of the library's pool on the device; both or neither. The
    /// memory limit and the statistics hold for it too
    pub allocate: dlops_allocate_callback,
    pub deallocate: dlops_deallocate_callback,
    /// passed to both; like them it is used until the context and everything made on it is gone
    pub allocator_data: *mut c_void,
    /// DLOPS_CUDA, with NCCL: seconds that a call may wait for work of which messages to other ranks are part. Then it
    /// returns DLOPS_ERROR_NCCL, since another rank has failed or never comes, and so does every later call that would use
    /// the communicator: one of the library's own is aborted, the host's is left as it is, for the host to abort before it
    /// destroys the context. INFINITY: no limit; 0: DLOPS_NCCL_TIME_LIMIT, or 1800
    pub nccl_time_limit: f64,
}

/// Gives `bytes` (1 or more) bytes of the device that is current, aligned to 256, for work that is put on `stream` from
/// now on; NULL: there are none, and the call that asked returns MEMORY.
pub type dlops_allocate_callback =
    Option<unsafe extern "C" fn(bytes: usize, stream: *mut CUstream_st, user: *mut c_void) -> *mut c_void>;

/// Takes back what dlops_allocate_callback gave, once the work that is on `stream` now is done.
pub type dlops_deallocate_callback =
    Option<unsafe extern "C" fn(memory: *mut c_void, bytes: usize, stream: *mut CUstream_st, user: *mut c_void)>;

/// CUDA's stream: a cudaStream_t points to one.
pub struct CUstream_st([u8; 0]);

/// NCCL's communicator: an ncclComm_t points to one.
pub struct ncclComm([u8; 0]);

impl Options for dlops_context_options {
    const NAME: &'static str = "dlops_context_options";
}

/// Receives messages of a context on the thread that caused them. `text` is valid during the call only.
pub type dlops_log_callback = Option<unsafe extern "C" fn(level: i32, text: *const c_char, user: *mut c_void)>;

/// Called exactly once when the library lets go of `user`.
pub type dlops_destroy_callback = Option<unsafe extern "C" fn(user: *mut c_void)>;

fn read(choices: dlops_context_options) -> Result<ContextOptions> {
    let Ok(threads) = usize::try_from(choices.threads) else {
        fail!(Option, "threads is {}, expected 0 or more", choices.threads);
    };
    let limit = choices.nccl_time_limit;
    if limit.is_nan() || limit < 0.0 {
        fail!(Option, "nccl_time_limit is {limit}, expected seconds, 0 for the default");
    }
    Ok(ContextOptions {
        device: device(&choices)?,
        nccl_time_limit: limit,
        allocator: allocator(&choices)?,
        threads,
        check_level: flag(choices.check_level, "check_level")? as i32,
        deterministic: flag(choices.deterministic, "deterministic")?,
        profile: flag(choices.profile, "profile")?,
        transport: super::transport::choice(choices.transport)?,
        // SAFETY: the host keeps its communicator for the life of the context, as documented.
        nccl: (!choices.nccl.is_null()).then(|| unsafe { HostNccl::new(choices.nccl.cast()) }),
    })
}

fn allocator(choices: &dlops_context_options) -> Result<Option<Allocator>> {
    let (allocate, deallocate) = match (choices.allocate, choices.deallocate) {
        (None, None) if choices.allocator_data.is_null() => return Ok(None),
        (Some(allocate), Some(deallocate)) if choices.memory == DLOPS_CUDA => (allocate, deallocate),
        (Some(_), Some(_)) => fail!(Option, "allocate and deallocate need memory = DLOPS_CUDA"),
        (None, None) => fail!(Option, "allocator_data needs allocate and deallocate"),
        (Some(_), None) => fail!(Option, "allocate is given, but deallocate is NULL"),
        (None, Some(_)) => fail!(Option, "deallocate is given, but allocate is NULL"),
    };
    // SAFETY: the host's functions do what their types say; a CUstream_st is opaque on both sides.
    Ok(Some(unsafe {
        let allocate = std::mem::transmute::<CAllocate, Allocate>(allocate);
        let deallocate = std::mem::transmute::<CDeallocate, Deallocate>(deallocate);
        Allocator::new(allocate, deallocate, choices.allocator_data)
    }))
}

type CAllocate = unsafe extern "C" fn(usize, *mut CUstream_st, *mut c_void) -> *mut c_void;
type CDeallocate = unsafe extern "C" fn(*mut c_void, usize, *mut CUstream_st, *mut c_void);

fn device(choices: &dlops_context_options) -> Result<Option<DeviceChoice>> {
    let own = flag(choices.own_stream, "own_stream")?;
    if choices.memory == DLOPS_CUDA {
        let ordinal = match usize::try_from(choices.device) {
            Ok(number) => number.checked_sub(1),
            Err(_) => fail!(Option, "device is {}, expected 0 or DLOPS_DEVICE(number)", choices.device),
        };
        if own && !choices.stream.is_null() {
            fail!(Option, "own_stream is 1, but stream is {:p}; give one of them", choices.stream);
        }
        let stream = match own {
            true => StreamChoice::Own,
            // SAFETY: the host keeps its stream for the life of the context, as documented.
            false => StreamChoice::Host(unsafe { HostStream::new(choices.stream.cast()) }),
        };
        return Ok(Some(DeviceChoice { ordinal, stream }));
    }
    if choices.memory != 0 && choices.memory != DLOPS_HOST {
        fail!(Option, "memory is {}, expected DLOPS_HOST (1) or DLOPS_CUDA (2)", choices.memory);
    }
    if choices.device != 0 || own || choices.transport != 0 || !choices.stream.is_null() || !choices.nccl.is_null() {
        fail!(Option, "device, own_stream, transport, stream and nccl need memory = DLOPS_CUDA");
    }
    Ok(None)
}

/// Makes a context of this rank alone, which needs no MPI. Local. Since 0.1.
///
/// @param choices  NULL for the defaults
/// @param context  the new context; the caller destroys it
/// Errors: NULL_POINTER, OPTION, MEMORY.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_create_self(
    choices: *const dlops_context_options,
    context: *mut *mut dlops_context,
) -> dlops_status {
    call("dlops_context_create_self", || {
        let output = Output::new(context, "context")?;
        // SAFETY: the host passes NULL or options with their struct_size.
        let choices = read(unsafe { options(choices) }?)?;
        output.write(Context::solo(choices)?)
    })
}

/// Makes a context over an MPI communicator, given by its Fortran handle. Collective over the communicator. Since 0.1.
///
/// C and C++ call dlops_context_create_mpi of dlops_mpi.h, which passes MPI_Comm_c2f(comm) and the family of the MPI
/// that the host was compiled with. The communicator is duplicated (the duplicate returns errors); the host may free
/// its own. MPI must be initialised, with MPI_THREAD_FUNNELED when calls come from the main thread only, else with
/// MPI_THREAD_SERIALIZED.
///
/// @param comm     Fortran handle of an intracommunicator
/// @param family   DLOPS_MPI_OPEN_MPI, DLOPS_MPI_MPICH or DLOPS_MPI_STANDARD_ABI; 0 when the host cannot tell
/// @param choices  NULL for the defaults
/// @param context  the new context; the caller destroys it
/// Errors: NULL_POINTER, ARGUMENT (MPI_COMM_NULL or an intercommunicator), OPTION, MPI, MPI_MISMATCH, STATE (MPI not
/// initialised, or finalised; the thread), UNSUPPORTED (a library built without MPI), MEMORY.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_create_fortran(
    comm: i32,
    family: i32,
    choices: *const dlops_context_options,
    context: *mut *mut dlops_context,
) -> dlops_status {
    call("dlops_context_create_fortran", || {
        let output = Output::new(context, "context")?;
        // SAFETY: the host passes NULL or options with their struct_size.
        let choices = unsafe { options(choices) }.and_then(read);
        output.write(over_mpi(comm, family, choices)?)
    })
}

#[cfg(feature = "mpi")]
fn over_mpi(comm: i32, family: i32, choices: Result<ContextOptions>) -> Result<Context> {
    let comm: Arc<dyn Communicator> = crate::comm::mpi::from_fortran(comm, family)?;
    let choices = Context::agree_over(&comm, choices)?;
    Context::new(comm, choices)
}

#[cfg(not(feature = "mpi"))]
fn over_mpi(_comm: i32, _family: i32, _choices: Result<ContextOptions>) -> Result<Context> {
    fail!(Unsupported, "this libdlops was built without MPI (cargo feature `mpi`)")
}

/// Makes a context over the host's own table of communication functions. Collective over its ranks. Since 0.1.
///
/// @param functions  copied; `user` inside it stays the host's until its `destroy` is called
/// @param choices    NULL for the defaults
/// @param context    the new context; the caller destroys it. If the call fails, `destroy` is not called
/// Errors: NULL_POINTER, ARGUMENT, OPTION, COMMUNICATION, MEMORY.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_create_custom(
    functions: *const dlops_communicator_functions,
    choices: *const dlops_context_options,
    context: *mut *mut dlops_context,
) -> dlops_status {
    call("dlops_context_create_custom", || {
        let output = Output::new(context, "context")?;
        // SAFETY: the host passes NULL or options with their struct_size.
        let choices = unsafe { options(choices) }.and_then(read);
        let make = |comm: Arc<dyn Communicator>| {
            let choices = Context::agree_over(&comm, choices)?;
            Context::new(comm, choices)
        };
        // SAFETY: the host promises that the functions do what their members' comments say.
        output.write(unsafe { Custom::create_for(functions, make) }?)
    })
}

/// This rank's local context, of one rank: the same one at every call, sharing threads, log and profile. Local. Since 0.1.
///
/// Operators of BlockDiag, VStack and HStack live on it.
/// @param local  a new handle to it; the caller destroys it
/// Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_get_local(
    context: *const dlops_context,
    local: *mut *mut dlops_context,
) -> dlops_status {
    call("dlops_context_get_local", || {
        let output = Output::new(local, "local")?;
        output.write(borrow::<Context>(context, "context")?.local())
    })
}

/// Another handle to the same context. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_retain(
    context: *const dlops_context,
    copy: *mut *mut dlops_context,
) -> dlops_status {
    call("dlops_context_retain", || Output::new(copy, "copy")?.write(borrow::<Context>(context, "context")?))
}

/// This rank's number, from 0. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_get_rank(context: *const dlops_context, rank: *mut i32) -> dlops_status {
    // SAFETY: the host passes NULL or the address of an int32_t.
    call("dlops_context_get_rank", || unsafe {
        write(rank, "rank", borrow::<Context>(context, "context")?.rank() as i32)
    })
}

/// Number of ranks. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_get_size(context: *const dlops_context, size: *mut i32) -> dlops_status {
    // SAFETY: the host passes NULL or the address of an int32_t.
    call("dlops_context_get_size", || unsafe {
        write(size, "size", borrow::<Context>(context, "context")?.size() as i32)
    })
}

/// Threads of this rank. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_get_threads(context: *const dlops_context, threads: *mut i32) -> dlops_status {
    // SAFETY: the host passes NULL or the address of an int32_t.
    call("dlops_context_get_threads", || unsafe {
        write(threads, "threads", borrow::<Context>(context, "context")?.threads().len() as i32)
    })
}

/// Changes how much collective calls agree before they start (see dlops_context_options). All ranks pass the same
/// value at the same point of the program. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, ARGUMENT.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_set_check_level(context: *mut dlops_context, level: i32) -> dlops_status {
    call("dlops_context_set_check_level", || {
        let context = borrow::<Context>(context, "context")?;
        context.set_check_level(boolean(level, "level")? as i32);
        Ok(())
    })
}

struct HostLog {
    callback: unsafe extern "C" fn(i32, *const c_char, *mut c_void),
    user: User,
}

/// The host's pointer, and what to call when the library lets go of it.
pub(super) struct User {
    pub(super) pointer: *mut c_void,
    pub(super) destroy: dlops_destroy_callback,
}

// SAFETY: the host passes a pointer that its callbacks may use on any thread that calls the library.
unsafe impl Send for User {}
// SAFETY: as above.
unsafe impl Sync for User {}

impl Drop for User {
    fn drop(&mut self) {
        if let Some(destroy) = self.destroy {
            // SAFETY: called once, with the pointer it was registered for.
            unsafe { destroy(self.pointer) }
        }
    }
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
            let host = HostLog { callback, user: User { pointer: user, destroy } };
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

/// Makes an error that one rank kept (from a call that cannot agree by itself, such as an operator's callback that
/// failed) known to all ranks, and forgets it. Collective. Since 0.1.
///
/// @param status  the error of the lowest failing rank, the same on all ranks; DLOPS_OK when no rank kept one. Its
/// text is in dlops_last_error
/// Errors: NULL_POINTER, HANDLE, MPI, COMMUNICATION.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_context_agree(context: *mut dlops_context, status: *mut dlops_status) -> dlops_status {
    let mut agreed = Status::Ok.code();
    let done = call("dlops_context_agree", || {
        let context = borrow::<Context>(context, "context")?;
        agreed = call("dlops_context_agree", || context.agree_pending());
        if status.is_null() {
            fail!(NullPointer, "status is NULL, expected an address to write to");
        }
        Ok(())
    });
    if done == Status::Ok.code() {
        // SAFETY: checked above.
        unsafe { status.write(agreed) };
    }
    done
}

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

/// Destroys a handle and sets it to NULL; NULL is accepted. Collective over the context's ranks. Since 0.1.
///
/// What was built on the context keeps it alive, so the order of destroys is free, also after MPI_Finalize.
/// Errors: HANDLE.
#[no_mangle]
pub unsafe extern "C" fn dlops_context_destroy(context: *mut *mut dlops_context) -> dlops_status {
    // SAFETY: the host passes NULL or the address of a handle.
    call("dlops_context_destroy", || unsafe { destroy::<Context>(context, "context") })
}
