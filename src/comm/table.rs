//! The table of functions by which a host brings its own transport.

use crate::error::Result;
use crate::fail;
use std::ffi::c_void;

/// A transport of the host: one group of ranks, as seen by the calling rank.
///
/// Set `struct_size` to `sizeof(dlops_communicator_functions)` and every member that is not used to zero or NULL.
/// The table is copied; `user` is passed to every function and belongs to the library once the context is made:
/// `destroy(user)` is called exactly once, with the last reference. If making the context fails, it is not called.
///
/// Every function returns 0, or another number of the host's own choice when it fails: the library's call then
/// returns `DLOPS_ERROR_COMMUNICATION` with a message that names the function, the number and the rank.
/// The functions are called on the thread that called the library, by one thread at a time, and collective ones on
/// all ranks of the group in the same order. They must not throw or jump out.
/// Counts and displacements are in bytes unless said otherwise, and never negative. Buffers are host memory.
///
/// A tag is 0 to 32767. Messages between two ranks with one tag arrive in the order they were sent; a rank may send to
/// itself. Collective calls and messages do not disturb each other: a collective may run while messages are unfinished.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct dlops_communicator_functions {
    /// `sizeof(dlops_communicator_functions)` as the host was compiled.
    pub struct_size: usize,
    /// Passed to every function.
    pub user: *mut c_void,
    /// This rank, 0 to `size - 1`.
    pub rank: i32,
    /// Number of ranks, at least 1.
    pub size: i32,
    /// The largest count that one call may have (numbers in `allreduce`, bytes elsewhere; a displacement too);
    /// larger calls are split. 0: no limit. A transport whose counts are C ints sets 1073741824.
    pub max_count: i64,
    /// Combines `count` numbers elementwise over all ranks, in place; every rank receives the same bits.
    /// `number` is DLOPS_FLOAT32, DLOPS_FLOAT64, DLOPS_INT32 or DLOPS_INT64; `combine` is 0 sum, 1 minimum, 2 maximum.
    /// Collective. Required.
    pub allreduce: Option<
        unsafe extern "C" fn(user: *mut c_void, buffer: *mut c_void, count: i64, number: i32, combine: i32) -> i32,
    >,
    /// Sends the `bytes` bytes of rank `root` to all ranks. Collective. Required.
    pub broadcast: Option<unsafe extern "C" fn(user: *mut c_void, buffer: *mut c_void, bytes: i64, root: i32) -> i32>,
    /// Gathers `bytes` bytes of every rank, in the order of ranks. Collective. NULL: `allgatherv` is used.
    pub allgather:
        Option<unsafe extern "C" fn(user: *mut c_void, send: *const c_void, receive: *mut c_void, bytes: i64) -> i32>,
    /// Gathers `counts[r]` bytes of every rank r at `receive + displacements[r]`. `counts` are the same on all ranks,
    /// some may be 0; `send_bytes` is `counts[rank]`. Collective. Required.
    pub allgatherv: Option<
        unsafe extern "C" fn(
            user: *mut c_void,
            send: *const c_void,
            send_bytes: i64,
            receive: *mut c_void,
            counts: *const i64,
            displacements: *const i64,
        ) -> i32,
    >,
    /// Sends `send_counts[r]` bytes at `send + send_displacements[r]` to every rank r and receives likewise; counts may
    /// be 0. Collective. NULL, or `max_count` not 0: `send` and `receive` are used.
    pub alltoallv: Option<
        unsafe extern "C" fn(
            user: *mut c_void,
            send: *const c_void,
            send_counts: *const i64,
            send_displacements: *const i64,
            receive: *mut c_void,
            receive_counts: *const i64,
            receive_displacements: *const i64,
        ) -> i32,
    >,
    /// Returns when all ranks have called it. Collective. NULL: `allreduce` is used.
    pub barrier: Option<unsafe extern "C" fn(user: *mut c_void) -> i32>,
    /// Starts sending `bytes` bytes (at least 1) to rank `peer` and returns at once; `*request` receives any number by
    /// which `wait` knows the message. The buffer is left alone until `wait` has returned. Local. Required.
    pub send: Option<
        unsafe extern "C" fn(
            user: *mut c_void,
            buffer: *const c_void,
            bytes: i64,
            peer: i32,
            tag: i32,
            request: *mut u64,
        ) -> i32,
    >,
    /// Starts receiving exactly `bytes` bytes (at least 1) from rank `peer`, likewise. Local. Required.
    pub receive: Option<
        unsafe extern "C" fn(
            user: *mut c_void,
            buffer: *mut c_void,
            bytes: i64,
            peer: i32,
            tag: i32,
            request: *mut u64,
        ) -> i32,
    >,
    /// Lets unfinished messages make progress, without waiting. It may change the numbers; `wait` is called for all of
    /// them all the same. Local. NULL: messages progress by themselves or in `wait`.
    pub test: Option<unsafe extern "C" fn(user: *mut c_void, count: i64, requests: *mut u64) -> i32>,
    /// Waits until all `count` messages are complete and forgets them, also when it fails. Local. Required.
    pub wait: Option<unsafe extern "C" fn(user: *mut c_void, count: i64, requests: *mut u64) -> i32>,
    /// Makes a group of all ranks that pass this `colour` (any number), ordered by rank. `group` arrives zeroed with
    /// `struct_size` set; the host fills it, with a `user` and `destroy` of its own. Collective.
    /// NULL: groups are made of `send` and `receive`.
    pub split:
        Option<unsafe extern "C" fn(user: *mut c_void, colour: i32, group: *mut dlops_communicator_functions) -> i32>,
    /// Called once, with the last reference; local, at any time, ranks in any order. NULL: nothing to release.
    pub destroy: Option<unsafe extern "C" fn(user: *mut c_void)>,
}

/// Bytes up to the last member of the first published version.
const FIRST_SIZE: usize = size_of::<dlops_communicator_functions>();

impl Default for dlops_communicator_functions {
    /// Nothing set but the size.
    fn default() -> Self {
        dlops_communicator_functions {
            struct_size: size_of::<Self>(),
            user: std::ptr::null_mut(),
            rank: 0,
            size: 0,
            max_count: 0,
            allreduce: None,
            broadcast: None,
            allgather: None,
            allgatherv: None,
            alltoallv: None,
            barrier: None,
            send: None,
            receive: None,
            test: None,
            wait: None,
            split: None,
            destroy: None,
        }
    }
}

impl dlops_communicator_functions {
    /// A copy of the host's table, which may be of an older or a newer version.
    ///
    /// # Safety
    /// `table` is NULL or points to `struct_size` readable bytes.
    pub unsafe fn read(table: *const Self) -> Result<Self> {
        if table.is_null() {
            fail!(NullPointer, "the table of communicator functions is NULL");
        }
        // SAFETY: the first member is there in every version.
        let given = unsafe { (*table).struct_size };
        if given < FIRST_SIZE {
            fail!(Argument, "struct_size of the communicator functions is {given}, expected at least {FIRST_SIZE}");
        }
        let known = size_of::<Self>();
        for at in known..given {
            // SAFETY: inside the `struct_size` bytes.
            if unsafe { *table.cast::<u8>().add(at) } != 0 {
                fail!(Unsupported, "the communicator functions have members at byte {at} that this version ignores");
            }
        }
        let mut copy = Self::default();
        // SAFETY: both hold that many bytes; every member is valid with zero bits and with what a host writes.
        unsafe { (&raw mut copy).cast::<u8>().copy_from_nonoverlapping(table.cast(), given.min(known)) };
        Ok(copy)
    }

    /// (rank, size) of a table with everything that is required.
    pub fn check(&self) -> Result<(usize, usize)> {
        if self.size < 1 || self.rank < 0 || self.rank >= self.size {
            fail!(Argument, "the communicator functions have rank {} and size {}", self.rank, self.size);
        }
        if self.max_count < 0 {
            fail!(Argument, "max_count of the communicator functions is {}, expected 0 or more", self.max_count);
        }
        for (name, missing) in [
            ("allreduce", self.allreduce.is_none()),
            ("broadcast", self.broadcast.is_none()),
            ("allgatherv", self.allgatherv.is_none()),
            ("send", self.send.is_none()),
            ("receive", self.receive.is_none()),
            ("wait", self.wait.is_none()),
        ] {
            if missing {
                fail!(NullPointer, "the communicator function '{name}' is required and NULL");
            }
        }
        Ok((self.rank as usize, self.size as usize))
    }
}
