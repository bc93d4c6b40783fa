!> Contexts: communicator, threads, log, profile.
module dlops_contexts
  use, intrinsic :: iso_c_binding, only: c_double, c_f_pointer, c_funloc, c_funptr, c_int32_t, c_loc, c_null_funptr, &
    c_null_ptr, c_ptr, c_sizeof
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use dlops_arguments
  use dlops_bindings
  use dlops_constants
  use dlops_errors
  use dlops_options
  use dlops_types
#ifdef DLOPS_MPI
  use mpi_f08, only: MPI_Comm, MPI_COMM_WORLD
#endif
  implicit none
  private
  public :: dlops_context_get_local, dlops_context_retain, dlops_context_get_rank, dlops_context_get_size, &
    dlops_context_get_threads, dlops_context_set_check_level, dlops_context_agree, dlops_context_set_profile, &
    dlops_context_view_profile, dlops_context_reset_profile, dlops_context_destroy, dlops_context_create_self, &
    dlops_context_create_custom, dlops_context_set_log, dlops_context_get_profile, dlops_context_create_mpi, &
    dlops_log_subroutine

  abstract interface
    !> Receives a message of a context on the thread that caused it.
    subroutine dlops_log_subroutine(level, text, user)
      integer, intent(in) :: level                !< DLOPS_LOG_...
      character(len=*), intent(in) :: text
      class(*), intent(inout) :: user             !< what was passed to dlops_context_set_log
    end subroutine
  end interface

  !> Makes a context over an MPI communicator, an integer (mpi, mpif.h) or a type(MPI_Comm) (mpi_f08), which is
  !! duplicated. Collective over the communicator.
  !!
  !! threads        threads of each rank; default DLOPS_NUM_THREADS, or 1
  !! check_level    1: every collective call first agrees that all ranks passed the same arguments
  !! deterministic  dot products, norms and residual histories are bit-equal for any number of ranks
  !! profile        count calls, seconds, messages and bytes of every operator and solver
  !! memory         where arrays are unless their space says otherwise: DLOPS_HOST, or DLOPS_CUDA for a CUDA device
  !! device         DLOPS_CUDA: number of the device, from 0; default this rank's number among the ranks of its machine,
  !!                modulo the number of devices that it sees
  !! own_stream     DLOPS_CUDA: work on a stream of the library's own, in place of `stream`
  !! stream         DLOPS_CUDA: a cudaStream_t, borrowed for the life of the context; default the legacy default stream
  !! transport      DLOPS_CUDA: how what lies on devices goes from rank to rank, DLOPS_TRANSPORT_...; default automatic
  !! nccl           DLOPS_CUDA: an ncclComm_t of the same ranks and devices, borrowed for the life of the context
  !! allocate, deallocate  DLOPS_CUDA: c_funloc of a dlops_allocate_callback and a dlops_deallocate_callback of dlops.h, by
  !!                which device memory comes and goes in place of the library's pool; both or neither
  !! allocator_data passed to both; borrowed, until the context and everything made on it is gone
  !! nccl_time_limit  NCCL: seconds that a call may wait for work of which messages to other ranks are part, before it
  !!                gives the communicator up with DLOPS_ERROR_NCCL; default DLOPS_NCCL_TIME_LIMIT, or 1800
  interface dlops_context_create_mpi
    module procedure create_from_integer
#ifdef DLOPS_MPI
    module procedure create_from_f08
#endif
  end interface

  type :: log_record
    procedure(dlops_log_subroutine), pointer, nopass :: log => null()
    class(*), pointer :: user => null()
  end type

  integer, target :: nothing = 0

contains

  !> Makes a context of this rank alone, which needs no MPI. Local. Options as of dlops_context_create_mpi.
  subroutine dlops_context_create_self(context, threads, check_level, deterministic, profile, memory, device, &
      own_stream, stream, transport, nccl, allocate, deallocate, allocator_data, nccl_time_limit, stat, errmsg)
    type(dlops_context), intent(out) :: context
    integer, intent(in), optional :: threads, check_level, memory, device, transport
    logical, intent(in), optional :: deterministic, profile, own_stream
    type(c_ptr), intent(in), optional :: stream, nccl, allocator_data
    type(c_funptr), intent(in), optional :: allocate, deallocate
    real(c_double), intent(in), optional :: nccl_time_limit
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(context_options), target :: choices
    choices = chosen(threads, check_level, deterministic, profile, memory, device, own_stream, stream, &
      transport, nccl, allocate, deallocate, allocator_data, nccl_time_limit)
    call finish(c_context_create_self(c_loc(choices), context%handle), stat, errmsg)
  end subroutine

  !> Makes a context over the host's own table of C functions, at `functions` a dlops_communicator_functions of
  !! dlops.h. Collective over its ranks. Options as of dlops_context_create_mpi.
  subroutine dlops_context_create_custom(functions, context, threads, check_level, deterministic, profile, memory, &
      device, own_stream, stream, transport, nccl, allocate, deallocate, allocator_data, nccl_time_limit, stat, errmsg)
    type(c_ptr), intent(in) :: functions
    type(dlops_context), intent(out) :: context
    integer, intent(in), optional :: threads, check_level, memory, device, transport
    logical, intent(in), optional :: deterministic, profile, own_stream
    type(c_ptr), intent(in), optional :: stream, nccl, allocator_data
    type(c_funptr), intent(in), optional :: allocate, deallocate
    real(c_double), intent(in), optional :: nccl_time_limit
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(context_options), target :: choices
    choices = chosen(threads, check_level, deterministic, profile, memory, device, own_stream, stream, &
      transport, nccl, allocate, deallocate, allocator_data, nccl_time_limit)
    call finish(c_context_create_custom(functions, c_loc(choices), context%handle), stat, errmsg)
  end subroutine

  subroutine create_from_integer(comm, context, threads, check_level, deterministic, profile, memory, device, &
      own_stream, stream, transport, nccl, allocate, deallocate, allocator_data, nccl_time_limit, stat, errmsg)
    integer, intent(in) :: comm
    type(dlops_context), intent(out) :: context
    integer, intent(in), optional :: threads, check_level, memory, device, transport
    logical, intent(in), optional :: deterministic, profile, own_stream
    type(c_ptr), intent(in), optional :: stream, nccl, allocator_data
    type(c_funptr), intent(in), optional :: allocate, deallocate
    real(c_double), intent(in), optional :: nccl_time_limit
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(context_options), target :: choices
    choices = chosen(threads, check_level, deterministic, profile, memory, device, own_stream, stream, &
      transport, nccl, allocate, deallocate, allocator_data, nccl_time_limit)
    call finish(c_context_create_fortran(int(comm, c_int32_t), mpi_family(), c_loc(choices), context%handle), stat, &
      errmsg)
  end subroutine

#ifdef DLOPS_MPI
  subroutine create_from_f08(comm, context, threads, check_level, deterministic, profile, memory, device, &
      own_stream, stream, transport, nccl, allocate, deallocate, allocator_data, nccl_time_limit, stat, errmsg)
    type(MPI_Comm), intent(in) :: comm
    type(dlops_context), intent(out) :: context
    integer, intent(in), optional :: threads, check_level, memory, device, transport
    logical, intent(in), optional :: deterministic, profile, own_stream
    type(c_ptr), intent(in), optional :: stream, nccl, allocator_data
    type(c_funptr), intent(in), optional :: allocate, deallocate
    real(c_double), intent(in), optional :: nccl_time_limit
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call create_from_integer(comm%MPI_VAL, context, threads, check_level, deterministic, profile, memory, device, &
      own_stream, stream, transport, nccl, allocate, deallocate, allocator_data, nccl_time_limit, stat, errmsg)
  end subroutine
#endif

  !> Which MPI this module is compiled with, by the values its handles have.
  function mpi_family() result(family)
    integer(c_int32_t) :: family
    family = 0
#ifdef DLOPS_MPI
    select case (MPI_COMM_WORLD%MPI_VAL)
    case (0)
      family = DLOPS_MPI_OPEN_MPI
    case (int(z'44000000'))
      family = DLOPS_MPI_MPICH
    case (int(z'101'))
      family = DLOPS_MPI_STANDARD_ABI
    end select
#endif
  end function

  function chosen(threads, check_level, deterministic, profile, memory, device, own_stream, stream, transport, nccl, &
      allocate, deallocate, allocator_data, nccl_time_limit) result(choices)
    integer, intent(in), optional :: threads, check_level, memory, device, transport
    logical, intent(in), optional :: deterministic, profile, own_stream
    type(c_ptr), intent(in), optional :: stream, nccl, allocator_data
    type(c_funptr), intent(in), optional :: allocate, deallocate
    real(c_double), intent(in), optional :: nccl_time_limit
    type(context_options) :: choices
    choices%struct_size = c_sizeof(choices)
    if (present(threads)) choices%threads = int(threads, c_int32_t)
    if (present(check_level)) choices%check_level = int(check_level, c_int32_t)
    choices%deterministic = flag(deterministic)
    choices%profile = flag(profile)
    choices%memory = number_of(memory)
    if (present(device)) then
      ! One that is no number of a device must not become 0, the default of C.
      choices%device = -1
      if (device >= 0 .and. device < huge(0_c_int32_t)) choices%device = int(device, c_int32_t) + 1
    end if
    choices%own_stream = flag(own_stream)
    if (present(stream)) choices%stream = stream
    choices%transport = number_of(transport)
    if (present(nccl)) choices%nccl = nccl
    if (present(allocate)) choices%allocate = allocate
    if (present(deallocate)) choices%deallocate = deallocate
    if (present(allocator_data)) choices%allocator_data = allocator_data
    if (present(nccl_time_limit)) choices%nccl_time_limit = nccl_time_limit
  end function

  !> Sends the messages of a context to the host; without `log`, silence, which is the default. Local.
  !!
  !! user  passed to `log`; borrowed, so a target that stays
  subroutine dlops_context_set_log(context, log, user, stat, errmsg)
    type(dlops_context), intent(in) :: context
    procedure(dlops_log_subroutine), optional :: log
    class(*), intent(in), target, optional :: user
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(log_record), pointer :: record
    integer(c_int32_t) :: status
    if (.not. present(log)) then
      call finish(c_context_set_log(context%handle, c_null_funptr, c_null_ptr, c_null_funptr), stat, errmsg)
      return
    end if
    allocate (record)
    record%log => log
    record%user => nothing
    if (present(user)) record%user => user
    status = c_context_set_log(context%handle, c_funloc(call_log), c_loc(record), c_funloc(forget_log))
    if (status /= 0) deallocate (record)
    call finish(status, stat, errmsg)
  end subroutine

  subroutine call_log(level, text, user) bind(C)
    integer(c_int32_t), value :: level
    type(c_ptr), value :: text, user
    type(log_record), pointer :: record
    call c_f_pointer(user, record)
    call record%log(int(level), text_of(text), record%user)
  end subroutine

  subroutine forget_log(user) bind(C)
    type(c_ptr), value :: user
    type(log_record), pointer :: record
    call c_f_pointer(user, record)
    deallocate (record)
  end subroutine

  !> What this rank counted for one operator or solver by name, or without one for the whole context (messages and
  !! bytes only): calls, seconds (children included), messages sent by the library and bytes of them. Local.
  subroutine dlops_context_get_profile(context, name, calls, seconds, messages, bytes, stat, errmsg)
    type(dlops_context), intent(in) :: context
    character(len=*), intent(in), optional :: name
    integer(int64), intent(out), optional :: calls, messages, bytes
    real(real64), intent(out), optional :: seconds
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(int64) :: numbers(3)
    real(real64) :: duration
    integer(c_int32_t) :: status
    numbers = 0
    duration = 0
    if (present(name)) then
      status = c_context_get_profile(context%handle, letters_of(name), numbers(1), duration, numbers(2), &
        numbers(3))
    else
      status = c_context_get_profile(context%handle, calls=numbers(1), seconds=duration, messages=numbers(2), &
        bytes=numbers(3))
    end if
    if (present(calls)) calls = numbers(1)
    if (present(seconds)) seconds = duration
    if (present(messages)) messages = numbers(2)
    if (present(bytes)) bytes = numbers(3)
    call finish(status, stat, errmsg)
  end subroutine

  !>  This rank's local context, of one rank: the same one at every call, sharing threads, log and profile. Local.
  subroutine dlops_context_get_local(context, local, stat, errmsg)
    type(dlops_context), intent(in) :: context
    type(dlops_context), intent(out) :: local
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_context_get_local(context%handle, local%handle), stat, errmsg)
  end subroutine

  !> Another handle to the same context. Local.
  subroutine dlops_context_retain(context, copy, stat, errmsg)
    type(dlops_context), intent(in) :: context
    type(dlops_context), intent(out) :: copy
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_context_retain(context%handle, copy%handle), stat, errmsg)
  end subroutine

  !> This rank's number, from 0. Local.
  subroutine dlops_context_get_rank(context, rank, stat, errmsg)
    type(dlops_context), intent(in) :: context
    integer, intent(out) :: rank
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t) :: rank_c
    rank_c = 0
    call finish(c_context_get_rank(context%handle, rank_c), stat, errmsg)
    rank = int(rank_c)
  end subroutine

  !> Number of ranks. Local.
  subroutine dlops_context_get_size(context, size, stat, errmsg)
    type(dlops_context), intent(in) :: context
    integer, intent(out) :: size
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t) :: size_c
    size_c = 0
    call finish(c_context_get_size(context%handle, size_c), stat, errmsg)
    size = int(size_c)
  end subroutine

  !> Threads of this rank. Local.
  subroutine dlops_context_get_threads(context, threads, stat, errmsg)
    type(dlops_context), intent(in) :: context
    integer, intent(out) :: threads
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t) :: threads_c
    threads_c = 0
    call finish(c_context_get_threads(context%handle, threads_c), stat, errmsg)
    threads = int(threads_c)
  end subroutine

  !>  Changes how much collective calls agree before they start (see dlops_context_options). Local.
  subroutine dlops_context_set_check_level(context, level, stat, errmsg)
    type(dlops_context), intent(in) :: context
    integer, intent(in) :: level
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_context_set_check_level(context%handle, int(level, c_int32_t)), stat, errmsg)
  end subroutine

  !>  Makes an error that one rank kept (from a call that cannot agree by itself, such as an operator's callback
  !! that failed) known to all ranks, and forgets it. Collective.
  subroutine dlops_context_agree(context, status, stat, errmsg)
    type(dlops_context), intent(in) :: context
    integer, intent(out) :: status
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t) :: status_c
    status_c = 0
    call finish(c_context_agree(context%handle, status_c), stat, errmsg)
    status = int(status_c)
  end subroutine

  !>  Switches counting of calls, seconds, messages and bytes on or off. Local.
  subroutine dlops_context_set_profile(context, enabled, stat, errmsg)
    type(dlops_context), intent(in) :: context
    logical, intent(in) :: enabled
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_context_set_profile(context%handle, merge(1_c_int32_t, 0_c_int32_t, enabled)), stat, errmsg)
  end subroutine

  !>  Sends the profile's table to the log at level DLOPS_LOG_INFO, on rank 0: its own figures. Local.
  subroutine dlops_context_view_profile(context, stat, errmsg)
    type(dlops_context), intent(in) :: context
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_context_view_profile(context%handle), stat, errmsg)
  end subroutine

  !> All counters of the profile back to zero. Local.
  subroutine dlops_context_reset_profile(context, stat, errmsg)
    type(dlops_context), intent(in) :: context
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_context_reset_profile(context%handle), stat, errmsg)
  end subroutine

  !>  Destroys a handle and sets it to null; one that is null is accepted. Collective.
  subroutine dlops_context_destroy(context, stat, errmsg)
    type(dlops_context), intent(inout) :: context
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_context_destroy(context%handle), stat, errmsg)
  end subroutine
end module dlops_contexts
