! Errors come back as stat and errmsg; both stay as the rules say, and outputs are null.
program errors
  use, intrinsic :: iso_c_binding, only: c_associated
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use mpi_f08
  use dlops
  implicit none
  type(dlops_context) :: context
  type(dlops_space) :: space, other
  type(dlops_operator) :: op
  type(dlops_array) :: x, y
  integer :: stat
  character(len=300) :: errmsg
  real(real64) :: few(2)

  call MPI_Init()
  errmsg = 'as before'
  call dlops_context_create_mpi(MPI_COMM_WORLD, context, stat=stat, errmsg=errmsg)
  call check(stat == DLOPS_OK .and. errmsg == 'as before', 'success leaves errmsg')
  call dlops_space_create(context, 99, [4], space, stat=stat, errmsg=errmsg)
  call check(stat == DLOPS_ERROR_DTYPE .and. index(errmsg, '99') > 0 &
    .and. index(errmsg, 'dlops_space_create') > 0, 'dtype')
  call check(errmsg == dlops_last_error(), 'text of the last error')
  call check(.not. c_associated(space%handle), 'no handle after an error')
  call dlops_space_create(context, DLOPS_FLOAT64, [-4], space, stat=stat)
  call check(stat == DLOPS_ERROR_SHAPE, 'shape')
  call dlops_first_derivative_create(space, 1, op, stat=stat)
  call check(stat == DLOPS_ERROR_NULL_POINTER, 'a space that was never made')

  call dlops_space_create(context, DLOPS_FLOAT64, [4, 6], space)
  call dlops_space_create(context, DLOPS_FLOAT64, [5, 6], other)
  call dlops_array_create(space, x)
  call dlops_array_create(other, y)
  call dlops_first_derivative_create(space, 1, op)
  call dlops_operator_apply(op, DLOPS_FORWARD, x, y, stat)
  call check(stat == DLOPS_ERROR_SPACE, 'another space')
  call dlops_operator_apply(op, DLOPS_FORWARD, x, x, stat)
  call check(stat == DLOPS_ERROR_OVERLAP, 'overlap')
  call dlops_array_scale((0, 1), x, stat)
  call check(stat == DLOPS_ERROR_DTYPE, 'an imaginary part')
  call dlops_array_fill(x, 1)
  call dlops_array_to_global(x, few, stat=stat)
  call check(stat == DLOPS_ERROR_NULL_POINTER, 'too little room')
  call dlops_operator_destroy(op)
  call dlops_operator_apply(op, DLOPS_FORWARD, x, x, stat)
  call check(stat == DLOPS_ERROR_NULL_POINTER, 'a destroyed operator')
  call check(len(dlops_status_text(DLOPS_ERROR_SPACE)) > 0, 'text of a status')

  call dlops_array_destroy(x)
  call dlops_array_destroy(y)
  call dlops_space_destroy(space)
  call dlops_space_destroy(other)
  call dlops_context_destroy(context)
  call MPI_Finalize()

contains

  subroutine check(condition, text)
    logical, intent(in) :: condition
    character(len=*), intent(in) :: text
    if (.not. condition) error stop text
  end subroutine
end program errors
