//! What hosts lend the library: pointers that go with callbacks and memory, CUDA's streams and NCCL's communicators.

use std::ffi::c_void;
use std::sync::OnceLock;

/// Called exactly once when the library lets go of `user`.
pub type dlops_destroy_callback = Option<unsafe extern "C" fn(user: *mut c_void)>;

/// CUDA's stream: a cudaStream_t points to one.
pub struct CUstream_st([u8; 0]);

/// NCCL's communicator: an ncclComm_t points to one.
pub struct ncclComm([u8; 0]);

/// The host's pointer, and what to call when the library lets go of it.
pub(super) struct User {
    pub(super) pointer: *mut c_void,
    /// Empty while the pointer is the caller's.
    destroy: OnceLock<unsafe extern "C" fn(*mut c_void)>,
}

// SAFETY: the host passes a pointer that its callbacks may use on any thread that calls the library.
unsafe impl Send for User {}
// SAFETY: as above; what has such a pointer is used by one thread at a time.
unsafe impl Sync for User {}

impl User {
    /// The library lets go of the pointer with this object.
    pub(super) fn given(pointer: *mut c_void, destroy: dlops_destroy_callback) -> User {
        let user = User::lent(pointer);
        user.adopt(destroy);
        user
    }

    /// The pointer is the caller's until it is adopted: when what it was passed for exists.
    pub(super) fn lent(pointer: *mut c_void) -> User {
        User { pointer, destroy: OnceLock::new() }
    }

    pub(super) fn adopt(&self, destroy: dlops_destroy_callback) {
        if let Some(destroy) = destroy {
            self.destroy.get_or_init(|| destroy);
        }
    }
}

impl Drop for User {
    fn drop(&mut self) {
        if let Some(destroy) = self.destroy.get() {
            // SAFETY: called once, with the pointer it was registered for.
            unsafe { destroy(self.pointer) }
        }
    }
}
