//! One GPU: its primary context, what it can do, its memory pool and the kernels compiled for it.

use super::current::Current;
use super::driver::{available, check};
use super::module::Modules;
use super::pool::{Pool, PoolStatistics};
use crate::error::Result;
use crate::fail;
use cudarc::driver::sys::{self, CUcontext, CUdevice, CUdevice_attribute};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// A GPU that this process uses. Its primary context, the one that the CUDA runtime uses too, is retained while any
/// handle lives.
pub struct Device {
    ordinal: usize,
    raw: CUdevice,
    context: CUcontext,
    name: String,
    architecture: (i32, i32),
    multiprocessors: usize,
    /// Shared memory of a block, in bytes, where a kernel asks for more than the usual.
    pub(super) shared: u32,
    pub(super) pool: Pool,
    pub(super) modules: Modules,
    peers: Mutex<Vec<(usize, bool)>>,
}

// SAFETY: the driver's handles may be used from any thread; what is mutable is behind mutexes.
unsafe impl Send for Device {}
// SAFETY: as above.
unsafe impl Sync for Device {}

/// Devices in use, by ordinal.
static OPEN: Mutex<Vec<Weak<Device>>> = Mutex::new(Vec::new());

impl Device {
    /// How many devices this process sees; `Unsupported` where there is no driver. Local.
    pub fn count() -> Result<usize> {
        available()?;
        let mut count = 0;
        // SAFETY: the driver is initialised and writes one integer.
        check(unsafe { sys::cuDeviceGetCount(&mut count) }, || "cuDeviceGetCount".into())?;
        Ok(count.max(0) as usize)
    }

    /// The device with this ordinal, which all users in the process share. Local.
    pub fn open(ordinal: usize) -> Result<Arc<Device>> {
        let count = Device::count()?;
        if ordinal >= count {
            match count {
                0 => fail!(Unsupported, "the CUDA driver was found, but it sees no device"),
                _ => fail!(Argument, "device is {ordinal}, expected 0 to {} for {count} devices", count - 1),
            }
        }
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() < count {
            open.resize(count, Weak::new());
        }
        if let Some(device) = open[ordinal].upgrade() {
            return Ok(device);
        }
        let device = Arc::new(Device::retain(ordinal)?);
        open[ordinal] = Arc::downgrade(&device);
        Ok(device)
    }

    fn retain(ordinal: usize) -> Result<Device> {
        let mut raw = 0;
        // SAFETY: the driver is initialised and writes one handle.
        check(unsafe { sys::cuDeviceGet(&mut raw, ordinal as i32) }, || format!("cuDeviceGet({ordinal})"))?;
        let mut context = std::ptr::null_mut();
        // SAFETY: as above; the context is released in `Drop`.
        check(unsafe { sys::cuDevicePrimaryCtxRetain(&mut context, raw) }, || {
            format!("the primary context of device {ordinal}")
        })?;
        let describe = || -> Result<Device> {
            let major = attribute(raw, CUdevice_attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?;
            let minor = attribute(raw, CUdevice_attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?;
            let multiprocessors = attribute(raw, CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)?;
            let pools = attribute(raw, CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED)?;
            let shared = attribute(raw, CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)?;
            if pools == 0 {
                fail!(Unsupported, "device {ordinal} has no stream-ordered memory pools");
            }
            Ok(Device {
                ordinal,
                raw,
                context,
                name: name(raw)?,
                architecture: (major, minor),
                multiprocessors: multiprocessors.max(1) as usize,
                shared: shared.max(0) as u32,
                pool: Pool::new(ordinal)?,
                modules: Modules::default(),
                peers: Mutex::default(),
            })
        };
        describe().inspect_err(|_| {
            // SAFETY: retained above and not yet owned by a device.
            let _ = unsafe { sys::cuDevicePrimaryCtxRelease_v2(raw) };
        })
    }

    pub fn ordinal(&self) -> usize {
        self.ordinal
    }

    /// The name that the driver gives it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Compute capability, major and minor.
    pub fn architecture(&self) -> (i32, i32) {
        self.architecture
    }

    /// A number that no other device in the world has, nor another part of the same one.
    pub fn uuid(&self) -> Result<[u8; 16]> {
        let mut uuid = sys::CUuuid { bytes: [0; 16] };
        // SAFETY: the driver writes 16 bytes.
        check(unsafe { sys::cuDeviceGetUuid_v2(&mut uuid, self.raw) }, || "cuDeviceGetUuid".into())?;
        Ok(uuid.bytes.map(|b| b as u8))
    }

    pub fn multiprocessors(&self) -> usize {
        self.multiprocessors
    }

    pub(super) fn context(&self) -> CUcontext {
        self.context
    }

    pub(super) fn raw(&self) -> CUdevice {
        self.raw
    }

    /// Devices whose memory this one was asked to reach, and whether it does.
    pub(super) fn peers(&self) -> MutexGuard<'_, Vec<(usize, bool)>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What its memory pool holds. Local.
    pub fn pool_statistics(&self) -> Result<PoolStatistics> {
        let _current = self.enter()?;
        self.pool.statistics()
    }

    /// Device memory that arrays and buffers may take in all, in bytes; what is in use already stays. Local.
    pub fn set_pool_limit(&self, bytes: u64) {
        self.pool.set_limit(bytes);
    }

    /// Gives memory that nothing uses back to the device, but for `keep` bytes. Local.
    pub fn trim_pool(&self, keep: usize) -> Result<()> {
        let _current = self.enter()?;
        self.pool.trim(keep)
    }

    /// Waits for everything that was put on any stream of the device's context.
    pub fn synchronize(&self) -> Result<()> {
        let _current = self.enter()?;
        // SAFETY: the device's context is current.
        check(unsafe { sys::cuCtxSynchronize() }, || format!("work on device {}", self.ordinal))
    }

    /// Makes the device's context current until the guard is dropped.
    pub fn enter(&self) -> Result<Current> {
        Current::enter(self.context)
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        if let Ok(_current) = self.enter() {
            self.modules.unload();
            self.pool.destroy();
        }
        // SAFETY: retained in `retain`; an error of a context that has failed or is gone changes nothing here.
        let _ = unsafe { sys::cuDevicePrimaryCtxRelease_v2(self.raw) };
    }
}

/// Devices that are in use in this process.
pub(super) fn open_devices() -> Vec<Arc<Device>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner).iter().filter_map(Weak::upgrade).collect()
}

fn attribute(device: CUdevice, attribute: CUdevice_attribute) -> Result<i32> {
    let mut value = 0;
    // SAFETY: the driver writes one integer.
    check(unsafe { sys::cuDeviceGetAttribute(&mut value, attribute, device) }, || {
        format!("cuDeviceGetAttribute({attribute:?})")
    })?;
    Ok(value)
}

fn name(device: CUdevice) -> Result<String> {
    let mut text = [0u8; 256];
    // SAFETY: the driver writes at most 256 bytes, the last one zero.
    check(unsafe { sys::cuDeviceGetName(text.as_mut_ptr().cast(), text.len() as i32, device) }, || {
        "cuDeviceGetName".into()
    })?;
    let end = text.iter().position(|b| *b == 0).unwrap_or(text.len());
    Ok(String::from_utf8_lossy(&text[..end]).into_owned())
}
