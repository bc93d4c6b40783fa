//! Every element summed over ranks.

use super::array::Array;
use crate::comm::{Combine, Communicator, Number};
use crate::context::Context;
use crate::dtype::DType;
use crate::error::Result;
use crate::fail;
use crate::storage::Memory;

/// x := sum over the ranks of `group` of x, element by element, in x's precision. The order of the sum is the
/// transport's: the same bits on all ranks, but not for another number of ranks. `x` is a contiguous leaf with as many
/// elements on every rank. Collective: one allreduce.
pub(crate) fn sum_over(group: &dyn Communicator, x: &Array) -> Result<()> {
    let local = x.leaf()?;
    if !local.is_contiguous() {
        fail!(Unsupported, "the sum over ranks needs contiguous memory");
    }
    let number = match x.dtype() {
        DType::Float32 | DType::Complex64 => Number::Float32,
        DType::Float64 | DType::Complex128 => Number::Float64,
        DType::Int32 => Number::Int32,
        DType::Int64 => Number::Int64,
    };
    let bytes = x.local_count() as usize * x.dtype().size();
    if bytes == 0 || group.size() == 1 {
        return Ok(());
    }
    if x.space().memory() == Memory::Cuda {
        return through_host(group, x.space().context(), number, local.pointer() as u64, bytes);
    }
    // SAFETY: a contiguous leaf with elements has this many bytes at its pointer, which only this call touches.
    let buffer = unsafe { std::slice::from_raw_parts_mut(local.pointer(), bytes) };
    group.allreduce(buffer, number, Combine::Sum)
}

/// The sum of device memory over page-locked memory of the context; the messages are complete when it returns.
fn through_host(group: &dyn Communicator, context: &Context, number: Number, pointer: u64, bytes: usize) -> Result<()> {
    let stream = context.device_stream()?;
    context.with_staging(bytes, |room| {
        // SAFETY: both sides hold as many bytes, and the stream is waited for.
        let brought = unsafe { stream.copy_out(room, pointer, bytes) }.and_then(|()| stream.synchronize());
        // SAFETY: the room is as large, initialised, and used by this call alone.
        let summed = group.allreduce(unsafe { std::slice::from_raw_parts_mut(room, bytes) }, number, Combine::Sum);
        brought.and(summed)?;
        // SAFETY: as above.
        unsafe { stream.copy_in(pointer, room, bytes)? };
        stream.synchronize()
    })
}
