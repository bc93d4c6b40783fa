!> Whole arrays in one variable, and ghost cells.
module dlops_global
  use, intrinsic :: iso_c_binding, only: c_associated, c_int32_t, c_int64_t, c_loc, c_null_ptr, c_ptr
  use, intrinsic :: iso_fortran_env, only: int32, int64, real32, real64
  use dlops_arguments
  use dlops_bindings
  use dlops_constants
  use dlops_errors
  use dlops_types
  implicit none
  private
  public :: dlops_array_from_global, dlops_array_to_global, dlops_array_add_ghost_cells

  !> array := a whole array in one variable. Every rank takes its part out of its own, without communication. The
  !! components of a product follow one another; an unshaped array is its ranks' parts one after the other. Collective.
  !!
  !! global  all elements, contiguous, of the array's type, of any rank; the same on all ranks. One that is not so is
  !!         passed on as a null pointer, which all ranks report
  interface dlops_array_from_global
    module procedure from_real32, from_real64, from_complex32, from_complex64, from_int32, &
      from_int64
  end interface

  !> Writes the whole array to one variable. Collective.
  !!
  !! root    the rank that receives, from 0; DLOPS_ALL_RANKS (the default); or DLOPS_GROUP_RANKS, see
  !!         dlops_array_get_group_shape
  !! global  as of dlops_array_from_global, with room for all elements where they are received; else not used
  interface dlops_array_to_global
    module procedure to_real32, to_real64, to_complex32, to_complex64, to_int32, &
      to_int64
  end interface

  !> Writes this rank's elements with those of its neighbours around them along one axis. Collective.
  !!
  !! before, after  indices of the axis wanted below and above this rank's, as of dlops_array_get_halo_size
  !! buffer         contiguous, of the array's type: the local shape with front + own + back indices along the axis
  interface dlops_array_add_ghost_cells
    module procedure ghost_real32, ghost_real64, ghost_complex32, ghost_complex64, ghost_int32, &
      ghost_int64
  end interface

contains

  subroutine from_real32(array, global, stat, errmsg)
    type(dlops_array), intent(in) :: array
    real(real32), intent(in), target :: global(..)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    address = c_null_ptr
    if (is_contiguous(global)) address = c_loc(global)
    call move_global(array, .false., DLOPS_ALL_RANKS, DLOPS_FLOAT32, size(global, kind=c_int64_t), address, stat, &
      errmsg)
  end subroutine

  subroutine to_real32(array, global, root, stat, errmsg)
    type(dlops_array), intent(in) :: array
    real(real32), intent(inout), target :: global(..)
    integer, intent(in), optional :: root
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    integer :: receiver
    receiver = DLOPS_ALL_RANKS
    if (present(root)) receiver = root
    address = c_null_ptr
    if (is_contiguous(global)) address = c_loc(global)
    call move_global(array, .true., receiver, DLOPS_FLOAT32, size(global, kind=c_int64_t), address, stat, errmsg)
  end subroutine

  subroutine ghost_real32(array, axis, before, after, buffer, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: axis
    integer(int64), intent(in) :: before, after
    real(real32), intent(inout), target :: buffer(..)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    address = c_null_ptr
    if (is_contiguous(buffer) .and. dtype_of(array%handle) == DLOPS_FLOAT32) address = c_loc(buffer)
    call finish(c_array_add_ghost_cells(array%handle, array_axis(array%handle, axis), before, after, address, &
      size(buffer, kind=c_int64_t)), stat, errmsg)
  end subroutine

  subroutine from_real64(array, global, stat, errmsg)
    type(dlops_array), intent(in) :: array
    real(real64), intent(in), target :: global(..)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    address = c_null_ptr
    if (is_contiguous(global)) address = c_loc(global)
    call move_global(array, .false., DLOPS_ALL_RANKS, DLOPS_FLOAT64, size(global, kind=c_int64_t), address, stat, &
      errmsg)
  end subroutine

  subroutine to_real64(array, global, root, stat, errmsg)
    type(dlops_array), intent(in) :: array
    real(real64), intent(inout), target :: global(..)
    integer, intent(in), optional :: root
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    integer :: receiver
    receiver = DLOPS_ALL_RANKS
    if (present(root)) receiver = root
    address = c_null_ptr
    if (is_contiguous(global)) address = c_loc(global)
    call move_global(array, .true., receiver, DLOPS_FLOAT64, size(global, kind=c_int64_t), address, stat, errmsg)
  end subroutine

  subroutine ghost_real64(array, axis, before, after, buffer, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: axis
    integer(int64), intent(in) :: before, after
    real(real64), intent(inout), target :: buffer(..)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    address = c_null_ptr
    if (is_contiguous(buffer) .and. dtype_of(array%handle) == DLOPS_FLOAT64) address = c_loc(buffer)
    call finish(c_array_add_ghost_cells(array%handle, array_axis(array%handle, axis), before, after, address, &
      size(buffer, kind=c_int64_t)), stat, errmsg)
  end subroutine

  subroutine from_complex32(array, global, stat, errmsg)
    type(dlops_array), intent(in) :: array
    complex(real32), intent(in), target :: global(..)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    address = c_null_ptr
    if (is_contiguous(global)) address = c_loc(global)
    call move_global(array, .false., DLOPS_ALL_RANKS, DLOPS_COMPLEX64, size(global, kind=c_int64_t), address, stat, &
      errmsg)
  end subroutine

  subroutine to_complex32(array, global, root, stat, errmsg)
    type(dlops_array), intent(in) :: array
    complex(real32), intent(inout), target :: global(..)
    integer, intent(in), optional :: root
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    integer :: receiver
    receiver = DLOPS_ALL_RANKS
    if (present(root)) receiver = root
    address = c_null_ptr
    if (is_contiguous(global)) address = c_loc(global)
    call move_global(array, .true., receiver, DLOPS_COMPLEX64, size(global, kind=c_int64_t), address, stat, errmsg)
  end subroutine

  subroutine ghost_complex32(array, axis, before, after, buffer, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: axis
    integer(int64), intent(in) :: before, after
    complex(real32), intent(inout), target :: buffer(..)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    address = c_null_ptr
    if (is_contiguous(buffer) .and. dtype_of(array%handle) == DLOPS_COMPLEX64) address = c_loc(buffer)
    call finish(c_array_add_ghost_cells(array%handle, array_axis(array%handle, axis), before, after, address, &
      size(buffer, kind=c_int64_t)), stat, errmsg)
  end subroutine

  subroutine from_complex64(array, global, stat, errmsg)
    type(dlops_array), intent(in) :: array
    complex(real64), intent(in), target :: global(..)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    address = c_null_ptr
    if (is_contiguous(global)) address = c_loc(global)
    call move_global(array, .false., DLOPS_ALL_RANKS, DLOPS_COMPLEX128, size(global, kind=c_int64_t), address, &
      stat, errmsg)
  end subroutine

  subroutine to_complex64(array, global, root, stat, errmsg)
    type(dlops_array), intent(in) :: array
    complex(real64), intent(inout), target :: global(..)
    integer, intent(in), optional :: root
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    integer :: receiver
    receiver = DLOPS_ALL_RANKS
    if (present(root)) receiver = root
    address = c_null_ptr
    if (is_contiguous(global)) address = c_loc(global)
    call move_global(array, .true., receiver, DLOPS_COMPLEX128, size(global, kind=c_int64_t), address, stat, errmsg)
  end subroutine

  subroutine ghost_complex64(array, axis, before, after, buffer, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: axis
    integer(int64), intent(in) :: before, after
    complex(real64), intent(inout), target :: buffer(..)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    address = c_null_ptr
    if (is_contiguous(buffer) .and. dtype_of(array%handle) == DLOPS_COMPLEX128) address = c_loc(buffer)
    call finish(c_array_add_ghost_cells(array%handle, array_axis(array%handle, axis), before, after, address, &
      size(buffer, kind=c_int64_t)), stat, errmsg)
  end subroutine

  subroutine from_int32(array, global, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer(int32), intent(in), target :: global(..)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    address = c_null_ptr
    if (is_contiguous(global)) address = c_loc(global)
    call move_global(array, .false., DLOPS_ALL_RANKS, DLOPS_INT32, size(global, kind=c_int64_t), address, stat, errmsg)
  end subroutine

  subroutine to_int32(array, global, root, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer(int32), intent(inout), target :: global(..)
    integer, intent(in), optional :: root
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    integer :: receiver
    receiver = DLOPS_ALL_RANKS
    if (present(root)) receiver = root
    address = c_null_ptr
    if (is_contiguous(global)) address = c_loc(global)
    call move_global(array, .true., receiver, DLOPS_INT32, size(global, kind=c_int64_t), address, stat, errmsg)
  end subroutine

  subroutine ghost_int32(array, axis, before, after, buffer, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: axis
    integer(int64), intent(in) :: before, after
    integer(int32), intent(inout), target :: buffer(..)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    address = c_null_ptr
    if (is_contiguous(buffer) .and. dtype_of(array%handle) == DLOPS_INT32) address = c_loc(buffer)
    call finish(c_array_add_ghost_cells(array%handle, array_axis(array%handle, axis), before, after, address, &
      size(buffer, kind=c_int64_t)), stat, errmsg)
  end subroutine

  subroutine from_int64(array, global, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer(int64), intent(in), target :: global(..)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    address = c_null_ptr
    if (is_contiguous(global)) address = c_loc(global)
    call move_global(array, .false., DLOPS_ALL_RANKS, DLOPS_INT64, size(global, kind=c_int64_t), address, stat, errmsg)
  end subroutine

  subroutine to_int64(array, global, root, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer(int64), intent(inout), target :: global(..)
    integer, intent(in), optional :: root
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    integer :: receiver
    receiver = DLOPS_ALL_RANKS
    if (present(root)) receiver = root
    address = c_null_ptr
    if (is_contiguous(global)) address = c_loc(global)
    call move_global(array, .true., receiver, DLOPS_INT64, size(global, kind=c_int64_t), address, stat, errmsg)
  end subroutine

  subroutine ghost_int64(array, axis, before, after, buffer, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: axis
    integer(int64), intent(in) :: before, after
    integer(int64), intent(inout), target :: buffer(..)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    address = c_null_ptr
    if (is_contiguous(buffer) .and. dtype_of(array%handle) == DLOPS_INT64) address = c_loc(buffer)
    call finish(c_array_add_ghost_cells(array%handle, array_axis(array%handle, axis), before, after, address, &
      size(buffer, kind=c_int64_t)), stat, errmsg)
  end subroutine

  subroutine move_global(array, outward, root, dtype, room, address, stat, errmsg)
    type(dlops_array), intent(in) :: array
    logical, intent(in) :: outward
    integer, intent(in) :: root, dtype
    integer(c_int64_t), intent(in) :: room
    type(c_ptr), intent(in) :: address
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: done
    integer(c_int32_t) :: status
    done = 0
    call move_components(array%handle, outward, root, dtype, room, address, done, status)
    call finish(status, stat, errmsg)
  end subroutine

  !> Components follow one another in Fortran's order, which is not C's: one is moved at a time.
  recursive subroutine move_components(array, outward, root, dtype, room, address, done, status)
    type(c_ptr), intent(in) :: array, address
    logical, intent(in) :: outward
    integer, intent(in) :: root, dtype
    integer(c_int64_t), intent(in) :: room
    integer(c_int64_t), intent(inout) :: done
    integer(c_int32_t), intent(out) :: status
    integer(c_int64_t) :: components, elements, i
    integer(c_int32_t) :: ended
    type(c_ptr) :: space, component, place
    space = c_null_ptr
    components = 0
    status = c_array_get_space(array, space)
    if (status == 0) status = c_space_get_component_count(space, components)
    if (status == 0 .and. components == 0) status = count_elements(array, space, root, elements)
    ended = c_space_destroy(space)
    if (status == 0) status = ended
    if (status /= 0) return
    if (components == 0) then
      place = c_null_ptr
      if (c_associated(address) .and. done + elements <= room .and. dtype_of(array) == dtype) then
        place = advanced(address, done * bytes_of(dtype))
      end if
      if (outward) then
        status = c_array_to_global(array, int(root, c_int32_t), place)
      else
        status = c_array_from_global(array, place)
      end if
      done = done + elements
      return
    end if
    do i = components - 1, 0, -1
      component = c_null_ptr
      status = c_array_get_component(array, i, component)
      if (status == 0) call move_components(component, outward, root, dtype, room, address, done, status)
      if (c_array_destroy(component) /= 0 .and. status == 0) status = DLOPS_ERROR_HANDLE
      if (status /= 0) return
    end do
  end subroutine

  function count_elements(array, space, root, elements) result(status)
    type(c_ptr), intent(in) :: array, space
    integer, intent(in) :: root
    integer(c_int64_t), intent(out) :: elements
    integer(c_int32_t) :: status, n
    integer(c_int64_t) :: lengths(DLOPS_MAX_DIMENSIONS)
    elements = 0
    if (root /= DLOPS_GROUP_RANKS) then
      status = c_space_get_global_count(space, elements)
      return
    end if
    n = dimensions_of(space)
    status = c_array_get_group_shape(array, lengths)
    if (status == 0) elements = product(lengths(:n))
    status = 0    ! where a group has no shape, the call itself says so on all ranks
  end function

  function dtype_of(array) result(dtype)
    type(c_ptr), intent(in) :: array
    integer(c_int32_t) :: dtype
    type(c_ptr) :: space
    dtype = 0
    space = c_null_ptr
    if (c_array_get_space(array, space) /= 0) return
    if (c_space_get_dtype(space, dtype) /= 0) dtype = 0
    if (c_space_destroy(space) /= 0) dtype = 0
  end function

  pure function bytes_of(dtype) result(bytes)
    integer, intent(in) :: dtype
    integer(c_int64_t) :: bytes
    select case (dtype)
    case (DLOPS_FLOAT32, DLOPS_INT32)
      bytes = 4
    case (DLOPS_COMPLEX128)
      bytes = 16
    case default
      bytes = 8
    end select
  end function

  pure function advanced(address, bytes) result(place)
    type(c_ptr), intent(in) :: address
    integer(c_int64_t), intent(in) :: bytes
    type(c_ptr) :: place
    place = transfer(transfer(address, bytes) + bytes, address)
  end function

end module dlops_global
