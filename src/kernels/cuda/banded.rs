//! Launches of banded.cu: a banded matrix along one axis of a block.

use super::stencil::Planes;
use super::{blocks, kernel, Factor, HEADERS, THREADS};
use crate::device::{DeviceMemory, Source, Stream};
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::fail;
use crate::launch;
use num_complex::Complex;
use std::ops::Range;
use std::sync::Arc;

pub(super) static SOURCE: Source = Source { name: "banded.cu", text: include_str!("banded.cu"), headers: &HEADERS };

const MAX_AXES: usize = 8;
/// Axes that the smaller kernel takes: what lies before the matrix's axis, that axis, and what lies after it.
const FEW: usize = 3;

/// A banded matrix. Row i has `taps` coefficients, for the columns from i + `lowest` on; those of columns that do not
/// exist are not looked at.
pub struct Band {
    pub taps: usize,
    pub lowest: isize,
    /// The first `head` rows and those from `tail` on have coefficients of their own; the others are alike.
    pub head: usize,
    pub tail: usize,
    /// Of the first rows, of one interior row, and of the last rows; or with `per_line` of one row for each line of the
    /// block, in C order.
    pub coefficients: Vec<Complex<f64>>,
    pub per_line: bool,
}

/// A banded matrix on the device.
pub struct Rows {
    memory: DeviceMemory,
    taps: usize,
    lowest: isize,
    head: usize,
    tail: usize,
    per_line: bool,
    /// Coefficients are real numbers, also for complex elements.
    real: bool,
}

impl Rows {
    /// For elements of `dtype`. Set-up: copies to the device and waits.
    pub fn new(stream: &Arc<Stream>, dtype: DType, band: &Band) -> Result<Rows> {
        let real = !dtype.is_complex() || band.coefficients.iter().all(|c| c.im == 0.0);
        let mut bytes: Vec<u8> = Vec::with_capacity(band.coefficients.len() * dtype.size());
        for c in &band.coefficients {
            for part in [c.re, c.im].into_iter().take(if real { 1 } else { 2 }) {
                match dtype.real() {
                    DType::Float32 => bytes.extend((part as f32).to_ne_bytes()),
                    _ => bytes.extend(part.to_ne_bytes()),
                }
            }
        }
        let memory = DeviceMemory::of(stream, &bytes)?;
        let Band { taps, lowest, head, tail, per_line, .. } = *band;
        Ok(Rows { memory, taps, lowest, head, tail, per_line, real })
    }
}

/// `Band` of banded.cu.
#[derive(Clone, Copy)]
#[repr(C)]
struct DeviceBand {
    x: u64,
    y: u64,
    before: u64,
    after: u64,
    before_width: i64,
    after_width: i64,
    shape: [i64; MAX_AXES],
    x_strides: [i64; MAX_AXES],
    y_strides: [i64; MAX_AXES],
    lower: i64,
    upper: i64,
    first: i64,
    total: i64,
    coefficients: u64,
    head: i64,
    tail: i64,
    lowest: i64,
    taps: i64,
    axis: i32,
    real: i32,
    conjugated: i32,
    per_line: i32,
    alpha: Factor,
    beta: Factor,
}

/// A block of one shape at x and at y; strides count elements.
#[derive(Clone, Copy)]
pub struct Block<'a> {
    pub shape: &'a [i64],
    pub axis: usize,
    pub x: (u64, &'a [i64]),
    pub y: (u64, &'a [i64]),
    /// The matrix row of the block's first element, and rows of the matrix.
    pub first: usize,
    pub total: usize,
    pub planes: Planes,
}

/// y := alpha A x + beta y, or with conj(A), on `rows` of the block; with beta = 0, y is not read.
pub fn apply(
    stream: &Stream,
    dtype: DType,
    (matrix, conjugated): (&Rows, bool),
    block: &Block,
    rows: Range<usize>,
    alpha: Scalar,
    beta: Scalar,
) -> Result<()> {
    // Axes that follow one another in memory, on the same side of the matrix's axis, are one.
    let mut merged = [(1, 0, 0); MAX_AXES];
    let (mut count, mut axis) = (0, None);
    for (k, n) in block.shape.iter().enumerate() {
        let (n, x, y) = (*n, block.x.1[k], block.y.1[k]);
        if k == block.axis {
            axis = Some(count);
        } else if n == 1 {
            continue;
        } else if count > 0 && axis != Some(count - 1) && merged[count - 1].1 == x * n && merged[count - 1].2 == y * n {
            merged[count - 1] = (merged[count - 1].0 * n, x, y);
            continue;
        }
        if count == MAX_AXES {
            fail!(Unsupported, "a banded matrix over more than {MAX_AXES} separate axes on the device");
        }
        merged[count] = (n, x, y);
        count += 1;
    }
    let Some(axis) = axis else { fail!(Internal, "axis {} of {:?}", block.axis, block.shape) };
    let (wide, name) = if count <= FEW { (FEW, c"banded_3") } else { (MAX_AXES, c"banded_8") };
    let lead = wide - count;
    let padded = |fill: i64, part: fn(&(i64, i64, i64)) -> i64| {
        let mut all = [fill; MAX_AXES];
        all[lead..wide].iter_mut().zip(&merged).for_each(|(to, from)| *to = part(from));
        all
    };
    let band = DeviceBand {
        x: block.x.0,
        y: block.y.0,
        before: block.planes.before,
        after: block.planes.after,
        before_width: block.planes.before_width as i64,
        after_width: block.planes.after_width as i64,
        shape: padded(1, |m| m.0),
        x_strides: padded(0, |m| m.1),
        y_strides: padded(0, |m| m.2),
        lower: rows.start as i64,
        upper: rows.end as i64,
        first: block.first as i64,
        total: block.total as i64,
        coefficients: matrix.memory.pointer(),
        head: matrix.head as i64,
        tail: matrix.tail as i64,
        lowest: matrix.lowest as i64,
        taps: matrix.taps as i64,
        axis: (lead + axis) as i32,
        real: matrix.real as i32,
        conjugated: conjugated as i32,
        per_line: matrix.per_line as i32,
        alpha: alpha.into(),
        beta: beta.into(),
    };
    let lines: i64 = block.shape.iter().enumerate().filter(|(k, _)| *k != block.axis).map(|(_, n)| *n).product();
    let elements = lines as usize * rows.len();
    if elements == 0 {
        return Ok(());
    }
    let function = kernel(stream, &SOURCE, dtype, name)?;
    let blocks = blocks(stream, elements);
    // SAFETY: the structure is the kernel's; callers give blocks inside live device memory.
    unsafe { launch!(stream, function, blocks, [THREADS, 1, 1], 0; band) }
}
