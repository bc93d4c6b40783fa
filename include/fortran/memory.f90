!> Arrays over variables of Fortran, and pointers to the elements of arrays.
module dlops_memory
  use, intrinsic :: iso_c_binding, only: c_f_pointer, c_int32_t, c_int64_t, c_loc, c_null_funptr, c_null_ptr, c_ptr
  use, intrinsic :: iso_fortran_env, only: int32, int64, real32, real64
  use dlops_arguments
  use dlops_bindings
  use dlops_constants
  use dlops_errors
  use dlops_types
  implicit none
  private
  public :: dlops_array_wrap, dlops_array_wrap_strided, dlops_array_acquire

  !> Makes an array over a contiguous variable of rank 1 to 7, zero copy. Local.
  !!
  !! data   this rank's elements, of the local shape, or of any other shape with as many; a target, borrowed until the
  !!        array and all that holds it is destroyed. A section that is not contiguous is refused
  interface dlops_array_wrap
    module procedure wrap_real32, wrap_real64, wrap_complex32, wrap_complex64, &
      wrap_int32, wrap_int64
  end interface

  !> Makes an array over padded or ghosted memory, zero copy. Local.
  !!
  !! data     the first local element, such as a(2, 2); a target, borrowed like that of dlops_array_wrap
  !! strides  one number an axis of the local shape, in elements; the first axis contiguous (stride 1)
  interface dlops_array_wrap_strided
    module procedure strided_real32, strided_real64, strided_complex32, strided_complex64, &
      strided_int32, strided_int64
  end interface

  !> Gives direct access to this rank's elements until dlops_array_release. Any number of readers, or one writer.
  !! Local.
  !!
  !! mode  DLOPS_ACCESS_READ, DLOPS_ACCESS_WRITE or DLOPS_ACCESS_READ_WRITE
  !! data  of the array's type: of its rank, then with the local shape (padded arrays too); or of rank 1, for the elements
  !!       as they follow one another. Its indices start from 1
  interface dlops_array_acquire
    module procedure acquire_real32, acquire_real64, acquire_complex32, acquire_complex64, &
      acquire_int32, acquire_int64
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
    call wrap_memory(space, DLOPS_FLOAT32, shape(data, kind=c_int64_t), is_contiguous(data), address, array, stat, errmsg)
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

  subroutine acquire_real32(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    real(real32), pointer, intent(out) :: data(..)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(7), padded(7)
    type(c_ptr) :: address
    logical :: acquired
    call acquire_memory(array, mode, DLOPS_FLOAT32, rank(data), address, n, padded, acquired, stat, errmsg)
    if (.not. acquired) n = 0
    if (.not. acquired) padded = 0
    select rank (data)
    rank (1)
      call c_f_pointer(address, data, padded(:1))
      data => data(:n(1))
    rank (2)
      call c_f_pointer(address, data, padded(:2))
      data => data(:n(1), :n(2))
    rank (3)
      call c_f_pointer(address, data, padded(:3))
      data => data(:n(1), :n(2), :n(3))
    rank (4)
      call c_f_pointer(address, data, padded(:4))
      data => data(:n(1), :n(2), :n(3), :n(4))
    rank (5)
      call c_f_pointer(address, data, padded(:5))
      data => data(:n(1), :n(2), :n(3), :n(4), :n(5))
    rank (6)
      call c_f_pointer(address, data, padded(:6))
      data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6))
    rank (7)
      call c_f_pointer(address, data, padded(:7))
      data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6), :n(7))
    end select
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
    call wrap_memory(space, DLOPS_FLOAT64, shape(data, kind=c_int64_t), is_contiguous(data), address, array, stat, errmsg)
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

  subroutine acquire_real64(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    real(real64), pointer, intent(out) :: data(..)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(7), padded(7)
    type(c_ptr) :: address
    logical :: acquired
    call acquire_memory(array, mode, DLOPS_FLOAT64, rank(data), address, n, padded, acquired, stat, errmsg)
    if (.not. acquired) n = 0
    if (.not. acquired) padded = 0
    select rank (data)
    rank (1)
      call c_f_pointer(address, data, padded(:1))
      data => data(:n(1))
    rank (2)
      call c_f_pointer(address, data, padded(:2))
      data => data(:n(1), :n(2))
    rank (3)
      call c_f_pointer(address, data, padded(:3))
      data => data(:n(1), :n(2), :n(3))
    rank (4)
      call c_f_pointer(address, data, padded(:4))
      data => data(:n(1), :n(2), :n(3), :n(4))
    rank (5)
      call c_f_pointer(address, data, padded(:5))
      data => data(:n(1), :n(2), :n(3), :n(4), :n(5))
    rank (6)
      call c_f_pointer(address, data, padded(:6))
      data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6))
    rank (7)
      call c_f_pointer(address, data, padded(:7))
      data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6), :n(7))
    end select
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
    call wrap_memory(space, DLOPS_COMPLEX64, shape(data, kind=c_int64_t), is_contiguous(data), address, array, stat, errmsg)
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

  subroutine acquire_complex32(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    complex(real32), pointer, intent(out) :: data(..)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(7), padded(7)
    type(c_ptr) :: address
    logical :: acquired
    call acquire_memory(array, mode, DLOPS_COMPLEX64, rank(data), address, n, padded, acquired, stat, errmsg)
    if (.not. acquired) n = 0
    if (.not. acquired) padded = 0
    select rank (data)
    rank (1)
      call c_f_pointer(address, data, padded(:1))
      data => data(:n(1))
    rank (2)
      call c_f_pointer(address, data, padded(:2))
      data => data(:n(1), :n(2))
    rank (3)
      call c_f_pointer(address, data, padded(:3))
      data => data(:n(1), :n(2), :n(3))
    rank (4)
      call c_f_pointer(address, data, padded(:4))
      data => data(:n(1), :n(2), :n(3), :n(4))
    rank (5)
      call c_f_pointer(address, data, padded(:5))
      data => data(:n(1), :n(2), :n(3), :n(4), :n(5))
    rank (6)
      call c_f_pointer(address, data, padded(:6))
      data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6))
    rank (7)
      call c_f_pointer(address, data, padded(:7))
      data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6), :n(7))
    end select
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
    call wrap_memory(space, DLOPS_COMPLEX128, shape(data, kind=c_int64_t), is_contiguous(data), address, array, stat, errmsg)
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

  subroutine acquire_complex64(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    complex(real64), pointer, intent(out) :: data(..)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(7), padded(7)
    type(c_ptr) :: address
    logical :: acquired
    call acquire_memory(array, mode, DLOPS_COMPLEX128, rank(data), address, n, padded, acquired, stat, errmsg)
    if (.not. acquired) n = 0
    if (.not. acquired) padded = 0
    select rank (data)
    rank (1)
      call c_f_pointer(address, data, padded(:1))
      data => data(:n(1))
    rank (2)
      call c_f_pointer(address, data, padded(:2))
      data => data(:n(1), :n(2))
    rank (3)
      call c_f_pointer(address, data, padded(:3))
      data => data(:n(1), :n(2), :n(3))
    rank (4)
      call c_f_pointer(address, data, padded(:4))
      data => data(:n(1), :n(2), :n(3), :n(4))
    rank (5)
      call c_f_pointer(address, data, padded(:5))
      data => data(:n(1), :n(2), :n(3), :n(4), :n(5))
    rank (6)
      call c_f_pointer(address, data, padded(:6))
      data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6))
    rank (7)
      call c_f_pointer(address, data, padded(:7))
      data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6), :n(7))
    end select
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

  subroutine acquire_int32(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    integer(int32), pointer, intent(out) :: data(..)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(7), padded(7)
    type(c_ptr) :: address
    logical :: acquired
    call acquire_memory(array, mode, DLOPS_INT32, rank(data), address, n, padded, acquired, stat, errmsg)
    if (.not. acquired) n = 0
    if (.not. acquired) padded = 0
    select rank (data)
    rank (1)
      call c_f_pointer(address, data, padded(:1))
      data => data(:n(1))
    rank (2)
      call c_f_pointer(address, data, padded(:2))
      data => data(:n(1), :n(2))
    rank (3)
      call c_f_pointer(address, data, padded(:3))
      data => data(:n(1), :n(2), :n(3))
    rank (4)
      call c_f_pointer(address, data, padded(:4))
      data => data(:n(1), :n(2), :n(3), :n(4))
    rank (5)
      call c_f_pointer(address, data, padded(:5))
      data => data(:n(1), :n(2), :n(3), :n(4), :n(5))
    rank (6)
      call c_f_pointer(address, data, padded(:6))
      data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6))
    rank (7)
      call c_f_pointer(address, data, padded(:7))
      data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6), :n(7))
    end select
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

  subroutine acquire_int64(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    integer(int64), pointer, intent(out) :: data(..)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(7), padded(7)
    type(c_ptr) :: address
    logical :: acquired
    call acquire_memory(array, mode, DLOPS_INT64, rank(data), address, n, padded, acquired, stat, errmsg)
    if (.not. acquired) n = 0
    if (.not. acquired) padded = 0
    select rank (data)
    rank (1)
      call c_f_pointer(address, data, padded(:1))
      data => data(:n(1))
    rank (2)
      call c_f_pointer(address, data, padded(:2))
      data => data(:n(1), :n(2))
    rank (3)
      call c_f_pointer(address, data, padded(:3))
      data => data(:n(1), :n(2), :n(3))
    rank (4)
      call c_f_pointer(address, data, padded(:4))
      data => data(:n(1), :n(2), :n(3), :n(4))
    rank (5)
      call c_f_pointer(address, data, padded(:5))
      data => data(:n(1), :n(2), :n(3), :n(4), :n(5))
    rank (6)
      call c_f_pointer(address, data, padded(:6))
      data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6))
    rank (7)
      call c_f_pointer(address, data, padded(:7))
      data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6), :n(7))
    end select
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
      write (text, '(a, i0, a, i0, a)') 'dlops_array_wrap: data has ', product(lengths), ' elements, the rank has ', count
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

  !> Acquires, and finds the extents n of a pointer of a rank and those of the memory that it is a part of.
  subroutine acquire_memory(array, mode, dtype, ranks, address, n, padded, acquired, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode, dtype, ranks
    type(c_ptr), intent(out) :: address
    integer(c_int64_t), intent(out) :: n(7), padded(7)
    logical, intent(out) :: acquired
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: local(DLOPS_MAX_DIMENSIONS), strides(DLOPS_MAX_DIMENSIONS), next
    integer(c_int32_t) :: status, kept, axes
    integer :: k
    logical :: fits
    type(c_ptr) :: space
    n = 0
    padded = 0
    acquired = .false.
    address = c_null_ptr
    space = c_null_ptr
    kept = 0
    axes = 0
    status = c_array_get_space(array%handle, space)
    if (status == 0) status = c_space_get_dtype(space, kept)
    if (status == 0) status = c_space_get_dimensions(space, axes)
    if (status == 0) status = c_space_get_local_shape(space, local)
    if (status == 0) status = c_array_get_strides(array%handle, strides)
    if (status /= 0) then
      call finish(status, stat, errmsg)
      if (c_space_destroy(space) == 0) return
      return
    end if
    status = c_space_destroy(space)
    if (kept /= dtype) then
      call fail(DLOPS_ERROR_DTYPE, 'dlops_array_acquire: data is ' // name_of(dtype) // ', the array has ' // &
        name_of(int(kept)), stat, errmsg)
      return
    end if
    local(:axes) = turned(local(:axes))
    strides(:axes) = turned(strides(:axes))
    fits = ranks >= 1 .and. ranks <= 7 .and. (ranks == axes .or. ranks == 1)
    next = 1
    do k = 1, axes
      if (ranks == axes .or. product(local(:axes)) == 0) exit
      fits = fits .and. (strides(k) == next .or. local(k) == 1)
      next = next * local(k)
    end do
    if (.not. fits) then
      call fail(DLOPS_ERROR_SHAPE, 'dlops_array_acquire: data is neither of the rank of the array nor, of a packed ' // &
        'one, of rank 1', stat, errmsg)
      return
    end if
    if (ranks /= axes .or. product(local(:axes)) == 0) then
      n(1) = product(local(:axes))
      if (ranks == axes) n(:axes) = local(:axes)
      padded = n
    else
      n(:axes) = local(:axes)
      padded(:axes) = local(:axes)
      do k = 1, axes - 1
        if (mod(strides(k + 1), strides(k)) /= 0) then
          call fail(DLOPS_ERROR_UNSUPPORTED, 'dlops_array_acquire: no pointer has the strides of this array', stat, errmsg)
          return
        end if
        padded(k) = strides(k + 1) / strides(k)
      end do
    end if
    status = c_array_acquire(array%handle, int(mode, c_int32_t), address)
    acquired = status == 0
    call finish(status, stat, errmsg)
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
