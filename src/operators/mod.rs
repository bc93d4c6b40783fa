//! Linear operators, one a file.

pub mod derivative;
