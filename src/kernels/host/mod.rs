//! Loops over host memory.

pub mod convolve;
pub mod gemm;
pub mod gemv;
mod lanes;
pub mod random;
