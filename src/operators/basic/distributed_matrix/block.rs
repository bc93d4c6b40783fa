//! Matrices in memory.

use crate::arrays::{Array, Space};
use crate::error::Result;

/// Where the elements of a matrix stand, in host or device memory: the first one, and the elements from row to row and
/// from column to column.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    pub pointer: *mut u8,
    pub steps: [i64; 2],
}

impl Block {
    /// Rows of `columns` elements one after the other.
    pub fn packed(pointer: *mut u8, columns: i64) -> Block {
        Block { pointer, steps: [columns, 1] }
    }

    /// This rank's elements of an array of one or two axes, congruent with `space`.
    pub fn of(x: &Array, space: &Space) -> Result<Block> {
        let local = x.leaf()?;
        let strides = local.strides_as(space.local_shape())?;
        let across = if space.local_shape().len() > 1 { strides[1] } else { 1 };
        Ok(Block { pointer: local.pointer(), steps: [strides[0], across] })
    }

    /// The block that begins at a row and a column, of elements of `size` bytes.
    pub fn at(self, row: i64, column: i64, size: usize) -> Block {
        let offset = (row * self.steps[0] + column * self.steps[1]) * size as i64;
        Block { pointer: self.pointer.wrapping_offset(offset as isize), ..self }
    }

    pub fn turned(self) -> Block {
        Block { steps: [self.steps[1], self.steps[0]], ..self }
    }
}
