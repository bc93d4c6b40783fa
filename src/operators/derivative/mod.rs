//! Derivatives by finite differences, along every axis of every layout.
//!
//! Deterministic: any P. A value depends on its global index alone, not on where ranks or threads cut.

mod block;
pub mod coefficients;
mod difference;
mod exchange;
mod first;
mod gradient;
mod laplacian;
mod pass;
mod second;

pub use coefficients::Kind;
pub use first::{first_derivative, FirstDerivative};
pub use gradient::{gradient, Gradient};
pub use laplacian::{laplacian, Laplacian};
pub use second::{second_derivative, SecondDerivative};
