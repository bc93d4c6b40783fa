! Variables of rank 1 to 7 and of all types as arrays, in place; what cannot be wrapped is refused.
program wrap
  use, intrinsic :: iso_fortran_env, only: int32, int64, real32, real64
  use mpi_f08
  use dlops
  implicit none
  type(dlops_context) :: context
  real(real64), target :: r1(2), r2(2, 3), r3(2, 3, 2), r4(2, 1, 2, 3), r5(2, 1, 2, 1, 3), r6(2, 1, 2, 1, 3, 1)
  real(real64), target :: r7(2, 1, 2, 1, 1, 1, 3)
  real(real32), target :: s(3)
  complex(real32), target :: c(3)
  complex(real64), target :: z(3)
  integer(int32), target :: i(3)
  integer(int64), target :: j(3)
  type(dlops_space) :: space
  type(dlops_array) :: array
  integer :: stat
  character(len=200) :: errmsg

  call MPI_Init()
  call dlops_context_create_self(context)

  call begin(DLOPS_FLOAT64, shape(r1)); call dlops_array_wrap(space, r1, array); call fill()
  call check(all(r1 == 7), 'rank 1')
  call begin(DLOPS_FLOAT64, shape(r2)); call dlops_array_wrap(space, r2, array); call fill()
  call check(all(r2 == 7), 'rank 2')
  call begin(DLOPS_FLOAT64, shape(r3)); call dlops_array_wrap(space, r3, array); call fill()
  call check(all(r3 == 7), 'rank 3')
  call begin(DLOPS_FLOAT64, shape(r4)); call dlops_array_wrap(space, r4, array); call fill()
  call check(all(r4 == 7), 'rank 4')
  call begin(DLOPS_FLOAT64, shape(r5)); call dlops_array_wrap(space, r5, array); call fill()
  call check(all(r5 == 7), 'rank 5')
  call begin(DLOPS_FLOAT64, shape(r6)); call dlops_array_wrap(space, r6, array); call fill()
  call check(all(r6 == 7), 'rank 6')
  call begin(DLOPS_FLOAT64, shape(r7)); call dlops_array_wrap(space, r7, array); call fill()
  call check(all(r7 == 7), 'rank 7')
  call begin(DLOPS_FLOAT32, [3]); call dlops_array_wrap(space, s, array); call fill()
  call check(all(s == 7), 'real32')
  call begin(DLOPS_COMPLEX64, [3]); call dlops_array_wrap(space, c, array); call fill()
  call check(all(c == 7), 'complex of real32')
  call begin(DLOPS_COMPLEX128, [3]); call dlops_array_wrap(space, z, array); call fill()
  call check(all(z == 7), 'complex of real64')
  call begin(DLOPS_INT32, [3]); call dlops_array_wrap(space, i, array); call fill()
  call check(all(i == 7), 'int32')
  call begin(DLOPS_INT64, [3]); call dlops_array_wrap(space, j, array); call fill()
  call check(all(j == 7), 'int64')

  call dlops_space_create(context, DLOPS_FLOAT64, [2, 3], space)
  call dlops_array_wrap(space, s, array, stat, errmsg)
  call check(stat == DLOPS_ERROR_DTYPE .and. index(errmsg, 'real(real32)') > 0, 'another type')
  call dlops_array_wrap(space, r3, array, stat, errmsg)
  call check(stat == DLOPS_ERROR_SHAPE .and. index(errmsg, '12') > 0, 'too many elements')
  call dlops_array_wrap(space, reshape_of_r2(), array, stat, errmsg)
  call check(stat == DLOPS_ERROR_SHAPE, 'the transposed shape')
  call dlops_array_wrap(space, r3(:, :, 1), array, stat)
  call check(stat == DLOPS_OK, 'a contiguous section')
  call dlops_array_destroy(array)
  call dlops_array_wrap(space, r3(:, 1, :), array, stat)
  call check(stat == DLOPS_ERROR_ARGUMENT, 'a section that is not contiguous')
  call dlops_space_destroy(space)
  call dlops_context_destroy(context)
  call check(dlops_live_handles() == 0, 'handles are left')
  call MPI_Finalize()

contains

  subroutine begin(dtype, lengths)
    integer, intent(in) :: dtype, lengths(:)
    call dlops_space_create(context, dtype, lengths, space)
  end subroutine

  subroutine fill()
    call dlops_array_fill(array, 7)
    call dlops_array_destroy(array)
    call dlops_space_destroy(space)
  end subroutine

  function reshape_of_r2() result(turned)
    real(real64), pointer :: turned(:, :)
    turned(1:3, 1:2) => r1_memory()
  end function

  function r1_memory() result(memory)
    real(real64), pointer :: memory(:)
    memory(1:6) => r3(:, :, 1:1)
  end function

  subroutine check(condition, text)
    logical, intent(in) :: condition
    character(len=*), intent(in) :: text
    if (.not. condition) error stop text
  end subroutine
end program wrap
