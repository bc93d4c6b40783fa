//! Launches of vector.cu: one pass over memory each, in the order of the stream.

use super::{blocks, kernel, Factor, Walk, HEADERS, THREADS};
use crate::device::{Source, Stream};
use crate::dtype::DType;
use crate::error::Result;
use crate::launch;

pub(super) static SOURCE: Source = Source { name: "vector.cu", text: include_str!("vector.cu"), headers: &HEADERS };

/// Launches a kernel whose first parameter is the walk.
macro_rules! over {
    ($stream:expr, $dtype:expr, $name:expr, $walk:expr; $($argument:expr),+ $(,)?) => {{
        let function = kernel($stream, &SOURCE, $dtype, $name)?;
        let blocks = blocks($stream, $walk.count());
        // SAFETY: the arguments are of the kernel's types; callers give walks that stay inside live device memory.
        unsafe { launch!($stream, function, blocks, [THREADS, 1, 1], 0; $walk, $($argument),+) }
    }};
}

/// y := value
pub fn fill(stream: &Stream, dtype: DType, walk: Walk<1>, value: Factor, y: u64) -> Result<()> {
    over!(stream, dtype, c"fill", walk; value, y)
}

/// x := alpha x
pub fn scale(stream: &Stream, dtype: DType, walk: Walk<1>, alpha: Factor, x: u64) -> Result<()> {
    over!(stream, dtype, c"scale", walk; alpha, x)
}

/// x := x + value
pub fn add_scalar(stream: &Stream, dtype: DType, walk: Walk<1>, value: Factor, x: u64) -> Result<()> {
    over!(stream, dtype, c"add_scalar", walk; value, x)
}

/// x := conj(x)
pub fn conjugate_in_place(stream: &Stream, dtype: DType, walk: Walk<1>, x: u64) -> Result<()> {
    over!(stream, dtype, c"conjugate_in_place", walk; x)
}

/// y := alpha x + beta y; with beta = 0, y is not read.
pub fn axpby(stream: &Stream, dtype: DType, walk: Walk<2>, alpha: Factor, x: u64, beta: Factor, y: u64) -> Result<()> {
    over!(stream, dtype, c"axpby", walk; alpha, x, beta, y)
}

/// w := alpha x + beta y
pub fn waxpby(
    stream: &Stream,
    dtype: DType,
    walk: Walk<3>,
    (alpha, x): (Factor, u64),
    (beta, y): (Factor, u64),
    w: u64,
) -> Result<()> {
    over!(stream, dtype, c"waxpby", walk; alpha, x, beta, y, w)
}

/// w := x .* y, or conj(x) .* y
pub fn multiply(stream: &Stream, dtype: DType, walk: Walk<3>, x: u64, conjugate: bool, y: u64, w: u64) -> Result<()> {
    let conjugate = conjugate as i32;
    over!(stream, dtype, c"multiply", walk; x, conjugate, y, w)
}

/// y := alpha d .* x + beta y, or with conj(d); with beta = 0, y is not read.
pub fn multiply_add(
    stream: &Stream,
    dtype: DType,
    walk: Walk<3>,
    (alpha, d, conjugate): (Factor, u64, bool),
    x: u64,
    (beta, y): (Factor, u64),
) -> Result<()> {
    let conjugate = conjugate as i32;
    over!(stream, dtype, c"multiply_add", walk; alpha, d, conjugate, x, beta, y)
}
