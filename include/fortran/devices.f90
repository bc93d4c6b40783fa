!> Devices: which there are, the one of a context, its stream and its memory pool.
module dlops_devices
  use, intrinsic :: iso_c_binding, only: c_char, c_int32_t, c_int64_t, c_null_char, c_null_ptr, c_ptr, c_size_t
  use, intrinsic :: iso_fortran_env, only: int64
  use dlops_arguments
  use dlops_bindings
  use dlops_errors
  use dlops_types
  implicit none
  private
  public :: dlops_device_get_count, dlops_context_get_device, dlops_context_get_device_name, dlops_context_get_stream, &
    dlops_context_synchronize, dlops_context_get_memory_statistics, dlops_context_set_memory_limit, &
    dlops_context_trim_memory, dlops_context_set_stream, dlops_context_get_transport, dlops_context_get_nccl

contains

  !> CUDA devices that this process sees; DLOPS_ERROR_UNSUPPORTED where there is no driver. Local.
  subroutine dlops_device_get_count(count, stat, errmsg)
    integer, intent(out) :: count
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t) :: count_c
    count_c = 0
    call finish(c_device_get_count(count_c), stat, errmsg)
    count = int(count_c)
  end subroutine

  !> The number of the context's device, from 0; DLOPS_ERROR_STATE without one. Local.
  subroutine dlops_context_get_device(context, device, stat, errmsg)
    type(dlops_context), intent(in) :: context
    integer, intent(out) :: device
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t) :: device_c
    device_c = -1
    call finish(c_context_get_device(context%handle, device_c), stat, errmsg)
    device = int(device_c)
  end subroutine

  !> The name of the context's device; DLOPS_ERROR_STATE without one. Local.
  subroutine dlops_context_get_device_name(context, name, stat, errmsg)
    type(dlops_context), intent(in) :: context
    character(len=:), allocatable, intent(out) :: name
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    character(kind=c_char) :: letters(256)
    letters = c_null_char
    call finish(c_context_get_device_name(context%handle, letters, size(letters, kind=c_size_t)), stat, errmsg)
    name = text_before_null(letters)
  end subroutine

  !> The stream, a cudaStream_t, that the context's work is put on; one of the library's own lives as long as the
  !! context. DLOPS_ERROR_STATE without a device. Local.
  subroutine dlops_context_get_stream(context, stream, stat, errmsg)
    type(dlops_context), intent(in) :: context
    type(c_ptr), intent(out) :: stream
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    stream = c_null_ptr
    call finish(c_context_get_stream(context%handle, stream), stat, errmsg)
  end subroutine

  !> Puts the context's work on another stream, a cudaStream_t of its device, from now on, behind everything that was put
  !! on the present one; default the legacy default stream. DLOPS_ERROR_STATE without a device. Local.
  subroutine dlops_context_set_stream(context, stream, stat, errmsg)
    type(dlops_context), intent(in) :: context
    type(c_ptr), intent(in), optional :: stream
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: raw
    raw = c_null_ptr
    if (present(stream)) raw = stream
    call finish(c_context_set_stream(context%handle, raw), stat, errmsg)
  end subroutine

  !> How what lies on the devices of the context goes from rank to rank, DLOPS_TRANSPORT_...; DLOPS_ERROR_STATE without a
  !! device. Local.
  subroutine dlops_context_get_transport(context, transport, stat, errmsg)
    type(dlops_context), intent(in) :: context
    integer, intent(out) :: transport
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t) :: transport_c
    transport_c = 0
    call finish(c_context_get_transport(context%handle, transport_c), stat, errmsg)
    transport = int(transport_c)
  end subroutine

  !> The ncclComm_t by which the context's devices talk; one of the library's own lives as long as the context.
  !! DLOPS_ERROR_STATE without a device, and with another transport. Local.
  subroutine dlops_context_get_nccl(context, nccl, stat, errmsg)
    type(dlops_context), intent(in) :: context
    type(c_ptr), intent(out) :: nccl
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    nccl = c_null_ptr
    call finish(c_context_get_nccl(context%handle, nccl), stat, errmsg)
  end subroutine

  !> Waits until all work that was put on the context's stream is done; an error of any of it is reported here. Returns
  !! at once for a context without a device. Local.
  subroutine dlops_context_synchronize(context, stat, errmsg)
    type(dlops_context), intent(in) :: context
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_context_synchronize(context%handle), stat, errmsg)
  end subroutine

  !> What the memory pool of the context's device holds; all contexts of the process on one device share a pool.
  !! DLOPS_ERROR_STATE without a device. Local.
  subroutine dlops_context_get_memory_statistics(context, statistics, stat, errmsg)
    type(dlops_context), intent(in) :: context
    type(dlops_memory_statistics), intent(out) :: statistics
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_context_get_memory_statistics(context%handle, statistics), stat, errmsg)
  end subroutine

  !> Device memory in bytes that arrays and buffers may take in all, on the context's device: more is refused with
  !! DLOPS_ERROR_MEMORY. What is in use stays. DLOPS_ERROR_STATE without a device. Local.
  !!
  !! bytes  absent or negative: no limit
  subroutine dlops_context_set_memory_limit(context, bytes, stat, errmsg)
    type(dlops_context), intent(in) :: context
    integer(int64), intent(in), optional :: bytes
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: limit
    limit = -1    ! UINT64_MAX
    if (present(bytes)) limit = max(bytes, -1_int64)
    call finish(c_context_set_memory_limit(context%handle, limit), stat, errmsg)
  end subroutine

  !> Gives device memory that no array or buffer uses back to the device, but for `keep` bytes, none by default.
  !! DLOPS_ERROR_STATE without a device. Local.
  subroutine dlops_context_trim_memory(context, keep, stat, errmsg)
    type(dlops_context), intent(in) :: context
    integer(int64), intent(in), optional :: keep
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_size_t) :: bytes
    bytes = 0
    if (present(keep)) bytes = max(keep, 0_int64)
    call finish(c_context_trim_memory(context%handle, bytes), stat, errmsg)
  end subroutine
end module dlops_devices
