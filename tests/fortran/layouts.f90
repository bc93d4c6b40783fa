! A process grid, given extents, boxes, product spaces, stacks and a .npy file, all in Fortran order.
program layouts
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use mpi_f08
  use dlops
  implicit none
  integer, parameter :: n(2) = [5, 6]
  type(dlops_context) :: context
  type(dlops_space) :: space, product, part
  type(dlops_array) :: x, y, component
  type(dlops_operator) :: one, two, stack, blocks(2, 2), op
  integer(int64), allocatable :: start(:), shape_found(:), counts(:), local(:)
  integer(int64), allocatable :: lower(:, :), upper(:, :), extents(:)
  real(real64) :: values(n(1), n(2)), found(n(1), n(2))
  integer :: rank, ranks, dtype, i, j

  call MPI_Init()
  call dlops_context_create_mpi(MPI_COMM_WORLD, context)
  call dlops_context_get_rank(context, rank)
  call dlops_context_get_size(context, ranks)
  do j = 1, n(2)
    values(:, j) = [(10.0_real64 * i + j, i = 1, n(1))]
  end do

  ! A grid of 1 x ranks: the second dimension cuts the first axis.
  call dlops_space_create(context, DLOPS_FLOAT64, n, space, grid=[ &
    dlops_grid_dimension(1, DLOPS_PARTITION_BALANCED, 2), &
    dlops_grid_dimension(ranks, DLOPS_PARTITION_BALANCED, 1)])
  call dlops_space_get_local_shape(space, local)
  call check(local(1) == n(1) / ranks + merge(1, 0, rank < mod(n(1), ranks)) .and. local(2) == n(2), 'grid')
  call round_trip('grid')

  ! Everything on the last rank.
  allocate (extents(ranks), source=0_int64)
  extents(ranks) = n(1)
  call dlops_space_create(context, DLOPS_FLOAT64, n, space, axis=1, extents=extents)
  call dlops_space_get_local_counts(space, counts)
  call check(counts(ranks) == n(1) * n(2) .and. sum(counts) == n(1) * n(2), 'extents')
  call round_trip('extents')

  ! Boxes: rank 0 has the first columns, the last rank the others.
  allocate (lower(2, ranks), upper(2, ranks))
  lower = 1
  upper = 0
  lower(:, 1) = [1, 1]
  upper(:, 1) = [n(1), 2]
  if (ranks == 1) upper(:, 1) = n
  if (ranks > 1) lower(:, ranks) = [1, 3]
  if (ranks > 1) upper(:, ranks) = n
  call dlops_space_create(context, DLOPS_FLOAT64, n, space, box_lower=lower, box_upper=upper)
  if (rank == ranks - 1 .and. ranks > 1) then
    call dlops_space_get_local_start(space, start)
    call check(all(start == [1, 3]), 'start of a box')
  end if
  call round_trip('boxes')

  ! Components count from 1, in the order in which they were given.
  call dlops_space_create(context, DLOPS_FLOAT64, n, space)
  call dlops_space_create(context, DLOPS_FLOAT64, [7], part)
  call dlops_space_create_product([space, part], product)
  call dlops_space_destroy(part)
  call dlops_space_get_component(product, 2, part)
  call dlops_space_get_shape(part, shape_found)
  call check(size(shape_found) == 1 .and. shape_found(1) == 7, 'component of a product')
  call dlops_space_destroy(part)
  call dlops_space_destroy(product)

  call dlops_identity_create(space, one)
  call dlops_operator_scale(2, one, two)
  call dlops_operator_promote(two, DLOPS_COMPLEX128, op)
  call dlops_operator_get_domain(op, part)
  call dlops_space_get_shape(part, shape_found)
  call check(all(shape_found == n), 'the shape of a promoted operator')
  call dlops_space_destroy(part)
  call dlops_operator_destroy(op)
  call dlops_array_create(space, x)
  call dlops_array_from_global(x, values)
  call dlops_stacked_vstack_create([one, two], stack)
  call dlops_operator_create_range_array(stack, y)
  call dlops_operator_apply(stack, DLOPS_FORWARD, x, y)
  call check(all(abs(part_of(y, 1) - values) < 1e-14_real64), 'first of a stack')
  call check(all(abs(part_of(y, 2) - 2 * values) < 1e-14_real64), 'second of a stack')
  blocks(1, 2) = two
  blocks(2, 1) = one
  blocks(2, 2) = one
  call dlops_block_create(blocks, op)
  call dlops_array_destroy(x)
  call dlops_operator_create_range_array(op, x)
  call dlops_operator_apply(op, DLOPS_FORWARD, y, x)
  call check(all(abs(part_of(x, 1) - 4 * values) < 1e-14_real64), 'first row of blocks')
  call check(all(abs(part_of(x, 2) - 3 * values) < 1e-14_real64), 'second row of blocks')
  call dlops_operator_destroy(op)
  call dlops_operator_sum([one, two], op, coefficients=[5.0_real64, -1.0_real64])
  call dlops_array_get_component(y, 1, component)
  call dlops_array_destroy(x)
  call dlops_array_create(space, x)
  call dlops_operator_apply(op, DLOPS_FORWARD, component, x)
  call dlops_array_to_global(x, found)
  call check(all(abs(found - 3 * values) < 1e-14_real64), 'a sum with coefficients')

  ! The file's bytes are those of the array in Fortran order.
  call dlops_array_write_npy(x, 'layouts.npy')
  call dlops_npy_inspect(context, 'layouts.npy', dtype, shape_found)
  call check(dtype == DLOPS_FLOAT64 .and. all(shape_found == n), '.npy')
  call dlops_array_fill(x, 0)
  call dlops_array_read_npy(x, 'layouts.npy')
  call dlops_array_to_global(x, found)
  call check(all(abs(found - 3 * values) < 1e-14_real64), 'elements of a .npy file')

  call dlops_array_destroy(component)
  call dlops_array_destroy(x)
  call dlops_array_destroy(y)
  call dlops_operator_destroy(one)
  call dlops_operator_destroy(two)
  call dlops_operator_destroy(stack)
  call dlops_operator_destroy(op)
  call dlops_space_destroy(space)
  call dlops_context_destroy(context)
  call check(dlops_live_handles() == 0, 'handles are left')
  call MPI_Finalize()

contains

  function part_of(array, index) result(whole)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: index
    real(real64) :: whole(n(1), n(2))
    type(dlops_array) :: one_component
    call dlops_array_get_component(array, index, one_component)
    call dlops_array_to_global(one_component, whole)
    call dlops_array_destroy(one_component)
  end function

  subroutine round_trip(text)
    character(len=*), intent(in) :: text
    call dlops_array_create(space, x)
    call dlops_array_from_global(x, values)
    found = 0
    call dlops_array_to_global(x, found)
    call check(all(abs(found - values) < 1e-14_real64), text)
    call dlops_array_destroy(x)
    call dlops_space_destroy(space)
  end subroutine

  subroutine check(condition, text)
    logical, intent(in) :: condition
    character(len=*), intent(in) :: text
    if (.not. condition) error stop text
  end subroutine
end program layouts
