//! Where elements of a block are that stand one after another.

use super::MAX_DIMENSIONS;

/// Strides in elements of a C-contiguous block.
pub fn contiguous_strides(shape: &[i64]) -> Vec<i64> {
    packed_strides(shape)[..shape.len()].to_vec()
}

/// As `contiguous_strides`, without allocation.
pub fn packed_strides(shape: &[i64]) -> [i64; MAX_DIMENSIONS] {
    let mut strides = [1; MAX_DIMENSIONS];
    for k in (0..shape.len().saturating_sub(1)).rev() {
        strides[k] = strides[k + 1] * shape[k + 1].max(1);
    }
    strides
}
