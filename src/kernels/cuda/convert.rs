//! Launches of convert.cu.

use super::{blocks, Walk, HEADERS, THREADS};
use crate::device::{Source, Stream};
use crate::dtype::DType;
use crate::error::Result;
use crate::fail;
use crate::launch;

pub(super) static SOURCE: Source = Source { name: "convert.cu", text: include_str!("convert.cu"), headers: &HEADERS };

/// Kernels of this file serve every dtype.
pub(super) const OPTION: &str = "-DDLOPS_ANY";

/// y := x between any dtypes but complex to real.
pub fn convert(stream: &Stream, walk: Walk<2>, (from, x): (DType, u64), (to, y): (DType, u64)) -> Result<()> {
    if from.is_complex() && !to.is_complex() {
        fail!(DType, "{} cannot be copied to {}: imaginary parts would be lost", from.name(), to.name());
    }
    let function = stream.device().function(&SOURCE, OPTION, c"convert")?;
    let (blocks, from, to) = (blocks(stream, walk.count()), from as i32, to as i32);
    // SAFETY: the arguments are of the kernel's types; callers give walks that stay inside live device memory.
    unsafe { launch!(stream, function, blocks, [THREADS, 1, 1], 0; walk, from, x, to, y) }
}

/// y := value for an array of integers.
pub fn fill_integers(stream: &Stream, dtype: DType, walk: Walk<1>, value: i64, y: u64) -> Result<()> {
    let function = stream.device().function(&SOURCE, OPTION, c"fill_integers")?;
    let (blocks, size) = (blocks(stream, walk.count()), dtype.size() as i32);
    // SAFETY: as above.
    unsafe { launch!(stream, function, blocks, [THREADS, 1, 1], 0; walk, value, size, y) }
}
