//! What touches elements on the device: CUDA C++ in the `.cu` files beside this one, and the launches of its kernels.

pub mod banded;
pub mod convert;
pub mod expression;
pub mod fourier;
pub mod measure;
pub mod program;
pub mod random;
pub mod reduce;
pub mod stencil;
pub mod vector;
mod walk;

use crate::device::{Function, Header, Source, Stream};
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::fail;
use std::ffi::CStr;

pub use walk::{Strided, Walk};

/// A file that kernels include.
macro_rules! header {
    ($name:literal, $file:literal) => {
        Header { name: $name, text: include_str!($file) }
    };
}

/// Files that kernels include.
static HEADERS: [Header; 4] = [
    header!(c"element.cuh", "element.cuh"),
    header!(c"strided.cuh", "strided.cuh"),
    header!(c"walk.cuh", "walk.cuh"),
    header!(c"sum.cuh", "sum.cuh"),
];

/// Files that exact_sum.cu includes.
static EXACT_HEADERS: [Header; 7] = [
    header!(c"element.cuh", "element.cuh"),
    header!(c"strided.cuh", "strided.cuh"),
    header!(c"walk.cuh", "walk.cuh"),
    header!(c"sum.cuh", "sum.cuh"),
    header!(c"exact_sum.cuh", "exact_sum.cuh"),
    header!(c"reduce.cu", "reduce.cu"),
    header!(c"fused.cu", "fused.cu"),
];

/// Compile-time choices of the element type.
const ELEMENTS: [&str; 4] = ["-DDLOPS_FLOAT32", "-DDLOPS_FLOAT64", "-DDLOPS_COMPLEX64", "-DDLOPS_COMPLEX128"];

/// Every source, and the options that it is compiled with.
pub fn sources() -> Vec<(&'static Source, &'static [&'static str])> {
    let mut all: Vec<(&Source, &[&str])> =
        vec![(&convert::SOURCE, &[convert::OPTION]), (&program::SOURCE, &[program::OPTION])];
    let typed = [
        &vector::SOURCE,
        &reduce::REDUCE,
        &reduce::FUSED,
        &reduce::EXACT,
        &stencil::SOURCE,
        &banded::SOURCE,
        &measure::SOURCE,
        &random::SOURCE,
    ];
    all.extend(typed.map(|source: &Source| (source, &ELEMENTS[..])));
    all.push((&fourier::SOURCE, &ELEMENTS[2..]));
    all
}

/// Threads of a block of an elementwise kernel.
const THREADS: u32 = 256;

/// Blocks a multiprocessor gets, at most: enough to hide the memory's latency.
const BLOCKS_EACH: usize = 32;

/// The compile-time choice of the element type.
fn element_option(dtype: DType) -> Result<&'static str> {
    match dtype {
        DType::Float32 => Ok(ELEMENTS[0]),
        DType::Float64 => Ok(ELEMENTS[1]),
        DType::Complex64 => Ok(ELEMENTS[2]),
        DType::Complex128 => Ok(ELEMENTS[3]),
        other => fail!(DType, "arithmetic on {} arrays: a floating-point type is needed", other.name()),
    }
}

/// A kernel of a source for one element type.
fn kernel(stream: &Stream, source: &'static Source, dtype: DType, name: &'static CStr) -> Result<Function> {
    stream.device().function(source, element_option(dtype)?, name)
}

/// Blocks for so many independent pieces of work, one a thread.
fn blocks(stream: &Stream, pieces: usize) -> [u32; 3] {
    let most = stream.device().multiprocessors() * BLOCKS_EACH;
    [pieces.div_ceil(THREADS as usize).min(most) as u32, 1, 1]
}

/// A factor of a kernel: a number, times two doubles on the device where there is a place for them.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Factor {
    re: f64,
    im: f64,
    slot: u64,
}

impl Factor {
    /// `number` times the complex number that stands at `slot`, on the device, when the kernel runs.
    pub fn on_device(number: Scalar, slot: u64) -> Factor {
        Factor { re: number.re, im: number.im, slot }
    }
}

impl From<Scalar> for Factor {
    fn from(number: Scalar) -> Factor {
        Factor { re: number.re, im: number.im, slot: 0 }
    }
}
