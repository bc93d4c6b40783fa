//! The language of users' kernels: one text that is computed on the host and becomes CUDA C++ for a device.
//!
//! [`lexer`] and [`parser`] make a tree of the text, [`typed`] gives every value its type; then [`program`] and
//! [`evaluate`] compute blocks of elements here, and [`cuda`] writes the text for the device's compiler. Errors carry the
//! status `Compilation` and the column.

pub mod cuda;
mod evaluate;
pub mod function;
mod kind;
mod lexer;
pub mod parser;
mod program;
mod real;
pub mod signature;
#[cfg(test)]
mod tests;
mod typed;
mod value;

pub use evaluate::Work;
pub use kind::Kind;
pub use program::{Program, BLOCK};
pub use signature::{parameters, Parameter, Type};
pub use typed::{Assignment, Scope, Typed, TypedNode, Variable};
