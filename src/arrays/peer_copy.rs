//! Copies between arrays of two contexts of one process, which may work on two devices.

use super::array::Array;
use super::on_device::{packed, start_copy, unpack};
use super::verbs;
use super::visit::pairs;
use crate::context::{Context, Level, PIECE};
use crate::device::{DeviceMemory, Stream};
use crate::error::Result;
use crate::fail;
use crate::storage::Memory;
use std::sync::Arc;

/// y := x, of contexts with as many ranks, where this rank has the same place; converted as by `verbs::copy`. Behind the
/// work of both contexts; what either does next comes after it. Local.
///
/// # Errors
/// `Context` (other ranks), `Space` (other elements), `DType`, `Memory`, `Cuda`.
pub fn copy(x: &Array, y: &Array) -> Result<()> {
    let ((from, a), (to, b)) = ((x.space().context(), x.space()), (y.space().context(), y.space()));
    if (from.size(), from.rank()) != (to.size(), to.rank()) {
        fail!(
            Context,
            "x belongs to rank {} of a context of {}, y to rank {} of one of {}",
            from.rank(),
            from.size(),
            to.rank(),
            to.size()
        );
    }
    if !a.is_alike(b) {
        fail!(Space, "x is of {a}, whose elements are not those of {b}, the space of y");
    }
    pairs(x, y, &mut |x, y| match (x.space().memory(), y.space().memory()) {
        (Memory::Cuda, Memory::Cuda) => between_devices(x, y),
        _ => verbs::copy(x, y),
    })
}

fn between_devices(x: &Array, y: &Array) -> Result<()> {
    let (from, to) = (x.space().context().device_stream()?, y.space().context().device_stream()?);
    if from.device().ordinal() == to.device().ordinal() {
        from.wait_for(to)?;
        start_copy(x, y, Some(from))?;
        return to.wait_for(from);
    }
    if x.dtype().is_complex() && !y.dtype().is_complex() {
        fail!(DType, "{} cannot be copied to {}: imaginary parts would be lost", x.dtype().name(), y.dtype().name());
    }
    let bytes = verbs::local_bytes(y);
    let packed = packed(from, x, y.dtype())?;
    let source = packed.as_ref().map_or(x.leaf()?.pointer() as u64, DeviceMemory::pointer);
    let room = match y.leaf()?.is_contiguous() {
        true => None,
        false => Some(DeviceMemory::new(to, bytes)?),
    };
    let target = room.as_ref().map_or(y.leaf()?.pointer() as u64, DeviceMemory::pointer);
    move_bytes(x.space().context(), (from, source), (to, target), bytes)?;
    match &room {
        Some(room) => unpack(to, room.pointer(), y),
        None => Ok(()),
    }
}

/// From device to device, directly or through the host.
fn move_bytes(
    context: &Context,
    (from, source): (&Arc<Stream>, u64),
    (to, target): (&Arc<Stream>, u64),
    bytes: usize,
) -> Result<()> {
    let direct = from.device().reach(to.device())?;
    let way = if direct { "directly" } else { "through page-locked host memory" };
    if context.has_log() {
        let (a, b) = (from.device().ordinal(), to.device().ordinal());
        context.log(Level::Info, &format!("copy of {bytes} bytes from device {a} to device {b}, {way}"));
    }
    if direct {
        from.wait_for(to)?;
        // SAFETY: both sides hold the bytes, of this device and the other.
        unsafe { from.copy_to_peer(to.device(), target, source, bytes)? };
        return to.wait_for(from);
    }
    let lanes = context.lanes()?;
    let mut lane = lanes.outward();
    for turn in 0..bytes.div_ceil(PIECE) {
        let (at, n) = (turn * PIECE, PIECE.min(bytes - turn * PIECE));
        lane.wait(turn)?;
        let piece = lane.piece(turn);
        // SAFETY: the piece lies inside both sides and the lane's memory, which each stream is waited for in turn.
        unsafe {
            from.copy_out(piece, source + at as u64, n)?;
            from.synchronize()?;
            to.copy_in(target + at as u64, piece, n)?;
            to.synchronize()?;
        }
    }
    Ok(())
}
