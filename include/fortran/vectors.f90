!> Arithmetic of arrays. Scalars are real, complex or integer numbers of any kind.
module dlops_vectors
  use, intrinsic :: iso_c_binding, only: c_int32_t, c_int64_t
  use, intrinsic :: iso_fortran_env, only: real64
  use dlops_arguments
  use dlops_bindings
  use dlops_errors
  use dlops_types
  implicit none
  private
  public :: dlops_array_fill, dlops_array_fill_random, dlops_array_copy, dlops_array_copy_async, dlops_array_scale, &
    dlops_array_add_scalar, &
    dlops_array_conjugate, dlops_array_axpby, dlops_array_axpy, dlops_array_waxpby, dlops_array_dot, &
    dlops_array_dot_unconjugated, dlops_array_norm, dlops_array_norm_order, dlops_array_sum, dlops_array_extremes, &
    dlops_array_multiply, dlops_array_norm_axis

contains

  !> w := x .* y element by element, with conj(x) where asked. Local.
  subroutine dlops_array_multiply(x, y, w, conjugate, stat, errmsg)
    type(dlops_array), intent(in) :: x, y, w
    logical, intent(in), optional :: conjugate
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_multiply(x%handle, y%handle, flag(conjugate), w%handle), stat, errmsg)
  end subroutine

  !> The norms along an axis, one for each index of the others. Collective.
  !!
  !! norms  of the space that dlops_space_create_norm_axis gives
  subroutine dlops_array_norm_axis(x, order, axis, norms, stat, errmsg)
    type(dlops_array), intent(in) :: x, norms
    real(real64), intent(in) :: order
    integer, intent(in) :: axis
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_norm_axis(x%handle, order, array_axis(x%handle, axis), norms%handle), stat, errmsg)
  end subroutine

  !>  Every element of this rank := value. Local.
  subroutine dlops_array_fill(array, value, stat, errmsg)
    type(dlops_array), intent(in) :: array
    class(*), intent(in) :: value
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_fill(array%handle, scalar_of(value)), stat, errmsg)
  end subroutine

  !>  Fills with random numbers that depend on the seed and the global index only: the same array for any number of
  !! ranks. Local.
  subroutine dlops_array_fill_random(array, distribution, seed, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: distribution, seed
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_fill_random(array%handle, int(distribution, c_int32_t), int(seed, c_int64_t)), stat, errmsg)
  end subroutine

  !> As dlops_array_copy within one context, without a wait: an array in host memory is read or written until the
  !! context's stream has come past the copy. Local.
  !!
  !! stream  another stream of the device, a cudaStream_t; default the context's
  subroutine dlops_array_copy_async(x, y, stream, stat, errmsg)
    type(dlops_array), intent(in) :: x, y
    type(c_ptr), intent(in), optional :: stream
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    if (present(stream)) then
      call finish(c_array_copy_on(x%handle, y%handle, stream), stat, errmsg)
    else
      call finish(c_array_copy_async(x%handle, y%handle), stat, errmsg)
    end if
  end subroutine

  !>  y := x, converted as NumPy's astype where the dtypes differ (complex to real is refused), from any memory to any.
  !! Local.
  subroutine dlops_array_copy(x, y, stat, errmsg)
    type(dlops_array), intent(in) :: x, y
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_copy(x%handle, y%handle), stat, errmsg)
  end subroutine

  !> x := alpha x. Local.
  subroutine dlops_array_scale(alpha, x, stat, errmsg)
    class(*), intent(in) :: alpha
    type(dlops_array), intent(in) :: x
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_scale(scalar_of(alpha), x%handle), stat, errmsg)
  end subroutine

  !> x := x + value, every element. Local.
  subroutine dlops_array_add_scalar(value, x, stat, errmsg)
    class(*), intent(in) :: value
    type(dlops_array), intent(in) :: x
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_add_scalar(scalar_of(value), x%handle), stat, errmsg)
  end subroutine

  !> x := conj(x). Local.
  subroutine dlops_array_conjugate(x, stat, errmsg)
    type(dlops_array), intent(in) :: x
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_conjugate(x%handle), stat, errmsg)
  end subroutine

  !>  y := alpha x + beta y; with beta = 0, y is never read. Local.
  subroutine dlops_array_axpby(alpha, x, beta, y, stat, errmsg)
    class(*), intent(in) :: alpha
    type(dlops_array), intent(in) :: x
    class(*), intent(in) :: beta
    type(dlops_array), intent(in) :: y
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_axpby(scalar_of(alpha), x%handle, scalar_of(beta), y%handle), stat, errmsg)
  end subroutine

  !>  y := alpha x + y. Local.
  subroutine dlops_array_axpy(alpha, x, y, stat, errmsg)
    class(*), intent(in) :: alpha
    type(dlops_array), intent(in) :: x, y
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_axpy(scalar_of(alpha), x%handle, y%handle), stat, errmsg)
  end subroutine

  !>  w := alpha x + beta y: add, subtract and scale in one pass (reads 2n, writes n). Local.
  subroutine dlops_array_waxpby(alpha, x, beta, y, w, stat, errmsg)
    class(*), intent(in) :: alpha
    type(dlops_array), intent(in) :: x
    class(*), intent(in) :: beta
    type(dlops_array), intent(in) :: y, w
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_waxpby(scalar_of(alpha), x%handle, scalar_of(beta), y%handle, w%handle), stat, errmsg)
  end subroutine

  !>  <x, y> = sum conj(x) y over the ranks of the space's group; replicated elements count once. Collective.
  subroutine dlops_array_dot(x, y, result, stat, errmsg)
    type(dlops_array), intent(in) :: x, y
    complex(real64), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(dlops_scalar) :: result_c
    call finish(c_array_dot(x%handle, y%handle, result_c), stat, errmsg)
    result = cmplx(result_c%re, result_c%im, real64)
  end subroutine

  !>  sum x y, not conjugated; else as dlops_array_dot. Collective.
  subroutine dlops_array_dot_unconjugated(x, y, result, stat, errmsg)
    type(dlops_array), intent(in) :: x, y
    complex(real64), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(dlops_scalar) :: result_c
    call finish(c_array_dot_unconjugated(x%handle, y%handle, result_c), stat, errmsg)
    result = cmplx(result_c%re, result_c%im, real64)
  end subroutine

  !>  The Euclidean norm over the ranks of the space's group; replicated elements count once. Collective.
  subroutine dlops_array_norm(x, result, stat, errmsg)
    type(dlops_array), intent(in) :: x
    real(real64), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    result = 0
    call finish(c_array_norm(x%handle, result), stat, errmsg)
  end subroutine

  !>  The norm of an order, of all elements as one vector, components of products included: (sum |x|^p)^(1/p) for
  !! any p but 0; for 0 the number of elements that are not zero; for INFINITY and -INFINITY (of <math.h>) the largest
  !! and smallest magnitude, NaN where an element is NaN. Collective.
  subroutine dlops_array_norm_order(x, order, result, stat, errmsg)
    type(dlops_array), intent(in) :: x
    real(real64), intent(in) :: order
    real(real64), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    result = 0
    call finish(c_array_norm_order(x%handle, order, result), stat, errmsg)
  end subroutine

  !>  sum x over the ranks of the space's group; replicated elements count once. Collective.
  subroutine dlops_array_sum(x, result, stat, errmsg)
    type(dlops_array), intent(in) :: x
    complex(real64), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(dlops_scalar) :: result_c
    call finish(c_array_sum(x%handle, result_c), stat, errmsg)
    result = cmplx(result_c%re, result_c%im, real64)
  end subroutine

  !>  Smallest and largest element of a real array over the ranks of the space's group; both NaN where an element
  !! is, INFINITY and -INFINITY for no elements. Collective.
  subroutine dlops_array_extremes(x, smallest, largest, stat, errmsg)
    type(dlops_array), intent(in) :: x
    real(real64), intent(out) :: smallest, largest
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    smallest = 0
    largest = 0
    call finish(c_array_extremes(x%handle, smallest, largest), stat, errmsg)
  end subroutine
end module dlops_vectors
