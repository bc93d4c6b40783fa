!> The handles, and scalars that multiply arrays.
module dlops_types
  use, intrinsic :: iso_c_binding, only: c_double, c_int64_t, c_null_ptr, c_ptr
  use, intrinsic :: iso_fortran_env, only: int32, int64, real32, real64
  implicit none
  private
  public :: dlops_context, dlops_space, dlops_array, dlops_operator, dlops_solver, dlops_kernel, dlops_scalar, &
    dlops_grid_dimension, dlops_memory_statistics, dlops_kernel_block, dlops_kernel_argument, dlops_event, &
    dlops_plan
  public :: scalar_of

  !> Where work happens. The component `handle` of each of these types is the pointer that C functions take;
  !! assignment copies the handle, so that one destroy ends both copies (dlops_<object>_retain makes a second handle).
  type :: dlops_context
    type(c_ptr) :: handle = c_null_ptr
  end type

  !> What shape a vector has, or a product of spaces.
  type :: dlops_space
    type(c_ptr) :: handle = c_null_ptr
  end type

  !> One element of a space.
  type :: dlops_array
    type(c_ptr) :: handle = c_null_ptr
  end type

  !> A linear map from a domain to a range space.
  type :: dlops_operator
    type(c_ptr) :: handle = c_null_ptr
  end type

  !> Finds x with A x = b in some sense.
  type :: dlops_solver
    type(c_ptr) :: handle = c_null_ptr
  end type

  !> A computation of the host's on elements of arrays.
  type :: dlops_kernel
    type(c_ptr) :: handle = c_null_ptr
  end type

  !> A part of this rank's elements for a host function of a kernel, contiguous in every array. C pointers to arrays of
  !! as many things as said.
  type, bind(C) :: dlops_kernel_block
    integer(c_int64_t) :: count = 0              !< elements of the block
    type(c_ptr) :: indices = c_null_ptr          !< `count` integer(int64), the global index of each element, from 0
    type(c_ptr) :: inputs = c_null_ptr           !< a c_ptr to the elements of each input
    type(c_ptr) :: input_dtypes = c_null_ptr     !< an integer(int32) for each input, DLOPS_FLOAT32, ...
    type(c_ptr) :: scalars = c_null_ptr          !< two real(real64) for each scalar, real and imaginary part
    type(c_ptr) :: outputs = c_null_ptr          !< a c_ptr to the elements of each output
    type(c_ptr) :: output_dtypes = c_null_ptr    !< an integer(int32) for each output
  end type

  !> An argument of a launch; made by dlops_argument.
  type, bind(C) :: dlops_kernel_argument
    type(c_ptr) :: array = c_null_ptr
    type(c_ptr) :: value = c_null_ptr
  end type

  !> A mark in the order of a context's work.
  type :: dlops_event
    type(c_ptr) :: handle = c_null_ptr
  end type

  !> Work on memory of the host, planned once.
  type :: dlops_plan
    type(c_ptr) :: handle = c_null_ptr
  end type

  !> A scalar as C passes it.
  type, bind(C) :: dlops_scalar
    real(c_double) :: re = 0.0_c_double
    real(c_double) :: im = 0.0_c_double
  end type

  !> What the memory pool of a device holds for this process, in bytes.
  type, bind(C) :: dlops_memory_statistics
    integer(c_int64_t) :: reserved = 0        !< taken from the device, now
    integer(c_int64_t) :: reserved_high = 0   !< and at most so far
    integer(c_int64_t) :: used = 0            !< given to arrays and buffers, now
    integer(c_int64_t) :: used_high = 0       !< and at most so far
    integer(c_int64_t) :: limit = -1          !< what `used` may not exceed; negative: no limit
  end type

  !> One dimension of a process grid: how many ranks, and which axis they cut.
  type :: dlops_grid_dimension
    integer :: ranks = 1                        !< ranks along this dimension of the grid
    integer :: partition = 0                    !< DLOPS_PARTITION_...
    integer :: axis = 1                         !< axis that is cut, from 1; not read when replicated
    integer(int64) :: block = 0                 !< DLOPS_PARTITION_CYCLIC: elements of a block
    integer(int64), allocatable :: extents(:)   !< DLOPS_PARTITION_EXTENTS: `ranks` numbers that add up to the axis
    integer :: first = 0                        !< DLOPS_PARTITION_CYCLIC: the part, from 0, that has the first block
  end type

contains

  !> A number of any kind as C's scalar. What is not a number ends the program: no call can be right with it.
  function scalar_of(value) result(scalar)
    class(*), intent(in) :: value
    type(dlops_scalar) :: scalar
    select type (value)
    type is (real(real64))
      scalar%re = value
    type is (real(real32))
      scalar%re = real(value, c_double)
    type is (complex(real64))
      scalar = dlops_scalar(real(value, c_double), aimag(value))
    type is (complex(real32))
      scalar = dlops_scalar(real(value, c_double), real(aimag(value), c_double))
    type is (integer(int32))
      scalar%re = real(value, c_double)
    type is (integer(int64))
      scalar%re = real(value, c_double)
    class default
      error stop 'dlops: a scalar must be a real, complex or integer number'
    end select
  end function
end module dlops_types
