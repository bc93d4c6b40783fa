//! dlops_context: create, ask, agree, destroy.

use super::border::{boolean, borrow, call, dlops_status, options, write, Output};
use super::context_options::{dlops_context_options, read};
use super::handle::{destroy, dlops_context};
use crate::comm::custom::Custom;
use crate::comm::table::dlops_communicator_functions;
use crate::comm::Communicator;
use crate::context::{Context, ContextOptions};
use crate::error::{Result, Status};
use crate::fail;
use std::sync::Arc;

/// Families of MPI implementations, which a host passes as it was compiled (dlops_mpi.h does).
pub const DLOPS_MPI_OPEN_MPI: i32 = 1;
pub const DLOPS_MPI_MPICH: i32 = 2;
pub const DLOPS_MPI_STANDARD_ABI: i32 = 3;

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

/// Destroys a handle and sets it to NULL; NULL is accepted. Collective over the context's ranks. Since 0.1.
///
/// What was built on the context keeps it alive, so the order of destroys is free, also after MPI_Finalize.
/// Errors: HANDLE.
#[no_mangle]
pub unsafe extern "C" fn dlops_context_destroy(context: *mut *mut dlops_context) -> dlops_status {
    // SAFETY: the host passes NULL or the address of a handle.
    call("dlops_context_destroy", || unsafe { destroy::<Context>(context, "context") })
}
