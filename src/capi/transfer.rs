//! Movement of elements between ranks: whole arrays, layouts, copies, ghost cells; and views with another shape.

use super::border::{axis as checked_axis, borrow, call, dlops_status, slice, write, Output};
use super::handle::{dlops_array, dlops_space};
use crate::arrays::gather::{self, Receiver};
use crate::arrays::{ghosts, redistribute, reshape, synchronize, Array, Space};
use crate::error::Result;
use crate::fail;
use std::ffi::c_void;

/// In place of a root: all ranks receive.
pub const DLOPS_ALL_RANKS: i32 = -1;
/// In place of a root: ranks of one mask colour receive what they hold together.
pub const DLOPS_GROUP_RANKS: i32 = -2;

/// array := a whole array in one piece of memory, global C order. Every rank takes its part out of its own memory,
/// without communication; copies of replicated elements take those of the first copy (of a replicated array: rank 0's).
/// The components of a product follow one another; an unshaped array is its ranks' parts one after the other.
/// Collective. Since 0.1.
///
/// @param global  all elements, in the array's dtype; the same on all ranks. Ranks that hold no first copy may pass NULL
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (not aligned), DTYPE (components of several dtypes), STATE (acquired), MEMORY.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_from_global(array: *mut dlops_array, global: *const c_void) -> dlops_status {
    call("dlops_array_from_global", || {
        let array = borrow::<Array>(array, "array")?;
        let arguments = || -> Result<()> {
            array.check_free("array", true)?;
            let mut reads = false;
            array.for_each_leaf(&mut |x| {
                let rank = x.space().context().rank();
                reads |= x.space().global_count() > 0 && x.space().layout().is_some_and(|l| l.copy_index(rank) == 0);
                Ok(())
            })?;
            if reads && global.is_null() {
                fail!(NullPointer, "global is NULL, expected {} elements", array.space().global_count());
            }
            Ok(())
        };
        array.space().context().agree(arguments())?;
        // SAFETY: the host passes all elements where they are read.
        unsafe { gather::from_global(&array, global.cast()) }
    })
}

/// Writes the whole array to one piece of memory, global C order; else as dlops_array_from_global. With
/// DLOPS_GROUP_RANKS each rank gets what the ranks of its mask colour hold together: the shape of the array, but along the
/// cut axis only their parts, in the order of ranks (see dlops_array_get_group_shape). Collective. Since 0.1.
///
/// @param root    the rank that receives, DLOPS_ALL_RANKS or DLOPS_GROUP_RANKS
/// @param global  room for all elements where they are received; else not used
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (root, not aligned), DTYPE (components of several dtypes), STATE (acquired for
/// writing), UNSUPPORTED (the part of a group where not just one axis is cut), MEMORY, COLLECTIVE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_to_global(
    array: *const dlops_array,
    root: i32,
    global: *mut c_void,
) -> dlops_status {
    call("dlops_array_to_global", || {
        let array = borrow::<Array>(array, "array")?;
        let context = array.space().context();
        let arguments = || -> Result<_> {
            array.check_free("array", false)?;
            let receiver = match root {
                DLOPS_ALL_RANKS => Receiver::All,
                DLOPS_GROUP_RANKS => Receiver::Group,
                rank if rank >= 0 && (rank as usize) < context.size() => Receiver::Rank(rank as usize),
                _ => fail!(
                    Argument,
                    "root is {root}, expected 0 to {}, DLOPS_ALL_RANKS or DLOPS_GROUP_RANKS",
                    context.size() - 1
                ),
            };
            let receives = !matches!(receiver, Receiver::Rank(rank) if rank != context.rank());
            if receives && global.is_null() && array.space().global_count() > 0 {
                fail!(NullPointer, "global is NULL, expected room for {} elements", array.space().global_count());
            }
            Ok(receiver)
        };
        let receiver = context.agree(arguments())?;
        // SAFETY: the host has room for all elements where they are received.
        unsafe { gather::to_global(&array, receiver, global.cast()) }
    })
}

/// Shape of what the ranks of this rank's mask colour hold together: one number an axis. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, SPACE (a product space), UNSUPPORTED (not just one axis is cut).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_get_group_shape(array: *const dlops_array, shape: *mut i64) -> dlops_status {
    call("dlops_array_get_group_shape", || {
        let array = borrow::<Array>(array, "array")?;
        if array.space().is_product() {
            fail!(Space, "an array of a product space has no shape; ask its components");
        }
        // SAFETY: the host's array has room for one number an axis.
        unsafe { super::border::write_all(shape, "shape", &gather::group_shape(array.space())?.0) }
    })
}

/// Makes the copies of a replicated array equal again: all ranks that hold the same elements take those of the rank that
/// has the same copy as `root` (of a replicated array: of `root`), or, under a mask that sets it apart, of the lowest
/// rank of their colour. What is not replicated stays, without communication. Collective. Since 0.1.
///
/// @param root  a rank, the same everywhere
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (root), STATE (acquired), COLLECTIVE, MEMORY.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_synchronize(array: *mut dlops_array, root: i32) -> dlops_status {
    call("dlops_array_synchronize", || {
        let array = borrow::<Array>(array, "array")?;
        let arguments = || -> Result<usize> {
            array.check_free("array", true)?;
            match usize::try_from(root) {
                Ok(root) => Ok(root),
                Err(_) => fail!(Argument, "root is {root}, expected a rank"),
            }
        };
        synchronize::synchronize(&array, array.space().context().agree(arguments())?)
    })
}

/// y := x in y's layout. Each element that a rank needs and does not hold travels once, in one message for each pair of
/// ranks. Components of products one after the other. Collective. Since 0.1.
///
/// @param x  source
/// @param y  target: the same context, dtype and global shape, in any layout
/// Errors: NULL_POINTER, HANDLE, CONTEXT, DTYPE, SHAPE, SPACE (other components, or elements of another mask colour),
/// LAYOUT (local counts only), OVERLAP, STATE (acquired), MEMORY.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_redistribute(x: *const dlops_array, y: *mut dlops_array) -> dlops_status {
    call("dlops_array_redistribute", || {
        let x = borrow::<Array>(x, "x")?;
        let arguments = || -> Result<Array> {
            let y = borrow::<Array>(y, "y")?;
            x.check_free("x", false)?;
            y.check_free("y", true)?;
            if x.overlaps(&y) {
                fail!(Overlap, "x and y share memory");
            }
            Ok(y)
        };
        redistribute::redistribute(&x, &x.space().context().agree(arguments())?)
    })
}

/// How many ghost cells dlops_array_add_ghost_cells gives this rank: the widths, less what lies outside the array; none
/// for a rank without elements. Collective, since widths may differ from rank to rank. Since 0.1.
///
/// @param axis    negative counts from the last
/// @param before  indices of the axis wanted below this rank's, 0 to the length of the axis
/// @param after   indices wanted above
/// @param front   ghost cells below, in indices of the axis
/// @param back    ghost cells above
/// Errors: NULL_POINTER, HANDLE, AXIS, ARGUMENT (negative or wider than the axis), SPACE (no global shape, or the cells
/// belong to another mask colour), UNSUPPORTED (a block-cyclic axis: there is no row of neighbours), COLLECTIVE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_get_halo_size(
    array: *const dlops_array,
    axis: i32,
    before: i64,
    after: i64,
    front: *mut i64,
    back: *mut i64,
) -> dlops_status {
    call("dlops_array_get_halo_size", || {
        let array = borrow::<Array>(array, "array")?;
        let axis = || -> Result<usize> {
            if front.is_null() || back.is_null() {
                fail!(NullPointer, "front or back is NULL, expected an address to write to");
            }
            checked_axis(axis, array.space().shaped("ghost cells")?.0.len(), "axis")
        };
        let axis = array.space().context().agree(axis())?;
        let (below, above) = ghosts::ghost_widths(array.space(), axis, before, after)?;
        // SAFETY: not NULL, and the host passes addresses of int64_t.
        unsafe {
            write(front, "front", below)?;
            write(back, "back", above)
        }
    })
}

/// Writes this rank's elements with those of its neighbours around them along one axis. As many ranks are asked as the
/// widths need; at the ends of the array there is nothing to add. Widths may differ from rank to rank. Collective.
/// Since 0.1.
///
/// @param axis, before, after  as in dlops_array_get_halo_size
/// @param buffer  C order: the local shape with front + own + back indices along the axis; host memory, also for an array
///                on a device
/// @param room    elements that fit the buffer
/// Errors: those of dlops_array_get_halo_size, ARGUMENT (room is too small), STATE (acquired for writing), MEMORY.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_add_ghost_cells(
    array: *const dlops_array,
    axis: i32,
    before: i64,
    after: i64,
    buffer: *mut c_void,
    room: i64,
) -> dlops_status {
    call("dlops_array_add_ghost_cells", || {
        let array = borrow::<Array>(array, "array")?;
        let arguments = || -> Result<usize> {
            array.check_free("array", false)?;
            if buffer.is_null() && room > 0 {
                fail!(NullPointer, "buffer is NULL, expected room for {room} elements");
            }
            checked_axis(axis, array.space().shaped("ghost cells")?.0.len(), "axis")
        };
        let axis = array.space().context().agree(arguments())?;
        // SAFETY: the host's buffer has room for `room` elements.
        unsafe { ghosts::ghosted(&array, axis, before, after, buffer.cast(), room) }.map(|_| ())
    })
}

/// A part of this rank's elements, contiguous in its local C order, as an array of its own; writing to it writes to the
/// array. Local. Since 0.1.
///
/// @param space   of the part: its local count is taken from `offset` on
/// @param offset  first element
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (not a part, another dtype, or strided memory), SPACE (a product space).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_slice(
    array: *const dlops_array,
    space: *const dlops_space,
    offset: i64,
    part: *mut *mut dlops_array,
) -> dlops_status {
    call("dlops_array_slice", || {
        let output = Output::new(part, "part")?;
        output.write(borrow::<Array>(array, "array")?.slice(&borrow::<Space>(space, "space")?, offset)?)
    })
}

/// The same memory as a vector: every rank's elements one after the other. For an array cut along another axis than the
/// first this is not its global C order. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, SPACE (a product space), UNSUPPORTED (strided memory, or a grid of which only some
/// dimensions replicate).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_ravel(array: *const dlops_array, view: *mut *mut dlops_array) -> dlops_status {
    call("dlops_array_ravel", || {
        let output = Output::new(view, "view")?;
        output.write(reshape::ravel(&borrow::<Array>(array, "array")?)?)
    })
}

/// The same memory with another local shape on every rank; the global array is cut along `axis`, where the local lengths
/// add up. Collective. Since 0.1.
///
/// @param dimensions   1 to DLOPS_MAX_DIMENSIONS, the same on all ranks
/// @param local_shape  this rank's; as many elements as it has. Equal on all ranks but along `axis`; of a replicated
///                     array equal on all ranks
/// @param axis         the axis that is cut; negative counts from the last
/// Errors: NULL_POINTER, HANDLE, SHAPE, AXIS, SPACE (a product space), UNSUPPORTED (strided memory), COLLECTIVE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_array_reshape(
    array: *const dlops_array,
    dimensions: i32,
    local_shape: *const i64,
    axis: i32,
    view: *mut *mut dlops_array,
) -> dlops_status {
    call("dlops_array_reshape", || {
        let array = borrow::<Array>(array, "array")?;
        let arguments = || -> Result<_> {
            let output = Output::new(view, "view")?;
            // SAFETY: the host passes `dimensions` lengths.
            let local_shape = unsafe { slice(local_shape, i64::from(dimensions), "local_shape") }?;
            Ok((output, local_shape, checked_axis(axis, local_shape.len(), "axis")?))
        };
        let (output, local_shape, axis) = array.space().context().agree(arguments())?;
        output.write(reshape::reshape(&array, local_shape, axis)?)
    })
}
