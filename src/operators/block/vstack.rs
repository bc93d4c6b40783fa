//! y_i = A_i x over the operators of all ranks.

use super::local_blocks::LocalBlocks;
use super::sides::Side;
use crate::context::Context;
use crate::error::Result;
use crate::operators::Operator;

/// The operators of all ranks on top of one another, any number on each rank, also none. The domain is replicated: of
/// the shape that all local domains have, else of one axis. The range is unshaped. Forward sends nothing, the adjoint
/// sum_i A_i^H y_i ends in one allreduce over the ranks (of one colour, with a mask), in the domain's precision.
/// Collective. Deterministic: forward any P, adjoint same P.
///
/// The operators live on `context.local()`; on all ranks their domains have one dtype and the same number of elements,
/// and their ranges have one dtype; or each operator has one dtype on both sides, and all are promoted to the widest.
pub fn vstack(context: &Context, operators: &[Operator], mask: Option<Vec<i32>>) -> Result<Operator> {
    LocalBlocks::create("VStack", context, operators, mask, [Side::Whole, Side::Divided])
}
