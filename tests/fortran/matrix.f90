! A(m, n) is the m by n matrix A: along the first axis, which is matmul, along another one, and a section of A.
program matrix
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use mpi_f08
  use dlops
  implicit none
  integer, parameter :: m = 3, n = 4, columns = 5
  type(dlops_context) :: context
  type(dlops_space) :: space
  type(dlops_array) :: x, y
  type(dlops_operator) :: op
  complex(real64), target :: A(m, n), large(2 * m, n)
  complex(real64) :: values(n, columns), found(m, columns), turned(columns, n), other(columns, m)
  complex(real64) :: z
  integer :: i, j

  call MPI_Init()
  call dlops_context_create_mpi(MPI_COMM_WORLD, context)
  do j = 1, n
    A(:, j) = [(cmplx(i, j * j, real64), i = 1, m)]
    values(j, :) = [(cmplx(sin(1.0_real64 * i * j), i - j, real64), i = 1, columns)]
  end do
  large = 0
  large(::2, :) = A

  call dlops_space_create(context, DLOPS_COMPLEX128, [n, columns], space)
  call dlops_array_create(space, x)
  call dlops_array_from_global(x, values)
  do i = 1, 3
    select case (i)
    case (1)
      call dlops_matrix_mult_create(space, A, op)
    case (2)
      call dlops_matrix_mult_create(space, large(::2, :), op)
    case (3)
      call dlops_matrix_mult_create(space, A, op, borrow=.true.)
    end select
    call dlops_operator_create_range_array(op, y)
    call dlops_operator_apply(op, DLOPS_FORWARD, x, y)
    call dlops_array_to_global(y, found)
    call check(maxval(abs(found - matmul(A, values))) < 1e-12_real64, 'matmul')
    call dlops_operator_apply_scaled(op, DLOPS_FORWARD, (0, 1), x, -1.0_real64, y)
    call dlops_array_to_global(y, found)
    call check(maxval(abs(found - (0, 1) * matmul(A, values) + matmul(A, values))) < 1e-12_real64, 'alpha and beta')
    call dlops_operator_destroy(op)
    call dlops_array_destroy(y)
  end do
  call dlops_array_dot(x, x, z)
  call check(abs(z - sum(abs(values)**2)) < 1e-12_real64 * abs(z), 'dot')
  call dlops_array_destroy(x)
  call dlops_space_destroy(space)

  call dlops_space_create(context, DLOPS_COMPLEX128, [columns, n], space)
  call dlops_array_create(space, x)
  turned = transpose(values)
  call dlops_array_from_global(x, turned)
  call dlops_matrix_mult_create(space, A, op, axis=2)
  call dlops_operator_create_range_array(op, y)
  call dlops_operator_apply(op, DLOPS_FORWARD, x, y)
  call dlops_array_to_global(y, other)
  call check(maxval(abs(other - transpose(matmul(A, values)))) < 1e-12_real64, 'along the second axis')
  call dlops_operator_destroy(op)
  call dlops_array_destroy(x)
  call dlops_array_destroy(y)
  call dlops_space_destroy(space)
  call spread_over_ranks()
  call dlops_context_destroy(context)
  call MPI_Finalize()

contains

  !> A cut along its columns, in an array with a row more than it needs: Y = A X is matmul.
  subroutine spread_over_ranks()
    type(dlops_space) :: of_a, of_x
    complex(real64), allocatable, target :: part(:, :)
    integer(int64), allocatable :: first(:), lengths(:)
    call dlops_space_create(context, DLOPS_COMPLEX128, [m, n], of_a, axis=2)
    call dlops_space_get_local_start(of_a, first)
    call dlops_space_get_local_shape(of_a, lengths)
    allocate (part(lengths(1) + 1, lengths(2)), source=(0.0_real64, 0.0_real64))
    part(1:m, :) = A(:, first(2):first(2) + lengths(2) - 1)
    call dlops_space_create(context, DLOPS_COMPLEX128, [n, columns], of_x, axis=1)
    call dlops_distributed_matrix_mult_create(of_x, of_a, part, op, algorithm=DLOPS_PRODUCT_BLOCK, save_adjoint=.true.)
    call dlops_array_create(of_x, x)
    call dlops_array_from_global(x, values)
    call dlops_operator_create_range_array(op, y)
    call dlops_operator_apply(op, DLOPS_FORWARD, x, y)
    call dlops_array_to_global(y, found)
    call check(maxval(abs(found - matmul(A, values))) < 1e-12_real64, 'a distributed matrix')
    call dlops_operator_destroy(op)
    call dlops_array_destroy(x)
    call dlops_array_destroy(y)
    call dlops_space_destroy(of_x)
    call dlops_space_destroy(of_a)
  end subroutine

  subroutine check(condition, text)
    logical, intent(in) :: condition
    character(len=*), intent(in) :: text
    if (.not. condition) error stop text
  end subroutine
end program matrix
