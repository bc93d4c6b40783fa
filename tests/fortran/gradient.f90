! Component a of a gradient is the derivative along axis a with sampling(a); a Laplacian's samplings follow its axes.
program gradient
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use mpi_f08
  use dlops
  implicit none
  integer, parameter :: n1 = 6, n2 = 9
  real(real64), parameter :: sampling(2) = [0.5_real64, 2.0_real64]
  type(dlops_context) :: context
  type(dlops_space) :: space
  type(dlops_array) :: x, y, part
  type(dlops_operator) :: op
  real(real64) :: values(n1, n2), found(n1, n2), both(n1, n2, 2), expected(n1, n2, 2), laplacian(n1, n2)
  integer :: i, j

  call MPI_Init()
  call dlops_context_create_mpi(MPI_COMM_WORLD, context)
  call dlops_space_create(context, DLOPS_FLOAT64, [n1, n2], space)
  call dlops_array_create(space, x)
  do j = 1, n2
    do i = 1, n1
      values(i, j) = cos(0.7_real64 * i + 0.1_real64 * j * j)
    end do
  end do
  call dlops_array_from_global(x, values)

  expected = 0
  expected(:n1 - 1, :, 1) = (values(2:, :) - values(:n1 - 1, :)) / sampling(1)
  expected(:, :n2 - 1, 2) = (values(:, 2:) - values(:, :n2 - 1)) / sampling(2)
  call dlops_gradient_create(space, op, sampling=sampling, kind=DLOPS_KIND_FORWARD)
  call dlops_operator_create_range_array(op, y)
  call dlops_operator_apply(op, DLOPS_FORWARD, x, y)
  do i = 1, 2
    call dlops_array_get_component(y, i, part)
    call dlops_array_to_global(part, found)
    call check(maxval(abs(found - expected(:, :, i))) < 1e-12_real64, 'component of a gradient')
    call dlops_array_destroy(part)
  end do
  call dlops_array_to_global(y, both)
  call check(maxval(abs(both - expected)) < 1e-12_real64, 'the whole gradient in one array')
  both = 0
  both = expected(:, :, 2:1:-1)
  call dlops_array_from_global(y, both)
  call dlops_array_to_global(y, both)
  call check(maxval(abs(both(:, :, 1) - expected(:, :, 2))) == 0, 'components from one array')
  call dlops_operator_destroy(op)
  call dlops_array_destroy(y)

  laplacian = 0
  laplacian(2:n1 - 1, :) = 3 * (values(3:, :) - 2 * values(2:n1 - 1, :) + values(:n1 - 2, :)) / sampling(1)**2
  laplacian(:, 2:n2 - 1) = laplacian(:, 2:n2 - 1) &
    + 5 * (values(:, 3:) - 2 * values(:, 2:n2 - 1) + values(:, :n2 - 2)) / sampling(2)**2
  call dlops_array_create(space, y)
  call dlops_laplacian_create(space, op, weights=[3.0_real64, 5.0_real64], sampling=sampling)
  call dlops_operator_apply(op, DLOPS_FORWARD, x, y)
  call dlops_array_to_global(y, found)
  call check(maxval(abs(found - laplacian)) < 1e-12_real64, 'Laplacian of the default axes')
  call dlops_operator_destroy(op)
  call dlops_laplacian_create(space, op, axes=[2, 1], weights=[5.0_real64, 3.0_real64], sampling=sampling(2:1:-1))
  call dlops_operator_apply(op, DLOPS_FORWARD, x, y)
  call dlops_array_to_global(y, found)
  call check(maxval(abs(found - laplacian)) < 1e-12_real64, 'Laplacian of axes in another order')
  call dlops_operator_destroy(op)

  call dlops_array_destroy(x)
  call dlops_array_destroy(y)
  call dlops_space_destroy(space)
  call dlops_context_destroy(context)
  call MPI_Finalize()

contains

  subroutine check(condition, text)
    logical, intent(in) :: condition
    character(len=*), intent(in) :: text
    if (.not. condition) error stop text
  end subroutine
end program gradient
