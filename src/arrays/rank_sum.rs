//! Every element summed over ranks.

use super::array::Array;
use crate::comm::{Combine, Communicator, Number};
use crate::dtype::DType;
use crate::error::Result;
use crate::fail;

/// x := sum over the ranks of `group` of x, element by element, in x's precision. The order of the sum is the
/// transport's: the same bits on all ranks, but not for another number of ranks. `x` is a contiguous leaf with as many
/// elements on every rank. Collective: one allreduce.
pub(crate) fn sum_over(group: &dyn Communicator, x: &Array) -> Result<()> {
    let local = x.local()?;
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
    // SAFETY: a contiguous leaf with elements has this many bytes at its pointer, which only this call touches.
    let buffer = unsafe { std::slice::from_raw_parts_mut(local.pointer(), bytes) };
    group.allreduce(buffer, number, Combine::Sum)
}
