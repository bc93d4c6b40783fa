//! Operators made of operators: adjoint, transpose, conjugate, sum, scale, product, power. All constructors are local.

mod product;
mod sum;
mod turned;

pub use product::{power, product};
pub use sum::{scale, sum};
pub use turned::{adjoint, conjugate, transpose};

#[cfg(test)]
mod tests;
