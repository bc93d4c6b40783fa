! Kernels of the host, on host arrays and with DLOPS_TEST_MEMORY=cuda in device memory.
module host_functions
  use, intrinsic :: iso_c_binding, only: c_double, c_f_pointer, c_int32_t, c_int64_t, c_ptr
  use dlops
  implicit none
contains
  !> z = 3 x + i
  function triple(block, user) bind(C) result(status)
    type(dlops_kernel_block), intent(in) :: block
    type(c_ptr), value :: user
    integer(c_int32_t) :: status
    type(c_ptr), pointer :: inputs(:), outputs(:)
    integer(c_int64_t), pointer :: indices(:), calls
    real(c_double), pointer :: x(:), z(:)
    call c_f_pointer(block%inputs, inputs, [1])
    call c_f_pointer(block%outputs, outputs, [1])
    call c_f_pointer(block%indices, indices, [block%count])
    call c_f_pointer(inputs(1), x, [block%count])
    call c_f_pointer(outputs(1), z, [block%count])
    call c_f_pointer(user, calls)
    z = 3 * x + indices
    calls = calls + 1
    status = 0
  end function
end module host_functions

program kernels
  use, intrinsic :: iso_c_binding, only: c_funloc, c_int64_t, c_loc
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use mpi_f08
  use dlops
  use host_functions
  implicit none
  type(dlops_context) :: context
  type(dlops_space) :: space
  type(dlops_array) :: x, y, z
  type(dlops_kernel) :: difference, norm, other
  character(len=:), allocatable :: name
  character(len=600) :: errmsg
  character(len=20) :: wanted
  real(real64) :: found, own
  complex(real64) :: place
  integer(c_int64_t), target :: calls, n
  integer :: stat
  logical :: on_device
  character(len=*), parameter :: source = 'extern "C" __global__ void add(double *x, long long n) {' // &
    ' long long k = blockIdx.x * blockDim.x + threadIdx.x; if (k < n) x[k] += 1; }'

  call MPI_Init()
  call get_environment_variable('DLOPS_TEST_MEMORY', wanted)
  on_device = wanted == 'cuda'
  if (on_device) then
    call dlops_context_create_mpi(MPI_COMM_WORLD, context, memory=DLOPS_CUDA, own_stream=.true.)
  else
    call dlops_context_create_mpi(MPI_COMM_WORLD, context)
  end if
  call dlops_space_create(context, DLOPS_FLOAT64, [6, 5], space)
  call dlops_array_create(space, x)
  call dlops_array_create(space, y)
  call dlops_array_create(space, z)
  call dlops_array_fill(x, 3.0_real64)
  call dlops_array_fill(y, 1)

  call dlops_kernel_create_elementwise(context, 'T x, T y, scalar T a', 'T z', 'z = x - a * y + i', 'element_diff', &
    difference)
  call dlops_kernel_apply(difference, [x, y], [z], [0.5_real64])
  call dlops_kernel_get_name(difference, name)
  call check(name == 'element_diff', 'name')
  call dlops_kernel_create_reduction(context, 'T x', 'float64 y', 'x', 'a + b', '0', 'sum', norm)
  call dlops_kernel_reduce(norm, [z], found)
  call check(found == 30 * 2.5_real64 + 435, 'sum of the indices')
  call dlops_kernel_destroy(norm)
  call dlops_kernel_create_reduction(context, 'T x', 'float64 y', 'x * x', 'a + b', '0', 'norm', norm, &
    post='y = sqrt(a)')
  call dlops_kernel_reduce(norm, [z], found)
  call dlops_array_norm(z, own)
  call check(abs(found - own) < 1e-12_real64 * own, 'norm')
  call dlops_kernel_retain(norm, other)
  call dlops_kernel_destroy(norm)
  call dlops_kernel_view(other)
  call dlops_kernel_destroy(other)
  call dlops_kernel_create_reduction(context, 'T x', 'complex128 y', 'complex(x, i)', &
    'real(a) >= real(b) ? a : b', 'complex(-inf, -1)', 'place', norm)
  call dlops_kernel_reduce(norm, [z], place)
  call check(place == (31.5_real64, 29.0_real64), 'place of the largest')
  call dlops_kernel_reduce(norm, [z], place, [1], stat, errmsg)
  call check(stat == DLOPS_ERROR_ARGUMENT .and. index(errmsg, '1 scalars, expected 0') > 0, 'a scalar too many')

  calls = 0
  call dlops_kernel_create_elementwise(context, 'T x', 'T z', 'for (z = 0; z < 3; ) z = z + 1; z = z * x + i;', 'triple', &
    other, host_function=c_funloc(triple), user=c_loc(calls))
  call dlops_kernel_apply(other, [x], [z])
  call dlops_kernel_destroy(norm)
  call dlops_kernel_create_reduction(context, 'T x', 'T y', 'x', 'a + b', '0', 'sum', norm)
  call dlops_kernel_reduce(norm, [z], found)
  call check(found == 30 * 9 + 435, 'sum after a host function')
  call check(merge(calls == 0, .true., on_device), 'host function on the device')
  call dlops_kernel_destroy(other)

  call dlops_kernel_create_elementwise(context, 'float32 x', 'float32 z', 'z = x +', 'wrong', other, stat=stat, &
    errmsg=errmsg)
  call check(stat == DLOPS_ERROR_COMPILATION .and. index(errmsg, 'column 8') > 0, 'an error with its column')
  call dlops_kernel_create_raw(context, source, 'add', other, stat=stat, errmsg=errmsg)
  if (on_device) then
    call check(stat == DLOPS_OK, 'raw')
    call dlops_space_get_local_count(space, n)
    call dlops_kernel_launch(other, [8, 1, 1], [8, 1, 1], [dlops_argument(z), dlops_argument(c_loc(n))])
    call dlops_kernel_reduce(norm, [z], found)
    call check(found == 30 * 10 + 435, 'sum after a launch')
    call dlops_kernel_destroy(other)
  else
    call check(stat == DLOPS_ERROR_UNSUPPORTED, 'raw without a device')
  end if

  call dlops_kernel_destroy(difference)
  call dlops_kernel_destroy(norm)
  call dlops_array_destroy(x)
  call dlops_array_destroy(y)
  call dlops_array_destroy(z)
  call dlops_space_destroy(space)
  call dlops_context_destroy(context)
  call check(dlops_live_handles() == 0, 'handles are left')
  call MPI_Finalize()

contains

  subroutine check(condition, what)
    logical, intent(in) :: condition
    character(len=*), intent(in) :: what
    if (condition) return
    print '(3a)', 'failed: ', what, '; ' // dlops_last_error()
    error stop 1
  end subroutine
end program kernels
