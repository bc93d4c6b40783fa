//! Launches of fourier.cu: lines of a block into a tile, and back.

use super::{blocks, kernel, HEADERS, THREADS};
use crate::device::{Source, Stream};
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::fail;
use crate::launch;

pub(super) static SOURCE: Source = Source { name: "fourier.cu", text: include_str!("fourier.cu"), headers: &HEADERS };

const MAX_AXES: usize = 8;

/// Lines of a block in device memory along one axis, whose positions begin at index `rotation` and wrap around. Strides
/// count elements.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Lines {
    data: u64,
    along: i64,
    length: i64,
    rotation: i64,
    extents: [i64; MAX_AXES],
    strides: [i64; MAX_AXES],
    first: i64,
    count: i64,
    axes: i32,
    real: i32,
}

impl Lines {
    /// All lines along `axis` of a block with one of the `extents` and `strides` an axis; the lines have `length` elements,
    /// real ones or complex ones.
    pub fn new(
        data: u64,
        (axis, length, rotation): (usize, usize, usize),
        extents: &[i64],
        strides: &[i64],
        real: bool,
    ) -> Result<Lines> {
        let mut lines = Lines {
            data,
            along: strides[axis],
            length: length as i64,
            rotation: rotation as i64,
            extents: [1; MAX_AXES],
            strides: [0; MAX_AXES],
            first: 0,
            count: 1,
            axes: 0,
            real: real as i32,
        };
        let mut axes = 0;
        for k in (0..extents.len()).filter(|k| *k != axis && extents[*k] != 1) {
            lines.count *= extents[k];
            // An axis whose indices follow those of the one before at the same distance is one with it.
            if axes > 0 && lines.strides[axes - 1] == strides[k] * extents[k] {
                axes -= 1;
                lines.extents[axes] *= extents[k];
            } else if axes == MAX_AXES {
                fail!(Unsupported, "transforms of an array with more than {MAX_AXES} separate axes on the device");
            } else {
                lines.extents[axes] = extents[k];
            }
            lines.strides[axes] = strides[k];
            axes += 1;
        }
        lines.axes = axes as i32;
        Ok(lines)
    }

    /// Those from `first` on.
    pub fn part(self, first: i64, count: i64) -> Lines {
        Lines { first, count, ..self }
    }

    pub fn count(&self) -> i64 {
        self.count
    }
}

/// Lines of n real or complex elements side by side in device memory: one after another, or all first elements, then all
/// second ones.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Tile {
    data: u64,
    n: i64,
    by_lines: i32,
    real: i32,
}

impl Tile {
    pub fn new(data: u64, n: usize, by_lines: bool, real: bool) -> Tile {
        Tile { data, n: n as i64, by_lines: by_lines as i32, real: real as i32 }
    }

    /// The lines of n elements themselves, in place of a tile.
    pub fn in_place(n: usize, by_lines: bool) -> Tile {
        Tile::new(0, n, by_lines, false)
    }
}

/// What is done to bins of a transform of n elements on their way: 1 to (n - 1) / 2 are multiplied by `balance`, all may be
/// conjugated, and the imaginary parts of those that are their own conjugates left out.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Bins {
    n: i64,
    balance: f64,
    conjugated: i32,
    ends_real: i32,
}

impl Bins {
    /// They stay as they are.
    pub const AS_THEY_ARE: Bins = Bins { n: 0, balance: 1.0, conjugated: 0, ends_real: 0 };

    pub fn new(n: usize, balance: f64, conjugated: bool, ends_real: bool) -> Bins {
        Bins { n: n as i64, balance, conjugated: conjugated as i32, ends_real: ends_real as i32 }
    }
}

/// tile := the lines, with zeros beyond their length; `dtype` is that of the complex elements.
pub fn load(stream: &Stream, dtype: DType, lines: Lines, tile: Tile, bins: Bins) -> Result<()> {
    let function = kernel(stream, &SOURCE, dtype, c"load")?;
    let blocks = blocks(stream, (tile.n * lines.count) as usize);
    // SAFETY: the arguments are of the kernel's types; callers give lines and a tile inside live device memory.
    unsafe { launch!(stream, function, blocks, [THREADS, 1, 1], 0; lines, tile, bins) }
}

/// the lines := alpha tile + beta lines, zeros standing for what the tile lacks, and real parts where they are real. With
/// beta = 0 they are not read.
pub fn store(
    stream: &Stream,
    dtype: DType,
    (alpha, tile): (Scalar, Tile),
    bins: Bins,
    (beta, lines): (Scalar, Lines),
) -> Result<()> {
    let function = kernel(stream, &SOURCE, dtype, c"store")?;
    let blocks = blocks(stream, (lines.length * lines.count) as usize);
    let [alpha, beta] = [alpha, beta].map(|s| [s.re, s.im]);
    // SAFETY: as above.
    unsafe { launch!(stream, function, blocks, [THREADS, 1, 1], 0; lines, tile, bins, alpha, beta) }
}
