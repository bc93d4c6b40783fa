//! What the driver knows about an address.

use super::device::Device;
use crate::error::Result;
use cudarc::driver::sys::{self, CUpointer_attribute, CUresult};
use std::sync::Arc;

/// Whose memory an address lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Memory that the driver does not know: of the host.
    Host,
    /// Host memory that is page-locked for CUDA.
    PageLocked,
    /// Memory that the driver moves between host and devices.
    Managed,
    /// Memory of the device with this number.
    Device(usize),
}

impl Device {
    /// Whose memory `pointer` lies in. Local.
    pub fn owner_of(&self, pointer: u64) -> Result<Owner> {
        // The driver answers only to a thread that has a context.
        let _current = self.enter()?;
        let ask = |attribute| ask(attribute, pointer);
        let Some(kind) = ask(CUpointer_attribute::CU_POINTER_ATTRIBUTE_MEMORY_TYPE) else { return Ok(Owner::Host) };
        if ask(CUpointer_attribute::CU_POINTER_ATTRIBUTE_IS_MANAGED).is_some_and(|managed| managed != 0) {
            return Ok(Owner::Managed);
        }
        if kind != sys::CUmemorytype::CU_MEMORYTYPE_DEVICE as u64 {
            return Ok(Owner::PageLocked);
        }
        let ordinal = ask(CUpointer_attribute::CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL);
        Ok(Owner::Device(ordinal.map_or(self.ordinal(), |n| n as usize)))
    }

    /// How many of the `wanted` bytes from `pointer` on are allocated. Allocations that follow one another without a gap
    /// count as one where the host may have mapped them together; those of cuMemAlloc (cudaMalloc) stand alone. Local.
    pub fn allocated_from(&self, pointer: u64, wanted: u64) -> Result<u64> {
        let _current = self.enter()?;
        let mut at = pointer;
        while at - pointer < wanted {
            let start = ask(CUpointer_attribute::CU_POINTER_ATTRIBUTE_RANGE_START_ADDR, at);
            let size = ask(CUpointer_attribute::CU_POINTER_ATTRIBUTE_RANGE_SIZE, at);
            let end = match start.zip(size).and_then(|(start, size)| start.checked_add(size)) {
                Some(end) => end,
                // Memory of the device of which the driver does not tell the range.
                None if at == pointer => return Ok(wanted),
                None => break,
            };
            if end <= at {
                break;
            }
            at = end;
            let alone = CUpointer_attribute::CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE;
            if ask(alone, pointer).is_some_and(|capable| capable != 0) {
                break;
            }
        }
        Ok((at - pointer).min(wanted))
    }

    /// A device that this process works on, if there is one.
    pub fn any_open() -> Option<Arc<Device>> {
        super::device::open_devices().into_iter().next()
    }
}

/// An attribute of at most eight bytes, as a number; `None` where the driver does not know the address. A context is
/// current.
fn ask(attribute: CUpointer_attribute, pointer: u64) -> Option<u64> {
    let mut value = [0u8; 8];
    // SAFETY: these attributes have at most eight bytes; an address that the driver does not know is an error, not a fault.
    let code = unsafe { sys::cuPointerGetAttribute(value.as_mut_ptr().cast(), attribute, pointer) };
    // Hosts of CUDA are little-endian: bytes that were not written are the upper ones.
    (code == CUresult::CUDA_SUCCESS).then(|| u64::from_le_bytes(value))
}
