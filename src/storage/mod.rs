//! Memory of arrays.
