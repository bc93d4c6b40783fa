!> Arrays over variables of Fortran.
module dlops_memory
  use, intrinsic :: iso_c_binding, only: c_int32_t, c_int64_t, c_loc, c_null_funptr, c_null_ptr, c_ptr
  use, intrinsic :: iso_fortran_env, only: int32, int64, real32, real64
  use dlops_arguments
  use dlops_bindings
  use dlops_constants
  use dlops_errors
  use dlops_types
  implicit none
  private
  public :: dlops_array_wrap, dlops_array_wrap_strided, name_of

  !> Makes an array over a contiguous variable of rank 1 to 7, zero copy. Local.
  !!
  !! data   this rank's elements, of the local shape, or of any other shape with as many; a target, borrowed until the
  !!        array and all that holds it is destroyed. A section that is not contiguous is refused
  interface dlops_array_wrap
    module procedure wrap_real32, wrap_real64, wrap_complex32, wrap_complex64, wrap_int32, &
      wrap_int64
  end interface

  !> Makes an array over padded or ghosted memory, zero copy. Local.
  !!
  !! data     the first local element, such as a(2, 2); a target, borrowed like that of dlops_array_wrap
  !! strides  one number an axis of the local shape, in elements; the first axis contiguous (stride 1)
  interface dlops_array_wrap_strided
    module procedure strided_real32, strided_real64, strided_complex32, strided_complex64, strided_int32, &
      strided_int64
  end interface

contains

  subroutine wrap_real32(space, data, array, stat, errmsg)
    type(dlops_space), intent(in) :: space
    real(real32), intent(inout), target :: data(..)
    type(dlops_array), intent(out) :: array
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    address = c_null_ptr
    if (is_contiguous(data) .and. size(data) > 0) address = c_loc(data)
    call wrap_memory(space, DLOPS_FLOAT32, shape(data, kind=c_int64_t), is_contiguous(data), address, array, stat, &
      errmsg)
  end subroutine

  subroutine strided_real32(space, data, strides, array, stat, errmsg)
    type(dlops_space), intent(in) :: space
    real(real32), intent(inout), target :: data
    integer(int64), intent(in) :: strides(:)
    type(dlops_array), intent(out) :: array
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call wrap_strided(space, DLOPS_FLOAT32, strides, c_loc(data), array, stat, errmsg)
  end subroutine
  subroutine wrap_real64(space, data, array, stat, errmsg)
    type(dlops_space), intent(in) :: space
    real(real64), intent(inout), target :: data(..)
    type(dlops_array), intent(out) :: array
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    address = c_null_ptr
    if (is_contiguous(data) .and. size(data) > 0) address = c_loc(data)
    call wrap_memory(space, DLOPS_FLOAT64, shape(data, kind=c_int64_t), is_contiguous(data), address, array, stat, &
      errmsg)
  end subroutine

  subroutine strided_real64(space, data, strides, array, stat, errmsg)
    type(dlops_space), intent(in) :: space
    real(real64), intent(inout), target :: data
    integer(int64), intent(in) :: strides(:)
    type(dlops_array), intent(out) :: array
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call wrap_strided(space, DLOPS_FLOAT64, strides, c_loc(data), array, stat, errmsg)
  end subroutine
  subroutine wrap_complex32(space, data, array, stat, errmsg)
    type(dlops_space), intent(in) :: space
    complex(real32), intent(inout), target :: data(..)
    type(dlops_array), intent(out) :: array
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    address = c_null_ptr
    if (is_contiguous(data) .and. size(data) > 0) address = c_loc(data)
    call wrap_memory(space, DLOPS_COMPLEX64, shape(data, kind=c_int64_t), is_contiguous(data), address, array, &
      stat, errmsg)
  end subroutine

  subroutine strided_complex32(space, data, strides, array, stat, errmsg)
    type(dlops_space), intent(in) :: space
    complex(real32), intent(inout), target :: data
    integer(int64), intent(in) :: strides(:)
    type(dlops_array), intent(out) :: array
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call wrap_strided(space, DLOPS_COMPLEX64, strides, c_loc(data), array, stat, errmsg)
  end subroutine
  subroutine wrap_complex64(space, data, array, stat, errmsg)
    type(dlops_space), intent(in) :: space
    complex(real64), intent(inout), target :: data(..)
    type(dlops_array), intent(out) :: array
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    address = c_null_ptr
    if (is_contiguous(data) .and. size(data) > 0) address = c_loc(data)
    call wrap_memory(space, DLOPS_COMPLEX128, shape(data, kind=c_int64_t), is_contiguous(data), address, array, &
      stat, errmsg)
  end subroutine

  subroutine strided_complex64(space, data, strides, array, stat, errmsg)
    type(dlops_space), intent(in) :: space
    complex(real64), intent(inout), target :: data
    integer(int64), intent(in) :: strides(:)
    type(dlops_array), intent(out) :: array
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call wrap_strided(space, DLOPS_COMPLEX128, strides, c_loc(data), array, stat, errmsg)
  end subroutine
  subroutine wrap_int32(space, data, array, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer(int32), intent(inout), target :: data(..)
    type(dlops_array), intent(out) :: array
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    address = c_null_ptr
    if (is_contiguous(data) .and. size(data) > 0) address = c_loc(data)
    call wrap_memory(space, DLOPS_INT32, shape(data, kind=c_int64_t), is_contiguous(data), address, array, stat, errmsg)
  end subroutine

  subroutine strided_int32(space, data, strides, array, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer(int32), intent(inout), target :: data
    integer(int64), intent(in) :: strides(:)
    type(dlops_array), intent(out) :: array
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call wrap_strided(space, DLOPS_INT32, strides, c_loc(data), array, stat, errmsg)
  end subroutine
  subroutine wrap_int64(space, data, array, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer(int64), intent(inout), target :: data(..)
    type(dlops_array), intent(out) :: array
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    address = c_null_ptr
    if (is_contiguous(data) .and. size(data) > 0) address = c_loc(data)
    call wrap_memory(space, DLOPS_INT64, shape(data, kind=c_int64_t), is_contiguous(data), address, array, stat, errmsg)
  end subroutine

  subroutine strided_int64(space, data, strides, array, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer(int64), intent(inout), target :: data
    integer(int64), intent(in) :: strides(:)
    type(dlops_array), intent(out) :: array
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call wrap_strided(space, DLOPS_INT64, strides, c_loc(data), array, stat, errmsg)
  end subroutine
  subroutine wrap_memory(space, dtype, lengths, contiguous, address, array, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: dtype
    integer(c_int64_t), intent(in) :: lengths(:)
    logical, intent(in) :: contiguous
    type(c_ptr), intent(in) :: address
    type(dlops_array), intent(out) :: array
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: local(DLOPS_MAX_DIMENSIONS), count
    integer(c_int32_t) :: status, expected, n
    character(len=200) :: text
    expected = 0
    n = 0
    count = 0
    status = c_space_get_dtype(space%handle, expected)
    if (status == 0) status = c_space_get_local_shape(space%handle, local)
    if (status == 0) status = c_space_get_dimensions(space%handle, n)
    if (status == 0) status = c_space_get_local_count(space%handle, count)
    if (status /= 0) then
      call finish(status, stat, errmsg)
    else if (expected /= dtype) then
      call fail(DLOPS_ERROR_DTYPE, 'dlops_array_wrap: data is ' // name_of(dtype) // ', the space has ' // &
        name_of(int(expected)), stat, errmsg)
    else if (.not. contiguous) then
      call fail(DLOPS_ERROR_ARGUMENT, 'dlops_array_wrap: data is not contiguous', stat, errmsg)
    else if (product(lengths) /= count) then
      write (text, '(a, i0, a, i0, a)') 'dlops_array_wrap: data has ', product(lengths), &
        ' elements, the rank has ', count
      call fail(DLOPS_ERROR_SHAPE, trim(text), stat, errmsg)
    else if (size(lengths) == n .and. any(lengths /= turned(local(:min(n, int(size(lengths), c_int32_t)))))) then
      write (text, '(a, *(i0, :, ", "))') 'dlops_array_wrap: data has not the local shape ', turned(local(:n))
      call fail(DLOPS_ERROR_SHAPE, trim(text), stat, errmsg)
    else
      call finish(c_array_wrap(space%handle, address, array%handle), stat, errmsg)
    end if
  end subroutine

  subroutine wrap_strided(space, dtype, strides, address, array, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: dtype
    integer(int64), intent(in) :: strides(:)
    type(c_ptr), intent(in) :: address
    type(dlops_array), intent(out) :: array
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t) :: status, expected, n
    expected = 0
    n = 0
    status = c_space_get_dtype(space%handle, expected)
    if (status == 0) status = c_space_get_dimensions(space%handle, n)
    if (status /= 0) then
      call finish(status, stat, errmsg)
    else if (expected /= dtype) then
      call fail(DLOPS_ERROR_DTYPE, 'dlops_array_wrap_strided: data is ' // name_of(dtype) // ', the space has ' // &
        name_of(int(expected)), stat, errmsg)
    else if (size(strides) /= n) then
      call fail(DLOPS_ERROR_SHAPE, 'dlops_array_wrap_strided: strides are not one an axis', stat, errmsg)
    else
      call finish(c_array_wrap_strided(space%handle, address, turned(strides), c_null_ptr, c_null_funptr, &
        array%handle), stat, errmsg)
    end if
  end subroutine

  pure function name_of(dtype) result(name)
    integer, intent(in) :: dtype
    character(len=:), allocatable :: name
    select case (dtype)
    case (DLOPS_FLOAT32)
      name = 'real(real32)'
    case (DLOPS_FLOAT64)
      name = 'real(real64)'
    case (DLOPS_COMPLEX64)
      name = 'complex(real32)'
    case (DLOPS_COMPLEX128)
      name = 'complex(real64)'
    case (DLOPS_INT32)
      name = 'integer(int32)'
    case default
      name = 'integer(int64)'
    end select
  end function

end module dlops_memory
