! Pointers to the elements of arrays: of their rank, as one vector, and inside padded memory.
program acquire
  use, intrinsic :: iso_fortran_env, only: int64, real32, real64
  use mpi_f08
  use dlops
  implicit none
  type(dlops_context) :: context
  type(dlops_space) :: space
  type(dlops_array) :: array, padded
  real(real64), pointer :: matrix(:, :), vector(:), cube(:, :, :)
  real(real32), pointer :: single(:, :)
  real(real64), target :: ghosted(0:5, 0:4)
  integer(int64), allocatable :: strides(:)
  integer :: stat

  call MPI_Init()
  call dlops_context_create_self(context)
  call dlops_space_create(context, DLOPS_FLOAT64, [4, 3], space)
  call dlops_array_create(space, array)

  call dlops_array_acquire(array, DLOPS_ACCESS_WRITE, matrix)
  call check(all(shape(matrix) == [4, 3]), 'shape')
  matrix = reshape([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [4, 3])
  call dlops_array_acquire(array, DLOPS_ACCESS_READ, vector, stat)
  call check(stat == DLOPS_ERROR_STATE .and. (.not. associated(vector)), 'a reader beside the writer')
  call dlops_array_release(array)
  call dlops_array_acquire(array, DLOPS_ACCESS_READ, vector)
  call check(all(vector == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]), 'order in memory')
  call dlops_array_release(array)
  call dlops_array_acquire(array, DLOPS_ACCESS_READ, cube, stat)
  call check(stat == DLOPS_ERROR_SHAPE, 'another rank')
  call dlops_array_acquire(array, DLOPS_ACCESS_READ, single, stat)
  call check(stat == DLOPS_ERROR_DTYPE, 'another type')

  ghosted = -1
  call dlops_array_wrap_strided(space, ghosted(1, 1), [1_int64, 6_int64], padded)
  call dlops_array_get_strides(padded, strides)
  call check(all(strides == [1, 6]), 'strides')
  call dlops_array_copy(array, padded)
  call check(all(ghosted(1:4, 2) == [5, 6, 7, 8]) .and. all(ghosted(0, :) == -1) &
    .and. all(ghosted(5, :) == -1), 'padding')
  call dlops_array_acquire(padded, DLOPS_ACCESS_READ_WRITE, matrix)
  call check(all(shape(matrix) == [4, 3]) .and. all(matrix(:, 3) == [9, 10, 11, 12]), 'a pointer into padded memory')
  call dlops_array_release(padded)
  call dlops_array_acquire(padded, DLOPS_ACCESS_READ, vector, stat)
  call check(stat == DLOPS_ERROR_SHAPE, 'padded memory as a vector')

  call dlops_array_destroy(padded)
  call dlops_array_destroy(array)
  call dlops_space_destroy(space)
  call dlops_context_destroy(context)
  call MPI_Finalize()

contains

  subroutine check(condition, text)
    logical, intent(in) :: condition
    character(len=*), intent(in) :: text
    if (.not. condition) error stop text
  end subroutine
end program acquire
