//! Loops over host memory, single-threaded: callers split rows or ranges over the threads of their pool.

pub mod banded;
mod butterflies;
pub mod compare;
pub mod convert;
pub mod convolve;
pub mod convolve_lines;
pub mod copy_block;
pub mod elementwise;
pub mod exact_sum;
mod finish;
pub mod fused;
pub mod gemm;
pub mod gemv;
#[cfg(all(test, target_os = "linux"))]
mod guarded;
pub mod lanes;
pub mod line_tile;
pub mod measure;
pub mod parts;
pub mod product;
pub mod program;
pub mod random;
pub mod reduce;
pub mod roots;
pub mod row_transform;
pub mod stencil;
pub mod sum;
pub mod turn;
pub mod vector;
