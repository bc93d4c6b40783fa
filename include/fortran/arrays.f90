!> Arrays.
module dlops_arrays
  use, intrinsic :: iso_c_binding, only: c_int32_t, c_int64_t, c_null_char, c_null_ptr, c_ptr
  use, intrinsic :: iso_fortran_env, only: int64
  use dlops_arguments
  use dlops_bindings
  use dlops_constants
  use dlops_errors
  use dlops_types
  implicit none
  private
  public :: dlops_array_create, dlops_array_view_as, dlops_array_reinterpret, dlops_array_get_space, &
    dlops_array_release, dlops_array_view, dlops_array_retain, dlops_array_destroy, dlops_array_synchronize, &
    dlops_array_redistribute, dlops_array_ravel, dlops_array_read_npy, dlops_array_write_npy, dlops_array_compose, &
    dlops_array_get_component, dlops_array_get_strides, dlops_array_get_group_shape, dlops_array_get_halo_size, &
    dlops_array_slice, dlops_array_reshape, dlops_npy_inspect, dlops_array_create_pinned

contains

  !> Makes an array of the product of the spaces of existing arrays, without a copy. Local.
  !! Components are numbered as by dlops_space_create_product.
  subroutine dlops_array_compose(parts, array, stat, errmsg)
    type(dlops_array), intent(in) :: parts(:)
    type(dlops_array), intent(out) :: array
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: handles(size(parts))
    integer :: i
    do i = 1, size(parts)
      handles(size(parts) + 1 - i) = parts(i)%handle
    end do
    call finish(c_array_compose(size(parts, kind=c_int64_t), handles, array%handle), stat, errmsg)
  end subroutine

  !> A component, from 1, of an array of a product space: a new handle to the same memory. Local.
  subroutine dlops_array_get_component(array, index, component, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: index
    type(dlops_array), intent(out) :: component
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: count
    integer(c_int32_t) :: status, left
    type(c_ptr) :: space
    space = c_null_ptr
    count = 0
    status = c_array_get_space(array%handle, space)
    if (status == 0) status = c_space_get_component_count(space, count)
    if (status == 0) status = c_array_get_component(array%handle, count - index, component%handle)
    call finish(status, stat, errmsg)
    left = c_space_destroy(space)
    if (status == 0 .and. left /= 0) call finish(left, stat, errmsg)
  end subroutine

  !> Strides of the local elements along each axis, in elements. Local.
  subroutine dlops_array_get_strides(array, strides, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer(int64), allocatable, intent(out) :: strides(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: steps(DLOPS_MAX_DIMENSIONS)
    integer :: n
    steps = 0
    n = axes_of(array%handle)
    call finish(c_array_get_strides(array%handle, steps), stat, errmsg)
    strides = turned(steps(:n))
  end subroutine

  !> Shape of what the ranks of this rank's mask colour hold together. Local.
  subroutine dlops_array_get_group_shape(array, shape, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer(int64), allocatable, intent(out) :: shape(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: lengths(DLOPS_MAX_DIMENSIONS)
    integer :: n
    lengths = 0
    n = axes_of(array%handle)
    call finish(c_array_get_group_shape(array%handle, lengths), stat, errmsg)
    shape = turned(lengths(:n))
  end subroutine

  !> How many ghost cells dlops_array_add_ghost_cells gives this rank below and above its part of an axis. Collective,
  !! since widths may differ from rank to rank.
  subroutine dlops_array_get_halo_size(array, axis, before, after, front, back, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: axis
    integer(int64), intent(in) :: before, after
    integer(int64), intent(out) :: front, back
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    front = 0
    back = 0
    call finish(c_array_get_halo_size(array%handle, array_axis(array%handle, axis), before, after, front, back), stat, &
      errmsg)
  end subroutine

  !> A part of this rank's elements, contiguous in memory, as an array of its own. Local.
  !!
  !! space  of the part: its local count is taken from element `first`, from 1, on
  subroutine dlops_array_slice(array, space, first, part, stat, errmsg)
    type(dlops_array), intent(in) :: array
    type(dlops_space), intent(in) :: space
    integer(int64), intent(in) :: first
    type(dlops_array), intent(out) :: part
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_slice(array%handle, space%handle, first - 1, part%handle), stat, errmsg)
  end subroutine

  !> The same memory with another local shape on every rank; the global array is cut along `axis`, where the local
  !! lengths add up. Collective.
  subroutine dlops_array_reshape(array, local_shape, axis, view, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer(int64), intent(in) :: local_shape(:)
    integer, intent(in) :: axis
    type(dlops_array), intent(out) :: view
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t) :: n
    n = size(local_shape, kind=c_int32_t)
    call finish(c_array_reshape(array%handle, n, turned(local_shape), axis_of(axis, n), view%handle), stat, errmsg)
  end subroutine

  !> Type and shape of the array in a .npy file, which Python shows the other way round: shape (2, 3) in Python is
  !! [3, 2] here, whether the file is in C or in Fortran order. Collective.
  subroutine dlops_npy_inspect(context, path, dtype, shape, stat, errmsg)
    type(dlops_context), intent(in) :: context
    character(len=*), intent(in) :: path
    integer, intent(out) :: dtype
    integer(int64), allocatable, intent(out) :: shape(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: lengths(DLOPS_MAX_DIMENSIONS)
    integer(c_int32_t) :: kind_of_elements, n
    lengths = 0
    kind_of_elements = 0
    n = 0
    call finish(c_npy_inspect(context%handle, letters_of(path), kind_of_elements, n, lengths), stat, errmsg)
    dtype = int(kind_of_elements)
    shape = turned(lengths(:n))
  end subroutine

  function axes_of(array) result(n)
    type(c_ptr), intent(in) :: array
    integer :: n
    type(c_ptr) :: space
    n = 0
    space = c_null_ptr
    if (c_array_get_space(array, space) /= 0) return
    n = dimensions_of(space)
    if (c_space_destroy(space) /= 0) n = 0
  end function

  !>  Makes an array of the library's own memory; its elements are unspecified until written. Local.
  subroutine dlops_array_create(space, array, stat, errmsg)
    type(dlops_space), intent(in) :: space
    type(dlops_array), intent(out) :: array
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_create(space%handle, array%handle), stat, errmsg)
  end subroutine

  !>  Makes an array of page-locked host memory, so that copies between it and the context's device run without a wait;
  !! of ordinary memory where the context has no device. Local.
  subroutine dlops_array_create_pinned(space, array, stat, errmsg)
    type(dlops_space), intent(in) :: space
    type(dlops_array), intent(out) :: array
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_create_pinned(space%handle, array%handle), stat, errmsg)
  end subroutine

  !>  The same memory as an array of a congruent space (another shape of the same elements, or local counts only).
  !! Local.
  subroutine dlops_array_view_as(array, space, view, stat, errmsg)
    type(dlops_array), intent(in) :: array
    type(dlops_space), intent(in) :: space
    type(dlops_array), intent(out) :: view
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_view_as(array%handle, space%handle, view%handle), stat, errmsg)
  end subroutine

  !>  The same local memory as an array of another space of the same dtype and local count, whatever its layout:
  !! what the elements mean globally is the caller's word. Local.
  subroutine dlops_array_reinterpret(array, space, view, stat, errmsg)
    type(dlops_array), intent(in) :: array
    type(dlops_space), intent(in) :: space
    type(dlops_array), intent(out) :: view
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_reinterpret(array%handle, space%handle, view%handle), stat, errmsg)
  end subroutine

  !> The space of an array, as a new handle that the caller destroys. Local.
  subroutine dlops_array_get_space(array, space, stat, errmsg)
    type(dlops_array), intent(in) :: array
    type(dlops_space), intent(out) :: space
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_get_space(array%handle, space%handle), stat, errmsg)
  end subroutine

  !> Ends one dlops_array_acquire. Local.
  subroutine dlops_array_release(array, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_release(array%handle), stat, errmsg)
  end subroutine

  !>  Sends a line that describes the array to the log at level DLOPS_LOG_INFO. Local.
  subroutine dlops_array_view(array, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_view(array%handle), stat, errmsg)
  end subroutine

  !> Another handle to the same array. Local.
  subroutine dlops_array_retain(array, copy, stat, errmsg)
    type(dlops_array), intent(in) :: array
    type(dlops_array), intent(out) :: copy
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_retain(array%handle, copy%handle), stat, errmsg)
  end subroutine

  !> Destroys a handle and sets it to null; one that is null is accepted. Local.
  subroutine dlops_array_destroy(array, stat, errmsg)
    type(dlops_array), intent(inout) :: array
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_destroy(array%handle), stat, errmsg)
  end subroutine

  !>  Makes the copies of a replicated array equal again: all ranks that hold the same elements take those of the
  !! rank that has the same copy as `root` (of a replicated array: of `root`), or, under a mask that sets it apart, of
  !! the lowest rank of their colour. Collective.
  subroutine dlops_array_synchronize(array, root, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: root
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_synchronize(array%handle, int(root, c_int32_t)), stat, errmsg)
  end subroutine

  !>  y := x in y's layout. Collective.
  subroutine dlops_array_redistribute(x, y, stat, errmsg)
    type(dlops_array), intent(in) :: x, y
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_redistribute(x%handle, y%handle), stat, errmsg)
  end subroutine

  !>  The same memory as a vector: every rank's elements one after the other. Local.
  subroutine dlops_array_ravel(array, view, stat, errmsg)
    type(dlops_array), intent(in) :: array
    type(dlops_array), intent(out) :: view
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_ravel(array%handle, view%handle), stat, errmsg)
  end subroutine

  !>  array := the elements of a .npy file, every rank its own; all copies of a replicated array. Collective.
  subroutine dlops_array_read_npy(array, path, stat, errmsg)
    type(dlops_array), intent(in) :: array
    character(len=*), intent(in) :: path
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_read_npy(array%handle, trim(path) // c_null_char), stat, errmsg)
  end subroutine

  !>  Writes the array to a .npy file in C order, which numpy.load reads; a file that exists is replaced. Collective.
  subroutine dlops_array_write_npy(array, path, stat, errmsg)
    type(dlops_array), intent(in) :: array
    character(len=*), intent(in) :: path
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_array_write_npy(array%handle, trim(path) // c_null_char), stat, errmsg)
  end subroutine
end module dlops_arrays
