!> Spaces: shapes in Fortran order and their layouts over ranks.
module dlops_spaces
  use, intrinsic :: iso_c_binding, only: c_int32_t, c_int64_t, c_loc, c_null_ptr, c_ptr, c_sizeof
  use, intrinsic :: iso_fortran_env, only: int32, int64
  use dlops_arguments
  use dlops_bindings
  use dlops_constants
  use dlops_errors
  use dlops_options
  use dlops_types
  implicit none
  private
  public :: dlops_space_create_unshaped, dlops_space_view, dlops_space_retain, dlops_space_destroy, &
    dlops_dtype_promote, dlops_space_get_context, dlops_space_get_dtype, dlops_space_get_memory, &
    dlops_space_get_dimensions, dlops_space_get_local_count, dlops_space_get_global_count, &
    dlops_space_get_component_count, dlops_space_is_congruent, dlops_space_create_from_local_shapes, &
    dlops_space_create_product, dlops_space_get_shape, dlops_space_get_local_shape, dlops_space_get_local_start, &
    dlops_space_get_local_counts, dlops_space_get_component, dlops_space_create_norm_axis, dlops_local_split, &
    dlops_space_create, dlops_space_with_memory

  !> Makes a space of a global shape, in Fortran order, of default or int64 integers. Collective.
  !!
  !! Without options it is cut in balanced blocks along the last axis, the slowest one, so that each rank's part is a
  !! contiguous piece of the whole. At most one of `grid`, the boxes and `partition`, `axis`, `block`, `extents`:
  !! partition  how `axis` is cut over all ranks: DLOPS_PARTITION_...
  !! axis       axis that is cut, from 1; default the last
  !! block      DLOPS_PARTITION_CYCLIC: elements of a block
  !! extents    one number a rank; DLOPS_PARTITION_EXTENTS is then understood
  !! grid       a process grid; ranks are numbered over it with the first dimension fastest
  !! box_lower  (axes, ranks): first index, from 1, of each rank's box
  !! box_upper  (axes, ranks): its last index
  !! mask       one colour a rank: reductions stay among ranks of one colour
  interface dlops_space_create
    module procedure create_from_int32
    module procedure create_from_int64
  end interface

contains

  subroutine create_from_int32(context, dtype, shape, space, partition, axis, block, extents, grid, box_lower, &
      box_upper, mask, memory, stat, errmsg)
    type(dlops_context), intent(in) :: context
    integer, intent(in) :: dtype
    integer(int32), intent(in) :: shape(:)
    type(dlops_space), intent(out) :: space
    integer, intent(in), optional :: partition, axis, mask(:), memory
    integer(int64), intent(in), optional :: block, extents(:), box_lower(:, :), box_upper(:, :)
    type(dlops_grid_dimension), intent(in), optional :: grid(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call create_from_int64(context, dtype, int(shape, int64), space, partition, axis, block, extents, grid, box_lower, &
      box_upper, mask, memory, stat, errmsg)
  end subroutine

  subroutine create_from_int64(context, dtype, shape, space, partition, axis, block, extents, grid, box_lower, &
      box_upper, mask, memory, stat, errmsg)
    type(dlops_context), intent(in) :: context
    integer, intent(in) :: dtype
    integer(int64), intent(in) :: shape(:)
    type(dlops_space), intent(out) :: space
    integer, intent(in), optional :: partition, axis, mask(:), memory
    integer(int64), intent(in), optional :: block, extents(:), box_lower(:, :), box_upper(:, :)
    type(dlops_grid_dimension), intent(in), optional :: grid(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(space_options), target :: choices
    type(grid_dimension_c), allocatable, target :: dimensions(:)
    integer(c_int64_t), allocatable, target :: all_extents(:), parts(:), lower(:, :), upper(:, :)
    integer(c_int32_t), allocatable, target :: colours(:)
    integer(c_int32_t) :: n
    n = size(shape, kind=c_int32_t)
    choices%struct_size = c_sizeof(choices)
    choices%memory = number_of(memory)
    choices%partition = number_of(partition)
    if (present(axis)) choices%axis = axis_of(axis, n)
    if (present(block)) choices%block = block
    if (present(extents)) then
      parts = extents
      choices%extents = c_loc(parts)
      if (.not. present(partition)) choices%partition = DLOPS_PARTITION_EXTENTS
    end if
    if (present(grid)) then
      call turn_grid(grid, n, dimensions, all_extents)
      choices%grid_dimensions = size(grid, kind=c_int32_t)
      choices%grid = c_loc(dimensions)
    end if
    if (present(box_lower)) then
      lower = box_lower(size(box_lower, 1):1:-1, :) - 1
      choices%box_lower = c_loc(lower)
    end if
    if (present(box_upper)) then
      upper = box_upper(size(box_upper, 1):1:-1, :)
      choices%box_upper = c_loc(upper)
    end if
    choices%mask = mask_of(mask, colours)
    call finish(c_space_create(context%handle, int(dtype, c_int32_t), n, turned(shape), c_loc(choices), space%handle), &
      stat, errmsg)
  end subroutine

  !> C numbers ranks with the last dimension of a grid fastest, Fortran with the first.
  subroutine turn_grid(grid, n, dimensions, extents)
    type(dlops_grid_dimension), intent(in) :: grid(:)
    integer(c_int32_t), intent(in) :: n
    type(grid_dimension_c), allocatable, target, intent(out) :: dimensions(:)
    integer(c_int64_t), allocatable, target, intent(out) :: extents(:)
    integer :: i, k, first
    allocate (dimensions(size(grid)))
    first = 0
    do i = 1, size(grid)
      if (allocated(grid(i)%extents)) first = first + size(grid(i)%extents)
    end do
    allocate (extents(first))
    first = 1
    do i = 1, size(grid)
      k = size(grid) + 1 - i
      dimensions(k)%ranks = int(grid(i)%ranks, c_int32_t)
      dimensions(k)%partition = int(grid(i)%partition, c_int32_t)
      dimensions(k)%axis = axis_of(grid(i)%axis, n)
      dimensions(k)%block = grid(i)%block
      dimensions(k)%first = int(grid(i)%first, c_int32_t)
      if (.not. allocated(grid(i)%extents)) cycle
      extents(first:first + size(grid(i)%extents) - 1) = grid(i)%extents
      if (size(grid(i)%extents) > 0) dimensions(k)%extents = c_loc(extents(first))
      first = first + size(grid(i)%extents)
    end do
  end subroutine

  !> Makes a space from the shape that each rank has: `cut_axis` is cut, where the local lengths add up to the global
  !! one; all other axes are whole on every rank. Collective.
  !!
  !! local_shapes  (axes, ranks), the same on all ranks
  subroutine dlops_space_create_from_local_shapes(context, dtype, shape, cut_axis, local_shapes, space, mask, stat, &
      errmsg)
    type(dlops_context), intent(in) :: context
    integer, intent(in) :: dtype, cut_axis
    integer(int64), intent(in) :: shape(:), local_shapes(:, :)
    type(dlops_space), intent(out) :: space
    integer, intent(in), optional :: mask(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t), allocatable :: colours(:)
    integer(c_int32_t) :: n
    n = size(shape, kind=c_int32_t)
    if (present(mask)) allocate (colours, source=int(mask, c_int32_t))
    call finish(c_space_create_from_local_shapes(context%handle, int(dtype, c_int32_t), n, turned(shape), &
      axis_of(cut_axis, n), local_shapes(size(local_shapes, 1):1:-1, :), colours, space%handle), stat, errmsg)
  end subroutine

  !> Makes the product of spaces; components may be products themselves. Local.
  !!
  !! Components turn round like axes: component i of n, from 1, is C's component n - i.
  subroutine dlops_space_create_product(components, space, stat, errmsg)
    type(dlops_space), intent(in) :: components(:)
    type(dlops_space), intent(out) :: space
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: handles(size(components))
    integer :: i
    do i = 1, size(components)
      handles(size(components) + 1 - i) = components(i)%handle
    end do
    call finish(c_space_create_product(size(components, kind=c_int64_t), handles, space%handle), stat, errmsg)
  end subroutine

  !> Global shape. Local.
  subroutine dlops_space_get_shape(space, shape, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer(int64), allocatable, intent(out) :: shape(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: lengths(DLOPS_MAX_DIMENSIONS)
    integer(c_int32_t) :: n
    lengths = 0
    n = dimensions_of(space%handle)
    call finish(c_space_get_shape(space%handle, lengths), stat, errmsg)
    shape = turned(lengths(:n))
  end subroutine

  !> Shape of this rank's elements. Local.
  subroutine dlops_space_get_local_shape(space, shape, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer(int64), allocatable, intent(out) :: shape(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: lengths(DLOPS_MAX_DIMENSIONS)
    integer(c_int32_t) :: n
    lengths = 0
    n = dimensions_of(space%handle)
    call finish(c_space_get_local_shape(space%handle, lengths), stat, errmsg)
    shape = turned(lengths(:n))
  end subroutine

  !> First global index of this rank along each axis, from 1. Local.
  subroutine dlops_space_get_local_start(space, start, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer(int64), allocatable, intent(out) :: start(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: indices(DLOPS_MAX_DIMENSIONS)
    integer(c_int32_t) :: n
    indices = 0
    n = dimensions_of(space%handle)
    call finish(c_space_get_local_start(space%handle, indices), stat, errmsg)
    start = turned(indices(:n)) + 1
  end subroutine

  !> Elements of every rank. No communication. Local.
  subroutine dlops_space_get_local_counts(space, counts, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer(int64), allocatable, intent(out) :: counts(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: context
    integer(c_int32_t) :: status, ranks
    context = c_null_ptr
    ranks = 0
    status = c_space_get_context(space%handle, context)
    if (status == 0) status = c_context_get_size(context, ranks)
    allocate (counts(ranks), source=0_int64)
    if (status == 0) status = c_space_get_local_counts(space%handle, counts)
    call finish(status, stat, errmsg)
    if (status == 0) call finish(c_context_destroy(context), stat, errmsg)
  end subroutine

  !> A component of a product space, from 1, as a new handle that the caller destroys. Local.
  subroutine dlops_space_get_component(space, index, component, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: index
    type(dlops_space), intent(out) :: component
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: count
    integer(c_int32_t) :: status
    count = 0
    status = c_space_get_component_count(space%handle, count)
    if (status == 0) status = c_space_get_component(space%handle, count - index, component%handle)
    call finish(status, stat, errmsg)
  end subroutine

  !> The space of the norms along an axis: real, the shape without that axis (of one axis: one element). Local.
  subroutine dlops_space_create_norm_axis(space, axis, norms, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: axis
    type(dlops_space), intent(out) :: norms
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_space_create_norm_axis(space%handle, axis_of(axis, dimensions_of(space%handle)), norms%handle), &
      stat, errmsg)
  end subroutine

  !> The part of n elements that part `part` of `parts` (from 0, as ranks) gets by the balanced rule; `start` is its
  !! first index, from 1. Local.
  subroutine dlops_local_split(n, parts, part, start, count, stat, errmsg)
    integer(int64), intent(in) :: n
    integer, intent(in) :: parts, part
    integer(int64), intent(out) :: start, count
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    start = -1
    count = 0
    call finish(c_local_split(n, int(parts, c_int32_t), int(part, c_int32_t), start, count), stat, errmsg)
    start = start + 1
  end subroutine

  !>  Makes a space of which only local counts are known: what stacks of local operators have. Collective.
  subroutine dlops_space_create_unshaped(context, dtype, local_count, space, stat, errmsg)
    type(dlops_context), intent(in) :: context
    integer, intent(in) :: dtype
    integer(int64), intent(in) :: local_count
    type(dlops_space), intent(out) :: space
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_space_create_unshaped(context%handle, int(dtype, c_int32_t), int(local_count, c_int64_t), &
      space%handle), stat, errmsg)
  end subroutine

  !> The same space with its elements in other memory; all components of a product move. Local.
  !!
  !! memory  DLOPS_HOST or DLOPS_CUDA; 0: the context's
  subroutine dlops_space_with_memory(space, memory, moved, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: memory
    type(dlops_space), intent(out) :: moved
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_space_with_memory(space%handle, int(memory, c_int32_t), moved%handle), stat, errmsg)
  end subroutine

  !>  Sends a line that describes the space to the log at level DLOPS_LOG_INFO. Local.
  subroutine dlops_space_view(space, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_space_view(space%handle), stat, errmsg)
  end subroutine

  !> Another handle to the same space. Local.
  subroutine dlops_space_retain(space, copy, stat, errmsg)
    type(dlops_space), intent(in) :: space
    type(dlops_space), intent(out) :: copy
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_space_retain(space%handle, copy%handle), stat, errmsg)
  end subroutine

  !> Destroys a handle and sets it to null; one that is null is accepted. Local.
  subroutine dlops_space_destroy(space, stat, errmsg)
    type(dlops_space), intent(inout) :: space
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_space_destroy(space%handle), stat, errmsg)
  end subroutine

  !>  The element type that holds both without losing precision: NumPy's promotion. Local.
  subroutine dlops_dtype_promote(a, b, promoted, stat, errmsg)
    integer, intent(in) :: a, b
    integer, intent(out) :: promoted
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t) :: promoted_c
    promoted_c = 0
    call finish(c_dtype_promote(int(a, c_int32_t), int(b, c_int32_t), promoted_c), stat, errmsg)
    promoted = int(promoted_c)
  end subroutine

  !> The context of a space, as a new handle that the caller destroys. Local.
  subroutine dlops_space_get_context(space, context, stat, errmsg)
    type(dlops_space), intent(in) :: space
    type(dlops_context), intent(out) :: context
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_space_get_context(space%handle, context%handle), stat, errmsg)
  end subroutine

  !> Element type; of a product, the promotion of its components'. Local.
  subroutine dlops_space_get_dtype(space, dtype, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(out) :: dtype
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t) :: dtype_c
    dtype_c = 0
    call finish(c_space_get_dtype(space%handle, dtype_c), stat, errmsg)
    dtype = int(dtype_c)
  end subroutine

  !> Where the elements live: DLOPS_HOST or DLOPS_CUDA. Local.
  subroutine dlops_space_get_memory(space, memory, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(out) :: memory
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t) :: memory_c
    memory_c = 0
    call finish(c_space_get_memory(space%handle, memory_c), stat, errmsg)
    memory = int(memory_c)
  end subroutine

  !> Number of axes; 1 for an unshaped space, 0 for a product. Local.
  subroutine dlops_space_get_dimensions(space, dimensions, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(out) :: dimensions
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t) :: dimensions_c
    dimensions_c = 0
    call finish(c_space_get_dimensions(space%handle, dimensions_c), stat, errmsg)
    dimensions = int(dimensions_c)
  end subroutine

  !> Elements of this rank, over all components. Local.
  subroutine dlops_space_get_local_count(space, count, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer(int64), intent(out) :: count
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    count = 0
    call finish(c_space_get_local_count(space%handle, count), stat, errmsg)
  end subroutine

  !> Elements of the vector over all ranks; replicated ones count once. Local.
  subroutine dlops_space_get_global_count(space, count, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer(int64), intent(out) :: count
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    count = 0
    call finish(c_space_get_global_count(space%handle, count), stat, errmsg)
  end subroutine

  !> Number of components; 0 for a space that is not a product. Local.
  subroutine dlops_space_get_component_count(space, count, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer(int64), intent(out) :: count
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    count = 0
    call finish(c_space_get_component_count(space%handle, count), stat, errmsg)
  end subroutine

  !>  Whether arrays of the one space are accepted for the other. Local.
  subroutine dlops_space_is_congruent(a, b, congruent, stat, errmsg)
    type(dlops_space), intent(in) :: a, b
    logical, intent(out) :: congruent
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t) :: congruent_c
    congruent_c = 0
    call finish(c_space_is_congruent(a%handle, b%handle, congruent_c), stat, errmsg)
    congruent = congruent_c == 1
  end subroutine
end module dlops_spaces
