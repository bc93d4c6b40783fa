//! y_i = A_i x_i over the operators of all ranks.

use super::local_blocks::LocalBlocks;
use super::sides::Side;
use crate::context::Context;
use crate::error::Result;
use crate::operators::Operator;

/// diag(A_1, A_2, ...), with any number of local operators on each rank, also none. Domain and range are unshaped:
/// this rank's elements are those of its operators' domains (ranges), one after the other. Collective; an apply sends
/// nothing. Deterministic: any P.
///
/// The operators live on `context.local()`; their domains have one dtype on all ranks, and so have their ranges; or each
/// operator has one dtype on both sides, and all are promoted to the widest.
/// `mask` gives one colour a rank.
pub fn block_diag(context: &Context, operators: &[Operator], mask: Option<Vec<i32>>) -> Result<Operator> {
    LocalBlocks::create("BlockDiag", context, operators, mask, [Side::Divided, Side::Divided])
}
