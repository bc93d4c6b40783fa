! Plans on plain memory: a transform in place and back, a change of layout, symmetric memory, what is refused.
program plan
  use, intrinsic :: iso_c_binding, only: c_f_pointer, c_loc, c_null_ptr, c_ptr
  use, intrinsic :: iso_fortran_env, only: int32, int64, real64
  use mpi_f08
  use dlops
  implicit none
  integer, parameter :: n1 = 6, n2 = 8
  type(dlops_context) :: context
  type(dlops_space) :: space, range, columns, rows, dealt
  type(dlops_plan) :: fft, copy, turn
  type(c_ptr) :: memory
  real(real64), pointer :: values(:, :)
  integer(int32), allocatable, target :: from(:, :), to(:, :)
  integer(int64), allocatable :: shape(:), start(:), strides(:), here(:)
  integer(int64) :: bytes, capacity, count
  character(len=200) :: text
  integer :: stat, size, rank, i, j

  call MPI_Init()
  call dlops_context_create_mpi(MPI_COMM_WORLD, context)
  call dlops_context_get_size(context, size)
  call dlops_context_get_rank(context, rank)

  ! Real to complex in place: columns of 2 (n1 / 2 + 1) real elements.
  call dlops_space_create(context, DLOPS_FLOAT64, [n1, n2], space)
  call dlops_fft_plan_create(space, [2, 1], fft, scaling=DLOPS_SCALING_INVERSE, in_place=.true.)
  call dlops_plan_get_range(fft, range)
  call dlops_space_get_shape(range, shape)
  call check(all(shape == [n1 / 2 + 1, n2]), 'half of the first axis')
  call dlops_plan_get_domain_strides(fft, strides)
  call check(all(strides == [1, n1 + 2]), 'columns of n1 + 2 elements')
  call dlops_plan_get_range_strides(fft, strides)
  call check(strides(1) == 1, 'neighbours')
  call dlops_plan_get_workspace_size(fft, bytes)
  call dlops_plan_get_capacity(fft, capacity)
  call dlops_symmetric_allocate(context, capacity, memory, pad=.true.)
  call dlops_symmetric_get_size(context, memory, count)
  call check(count >= capacity .and. bytes >= 0, 'the largest of all ranks')
  call dlops_space_get_local_shape(space, here)
  call c_f_pointer(memory, values, [int(n1 + 2, int64), here(2)])
  do j = 1, int(here(2))
    do i = 1, n1
      values(i, j) = sin(1.0_real64 * i * j) + rank
    end do
  end do
  call dlops_plan_execute(fft, stat=stat, errmsg=text)
  call check(stat == DLOPS_ERROR_STATE .and. index(text, 'not prepared') > 0, 'executed before it is planned')
  call dlops_plan_set_workspace(fft, c_null_ptr, 0_int64)
  call dlops_plan_prepare(fft)
  call dlops_plan_set_buffers(fft, memory)
  call dlops_plan_retain(fft, copy)
  call dlops_plan_destroy(fft)
  call dlops_plan_execute(copy)
  call dlops_plan_execute(copy, DLOPS_DIRECTION_INVERSE)
  do j = 1, int(here(2))
    do i = 1, n1
      call check(abs(values(i, j) - sin(1.0_real64 * i * j) - rank) < 1e-13_real64, 'there and back')
    end do
  end do
  call dlops_plan_view(copy)
  call dlops_plan_release_workspace(copy)
  call dlops_plan_execute(copy, stat=stat, errmsg=text)
  call check(stat == DLOPS_ERROR_STATE, 'released')
  call dlops_plan_destroy(copy)
  call dlops_symmetric_free(context, memory)
  call dlops_symmetric_free(context, memory, stat=stat)
  call check(stat == DLOPS_ERROR_ARGUMENT, 'freed twice')

  call dlops_space_destroy(space)

  ! Columns to rows, by blocks over a grid.
  call dlops_space_create(context, DLOPS_INT32, [n1, n2], columns)
  call dlops_space_create_blocks(context, DLOPS_INT32, [int(n1, int64), int(n2, int64)], [size, 1], rows)
  call dlops_redistribution_plan_create(columns, rows, turn)
  call dlops_plan_get_domain(turn, space)
  call dlops_space_get_local_shape(space, here)
  call dlops_space_get_rank_shape(rows, rank, shape)
  call dlops_space_get_rank_start(columns, rank, start)
  allocate (from(here(1), here(2)), to(shape(1), shape(2)))
  do j = 1, int(here(2))
    from(:, j) = [(1000 * (int(start(2)) + j - 1) + i, i=1, n1)]
  end do
  call dlops_plan_prepare(turn)
  call dlops_plan_set_buffers(turn, c_loc(from), c_loc(to))
  call dlops_plan_execute(turn, DLOPS_DIRECTION_FORWARD)
  call dlops_space_get_rank_start(rows, rank, start)
  do j = 1, int(shape(2))
    do i = 1, int(shape(1))
      call check(to(i, j) == 1000 * j + start(1) + i - 1, 'rows')
    end do
  end do
  call dlops_cyclic_count(10_int64, 2_int64, 3, 0, count, first=1)
  call check(count == 2, 'numroc')
  call dlops_space_create(context, DLOPS_INT32, [10, n2], dealt, grid=[dlops_grid_dimension(ranks=size, &
    partition=DLOPS_PARTITION_CYCLIC, axis=1, block=2_int64, first=size - 1)])
  call dlops_space_get_local_shape(dealt, here)
  call dlops_cyclic_count(10_int64, 2_int64, size, rank, count, first=size - 1)
  call check(here(1) == count, 'numroc of the last rank first')
  call dlops_space_destroy(dealt)
  call dlops_fft_plan_create(columns, [1], fft, stat=stat)
  call check(stat == DLOPS_ERROR_DTYPE, 'integers')
  call dlops_fft_plan_create(range, [3], fft, stat=stat)
  call check(stat == DLOPS_ERROR_AXIS, 'an axis outside')
  call dlops_fft_plan_create(range, [1], fft, lengths=[1_int64, 2_int64], stat=stat)
  call check(stat == DLOPS_ERROR_ARGUMENT, 'two lengths for one axis')
  call dlops_redistribution_plan_create(columns, rows, fft, domain_strides=[1_int64], stat=stat)
  call check(stat == DLOPS_ERROR_SHAPE, 'one stride for two axes')

  call dlops_plan_destroy(turn)
  call dlops_space_destroy(columns)
  call dlops_space_destroy(rows)
  call dlops_space_destroy(space)
  call dlops_space_destroy(range)
  call dlops_context_destroy(context)
  call MPI_Finalize()

contains

  subroutine check(condition, text)
    logical, intent(in) :: condition
    character(len=*), intent(in) :: text
    if (.not. condition) error stop text
  end subroutine
end program plan
