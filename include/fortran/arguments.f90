!> Arguments of Fortran as C takes them: axes from 1 and the other way round, flags, texts.
module dlops_arguments
  use, intrinsic :: iso_c_binding, only: c_char, c_int32_t, c_int64_t, c_loc, c_null_char, c_null_ptr, c_ptr
  use dlops_bindings
  use dlops_types
  implicit none
  private
  public :: array_axis, axis_of, dimensions_of, flag, letters_of, mask_of, number_of, text_before_null, turned

contains

  pure function flag(value) result(number)
    logical, intent(in), optional :: value
    integer(c_int32_t) :: number
    number = 0
    if (present(value)) number = merge(1_c_int32_t, 0_c_int32_t, value)
  end function

  !> 0, which means the default, where there is none.
  pure function number_of(value) result(number)
    integer, intent(in), optional :: value
    integer(c_int32_t) :: number
    number = 0
    if (present(value)) number = int(value, c_int32_t)
  end function

  pure function letters_of(text) result(letters)
    character(len=*), intent(in) :: text
    character(kind=c_char) :: letters(len_trim(text) + 1)
    integer :: i
    do i = 1, len_trim(text)
      letters(i) = text(i:i)
    end do
    letters(size(letters)) = c_null_char
  end function

  !> The text before the first null character, which is there: the way back of letters_of.
  pure function text_before_null(letters) result(text)
    character(kind=c_char), intent(in) :: letters(:)
    character(len=:), allocatable :: text
    integer :: i
    allocate (character(len=findloc(letters, c_null_char, 1) - 1) :: text)
    do i = 1, len(text)
      text(i:i) = letters(i)
    end do
  end function

  pure function turned(values) result(reversed)
    integer(c_int64_t), intent(in) :: values(:)
    integer(c_int64_t) :: reversed(size(values))
    reversed = values(size(values):1:-1)
  end function

  !> Axis `axis` of n, from 1, is C's axis n - axis. One outside 1..n becomes one outside C's -n..n-1, so that the
  !! library refuses it, on all ranks alike.
  elemental function axis_of(axis, n) result(c_axis)
    integer, intent(in) :: axis
    integer(c_int32_t), intent(in) :: n
    integer(c_int32_t) :: c_axis
    c_axis = n - int(axis, c_int32_t)
    if (axis > n) c_axis = n + int(axis, c_int32_t)
  end function

  !> The number of axes; 0 for a product space and for what is no space, which the next call reports.
  function dimensions_of(space) result(n)
    type(c_ptr), intent(in) :: space
    integer(c_int32_t) :: n
    n = 0
    if (c_space_get_dimensions(space, n) /= 0) n = 0
  end function

  !> The same of an array's space.
  function array_axis(array, axis) result(c_axis)
    type(c_ptr), intent(in) :: array
    integer, intent(in) :: axis
    integer(c_int32_t) :: c_axis, n
    type(c_ptr) :: space
    space = c_null_ptr
    n = 0
    if (c_array_get_space(array, space) == 0) n = dimensions_of(space)
    c_axis = axis_of(axis, n)
    if (c_space_destroy(space) /= 0) c_axis = 0
  end function

  !> Colours for C, at an address that is null where there are none.
  function mask_of(mask, kept) result(address)
    integer, intent(in), optional :: mask(:)
    integer(c_int32_t), allocatable, target, intent(out) :: kept(:)
    type(c_ptr) :: address
    address = c_null_ptr
    if (.not. present(mask)) return
    kept = int(mask, c_int32_t)
    address = c_loc(kept)
  end function
end module dlops_arguments
