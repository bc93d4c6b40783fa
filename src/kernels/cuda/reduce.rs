//! Launches of reduce.cu and fused.cu: sums that end in a slot on the device.

use super::{blocks, kernel, Factor, Walk, HEADERS};
use crate::device::{DeviceMemory, Source, Stream};
use crate::dtype::DType;
use crate::error::Result;
use crate::launch;
use std::sync::Arc;

pub(super) static REDUCE: Source = Source { name: "reduce.cu", text: include_str!("reduce.cu"), headers: &HEADERS };
pub(super) static FUSED: Source = Source { name: "fused.cu", text: include_str!("fused.cu"), headers: &HEADERS };

/// Threads of a block: `SUM_THREADS` of sum.cuh.
const THREADS: u32 = 256;

/// Blocks of a reduction on each multiprocessor.
const BLOCKS_EACH: usize = 8;

/// Complex sums in double precision on the device, and the room that a reduction needs for its blocks.
pub struct Slots {
    memory: DeviceMemory,
    count: usize,
    blocks: usize,
}

impl Slots {
    /// `count` sums, unspecified until `clear`.
    pub fn new(stream: &Arc<Stream>, count: usize) -> Result<Slots> {
        let blocks = stream.device().multiprocessors() * BLOCKS_EACH;
        let memory = DeviceMemory::new(stream, 16 * (count + blocks) + 16)?;
        Ok(Slots { memory, count, blocks })
    }

    /// Sets all sums to zero.
    pub fn clear(&self) -> Result<()> {
        // SAFETY: the block has as many bytes.
        unsafe { self.memory.stream().set_bytes(self.memory.pointer(), 0, self.memory.bytes()) }
    }

    pub fn stream(&self) -> &Arc<Stream> {
        self.memory.stream()
    }

    pub fn count(&self) -> usize {
        self.count
    }

    /// Two doubles: real and imaginary part.
    pub fn slot(&self, k: usize) -> u64 {
        debug_assert!(k < self.count);
        self.memory.pointer() + 16 * k as u64
    }

    /// Sets the real part of a sum, in the order of the stream.
    pub fn set(&self, k: usize, value: f64) -> Result<()> {
        // SAFETY: the block has a double there; pageable memory has been read when the call returns.
        unsafe { self.stream().copy_in(self.slot(k), (&raw const value).cast(), 8) }
    }

    fn partials(&self) -> u64 {
        self.memory.pointer() + 16 * self.count as u64
    }

    fn ticket(&self) -> u64 {
        self.partials() + 16 * self.blocks as u64
    }

    fn grid(&self, elements: usize) -> [u32; 3] {
        [elements.div_ceil(THREADS as usize).min(self.blocks) as u32, 1, 1]
    }
}

/// Launches a kernel whose first parameter is the walk and whose last ones are the slot and the room for blocks.
macro_rules! over {
    ($source:expr, $slots:expr, $slot:expr, $dtype:expr, $name:expr, $walk:expr; $($argument:expr),+ $(,)?) => {{
        let slots: &Slots = $slots;
        let stream = slots.stream();
        let function = kernel(stream, $source, $dtype, $name)?;
        let (slot, partials, ticket) = (slots.slot($slot), slots.partials(), slots.ticket());
        let grid = slots.grid($walk.count());
        // SAFETY: the arguments are of the kernel's types; callers give walks that stay inside live device memory.
        unsafe { launch!(stream, function, grid, [THREADS, 1, 1], 0; $walk, $($argument),+, slot, partials, ticket) }
    }};
}

/// slot += sum conj(x) y, or sum x y.
pub fn dot(slots: &Slots, slot: usize, dtype: DType, walk: Walk<2>, x: u64, conjugate: bool, y: u64) -> Result<()> {
    let conjugate = conjugate as i32;
    over!(&REDUCE, slots, slot, dtype, c"dot", walk; x, conjugate, y)
}

/// slot += sum |x|^2
pub fn sum_squares(slots: &Slots, slot: usize, dtype: DType, walk: Walk<1>, x: u64) -> Result<()> {
    over!(&REDUCE, slots, slot, dtype, c"sum_squares", walk; x)
}

/// slot += sum |x|^p
pub fn sum_powers(slots: &Slots, slot: usize, dtype: DType, walk: Walk<1>, p: f64, x: u64) -> Result<()> {
    over!(&REDUCE, slots, slot, dtype, c"sum_powers", walk; p, x)
}

/// slot += sum x
pub fn sum(slots: &Slots, slot: usize, dtype: DType, walk: Walk<1>, x: u64) -> Result<()> {
    over!(&REDUCE, slots, slot, dtype, c"sum", walk; x)
}

/// y := y + alpha x, slot += |y|^2
pub fn axpy_norm(
    slots: &Slots,
    slot: usize,
    dtype: DType,
    walk: Walk<2>,
    alpha: Factor,
    [x, y]: [u64; 2],
) -> Result<()> {
    over!(&FUSED, slots, slot, dtype, c"axpy_norm", walk; alpha, x, y)
}

/// y := x + beta y, slot += |y|^2
pub fn xpby_norm(
    slots: &Slots,
    slot: usize,
    dtype: DType,
    walk: Walk<2>,
    beta: Factor,
    [x, y]: [u64; 2],
) -> Result<()> {
    over!(&FUSED, slots, slot, dtype, c"xpby_norm", walk; x, beta, y)
}

/// x := x + alpha c, then r := r - d x, slot += |r|^2 + i |x|^2
pub fn damped_update(
    slots: &Slots,
    slot: usize,
    dtype: DType,
    walk: Walk<3>,
    (alpha, d): (Factor, Factor),
    [c, x, r]: [u64; 3],
) -> Result<()> {
    over!(&FUSED, slots, slot, dtype, c"damped_update", walk; alpha, c, d, x, r)
}

/// x := x + alpha p, then p := z + beta p
pub fn axpy_xpby(
    stream: &Stream,
    dtype: DType,
    walk: Walk<3>,
    (alpha, beta): (Factor, Factor),
    [p, z, x]: [u64; 3],
) -> Result<()> {
    let function = kernel(stream, &FUSED, dtype, c"axpy_xpby")?;
    let grid = blocks(stream, walk.count());
    // SAFETY: the arguments are of the kernel's types; callers give walks that stay inside live device memory.
    unsafe { launch!(stream, function, grid, [super::THREADS, 1, 1], 0; walk, alpha, p, z, beta, x) }
}
