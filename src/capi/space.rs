//! dlops_space: create, ask, compare, destroy.

use super::border::{axis, borrow, borrow_all, call, dlops_status, options, slice, write, Options, Output};
use super::handle::{destroy, dlops_context, dlops_space};
use crate::arrays::{Memory, Space};
use crate::context::{Context, Level};
use crate::dtype::DType;
use crate::error::Result;
use crate::fail;
use crate::layout::{GridDimension, IndexBox, Layout, Partition, Role, MAX_DIMENSIONS};

/// Element types. The integers are for storage, copy, redistribution and files only.
pub const DLOPS_FLOAT32: i32 = 1;
pub const DLOPS_FLOAT64: i32 = 2;
pub const DLOPS_COMPLEX64: i32 = 3;
pub const DLOPS_COMPLEX128: i32 = 4;
pub const DLOPS_INT32: i32 = 5;
pub const DLOPS_INT64: i32 = 6;

/// Where elements live.
pub const DLOPS_HOST: i32 = 1;
/// Memory of the context's CUDA device.
pub const DLOPS_CUDA: i32 = 2;

/// Most axes a space can have, and most dimensions of a process grid.
pub const DLOPS_MAX_DIMENSIONS: i32 = 16;

/// How an axis of n elements is cut into P parts.
/// Balanced: part r has floor(n/P) + 1 elements if r < n mod P, else floor(n/P) (PyLops-MPI's local_split).
pub const DLOPS_PARTITION_BALANCED: i32 = 0;
/// Blocks of ceil(n/P) elements; the last ones may be short or empty.
pub const DLOPS_PARTITION_CEILING: i32 = 1;
/// The host gives each part's number of elements.
pub const DLOPS_PARTITION_EXTENTS: i32 = 2;
/// Blocks dealt out in turn, as in ScaLAPACK.
pub const DLOPS_PARTITION_CYCLIC: i32 = 3;
/// Every rank holds the whole.
pub const DLOPS_PARTITION_REPLICATED: i32 = 4;

/// One dimension of a process grid: how many ranks, and which axis they cut.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dlops_grid_dimension {
    /// ranks along this dimension of the grid
    pub ranks: i32,
    /// DLOPS_PARTITION_BALANCED to DLOPS_PARTITION_REPLICATED (then `axis` is not read)
    pub partition: i32,
    /// axis that is cut; negative counts from the last
    pub axis: i32,
    /// DLOPS_PARTITION_CYCLIC: the part, from 0, that has the first block
    pub first: i32,
    /// DLOPS_PARTITION_CYCLIC: elements of a block
    pub block: i64,
    /// DLOPS_PARTITION_EXTENTS: `ranks` numbers that add up to the axis; borrowed during the call
    pub extents: *const i64,
}

/// Optional choices for a space; initialise with DLOPS_SPACE_OPTIONS_INIT. Zero means the default.
/// At most one of `grid`, `box_lower` and the members `partition`, `axis`, `block`, `extents` describes the layout.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dlops_space_options {
    pub struct_size: usize,
    /// 0: the context's; DLOPS_HOST or DLOPS_CUDA
    pub memory: i32,
    /// how `axis` is cut over all ranks: DLOPS_PARTITION_...
    pub partition: i32,
    /// axis that is cut, default 0; negative counts from the last
    pub axis: i32,
    /// dimensions of `grid`; 0: no grid
    pub grid_dimensions: i32,
    /// ranks are numbered over the grid in C order (the last dimension fastest)
    pub grid: *const dlops_grid_dimension,
    /// DLOPS_PARTITION_CYCLIC: elements of a block
    pub block: i64,
    /// DLOPS_PARTITION_EXTENTS: one number a rank
    pub extents: *const i64,
    /// one box a rank, disjoint and covering: [ranks][dimensions] first indices
    pub box_lower: *const i64,
    /// [ranks][dimensions] indices one past the last
    pub box_upper: *const i64,
    /// one colour a rank, 0 or more: reductions stay among ranks of one colour; NULL: one group
    pub mask: *const i32,
}

impl Options for dlops_space_options {
    const NAME: &'static str = "dlops_space_options";
}

unsafe fn partition(kind: i32, (block, first): (i64, i32), extents: *const i64, ranks: i64) -> Result<Partition> {
    Ok(match kind {
        DLOPS_PARTITION_BALANCED => Partition::Balanced,
        DLOPS_PARTITION_CEILING => Partition::Ceiling,
        // SAFETY: the host passes one extent for each rank.
        DLOPS_PARTITION_EXTENTS => Partition::Extents(unsafe { slice(extents, ranks, "extents") }?.to_vec()),
        DLOPS_PARTITION_CYCLIC => match usize::try_from(first) {
            Ok(first) => Partition::Cyclic { block, first },
            Err(_) => fail!(Layout, "first of a cyclic axis is {first}, expected 0 to {}", ranks - 1),
        },
        _ => fail!(
            Option,
            "partition is {kind}, expected DLOPS_PARTITION_BALANCED (0) to DLOPS_PARTITION_REPLICATED (4)"
        ),
    })
}

unsafe fn grid_dimension(choice: &dlops_grid_dimension, dimensions: usize) -> Result<GridDimension> {
    let Ok(ranks) = usize::try_from(choice.ranks) else {
        fail!(Layout, "a grid dimension has {} ranks, expected 1 or more", choice.ranks);
    };
    let role = match choice.partition {
        DLOPS_PARTITION_REPLICATED => Role::Replicate,
        kind => Role::Cut {
            axis: axis(choice.axis, dimensions, "axis of a grid dimension")?,
            // SAFETY: as for this function.
            partition: unsafe { partition(kind, (choice.block, choice.first), choice.extents, choice.ranks as i64) }?,
        },
    };
    Ok(GridDimension { ranks, role })
}

unsafe fn layout(choices: &dlops_space_options, dimensions: usize, ranks: usize) -> Result<Layout> {
    if choices.grid_dimensions != 0 {
        if choices.grid_dimensions > DLOPS_MAX_DIMENSIONS {
            fail!(Layout, "grid_dimensions is {}, expected 0 to {DLOPS_MAX_DIMENSIONS}", choices.grid_dimensions);
        }
        // SAFETY: the host passes as many grid dimensions as it says.
        let grid = unsafe { slice(choices.grid, choices.grid_dimensions as i64, "grid") }?;
        // SAFETY: the extents inside are the host's, one a rank.
        return Ok(Layout::Grid(grid.iter().map(|g| unsafe { grid_dimension(g, dimensions) }).collect::<Result<_>>()?));
    }
    if !choices.box_lower.is_null() || !choices.box_upper.is_null() {
        let count = (ranks * dimensions) as i64;
        // SAFETY: the host passes `ranks` boxes of `dimensions` indices.
        let (lower, upper) =
            unsafe { (slice(choices.box_lower, count, "box_lower")?, slice(choices.box_upper, count, "box_upper")?) };
        let corners = lower.chunks(dimensions).zip(upper.chunks(dimensions));
        return Ok(Layout::Boxes(corners.map(|(l, u)| IndexBox { lower: l.to_vec(), upper: u.to_vec() }).collect()));
    }
    if choices.partition == DLOPS_PARTITION_REPLICATED {
        return Ok(Layout::replicated(ranks));
    }
    let axis = axis(choices.axis, dimensions, "axis")?;
    // SAFETY: the host passes one extent for each rank.
    let partition = unsafe { partition(choices.partition, (choices.block, 0), choices.extents, ranks as i64) }?;
    Ok(Layout::Grid(vec![GridDimension { ranks, role: Role::Cut { axis, partition } }]))
}

pub(super) fn memory(choice: i32, context: &Context) -> Result<Memory> {
    match choice {
        0 => Ok(context.memory()),
        DLOPS_HOST => Ok(Memory::Host),
        DLOPS_CUDA if context.stream().is_some() => Ok(Memory::Cuda),
        DLOPS_CUDA => fail!(Unsupported, "memory is DLOPS_CUDA, but the context was made without a device"),
        other => fail!(Unsupported, "memory is {other}, and this version knows DLOPS_HOST (1) and DLOPS_CUDA (2)"),
    }
}

/// A global shape: one extent an axis.
///
/// # Safety
/// As for `slice`.
pub(super) unsafe fn extents<'a>(dimensions: i32, shape: *const i64) -> Result<&'a [i64]> {
    if dimensions < 1 || dimensions as usize > MAX_DIMENSIONS {
        fail!(Shape, "dimensions is {dimensions}, expected 1 to {MAX_DIMENSIONS}");
    }
    // SAFETY: the caller's promise.
    unsafe { slice(shape, i64::from(dimensions), "shape") }
}

/// Makes a space of a global shape, cut along axis 0 in balanced blocks unless the options say otherwise.
/// Collective. Since 0.1.
///
/// @param context     where it lives
/// @param dtype       DLOPS_FLOAT32 to DLOPS_INT64
/// @param dimensions  1 to DLOPS_MAX_DIMENSIONS
/// @param shape       elements along each axis over all ranks, C order (the last axis fastest); 0 is allowed
/// @param choices     NULL for the defaults
/// @param space       the new space; the caller destroys it
/// Errors: NULL_POINTER, HANDLE, DTYPE, SHAPE, AXIS, LAYOUT (also of a mask), OPTION, UNSUPPORTED (memory), COLLECTIVE
/// (ranks passed different arguments).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_space_create(
    context: *const dlops_context,
    dtype: i32,
    dimensions: i32,
    shape: *const i64,
    choices: *const dlops_space_options,
    space: *mut *mut dlops_space,
) -> dlops_status {
    call("dlops_space_create", || {
        let context = borrow::<Context>(context, "context")?;
        let arguments = || -> Result<_> {
            let output = Output::new(space, "space")?;
            let dtype = DType::from_code(dtype)?;
            // SAFETY: the host passes `dimensions` extents and NULL or options with their struct_size.
            let (shape, choices) = unsafe { (extents(dimensions, shape)?, options(choices)?) };
            let memory = memory(choices.memory, &context)?;
            // SAFETY: the pointers inside the options hold what their comments say.
            let layout = unsafe { layout(&choices, shape.len(), context.size()) }?;
            let mask = match choices.mask.is_null() {
                true => None,
                // SAFETY: one colour for each rank.
                false => Some(unsafe { slice(choices.mask, context.size() as i64, "mask") }?.to_vec()),
            };
            Ok((output, dtype, memory, shape.to_vec(), layout, mask))
        };
        let (output, dtype, memory, shape, layout, mask) = context.agree(arguments())?;
        output.write(Space::new(&context, dtype, &shape, layout, mask)?.with_memory(memory)?)
    })
}

/// Makes a space from the shape that each rank has: `cut_axis` is cut, where the local lengths add up to the global one; all
/// other axes are whole on every rank. Collective. Since 0.1.
///
/// @param dimensions    1 to DLOPS_MAX_DIMENSIONS
/// @param shape         the global shape
/// @param cut_axis      negative counts from the last
/// @param local_shapes  [ranks][dimensions], the same on all ranks
/// @param mask          one colour a rank, or NULL
/// Errors: NULL_POINTER, HANDLE, DTYPE, SHAPE (another length along a whole axis), AXIS, LAYOUT (the local lengths do not
/// add up), COLLECTIVE.
#[no_mangle]
#[must_use]
#[allow(clippy::too_many_arguments)] // the layout that it replaces, in the order of dlops_space_create
pub unsafe extern "C" fn dlops_space_create_from_local_shapes(
    context: *const dlops_context,
    dtype: i32,
    dimensions: i32,
    shape: *const i64,
    cut_axis: i32,
    local_shapes: *const i64,
    mask: *const i32,
    space: *mut *mut dlops_space,
) -> dlops_status {
    call("dlops_space_create_from_local_shapes", || {
        let context = borrow::<Context>(context, "context")?;
        let ranks = context.size();
        let arguments = || -> Result<_> {
            let output = Output::new(space, "space")?;
            let dtype = DType::from_code(dtype)?;
            // SAFETY: the host passes one shape for all and one for each rank, and NULL or one colour a rank.
            let (shape, local_shapes, mask) = unsafe {
                let shape = extents(dimensions, shape)?;
                let mask = if mask.is_null() { None } else { Some(slice(mask, ranks as i64, "mask")?.to_vec()) };
                (shape, slice(local_shapes, (shape.len() * ranks) as i64, "local_shapes")?, mask)
            };
            let n = shape.len();
            let axis = axis(cut_axis, n, "cut_axis")?;
            let local_shapes: Vec<Vec<i64>> = local_shapes.chunks(n).map(<[i64]>::to_vec).collect();
            let layout = Layout::from_local_shapes(shape, axis, &local_shapes, ranks)?;
            Ok((output, dtype, shape.to_vec(), layout, mask))
        };
        let (output, dtype, shape, layout, mask) = context.agree(arguments())?;
        output.write(Space::new(&context, dtype, &shape, layout, mask)?)
    })
}

/// Makes a space of which only local counts are known: what stacks of local operators have. It is congruent with any
/// space of the same dtype whose ranks have the same counts. Collective. Since 0.1.
///
/// @param local_count  elements of this rank, 0 or more; ranks may differ
/// @param space        the new space; the caller destroys it
/// Errors: NULL_POINTER, HANDLE, DTYPE, SHAPE, COLLECTIVE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_space_create_unshaped(
    context: *const dlops_context,
    dtype: i32,
    local_count: i64,
    space: *mut *mut dlops_space,
) -> dlops_status {
    call("dlops_space_create_unshaped", || {
        let context = borrow::<Context>(context, "context")?;
        let arguments = || -> Result<_> { Ok((Output::new(space, "space")?, DType::from_code(dtype)?)) };
        let (output, dtype) = context.agree(arguments())?;
        output.write(Space::unshaped(&context, dtype, local_count, None)?)
    })
}

/// Makes the product of spaces; components may be products themselves. Local. Since 0.1.
///
/// @param count       components, 1 or more
/// @param components  spaces of one context and mask, kept alive by the product
/// @param space       the new space; the caller destroys it
/// Errors: NULL_POINTER, HANDLE, ARGUMENT, CONTEXT, SPACE (different masks), SHAPE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_space_create_product(
    count: i64,
    components: *const *const dlops_space,
    space: *mut *mut dlops_space,
) -> dlops_status {
    call("dlops_space_create_product", || {
        let output = Output::new(space, "space")?;
        // SAFETY: the host passes `count` handles.
        let components = unsafe { borrow_all::<Space>(components, count, "components") }?;
        output.write(Space::product(&components)?)
    })
}

/// Sends a line that describes the space to the log at level DLOPS_LOG_INFO. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_space_view(space: *const dlops_space) -> dlops_status {
    call("dlops_space_view", || {
        let space = borrow::<Space>(space, "space")?;
        space.context().log(Level::Info, &space.to_string());
        Ok(())
    })
}

/// Another handle to the same space. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_space_retain(space: *const dlops_space, copy: *mut *mut dlops_space) -> dlops_status {
    call("dlops_space_retain", || Output::new(copy, "copy")?.write(borrow::<Space>(space, "space")?))
}

/// Destroys a handle and sets it to NULL; NULL is accepted. Local. Since 0.1. Errors: HANDLE.
#[no_mangle]
pub unsafe extern "C" fn dlops_space_destroy(space: *mut *mut dlops_space) -> dlops_status {
    // SAFETY: the host passes NULL or the address of a handle.
    call("dlops_space_destroy", || unsafe { destroy::<Space>(space, "space") })
}

/// The element type that holds both without losing precision: NumPy's promotion. Arithmetic takes arrays of one type;
/// make arrays of the promoted one and dlops_array_copy to them. Local. Since 0.1. Errors: NULL_POINTER, DTYPE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_dtype_promote(a: i32, b: i32, promoted: *mut i32) -> dlops_status {
    call("dlops_dtype_promote", || {
        let result = DType::from_code(a)?.promote(DType::from_code(b)?);
        // SAFETY: the host passes NULL or the address of an int32_t.
        unsafe { write(promoted, "promoted", result as i32) }
    })
}

/// The part of n elements that part `part` of `parts` gets by the balanced rule (DLOPS_PARTITION_BALANCED).
/// Local. Since 0.1. Errors: NULL_POINTER, ARGUMENT.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_local_split(
    n: i64,
    parts: i32,
    part: i32,
    start: *mut i64,
    count: *mut i64,
) -> dlops_status {
    call("dlops_local_split", || {
        if n < 0 || parts < 1 || part < 0 || part >= parts {
            fail!(Argument, "n, parts and part are {n}, {parts} and {part}; expected n >= 0 and 0 <= part < parts");
        }
        let (first, length) = crate::layout::local_split(n, parts as i64, part as i64);
        // SAFETY: each is NULL or the address of an int64_t.
        unsafe {
            write(start, "start", first)?;
            write(count, "count", length)
        }
    })
}
