//! Launches of measure.cu.

use super::{blocks, kernel, Walk, HEADERS, THREADS};
use crate::device::{Source, Stream};
use crate::dtype::DType;
use crate::error::Result;
use crate::launch;

pub(super) static SOURCE: Source = Source { name: "measure.cu", text: include_str!("measure.cu"), headers: &HEADERS };

/// Lanes of a warp, which share the state of a line that is contiguous in memory.
const WARP: usize = 32;

/// What is accumulated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// sum |x|^p
    Power(f64),
    /// number of elements that are not zero
    Nonzero,
    /// max |x|, at least 0
    Largest,
    /// min |x|
    Smallest,
    /// min Re(x)
    Lowest,
    /// max Re(x)
    Highest,
}

impl Kind {
    /// Number and order of measure.cu.
    fn code(self) -> (i32, f64) {
        match self {
            Kind::Power(p) => (0, p),
            Kind::Nonzero => (1, 0.0),
            Kind::Largest => (2, 0.0),
            Kind::Smallest => (3, 0.0),
            Kind::Lowest => (4, 0.0),
            Kind::Highest => (5, 0.0),
        }
    }
}

/// How many parts `measure` leaves of so many elements.
pub fn parts(stream: &Stream, elements: usize) -> usize {
    blocks(stream, elements)[0] as usize
}

/// partials[k] := the state of part k of all elements, `parts` in all.
pub fn measure(stream: &Stream, dtype: DType, walk: Walk<1>, kind: Kind, x: u64, partials: u64) -> Result<()> {
    let function = kernel(stream, &SOURCE, dtype, c"measure")?;
    let (grid, (kind, p)) = (blocks(stream, walk.count()), kind.code());
    // SAFETY: the arguments are of the kernel's types; callers give walks that stay inside live device memory.
    unsafe { launch!(stream, function, grid, [THREADS, 1, 1], 0; walk, kind, p, x, partials) }
}

/// states[o, k] := the state of x[o, :, k], of extents [outer, length, inner] in C order.
pub fn measure_along(
    stream: &Stream,
    dtype: DType,
    walk: Walk<1>,
    kind: Kind,
    x: u64,
    [outer, length, inner]: [i64; 3],
    states: u64,
) -> Result<()> {
    let function = kernel(stream, &SOURCE, dtype, c"measure_along")?;
    // Neighbouring threads read neighbouring elements.
    let sharing = if inner < WARP as i64 { WARP } else { 1 };
    let grid = blocks(stream, (outer * inner) as usize * sharing);
    let ((kind, p), sharing) = (kind.code(), sharing as i32);
    // SAFETY: as above; there is a double for every state.
    unsafe {
        launch!(stream, function, grid, [THREADS, 1, 1], 0; walk, kind, p, x, outer, length, inner, sharing, states)
    }
}

/// states := the norms of complete states.
pub fn finish(stream: &Stream, kind: Kind, count: usize, states: u64) -> Result<()> {
    let function = kernel(stream, &SOURCE, DType::Float64, c"finish")?;
    let (grid, (kind, p), count) = (blocks(stream, count), kind.code(), count as i64);
    // SAFETY: as above.
    unsafe { launch!(stream, function, grid, [THREADS, 1, 1], 0; kind, p, count, states) }
}
