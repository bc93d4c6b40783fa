//! A stream: the order of work on a device.

use super::allocator::Allocator;
use super::blas::Blas;
use super::current::device_of;
use super::device::Device;
use super::driver::check;
use super::event::Event;
use super::module::Function;
use super::nccl_communicator::NcclCommunicator;
use crate::error::Result;
use crate::fail;
use cudarc::driver::sys::{self, CUresult, CUstream, CUstream_st};
use std::ffi::c_void;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Work put on one stream is done in its order. Borrowed from the host, or made by the library.
pub struct Stream {
    device: Arc<Device>,
    /// Where work is put now.
    raw: AtomicPtr<CUstream_st>,
    /// The library's own, where it has made one.
    own: Option<CUstream>,
    /// Orders this stream before another one.
    event: Event,
    /// Of device memory, in place of the pool.
    allocator: OnceLock<Allocator>,
    /// Made at its first use.
    pub(super) blas: OnceLock<Result<Blas>>,
    /// Those that put work here, or before it, which may fail without the stream telling.
    communicators: Arc<Communicators>,
}

// SAFETY: streams and events may be used from any thread.
unsafe impl Send for Stream {}
// SAFETY: as above.
unsafe impl Sync for Stream {}

type Communicators = Mutex<Vec<Weak<NcclCommunicator>>>;

/// Queries before a waiting thread lets others run.
const SPINS: usize = 1000;

/// Handles that name a default stream of whatever context is current: NULL or legacy, and per thread.
const DEFAULTS: [usize; 3] = [0, 1, 2];

impl Stream {
    /// A stream of the library's own, which does not wait for the legacy default stream.
    pub fn new(device: &Arc<Device>) -> Result<Arc<Stream>> {
        Stream::with_priority(device, 0, Arc::default())
    }

    /// As `new`, for work that is ordered with that of this stream: what ends a wait for one ends a wait for the other.
    pub fn beside(&self) -> Result<Arc<Stream>> {
        Stream::with_priority(&self.device, 0, self.communicators.clone())
    }

    /// As `new`, and blocks of its kernels are the next to run, before those of other streams that wait for their turn.
    pub fn urgent(device: &Arc<Device>) -> Result<Arc<Stream>> {
        let _current = device.enter()?;
        let (mut least, mut greatest) = (0, 0);
        // SAFETY: the driver writes two integers.
        check(unsafe { sys::cuCtxGetStreamPriorityRange(&mut least, &mut greatest) }, || {
            "cuCtxGetStreamPriorityRange".into()
        })?;
        Stream::with_priority(device, greatest, Arc::default())
    }

    fn with_priority(device: &Arc<Device>, priority: i32, communicators: Arc<Communicators>) -> Result<Arc<Stream>> {
        let _current = device.enter()?;
        let mut raw = std::ptr::null_mut();
        let flags = sys::CUstream_flags::CU_STREAM_NON_BLOCKING as u32;
        // SAFETY: the driver writes one handle; destroyed in `Drop`.
        let code = unsafe { sys::cuStreamCreateWithPriority(&mut raw, flags, priority) };
        check(code, || "cuStreamCreateWithPriority".into())?;
        Stream::over(device, raw, true, communicators)
    }

    /// The host's stream; NULL is the legacy default stream.
    ///
    /// # Safety
    /// `raw` is one of the default streams, or alive until the last handle of the result is gone.
    pub unsafe fn borrow(device: &Arc<Device>, raw: *mut c_void) -> Result<Arc<Stream>> {
        let raw: CUstream = raw.cast();
        let _current = device.enter()?;
        // SAFETY: the caller vouches for the stream.
        unsafe { check_owner(device, raw)? };
        Stream::over(device, raw, false, Arc::default())
    }

    /// Puts work on the host's stream from now on, behind what has been put here so far; NULL is the legacy default stream.
    /// All holders of this stream follow.
    ///
    /// # Safety
    /// As for `borrow`.
    pub unsafe fn redirect(&self, raw: *mut c_void) -> Result<()> {
        let next: CUstream = raw.cast();
        let _current = self.device.enter()?;
        // SAFETY: the caller vouches for the stream.
        unsafe { check_owner(&self.device, next)? };
        if next == self.raw() {
            return Ok(());
        }
        self.event.record(self)?;
        self.event.hold_raw(next)?;
        if let Some(Ok(blas)) = self.blas.get() {
            blas.set_stream(next)?;
        }
        self.raw.store(next, Ordering::Release);
        Ok(())
    }

    fn over(device: &Arc<Device>, raw: CUstream, own: bool, communicators: Arc<Communicators>) -> Result<Arc<Stream>> {
        let own = own.then_some(raw);
        let give_back = |_: &_| {
            // SAFETY: made by the caller and not yet owned by a stream.
            let _ = own.map(|raw| unsafe { sys::cuStreamDestroy_v2(raw) });
        };
        let event = Event::new(device).inspect_err(give_back)?;
        let raw = AtomicPtr::new(raw);
        Ok(Arc::new(Stream {
            device: device.clone(),
            raw,
            own,
            event,
            allocator: OnceLock::new(),
            blas: OnceLock::new(),
            communicators,
        }))
    }

    /// Memory on this stream comes from the host's functions instead of the device's pool. Before its first memory.
    pub fn set_allocator(&self, allocator: Allocator) {
        let _ = self.allocator.set(allocator);
    }

    pub(super) fn allocator(&self) -> Option<&Allocator> {
        self.allocator.get()
    }

    pub fn device(&self) -> &Arc<Device> {
        &self.device
    }

    /// The driver's handle, a cudaStream_t of the runtime too.
    pub fn raw(&self) -> CUstream {
        self.raw.load(Ordering::Acquire)
    }

    /// Waits until everything on the stream is done; the error of any of it is reported here.
    pub fn synchronize(&self) -> Result<()> {
        self.finish(|waited| self.check_communicators(waited))
    }

    /// As `synchronize`, giving up when `check_others` fails, which is told now and then how long the wait lasts, and asked
    /// once more at the end.
    pub(super) fn finish(&self, check_others: impl Fn(Duration) -> Result<()>) -> Result<()> {
        let _current = self.device.enter()?;
        // SAFETY: a live stream, with its context current.
        self.wait_until_done(|| unsafe { sys::cuStreamQuery(self.raw()) }, check_others)
    }

    /// Asks until the answer is other than that the device is not ready, in the device's context, which is current. Gives
    /// up when `check_others` fails, as `finish` does.
    pub(super) fn wait_until_done(
        &self,
        ask: impl Fn() -> CUresult,
        check_others: impl Fn(Duration) -> Result<()>,
    ) -> Result<()> {
        let start = Instant::now();
        for turn in 0usize.. {
            match ask() {
                CUresult::CUDA_SUCCESS => break,
                CUresult::CUDA_ERROR_NOT_READY if turn < SPINS => std::hint::spin_loop(),
                CUresult::CUDA_ERROR_NOT_READY => {
                    if turn % SPINS == 0 {
                        check_others(start.elapsed())?;
                    }
                    std::thread::yield_now();
                }
                code => return check(code, || format!("work on a stream of device {}", self.device.ordinal())),
            }
        }
        check_others(Duration::ZERO)
    }

    /// Errors of the communicator's work are reported by `synchronize` from now on.
    pub(super) fn watch(&self, communicator: &Arc<NcclCommunicator>) {
        let mut communicators = self.communicators.lock().unwrap_or_else(PoisonError::into_inner);
        communicators.retain(|c| c.strong_count() > 0);
        communicators.push(Arc::downgrade(communicator));
    }

    /// The first error of their work; all of them give up where a wait has lasted too long.
    pub(super) fn check_communicators(&self, waited: Duration) -> Result<()> {
        self.of_communicators(|c| c.check(waited))
    }

    /// An error where one of them has given up.
    pub(super) fn require_communicators(&self) -> Result<()> {
        self.of_communicators(NcclCommunicator::require)
    }

    fn of_communicators(&self, ask: impl Fn(&NcclCommunicator) -> Result<()>) -> Result<()> {
        // The lock is not held while one is asked: the last handle of it may end here.
        let get = |k: usize| self.communicators.lock().unwrap_or_else(PoisonError::into_inner).get(k).cloned();
        let mut outcome = Ok(());
        for communicator in (0..).map_while(get).filter_map(|c| c.upgrade()) {
            outcome = outcome.and(ask(&communicator));
        }
        outcome
    }

    /// Work put here from now on waits for what is on `other` now.
    pub fn wait_for(&self, other: &Stream) -> Result<()> {
        if self.raw() == other.raw() && Arc::ptr_eq(&self.device, &other.device) {
            return Ok(());
        }
        other.event.record(other)?;
        other.event.hold(self)
    }

    /// Copies from the host. Memory that is page-locked must stay as it is until the stream has come past the copy.
    ///
    /// # Safety
    /// Both sides hold `bytes` bytes.
    pub unsafe fn copy_in(&self, to: u64, from: *const u8, bytes: usize) -> Result<()> {
        if bytes == 0 {
            return Ok(());
        }
        let _current = self.device.enter()?;
        // SAFETY: the caller vouches for both sides.
        check(unsafe { sys::cuMemcpyHtoDAsync_v2(to, from.cast(), bytes, self.raw()) }, || {
            format!("copying {bytes} bytes from the host at {from:p} to the device at {to:#x}")
        })
    }

    /// Copies to the host. The bytes are there after `synchronize`.
    ///
    /// # Safety
    /// Both sides hold `bytes` bytes, and the host's is left alone until then.
    pub unsafe fn copy_out(&self, to: *mut u8, from: u64, bytes: usize) -> Result<()> {
        if bytes == 0 {
            return Ok(());
        }
        let _current = self.device.enter()?;
        // SAFETY: the caller vouches for both sides.
        check(unsafe { sys::cuMemcpyDtoHAsync_v2(to.cast(), from, bytes, self.raw()) }, || {
            format!("copying {bytes} bytes from the device at {from:#x} to the host at {to:p}")
        })
    }

    /// Copies between two places of devices, which may be different devices.
    ///
    /// # Safety
    /// Both sides hold `bytes` bytes and do not overlap.
    pub unsafe fn copy(&self, to: u64, from: u64, bytes: usize) -> Result<()> {
        if bytes == 0 {
            return Ok(());
        }
        let _current = self.device.enter()?;
        // SAFETY: the caller vouches for both sides.
        check(unsafe { sys::cuMemcpyAsync(to, from, bytes, self.raw()) }, || {
            format!("copying {bytes} bytes on the device from {from:#x} to {to:#x}")
        })
    }

    /// Sets every byte.
    ///
    /// # Safety
    /// `to` holds `bytes` bytes.
    pub unsafe fn set_bytes(&self, to: u64, value: u8, bytes: usize) -> Result<()> {
        if bytes == 0 {
            return Ok(());
        }
        let _current = self.device.enter()?;
        // SAFETY: the caller vouches for the memory.
        check(unsafe { sys::cuMemsetD8Async(to, value, bytes, self.raw()) }, || {
            format!("setting {bytes} bytes on the device at {to:#x}")
        })
    }

    /// Puts a kernel on the stream: `blocks` of `threads`, each block with `shared` bytes of dynamic shared memory.
    /// Nothing is launched for zero blocks.
    ///
    /// # Safety
    /// `arguments` point to values of the kernel's parameter types, in their order, and the kernel stays inside the
    /// memory that they name.
    pub unsafe fn launch(
        &self,
        function: Function,
        blocks: [u32; 3],
        threads: [u32; 3],
        shared: u32,
        arguments: &mut [*mut c_void],
    ) -> Result<()> {
        if blocks.contains(&0) {
            return Ok(());
        }
        let _current = self.device.enter()?;
        let ([bx, by, bz], [tx, ty, tz]) = (blocks, threads);
        let (raw, none) = (function.raw(), std::ptr::null_mut());
        // SAFETY: the function belongs to this device; the caller vouches for the arguments.
        let code = unsafe {
            sys::cuLaunchKernel(raw, bx, by, bz, tx, ty, tz, shared, self.raw(), arguments.as_mut_ptr(), none)
        };
        check(code, || format!("kernel {} with {blocks:?} blocks of {threads:?} threads", function.name()))
    }
}

/// A stream whose work is put elsewhere until this is dropped: behind what was put there before, and before what comes after.
pub struct Redirected<'a> {
    stream: &'a Stream,
    before: CUstream,
}

impl<'a> Redirected<'a> {
    /// To the host's stream; NULL is the legacy default stream.
    ///
    /// # Safety
    /// As for [`Stream::borrow`].
    pub unsafe fn new(stream: &'a Stream, raw: *mut c_void) -> Result<Redirected<'a>> {
        let before = stream.raw();
        // SAFETY: the caller vouches for the stream.
        unsafe { stream.redirect(raw)? };
        Ok(Redirected { stream, before })
    }
}

impl Drop for Redirected<'_> {
    fn drop(&mut self) {
        // SAFETY: the stream that work was put on until now. A context that has failed tells so at its next call.
        let _ = unsafe { self.stream.redirect(self.before.cast()) };
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Ok(_current) = self.device.enter() {
            drop(self.blas.take());
            if let Some(own) = self.own {
                // SAFETY: made in `new`, destroyed once. An error of a context that has failed changes nothing.
                let _ = unsafe { sys::cuStreamDestroy_v2(own) };
            }
        }
    }
}

/// An error where a stream is not one of the device's primary context, which is current.
///
/// # Safety
/// `raw` is one of the default streams, or alive.
unsafe fn check_owner(device: &Device, raw: CUstream) -> Result<()> {
    if DEFAULTS.contains(&(raw as usize)) {
        return Ok(());
    }
    let mut context = std::ptr::null_mut();
    // SAFETY: the caller vouches for the stream.
    check(unsafe { sys::cuStreamGetCtx(raw, &mut context) }, || format!("the stream {raw:p}"))?;
    if context == device.context() {
        return Ok(());
    }
    let own = device.ordinal();
    match device_of(context)? {
        other if other != own => fail!(
            Argument,
            "the stream {raw:p} belongs to device {other}: it is not one of the primary context of device {own}, which the \
             context works on"
        ),
        _ => fail!(
            Argument,
            "the stream {raw:p} is not one of the primary context of device {own}, which the context works on"
        ),
    }
}

/// `launch!(stream, function, blocks, threads, shared; a, b, c)`: arguments are places whose addresses are passed.
#[macro_export]
macro_rules! launch {
    ($stream:expr, $function:expr, $blocks:expr, $threads:expr, $shared:expr; $($argument:expr),+ $(,)?) => {
        $stream.launch($function, $blocks, $threads, $shared, &mut [$((&raw const $argument).cast_mut().cast()),+])
    };
}
