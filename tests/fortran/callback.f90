! Operators of the host's subroutines, on elements and on arrays, inverted by CG; one that fails.
module host
  use, intrinsic :: iso_fortran_env, only: real64
  use dlops
  implicit none
  type :: factor
    real(real64) :: value = 0
    integer :: calls = 0
  end type
contains
  !> y = (factor + i) x on the elements of a rank: symmetric, positive definite.
  subroutine multiply(x, y, user, status)
    real(real64), intent(in), contiguous, target :: x(:)
    real(real64), intent(inout), contiguous, target :: y(:)
    class(*), intent(inout) :: user
    integer, intent(inout) :: status
    integer :: i
    select type (user)
    type is (factor)
      user%calls = user%calls + 1
      do i = 1, size(x)
        y(i) = (user%value + i) * x(i)
      end do
      if (user%value < 0) status = 17
    class default
      status = 1
    end select
  end subroutine

  !> y = 3 x on arrays.
  subroutine triple(x, y, user, status)
    type(dlops_array), intent(in) :: x, y
    class(*), intent(inout) :: user
    integer, intent(inout) :: status
    call dlops_array_axpby(3, x, 0, y, stat=status)
    select type (user)
    type is (integer)
      user = user + 1
    end select
  end subroutine

  subroutine never(x, y, user, status)
    complex(real64), intent(in), contiguous, target :: x(:)
    complex(real64), intent(inout), contiguous, target :: y(:)
    class(*), intent(inout) :: user
    integer, intent(inout) :: status
    y = x
    associate (unused => user)
    end associate
    status = 1
  end subroutine
end module host

program callback
  use, intrinsic :: iso_fortran_env, only: real64
  use mpi_f08
  use dlops
  use host
  implicit none
  type(dlops_context) :: context
  type(dlops_space) :: space
  type(dlops_operator) :: op, on_arrays
  type(dlops_solver) :: cg
  type(dlops_array) :: x, b, u
  type(factor), target :: data
  integer, target :: count
  real(real64) :: difference, norm
  logical :: passed
  integer :: stat
  character(len=200) :: errmsg

  call MPI_Init()
  call dlops_context_create_mpi(MPI_COMM_WORLD, context)
  call dlops_space_create(context, DLOPS_FLOAT64, [5, 8], space)
  data%value = 2
  call dlops_operator_create_matvec_real64(space, space, multiply, op, adjoint=multiply, user=data)
  call dlops_array_create(space, x)
  call dlops_array_create(space, b)
  call dlops_array_create(space, u)
  call dlops_array_fill_random(x, DLOPS_NORMAL, 3)
  call dlops_operator_apply(op, DLOPS_FORWARD, x, b)
  call check(data%calls == 1, 'user')
  call dlops_operator_dot_test(op, passed, seed=1)
  call check(passed, 'dot test')
  call dlops_solver_create(DLOPS_SOLVER_CG, op, cg)
  call dlops_solver_set_tolerances(cg, 1e-12_real64, 0.0_real64, 0.0_real64)
  call dlops_solver_solve(cg, b, u)
  call dlops_array_norm(x, norm)
  call dlops_array_axpy(-1, x, u)
  call dlops_array_norm(u, difference)
  call check(difference < 1e-9_real64 * norm, 'CG on an operator of the host')

  count = 0
  call dlops_operator_create_callback(space, space, triple, on_arrays, user=count, name='Triple')
  call dlops_operator_apply(on_arrays, DLOPS_FORWARD, x, b)
  call dlops_array_axpy(-3, x, b)
  call dlops_array_norm(b, difference)
  call check(difference < 1e-12_real64 .and. count == 1, 'an operator on arrays')
  call dlops_operator_apply(on_arrays, DLOPS_ADJOINT, x, b, stat)
  call check(stat == DLOPS_ERROR_UNSUPPORTED, 'no adjoint')

  data%value = -100
  call dlops_operator_apply(op, DLOPS_FORWARD, x, b, stat, errmsg)
  call check(stat == DLOPS_ERROR_CALLBACK .and. index(errmsg, '17') > 0, 'a failing callback')
  call dlops_context_agree(context, stat)
  call check(stat == DLOPS_ERROR_CALLBACK, 'agreement')
  call dlops_operator_create_matvec_complex64(space, space, never, op, stat=stat)
  call check(stat == DLOPS_ERROR_DTYPE, 'another type')

  call dlops_solver_destroy(cg)
  call dlops_operator_destroy(on_arrays)
  call dlops_operator_destroy(op)
  call dlops_array_destroy(x)
  call dlops_array_destroy(b)
  call dlops_array_destroy(u)
  call dlops_space_destroy(space)
  call dlops_context_destroy(context)
  call MPI_Finalize()

contains

  subroutine check(condition, text)
    logical, intent(in) :: condition
    character(len=*), intent(in) :: text
    if (.not. condition) error stop text
  end subroutine
end program callback
