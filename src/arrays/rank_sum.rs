//! Every element summed over ranks.

use super::array::Array;
use super::reduction::Reducer;
use super::space::Space;
use crate::comm::{Combine, Number};
use crate::dtype::DType;
use crate::error::Result;
use crate::fail;

/// x := sum over the ranks of a group of x, element by element, in x's precision. The order of the sum is the
/// transport's: the same bits on all ranks, but not for another number of ranks. `x` is a contiguous leaf with as many
/// elements on every rank. Collective: one allreduce.
pub(crate) fn sum_over(reducer: &Reducer, x: &Array) -> Result<()> {
    let local = x.leaf()?;
    if !local.is_contiguous() {
        fail!(Unsupported, "the sum over ranks needs contiguous memory");
    }
    let number = parts(x.dtype());
    let bytes = x.local_count() as usize * x.dtype().size();
    if bytes == 0 || reducer.group().size() == 1 {
        return Ok(());
    }
    if x.space().is_on_device() {
        // SAFETY: a contiguous leaf in device memory has this many bytes at its pointer.
        return unsafe { reducer.device_group()?.sum(number, local.pointer() as u64, bytes / number.size()) };
    }
    // SAFETY: a contiguous leaf with elements has this many bytes at its pointer, which only this call touches.
    let buffer = unsafe { std::slice::from_raw_parts_mut(local.pointer(), bytes) };
    reducer.group().allreduce(buffer, number, Combine::Sum)
}

/// Plans for sums of arrays of a space, which allocate nothing then. Local.
pub(crate) fn prepare_sums(space: &Space) -> Result<()> {
    if !space.is_on_device() {
        return Ok(());
    }
    let (number, bytes) = (parts(space.dtype()), space.local_count() as usize * space.dtype().size());
    space.reducer().device_group()?.prepare(number, bytes / number.size())
}

/// The numbers that elements are made of.
fn parts(dtype: DType) -> Number {
    match dtype {
        DType::Float32 | DType::Complex64 => Number::Float32,
        DType::Float64 | DType::Complex128 => Number::Float64,
        DType::Int32 => Number::Int32,
        DType::Int64 => Number::Int64,
    }
}
