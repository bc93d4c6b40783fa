!> Identity, zero, diagonal, transpose.
module dlops_basic
  use, intrinsic :: iso_c_binding, only: c_int32_t, c_loc, c_null_ptr, c_ptr, c_sizeof
  use dlops_arguments
  use dlops_bindings
  use dlops_constants
  use dlops_errors
  use dlops_options
  use dlops_types
  implicit none
  private
  public :: dlops_diagonal_create, dlops_identity_create, dlops_zero_create, dlops_transpose_create

contains

  !> Makes the identity, or the embedding or restriction into a range of other lengths: y(i) = x(i) for all i inside
  !! both shapes, 0 elsewhere. Local for congruent spaces, otherwise collective.
  subroutine dlops_identity_create(domain, result, range, stat, errmsg)
    type(dlops_space), intent(in) :: domain
    type(dlops_operator), intent(out) :: result
    type(dlops_space), intent(in), optional :: range
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: target_space
    target_space = c_null_ptr
    if (present(range)) target_space = range%handle
    call finish(c_identity_create(domain%handle, target_space, result%handle), stat, errmsg)
  end subroutine

  !> Makes the zero operator, y = 0, between any two spaces of one context. Local.
  subroutine dlops_zero_create(domain, result, range, stat, errmsg)
    type(dlops_space), intent(in) :: domain
    type(dlops_operator), intent(out) :: result
    type(dlops_space), intent(in), optional :: range
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: target_space
    target_space = c_null_ptr
    if (present(range)) target_space = range%handle
    call finish(c_zero_create(domain%handle, target_space, result%handle), stat, errmsg)
  end subroutine

  !> Makes a transpose of axes: axis k of y is axis permutation(k) of x, both from 1. Unitary. Collective.
  !!
  !! range  a space of the permuted shape in the layout of the result; default: nothing is sent, axes stay cut
  subroutine dlops_transpose_create(space, permutation, result, range, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: permutation(:)
    type(dlops_operator), intent(out) :: result
    type(dlops_space), intent(in), optional :: range
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(transpose_options), target :: choices
    integer(c_int32_t) :: axes(max(size(permutation), DLOPS_MAX_DIMENSIONS)), n
    integer :: k
    n = dimensions_of(space%handle)
    axes = n                ! no axis: refused where the permutation is too short
    do k = 1, size(permutation)
      axes(size(permutation) + 1 - k) = axis_of(permutation(k), n)
    end do
    if (size(permutation) /= n) axes = n
    choices%struct_size = c_sizeof(choices)
    if (present(range)) choices%range = range%handle
    call finish(c_transpose_create(space%handle, axes, c_loc(choices), result%handle), stat, errmsg)
  end subroutine

  !>  Makes a diagonal operator: y = d x, element by element; adjoint conj(d) x. Local.
  subroutine dlops_diagonal_create(space, values, result, stat, errmsg)
    type(dlops_space), intent(in) :: space
    type(dlops_array), intent(in) :: values
    type(dlops_operator), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_diagonal_create(space%handle, values%handle, result%handle), stat, errmsg)
  end subroutine
end module dlops_basic
