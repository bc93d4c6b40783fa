//! dlops: distributed arrays, matrix-free linear operators and the solvers that invert them, behind a C ABI.
//!
//! The plan of the house is in `docs/architecture.md`: five nouns (context, space, array, operator, solver),
//! and layers that each call only those below.

pub mod arrays;
pub mod capi;
pub mod comm;
pub mod context;
pub mod device;
pub mod dtype;
mod environment;
pub mod error;
pub mod kernels;
pub mod krylov;
pub mod layout;
pub mod operators;
pub mod plans;
pub mod storage;
pub mod threads;
pub mod transform;
