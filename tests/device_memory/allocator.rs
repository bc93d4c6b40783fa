//! Device memory from a host's functions.

use super::super::*;
use dlops::device::Allocator;
use dlops::error::Status;
use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Default)]
struct Counts {
    given: AtomicUsize,
    taken: AtomicUsize,
    bytes: AtomicUsize,
    /// More is refused.
    room: AtomicUsize,
}

unsafe extern "C" fn allocate(bytes: usize, stream: *mut c_void, user: *mut c_void) -> *mut c_void {
    // SAFETY: the counts of the test, and the device's context is current.
    unsafe {
        let counts = &*user.cast::<Counts>();
        if counts.bytes.load(Ordering::SeqCst) + bytes > counts.room.load(Ordering::SeqCst) {
            return std::ptr::null_mut();
        }
        counts.given.fetch_add(1, Ordering::SeqCst);
        counts.bytes.fetch_add(bytes, Ordering::SeqCst);
        let mut pointer = 0;
        done(sys::cuMemAllocAsync(&mut pointer, bytes, stream.cast()));
        pointer as *mut c_void
    }
}

unsafe extern "C" fn deallocate(memory: *mut c_void, bytes: usize, stream: *mut c_void, user: *mut c_void) {
    // SAFETY: as above.
    unsafe {
        let counts = &*user.cast::<Counts>();
        counts.taken.fetch_add(1, Ordering::SeqCst);
        counts.bytes.fetch_sub(bytes, Ordering::SeqCst);
        done(sys::cuMemFreeAsync(memory as u64, stream.cast()));
    }
}

#[test]
fn memory_comes_from_the_host() {
    if !available() {
        return;
    }
    let counts = Counts { room: AtomicUsize::new(100_000), ..Counts::default() };
    // SAFETY: the functions above; the counts outlive the context.
    let allocator = unsafe { Allocator::new(allocate, deallocate, (&raw const counts).cast_mut().cast()) };
    let device = Some(DeviceChoice { ordinal: Some(0), stream: StreamChoice::Own });
    let options = ContextOptions { device, allocator: Some(allocator), ..ContextOptions::default() };
    let context = Context::solo(options).unwrap();
    let device = context.stream().unwrap().device().clone();
    let (small, large) = (space(&context, DType::Float64, &[1000]), space(&context, DType::Float64, &[20_000]));
    let before = device.pool_statistics().unwrap();
    let x = counted(&small);
    assert_eq!(values(&x)[999], 1000.0);
    assert_eq!(counts.bytes.load(Ordering::SeqCst), 8000);
    // Other tests of this process work on the device too: their pool grows and shrinks beside this.
    assert!(device.pool_statistics().unwrap().used_high >= before.used_high.max(8000));

    let error = Array::new(&large).err().unwrap();
    assert_eq!(error.status, Status::Memory);
    assert!(error.message.contains("160000 bytes") && error.message.contains("allocator"), "{error}");
    counts.room.store(1 << 20, Ordering::SeqCst);
    drop(Array::new(&large).unwrap());
    assert_eq!(values(&x)[0], 1.0);
    drop((x, small, large, context));
    let (given, taken) = (counts.given.load(Ordering::SeqCst), counts.taken.load(Ordering::SeqCst));
    assert!(given >= 2 && given == taken, "{given} {taken}");
    assert_eq!(counts.bytes.load(Ordering::SeqCst), 0);
}
