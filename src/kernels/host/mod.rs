mod lanes;
pub mod convolve;
pub mod gemv;
pub mod random;
