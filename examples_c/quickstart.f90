! The first derivative of a distributed array, and CGLS on it.
!
!     mpirun -n 4 quickstart_fortran
!
! x is a bell over 201 points, each rank fills its own part. y = D x is compared with the exact derivative; then
! (D; I) u = (y; x) is solved in the least-squares sense, whose solution is x.
program quickstart
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use mpi_f08
  use dlops
  implicit none

  real(real64), parameter :: step = 0.05_real64
  type(dlops_context) :: context
  type(dlops_space) :: model
  type(dlops_operator) :: D, I, stack
  type(dlops_array) :: x, y, b, u
  type(dlops_solver) :: cgls
  real(real64), allocatable, target :: bell(:)
  real(real64), pointer :: slope(:)
  real(real64), allocatable :: t(:)
  real(real64) :: largest, error, norm, difference
  integer(int64), allocatable :: start(:)
  integer(int64) :: count, k
  integer :: rank, ranks
  logical :: wrong

  call MPI_Init()
  call dlops_context_create_mpi(MPI_COMM_WORLD, context)

  ! 201 points from -5 to 5, cut over the ranks.
  call dlops_space_create(context, DLOPS_FLOAT64, [201], model)
  call dlops_space_get_local_start(model, start)
  call dlops_space_get_local_count(model, count)
  allocate (t(count), bell(count))
  do k = 1, count
    t(k) = (start(1) + k - 102) * step
  end do
  bell = exp(-t**2)
  call dlops_array_wrap(model, bell, x)

  ! y = D x; neighbouring ranks exchange one sample.
  call dlops_first_derivative_create(model, 1, D, sampling=step)
  call dlops_operator_create_range_array(D, y)
  call dlops_operator_apply(D, DLOPS_FORWARD, x, y)
  call dlops_array_acquire(y, DLOPS_ACCESS_READ, slope)
  largest = maxval([0.0_real64, abs(slope + 2 * t * bell)])
  call dlops_array_release(y)
  call MPI_Allreduce(largest, error, 1, MPI_DOUBLE_PRECISION, MPI_MAX, MPI_COMM_WORLD)

  ! The least-squares solution of (D; I) u = (y; x), from zero.
  call dlops_identity_create(model, I)
  call dlops_stacked_vstack_create([D, I], stack)
  call dlops_operator_create_range_array(stack, b)
  call dlops_operator_apply(stack, DLOPS_FORWARD, x, b)
  call dlops_operator_create_domain_array(stack, u)
  call dlops_solver_create(DLOPS_SOLVER_CGLS, stack, cgls)
  call dlops_solver_set_tolerances(cgls, 1e-10_real64, 0.0_real64, 0.0_real64)
  call dlops_solver_set_monitor(cgls, dlops_monitor_table)   ! the table PyLops users know, on rank 0
  call dlops_solver_solve(cgls, b, u)

  call dlops_array_norm(x, norm)
  call dlops_array_axpy(-1, x, u)
  call dlops_array_norm(u, difference)
  call dlops_context_get_rank(context, rank)
  call dlops_context_get_size(context, ranks)
  if (rank == 0) then
    print '(/, i0, 2(a, es7.1), a)', ranks, ' ranks: derivative within ', error, &
      ' of the exact one, solution within ', difference / norm, ' of the known one'
  end if
  wrong = .not. (error < 5e-3_real64 .and. difference < 1e-8_real64 * norm)

  call dlops_solver_destroy(cgls)
  call dlops_array_destroy(u)
  call dlops_array_destroy(b)
  call dlops_array_destroy(y)
  call dlops_array_destroy(x)
  call dlops_operator_destroy(stack)
  call dlops_operator_destroy(I)
  call dlops_operator_destroy(D)
  call dlops_space_destroy(model)
  call dlops_context_destroy(context)
  call MPI_Finalize()
  if (wrong) error stop 1
end program quickstart
