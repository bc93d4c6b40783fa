//! What the stand-in GPU of `tests/standin` counts.

use std::sync::OnceLock;

/// `standin_counts` of abi/standin.h.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Counts {
    pub kernels: u64,
    pub library_calls: u64,
    pub synchronizations: u64,
    pub copies_to_device: u64,
    pub copies_to_host: u64,
    pub copies_on_device: u64,
    pub copies_between_devices: u64,
    pub bytes_to_device: u64,
    pub bytes_to_host: u64,
    pub bytes_on_device: u64,
    pub bytes_between_devices: u64,
    pub memsets: u64,
    pub allocations: u64,
    pub live_allocations: u64,
    pub live_bytes: u64,
    pub peak_bytes: u64,
    pub live_pinned: u64,
    pub live_streams: u64,
    pub live_events: u64,
    pub live_modules: u64,
    pub graph_launches: u64,
    pub failures: u64,
    pub stream_queries: u64,
    pub event_queries: u64,
}

type Statistics = unsafe extern "C" fn(*mut Counts, usize);

/// What has been counted so far; `None` with another driver, or one that counts less.
pub fn now() -> Option<Counts> {
    static ENTRY: OnceLock<Option<Statistics>> = OnceLock::new();
    let entry = ENTRY.get_or_init(|| {
        // SAFETY: the library is asked for only where it is loaded already; the symbol, where it exists, is this function.
        unsafe {
            let library = libc::dlopen(c"libcuda.so.1".as_ptr(), libc::RTLD_NOW | libc::RTLD_NOLOAD);
            if library.is_null() {
                return None;
            }
            let symbol = libc::dlsym(library, c"standin_statistics".as_ptr());
            (!symbol.is_null()).then(|| std::mem::transmute::<*mut libc::c_void, Statistics>(symbol))
        }
    });
    let mut counts = Counts { event_queries: u64::MAX, ..Counts::default() };
    let entry = (*entry)?;
    // SAFETY: the function writes at most so many bytes.
    unsafe { entry(&mut counts, size_of::<Counts>()) };
    (counts.event_queries != u64::MAX).then_some(counts)
}
