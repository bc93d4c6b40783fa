//! Derivatives by finite differences.

pub mod coefficients;
