! Devices: what contexts and spaces say about them, and arrays in their memory. Without a driver: that this is said,
! which DLOPS_TEST_MEMORY=cuda makes a failure.
module pieces
  use, intrinsic :: iso_c_binding, only: c_f_pointer, c_int, c_intptr_t, c_null_ptr, c_ptr, c_size_t
  implicit none
  integer(c_intptr_t) :: next = 0    ! of a block that stays

contains

  !> A dlops_allocate_callback, and its counterpart: how many pieces are out stands at `user`.
  function give(bytes, stream, user) bind(C) result(memory)
    integer(c_size_t), value :: bytes
    type(c_ptr), value :: stream, user
    type(c_ptr) :: memory
    call add(user, 1)
    memory = transfer(next, c_null_ptr)
    next = next + 256 * ((bytes + 255) / 256)
  end function

  subroutine take_back(memory, bytes, stream, user) bind(C)
    type(c_ptr), value :: memory, stream, user
    integer(c_size_t), value :: bytes
    call add(user, -1)
  end subroutine

  subroutine add(place, number)
    type(c_ptr), intent(in) :: place
    integer, intent(in) :: number
    integer(c_int), pointer :: counts(:)
    call c_f_pointer(place, counts, [2])
    counts(1) = counts(1) + number
    counts(2) = counts(2) + 1
  end subroutine
end module

program device
  use, intrinsic :: iso_c_binding, only: c_associated, c_funloc, c_int, c_loc, c_null_ptr, c_ptr
  use, intrinsic :: iso_fortran_env, only: real64
  use mpi_f08
  use pieces
  use dlops
  implicit none
  type(dlops_context) :: context
  integer :: rank, devices, stat
  character(len=300) :: errmsg
  character(len=20) :: wanted

  call MPI_Init()
  call MPI_Comm_rank(MPI_COMM_WORLD, rank)
  call get_environment_variable('DLOPS_TEST_MEMORY', wanted)
  errmsg = ''
  call dlops_device_get_count(devices, stat, errmsg)
  if (stat /= DLOPS_OK .or. devices == 0) then
    call check(stat == DLOPS_ERROR_UNSUPPORTED .and. index(errmsg, 'CUDA') > 0 .and. devices == 0, 'no driver')
    call dlops_context_create_mpi(MPI_COMM_WORLD, context, memory=DLOPS_CUDA, own_stream=.true., stat=stat, &
      errmsg=errmsg)
    call check(stat == DLOPS_ERROR_UNSUPPORTED .and. index(errmsg, 'CUDA') > 0, 'a context without a driver')
    call check(.not. c_associated(context%handle), 'no handle after an error')
    call check(wanted /= 'cuda', 'DLOPS_TEST_MEMORY=cuda, and there is no device')
    if (rank == 0) print '(a)', 'SKIPPED: arrays in device memory: no device'
  else
    call arrays()
    call streams()
    call transports()
    call allocator()
  end if
  call refusals()
  call dlops_context_create_mpi(MPI_COMM_WORLD, context)
  call ordered()
  call dlops_context_destroy(context)
  call check(dlops_live_handles() == 0, 'handles are left')
  call MPI_Finalize()

contains

  !> The same on the host and on a device: page-locked arrays, copies that do not wait, events, DLPack.
  subroutine ordered()
    type(dlops_space) :: space, host
    type(dlops_array) :: x, y, pinned, shared
    type(dlops_event) :: start, finish, copy
    type(c_ptr) :: tensor
    real(real64) :: milliseconds, here, there
    logical :: done
    call dlops_space_create(context, DLOPS_FLOAT64, [200], space)
    call dlops_space_with_memory(space, DLOPS_HOST, host)
    call dlops_array_create(space, x)
    call dlops_array_create(space, y)
    call dlops_array_create_pinned(host, pinned)
    call dlops_event_create(context, start)
    call dlops_event_create(context, finish)
    call dlops_event_retain(finish, copy)
    call dlops_event_get_elapsed(start, finish, milliseconds, stat, errmsg)
    call check(stat == DLOPS_ERROR_STATE .and. index(errmsg, 'not recorded') > 0, 'an event without a mark')
    call dlops_event_record(start)
    call dlops_array_fill(x, 2)
    call dlops_array_copy_async(x, pinned)
    call dlops_event_record(copy)
    call dlops_event_synchronize(finish)
    call dlops_event_get_done(finish, done)
    call dlops_event_get_elapsed(start, finish, milliseconds)
    call check(done .and. milliseconds >= 0, 'an event')
    call dlops_event_wait(finish, context)
    call dlops_array_copy(pinned, y)
    call dlops_array_norm(x, here)
    call dlops_array_norm(y, there)
    call check(abs(here - there) < 1e-12_real64, 'a copy that does not wait')
    call dlops_array_get_dlpack(x, tensor)
    call dlops_array_create_from_dlpack(space, tensor, shared)
    call dlops_array_fill(x, 5)
    call dlops_array_norm(x, here)
    call dlops_array_norm(shared, there)
    call check(abs(here - there) < 1e-12_real64, 'a tensor of DLPack')
    call dlops_array_destroy(shared)
    call dlops_array_get_dlpack(x, tensor, versioned=.false.)
    call dlops_array_create_from_dlpack(space, tensor, shared, versioned=.false.)
    call dlops_array_norm(shared, there)
    call check(abs(here - there) < 1e-12_real64, 'a tensor of the older DLPack')
    call dlops_array_destroy(shared)
    call dlops_array_create_from_dlpack(space, c_null_ptr, shared, stat=stat)
    call check(stat == DLOPS_ERROR_NULL_POINTER, 'no tensor')
    call dlops_event_destroy(start)
    call dlops_event_destroy(finish)
    call dlops_event_destroy(copy)
    call dlops_array_destroy(x)
    call dlops_array_destroy(y)
    call dlops_array_destroy(pinned)
    call dlops_space_destroy(space)
    call dlops_space_destroy(host)
  end subroutine

  !> Device memory of the host's own: pieces of an array of another context.
  subroutine allocator()
    type(dlops_context) :: other
    type(dlops_space) :: space, block_space
    type(dlops_array) :: x, block
    real(real64), pointer :: memory(:)
    integer(c_int), target :: counts(2)
    real(real64) :: length
    counts = 0
    call dlops_context_create_self(context, memory=DLOPS_CUDA, own_stream=.true.)
    call dlops_space_create(context, DLOPS_FLOAT64, [100000], block_space)
    call dlops_array_create(block_space, block)
    call dlops_array_acquire(block, DLOPS_ACCESS_READ_WRITE, memory)
    call dlops_context_synchronize(context)
    next = 256 * ((transfer(c_loc(memory), next) + 255) / 256)
    call dlops_context_create_self(other, memory=DLOPS_CUDA, own_stream=.true., allocate=c_funloc(give), &
      deallocate=c_funloc(take_back), allocator_data=c_loc(counts))
    call dlops_space_create(other, DLOPS_FLOAT64, [100], space)
    call dlops_array_create(space, x)
    call dlops_array_fill(x, 2)
    call dlops_array_norm(x, length)
    call check(abs(length - 20) < 1e-12_real64 .and. counts(2) > 0, 'memory of the host''s own')
    call dlops_array_destroy(x)
    call dlops_space_destroy(space)
    call dlops_context_destroy(other)
    call check(counts(1) == 0, 'memory that was given comes back')
    call dlops_context_create_self(other, memory=DLOPS_CUDA, own_stream=.true., allocate=c_funloc(give), stat=stat, &
      errmsg=errmsg)
    call check(stat == DLOPS_ERROR_OPTION .and. index(errmsg, 'deallocate is NULL') > 0, 'half an allocator')
    call dlops_context_create_self(other, memory=DLOPS_CUDA, own_stream=.true., nccl_time_limit=-2d0, stat=stat, &
      errmsg=errmsg)
    call check(stat == DLOPS_ERROR_OPTION .and. index(errmsg, 'nccl_time_limit is -2') > 0, 'a time limit')
    call dlops_array_release(block)
    call dlops_array_destroy(block)
    call dlops_space_destroy(block_space)
    call dlops_context_destroy(context)
  end subroutine

  subroutine streams()
    type(dlops_context) :: other
    type(dlops_space) :: space, host
    type(dlops_array) :: x, pinned
    type(dlops_event) :: event
    type(c_ptr) :: own, second, now
    integer :: number, before, after
    real(real64) :: length
    logical :: can
    call dlops_context_create_mpi(MPI_COMM_WORLD, context, memory=DLOPS_CUDA, own_stream=.true.)
    call dlops_context_create_mpi(MPI_COMM_WORLD, other, memory=DLOPS_CUDA, own_stream=.true.)
    call ordered()
    call dlops_context_get_stream(context, own)
    call dlops_context_get_stream(other, second)
    call dlops_space_create(context, DLOPS_FLOAT64, [100], space)
    call dlops_space_with_memory(space, DLOPS_HOST, host)
    call dlops_array_create(space, x)
    call dlops_array_create_pinned(host, pinned)
    call dlops_array_fill(x, 3)
    call dlops_context_set_stream(context, second)
    call dlops_context_get_stream(context, now)
    call check(c_associated(now, second), 'another stream')
    call dlops_array_scale(2, x)
    call dlops_context_set_stream(context, own)
    call dlops_event_create(context, event)
    call dlops_event_record(event)
    call dlops_event_wait_on(event, second)
    call dlops_array_copy_async(x, pinned, second)
    call dlops_event_record_on(event, second)
    call dlops_event_synchronize(event)
    call dlops_array_norm(pinned, length)
    call check(abs(length - 60) < 1e-12_real64, 'a copy on another stream')
    call dlops_device_get_current(before)
    call dlops_context_get_device(context, number)
    call dlops_device_push(number)
    call dlops_device_get_current(after)
    call check(after == number, 'a device that was pushed')
    call dlops_device_pop()
    call dlops_device_get_current(after)
    call check(after == before, 'a device that was popped')
    call dlops_device_push(99, stat, errmsg)
    call check(stat == DLOPS_ERROR_ARGUMENT .and. index(errmsg, 'device is 99') > 0, 'no such device')
    call dlops_device_can_access_peer(number, number, can)
    call check(can, 'its own memory')
    call dlops_event_destroy(event)
    call dlops_array_destroy(x)
    call dlops_array_destroy(pinned)
    call dlops_space_destroy(space)
    call dlops_space_destroy(host)
    call dlops_context_destroy(other)
    call dlops_context_destroy(context)
  end subroutine

  subroutine refusals()
    type(dlops_space) :: space, moved
    type(dlops_memory_statistics) :: statistics
    type(c_ptr) :: stream
    character(len=:), allocatable :: name
    integer :: number
    integer, parameter :: wrong(3) = [-1, -2, huge(1)]
    integer :: i
    call dlops_context_create_mpi(MPI_COMM_WORLD, context, memory=DLOPS_HOST)
    call dlops_space_create(context, DLOPS_FLOAT64, [4], space)
    call dlops_space_with_memory(space, DLOPS_HOST, moved)
    call dlops_space_get_memory(moved, number)
    call check(number == DLOPS_HOST, 'memory of a space')
    call dlops_space_destroy(moved)
    call dlops_space_with_memory(space, DLOPS_CUDA, moved, stat, errmsg)
    call check(stat == DLOPS_ERROR_UNSUPPORTED .and. index(errmsg, 'without a device') > 0, 'with_memory')
    call dlops_context_get_device(context, number, stat)
    call check(stat == DLOPS_ERROR_STATE .and. number == -1, 'get_device')
    call dlops_context_get_device_name(context, name, stat)
    call check(stat == DLOPS_ERROR_STATE .and. len(name) == 0, 'get_device_name')
    call dlops_context_get_stream(context, stream, stat)
    call check(stat == DLOPS_ERROR_STATE .and. .not. c_associated(stream), 'get_stream')
    call dlops_context_get_transport(context, number, stat)
    call check(stat == DLOPS_ERROR_STATE .and. number == 0, 'get_transport')
    call dlops_context_get_nccl(context, stream, stat)
    call check(stat == DLOPS_ERROR_STATE .and. .not. c_associated(stream), 'get_nccl')
    call dlops_context_get_memory_statistics(context, statistics, stat)
    call check(stat == DLOPS_ERROR_STATE .and. statistics%limit == -1, 'get_memory_statistics')
    call dlops_context_set_memory_limit(context, stat=stat)
    call check(stat == DLOPS_ERROR_STATE, 'set_memory_limit')
    call dlops_context_trim_memory(context, stat=stat)
    call check(stat == DLOPS_ERROR_STATE, 'trim_memory')
    call dlops_context_synchronize(context)
    call dlops_space_destroy(space)
    call dlops_context_destroy(context)

    do i = 1, size(wrong)
      call dlops_context_create_self(context, memory=DLOPS_CUDA, device=wrong(i), stat=stat, errmsg=errmsg)
      call check(stat == DLOPS_ERROR_OPTION .and. index(errmsg, 'device is -1') > 0, 'no number of a device')
    end do
    call dlops_context_create_self(context, device=0, stat=stat, errmsg=errmsg)
    call check(stat == DLOPS_ERROR_OPTION .and. index(errmsg, 'DLOPS_CUDA') > 0, 'a device without memory')
    call dlops_context_create_self(context, memory=9, stat=stat)
    call check(stat == DLOPS_ERROR_OPTION, 'unknown memory')
  end subroutine

  !> Which way from device to device, with NCCL only where it is found.
  subroutine transports()
    type(dlops_context) :: own, given
    type(c_ptr) :: nccl, same
    integer :: number
    call dlops_context_create_mpi(MPI_COMM_WORLD, context, memory=DLOPS_CUDA, own_stream=.true., &
      transport=DLOPS_TRANSPORT_STAGED)
    call dlops_context_get_transport(context, number)
    call check(number == DLOPS_TRANSPORT_STAGED, 'staged')
    call dlops_context_get_nccl(context, nccl, stat, errmsg)
    call check(stat == DLOPS_ERROR_STATE .and. index(errmsg, 'is not NCCL') > 0, 'no NCCL')
    call dlops_context_destroy(context)
    call dlops_context_create_mpi(MPI_COMM_WORLD, context, memory=DLOPS_CUDA, transport=9, stat=stat, errmsg=errmsg)
    call check(stat == DLOPS_ERROR_OPTION .and. index(errmsg, 'transport is 9') > 0, 'no such transport')
    call dlops_context_create_self(own, memory=DLOPS_CUDA, own_stream=.true., transport=DLOPS_TRANSPORT_NCCL, &
      stat=stat, errmsg=errmsg)
    if (stat == DLOPS_OK) then
      call dlops_context_get_nccl(own, nccl)
      call dlops_context_create_self(given, memory=DLOPS_CUDA, own_stream=.true., nccl=nccl)
      call dlops_context_get_nccl(given, same)
      call dlops_context_get_transport(given, number)
      call check(c_associated(same, nccl) .and. number == DLOPS_TRANSPORT_NCCL, 'the communicator that was given')
      call dlops_context_destroy(given)
      call dlops_context_destroy(own)
    else
      call check(stat == DLOPS_ERROR_UNSUPPORTED .and. index(errmsg, 'libnccl.so.2') > 0, 'NCCL is not found')
    end if
  end subroutine

  subroutine arrays()
    type(dlops_context) :: other
    type(dlops_space) :: space, host, large
    type(dlops_array) :: x, y, back, a, b
    type(dlops_memory_statistics) :: before, now
    type(c_ptr) :: stream, same
    character(len=:), allocatable :: name
    real(real64) :: difference, length
    complex(real64) :: there, here
    integer :: number
    call dlops_context_create_mpi(MPI_COMM_WORLD, context, memory=DLOPS_CUDA, own_stream=.true.)
    call dlops_context_get_device(context, number)
    call check(number == mod(rank, devices), 'the device of a rank')
    call dlops_context_get_device_name(context, name)
    call check(len(name) > 2, 'the name of a device')
    call dlops_context_get_stream(context, stream)
    call check(c_associated(stream), 'an own stream')
    call dlops_context_synchronize(context)
    call dlops_context_get_memory_statistics(context, before)
    call check(before%limit == -1 .and. before%used >= 0, 'no limit')

    call dlops_space_create(context, DLOPS_FLOAT64, [3, 40], space)
    call dlops_space_with_memory(space, DLOPS_HOST, host)
    call dlops_array_create(host, x)
    call dlops_array_create(host, y)
    call dlops_array_create(host, back)
    call dlops_array_create(space, a)
    call dlops_array_create(space, b)
    call dlops_array_fill_random(x, DLOPS_NORMAL, 1)
    call dlops_array_fill_random(y, DLOPS_NORMAL, 2)
    call dlops_array_copy(x, a)
    call dlops_array_copy(y, b)
    call dlops_array_axpy(-0.5, a, b)
    call dlops_array_axpy(-0.5, x, y)
    call dlops_array_copy(b, back)
    call dlops_array_axpy(-1, y, back)
    call dlops_array_norm(back, difference)
    call dlops_array_norm(y, length)
    call check(difference < 1e-13_real64 * length .and. length > 1, 'axpy')
    call dlops_array_dot(a, b, there)
    call dlops_array_dot(x, y, here)
    call check(abs(there - here) < 1e-12_real64 * length**2, 'dot')
    call dlops_array_axpy(1, x, b, stat, errmsg)
    call check(stat == DLOPS_ERROR_SPACE .and. index(errmsg, 'memory') > 0, 'host and device meet')

    call dlops_context_get_memory_statistics(context, now)
    call check(now%used > before%used, 'memory in use')
    call dlops_context_set_memory_limit(context, now%used)
    call dlops_context_get_memory_statistics(context, now)
    call check(now%limit == now%used, 'a limit')
    call dlops_space_create(context, DLOPS_FLOAT64, [100000], large)
    call dlops_array_destroy(back)
    call dlops_array_create(large, back, stat, errmsg)
    call check(stat == DLOPS_ERROR_MEMORY .and. index(errmsg, 'limit') > 0, 'beyond the limit')
    call dlops_context_set_memory_limit(context)
    call dlops_array_create(large, back)

    call dlops_context_create_mpi(MPI_COMM_WORLD, other, memory=DLOPS_CUDA, device=number, stream=stream)
    call dlops_context_get_stream(other, same)
    call check(c_associated(same, stream), 'the stream that was given')
    call dlops_context_destroy(other)
    call dlops_context_create_mpi(MPI_COMM_WORLD, other, memory=DLOPS_CUDA, device=devices - 1)
    call dlops_context_get_stream(other, same)
    call dlops_context_get_device(other, number)
    call check(number == devices - 1 .and. .not. c_associated(same), 'the default stream of the last device')
    call dlops_context_destroy(other)
    call dlops_context_create_mpi(MPI_COMM_WORLD, other, memory=DLOPS_CUDA, device=99, stat=stat, errmsg=errmsg)
    call check(stat == DLOPS_ERROR_ARGUMENT .and. index(errmsg, 'device is 99') > 0, 'no such device')

    call dlops_array_destroy(x)
    call dlops_array_destroy(y)
    call dlops_array_destroy(back)
    call dlops_array_destroy(a)
    call dlops_array_destroy(b)
    call dlops_space_destroy(space)
    call dlops_space_destroy(host)
    call dlops_space_destroy(large)
    call dlops_context_synchronize(context)
    call dlops_context_get_memory_statistics(context, now)
    call check(now%used == before%used, 'memory is given back')
    call dlops_context_trim_memory(context)
    call dlops_context_destroy(context)
  end subroutine

  subroutine check(condition, text)
    logical, intent(in) :: condition
    character(len=*), intent(in) :: text
    if (.not. condition) error stop text
  end subroutine
end program device
