!> Fourier transforms and changes of layout of plain memory, planned once and executed many times; memory of one size on
!! every rank; layouts by their names in the field. Axes count from 1, the first is the fastest.
module dlops_plans
  use, intrinsic :: iso_c_binding, only: c_int32_t, c_int64_t, c_loc, c_null_ptr, c_ptr, c_size_t, c_sizeof
  use, intrinsic :: iso_fortran_env, only: int64
  use dlops_arguments
  use dlops_bindings
  use dlops_constants
  use dlops_errors
  use dlops_options
  use dlops_types
  implicit none
  private
  public :: dlops_fft_plan_create, dlops_redistribution_plan_create, dlops_plan_get_domain, dlops_plan_get_range, &
    dlops_plan_get_domain_strides, dlops_plan_get_range_strides, dlops_plan_get_workspace_size, dlops_plan_get_capacity, &
    dlops_plan_set_workspace, dlops_plan_prepare, dlops_plan_set_buffers, dlops_plan_set_stream, dlops_plan_execute, &
    dlops_plan_release_workspace, dlops_plan_view, dlops_plan_retain, dlops_plan_destroy, dlops_symmetric_allocate, &
    dlops_symmetric_get_size, dlops_symmetric_free, dlops_space_create_blocks, dlops_space_get_rank_shape, &
    dlops_space_get_rank_start, dlops_cyclic_count

contains

  !> Describes a Fourier transform along some axes of memory in any layout; dlops_plan_prepare plans it. Collective.
  !!
  !! axes            from 1, none twice; a real transform halves the last of the list
  !! kind            DLOPS_FFT_BY_DTYPE (the default) to DLOPS_FFT_COMPLEX_TO_REAL
  !! parity          of DLOPS_FFT_COMPLEX_TO_REAL: DLOPS_PARITY_EVEN (the default) or DLOPS_PARITY_ODD
  !! scaling         DLOPS_SCALING_NONE (the default), DLOPS_SCALING_INVERSE or DLOPS_SCALING_ORTHO
  !! lengths         of the transforms, one an axis of `axes` in its order; default the extents of the domain
  !! in_place        one buffer serves as domain and range; default .false.
  !! as_computed     the other end stays in the layout of the last transform; default .false.
  !! other           the other end takes the layout of this space
  !! domain_strides  in elements, one an axis, the first 1; range_strides  the same of the range
  subroutine dlops_fft_plan_create(space, axes, plan, kind, parity, scaling, lengths, in_place, as_computed, other, &
    domain_strides, range_strides, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: axes(:)
    type(dlops_plan), intent(out) :: plan
    integer, intent(in), optional :: kind, parity, scaling
    integer(int64), intent(in), optional :: lengths(:), domain_strides(:), range_strides(:)
    logical, intent(in), optional :: in_place, as_computed
    type(dlops_space), intent(in), optional :: other
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(fft_plan_options), target :: choices
    integer(c_int32_t), allocatable, target :: c_axes(:)
    integer(c_int64_t), allocatable, target :: c_lengths(:), first(:), second(:)
    integer :: n
    n = size(axes)
    choices%struct_size = c_sizeof(choices)
    c_axes = axis_of(axes, dimensions_of(space%handle))
    ! A list of another length than `axes` is told by a length that no transform has.
    if (present(lengths)) then
      c_lengths = lengths
      if (size(lengths) /= n) c_lengths = spread(-1_c_int64_t, 1, max(n, 1))
      choices%lengths = c_loc(c_lengths)
    end if
    if (present(other)) choices%other = other%handle
    choices%kind = number_of(kind)
    choices%parity = number_of(parity)
    choices%scaling = number_of(scaling)
    choices%in_place = flag(in_place)
    choices%as_computed = flag(as_computed)
    choices%domain_strides = strides_of(space%handle, domain_strides, first)
    choices%range_strides = strides_of(space%handle, range_strides, second)
    call finish(c_fft_plan_create(space%handle, int(n, c_int32_t), c_axes, c_loc(choices), plan%handle), stat, errmsg)
  end subroutine

  !> Strides in C's order at an address that is null where there are none; a list of another length than the space has axes
  !! gives what the library refuses.
  function strides_of(space, strides, kept) result(address)
    type(c_ptr), intent(in) :: space
    integer(int64), intent(in), optional :: strides(:)
    integer(c_int64_t), allocatable, target, intent(out) :: kept(:)
    type(c_ptr) :: address
    integer(c_int32_t) :: n
    address = c_null_ptr
    if (.not. present(strides)) return
    n = dimensions_of(space)
    kept = turned(strides)
    if (size(strides) /= n) kept = spread(-1_c_int64_t, 1, max(int(n), 1))
    address = c_loc(kept)
  end function

  !> Describes the change of layout of memory of any dtype; dlops_plan_prepare plans it. Collective.
  !!
  !! in_place        one buffer serves as domain and range; default .false.
  !! domain_strides  in elements, one an axis, the first 1; range_strides  the same of the range
  subroutine dlops_redistribution_plan_create(from, to, plan, in_place, domain_strides, range_strides, stat, errmsg)
    type(dlops_space), intent(in) :: from, to
    type(dlops_plan), intent(out) :: plan
    logical, intent(in), optional :: in_place
    integer(int64), intent(in), optional :: domain_strides(:), range_strides(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(plan_options), target :: choices
    integer(c_int64_t), allocatable, target :: first(:), second(:)
    choices%struct_size = c_sizeof(choices)
    choices%in_place = flag(in_place)
    choices%domain_strides = strides_of(from%handle, domain_strides, first)
    choices%range_strides = strides_of(to%handle, range_strides, second)
    call finish(c_redistribution_plan_create(from%handle, to%handle, c_loc(choices), plan%handle), stat, errmsg)
  end subroutine

  !> The space of the elements that a plan takes forward, as a new handle. Local.
  subroutine dlops_plan_get_domain(plan, space, stat, errmsg)
    type(dlops_plan), intent(in) :: plan
    type(dlops_space), intent(out) :: space
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_plan_get_domain(plan%handle, space%handle), stat, errmsg)
  end subroutine

  !> The space of the elements that a plan gives forward, as a new handle. Local.
  subroutine dlops_plan_get_range(plan, space, stat, errmsg)
    type(dlops_plan), intent(in) :: plan
    type(dlops_space), intent(out) :: space
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_plan_get_range(plan%handle, space%handle), stat, errmsg)
  end subroutine

  !> Strides in elements of this rank's part of the domain. Local.
  subroutine dlops_plan_get_domain_strides(plan, strides, stat, errmsg)
    type(dlops_plan), intent(in) :: plan
    integer(int64), allocatable, intent(out) :: strides(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: numbers(DLOPS_MAX_DIMENSIONS)
    type(c_ptr) :: space
    integer(c_int32_t) :: n, status
    numbers = 0
    n = 0
    space = c_null_ptr
    status = c_plan_get_domain_strides(plan%handle, numbers)
    if (status == 0) status = c_plan_get_domain(plan%handle, space)
    if (status == 0) n = dimensions_of(space)
    call finish(status, stat, errmsg)
    strides = turned(numbers(:n))
    if (status == 0) call finish(c_space_destroy(space), stat, errmsg)
  end subroutine

  !> Strides in elements of this rank's part of the range. Local.
  subroutine dlops_plan_get_range_strides(plan, strides, stat, errmsg)
    type(dlops_plan), intent(in) :: plan
    integer(int64), allocatable, intent(out) :: strides(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: numbers(DLOPS_MAX_DIMENSIONS)
    type(c_ptr) :: space
    integer(c_int32_t) :: n, status
    numbers = 0
    n = 0
    space = c_null_ptr
    status = c_plan_get_range_strides(plan%handle, numbers)
    if (status == 0) status = c_plan_get_range(plan%handle, space)
    if (status == 0) n = dimensions_of(space)
    call finish(status, stat, errmsg)
    strides = turned(numbers(:n))
    if (status == 0) call finish(c_space_destroy(space), stat, errmsg)
  end subroutine

  !> Bytes of workspace that this rank needs, known before the plan is prepared. Local.
  subroutine dlops_plan_get_workspace_size(plan, bytes, stat, errmsg)
    type(dlops_plan), intent(in) :: plan
    integer(int64), intent(out) :: bytes
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_size_t) :: bytes_c
    bytes_c = 0
    call finish(c_plan_get_workspace_size(plan%handle, bytes_c), stat, errmsg)
    bytes = bytes_c
  end subroutine

  !> Bytes that a buffer of this rank needs to serve as either end. Local.
  subroutine dlops_plan_get_capacity(plan, bytes, stat, errmsg)
    type(dlops_plan), intent(in) :: plan
    integer(int64), intent(out) :: bytes
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_size_t) :: bytes_c
    bytes_c = 0
    call finish(c_plan_get_capacity(plan%handle, bytes_c), stat, errmsg)
    bytes = bytes_c
  end subroutine

  !> Lends the plan its workspace of so many bytes, from the next dlops_plan_prepare on; c_null_ptr: the library's own. Local.
  subroutine dlops_plan_set_workspace(plan, pointer, bytes, stat, errmsg)
    type(dlops_plan), intent(in) :: plan
    type(c_ptr), intent(in) :: pointer
    integer(int64), intent(in) :: bytes
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_plan_set_workspace(plan%handle, pointer, int(bytes, c_size_t)), stat, errmsg)
  end subroutine

  !> Plans: the plan can be executed any number of times then. Collective.
  subroutine dlops_plan_prepare(plan, stat, errmsg)
    type(dlops_plan), intent(in) :: plan
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_plan_prepare(plan%handle), stat, errmsg)
  end subroutine

  !> Names the memory of domain and range (c_loc of their first elements); in place one address. Local.
  subroutine dlops_plan_set_buffers(plan, domain, range, stat, errmsg)
    type(dlops_plan), intent(in) :: plan
    type(c_ptr), intent(in) :: domain
    type(c_ptr), intent(in), optional :: range
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: second
    second = c_null_ptr
    if (present(range)) second = range
    call finish(c_plan_set_buffers(plan%handle, domain, second), stat, errmsg)
  end subroutine

  !> Puts the work of later executions on another stream, a cudaStream_t of the context's device. Local.
  subroutine dlops_plan_set_stream(plan, stream, stat, errmsg)
    type(dlops_plan), intent(in) :: plan
    type(c_ptr), intent(in) :: stream
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_plan_set_stream(plan%handle, stream), stat, errmsg)
  end subroutine

  !> Takes the elements from domain to range (DLOPS_DIRECTION_FORWARD, the default) or back (_INVERSE). Collective.
  subroutine dlops_plan_execute(plan, direction, stat, errmsg)
    type(dlops_plan), intent(in) :: plan
    integer, intent(in), optional :: direction
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_plan_execute(plan%handle, number_of(direction)), stat, errmsg)
  end subroutine

  !> Gives the workspace back; dlops_plan_prepare is needed before the next execution. Local.
  subroutine dlops_plan_release_workspace(plan, stat, errmsg)
    type(dlops_plan), intent(in) :: plan
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_plan_release_workspace(plan%handle), stat, errmsg)
  end subroutine

  !> Sends a line that describes the plan to the log at level DLOPS_LOG_INFO. Local.
  subroutine dlops_plan_view(plan, stat, errmsg)
    type(dlops_plan), intent(in) :: plan
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_plan_view(plan%handle), stat, errmsg)
  end subroutine

  !> Another handle to the same plan. Local.
  subroutine dlops_plan_retain(plan, copy, stat, errmsg)
    type(dlops_plan), intent(in) :: plan
    type(dlops_plan), intent(out) :: copy
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_plan_retain(plan%handle, copy%handle), stat, errmsg)
  end subroutine

  !> Destroys a handle and forgets it. Local.
  subroutine dlops_plan_destroy(plan, stat, errmsg)
    type(dlops_plan), intent(inout) :: plan
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_plan_destroy(plan%handle), stat, errmsg)
  end subroutine

  !> Allocates memory of one size on every rank; see c_f_pointer. Collective.
  !!
  !! pad     ranks may ask for different sizes, and all get the largest; default .false.
  !! memory  DLOPS_HOST or DLOPS_CUDA; default the context's
  subroutine dlops_symmetric_allocate(context, bytes, pointer, pad, memory, stat, errmsg)
    type(dlops_context), intent(in) :: context
    integer(int64), intent(in) :: bytes
    type(c_ptr), intent(out) :: pointer
    logical, intent(in), optional :: pad
    integer, intent(in), optional :: memory
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(symmetric_options), target :: choices
    choices%struct_size = c_sizeof(choices)
    choices%memory = number_of(memory)
    choices%pad = flag(pad)
    pointer = c_null_ptr
    call finish(c_symmetric_allocate(context%handle, int(bytes, c_size_t), c_loc(choices), pointer), stat, errmsg)
  end subroutine

  !> Bytes of symmetric memory that starts at a pointer. Local.
  subroutine dlops_symmetric_get_size(context, pointer, bytes, stat, errmsg)
    type(dlops_context), intent(in) :: context
    type(c_ptr), intent(in) :: pointer
    integer(int64), intent(out) :: bytes
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_size_t) :: bytes_c
    bytes_c = 0
    call finish(c_symmetric_get_size(context%handle, pointer, bytes_c), stat, errmsg)
    bytes = bytes_c
  end subroutine

  !> Frees symmetric memory. Collective.
  subroutine dlops_symmetric_free(context, pointer, stat, errmsg)
    type(dlops_context), intent(in) :: context
    type(c_ptr), intent(in) :: pointer
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_symmetric_free(context%handle, pointer), stat, errmsg)
  end subroutine

  !> Makes a space in blocks over a process grid with one dimension an axis. Collective.
  !!
  !! grid    ranks along each axis
  !! blocks  elements of a block along each axis, dealt out in turn; default one block a rank
  !! order   how ranks are numbered over the grid: DLOPS_ORDER_COLUMN_MAJOR (the default here), with its first dimension
  !!         fastest, or DLOPS_ORDER_ROW_MAJOR
  subroutine dlops_space_create_blocks(context, dtype, shape, grid, space, blocks, order, stat, errmsg)
    type(dlops_context), intent(in) :: context
    integer, intent(in) :: dtype, grid(:)
    integer(int64), intent(in) :: shape(:)
    type(dlops_space), intent(out) :: space
    integer(int64), intent(in), optional :: blocks(:)
    integer, intent(in), optional :: order
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t), allocatable, target :: sizes(:)
    type(c_ptr) :: address
    integer(c_int32_t) :: ranks(size(shape)), numbering
    integer :: n
    n = size(shape)
    ! Lists of another length than `shape` give a grid or blocks that the library refuses.
    ranks = -1
    if (size(grid) == n) ranks = int(grid(n:1:-1), c_int32_t)
    address = c_null_ptr
    if (present(blocks)) then
      sizes = turned(blocks)
      if (size(blocks) /= n) sizes = spread(-1_c_int64_t, 1, max(n, 1))
      address = c_loc(sizes)
    end if
    ! C's axes are the other way round, and so is which of them is first.
    numbering = DLOPS_ORDER_ROW_MAJOR
    if (present(order)) then
      numbering = int(order, c_int32_t)
      if (order == DLOPS_ORDER_ROW_MAJOR) numbering = DLOPS_ORDER_COLUMN_MAJOR
      if (order == DLOPS_ORDER_COLUMN_MAJOR) numbering = DLOPS_ORDER_ROW_MAJOR
    end if
    call finish(c_space_create_blocks(context%handle, int(dtype, c_int32_t), int(n, c_int32_t), turned(shape), ranks, &
      numbering, address, space%handle), stat, errmsg)
  end subroutine

  !> Shape of the elements of any rank, from 0. Local.
  subroutine dlops_space_get_rank_shape(space, rank, shape, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: rank
    integer(int64), allocatable, intent(out) :: shape(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: lengths(DLOPS_MAX_DIMENSIONS)
    integer(c_int32_t) :: n
    lengths = 0
    n = dimensions_of(space%handle)
    call finish(c_space_get_rank_shape(space%handle, int(rank, c_int32_t), lengths), stat, errmsg)
    shape = turned(lengths(:n))
  end subroutine

  !> First global index, from 1, of any rank, from 0, along each axis. Local.
  subroutine dlops_space_get_rank_start(space, rank, start, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: rank
    integer(int64), allocatable, intent(out) :: start(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: indices(DLOPS_MAX_DIMENSIONS)
    integer(c_int32_t) :: n
    indices = 0
    n = dimensions_of(space%handle)
    call finish(c_space_get_rank_start(space%handle, int(rank, c_int32_t), indices), stat, errmsg)
    start = turned(indices(:n)) + 1
  end subroutine

  !> How many of n elements part `part` of `parts`, from 0, has when blocks are dealt out from part `first` (default 0) on:
  !! ScaLAPACK's NUMROC. Local.
  subroutine dlops_cyclic_count(n, block, parts, part, count, first, stat, errmsg)
    integer(int64), intent(in) :: n, block
    integer, intent(in) :: parts, part
    integer(int64), intent(out) :: count
    integer, intent(in), optional :: first
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: count_c
    count_c = 0
    call finish(c_cyclic_count(int(n, c_int64_t), int(block, c_int64_t), int(parts, c_int32_t), int(part, c_int32_t), &
      number_of(first), count_c), stat, errmsg)
    count = count_c
  end subroutine
end module dlops_plans
