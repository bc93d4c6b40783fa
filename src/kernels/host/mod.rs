//! Loops over host memory.
