//! Operators made of blocks: local operators over the ranks, distributed operators over product spaces.

use super::border::{borrow, borrow_all, call, dlops_status, options, slice, Options, Output};
use super::handle::{dlops_context, dlops_operator};
use crate::context::Context;
use crate::error::Result;
use crate::fail;
use crate::operators::{block, Operator};

/// Optional choices for BlockDiag, VStack and HStack; initialise with DLOPS_BLOCK_OPTIONS_INIT. Zero means the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dlops_block_options {
    pub struct_size: usize,
    /// one colour a rank, 0 or more: sums stay among ranks of one colour; NULL: one group. The same on all ranks
    pub mask: *const i32,
}

impl Options for dlops_block_options {
    const NAME: &'static str = "dlops_block_options";
}

type Create = fn(&Context, &[Operator], Option<Vec<i32>>) -> Result<Operator>;

unsafe fn over_ranks(
    function: &str,
    create: Create,
    context: *const dlops_context,
    count: i64,
    operators: *const *const dlops_operator,
    choices: *const dlops_block_options,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call(function, || {
        let context = borrow::<Context>(context, "context")?;
        let arguments = || -> Result<_> {
            let output = Output::new(result, "result")?;
            // SAFETY: the host passes `count` handles, and NULL or options with their struct_size.
            let (operators, choices) =
                unsafe { (borrow_all::<Operator>(operators, count, "operators")?, options(choices)?) };
            let mask = match choices.mask.is_null() {
                true => None,
                // SAFETY: one colour for each rank.
                false => Some(unsafe { slice(choices.mask, context.size() as i64, "mask") }?.to_vec()),
            };
            Ok((output, operators, mask))
        };
        let (output, operators, mask) = context.agree(arguments())?;
        output.write(create(&context, &operators, mask)?)
    })
}

/// BlockDiag: y_i = A_i x_i over the operators of all ranks. Collective. Since 0.1.
///
/// Domain and range have local counts only (dlops_space_create_unshaped): this rank's elements are those of its
/// operators' domains (ranges), one after the other, which any shaped space with these counts fits. An operator whose
/// domain or range is a product space has its components there one after the other. Blocks are views: nothing is
/// copied, and an apply sends nothing. Padded arrays (dlops_array_wrap_strided) work where each block consists of whole
/// rows of its own shape, else apply returns UNSUPPORTED. Deterministic: any P.
///
/// @param count      operators of this rank, 0 or more; ranks may differ, but one of them has an operator
/// @param operators  of the local context of `context` (dlops_context_get_local), kept alive by the result; one dtype
///                   for all domains of all ranks, and one for all ranges. Operators of one dtype on both sides may
///                   differ in it: the result has the promoted one (see dlops_operator_promote)
/// @param choices    NULL for the defaults
/// @param result     the caller destroys it
/// Errors, the same on all ranks: NULL_POINTER, HANDLE, ARGUMENT (no operator on any rank), CONTEXT (an operator of
/// another context), DTYPE, SHAPE, LAYOUT (mask), OPTION, COLLECTIVE (different masks).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_block_diag_create(
    context: *const dlops_context,
    count: i64,
    operators: *const *const dlops_operator,
    choices: *const dlops_block_options,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    // SAFETY: the contract of this function.
    unsafe { over_ranks("dlops_block_diag_create", block::block_diag, context, count, operators, choices, result) }
}

/// VStack: y_i = A_i x over the operators of all ranks, and x = sum_i A_i^H y_i. Collective. Since 0.1.
///
/// The domain is replicated: of the shape that all operators' domains have, else of one axis; every rank passes the same
/// x. The range has local counts only, as with dlops_block_diag_create. Forward sends nothing; the adjoint ends in one
/// allreduce over the ranks (of one colour, with a mask) in the domain's precision, into which beta y enters once. A
/// strided output of the sum takes one more array, made at its first use. Deterministic: forward any P, adjoint same P.
///
/// @param operators  as with dlops_block_diag_create; all domains of all ranks have the same number of elements
/// Other parameters and errors as of dlops_block_diag_create; SHAPE also for different numbers of columns.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_vstack_create(
    context: *const dlops_context,
    count: i64,
    operators: *const *const dlops_operator,
    choices: *const dlops_block_options,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    // SAFETY: the contract of this function.
    unsafe { over_ranks("dlops_vstack_create", block::vstack, context, count, operators, choices, result) }
}

/// HStack: y = sum_i A_i x_i over the operators of all ranks: the mirror of dlops_vstack_create. Collective. Since 0.1.
///
/// The domain has local counts only, the range is replicated. Forward ends in the allreduce, the adjoint sends nothing.
/// Deterministic: forward same P, adjoint any P.
///
/// @param operators  as with dlops_block_diag_create; all ranges of all ranks have the same number of elements
/// Other parameters and errors as of dlops_block_diag_create; SHAPE also for different numbers of rows.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_hstack_create(
    context: *const dlops_context,
    count: i64,
    operators: *const *const dlops_operator,
    choices: *const dlops_block_options,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    // SAFETY: the contract of this function.
    unsafe { over_ranks("dlops_hstack_create", block::hstack, context, count, operators, choices, result) }
}

/// A local operator, the same on all ranks, on replicated vectors: each rank applies its own to its own copy of x, and
/// nothing is sent. An operator of `context` itself is given back as it is. Collective. Since 0.1.
///
/// @param operator  of the local context of `context`, with the same spaces on all ranks, kept alive by the result
/// @param result    the caller destroys it
/// Errors, the same on all ranks: NULL_POINTER, HANDLE, CONTEXT, COLLECTIVE (the ranks passed different operators).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_create_replicated(
    context: *const dlops_context,
    operator: *const dlops_operator,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_operator_create_replicated", || {
        let context = borrow::<Context>(context, "context")?;
        let arguments =
            || -> Result<_> { Ok((Output::new(result, "result")?, borrow::<Operator>(operator, "operator")?)) };
        let (output, operator) = context.agree(arguments())?;
        output.write(block::replicated(&context, &operator)?)
    })
}

type Stack = fn(&[Operator]) -> Result<Operator>;

unsafe fn stacked(
    function: &str,
    create: Stack,
    count: i64,
    operators: *const *const dlops_operator,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call(function, || {
        let output = Output::new(result, "result")?;
        // SAFETY: the host passes `count` handles.
        output.write(create(&unsafe { borrow_all::<Operator>(operators, count, "operators") }?)?)
    })
}

/// diag(A_1, ..., A_n) on product spaces: component i of y is A_i times component i of x, in sequence. Local. Since 0.1.
///
/// @param count      1 or more
/// @param operators  of one context and mask, kept alive by the result
/// @param result     from the product of the domains to the product of the ranges; the caller destroys it
/// Errors: NULL_POINTER, HANDLE, ARGUMENT, CONTEXT, SPACE (different masks).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_stacked_block_diag_create(
    count: i64,
    operators: *const *const dlops_operator,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    // SAFETY: the contract of this function.
    unsafe { stacked("dlops_stacked_block_diag_create", block::stacked_block_diag, count, operators, result) }
}

/// (A_1; ...; A_n): component i of y is A_i x; the adjoint sums A_i^H y_i in place. Local. Since 0.1.
///
/// @param operators  as with dlops_stacked_block_diag_create, with congruent domains
/// @param result     from the domain to the product of the ranges; the caller destroys it
/// Errors: NULL_POINTER, HANDLE, ARGUMENT, CONTEXT, DTYPE, SPACE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_stacked_vstack_create(
    count: i64,
    operators: *const *const dlops_operator,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    // SAFETY: the contract of this function.
    unsafe { stacked("dlops_stacked_vstack_create", block::stacked_vstack, count, operators, result) }
}

/// (A_1 ... A_n): y is the sum of A_i times component i of x, in place. Local. Since 0.1.
///
/// @param operators  as with dlops_stacked_block_diag_create, with congruent ranges
/// @param result     from the product of the domains to the range; the caller destroys it
/// Errors: NULL_POINTER, HANDLE, ARGUMENT, CONTEXT, DTYPE, SPACE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_stacked_hstack_create(
    count: i64,
    operators: *const *const dlops_operator,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    // SAFETY: the contract of this function.
    unsafe { stacked("dlops_stacked_hstack_create", block::stacked_hstack, count, operators, result) }
}

/// Block: y_i = sum_j A_ij x_j on product spaces. Local. Since 0.1.
///
/// @param rows       1 or more
/// @param columns    1 or more
/// @param operators  rows * columns handles in row-major order, NULL for a block of zeros, kept alive by the result;
///                   every row and every column has one; congruent ranges in a row, congruent domains in a column
/// @param result     from the product of the columns' domains to the product of the rows' ranges; the caller destroys it
/// Errors: NULL_POINTER, HANDLE, ARGUMENT, CONTEXT, DTYPE, SPACE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_block_create(
    rows: i64,
    columns: i64,
    operators: *const *const dlops_operator,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_block_create", || {
        let output = Output::new(result, "result")?;
        let Some(count) = rows.checked_mul(columns).filter(|_| rows > 0 && columns > 0) else {
            fail!(Argument, "rows is {rows} and columns is {columns}, expected 1 or more");
        };
        // SAFETY: the host passes rows * columns handles or NULLs.
        let handles = unsafe { slice(operators, count, "operators") }?;
        let borrow_one = |(k, handle): (usize, &*const dlops_operator)| match handle.is_null() {
            true => Ok(None),
            false => borrow::<Operator>(*handle, &format!("operators[{k}]")).map(Some),
        };
        let blocks = handles.iter().enumerate().map(borrow_one).collect::<Result<Vec<_>>>()?;
        output.write(block::block(rows as usize, columns as usize, &blocks)?)
    })
}
