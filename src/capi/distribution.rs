//! Layouts by their names in the field, and what each rank has of one.

use super::border::{borrow, call, dlops_status, slice, write, write_all, Output};
use super::handle::{dlops_context, dlops_space};
use super::space::extents;
use crate::arrays::Space;
use crate::context::Context;
use crate::dtype::DType;
use crate::error::Result;
use crate::fail;
use crate::layout::{Layout, Region};

/// How ranks are numbered over a process grid: the last dimension fastest, or the first.
pub const DLOPS_ORDER_ROW_MAJOR: i32 = 0;
pub const DLOPS_ORDER_COLUMN_MAJOR: i32 = 1;

/// Makes a space in blocks over a process grid with one dimension an axis: dealt out in turn as in ScaLAPACK, or one block a
/// rank. Spaces that give the same elements to the same ranks are congruent, however they were made: slabs, boxes and blocks
/// need no conversion. Collective. Since 0.1.
///
/// @param dimensions  1 to DLOPS_MAX_DIMENSIONS
/// @param shape       the global shape
/// @param grid        ranks along each axis; their product is the number of ranks
/// @param order       DLOPS_ORDER_ROW_MAJOR or DLOPS_ORDER_COLUMN_MAJOR
/// @param blocks      elements of a block along each axis, dealt out from the first rank on; NULL: one block of
///                    ceil(n / ranks) elements a rank
/// @param space       the new space; the caller destroys it
/// Errors: NULL_POINTER, HANDLE, DTYPE, SHAPE, OPTION, LAYOUT (a grid that does not fit the ranks, a block below 1),
/// UNSUPPORTED, COLLECTIVE.
#[no_mangle]
#[must_use]
#[allow(clippy::too_many_arguments)] // a space and a distribution, each with its parts
pub unsafe extern "C" fn dlops_space_create_blocks(
    context: *const dlops_context,
    dtype: i32,
    dimensions: i32,
    shape: *const i64,
    grid: *const i32,
    order: i32,
    blocks: *const i64,
    space: *mut *mut dlops_space,
) -> dlops_status {
    call("dlops_space_create_blocks", || {
        let context = borrow::<Context>(context, "context")?;
        let arguments = || -> Result<_> {
            let output = Output::new(space, "space")?;
            let dtype = DType::from_code(dtype)?;
            // SAFETY: the host passes one extent, one number of ranks and NULL or one block an axis.
            let (shape, grid, blocks) = unsafe {
                let (shape, n) = (extents(dimensions, shape)?, i64::from(dimensions));
                let blocks = if blocks.is_null() { None } else { Some(slice(blocks, n, "blocks")?) };
                (shape, slice(grid, n, "grid")?, blocks)
            };
            let mut ranks = Vec::with_capacity(grid.len());
            for (axis, count) in grid.iter().enumerate() {
                match usize::try_from(*count) {
                    Ok(count) if count > 0 => ranks.push(count),
                    _ => fail!(Layout, "the grid has {count} ranks along axis {axis}, expected 1 or more"),
                }
            }
            let column_major = match order {
                DLOPS_ORDER_ROW_MAJOR => false,
                DLOPS_ORDER_COLUMN_MAJOR => true,
                _ => fail!(Option, "order is {order}, expected DLOPS_ORDER_ROW_MAJOR (0) or _COLUMN_MAJOR (1)"),
            };
            Ok((output, dtype, shape.to_vec(), Layout::blocks(&ranks, column_major, blocks)))
        };
        let (output, dtype, shape, layout) = context.agree(arguments())?;
        output.write(Space::new(&context, dtype, &shape, layout, None)?)
    })
}

fn region_of(space: &Space, rank: i32) -> Result<Region> {
    let (shape, layout) = space.shaped("the part of a rank")?;
    match usize::try_from(rank) {
        Ok(rank) if rank < space.context().size() => Ok(layout.region(shape, rank)),
        _ => fail!(Argument, "rank is {rank}, expected 0 to {}", space.context().size() - 1),
    }
}

/// Shape of the elements of any rank. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (no such rank), SPACE (no global shape).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_space_get_rank_shape(
    space: *const dlops_space,
    rank: i32,
    shape: *mut i64,
) -> dlops_status {
    call("dlops_space_get_rank_shape", || {
        let local = region_of(&borrow::<Space>(space, "space")?, rank)?.local_shape();
        // SAFETY: the host's array has room for all dimensions.
        unsafe { write_all(shape, "shape", &local) }
    })
}

/// First global index of any rank along each axis. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (no such rank), SPACE (no global shape), LAYOUT (block-cyclic: not one box).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_space_get_rank_start(
    space: *const dlops_space,
    rank: i32,
    start: *mut i64,
) -> dlops_status {
    call("dlops_space_get_rank_start", || {
        let region = region_of(&borrow::<Space>(space, "space")?, rank)?;
        if !region.is_box() {
            fail!(Layout, "the elements of rank {rank} are several blocks (block-cyclic), which have no one start");
        }
        // SAFETY: the host's array has room for all dimensions.
        unsafe { write_all(start, "start", &region.lower()) }
    })
}

/// How many of n elements part `part` of `parts` has, when blocks are dealt out in turn from part `first` on: ScaLAPACK's
/// NUMROC. Local. Since 0.1. Errors: NULL_POINTER, ARGUMENT.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_cyclic_count(
    n: i64,
    block: i64,
    parts: i32,
    part: i32,
    first: i32,
    count: *mut i64,
) -> dlops_status {
    call("dlops_cyclic_count", || {
        let among = |part: i32| (0..parts).contains(&part);
        if n < 0 || block < 1 || !among(part) || !among(first) {
            fail!(
                Argument,
                "n, block, parts, part and first are {n}, {block}, {parts}, {part} and {first}; expected n >= 0, block >= 1 \
                 and 0 <= part, first < parts"
            );
        }
        let (parts, distance) = (i64::from(parts), i64::from(part) - i64::from(first));
        // SAFETY: the host passes NULL or the address of an int64_t.
        unsafe { write(count, "count", crate::layout::cyclic_count(n, block, parts, distance.rem_euclid(parts))) }
    })
}
