//! dlops_context_options, and what a host lends a context by them.

use super::border::{flag, Options};
use super::host::{ncclComm, CUstream_st};
use super::space::{DLOPS_CUDA, DLOPS_HOST};
use crate::context::{ContextOptions, DeviceChoice, HostNccl, HostStream, StreamChoice};
use crate::device::{Allocate, Allocator, Deallocate};
use crate::error::Result;
use crate::fail;
use std::ffi::c_void;

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

impl Options for dlops_context_options {
    const NAME: &'static str = "dlops_context_options";
}

pub(super) fn read(choices: dlops_context_options) -> Result<ContextOptions> {
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
