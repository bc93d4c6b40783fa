! A monitor that stops a solver, the table, the history, the loop of the host, the solver as an operator.
module watching
  use dlops
  use, intrinsic :: iso_fortran_env, only: int64
  implicit none
contains
  subroutine stop_at_third(solver, event, user, answer)
    type(dlops_solver), intent(in) :: solver
    integer, intent(in) :: event
    class(*), intent(inout) :: user
    integer, intent(inout) :: answer
    integer(int64) :: iterations
    call dlops_solver_get_iterations(solver, iterations)
    if (event == DLOPS_EVENT_ITERATION .and. iterations == 3) answer = DLOPS_STOP
    select type (user)
    type is (integer)
      user = user + 1
    end select
  end subroutine

  subroutine refuse(solver, event, user, answer)
    type(dlops_solver), intent(in) :: solver
    integer, intent(in) :: event
    class(*), intent(inout) :: user
    integer, intent(inout) :: answer
    associate (unused => solver, also_unused => user)
    end associate
    answer = 10 + event
  end subroutine

  subroutine quiet(level, text, user)
    integer, intent(in) :: level
    character(len=*), intent(in) :: text
    class(*), intent(inout) :: user
    select type (user)
    type is (integer)
      user = user + len(text) + level
    end select
  end subroutine
end module watching

program monitor
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use mpi_f08
  use dlops
  use watching
  implicit none
  type(dlops_context) :: context
  type(dlops_space) :: space
  type(dlops_operator) :: D, I, stack
  type(dlops_solver) :: cgls
  type(dlops_array) :: b, u
  integer, target :: calls, letters
  integer :: reason, stat, rank, steps
  integer(int64) :: iterations
  real(real64) :: norm
  real(real64), allocatable :: history(:)

  call MPI_Init()
  call dlops_context_create_mpi(MPI_COMM_WORLD, context)
  call dlops_context_get_rank(context, rank)
  call dlops_space_create(context, DLOPS_FLOAT64, [40], space)
  call dlops_first_derivative_create(space, 1, D)
  call dlops_identity_create(space, I)
  call dlops_stacked_vstack_create([D, I], stack)
  call dlops_operator_create_range_array(stack, b)
  call dlops_operator_create_domain_array(stack, u)
  call dlops_array_fill_random(b, DLOPS_NORMAL, 1)
  call dlops_solver_create(DLOPS_SOLVER_CGLS, stack, cgls)
  call dlops_solver_set_tolerances(cgls, 0.0_real64, 0.0_real64, 0.0_real64)
  call dlops_solver_set_max_iterations(cgls, 6)

  calls = 0
  call dlops_solver_set_monitor(cgls, stop_at_third, calls)
  call dlops_solver_solve(cgls, b, u)
  call dlops_solver_get_reason(cgls, reason)
  call check(reason == DLOPS_REASON_MONITOR, 'the reason of a monitor')
  call dlops_solver_get_iterations(cgls, iterations)
  call check(iterations >= 3 .and. iterations <= 4 .and. calls >= 4, 'iterations of a monitor that stops')
  call dlops_solver_get_history(cgls, DLOPS_HISTORY_RESIDUAL, history)
  call check(size(history) == iterations + 1, 'length of the history')
  call dlops_solver_get_residual_norm(cgls, norm)
  call check(abs(history(iterations + 1) - norm) <= 1e-14_real64 * norm, 'last of the history')
  call check(all(history(2:) < history(:iterations)), 'falling residuals')
  call check(len(dlops_reason_text(reason)) > 0, 'text of a reason')

  call dlops_solver_set_monitor(cgls, refuse)
  call dlops_solver_solve(cgls, b, u, stat)
  call check(stat == DLOPS_ERROR_CALLBACK, 'a monitor that fails')

  letters = 0
  call dlops_context_set_log(context, quiet, letters)
  call dlops_solver_set_monitor(cgls, dlops_monitor_table)
  call dlops_solver_solve(cgls, b, u)
  call dlops_solver_get_reason(cgls, reason)
  call check(reason == DLOPS_REASON_ITERATION_LIMIT, 'the limit')
  call check((letters > 0) .eqv. (rank == 0), 'the table')

  call dlops_solver_set_monitor(cgls)
  call dlops_solver_setup(cgls, b, u)
  steps = 0
  reason = DLOPS_REASON_RUNNING
  do while (reason == DLOPS_REASON_RUNNING)
    call dlops_solver_step(cgls, reason)
    steps = steps + 1
  end do
  call dlops_solver_finalize(cgls)
  call check(steps == 6, 'steps of the host')
  call dlops_solver_set_option(cgls, 'no_such_key', '1', stat)
  call check(stat == DLOPS_ERROR_OPTION, 'a wrong key')

  call dlops_solver_destroy(cgls)
  call dlops_array_destroy(u)
  call dlops_array_destroy(b)
  call dlops_operator_destroy(stack)
  call dlops_operator_destroy(I)
  call dlops_operator_destroy(D)
  call dlops_space_destroy(space)
  call dlops_context_destroy(context)
  call check(dlops_live_handles() == 0, 'handles are left')
  call MPI_Finalize()

contains

  subroutine check(condition, text)
    logical, intent(in) :: condition
    character(len=*), intent(in) :: text
    if (.not. condition) error stop text
  end subroutine
end program monitor
