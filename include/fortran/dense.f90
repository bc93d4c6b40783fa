!> Operators of a matrix, a vector along one axis, a filter.
module dlops_dense
  use, intrinsic :: iso_c_binding, only: c_int32_t, c_int64_t, c_loc, c_null_ptr, c_ptr, c_sizeof
  use, intrinsic :: iso_fortran_env, only: real32, real64
  use dlops_arguments
  use dlops_bindings
  use dlops_constants
  use dlops_errors
  use dlops_options
  use dlops_types
  implicit none
  private
  public :: dlops_matrix_mult_create, dlops_diagonal_create_along, dlops_convolve1d_create

  !> Makes y = A x with a dense matrix along one axis, for all indices of the others. Collective.
  !!
  !! A       A(rows, columns) of the space's type, the matrix as it stands; the same on all ranks; copied,
  !!         unless `borrow`
  !! axis    of the space, `columns` elements long, from 1; default 1, the first
  !!         (the library redistributes where that axis is cut)
  !! borrow  the operator reads A itself, a contiguous target that stays valid and unchanged while the operator lives
  interface dlops_matrix_mult_create
    module procedure matrix_real32, matrix_real64, matrix_complex32, matrix_complex64
  end interface

  !> Makes a diagonal operator of a vector along one axis: y(.., i, ..) = d(i) x(.., i, ..). Collective.
  !!
  !! values  d for the whole axis, of the space's type, the same on all ranks; copied
  interface dlops_diagonal_create_along
    module procedure diagonal_real32, diagonal_real64, diagonal_complex32, diagonal_complex64
  end interface

  !> Makes a convolution along one axis, y(i) = sum_k h(i - k + origin) x(k), x zero outside. Collective.
  !!
  !! h       real, or complex for complex spaces; the same on all ranks; copied
  !! origin  index of the filter's sample for lag 0, from 1; default 1
  !! taps    given: a filter of so many samples for each line; h is the space's shape with `taps` in place of the
  !!         axis' extent, in array element order
  interface dlops_convolve1d_create
    module procedure convolve_real32, convolve_real64, convolve_complex32, convolve_complex64
  end interface

contains

  subroutine matrix_real32(space, A, result, axis, borrow, stat, errmsg)
    type(dlops_space), intent(in) :: space
    real(real32), intent(in), target :: A(:, :)
    type(dlops_operator), intent(out) :: result
    integer, intent(in), optional :: axis
    logical, intent(in), optional :: borrow
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    real(real32), allocatable, target :: packed(:, :)
    type(c_ptr) :: address
    logical :: keeps
    keeps = .false.
    if (present(borrow)) keeps = borrow
    address = c_null_ptr
    if (is_contiguous(A)) then
      address = c_loc(A)
    else if (.not. keeps) then
      packed = A
      address = c_loc(packed)
    end if
    if (fits(space, DLOPS_FLOAT32)) then
      call create_matrix(space, shape(A, kind=c_int64_t), address, result, axis, keeps, stat, errmsg)
    else
      call create_matrix(space, shape(A, kind=c_int64_t), c_null_ptr, result, axis, keeps, stat, errmsg)
    end if
  end subroutine

  subroutine diagonal_real32(space, axis, values, result, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: axis
    real(real32), intent(in), contiguous, target :: values(:)
    type(dlops_operator), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    address = c_null_ptr
    if (fits(space, DLOPS_FLOAT32) .and. size(values) >= length_of(space, axis)) address = c_loc(values)
    call finish(c_diagonal_create_along(space%handle, axis_of(axis, dimensions_of(space%handle)), address, &
      result%handle), stat, errmsg)
  end subroutine

  subroutine convolve_real32(space, axis, h, result, origin, stat, errmsg, taps)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: axis
    real(real32), intent(in), contiguous, target :: h(:)
    type(dlops_operator), intent(out) :: result
    integer, intent(in), optional :: origin
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer, intent(in), optional :: taps
    type(convolve1d_options), target :: choices
    choices%struct_size = c_sizeof(choices)
    if (present(origin)) choices%offset = origin - 1
    choices%filter_dtype = DLOPS_FLOAT32
    if (present(taps)) choices%per_line = 1
    call finish(c_convolve1d_create(space%handle, axis_of(axis, dimensions_of(space%handle)), &
      samples_of(size(h, kind=c_int64_t), taps), &
      filters_of(space, axis, size(h, kind=c_int64_t), taps, c_loc(h)), c_loc(choices), result%handle), stat, errmsg)
  end subroutine

  subroutine matrix_real64(space, A, result, axis, borrow, stat, errmsg)
    type(dlops_space), intent(in) :: space
    real(real64), intent(in), target :: A(:, :)
    type(dlops_operator), intent(out) :: result
    integer, intent(in), optional :: axis
    logical, intent(in), optional :: borrow
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    real(real64), allocatable, target :: packed(:, :)
    type(c_ptr) :: address
    logical :: keeps
    keeps = .false.
    if (present(borrow)) keeps = borrow
    address = c_null_ptr
    if (is_contiguous(A)) then
      address = c_loc(A)
    else if (.not. keeps) then
      packed = A
      address = c_loc(packed)
    end if
    if (fits(space, DLOPS_FLOAT64)) then
      call create_matrix(space, shape(A, kind=c_int64_t), address, result, axis, keeps, stat, errmsg)
    else
      call create_matrix(space, shape(A, kind=c_int64_t), c_null_ptr, result, axis, keeps, stat, errmsg)
    end if
  end subroutine

  subroutine diagonal_real64(space, axis, values, result, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: axis
    real(real64), intent(in), contiguous, target :: values(:)
    type(dlops_operator), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    address = c_null_ptr
    if (fits(space, DLOPS_FLOAT64) .and. size(values) >= length_of(space, axis)) address = c_loc(values)
    call finish(c_diagonal_create_along(space%handle, axis_of(axis, dimensions_of(space%handle)), address, &
      result%handle), stat, errmsg)
  end subroutine

  subroutine convolve_real64(space, axis, h, result, origin, stat, errmsg, taps)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: axis
    real(real64), intent(in), contiguous, target :: h(:)
    type(dlops_operator), intent(out) :: result
    integer, intent(in), optional :: origin
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer, intent(in), optional :: taps
    type(convolve1d_options), target :: choices
    choices%struct_size = c_sizeof(choices)
    if (present(origin)) choices%offset = origin - 1
    choices%filter_dtype = DLOPS_FLOAT64
    if (present(taps)) choices%per_line = 1
    call finish(c_convolve1d_create(space%handle, axis_of(axis, dimensions_of(space%handle)), &
      samples_of(size(h, kind=c_int64_t), taps), &
      filters_of(space, axis, size(h, kind=c_int64_t), taps, c_loc(h)), c_loc(choices), result%handle), stat, errmsg)
  end subroutine

  subroutine matrix_complex32(space, A, result, axis, borrow, stat, errmsg)
    type(dlops_space), intent(in) :: space
    complex(real32), intent(in), target :: A(:, :)
    type(dlops_operator), intent(out) :: result
    integer, intent(in), optional :: axis
    logical, intent(in), optional :: borrow
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    complex(real32), allocatable, target :: packed(:, :)
    type(c_ptr) :: address
    logical :: keeps
    keeps = .false.
    if (present(borrow)) keeps = borrow
    address = c_null_ptr
    if (is_contiguous(A)) then
      address = c_loc(A)
    else if (.not. keeps) then
      packed = A
      address = c_loc(packed)
    end if
    if (fits(space, DLOPS_COMPLEX64)) then
      call create_matrix(space, shape(A, kind=c_int64_t), address, result, axis, keeps, stat, errmsg)
    else
      call create_matrix(space, shape(A, kind=c_int64_t), c_null_ptr, result, axis, keeps, stat, errmsg)
    end if
  end subroutine

  subroutine diagonal_complex32(space, axis, values, result, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: axis
    complex(real32), intent(in), contiguous, target :: values(:)
    type(dlops_operator), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    address = c_null_ptr
    if (fits(space, DLOPS_COMPLEX64) .and. size(values) >= length_of(space, axis)) address = c_loc(values)
    call finish(c_diagonal_create_along(space%handle, axis_of(axis, dimensions_of(space%handle)), address, &
      result%handle), stat, errmsg)
  end subroutine

  subroutine convolve_complex32(space, axis, h, result, origin, stat, errmsg, taps)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: axis
    complex(real32), intent(in), contiguous, target :: h(:)
    type(dlops_operator), intent(out) :: result
    integer, intent(in), optional :: origin
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer, intent(in), optional :: taps
    type(convolve1d_options), target :: choices
    choices%struct_size = c_sizeof(choices)
    if (present(origin)) choices%offset = origin - 1
    choices%filter_dtype = DLOPS_COMPLEX64
    if (present(taps)) choices%per_line = 1
    call finish(c_convolve1d_create(space%handle, axis_of(axis, dimensions_of(space%handle)), &
      samples_of(size(h, kind=c_int64_t), taps), &
      filters_of(space, axis, size(h, kind=c_int64_t), taps, c_loc(h)), c_loc(choices), result%handle), stat, errmsg)
  end subroutine

  subroutine matrix_complex64(space, A, result, axis, borrow, stat, errmsg)
    type(dlops_space), intent(in) :: space
    complex(real64), intent(in), target :: A(:, :)
    type(dlops_operator), intent(out) :: result
    integer, intent(in), optional :: axis
    logical, intent(in), optional :: borrow
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    complex(real64), allocatable, target :: packed(:, :)
    type(c_ptr) :: address
    logical :: keeps
    keeps = .false.
    if (present(borrow)) keeps = borrow
    address = c_null_ptr
    if (is_contiguous(A)) then
      address = c_loc(A)
    else if (.not. keeps) then
      packed = A
      address = c_loc(packed)
    end if
    if (fits(space, DLOPS_COMPLEX128)) then
      call create_matrix(space, shape(A, kind=c_int64_t), address, result, axis, keeps, stat, errmsg)
    else
      call create_matrix(space, shape(A, kind=c_int64_t), c_null_ptr, result, axis, keeps, stat, errmsg)
    end if
  end subroutine

  subroutine diagonal_complex64(space, axis, values, result, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: axis
    complex(real64), intent(in), contiguous, target :: values(:)
    type(dlops_operator), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: address
    address = c_null_ptr
    if (fits(space, DLOPS_COMPLEX128) .and. size(values) >= length_of(space, axis)) address = c_loc(values)
    call finish(c_diagonal_create_along(space%handle, axis_of(axis, dimensions_of(space%handle)), address, &
      result%handle), stat, errmsg)
  end subroutine

  subroutine convolve_complex64(space, axis, h, result, origin, stat, errmsg, taps)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: axis
    complex(real64), intent(in), contiguous, target :: h(:)
    type(dlops_operator), intent(out) :: result
    integer, intent(in), optional :: origin
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer, intent(in), optional :: taps
    type(convolve1d_options), target :: choices
    choices%struct_size = c_sizeof(choices)
    if (present(origin)) choices%offset = origin - 1
    choices%filter_dtype = DLOPS_COMPLEX128
    if (present(taps)) choices%per_line = 1
    call finish(c_convolve1d_create(space%handle, axis_of(axis, dimensions_of(space%handle)), &
      samples_of(size(h, kind=c_int64_t), taps), &
      filters_of(space, axis, size(h, kind=c_int64_t), taps, c_loc(h)), c_loc(choices), result%handle), stat, errmsg)
  end subroutine

  !> The samples of a filter: all values, or `taps` for each line.
  function samples_of(count, taps) result(samples)
    integer(c_int64_t), intent(in) :: count
    integer, intent(in), optional :: taps
    integer(c_int64_t) :: samples
    samples = count
    if (present(taps)) samples = taps
  end function

  !> The filters, or a null pointer where they are not `taps` samples for each line, which all ranks report.
  function filters_of(space, axis, count, taps, address) result(filters)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: axis
    integer(c_int64_t), intent(in) :: count
    integer, intent(in), optional :: taps
    type(c_ptr), intent(in) :: address
    type(c_ptr) :: filters
    integer(c_int64_t) :: lengths(DLOPS_MAX_DIMENSIONS)
    integer(c_int32_t) :: n
    filters = address
    if (.not. present(taps)) return
    n = dimensions_of(space%handle)
    if (axis < 1 .or. axis > n) return
    if (c_space_get_shape(space%handle, lengths) /= 0) return
    lengths(n + 1 - axis) = taps
    if (count /= product(lengths(1:n))) filters = c_null_ptr
  end function

  subroutine create_matrix(space, lengths, address, result, axis, borrow, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer(c_int64_t), intent(in) :: lengths(2)
    type(c_ptr), intent(in) :: address
    type(dlops_operator), intent(out) :: result
    integer, intent(in), optional :: axis
    logical, intent(in) :: borrow
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(matrix_mult_options), target :: choices
    integer(c_int32_t) :: n
    n = dimensions_of(space%handle)
    choices%struct_size = c_sizeof(choices)
    choices%layout = DLOPS_COLUMN_MAJOR
    choices%axis = axis_of(1, n)
    if (present(axis)) choices%axis = axis_of(axis, n)
    choices%borrow = flag(borrow)
    call finish(c_matrix_mult_create(space%handle, lengths(1), lengths(2), address, c_loc(choices), result%handle), &
      stat, errmsg)
  end subroutine

  !> Values of another type, or too few, are passed on as a null pointer, which all ranks report.
  function fits(space, dtype) result(same)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: dtype
    logical :: same
    integer(c_int32_t) :: expected
    expected = 0
    same = .false.
    if (c_space_get_dtype(space%handle, expected) == 0) same = expected == dtype
  end function

  function length_of(space, axis) result(length)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: axis
    integer(c_int64_t) :: length, lengths(DLOPS_MAX_DIMENSIONS)
    integer(c_int32_t) :: n
    length = 0
    n = dimensions_of(space%handle)
    if (axis < 1 .or. axis > n) return
    if (c_space_get_shape(space%handle, lengths) == 0) length = lengths(n + 1 - axis)
  end function

end module dlops_dense
