//! Plans that take elements from one layout to another.

use super::plan::{contiguous, Placement, Plan};
use crate::arrays::{Space, Workspace};
use crate::error::Result;
use crate::operators::basic::redistribution_within;

/// y = x in another layout, and back: spaces of one global shape, dtype and memory in any layouts. Any dtype travels. One
/// message for each pair of ranks that share elements. Collective.
///
/// # Errors
/// `Context`, `DType`, `Shape`, `Space` (no global shape; host and device memory; colours of a mask that would have to
/// communicate), `Memory`.
pub fn redistribution(from: &Space, to: &Space, placement: Placement) -> Result<Plan> {
    let workspace = Workspace::new(from.context(), from.memory());
    let operator = redistribution_within(from, to, &workspace)?;
    let in_place = placement.in_place;
    let plan = Plan::new(operator, workspace, [1.0; 2], placement, [contiguous(from), contiguous(to)]);
    from.context().agree_on(plan, &format_args!("a plan from {from} to {to}, in place {in_place}"))
}
