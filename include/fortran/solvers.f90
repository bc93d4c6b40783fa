!> Solvers.
module dlops_solvers
  use, intrinsic :: iso_c_binding, only: c_f_pointer, c_funloc, c_int32_t, c_int64_t, c_loc, c_null_char, &
    c_null_funptr, c_null_ptr, c_ptr
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use dlops_arguments
  use dlops_bindings
  use dlops_constants
  use dlops_errors
  use dlops_types
  implicit none
  private
  public :: dlops_solver_create, dlops_solver_solve, dlops_solver_setup, dlops_solver_step, dlops_solver_finalize, &
    dlops_solver_create_operator, dlops_solver_view, dlops_solver_retain, dlops_solver_destroy, &
    dlops_solver_set_tolerances, dlops_solver_set_tolerance_rule, dlops_solver_set_max_iterations, &
    dlops_solver_set_time_limit, dlops_solver_set_damping, dlops_solver_set_initial_guess, dlops_solver_set_option, &
    dlops_solver_set_show, dlops_solver_get_reason, dlops_solver_get_iterations, dlops_solver_get_residual_norm, &
    dlops_solver_get_damped_norm, dlops_solver_get_convergence_norm, dlops_solver_get_seconds, &
    dlops_solver_get_memory_usage, dlops_solver_set_monitor, dlops_monitor_table, dlops_solver_set_preconditioner, &
    dlops_solver_get_history, dlops_monitor_subroutine

  abstract interface
    !> Watches a solver: DLOPS_EVENT_START, DLOPS_EVENT_ITERATION, DLOPS_EVENT_END. The getters of `solver` tell its
    !! state. `answer` is 0 on entry; DLOPS_STOP stops the solver, any other value is a failure.
    subroutine dlops_monitor_subroutine(solver, event, user, answer)
      import :: dlops_solver
      type(dlops_solver), intent(in) :: solver
      integer, intent(in) :: event
      class(*), intent(inout) :: user
      integer, intent(inout) :: answer
    end subroutine
  end interface

  type :: monitor_record
    procedure(dlops_monitor_subroutine), pointer, nopass :: monitor => null()
    class(*), pointer :: user => null()
  end type

  integer, target :: nothing = 0

contains

  !> Sets the monitor, such as dlops_monitor_table or the host's own; without one, removes it. Local.
  !!
  !! user  passed to the monitor; borrowed, so a target that stays
  subroutine dlops_solver_set_monitor(solver, monitor, user, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    procedure(dlops_monitor_subroutine), optional :: monitor
    class(*), intent(in), target, optional :: user
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(monitor_record), pointer :: record
    integer(c_int32_t) :: status
    if (.not. present(monitor)) then
      call finish(c_solver_set_monitor(solver%handle, c_null_funptr, c_null_ptr, c_null_funptr), stat, errmsg)
      return
    end if
    allocate (record)
    record%monitor => monitor
    record%user => nothing
    if (present(user)) record%user => user
    status = c_solver_set_monitor(solver%handle, c_funloc(call_monitor), c_loc(record), c_funloc(forget_monitor))
    if (status /= 0) deallocate (record)
    call finish(status, stat, errmsg)
  end subroutine

  !> A ready-made monitor: the iteration table that PyLops users know, on rank 0, to the context's log or to stdout.
  subroutine dlops_monitor_table(solver, event, user, answer)
    type(dlops_solver), intent(in) :: solver
    integer, intent(in) :: event
    class(*), intent(inout) :: user
    integer, intent(inout) :: answer
    associate (unused => user)
    end associate
    answer = int(c_monitor_table(solver%handle, int(event, c_int32_t), c_null_ptr))
  end subroutine

  function call_monitor(solver, event, user) bind(C) result(answer)
    type(c_ptr), value :: solver, user
    integer(c_int32_t), value :: event
    integer(c_int32_t) :: answer
    type(monitor_record), pointer :: record
    integer :: wish
    call c_f_pointer(user, record)
    wish = 0
    call record%monitor(dlops_solver(solver), int(event), record%user, wish)
    answer = int(wish, c_int32_t)
  end function

  subroutine forget_monitor(user) bind(C)
    type(c_ptr), value :: user
    type(monitor_record), pointer :: record
    call c_f_pointer(user, record)
    deallocate (record)
  end subroutine

  !> The preconditioner: M ~ A^-1 for CG, M ~ (A^H A)^-1 for CGLS; without one, removes it. Local.
  subroutine dlops_solver_set_preconditioner(solver, preconditioner, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    type(dlops_operator), intent(in), optional :: preconditioner
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: handle
    handle = c_null_ptr
    if (present(preconditioner)) handle = preconditioner%handle
    call finish(c_solver_set_preconditioner(solver%handle, handle), stat, errmsg)
  end subroutine

  !> A history of iterations 0, 1, ...: DLOPS_HISTORY_... Local.
  subroutine dlops_solver_get_history(solver, which, values, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    integer, intent(in) :: which
    real(real64), allocatable, intent(out) :: values(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: count, copied
    integer(c_int32_t) :: status
    real(real64) :: none(1)
    count = 0
    status = c_solver_get_history(solver%handle, int(which, c_int32_t), none, 0_c_int64_t, count)
    allocate (values(count), source=0.0_real64)
    if (status == 0) status = c_solver_get_history(solver%handle, int(which, c_int32_t), values, count, copied)
    call finish(status, stat, errmsg)
  end subroutine

  !>  Makes a solver. Local.
  subroutine dlops_solver_create(method, op, solver, stat, errmsg)
    integer, intent(in) :: method
    type(dlops_operator), intent(in) :: op
    type(dlops_solver), intent(out) :: solver
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_solver_create(int(method, c_int32_t), op%handle, solver%handle), stat, errmsg)
  end subroutine

  !>  Solves from set-up to the end: the reason tells how it ended (not converging is no error). Collective.
  subroutine dlops_solver_solve(solver, b, x, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    type(dlops_array), intent(in) :: b, x
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_solver_solve(solver%handle, b%handle, x%handle), stat, errmsg)
  end subroutine

  !>  Makes the vectors and the first residual: the beginning of a solve whose loop is the host's. Collective.
  subroutine dlops_solver_setup(solver, b, x, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    type(dlops_array), intent(in) :: b, x
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_solver_setup(solver%handle, b%handle, x%handle), stat, errmsg)
  end subroutine

  !>  One iteration. Collective.
  subroutine dlops_solver_step(solver, reason, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    integer, intent(out) :: reason
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t) :: reason_c
    reason_c = 0
    call finish(c_solver_step(solver%handle, reason_c), stat, errmsg)
    reason = int(reason_c)
  end subroutine

  !>  Ends a solve that dlops_solver_setup began; the vectors stay for the next one. Collective.
  subroutine dlops_solver_finalize(solver, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_solver_finalize(solver%handle), stat, errmsg)
  end subroutine

  !>  The solver as an operator from the range of A to its domain: each apply is a solve from zero with the settings
  !! that the solver has now. Local.
  subroutine dlops_solver_create_operator(solver, result, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    type(dlops_operator), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_solver_create_operator(solver%handle, result%handle), stat, errmsg)
  end subroutine

  !>  Sends a description (method, operator, options, state) to the log at level DLOPS_LOG_INFO. Local.
  subroutine dlops_solver_view(solver, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_solver_view(solver%handle), stat, errmsg)
  end subroutine

  !> Another handle to the same solver. Local.
  subroutine dlops_solver_retain(solver, copy, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    type(dlops_solver), intent(out) :: copy
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_solver_retain(solver%handle, copy%handle), stat, errmsg)
  end subroutine

  !> Destroys a handle and sets it to null; one that is null is accepted. Local.
  subroutine dlops_solver_destroy(solver, stat, errmsg)
    type(dlops_solver), intent(inout) :: solver
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_solver_destroy(solver%handle), stat, errmsg)
  end subroutine

  !>  Tolerances of the stopping rule; defaults 1e-5, 1e-50 and 1e5 as in PETSc. Local.
  subroutine dlops_solver_set_tolerances(solver, rtol, atol, dtol, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    real(real64), intent(in) :: rtol, atol, dtol
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_solver_set_tolerances(solver%handle, rtol, atol, dtol), stat, errmsg)
  end subroutine

  !>  How the stopping rule compares: DLOPS_TOLERANCE_STANDARD or DLOPS_TOLERANCE_PYLOPS. Local.
  subroutine dlops_solver_set_tolerance_rule(solver, rule, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    integer, intent(in) :: rule
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_solver_set_tolerance_rule(solver%handle, int(rule, c_int32_t)), stat, errmsg)
  end subroutine

  !> Most iterations, default 10000. Local.
  subroutine dlops_solver_set_max_iterations(solver, iterations, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    integer, intent(in) :: iterations
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_solver_set_max_iterations(solver%handle, int(iterations, c_int64_t)), stat, errmsg)
  end subroutine

  !>  Seconds after which the solver stops, 0 (the default) for none; rank 0's clock decides. Local.
  subroutine dlops_solver_set_time_limit(solver, seconds, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    real(real64), intent(in) :: seconds
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_solver_set_time_limit(solver%handle, seconds), stat, errmsg)
  end subroutine

  !>  CGLS minimises |A x - b|^2 + damp^2 |x|^2; default 0. Local.
  subroutine dlops_solver_set_damping(solver, damp, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    real(real64), intent(in) :: damp
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_solver_set_damping(solver%handle, damp), stat, errmsg)
  end subroutine

  !>  Whether x holds an initial guess: DLOPS_GUESS_ZERO (the default) or DLOPS_GUESS_GIVEN. Local.
  subroutine dlops_solver_set_initial_guess(solver, guess, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    integer, intent(in) :: guess
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_solver_set_initial_guess(solver%handle, int(guess, c_int32_t)), stat, errmsg)
  end subroutine

  !>  Sets an option from text; keys mirror the setters: rtol, atol, dtol, tolerance, max_iterations, time_limit,
  !! damp, initial_guess, show, graphs. Local.
  subroutine dlops_solver_set_option(solver, key, value, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    character(len=*), intent(in) :: key, value
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_solver_set_option(solver%handle, trim(key) // c_null_char, trim(value) // c_null_char), stat, &
      errmsg)
  end subroutine

  !>  Which iterations dlops_monitor_table prints: the first ones, the last ones before the limit, and every n-th;
  !! default 10, 10, 10. Local.
  subroutine dlops_solver_set_show(solver, first, last, every, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    integer, intent(in) :: first, last, every
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_solver_set_show(solver%handle, int(first, c_int64_t), int(last, c_int64_t), int(every, &
      c_int64_t)), stat, errmsg)
  end subroutine

  !> Why the last solve stopped: DLOPS_REASON_... Local.
  subroutine dlops_solver_get_reason(solver, reason, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    integer, intent(out) :: reason
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t) :: reason_c
    reason_c = 0
    call finish(c_solver_get_reason(solver%handle, reason_c), stat, errmsg)
    reason = int(reason_c)
  end subroutine

  !> Iterations so far. Local.
  subroutine dlops_solver_get_iterations(solver, iterations, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    integer(int64), intent(out) :: iterations
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    iterations = 0
    call finish(c_solver_get_iterations(solver%handle, iterations), stat, errmsg)
  end subroutine

  !> |b - A x| as the method's recurrence knows it. Local.
  subroutine dlops_solver_get_residual_norm(solver, norm, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    real(real64), intent(out) :: norm
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    norm = 0
    call finish(c_solver_get_residual_norm(solver%handle, norm), stat, errmsg)
  end subroutine

  !> sqrt(|b - A x|^2 + damp^2 |x|^2). Local.
  subroutine dlops_solver_get_damped_norm(solver, norm, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    real(real64), intent(out) :: norm
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    norm = 0
    call finish(c_solver_get_damped_norm(solver%handle, norm), stat, errmsg)
  end subroutine

  !>  The norm of the stopping rule: |b - A x| for CG, |A^H (b - A x) - damp^2 x| for CGLS. Local.
  subroutine dlops_solver_get_convergence_norm(solver, norm, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    real(real64), intent(out) :: norm
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    norm = 0
    call finish(c_solver_get_convergence_norm(solver%handle, norm), stat, errmsg)
  end subroutine

  !> Seconds of the last solve, from set-up to finalize, on this rank. Local.
  subroutine dlops_solver_get_seconds(solver, seconds, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    real(real64), intent(out) :: seconds
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    seconds = 0
    call finish(c_solver_get_seconds(solver%handle, seconds), stat, errmsg)
  end subroutine

  !> Bytes of vectors that a set-up makes on this rank. Local.
  subroutine dlops_solver_get_memory_usage(solver, bytes, stat, errmsg)
    type(dlops_solver), intent(in) :: solver
    integer(int64), intent(out) :: bytes
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    bytes = 0
    call finish(c_solver_get_memory_usage(solver%handle, bytes), stat, errmsg)
  end subroutine
end module dlops_solvers
