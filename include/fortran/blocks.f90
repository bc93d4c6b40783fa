!> Blocks of operators.
module dlops_blocks
  use, intrinsic :: iso_c_binding, only: c_int32_t, c_int64_t, c_loc, c_ptr, c_sizeof
  use dlops_arguments
  use dlops_bindings
  use dlops_errors
  use dlops_options
  use dlops_types
  implicit none
  private
  public :: dlops_block_diag_create, dlops_vstack_create, dlops_hstack_create, dlops_stacked_block_diag_create, &
    dlops_stacked_vstack_create, dlops_stacked_hstack_create, dlops_block_create

contains

  !> BlockDiag: y_i = A_i x_i over the operators of all ranks. Collective.
  !!
  !! operators  of this rank, none or more, of the local context of `context` (dlops_context_get_local)
  !! mask       one colour a rank: sums stay among ranks of one colour
  subroutine dlops_block_diag_create(context, operators, result, mask, stat, errmsg)
    type(dlops_context), intent(in) :: context
    type(dlops_operator), intent(in) :: operators(:)
    type(dlops_operator), intent(out) :: result
    integer, intent(in), optional :: mask(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(block_options), target :: choices
    integer(c_int32_t), allocatable, target :: colours(:)
    choices%struct_size = c_sizeof(choices)
    choices%mask = mask_of(mask, colours)
    call finish(c_block_diag_create(context%handle, size(operators, kind=c_int64_t), operators%handle, c_loc(choices), &
      result%handle), stat, errmsg)
  end subroutine

  !> VStack: y_i = A_i x over the operators of all ranks, and x = sum_i A_i^H y_i. Collective.
  !!
  !! operators  of this rank, none or more, of the local context of `context` (dlops_context_get_local)
  !! mask       one colour a rank: sums stay among ranks of one colour
  subroutine dlops_vstack_create(context, operators, result, mask, stat, errmsg)
    type(dlops_context), intent(in) :: context
    type(dlops_operator), intent(in) :: operators(:)
    type(dlops_operator), intent(out) :: result
    integer, intent(in), optional :: mask(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(block_options), target :: choices
    integer(c_int32_t), allocatable, target :: colours(:)
    choices%struct_size = c_sizeof(choices)
    choices%mask = mask_of(mask, colours)
    call finish(c_vstack_create(context%handle, size(operators, kind=c_int64_t), operators%handle, c_loc(choices), &
      result%handle), stat, errmsg)
  end subroutine

  !> HStack: y = sum_i A_i x_i over the operators of all ranks. Collective.
  !!
  !! operators  of this rank, none or more, of the local context of `context` (dlops_context_get_local)
  !! mask       one colour a rank: sums stay among ranks of one colour
  subroutine dlops_hstack_create(context, operators, result, mask, stat, errmsg)
    type(dlops_context), intent(in) :: context
    type(dlops_operator), intent(in) :: operators(:)
    type(dlops_operator), intent(out) :: result
    integer, intent(in), optional :: mask(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(block_options), target :: choices
    integer(c_int32_t), allocatable, target :: colours(:)
    choices%struct_size = c_sizeof(choices)
    choices%mask = mask_of(mask, colours)
    call finish(c_hstack_create(context%handle, size(operators, kind=c_int64_t), operators%handle, c_loc(choices), &
      result%handle), stat, errmsg)
  end subroutine

  !> diag(A_1, ..., A_n) on product spaces: component i of y is A_i times component i of x. Local.
  !! Components are numbered as by dlops_space_create_product.
  subroutine dlops_stacked_block_diag_create(operators, result, stat, errmsg)
    type(dlops_operator), intent(in) :: operators(:)
    type(dlops_operator), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_stacked_block_diag_create(size(operators, kind=c_int64_t), backwards(operators), result%handle), &
      stat, &
      errmsg)
  end subroutine

  !> (A_1; ...; A_n): component i of y is A_i x. Local.
  !! Components are numbered as by dlops_space_create_product.
  subroutine dlops_stacked_vstack_create(operators, result, stat, errmsg)
    type(dlops_operator), intent(in) :: operators(:)
    type(dlops_operator), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_stacked_vstack_create(size(operators, kind=c_int64_t), backwards(operators), result%handle), stat, &
      errmsg)
  end subroutine

  !> (A_1 ... A_n): y is the sum of A_i times component i of x. Local.
  !! Components are numbered as by dlops_space_create_product.
  subroutine dlops_stacked_hstack_create(operators, result, stat, errmsg)
    type(dlops_operator), intent(in) :: operators(:)
    type(dlops_operator), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_stacked_hstack_create(size(operators, kind=c_int64_t), backwards(operators), result%handle), stat, &
      errmsg)
  end subroutine

  !> Block: y_i = sum_j A_ij x_j on product spaces. Local.
  !!
  !! operators  operators(i, j) is A_ij; one that was never created is a block of zeros
  subroutine dlops_block_create(operators, result, stat, errmsg)
    type(dlops_operator), intent(in) :: operators(:, :)
    type(dlops_operator), intent(out) :: result
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_block_create(size(operators, 1, c_int64_t), size(operators, 2, c_int64_t), &
      backwards(reshape(transpose(operators), [size(operators)])), result%handle), stat, errmsg)
  end subroutine

  !> Component i of n, from 1, is C's component n - i.
  pure function backwards(operators) result(handles)
    type(dlops_operator), intent(in) :: operators(:)
    type(c_ptr) :: handles(size(operators))
    integer :: i
    do i = 1, size(operators)
      handles(size(operators) + 1 - i) = operators(i)%handle
    end do
  end function

end module dlops_blocks
