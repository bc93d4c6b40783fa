//! Launches of stencil.cu: fused banded matrices along axes, over a box of a block.

use super::{kernel, Factor, HEADERS};
use crate::device::{DeviceMemory, Source, Stream};
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::fail;
use crate::kernels::stencil::{Stencil, Tap};
use crate::launch;
use crate::layout::MAX_DIMENSIONS;
use std::ffi::CStr;
use std::sync::Arc;

pub(super) static SOURCE: Source = Source { name: "stencil.cu", text: include_str!("stencil.cu"), headers: &HEADERS };

const MAX_AXES: usize = 8;
/// The most terms, and the most outputs.
pub const MAX_TERMS: usize = 8;
/// As in stencil.cu: a row of threads serves `EACH * SPREAD` elements along the last axis, in `LINES` lines.
const SPREAD: usize = 128;
const EACH: usize = 4;
const LINES: usize = 4;
/// The most taps of an interior row that are launched with the kernel.
const MAX_TAPS: usize = 8;
/// Rows of threads in a block.
const ROWS: usize = 2;
const LARGEST_GRID: usize = 65_535;

/// A stencil's rows on the device.
pub struct Rows {
    memory: DeviceMemory,
    starts: usize,
    taps: usize,
    head: i64,
    tail: i64,
    specials: i32,
    /// `weight` times the interior row; none where it has more taps than are launched with the kernel.
    interior: Vec<Tap>,
}

impl Rows {
    /// `weight` times the stencil. Set-up: copies to the device and waits.
    pub fn new(stream: &Arc<Stream>, stencil: &Stencil, weight: f64) -> Result<Rows> {
        let (n, uniform) = (stencil.n(), stencil.uniform());
        let special = (0..uniform.start).chain(uniform.end..n);
        let rows: Vec<&[Tap]> = special.map(|i| stencil.row(i)).chain([stencil.interior()]).collect();
        let mut starts = vec![0i32];
        for row in &rows {
            starts.push(starts[starts.len() - 1] + row.len() as i32);
        }
        let taps: Vec<&Tap> = rows.iter().copied().flatten().collect();
        // Offsets, coefficients, then starts: the wider types first, so that all are aligned.
        let mut bytes: Vec<u8> = taps.iter().flat_map(|t| (t.0 as i64).to_ne_bytes()).collect();
        bytes.extend(taps.iter().flat_map(|t| (t.1 * weight).to_ne_bytes()));
        bytes.extend(starts.iter().flat_map(|s| s.to_ne_bytes()));
        let memory = DeviceMemory::of(stream, &bytes)?;
        let launched = stencil.interior().len() <= MAX_TAPS;
        let interior: Vec<Tap> = stencil.interior().iter().map(|t| (t.0, t.1 * weight)).collect();
        Ok(Rows {
            memory,
            starts: starts.len(),
            taps: taps.len(),
            head: uniform.start as i64,
            tail: uniform.end as i64,
            specials: rows.len() as i32 - 1,
            interior: if launched { interior } else { Vec::new() },
        })
    }

    /// Of `n` elements, the first of which has row `first`, those whose rows are the interior and read nothing outside
    /// the n; nothing where the interior's taps are not launched.
    fn inner(&self, first: usize, n: usize) -> (i64, i64) {
        let (first, n) = (first as i64, n as i64);
        let reach = |sign: isize| self.interior.iter().map(|t| sign * t.0).fold(0, isize::max) as i64;
        match self.interior.is_empty() {
            true => (0, 0),
            false => ((self.head - first).max(reach(-1)), (self.tail - first).min(n - reach(1))),
        }
    }

    /// Bytes on the device.
    pub fn bytes(&self) -> usize {
        debug_assert_eq!(self.memory.bytes(), 16 * self.taps + 4 * self.starts);
        self.memory.bytes()
    }
}

/// Planes of the neighbours along a term's axis, in device memory.
#[derive(Clone, Copy, Default)]
pub struct Planes {
    pub before: u64,
    pub before_width: usize,
    pub after: u64,
    pub after_width: usize,
}

/// A stencil along an axis of the block at x; strides count elements.
#[derive(Clone, Copy)]
pub struct Term<'a> {
    pub x: u64,
    pub strides: &'a [i64],
    pub axis: usize,
    pub rows: &'a Rows,
    /// The stencil's row that belongs to the first element of the block.
    pub first: usize,
    pub planes: Planes,
}

/// A block of results, and which terms add up to it.
#[derive(Clone, Copy)]
pub struct Output<'a> {
    pub y: u64,
    pub strides: &'a [i64],
    pub terms: (usize, usize),
}

#[derive(Clone, Copy, Default)]
#[repr(C)]
struct DeviceTerm {
    x: u64,
    strides: [i64; MAX_AXES],
    before: u64,
    after: u64,
    before_width: i64,
    after_width: i64,
    starts: u64,
    offsets: u64,
    coefficients: u64,
    head: i64,
    tail: i64,
    first: i64,
    specials: i32,
    axis: i32,
    inner_lower: i64,
    inner_upper: i64,
    taps: i32,
    reserved: i32,
    steps: [i64; MAX_TAPS],
    weights: [f64; MAX_TAPS],
}

#[derive(Clone, Copy, Default)]
#[repr(C)]
struct DeviceOutput {
    y: u64,
    strides: [i64; MAX_AXES],
    first_term: i32,
    last_term: i32,
}

#[repr(C)]
struct DevicePass {
    outputs: i32,
    reserved: i32,
    shape: [i64; MAX_AXES],
    lower: [i64; MAX_AXES],
    extents: [i64; MAX_AXES],
    rows: i64,
    alpha: Factor,
    beta: Factor,
    terms: [DeviceTerm; MAX_TERMS],
    results: [DeviceOutput; MAX_TERMS],
}

/// What every driver takes as parameters of a launch.
const _: () = assert!(size_of::<DevicePass>() <= 4096);

/// Kernels by the number of axes that they are compiled for; axes of one element go before those of the block.
const KERNELS: [(usize, &CStr); 5] =
    [(1, c"stencil_1"), (2, c"stencil_2"), (3, c"stencil_3"), (4, c"stencil_4"), (8, c"stencil_8")];

/// `values` behind as many `fill` as make `axes` of them.
fn padded(axes: usize, fill: i64, values: impl ExactSizeIterator<Item = i64>) -> [i64; MAX_AXES] {
    let mut all = [fill; MAX_AXES];
    let lead = axes - values.len();
    all[lead..axes].iter_mut().zip(values).for_each(|(to, from)| *to = from);
    all
}

/// Computes the box `lower..upper` of every output of a block of this shape; with beta = 0, y is not read.
#[allow(clippy::too_many_arguments)] // the names are those of the formula
pub fn apply(
    stream: &Stream,
    dtype: DType,
    shape: &[usize],
    (lower, upper): (&[usize], &[usize]),
    alpha: Scalar,
    terms: &[Term],
    beta: Scalar,
    outputs: &[Output],
) -> Result<()> {
    // Axes of one element along which nothing is done are left out.
    let (mut kept, mut axes) = ([0; MAX_DIMENSIONS], 0);
    for k in (0..shape.len()).filter(|k| shape[*k] != 1 || terms.iter().any(|t| t.axis == *k)) {
        kept[axes] = k;
        axes += 1;
    }
    let kept = &kept[..axes];
    if axes > MAX_AXES || terms.len() > MAX_TERMS || outputs.len() > MAX_TERMS {
        fail!(Unsupported, "a stencil over {axes} axes with {} terms on the device", terms.len());
    }
    let Some(&(wide, name)) = KERNELS.iter().find(|(n, _)| *n >= axes) else {
        fail!(Internal, "no kernel for {axes} axes");
    };
    let extents = padded(wide, 1, kept.iter().map(|k| upper[*k].saturating_sub(lower[*k]) as i64));
    if axes == 0 || extents[..wide].contains(&0) {
        return Ok(());
    }
    let lead = wide - axes;
    let place = |axis: usize| lead + kept.iter().take_while(|k| **k < axis).count();
    let rows: i64 = extents[..wide - 1].iter().product();
    let mut pass = DevicePass {
        outputs: outputs.len() as i32,
        reserved: 0,
        shape: padded(wide, 1, kept.iter().map(|k| shape[*k] as i64)),
        lower: padded(wide, 0, kept.iter().map(|k| lower[*k] as i64)),
        extents,
        rows,
        alpha: alpha.into(),
        beta: beta.into(),
        terms: [DeviceTerm::default(); MAX_TERMS],
        results: [DeviceOutput::default(); MAX_TERMS],
    };
    for (to, term) in pass.terms.iter_mut().zip(terms) {
        let base = term.rows.memory.pointer();
        let (mut steps, mut weights) = ([0; MAX_TAPS], [0.0; MAX_TAPS]);
        for (k, tap) in term.rows.interior.iter().enumerate() {
            (steps[k], weights[k]) = (tap.0 as i64 * term.strides[term.axis], tap.1);
        }
        let contiguous = term.strides[kept[axes - 1]] == 1;
        let (inner_lower, inner_upper) =
            if contiguous { term.rows.inner(term.first, shape[term.axis]) } else { (0, 0) };
        *to = DeviceTerm {
            x: term.x,
            strides: padded(wide, 0, kept.iter().map(|k| term.strides[*k])),
            before: term.planes.before,
            after: term.planes.after,
            before_width: term.planes.before_width as i64,
            after_width: term.planes.after_width as i64,
            starts: base + 16 * term.rows.taps as u64,
            offsets: base,
            coefficients: base + 8 * term.rows.taps as u64,
            head: term.rows.head,
            tail: term.rows.tail,
            first: term.first as i64,
            specials: term.rows.specials,
            axis: place(term.axis) as i32,
            inner_lower,
            inner_upper,
            taps: term.rows.interior.len() as i32,
            reserved: 0,
            steps,
            weights,
        };
    }
    for (to, output) in pass.results.iter_mut().zip(outputs) {
        let (first, last) = (output.terms.0 as i32, output.terms.1 as i32);
        *to = DeviceOutput {
            y: output.y,
            strides: padded(wide, 0, kept.iter().map(|k| output.strides[*k])),
            first_term: first,
            last_term: last,
        };
    }
    let function = kernel(stream, &SOURCE, dtype, name)?;
    let across = (extents[wide - 1] as usize).div_ceil(SPREAD * EACH);
    let threads = (rows as usize).div_ceil(LINES).min(ROWS);
    let down = (rows as usize).div_ceil(LINES * threads).min(LARGEST_GRID);
    // SAFETY: the structure is the kernel's; callers give blocks inside live device memory.
    unsafe { launch!(stream, function, [across as u32, down as u32, 1], [SPREAD as u32, threads as u32, 1], 0; pass) }
}
