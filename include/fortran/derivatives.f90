!> Derivatives. Axes count from 1, the first is the fastest.
module dlops_derivatives
  use, intrinsic :: iso_c_binding, only: c_double, c_int32_t, c_int64_t, c_loc, c_sizeof
  use, intrinsic :: iso_fortran_env, only: real64
  use dlops_arguments
  use dlops_bindings
  use dlops_errors
  use dlops_options
  use dlops_types
  implicit none
  private
  public :: dlops_first_derivative_create, dlops_second_derivative_create, dlops_laplacian_create, &
    dlops_gradient_create

contains

  !> Makes the first derivative along one axis, of any layout. Collective.
  !!
  !! forward            y(i) = (x(i+1) - x(i)) / d
  !! backward           y(i) = (x(i) - x(i-1)) / d
  !! centered, order 3  y(i) = (x(i+1) - x(i-1)) / 2d
  !! centered, order 5  y(i) = (x(i-2) - 8 x(i-1) + 8 x(i+1) - x(i+2)) / 12d
  !!
  !! axis      from 1
  !! sampling  d, not 0; default 1
  !! kind      DLOPS_KIND_CENTERED (the default), DLOPS_KIND_FORWARD or DLOPS_KIND_BACKWARD
  !! order     points of the centered quotient, 3 (the default) or 5
  !! edge      the ends of a centered derivative are one-sided differences, else they are zero
  subroutine dlops_first_derivative_create(space, axis, result, sampling, kind, order, edge, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: axis
    type(dlops_operator), intent(out) :: result
    real(real64), intent(in), optional :: sampling
    integer, intent(in), optional :: kind, order
    logical, intent(in), optional :: edge
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(first_derivative_options), target :: choices
    choices%struct_size = c_sizeof(choices)
    choices%sampling = 1
    if (present(sampling)) choices%sampling = sampling
    choices%kind = number_of(kind)
    choices%order = number_of(order)
    choices%edge = flag(edge)
    call finish(c_first_derivative_create(space%handle, axis_of(axis, dimensions_of(space%handle)), c_loc(choices), &
      result%handle), stat, errmsg)
  end subroutine

  !> Makes the second derivative along one axis, of any layout. Collective.
  !!
  !! forward     y(i) = (x(i) - 2 x(i+1) + x(i+2)) / d^2
  !! backward    y(i) = (x(i-2) - 2 x(i-1) + x(i)) / d^2
  !! centered    y(i) = (x(i-1) - 2 x(i) + x(i+1)) / d^2
  !!
  !! Options as of dlops_first_derivative_create.
  subroutine dlops_second_derivative_create(space, axis, result, sampling, kind, edge, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: axis
    type(dlops_operator), intent(out) :: result
    real(real64), intent(in), optional :: sampling
    integer, intent(in), optional :: kind
    logical, intent(in), optional :: edge
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(second_derivative_options), target :: choices
    choices%struct_size = c_sizeof(choices)
    choices%sampling = 1
    if (present(sampling)) choices%sampling = sampling
    choices%kind = number_of(kind)
    choices%edge = flag(edge)
    call finish(c_second_derivative_create(space%handle, axis_of(axis, dimensions_of(space%handle)), c_loc(choices), &
      result%handle), stat, errmsg)
  end subroutine

  !> Makes the Laplacian y = sum_k w(k) d^2 x / d(axes(k))^2 of any layout, one pass over x. Collective.
  !!
  !! axes      from 1, none twice; default the first two, the fastest ones, or the only one
  !! weights   one an axis of `axes`, in its order; default all 1
  !! sampling  one an axis of `axes`, in its order, not 0; default all 1
  subroutine dlops_laplacian_create(space, result, axes, weights, sampling, kind, edge, stat, errmsg)
    type(dlops_space), intent(in) :: space
    type(dlops_operator), intent(out) :: result
    integer, intent(in), optional :: axes(:), kind
    real(real64), intent(in), optional :: weights(:), sampling(:)
    logical, intent(in), optional :: edge
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(laplacian_options), target :: choices
    integer(c_int32_t), allocatable, target :: c_axes(:)
    real(c_double), allocatable, target :: c_weights(:), c_sampling(:)
    integer(c_int32_t) :: n
    n = dimensions_of(space%handle)
    choices%struct_size = c_sizeof(choices)
    ! The library's own default is the same axes in C's order; the values given for them are in Fortran's.
    if (present(axes)) then
      c_axes = axis_of(axes, n)
    else
      c_axes = axis_of([1, 2], n)
      if (n <= 1) c_axes = axis_of([1], n)
    end if
    choices%axes = c_loc(c_axes)
    choices%axis_count = size(c_axes, kind=c_int64_t)
    if (present(weights)) then
      c_weights = weights
      choices%weights = c_loc(c_weights)
      choices%weight_count = size(weights, kind=c_int64_t)
    end if
    if (present(sampling)) then
      c_sampling = sampling
      choices%sampling = c_loc(c_sampling)
      choices%sampling_count = size(sampling, kind=c_int64_t)
    end if
    choices%kind = number_of(kind)
    choices%edge = flag(edge)
    call finish(c_laplacian_create(space%handle, c_loc(choices), result%handle), stat, errmsg)
  end subroutine

  !> Makes the gradient of any layout, one pass over x: component k of y, from 1, is dx / d(axis k). Collective.
  !!
  !! sampling  one an axis, axis 1 first, or one for all; default 1
  !! Other options as of dlops_first_derivative_create.
  subroutine dlops_gradient_create(space, result, sampling, kind, order, edge, stat, errmsg)
    type(dlops_space), intent(in) :: space
    type(dlops_operator), intent(out) :: result
    real(real64), intent(in), optional :: sampling(:)
    integer, intent(in), optional :: kind, order
    logical, intent(in), optional :: edge
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(gradient_options), target :: choices
    real(c_double), allocatable, target :: c_sampling(:)
    choices%struct_size = c_sizeof(choices)
    if (present(sampling)) then
      c_sampling = sampling(size(sampling):1:-1)
      choices%sampling = c_loc(c_sampling)
      choices%sampling_count = size(sampling, kind=c_int64_t)
    end if
    choices%kind = number_of(kind)
    choices%order = number_of(order)
    choices%edge = flag(edge)
    call finish(c_gradient_create(space%handle, c_loc(choices), result%handle), stat, errmsg)
  end subroutine

end module dlops_derivatives
