//! Whether there is a CUDA driver, and its errors as ours.

use crate::error::{Error, Result, Status};
use crate::fail;
use cudarc::driver::sys::{self, CUresult};
use std::ffi::CStr;
use std::sync::OnceLock;

/// Entries that the library calls. Asking for one that a driver lacks would panic, so all are looked up first.
const NEEDED: [&CStr; 56] = [
    c"cuCtxEnablePeerAccess",
    c"cuCtxGetCurrent",
    c"cuCtxGetDevice",
    c"cuCtxGetStreamPriorityRange",
    c"cuCtxSetCurrent",
    c"cuCtxSynchronize",
    c"cuDeviceCanAccessPeer",
    c"cuDeviceGet",
    c"cuDeviceGetAttribute",
    c"cuDeviceGetCount",
    c"cuDeviceGetName",
    c"cuDeviceGetUuid_v2",
    c"cuDevicePrimaryCtxRelease_v2",
    c"cuDevicePrimaryCtxRetain",
    c"cuDriverGetVersion",
    c"cuEventCreate",
    c"cuEventDestroy_v2",
    c"cuEventElapsedTime",
    c"cuEventQuery",
    c"cuEventRecord",
    c"cuFuncGetAttribute",
    c"cuFuncSetAttribute",
    c"cuGetErrorName",
    c"cuGetErrorString",
    c"cuGraphDestroy",
    c"cuGraphExecDestroy",
    c"cuGraphInstantiateWithFlags",
    c"cuGraphLaunch",
    c"cuLaunchKernel",
    c"cuMemAllocFromPoolAsync",
    c"cuMemFreeAsync",
    c"cuMemFreeHost",
    c"cuMemHostAlloc",
    c"cuMemPoolCreate",
    c"cuMemPoolDestroy",
    c"cuMemPoolGetAttribute",
    c"cuMemPoolSetAccess",
    c"cuMemPoolSetAttribute",
    c"cuMemPoolTrimTo",
    c"cuMemcpyAsync",
    c"cuMemcpyDtoHAsync_v2",
    c"cuMemcpyHtoDAsync_v2",
    c"cuMemcpyPeerAsync",
    c"cuMemsetD8Async",
    c"cuModuleGetFunction",
    c"cuModuleLoadData",
    c"cuModuleUnload",
    c"cuPointerGetAttribute",
    c"cuStreamBeginCapture_v2",
    c"cuStreamCreate",
    c"cuStreamCreateWithPriority",
    c"cuStreamDestroy_v2",
    c"cuStreamEndCapture",
    c"cuStreamGetCtx",
    c"cuStreamQuery",
    c"cuStreamWaitEvent",
];

/// The oldest release whose driver has all of them, as `cuDriverGetVersion` writes it: 1000 major + 10 minor.
const OLDEST: i32 = 11040;

/// An error that says what was looked for, where this process has no usable CUDA driver. The answer is found once.
pub fn available() -> Result<()> {
    static ANSWER: OnceLock<std::result::Result<(), Error>> = OnceLock::new();
    ANSWER.get_or_init(look).clone()
}

fn look() -> Result<()> {
    if std::env::var("DLOPS_CUDA").is_ok_and(|v| v.trim() == "0") {
        fail!(Unsupported, "CUDA is switched off by DLOPS_CUDA=0");
    }
    // SAFETY: loading the driver runs its initialisers, which is what a CUDA program does.
    if !unsafe { sys::is_culib_present() } {
        fail!(Unsupported, "no CUDA driver was found: libcuda.so and libcuda.so.1 cannot be loaded");
    }
    let release = release()?;
    if release < OLDEST {
        let (found, needed) = (written(release), written(OLDEST));
        fail!(Unsupported, "the CUDA driver is too old: it is of CUDA {found}, and {needed} or newer is needed");
    }
    // SAFETY: the library was found above, so this does not panic; the symbols are only looked up.
    let lacking = NEEDED
        .iter()
        .find(|name| unsafe { sys::culib().get::<unsafe extern "C" fn()>(name.to_bytes_with_nul()).is_err() });
    if let Some(name) = lacking {
        fail!(
            Unsupported,
            "the CUDA driver has no {}, although it is of CUDA {}; {} or newer is needed",
            name.to_string_lossy(),
            written(release),
            written(OLDEST)
        );
    }
    // SAFETY: no flags are defined, and any number of calls is allowed.
    match unsafe { sys::cuInit(0) } {
        CUresult::CUDA_SUCCESS => Ok(()),
        code => fail!(Unsupported, "the CUDA driver was found but cannot be used: cuInit gave {}", describe(code)),
    }
}

/// The CUDA release of the driver that was found: 1000 major + 10 minor.
pub(super) fn release() -> Result<i32> {
    // SAFETY: only called once the library was found; the symbol is only looked up.
    if unsafe { sys::culib().get::<unsafe extern "C" fn()>(b"cuDriverGetVersion\0").is_err() } {
        fail!(Unsupported, "the CUDA driver is too old: it has no cuDriverGetVersion");
    }
    let mut release = 0;
    // SAFETY: the driver, which need not be initialised, writes one integer.
    check(unsafe { sys::cuDriverGetVersion(&mut release) }, || "cuDriverGetVersion".into())?;
    Ok(release)
}

/// A release as people write it.
pub(super) fn written(release: i32) -> String {
    format!("{}.{}", release / 1000, release % 1000 / 10)
}

/// Whether the driver answers with this code to everything from now on: work on the device went wrong, and its context is
/// good for nothing but to be destroyed.
fn is_sticky(code: CUresult) -> bool {
    use CUresult::*;
    matches!(
        code,
        CUDA_ERROR_ECC_UNCORRECTABLE
            | CUDA_ERROR_ILLEGAL_ADDRESS
            | CUDA_ERROR_LAUNCH_TIMEOUT
            | CUDA_ERROR_ASSERT
            | CUDA_ERROR_HARDWARE_STACK_ERROR
            | CUDA_ERROR_ILLEGAL_INSTRUCTION
            | CUDA_ERROR_MISALIGNED_ADDRESS
            | CUDA_ERROR_INVALID_ADDRESS_SPACE
            | CUDA_ERROR_INVALID_PC
            | CUDA_ERROR_LAUNCH_FAILED
            | CUDA_ERROR_CONTEXT_IS_DESTROYED
    )
}

/// An entry that the bindings do not have.
///
/// # Safety
/// The driver's entry of this name is a function of the type `F`.
pub(super) unsafe fn entry<F: Copy>(name: &CStr) -> Result<F> {
    // SAFETY: the driver was found by `available`; the caller vouches for the type.
    match unsafe { sys::culib().get::<F>(name.to_bytes_with_nul()) } {
        Ok(symbol) => Ok(*symbol),
        Err(error) => fail!(Unsupported, "the CUDA driver has no {}: {error}", name.to_string_lossy()),
    }
}

/// Name and text of a driver's code.
pub(super) fn describe(code: CUresult) -> String {
    let text = |get: unsafe fn(CUresult, *mut *const std::ffi::c_char) -> CUresult| {
        let mut pointer = std::ptr::null();
        // SAFETY: the driver writes a static string, or NULL for a code that it does not know.
        unsafe {
            get(code, &mut pointer);
            (!pointer.is_null()).then(|| CStr::from_ptr(pointer).to_string_lossy().into_owned())
        }
    };
    match (text(sys::cuGetErrorName), text(sys::cuGetErrorString)) {
        (Some(name), Some(meaning)) => format!("{name} ({meaning})"),
        _ => format!("code {}", code as u32),
    }
}

/// A driver's code as a result; `what` names the call and its values.
pub(super) fn check(code: CUresult, what: impl FnOnce() -> String) -> Result<()> {
    match code {
        CUresult::CUDA_SUCCESS => Ok(()),
        CUresult::CUDA_ERROR_OUT_OF_MEMORY => {
            Err(Error::new(Status::Memory, format!("{}: {}", what(), describe(code))))
        }
        _ => {
            let advice = match is_sticky(code) {
                true => "; the device's context has failed, and everything that was made on it can only be destroyed",
                false => "",
            };
            Err(Error::new(Status::Cuda, format!("{}: {}{advice}", what(), describe(code))))
        }
    }
}
