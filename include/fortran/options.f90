!> The options structs of dlops.h, zero for the default; the module makes them from optional arguments.
module dlops_options
  use, intrinsic :: iso_c_binding, only: c_double, c_funptr, c_int32_t, c_int64_t, c_null_funptr, &
    c_null_ptr, c_ptr, c_size_t
  implicit none
  public

  type, bind(C) :: context_options
    integer(c_size_t) :: struct_size = 0
    integer(c_int32_t) :: threads = 0
    integer(c_int32_t) :: check_level = 0
    integer(c_int32_t) :: deterministic = 0
    integer(c_int32_t) :: profile = 0
    integer(c_int32_t) :: memory = 0
    integer(c_int32_t) :: device = 0
    integer(c_int32_t) :: own_stream = 0
    integer(c_int32_t) :: transport = 0
    type(c_ptr) :: stream = c_null_ptr
    type(c_ptr) :: nccl = c_null_ptr
    type(c_funptr) :: allocate = c_null_funptr
    type(c_funptr) :: deallocate = c_null_funptr
    type(c_ptr) :: allocator_data = c_null_ptr
    real(c_double) :: nccl_time_limit = 0
  end type context_options

  type, bind(C) :: grid_dimension_c
    integer(c_int32_t) :: ranks = 0
    integer(c_int32_t) :: partition = 0
    integer(c_int32_t) :: axis = 0
    integer(c_int32_t) :: first = 0
    integer(c_int64_t) :: block = 0
    type(c_ptr) :: extents = c_null_ptr
  end type grid_dimension_c

  type, bind(C) :: space_options
    integer(c_size_t) :: struct_size = 0
    integer(c_int32_t) :: memory = 0
    integer(c_int32_t) :: partition = 0
    integer(c_int32_t) :: axis = 0
    integer(c_int32_t) :: grid_dimensions = 0
    type(c_ptr) :: grid = c_null_ptr
    integer(c_int64_t) :: block = 0
    type(c_ptr) :: extents = c_null_ptr
    type(c_ptr) :: box_lower = c_null_ptr
    type(c_ptr) :: box_upper = c_null_ptr
    type(c_ptr) :: mask = c_null_ptr
  end type space_options

  type, bind(C) :: transpose_options
    integer(c_size_t) :: struct_size = 0
    type(c_ptr) :: range = c_null_ptr
  end type transpose_options

  type, bind(C) :: matrix_mult_options
    integer(c_size_t) :: struct_size = 0
    integer(c_int64_t) :: leading_dimension = 0
    integer(c_int32_t) :: layout = 0
    integer(c_int32_t) :: axis = 0
    integer(c_int32_t) :: borrow = 0
    integer(c_int32_t) :: reserved = 0
  end type matrix_mult_options

  type, bind(C) :: distributed_matrix_mult_options
    integer(c_size_t) :: struct_size = 0
    integer(c_int64_t) :: leading_dimension = 0
    integer(c_int64_t) :: panel = 0
    type(c_ptr) :: range = c_null_ptr
    integer(c_int32_t) :: layout = 0
    integer(c_int32_t) :: transposed = 0
    integer(c_int32_t) :: axis = 0
    integer(c_int32_t) :: algorithm = 0
    integer(c_int32_t) :: save_adjoint = 0
    integer(c_int32_t) :: borrow = 0
  end type distributed_matrix_mult_options

  type, bind(C) :: first_derivative_options
    integer(c_size_t) :: struct_size = 0
    real(c_double) :: sampling = 0.0_c_double
    integer(c_int32_t) :: kind = 0
    integer(c_int32_t) :: order = 0
    integer(c_int32_t) :: edge = 0
    integer(c_int32_t) :: reserved = 0
  end type first_derivative_options

  type, bind(C) :: second_derivative_options
    integer(c_size_t) :: struct_size = 0
    real(c_double) :: sampling = 0.0_c_double
    integer(c_int32_t) :: kind = 0
    integer(c_int32_t) :: edge = 0
  end type second_derivative_options

  type, bind(C) :: laplacian_options
    integer(c_size_t) :: struct_size = 0
    type(c_ptr) :: axes = c_null_ptr
    integer(c_int64_t) :: axis_count = 0
    type(c_ptr) :: weights = c_null_ptr
    integer(c_int64_t) :: weight_count = 0
    type(c_ptr) :: sampling = c_null_ptr
    integer(c_int64_t) :: sampling_count = 0
    integer(c_int32_t) :: kind = 0
    integer(c_int32_t) :: edge = 0
  end type laplacian_options

  type, bind(C) :: fft_options
    integer(c_size_t) :: struct_size = 0
    type(c_ptr) :: lengths = c_null_ptr
    type(c_ptr) :: shift_before = c_null_ptr
    type(c_ptr) :: shift_after = c_null_ptr
    type(c_ptr) :: spectrum = c_null_ptr
    integer(c_int32_t) :: norm = 0
    integer(c_int32_t) :: half = 0
    integer(c_int32_t) :: as_computed = 0
    integer(c_int32_t) :: reserved = 0
  end type fft_options

  type, bind(C) :: plan_options
    integer(c_size_t) :: struct_size = 0
    integer(c_int32_t) :: in_place = 0
    integer(c_int32_t) :: reserved = 0
    type(c_ptr) :: domain_strides = c_null_ptr
    type(c_ptr) :: range_strides = c_null_ptr
  end type plan_options

  type, bind(C) :: fft_plan_options
    integer(c_size_t) :: struct_size = 0
    integer(c_int32_t) :: kind = 0
    integer(c_int32_t) :: parity = 0
    integer(c_int32_t) :: scaling = 0
    integer(c_int32_t) :: as_computed = 0
    integer(c_int32_t) :: in_place = 0
    integer(c_int32_t) :: reserved = 0
    type(c_ptr) :: lengths = c_null_ptr
    type(c_ptr) :: other = c_null_ptr
    type(c_ptr) :: domain_strides = c_null_ptr
    type(c_ptr) :: range_strides = c_null_ptr
  end type fft_plan_options

  type, bind(C) :: symmetric_options
    integer(c_size_t) :: struct_size = 0
    integer(c_int32_t) :: memory = 0
    integer(c_int32_t) :: pad = 0
  end type symmetric_options

  type, bind(C) :: gradient_options
    integer(c_size_t) :: struct_size = 0
    type(c_ptr) :: sampling = c_null_ptr
    integer(c_int64_t) :: sampling_count = 0
    integer(c_int32_t) :: kind = 0
    integer(c_int32_t) :: order = 0
    integer(c_int32_t) :: edge = 0
    integer(c_int32_t) :: reserved = 0
  end type gradient_options

  type, bind(C) :: callback_options
    integer(c_size_t) :: struct_size = 0
    integer(c_int32_t) :: real_linear = 0
    integer(c_int32_t) :: reserved = 0
    type(c_ptr) :: name = c_null_ptr
  end type callback_options

  type, bind(C) :: kernel_options
    integer(c_size_t) :: struct_size = 0
    type(c_ptr) :: preamble = c_null_ptr
    type(c_ptr) :: compiler_options = c_null_ptr
    type(c_funptr) :: host_function = c_null_funptr
    type(c_ptr) :: user = c_null_ptr
    type(c_funptr) :: destroy = c_null_funptr
  end type kernel_options

  type, bind(C) :: block_options
    integer(c_size_t) :: struct_size = 0
    type(c_ptr) :: mask = c_null_ptr
  end type block_options

  type, bind(C) :: convolve1d_options
    integer(c_size_t) :: struct_size = 0
    integer(c_int64_t) :: offset = 0
    integer(c_int32_t) :: filter_dtype = 0
    integer(c_int32_t) :: per_line = 0
  end type convolve1d_options

  type, bind(C) :: psnr_options
    integer(c_size_t) :: struct_size = 0
    real(c_double) :: least = 0.0_c_double
    real(c_double) :: largest = 0.0_c_double
    integer(c_int32_t) :: find_least = 0
    integer(c_int32_t) :: largest_given = 0
  end type psnr_options

  type, bind(C) :: poststack_options
    integer(c_size_t) :: struct_size = 0
    integer(c_int32_t) :: kind = 0
    integer(c_int32_t) :: per_sample = 0
  end type poststack_options

end module dlops_options
