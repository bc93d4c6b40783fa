//! y = sum_i A_i x_i over the operators of all ranks.

use super::local_blocks::LocalBlocks;
use super::sides::Side;
use crate::context::Context;
use crate::error::Result;
use crate::operators::Operator;

/// The operators of all ranks beside one another: the mirror of `vstack`. The domain is unshaped, the range replicated.
/// Forward ends in one allreduce over the ranks (of one colour, with a mask), in the range's precision, the adjoint
/// sends nothing. Collective. Deterministic: forward same P, adjoint any P.
///
/// The operators live on `context.local()`; on all ranks their ranges have one dtype and the same number of elements,
/// and their domains have one dtype; or each operator has one dtype on both sides, and all are promoted to the widest.
pub fn hstack(context: &Context, operators: &[Operator], mask: Option<Vec<i32>>) -> Result<Operator> {
    LocalBlocks::create("HStack", context, operators, mask, [Side::Divided, Side::Whole])
}
