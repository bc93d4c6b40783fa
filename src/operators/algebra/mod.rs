//! Operators made of operators: adjoint, transpose, conjugate, sum, scale, product, power, and
//! operators on wider elements. All constructors are local.

mod product;
mod promoted;
mod sum;
mod turned;

pub use product::{power, product};
pub use promoted::promoted;
pub use sum::{scale, sum};
pub use turned::{adjoint, conjugate, transpose};

#[cfg(test)]
mod tests;
