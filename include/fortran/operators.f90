!> Operators: apply and algebra.
module dlops_operators
  use, intrinsic :: iso_c_binding, only: c_int32_t, c_int64_t
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use dlops_arguments
  use dlops_bindings
  use dlops_constants
  use dlops_errors
  use dlops_types
  implicit none
  private
  public :: dlops_operator_apply, dlops_operator_apply_scaled, dlops_operator_adjoint, dlops_operator_transpose, &
    dlops_operator_conjugate, dlops_operator_scale, dlops_operator_power, dlops_operator_get_domain, &
    dlops_operator_get_range, dlops_operator_create_domain_array, dlops_operator_create_range_array, &
    dlops_operator_get_apply_counts, dlops_operator_reset_apply_counts, dlops_operator_view, dlops_operator_retain, &
    dlops_operator_destroy, dlops_operator_sum, dlops_operator_product, dlops_operator_dot_test, dlops_operator_promote, &
    dlops_operator_with_memory, dlops_operator_inverse

contains

  !> sum_k c_k A_k over congruent domains and ranges, accumulated in place; without coefficients, ones. Local.
  subroutine dlops_operator_sum(terms, result, coefficients, stat, errmsg)
    type(dlops_operator), intent(in) :: terms(:)
    type(dlops_operator), intent(out) :: result
    class(*), intent(in), optional :: coefficients(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(dlops_scalar), allocatable :: factors(:)
    integer :: i
    if (present(coefficients)) then
      if (size(coefficients) /= size(terms)) then
        call fail(DLOPS_ERROR_ARGUMENT, 'dlops_operator_sum: coefficients are not one for each term', stat, errmsg)
        return
      end if
      allocate (factors(size(coefficients)))
      do i = 1, size(coefficients)
        factors(i) = scalar_of(coefficients(i))
      end do
    end if
    call finish(c_operator_sum(size(terms, kind=c_int64_t), factors, terms%handle, result%handle), stat, errmsg)
  end subroutine

  !> A_1 A_2 ... A_n, the last applied first; one buffer between neighbours, made here. Local.
  subroutine dlops_operator_product(factors, result, stat, errmsg)
    type(dlops_operator), intent(in) :: factors(:)
    type(dlops_operator), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_operator_product(size(factors, kind=c_int64_t), factors%handle, result%handle), stat, errmsg)
  end subroutine

  !> The dot test |<A x, y> - <x, A^H y>| <= tolerance max(|A x||y|, |x||A^H y|) on random vectors. Collective.
  !!
  !! tolerance       default 10 eps sqrt(n)
  !! relative_error  what was found, over the right side's max
  subroutine dlops_operator_dot_test(op, passed, seed, tolerance, relative_error, stat, errmsg)
    type(dlops_operator), intent(in) :: op
    logical, intent(out) :: passed
    integer, intent(in), optional :: seed
    real(real64), intent(in), optional :: tolerance
    real(real64), intent(out), optional :: relative_error
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t) :: answer
    real(real64) :: limit, error
    answer = 0
    error = 0
    limit = 0
    if (present(tolerance)) limit = tolerance
    call finish(c_operator_dot_test(op%handle, int(number_of(seed), c_int64_t), limit, error, answer), stat, errmsg)
    passed = answer == 1
    if (present(relative_error)) relative_error = error
  end subroutine

  !>  y := op(A) x. Collective.
  subroutine dlops_operator_apply(op, mode, x, y, stat, errmsg)
    type(dlops_operator), intent(in) :: op
    integer, intent(in) :: mode
    type(dlops_array), intent(in) :: x, y
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_operator_apply(op%handle, int(mode, c_int32_t), x%handle, y%handle), stat, errmsg)
  end subroutine

  !>  y := alpha op(A) x + beta y. Collective.
  subroutine dlops_operator_apply_scaled(op, mode, alpha, x, beta, y, stat, errmsg)
    type(dlops_operator), intent(in) :: op
    integer, intent(in) :: mode
    class(*), intent(in) :: alpha
    type(dlops_array), intent(in) :: x
    class(*), intent(in) :: beta
    type(dlops_array), intent(in) :: y
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_operator_apply_scaled(op%handle, int(mode, c_int32_t), scalar_of(alpha), x%handle, &
      scalar_of(beta), y%handle), stat, errmsg)
  end subroutine

  !>  A^H as an operator. Local.
  subroutine dlops_operator_adjoint(op, result, stat, errmsg)
    type(dlops_operator), intent(in) :: op
    type(dlops_operator), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_operator_adjoint(op%handle, result%handle), stat, errmsg)
  end subroutine

  !> A^-1 as an operator, for those whose inverse is a multiple of the adjoint, such as Fourier transforms. Local.
  subroutine dlops_operator_inverse(op, result, stat, errmsg)
    type(dlops_operator), intent(in) :: op
    type(dlops_operator), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_operator_inverse(op%handle, result%handle), stat, errmsg)
  end subroutine

  !> A^T as an operator. Local.
  subroutine dlops_operator_transpose(op, result, stat, errmsg)
    type(dlops_operator), intent(in) :: op
    type(dlops_operator), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_operator_transpose(op%handle, result%handle), stat, errmsg)
  end subroutine

  !> conj(A) as an operator: x -> conj(A conj(x)). Local.
  subroutine dlops_operator_conjugate(op, result, stat, errmsg)
    type(dlops_operator), intent(in) :: op
    type(dlops_operator), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_operator_conjugate(op%handle, result%handle), stat, errmsg)
  end subroutine

  !> c A. Local.
  subroutine dlops_operator_scale(coefficient, op, result, stat, errmsg)
    class(*), intent(in) :: coefficient
    type(dlops_operator), intent(in) :: op
    type(dlops_operator), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_operator_scale(scalar_of(coefficient), op%handle, result%handle), stat, errmsg)
  end subroutine

  !>  A^n of an operator whose domain and range are congruent; A^0 is the identity. Local.
  subroutine dlops_operator_power(op, exponent, result, stat, errmsg)
    type(dlops_operator), intent(in) :: op
    integer, intent(in) :: exponent
    type(dlops_operator), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_operator_power(op%handle, int(exponent, c_int64_t), result%handle), stat, errmsg)
  end subroutine

  !> A on elements of a wider dtype: a real operator for complex arrays, or one of single precision for double. Local.
  subroutine dlops_operator_promote(op, dtype, result, stat, errmsg)
    type(dlops_operator), intent(in) :: op
    integer(c_int32_t), intent(in) :: dtype
    type(dlops_operator), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_operator_promote(op%handle, dtype, result%handle), stat, errmsg)
  end subroutine

  !> The operator with its domain and range in the memory that is given (DLOPS_HOST, DLOPS_CUDA; 0: as they are): what goes
  !> in and comes out is copied. Local.
  subroutine dlops_operator_with_memory(op, domain_memory, range_memory, result, stat, errmsg)
    type(dlops_operator), intent(in) :: op
    integer, intent(in) :: domain_memory, range_memory
    type(dlops_operator), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_operator_with_memory(op%handle, int(domain_memory, c_int32_t), int(range_memory, c_int32_t), &
        result%handle), stat, errmsg)
  end subroutine

  !> The domain, as a new handle that the caller destroys. Local.
  subroutine dlops_operator_get_domain(op, domain, stat, errmsg)
    type(dlops_operator), intent(in) :: op
    type(dlops_space), intent(out) :: domain
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_operator_get_domain(op%handle, domain%handle), stat, errmsg)
  end subroutine

  !> The range, as a new handle that the caller destroys. Local.
  subroutine dlops_operator_get_range(op, range, stat, errmsg)
    type(dlops_operator), intent(in) :: op
    type(dlops_space), intent(out) :: range
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_operator_get_range(op%handle, range%handle), stat, errmsg)
  end subroutine

  !> A new array of the domain, elements unspecified. Local.
  subroutine dlops_operator_create_domain_array(op, array, stat, errmsg)
    type(dlops_operator), intent(in) :: op
    type(dlops_array), intent(out) :: array
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_operator_create_domain_array(op%handle, array%handle), stat, errmsg)
  end subroutine

  !> A new array of the range, elements unspecified. Local.
  subroutine dlops_operator_create_range_array(op, array, stat, errmsg)
    type(dlops_operator), intent(in) :: op
    type(dlops_array), intent(out) :: array
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_operator_create_range_array(op%handle, array%handle), stat, errmsg)
  end subroutine

  !>  Applications so far: `forward` of A and conj(A), `adjoint` of A^H and A^T; either may be NULL. Local.
  subroutine dlops_operator_get_apply_counts(op, forward, adjoint, stat, errmsg)
    type(dlops_operator), intent(in) :: op
    integer(int64), intent(out) :: forward, adjoint
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    forward = 0
    adjoint = 0
    call finish(c_operator_get_apply_counts(op%handle, forward, adjoint), stat, errmsg)
  end subroutine

  !> Applications are counted from 0 again. Local.
  subroutine dlops_operator_reset_apply_counts(op, stat, errmsg)
    type(dlops_operator), intent(in) :: op
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_operator_reset_apply_counts(op%handle), stat, errmsg)
  end subroutine

  !>  Sends the expression tree, one line an operator, to the log at level DLOPS_LOG_INFO. Local.
  subroutine dlops_operator_view(op, stat, errmsg)
    type(dlops_operator), intent(in) :: op
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_operator_view(op%handle), stat, errmsg)
  end subroutine

  !> Another handle to the same operator. Local.
  subroutine dlops_operator_retain(op, copy, stat, errmsg)
    type(dlops_operator), intent(in) :: op
    type(dlops_operator), intent(out) :: copy
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_operator_retain(op%handle, copy%handle), stat, errmsg)
  end subroutine

  !> Destroys a handle and sets it to null; one that is null is accepted. Local.
  subroutine dlops_operator_destroy(op, stat, errmsg)
    type(dlops_operator), intent(inout) :: op
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_operator_destroy(op%handle), stat, errmsg)
  end subroutine
end module dlops_operators
