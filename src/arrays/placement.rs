//! Whether memory that a host gives lies where it should.

use crate::context::Context;
use crate::device::{Device, Owner};
use crate::error::Result;
use crate::fail;
use crate::storage::Memory;
use std::fmt::Display;

/// An error where `bytes` bytes from `pointer` on, which `space` needs, are not in this memory. Managed memory counts as
/// memory of the context's device.
pub(super) fn check(
    (context, memory): (&Context, Memory),
    space: &dyn Display,
    pointer: *const u8,
    bytes: usize,
) -> Result<()> {
    let device = match context.stream() {
        Some(stream) => stream.device().clone(),
        // Without a device in use there is nobody to ask.
        None => match Device::any_open() {
            Some(device) => device,
            None => return Ok(()),
        },
    };
    let (own, owner) = (device.ordinal(), device.owner_of(pointer as u64)?);
    match (memory, owner) {
        (Memory::Host, Owner::Host | Owner::PageLocked) => return Ok(()),
        (Memory::Host, Owner::Device(ordinal)) => {
            fail!(Argument, "data at {pointer:p} is memory of device {ordinal}, and {space} needs host memory")
        }
        (Memory::Host, Owner::Managed) => fail!(
            Argument,
            "data at {pointer:p} is managed memory, which counts as device memory, and {space} needs host memory"
        ),
        (Memory::Cuda, Owner::Host) => {
            fail!(Argument, "data at {pointer:p} is not device memory, which {space} needs")
        }
        (Memory::Cuda, Owner::PageLocked) => fail!(
            Argument,
            "data at {pointer:p} is page-locked host memory, and {space} needs memory of device {own}; wrap it in a host \
             space and copy"
        ),
        (Memory::Cuda, Owner::Device(ordinal)) if ordinal != own => fail!(
            Argument,
            "data at {pointer:p} belongs to device {ordinal}, and the context works on device {own}"
        ),
        (Memory::Cuda, Owner::Device(_) | Owner::Managed) => {}
    }
    let room = device.allocated_from(pointer as u64, bytes as u64)?;
    if room < bytes as u64 {
        fail!(Argument, "data at {pointer:p} has {room} allocated bytes, and the elements of {space} take {bytes}");
    }
    Ok(())
}
