!> Products with a matrix that is spread over the ranks.
module dlops_distributed_matrices
  use, intrinsic :: iso_c_binding, only: c_int32_t, c_int64_t, c_loc, c_null_ptr, c_ptr, c_sizeof
  use, intrinsic :: iso_fortran_env, only: int64, real32, real64
  use dlops_arguments
  use dlops_bindings
  use dlops_constants
  use dlops_errors
  use dlops_options
  use dlops_types
  implicit none
  private
  public :: dlops_distributed_matrix_mult_create

  !> Makes Y = A X with a matrix that is spread over the ranks, as X and Y are. Collective.
  !!
  !! domain        X(k, m) or X(k)
  !! matrix_space  A(n, k), in any layout of the same ranks
  !! A             A(i, j), this rank's elements of it, and padding after them; copied, unless `borrow`
  !! axis          of the domain, k elements long, from 1; default 1, the first
  !! algorithm     DLOPS_PRODUCT_AUTOMATIC (the default), DLOPS_PRODUCT_BLOCK or DLOPS_PRODUCT_SUMMA
  !! save_adjoint  keeps A^T too, for the adjoint; default .false.
  !! borrow        the operator reads A itself, a contiguous target that stays valid and unchanged while the operator lives
  !! range         Y takes the layout of this space
  !! panel         indices of the inner axis that travel at once; default chosen
  interface dlops_distributed_matrix_mult_create
    module procedure matrix_real32, matrix_real64, matrix_complex32, matrix_complex64
  end interface

contains

  subroutine matrix_real32(domain, matrix_space, A, result, axis, algorithm, save_adjoint, borrow, range, panel, stat, &
    errmsg)
    type(dlops_space), intent(in) :: domain, matrix_space
    real(real32), intent(in), target :: A(:, :)
    type(dlops_operator), intent(out) :: result
    integer, intent(in), optional :: axis, algorithm
    logical, intent(in), optional :: save_adjoint, borrow
    type(dlops_space), intent(in), optional :: range
    integer(int64), intent(in), optional :: panel
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    real(real32), allocatable, target :: packed(:, :)
    type(c_ptr) :: address
    address = c_null_ptr
    if (fits(matrix_space, DLOPS_FLOAT32, shape(A, kind=c_int64_t))) then
      if (is_contiguous(A)) then
        address = c_loc(A)
      else if (flag(borrow) == 0) then
        packed = A
        address = c_loc(packed)
      end if
    end if
    call create(domain, matrix_space, address, size(A, 1, kind=c_int64_t), result, axis, algorithm, save_adjoint, &
      borrow, range, panel, stat, errmsg)
  end subroutine

  subroutine matrix_real64(domain, matrix_space, A, result, axis, algorithm, save_adjoint, borrow, range, panel, stat, &
    errmsg)
    type(dlops_space), intent(in) :: domain, matrix_space
    real(real64), intent(in), target :: A(:, :)
    type(dlops_operator), intent(out) :: result
    integer, intent(in), optional :: axis, algorithm
    logical, intent(in), optional :: save_adjoint, borrow
    type(dlops_space), intent(in), optional :: range
    integer(int64), intent(in), optional :: panel
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    real(real64), allocatable, target :: packed(:, :)
    type(c_ptr) :: address
    address = c_null_ptr
    if (fits(matrix_space, DLOPS_FLOAT64, shape(A, kind=c_int64_t))) then
      if (is_contiguous(A)) then
        address = c_loc(A)
      else if (flag(borrow) == 0) then
        packed = A
        address = c_loc(packed)
      end if
    end if
    call create(domain, matrix_space, address, size(A, 1, kind=c_int64_t), result, axis, algorithm, save_adjoint, &
      borrow, range, panel, stat, errmsg)
  end subroutine

  subroutine matrix_complex32(domain, matrix_space, A, result, axis, algorithm, save_adjoint, borrow, range, panel, stat, &
    errmsg)
    type(dlops_space), intent(in) :: domain, matrix_space
    complex(real32), intent(in), target :: A(:, :)
    type(dlops_operator), intent(out) :: result
    integer, intent(in), optional :: axis, algorithm
    logical, intent(in), optional :: save_adjoint, borrow
    type(dlops_space), intent(in), optional :: range
    integer(int64), intent(in), optional :: panel
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    complex(real32), allocatable, target :: packed(:, :)
    type(c_ptr) :: address
    address = c_null_ptr
    if (fits(matrix_space, DLOPS_COMPLEX64, shape(A, kind=c_int64_t))) then
      if (is_contiguous(A)) then
        address = c_loc(A)
      else if (flag(borrow) == 0) then
        packed = A
        address = c_loc(packed)
      end if
    end if
    call create(domain, matrix_space, address, size(A, 1, kind=c_int64_t), result, axis, algorithm, save_adjoint, &
      borrow, range, panel, stat, errmsg)
  end subroutine

  subroutine matrix_complex64(domain, matrix_space, A, result, axis, algorithm, save_adjoint, borrow, range, panel, stat, &
    errmsg)
    type(dlops_space), intent(in) :: domain, matrix_space
    complex(real64), intent(in), target :: A(:, :)
    type(dlops_operator), intent(out) :: result
    integer, intent(in), optional :: axis, algorithm
    logical, intent(in), optional :: save_adjoint, borrow
    type(dlops_space), intent(in), optional :: range
    integer(int64), intent(in), optional :: panel
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    complex(real64), allocatable, target :: packed(:, :)
    type(c_ptr) :: address
    address = c_null_ptr
    if (fits(matrix_space, DLOPS_COMPLEX128, shape(A, kind=c_int64_t))) then
      if (is_contiguous(A)) then
        address = c_loc(A)
      else if (flag(borrow) == 0) then
        packed = A
        address = c_loc(packed)
      end if
    end if
    call create(domain, matrix_space, address, size(A, 1, kind=c_int64_t), result, axis, algorithm, save_adjoint, &
      borrow, range, panel, stat, errmsg)
  end subroutine

  subroutine create(domain, matrix_space, address, leading, result, axis, algorithm, save_adjoint, borrow, range, panel, &
    stat, errmsg)
    type(dlops_space), intent(in) :: domain, matrix_space
    type(c_ptr), intent(in) :: address
    integer(c_int64_t), intent(in) :: leading
    type(dlops_operator), intent(out) :: result
    integer, intent(in), optional :: axis, algorithm
    logical, intent(in), optional :: save_adjoint, borrow
    type(dlops_space), intent(in), optional :: range
    integer(int64), intent(in), optional :: panel
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(distributed_matrix_mult_options), target :: choices
    integer(c_int32_t) :: n
    n = dimensions_of(domain%handle)
    choices%struct_size = c_sizeof(choices)
    ! The library sees A^T by rows, which is A by columns.
    choices%transposed = 1
    choices%leading_dimension = leading
    choices%axis = axis_of(1, n)
    if (present(axis)) choices%axis = axis_of(axis, n)
    choices%algorithm = number_of(algorithm)
    choices%save_adjoint = flag(save_adjoint)
    choices%borrow = flag(borrow)
    if (present(range)) choices%range = range%handle
    if (present(panel)) choices%panel = panel
    call finish(c_distributed_matrix_mult_create(domain%handle, matrix_space%handle, address, c_loc(choices), &
      result%handle), stat, errmsg)
  end subroutine

  !> Elements of another type, or too few, are passed on as a null pointer, which all ranks report.
  function fits(space, dtype, lengths) result(same)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: dtype
    integer(c_int64_t), intent(in) :: lengths(2)
    logical :: same
    integer(c_int32_t) :: expected
    integer(c_int64_t) :: own(DLOPS_MAX_DIMENSIONS)
    expected = 0
    same = .false.
    if (dimensions_of(space%handle) /= 2) return
    if (c_space_get_dtype(space%handle, expected) /= 0) return
    if (c_space_get_local_shape(space%handle, own) /= 0) return
    same = expected == dtype .and. lengths(1) >= own(2) .and. lengths(2) >= own(1)
  end function
end module dlops_distributed_matrices
