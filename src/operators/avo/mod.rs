//! Seismic amplitudes: models from elastic properties to data.

mod poststack;

pub use poststack::{poststack, Wavelet};
