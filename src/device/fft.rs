//! cuFFT: Fourier transforms of a device's memory, in the order of a stream.

use super::stream::Stream;
use crate::dtype::DType;
use crate::error::{Error, Result, Status};
use crate::fail;
use cudarc::cufft::sys;
use std::ffi::{c_int, c_longlong, c_void, CStr};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

type Execute = unsafe extern "C" fn(c_int, *mut c_void, *mut c_void) -> c_int;
type ExecuteSigned = unsafe extern "C" fn(c_int, *mut c_void, *mut c_void, c_int) -> c_int;

/// Entries that the library calls, those for single precision before those for double. Codes are integers here: a newer
/// or an older cuFFT has others than the bindings know.
struct Entries {
    create: unsafe extern "C" fn(*mut c_int) -> c_int,
    destroy: unsafe extern "C" fn(c_int) -> c_int,
    set_auto_allocation: unsafe extern "C" fn(c_int, c_int) -> c_int,
    make_plan: unsafe extern "C" fn(
        c_int,
        c_int,
        *mut c_longlong,
        *mut c_longlong,
        c_longlong,
        c_longlong,
        *mut c_longlong,
        c_longlong,
        c_longlong,
        c_int,
        c_longlong,
        *mut usize,
    ) -> c_int,
    set_stream: unsafe extern "C" fn(c_int, *mut c_void) -> c_int,
    set_work_area: unsafe extern "C" fn(c_int, *mut c_void) -> c_int,
    complex: [ExecuteSigned; 2],
    to_half: [Execute; 2],
    to_real: [Execute; 2],
}

/// The library's entries, or an error that says what was looked for. The answer is found once.
fn entries() -> Result<&'static Entries> {
    static ANSWER: OnceLock<Result<Entries>> = OnceLock::new();
    ANSWER.get_or_init(look).as_ref().map_err(Clone::clone)
}

fn look() -> Result<Entries> {
    // SAFETY: loading the library runs its initialisers, which is what a program that is linked to it does.
    if !unsafe { sys::is_culib_present() } {
        fail!(Unsupported, "no cuFFT was found: libcufft.so and libcufft.so.12, .11 and .10 cannot be loaded");
    }
    // SAFETY: the entries are of these types since CUDA 7.
    unsafe {
        Ok(Entries {
            create: entry(c"cufftCreate")?,
            destroy: entry(c"cufftDestroy")?,
            set_auto_allocation: entry(c"cufftSetAutoAllocation")?,
            make_plan: entry(c"cufftMakePlanMany64")?,
            set_stream: entry(c"cufftSetStream")?,
            set_work_area: entry(c"cufftSetWorkArea")?,
            complex: [entry(c"cufftExecC2C")?, entry(c"cufftExecZ2Z")?],
            to_half: [entry(c"cufftExecR2C")?, entry(c"cufftExecD2Z")?],
            to_real: [entry(c"cufftExecC2R")?, entry(c"cufftExecZ2D")?],
        })
    }
}

/// # Safety
/// cuFFT, which was found, has under this name a function of the type `F`.
unsafe fn entry<F: Copy>(name: &CStr) -> Result<F> {
    // SAFETY: the caller's promise; a library that is there does not panic.
    match unsafe { sys::culib().get::<F>(name.to_bytes_with_nul()) } {
        Ok(symbol) => Ok(*symbol),
        Err(_) => fail!(Unsupported, "the cuFFT that was found has no {}", name.to_string_lossy()),
    }
}

/// Names of codes, from cufft.h.
const CODES: [&str; 21] = [
    "CUFFT_SUCCESS",
    "CUFFT_INVALID_PLAN",
    "CUFFT_ALLOC_FAILED",
    "CUFFT_INVALID_TYPE",
    "CUFFT_INVALID_VALUE",
    "CUFFT_INTERNAL_ERROR",
    "CUFFT_EXEC_FAILED",
    "CUFFT_SETUP_FAILED",
    "CUFFT_INVALID_SIZE",
    "CUFFT_UNALIGNED_DATA",
    "CUFFT_INCOMPLETE_PARAMETER_LIST",
    "CUFFT_INVALID_DEVICE",
    "CUFFT_PARSE_ERROR",
    "CUFFT_NO_WORKSPACE",
    "CUFFT_NOT_IMPLEMENTED",
    "CUFFT_LICENSE_ERROR",
    "CUFFT_NOT_SUPPORTED",
    "CUFFT_MISSING_DEPENDENCY",
    "CUFFT_NVRTC_FAILURE",
    "CUFFT_NVJITLINK_FAILURE",
    "CUFFT_NVSHMEM_FAILURE",
];

const ALLOC_FAILED: c_int = 2;
/// Sizes and strides that this cuFFT does not know.
const REFUSED: [c_int; 3] = [8, 14, 16];

fn check(code: c_int, what: impl FnOnce() -> String) -> Result<()> {
    if code == 0 {
        return Ok(());
    }
    let name = CODES.get(code as usize).copied().unwrap_or("a code of its own");
    let status = match code {
        ALLOC_FAILED => Status::Memory,
        code if REFUSED.contains(&code) => Status::Unsupported,
        _ => Status::Cuda,
    };
    Err(Error::new(status, format!("{}: {name} ({code})", what())))
}

/// An error that says what was looked for, where this process has no usable cuFFT. The answer is found once.
pub fn fft_available() -> Result<()> {
    entries().map(|_| ())
}

/// What a transform takes and gives; unscaled, and real ones have the first n / 2 + 1 bins along the last axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FftKind {
    /// Either sign of the exponent.
    Complex,
    /// With the negative sign.
    RealToHalf,
    /// With the positive sign, of a half whose missing bins are the conjugates of those that it has. May destroy it.
    HalfToReal,
}

/// Where the elements of one side of `count` transforms are: element (i0, i1, ..) of transform b is
/// b distance + ((i0 embed[1] + i1) embed[2] + ..) stride elements behind the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FftSide {
    pub embed: Vec<i64>,
    pub stride: i64,
    pub distance: i64,
}

/// Transforms of one to three axes, slowest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FftShape {
    pub kind: FftKind,
    pub lengths: Vec<i64>,
    pub from: FftSide,
    pub to: FftSide,
    pub count: i64,
}

impl FftShape {
    /// Whether all elements of both sides follow one another, which is cuFFT's own layout where none is given.
    fn is_packed(&self) -> bool {
        let packed = |side: &FftSide, half: bool| {
            let mut n = self.lengths.clone();
            if let (true, Some(last)) = (half, n.last_mut()) {
                *last = *last / 2 + 1;
            }
            side.stride == 1
                && side.embed[1..] == n[1..]
                && (self.count == 1 || side.distance == n.iter().product::<i64>())
        };
        packed(&self.from, self.kind == FftKind::HalfToReal) && packed(&self.to, self.kind == FftKind::RealToHalf)
    }
}

/// A plan of cuFFT.
pub struct Fft {
    stream: Arc<Stream>,
    kind: FftKind,
    double: bool,
    handle: c_int,
    work: usize,
    /// The stream that the plan puts its work on.
    raw: Mutex<usize>,
}

impl Fft {
    /// For complex elements of `dtype`, and real ones of its precision. Set-up; room for its work is lent by `lend`.
    pub fn new(stream: &Arc<Stream>, dtype: DType, shape: &FftShape) -> Result<Fft> {
        let (entries, _current) = (entries()?, stream.device().enter()?);
        let double = dtype.real() == DType::Float64;
        let mut handle = 0;
        // SAFETY: cuFFT writes one handle; destroyed in `Drop`.
        check(unsafe { (entries.create)(&mut handle) }, || "cufftCreate".into())?;
        let mut fft =
            Fft { stream: stream.clone(), kind: shape.kind, double, handle, work: 0, raw: Mutex::new(usize::MAX) };
        // SAFETY: a live handle.
        check(unsafe { (entries.set_auto_allocation)(handle, 0) }, || "cufftSetAutoAllocation".into())?;
        let kind = match (shape.kind, double) {
            (FftKind::Complex, false) => sys::cufftType::CUFFT_C2C,
            (FftKind::Complex, true) => sys::cufftType::CUFFT_Z2Z,
            (FftKind::RealToHalf, false) => sys::cufftType::CUFFT_R2C,
            (FftKind::RealToHalf, true) => sys::cufftType::CUFFT_D2Z,
            (FftKind::HalfToReal, false) => sys::cufftType::CUFFT_C2R,
            (FftKind::HalfToReal, true) => sys::cufftType::CUFFT_Z2D,
        };
        let (mut n, mut from, mut to) = (shape.lengths.clone(), shape.from.embed.clone(), shape.to.embed.clone());
        if n.is_empty() || n.len() > 3 || from.len() != n.len() || to.len() != n.len() {
            fail!(Internal, "cuFFT along {} axes in blocks of {} and {}", n.len(), from.len(), to.len());
        }
        let layout = |embed: &mut Vec<i64>| if shape.is_packed() { std::ptr::null_mut() } else { embed.as_mut_ptr() };
        // SAFETY: a live handle, up to three lists of as many numbers, and a place for the bytes that it will need.
        let code = unsafe {
            (entries.make_plan)(
                handle,
                n.len() as c_int,
                n.as_mut_ptr(),
                layout(&mut from),
                shape.from.stride,
                shape.from.distance,
                layout(&mut to),
                shape.to.stride,
                shape.to.distance,
                kind as c_int,
                shape.count,
                &mut fft.work,
            )
        };
        check(code, || format!("cuFFT of {} times {:?} elements", shape.count, shape.lengths))?;
        Ok(fft)
    }

    /// Bytes of the room that it needs.
    pub fn work(&self) -> usize {
        self.work
    }

    /// Room for `work` bytes from the address on, which others may use in the order of the stream. Before the first run.
    pub fn lend(&self, room: u64) -> Result<()> {
        if self.work == 0 {
            return Ok(());
        }
        let _current = self.stream.device().enter()?;
        // SAFETY: a live handle; the room stays as long as the plan is run.
        check(unsafe { (entries()?.set_work_area)(self.handle, room as *mut c_void) }, || "cufftSetWorkArea".into())
    }

    /// Puts the transforms on the stream; `positive` is the sign of the exponent of complex ones.
    ///
    /// # Safety
    /// Both sides are in live device memory: apart, or of complex elements that stay where they are; and so is the room
    /// that was lent.
    pub unsafe fn run(&self, positive: bool, from: u64, to: u64) -> Result<()> {
        let (entries, _current) = (entries()?, self.stream.device().enter()?);
        let mut raw = self.raw.lock().unwrap_or_else(PoisonError::into_inner);
        let stream = self.stream.raw();
        if *raw != stream as usize {
            // SAFETY: a live handle, and a stream of the current context.
            check(unsafe { (entries.set_stream)(self.handle, stream.cast()) }, || "cufftSetStream".into())?;
            *raw = stream as usize;
        }
        let (at, from, to) = (self.double as usize, from as *mut c_void, to as *mut c_void);
        // SAFETY: the caller vouches for the memory, and the types are those of the plan.
        let code = unsafe {
            match self.kind {
                FftKind::Complex => entries.complex[at](self.handle, from, to, if positive { 1 } else { -1 }),
                FftKind::RealToHalf => entries.to_half[at](self.handle, from, to),
                FftKind::HalfToReal => entries.to_real[at](self.handle, from, to),
            }
        };
        check(code, || "a transform by cuFFT".into())
    }
}

impl Drop for Fft {
    fn drop(&mut self) {
        if let (Ok(_current), Ok(entries)) = (self.stream.device().enter(), entries()) {
            // SAFETY: made in `new`, destroyed once.
            let _ = unsafe { (entries.destroy)(self.handle) };
        }
    }
}
