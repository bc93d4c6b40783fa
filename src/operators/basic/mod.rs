//! Operators that every other one is built with.

mod dense_matrix;
mod dense_product;
mod device_matrix;
mod diagonal;
mod distributed_matrix;
mod identity;
mod matrix_mult;
mod redistribution;
mod row_blocks;
mod transpose;
mod zero;

pub use dense_matrix::DenseMatrix;
pub use diagonal::{diagonal, diagonal_along};
pub use distributed_matrix::{distributed_matrix_mult, transposed_space, Algorithm, DistributedMatrix};
pub use identity::identity;
pub use matrix_mult::matrix_mult;
pub use redistribution::redistribution;
pub(crate) use redistribution::{redistribution_within, Redistribution};
pub use transpose::transpose;
pub use zero::zero;
