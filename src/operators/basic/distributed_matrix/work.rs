//! What rooms for panels are asked to do: which there are, messages and products.

use super::block::Block;
use crate::dtype::Scalar;

/// Rooms for panels of A (two), of X or of sums for Y (two), and for sums that arrive.
pub const ROOMS: usize = 5;
pub const LEFT: [usize; 2] = [0, 1];
pub const RIGHT: [usize; 2] = [2, 3];
pub const ARRIVED: usize = 4;

/// The messages of the panels; beside those of halos and redistributions.
pub const TAG: i32 = crate::layout::MAX_DIMENSIONS as i32 + 2;

/// The first `bytes` of a room, to or from a rank.
#[derive(Clone, Copy, Debug)]
pub struct Message {
    pub room: usize,
    pub bytes: usize,
    pub peer: usize,
}

/// y := alpha op(A) x + beta y with op(A) of `rows` x `inner` and `columns` columns of x; all extents are positive.
#[derive(Clone, Copy, Debug)]
pub struct Multiplication {
    pub a: Block,
    /// op(A) = conj(A), where `a` is op(A) otherwise.
    pub conjugated: bool,
    pub x: Block,
    pub y: Block,
    pub rows: i64,
    pub inner: i64,
    pub columns: i64,
    pub alpha: Scalar,
    pub beta: Scalar,
}
