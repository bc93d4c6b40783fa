//! Operators made of operators: adjoint, transpose, conjugate, sum, scale, product, power, inverse,
//! and operators on wider elements or on arrays in other memory. All constructors are local.

mod inverse;
mod moved;
mod of_real;
mod product;
mod promoted;
mod sum;
mod turned;

pub use inverse::inverse;
pub use moved::moved;
pub use of_real::of_real;
pub use product::{power, product};
pub use promoted::promoted;
pub use sum::{scale, sum};
pub use turned::{adjoint, conjugate, transpose};

#[cfg(test)]
mod tests;
