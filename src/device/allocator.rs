//! A host's own functions for device memory, in place of the pool.

use super::stream::Stream;
use crate::error::Result;
use crate::fail;
use std::ffi::c_void;

/// Gives `bytes` bytes of the current device, valid for work put on `stream` from now on; NULL: there are none.
pub type Allocate = unsafe extern "C" fn(bytes: usize, stream: *mut c_void, user: *mut c_void) -> *mut c_void;

/// Takes memory of `Allocate` back once the work that is on `stream` now is done.
pub type Deallocate = unsafe extern "C" fn(memory: *mut c_void, bytes: usize, stream: *mut c_void, user: *mut c_void);

/// The pair of functions, and what they are called with. It lives until the context and everything made on it is gone.
#[derive(Clone, Copy, Debug)]
pub struct Allocator {
    allocate: Allocate,
    deallocate: Deallocate,
    user: *mut c_void,
}

// SAFETY: whoever makes one vouches that the functions may be called from any thread that uses the library.
unsafe impl Send for Allocator {}
// SAFETY: as above.
unsafe impl Sync for Allocator {}

impl Allocator {
    /// # Safety
    /// The functions do what their types say, for as long as the context and everything made on it lives.
    pub unsafe fn new(allocate: Allocate, deallocate: Deallocate, user: *mut c_void) -> Allocator {
        Allocator { allocate, deallocate, user }
    }

    /// The device's context is current.
    pub(super) fn allocate(&self, bytes: usize, stream: &Stream) -> Result<u64> {
        // SAFETY: whoever made the allocator vouched for it.
        let pointer = unsafe { (self.allocate)(bytes, stream.raw().cast(), self.user) };
        if pointer.is_null() {
            fail!(Memory, "{bytes} bytes of device memory: the host's allocator gave NULL");
        }
        Ok(pointer as u64)
    }

    /// The device's context is current.
    pub(super) fn free(&self, pointer: u64, bytes: usize, stream: &Stream) {
        // SAFETY: as above, with memory that came from `allocate` and is given back once.
        unsafe { (self.deallocate)(pointer as *mut c_void, bytes, stream.raw().cast(), self.user) }
    }
}
