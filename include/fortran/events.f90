!> Marks in the order of work, the device that is current on a thread, and arrays shared through DLPack.
module dlops_events
  use, intrinsic :: iso_c_binding, only: c_double, c_int32_t, c_null_ptr, c_ptr
  use, intrinsic :: iso_fortran_env, only: real64
  use dlops_bindings
  use dlops_errors
  use dlops_types
  implicit none
  private
  public :: dlops_event_create, dlops_event_record, dlops_event_record_on, dlops_event_wait, dlops_event_wait_on, &
    dlops_event_synchronize, dlops_event_get_done, dlops_event_get_elapsed, dlops_event_retain, dlops_event_destroy, &
    dlops_device_get_current, dlops_device_push, dlops_device_pop, dlops_device_can_access_peer, &
    dlops_array_create_from_dlpack, dlops_array_get_dlpack

contains

  !> Makes an event: a mark in the order of the context's work, of the clock for a context without a device. Local.
  subroutine dlops_event_create(context, event, stat, errmsg)
    type(dlops_context), intent(in) :: context
    type(dlops_event), intent(out) :: event
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_event_create(context%handle, event%handle), stat, errmsg)
  end subroutine

  !> Marks the work that is on the stream of the event's context now. Local.
  subroutine dlops_event_record(event, stat, errmsg)
    type(dlops_event), intent(in) :: event
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_event_record(event%handle), stat, errmsg)
  end subroutine

  !> Marks the work that is on another stream, a cudaStream_t of the same device, now. Local.
  subroutine dlops_event_record_on(event, stream, stat, errmsg)
    type(dlops_event), intent(in) :: event
    type(c_ptr), intent(in) :: stream
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_event_record_on(event%handle, stream), stat, errmsg)
  end subroutine

  !> Work that is put on the context's stream from now on waits for the mark. Local.
  subroutine dlops_event_wait(event, context, stat, errmsg)
    type(dlops_event), intent(in) :: event
    type(dlops_context), intent(in) :: context
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_event_wait(event%handle, context%handle), stat, errmsg)
  end subroutine

  !> Work that is put on another stream of the same device from now on waits for the mark. Local.
  subroutine dlops_event_wait_on(event, stream, stat, errmsg)
    type(dlops_event), intent(in) :: event
    type(c_ptr), intent(in) :: stream
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_event_wait_on(event%handle, stream), stat, errmsg)
  end subroutine

  !> Waits until the work before the mark is done; an error of any of it is reported here. Local.
  subroutine dlops_event_synchronize(event, stat, errmsg)
    type(dlops_event), intent(in) :: event
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_event_synchronize(event%handle), stat, errmsg)
  end subroutine

  !> Whether the work before the mark is done. Local.
  subroutine dlops_event_get_done(event, done, stat, errmsg)
    type(dlops_event), intent(in) :: event
    logical, intent(out) :: done
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t) :: done_c
    done_c = 0
    call finish(c_event_get_done(event%handle, done_c), stat, errmsg)
    done = done_c /= 0
  end subroutine

  !> Milliseconds from one mark to the other; waits for both. DLOPS_ERROR_STATE where one was not recorded. Local.
  subroutine dlops_event_get_elapsed(start, end, milliseconds, stat, errmsg)
    type(dlops_event), intent(in) :: start, end
    real(real64), intent(out) :: milliseconds
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    real(c_double) :: elapsed
    elapsed = 0
    call finish(c_event_get_elapsed(start%handle, end%handle, elapsed), stat, errmsg)
    milliseconds = elapsed
  end subroutine

  !> Another handle to the same event. Local.
  subroutine dlops_event_retain(event, copy, stat, errmsg)
    type(dlops_event), intent(in) :: event
    type(dlops_event), intent(out) :: copy
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_event_retain(event%handle, copy%handle), stat, errmsg)
  end subroutine

  !> Destroys a handle and forgets it. Local.
  subroutine dlops_event_destroy(event, stat, errmsg)
    type(dlops_event), intent(inout) :: event
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_event_destroy(event%handle), stat, errmsg)
  end subroutine

  !> The number of the device that is current on this thread, from 0; -1: no CUDA context is. Local.
  subroutine dlops_device_get_current(device, stat, errmsg)
    integer, intent(out) :: device
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t) :: device_c
    device_c = -1
    call finish(c_device_get_current(device_c), stat, errmsg)
    device = int(device_c)
  end subroutine

  !> Makes a device current on this thread, for the program's own CUDA calls, until dlops_device_pop. Local.
  subroutine dlops_device_push(device, stat, errmsg)
    integer, intent(in) :: device
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_device_push(int(device, c_int32_t)), stat, errmsg)
  end subroutine

  !> Makes current again what was so before this thread's last dlops_device_push. Local.
  subroutine dlops_device_pop(stat, errmsg)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_device_pop(), stat, errmsg)
  end subroutine

  !> Whether a device reaches the memory of another one without the host. Local.
  subroutine dlops_device_can_access_peer(device, peer, can, stat, errmsg)
    integer, intent(in) :: device, peer
    logical, intent(out) :: can
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t) :: can_c
    can_c = 0
    call finish(c_device_can_access_peer(int(device, c_int32_t), int(peer, c_int32_t), can_c), stat, errmsg)
    can = can_c /= 0
  end subroutine

  !> Makes an array over this rank's elements in the memory of a DLPack tensor (a pointer to a DLManagedTensorVersioned,
  !! or with versioned=.false. to a DLManagedTensor), which is taken over on success only. Local.
  !!
  !! stream  a cudaStream_t whose work makes the data; default the legacy default stream
  subroutine dlops_array_create_from_dlpack(space, tensor, array, stream, versioned, stat, errmsg)
    type(dlops_space), intent(in) :: space
    type(c_ptr), intent(in) :: tensor
    type(dlops_array), intent(out) :: array
    type(c_ptr), intent(in), optional :: stream
    logical, intent(in), optional :: versioned
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    if (is_versioned(versioned)) then
      call finish(c_array_create_from_dlpack(space%handle, tensor, stream_of(stream), array%handle), stat, errmsg)
    else
      call finish(c_array_create_from_dlpack_unversioned(space%handle, tensor, stream_of(stream), array%handle), stat, &
        errmsg)
    end if
  end subroutine

  !> This rank's elements as a DLPack tensor (a pointer to a DLManagedTensorVersioned, or with versioned=.false. to a
  !! DLManagedTensor), which keeps the memory alive until its deleter is called. Its shape is in C order. Local.
  !!
  !! stream  a cudaStream_t that the consumer works on; default the legacy default stream
  subroutine dlops_array_get_dlpack(array, tensor, stream, versioned, stat, errmsg)
    type(dlops_array), intent(in) :: array
    type(c_ptr), intent(out) :: tensor
    type(c_ptr), intent(in), optional :: stream
    logical, intent(in), optional :: versioned
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    tensor = c_null_ptr
    if (is_versioned(versioned)) then
      call finish(c_array_get_dlpack(array%handle, stream_of(stream), tensor), stat, errmsg)
    else
      call finish(c_array_get_dlpack_unversioned(array%handle, stream_of(stream), tensor), stat, errmsg)
    end if
  end subroutine

  function is_versioned(versioned) result(answer)
    logical, intent(in), optional :: versioned
    logical :: answer
    answer = .true.
    if (present(versioned)) answer = versioned
  end function

  function stream_of(stream) result(raw)
    type(c_ptr), intent(in), optional :: stream
    type(c_ptr) :: raw
    raw = c_null_ptr
    if (present(stream)) raw = stream
  end function
end module dlops_events
