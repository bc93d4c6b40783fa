! Axes count from 1 in Fortran order: a 3-D derivative along each of them, cut along each of them, beside a plain loop.
program axes
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use mpi_f08
  use dlops
  implicit none
  integer, parameter :: n(3) = [5, 6, 7]
  type(dlops_context) :: context
  type(dlops_space) :: space
  type(dlops_array) :: x, y
  type(dlops_operator) :: op
  real(real64) :: values(5, 6, 7), found(5, 6, 7), expected(5, 6, 7)
  real(real64), allocatable :: turned(:, :, :)
  integer(int64), allocatable :: lengths(:), start(:), local(:)
  integer :: axis, cut, i, j, k, stat, rank, ranks

  call MPI_Init()
  call dlops_context_create_mpi(MPI_COMM_WORLD, context)
  call dlops_context_get_rank(context, rank)
  call dlops_context_get_size(context, ranks)
  call random_of_position(values)

  ! The default cut is along the last axis.
  call dlops_space_create(context, DLOPS_FLOAT64, n, space)
  call dlops_space_get_shape(space, lengths)
  call dlops_space_get_local_shape(space, local)
  call dlops_space_get_local_start(space, start)
  call check(all(lengths == n) .and. all(local(:2) == n(:2)), 'shapes')
  call check(local(3) == n(3) / ranks + merge(1, 0, rank < mod(n(3), ranks)), 'length of the cut')
  if (local(3) > 0) call check(all(start(:2) == 1) .and. &
    start(3) == 1 + rank * (n(3) / ranks) + min(rank, mod(n(3), ranks)), 'start')
  call dlops_first_derivative_create(space, 0, op, stat=stat)
  call check(stat == DLOPS_ERROR_AXIS, 'axis 0')
  call dlops_first_derivative_create(space, 4, op, stat=stat)
  call check(stat == DLOPS_ERROR_AXIS, 'an axis beyond the last')
  call dlops_space_destroy(space)

  do cut = 1, 3
    call dlops_space_create(context, DLOPS_FLOAT64, n, space, axis=cut)
    call dlops_array_create(space, x)
    call dlops_array_create(space, y)
    call dlops_array_from_global(x, values)
    do axis = 1, 3
      call dlops_first_derivative_create(space, axis, op, sampling=0.5_real64, kind=DLOPS_KIND_FORWARD)
      call dlops_operator_apply(op, DLOPS_FORWARD, x, y)
      call dlops_array_to_global(y, found)
      expected = 0
      do k = 1, n(3) - merge(1, 0, axis == 3)
        do j = 1, n(2) - merge(1, 0, axis == 2)
          do i = 1, n(1) - merge(1, 0, axis == 1)
            expected(i, j, k) = (values(i + merge(1, 0, axis == 1), j + merge(1, 0, axis == 2), &
              k + merge(1, 0, axis == 3)) - values(i, j, k)) / 0.5_real64
          end do
        end do
      end do
      call check(maxval(abs(found - expected)) < 1e-12_real64, 'derivative')
      call dlops_operator_destroy(op)
    end do

    ! Axis k of y is axis permutation(k) of x.
    call dlops_transpose_create(space, [2, 3, 1], op)
    call dlops_array_destroy(y)
    call dlops_operator_create_range_array(op, y)
    call dlops_operator_apply(op, DLOPS_FORWARD, x, y)
    allocate (turned(n(2), n(3), n(1)))
    call dlops_array_to_global(y, turned)
    call check(all(turned == reshape(values, [n(2), n(3), n(1)], order=[3, 1, 2])), 'transpose')
    deallocate (turned)
    call dlops_operator_destroy(op)
    call dlops_array_destroy(x)
    call dlops_array_destroy(y)
    call dlops_space_destroy(space)
  end do
  call dlops_context_destroy(context)
  call MPI_Finalize()

contains

  subroutine random_of_position(a)
    real(real64), intent(out) :: a(:, :, :)
    do k = 1, n(3)
      do j = 1, n(2)
        do i = 1, n(1)
          a(i, j, k) = sin(1.0_real64 * (i * i + 7 * j + 31 * k * k))
        end do
      end do
    end do
  end subroutine

  subroutine check(condition, text)
    logical, intent(in) :: condition
    character(len=*), intent(in) :: text
    if (.not. condition) error stop text
  end subroutine
end program axes
