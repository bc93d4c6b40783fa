!> Kernels: computations of the host's on elements of arrays.
module dlops_kernels
  use, intrinsic :: iso_c_binding, only: c_char, c_f_pointer, c_funptr, c_int64_t, c_loc, c_null_char, c_null_ptr, c_ptr, &
    c_size_t, c_sizeof
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use dlops_arguments
  use dlops_bindings
  use dlops_constants
  use dlops_errors
  use dlops_options
  use dlops_types
  implicit none
  private
  public :: dlops_kernel_create_elementwise, dlops_kernel_create_reduction, dlops_kernel_create_raw, dlops_kernel_apply, &
    dlops_kernel_reduce, dlops_kernel_launch, dlops_argument, dlops_kernel_get_name, dlops_kernel_view, &
    dlops_kernel_retain, dlops_kernel_destroy

  !> An argument of dlops_kernel_launch: an array, or the address of a value of exactly the parameter's type.
  interface dlops_argument
    module procedure array_argument, value_argument
  end interface

  interface dlops_kernel_reduce
    module procedure reduce_to_real, reduce_to_complex
  end interface

contains

  !> Makes a kernel that gives every element of its outputs a value from the elements at the same place of its inputs.
  !! Collective.
  !!
  !! inputs            parameters as 'float32 x, T y, scalar T a'
  !! outputs           parameters as 'T z'
  !! body              'z = a * x + y': a text of the language of docs/kernels.md, or CUDA C++ for device arrays. i is the
  !!                   global index of the element, counted from 0 in the order of memory: the first axis is fastest
  !! preamble          CUDA C++ before the kernel
  !! compiler_options  of the CUDA compiler
  !! host_function     computes host arrays in place of the body: c_funloc of a bind(C) integer(c_int32_t) function of
  !!                   (type(dlops_kernel_block), intent(in); type(c_ptr), value :: user), 0 when all is well
  !! user              passed to it
  subroutine dlops_kernel_create_elementwise(context, inputs, outputs, body, name, result, preamble, compiler_options, &
      host_function, user, stat, errmsg)
    type(dlops_context), intent(in) :: context
    character(len=*), intent(in) :: inputs, outputs, body, name
    type(dlops_kernel), intent(out) :: result
    character(len=*), intent(in), optional :: preamble, compiler_options
    type(c_funptr), intent(in), optional :: host_function
    type(c_ptr), intent(in), optional :: user
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(kernel_options), target :: choices
    character(kind=c_char), allocatable, target :: before(:), words(:)
    call set_texts(choices, preamble, compiler_options, before, words)
    if (present(host_function)) choices%host_function = host_function
    if (present(user)) choices%user = user
    call finish(c_kernel_create_elementwise(context%handle, letters_of(inputs), letters_of(outputs), letters_of(body), &
      letters_of(name), c_loc(choices), result%handle), stat, errmsg)
  end subroutine

  !> Makes a kernel that combines map of all elements by reduce(a, b) to one number, over all ranks. Collective.
  !!
  !! inputs, output  parameters as 'T x' and 'float64 y'
  !! map             an expression of the inputs, such as 'x * x'
  !! reduce          an expression of a and b, associative and commutative, such as 'a + b'
  !! identity        what changes nothing in it, such as '0'
  !! post            an assignment to the output from a, the scalars and n, such as 'y = sqrt(a)'; without it the output is a
  subroutine dlops_kernel_create_reduction(context, inputs, output, map, reduce, identity, name, result, post, preamble, &
      compiler_options, stat, errmsg)
    type(dlops_context), intent(in) :: context
    character(len=*), intent(in) :: inputs, output, map, reduce, identity, name
    type(dlops_kernel), intent(out) :: result
    character(len=*), intent(in), optional :: post, preamble, compiler_options
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(kernel_options), target :: choices
    character(kind=c_char), allocatable, target :: before(:), words(:)
    character(len=:), allocatable :: after
    call set_texts(choices, preamble, compiler_options, before, words)
    after = ''
    if (present(post)) after = post
    call finish(c_kernel_create_reduction(context%handle, letters_of(inputs), letters_of(output), letters_of(map), &
      letters_of(reduce), letters_of(after), letters_of(identity), letters_of(name), c_loc(choices), result%handle), &
      stat, errmsg)
  end subroutine

  subroutine set_texts(choices, preamble, compiler_options, before, words)
    type(kernel_options), intent(inout) :: choices
    character(len=*), intent(in), optional :: preamble, compiler_options
    character(kind=c_char), allocatable, target, intent(out) :: before(:), words(:)
    choices%struct_size = c_sizeof(choices)
    if (present(preamble)) then
      before = letters_of(preamble)
      choices%preamble = c_loc(before)
    end if
    if (present(compiler_options)) then
      words = letters_of(compiler_options)
      choices%compiler_options = c_loc(words)
    end if
  end subroutine

  !> Makes a kernel of a CUDA source with a function `name` that is extern "C" __global__. Collective.
  !!
  !! options  of the CUDA compiler, separated by spaces
  subroutine dlops_kernel_create_raw(context, source, name, result, options, stat, errmsg)
    type(dlops_context), intent(in) :: context
    character(len=*), intent(in) :: source, name
    type(dlops_kernel), intent(out) :: result
    character(len=*), intent(in), optional :: options
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    character(len=:), allocatable :: words
    words = ''
    if (present(options)) words = options
    call finish(c_kernel_create_raw(context%handle, letters_of(source), letters_of(name), letters_of(words), &
      result%handle), stat, errmsg)
  end subroutine

  !> Gives the outputs of an elementwise kernel their values. Local.
  !!
  !! scalars  numbers for the parameters with `scalar`
  subroutine dlops_kernel_apply(kernel, inputs, outputs, scalars, stat, errmsg)
    type(dlops_kernel), intent(in) :: kernel
    type(dlops_array), intent(in) :: inputs(:), outputs(:)
    class(*), intent(in), optional :: scalars(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(dlops_scalar), allocatable :: numbers(:)
    call take_scalars(scalars, numbers)
    call finish(c_kernel_apply(kernel%handle, size(inputs, kind=c_int64_t), inputs%handle, &
      size(numbers, kind=c_int64_t), numbers, size(outputs, kind=c_int64_t), outputs%handle), stat, errmsg)
  end subroutine

  !> The number that a reduction makes of arrays, its real part. Collective.
  subroutine reduce_to_real(kernel, inputs, result, scalars, stat, errmsg)
    type(dlops_kernel), intent(in) :: kernel
    type(dlops_array), intent(in) :: inputs(:)
    real(real64), intent(out) :: result
    class(*), intent(in), optional :: scalars(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    complex(real64) :: number
    call reduce_to_complex(kernel, inputs, number, scalars, stat, errmsg)
    result = real(number, real64)
  end subroutine

  !> The number that a reduction makes of arrays. Collective.
  subroutine reduce_to_complex(kernel, inputs, result, scalars, stat, errmsg)
    type(dlops_kernel), intent(in) :: kernel
    type(dlops_array), intent(in) :: inputs(:)
    complex(real64), intent(out) :: result
    class(*), intent(in), optional :: scalars(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(dlops_scalar), allocatable :: numbers(:)
    type(dlops_scalar) :: number
    call take_scalars(scalars, numbers)
    call finish(c_kernel_reduce(kernel%handle, size(inputs, kind=c_int64_t), inputs%handle, &
      size(numbers, kind=c_int64_t), numbers, number), stat, errmsg)
    result = cmplx(number%re, number%im, real64)
  end subroutine

  subroutine take_scalars(scalars, numbers)
    class(*), intent(in), optional :: scalars(:)
    type(dlops_scalar), allocatable, intent(out) :: numbers(:)
    integer :: i
    if (.not. present(scalars)) then
      allocate (numbers(0))
      return
    end if
    allocate (numbers(size(scalars)))
    do i = 1, size(scalars)
      numbers(i) = scalar_of(scalars(i))
    end do
  end subroutine

  !> Puts a raw kernel on the context's stream. Local.
  !!
  !! grid, block   blocks, and threads of a block, along x, y and z
  !! arguments     [dlops_argument(x), dlops_argument(c_loc(n)), ...], as many as the kernel has parameters
  !! shared_bytes  of dynamic shared memory of each block, none by default
  subroutine dlops_kernel_launch(kernel, grid, block, arguments, shared_bytes, stat, errmsg)
    type(dlops_kernel), intent(in) :: kernel
    integer, intent(in) :: grid(3), block(3)
    type(dlops_kernel_argument), intent(in) :: arguments(:)
    integer, intent(in), optional :: shared_bytes
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_kernel_launch(kernel%handle, int(grid, c_int64_t), int(block, c_int64_t), &
      int(number_of(shared_bytes), c_int64_t), size(arguments, kind=c_int64_t), arguments), stat, errmsg)
  end subroutine

  pure function array_argument(array) result(argument)
    type(dlops_array), intent(in) :: array
    type(dlops_kernel_argument) :: argument
    argument%array = array%handle
  end function

  pure function value_argument(value) result(argument)
    type(c_ptr), intent(in) :: value
    type(dlops_kernel_argument) :: argument
    argument%value = value
  end function

  !> The name that the kernel was made with. Local.
  subroutine dlops_kernel_get_name(kernel, name, stat, errmsg)
    type(dlops_kernel), intent(in) :: kernel
    character(len=:), allocatable, intent(out) :: name
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    character(kind=c_char) :: letters(256)
    letters = c_null_char
    call finish(c_kernel_get_name(kernel%handle, letters, size(letters, kind=c_size_t)), stat, errmsg)
    name = text_before_null(letters)
  end subroutine

  !> Writes what the kernel is to the context's log. Local.
  subroutine dlops_kernel_view(kernel, stat, errmsg)
    type(dlops_kernel), intent(in) :: kernel
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_kernel_view(kernel%handle), stat, errmsg)
  end subroutine

  !> Another handle to the same kernel. Local.
  subroutine dlops_kernel_retain(kernel, copy, stat, errmsg)
    type(dlops_kernel), intent(in) :: kernel
    type(dlops_kernel), intent(out) :: copy
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_kernel_retain(kernel%handle, copy%handle), stat, errmsg)
  end subroutine

  !> Destroys a handle and sets it to null; a null handle is accepted. Local.
  subroutine dlops_kernel_destroy(kernel, stat, errmsg)
    type(dlops_kernel), intent(inout) :: kernel
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_kernel_destroy(kernel%handle), stat, errmsg)
  end subroutine
end module dlops_kernels
