//! Signal processing: filters along an axis, wavelets, tapers and error measures.

mod convolve1d;
mod convolve_lines;
mod device_lines;
mod fftshift;
pub(crate) mod filter;
pub mod fourier;
pub(crate) mod line_map;
pub(crate) mod lines;
pub mod measures;
pub mod tapers;
mod walk;
pub mod wavelets;

pub use convolve1d::convolve1d;
pub use convolve_lines::convolve1d_lines;
pub use fftshift::fftshift;
