//! Launches of random.cu.

use super::{blocks, kernel, Walk, HEADERS, THREADS};
use crate::device::{Source, Stream};
use crate::dtype::DType;
use crate::error::Result;
use crate::launch;
use crate::layout::MAX_DIMENSIONS;

pub(super) static SOURCE: Source = Source { name: "random.cu", text: include_str!("random.cu"), headers: &HEADERS };

/// Local index i along an axis is the global index start + (i / block) period + i % block; `factor` is what one step of
/// it is in the global C order.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct Axis {
    pub extent: i64,
    pub start: i64,
    pub block: i64,
    pub period: i64,
    pub factor: i64,
}

/// Where local elements, in C order, are in the whole array.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct Places {
    axes: i64,
    along: [Axis; MAX_DIMENSIONS],
}

impl Places {
    /// Another axis after those before; there are at most `MAX_DIMENSIONS`.
    pub fn push(&mut self, axis: Axis) {
        self.along[self.axes as usize] = axis;
        self.axes += 1;
    }
}

/// x := uniform in [0, 1), or standard normal: what kernels/host/random.rs gives for the elements' global indices.
pub fn fill(
    stream: &Stream,
    dtype: DType,
    walk: Walk<1>,
    places: &Places,
    normal: bool,
    (seed, draw): (u64, u64),
    x: u64,
) -> Result<()> {
    let function = kernel(stream, &SOURCE, dtype, c"random_fill")?;
    let (blocks, places, normal) = (blocks(stream, walk.count()), *places, normal as i32);
    // SAFETY: the arguments are of the kernel's types; callers give walks that stay inside live device memory.
    unsafe { launch!(stream, function, blocks, [THREADS, 1, 1], 0; walk, places, normal, seed, draw, x) }
}
