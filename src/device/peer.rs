//! Two devices of one process: whether one reaches the memory of the other, and copies between them.

use super::device::Device;
use super::driver::check;
use super::stream::Stream;
use crate::error::Result;
use cudarc::driver::sys::{self, CUresult};

impl Device {
    /// Whether this device can reach the memory of the other without the host. `DLOPS_PEER_ACCESS=0`: never. Local.
    pub fn can_reach(&self, other: &Device) -> Result<bool> {
        if self.ordinal() == other.ordinal() {
            return Ok(true);
        }
        if std::env::var("DLOPS_PEER_ACCESS").is_ok_and(|v| v.trim() == "0") {
            return Ok(false);
        }
        let mut can = 0;
        // SAFETY: two devices of the driver, which writes one integer.
        check(unsafe { sys::cuDeviceCanAccessPeer(&mut can, self.raw(), other.raw()) }, || {
            format!("cuDeviceCanAccessPeer({}, {})", self.ordinal(), other.ordinal())
        })?;
        Ok(can != 0)
    }

    /// Lets this device reach the other's memory, of its pool too, where it can; whether it does from now on. Local.
    pub fn reach(&self, other: &Device) -> Result<bool> {
        if self.ordinal() == other.ordinal() {
            return Ok(true);
        }
        let mut known = self.peers();
        if let Some((_, reached)) = known.iter().find(|(ordinal, _)| *ordinal == other.ordinal()) {
            return Ok(*reached);
        }
        let open = || -> Result<()> {
            let _current = self.enter()?;
            // SAFETY: the context of this device is current, and the other's is alive.
            match unsafe { sys::cuCtxEnablePeerAccess(other.context(), 0) } {
                CUresult::CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED => Ok(()),
                code => check(code, || format!("cuCtxEnablePeerAccess({})", other.ordinal())),
            }?;
            other.pool.open_to(self.ordinal())
        };
        // Where it is refused, copies go through the host.
        let reached = self.can_reach(other)? && open().is_ok();
        known.push((other.ordinal(), reached));
        Ok(reached)
    }
}

impl Stream {
    /// Copies from memory of this stream's device to that of another one.
    ///
    /// # Safety
    /// Both sides hold `bytes` bytes.
    pub unsafe fn copy_to_peer(&self, target: &Device, to: u64, from: u64, bytes: usize) -> Result<()> {
        if bytes == 0 {
            return Ok(());
        }
        let own = self.device();
        let _current = own.enter()?;
        // SAFETY: the caller vouches for both sides, which belong to these contexts.
        let code = unsafe { sys::cuMemcpyPeerAsync(to, target.context(), from, own.context(), bytes, self.raw()) };
        check(code, || format!("copying {bytes} bytes from device {} to device {}", own.ordinal(), target.ordinal()))
    }
}
