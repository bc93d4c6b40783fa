! Contexts from both kinds of MPI communicators and of one rank, their options, their log, and what they leave behind.
module received
  use dlops
  implicit none
  integer :: lines = 0
contains
  subroutine take(level, text, user)
    integer, intent(in) :: level
    character(len=*), intent(in) :: text
    class(*), intent(inout) :: user
    if (level /= DLOPS_LOG_INFO .or. len(text) == 0) error stop 'a message without level or text'
    lines = lines + 1
    select type (user)
    type is (integer)
      user = user + 1
    end select
  end subroutine
end module received

program contexts
  use mpi_f08
  use dlops
  use received
  implicit none
  type(dlops_context) :: from_f08, from_integer, alone
  type(dlops_space) :: space
  integer :: rank, ranks, found, threads
  integer, target :: counted

  call MPI_Init()
  call MPI_Comm_rank(MPI_COMM_WORLD, rank)
  call MPI_Comm_size(MPI_COMM_WORLD, ranks)

  call dlops_context_create_mpi(MPI_COMM_WORLD, from_f08, threads=2, check_level=1)
  call dlops_context_create_mpi(MPI_COMM_WORLD%MPI_VAL, from_integer)
  call dlops_context_create_self(alone)
  call dlops_context_get_rank(from_f08, found)
  call check(found == rank, 'rank of a type(MPI_Comm)')
  call dlops_context_get_rank(from_integer, found)
  call check(found == rank, 'rank of an integer communicator')
  call dlops_context_get_size(from_integer, found)
  call check(found == ranks, 'size of an integer communicator')
  call dlops_context_get_size(alone, found)
  call check(found == 1, 'size of a context of one rank')
  call dlops_context_get_threads(from_f08, threads)
  call check(threads == 2, 'threads')

  counted = 0
  call dlops_context_set_log(from_f08, take, counted)
  call dlops_space_create(from_f08, DLOPS_FLOAT32, [4, 5], space)
  call dlops_space_view(space)
  call check(lines > 0 .and. counted == lines, 'the log')
  call dlops_context_set_log(from_f08)
  found = lines
  call dlops_space_view(space)
  call check(lines == found, 'silence after the log was removed')

  call check(dlops_version() == '0.1.0' .and. index(dlops_build_info(), '0.1.0') > 0, 'version')
  call dlops_context_destroy(from_f08)
  call dlops_space_destroy(space)
  call dlops_context_destroy(from_integer)
  call dlops_context_destroy(alone)
  call dlops_context_destroy(alone)
  call check(dlops_live_handles() == 0, 'handles are left')
  call MPI_Finalize()

contains

  subroutine check(condition, text)
    logical, intent(in) :: condition
    character(len=*), intent(in) :: text
    if (.not. condition) error stop text
  end subroutine
end program contexts
