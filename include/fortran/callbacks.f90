!> Operators of the host.
module dlops_callbacks
  use, intrinsic :: iso_c_binding, only: c_char, c_f_pointer, c_funloc, c_funptr, c_int32_t, c_int64_t, c_loc, &
    c_null_funptr, c_ptr, c_sizeof
  use, intrinsic :: iso_fortran_env, only: real32, real64
  use dlops_arguments
  use dlops_bindings
  use dlops_constants
  use dlops_errors
  use dlops_options
  use dlops_types
  implicit none
  private
  public :: dlops_operator_create_callback, dlops_operator_create_matvec_real32, &
    dlops_operator_create_matvec_real64, dlops_operator_create_matvec_complex32, &
    dlops_operator_create_matvec_complex64, dlops_array_function, dlops_real32_function, dlops_real64_function, &
    dlops_complex32_function, dlops_complex64_function

  abstract interface
    !> Writes y = A x (or A^H x) on arrays, which are not to be destroyed. Another `status` than 0 is a failure.
    subroutine dlops_array_function(x, y, user, status)
      import :: dlops_array
      type(dlops_array), intent(in) :: x, y
      class(*), intent(inout) :: user          !< what was passed when the operator was made
      integer, intent(inout) :: status         !< 0 on entry
    end subroutine
    !> The same on this rank's elements, contiguous in memory.
    subroutine dlops_real32_function(x, y, user, status)
      import :: real32
      real(real32), intent(in), contiguous, target :: x(:)
      real(real32), intent(inout), contiguous, target :: y(:)
      class(*), intent(inout) :: user
      integer, intent(inout) :: status
    end subroutine
    !> The same on this rank's elements, contiguous in memory.
    subroutine dlops_real64_function(x, y, user, status)
      import :: real64
      real(real64), intent(in), contiguous, target :: x(:)
      real(real64), intent(inout), contiguous, target :: y(:)
      class(*), intent(inout) :: user
      integer, intent(inout) :: status
    end subroutine
    !> The same on this rank's elements, contiguous in memory.
    subroutine dlops_complex32_function(x, y, user, status)
      import :: real32
      complex(real32), intent(in), contiguous, target :: x(:)
      complex(real32), intent(inout), contiguous, target :: y(:)
      class(*), intent(inout) :: user
      integer, intent(inout) :: status
    end subroutine
    !> The same on this rank's elements, contiguous in memory.
    subroutine dlops_complex64_function(x, y, user, status)
      import :: real64
      complex(real64), intent(in), contiguous, target :: x(:)
      complex(real64), intent(inout), contiguous, target :: y(:)
      class(*), intent(inout) :: user
      integer, intent(inout) :: status
    end subroutine
  end interface

  type :: function_record
    procedure(dlops_array_function), pointer, nopass :: forward => null(), adjoint => null()
    procedure(dlops_real32_function), pointer, nopass :: forward_real32 => null(), adjoint_real32 => null()
    procedure(dlops_real64_function), pointer, nopass :: forward_real64 => null(), adjoint_real64 => null()
    procedure(dlops_complex32_function), pointer, nopass :: forward_complex32 => null(), adjoint_complex32 => null()
    procedure(dlops_complex64_function), pointer, nopass :: forward_complex64 => null(), adjoint_complex64 => null()
    class(*), pointer :: user => null()
    integer(c_int64_t) :: columns = 0, rows = 0
  end type

  integer, target :: nothing = 0

contains

  !> Makes an operator of the host's subroutines y = A x and y = A^H x on arrays. Collective.
  !!
  !! adjoint, user  as of dlops_operator_create_matvec_real64
  !! real_linear    A(c x) = c A x holds for real c only, as when a real part is taken
  !! name           in tables, views and error texts
  subroutine dlops_operator_create_callback(domain, range, forward, result, adjoint, user, real_linear, name, stat, &
      errmsg)
    type(dlops_space), intent(in) :: domain, range
    procedure(dlops_array_function) :: forward
    type(dlops_operator), intent(out) :: result
    procedure(dlops_array_function), optional :: adjoint
    class(*), intent(in), target, optional :: user
    logical, intent(in), optional :: real_linear
    character(len=*), intent(in), optional :: name
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(function_record), pointer :: record
    type(callback_options), target :: choices
    character(kind=c_char), allocatable, target :: letters(:)
    type(c_funptr) :: backward
    integer(c_int32_t) :: status
    record => new_record(domain, range, user)
    record%forward => forward
    backward = c_null_funptr
    if (present(adjoint)) then
      record%adjoint => adjoint
      backward = c_funloc(call_adjoint)
    end if
    choices%struct_size = c_sizeof(choices)
    choices%real_linear = flag(real_linear)
    if (present(name)) then
      letters = letters_of(name)
      choices%name = c_loc(letters)
    end if
    status = c_operator_create_callback(domain%handle, range%handle, c_funloc(call_forward), backward, c_loc(record), &
      c_funloc(forget_record), c_loc(choices), result%handle)
    if (status /= 0) deallocate (record)
    call finish(status, stat, errmsg)
  end subroutine

  !> Makes an operator of the host's subroutines y = A x and y = A^H x on this rank's elements. Collective.
  !!
  !! adjoint  without it, adjoint and transpose are refused
  !! user     passed to both; a target that stays while the operator and all that holds it exists
  subroutine dlops_operator_create_matvec_real32(domain, range, forward, result, adjoint, user, stat, &
      errmsg)
    type(dlops_space), intent(in) :: domain, range
    procedure(dlops_real32_function) :: forward
    type(dlops_operator), intent(out) :: result
    procedure(dlops_real32_function), optional :: adjoint
    class(*), intent(in), target, optional :: user
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(function_record), pointer :: record
    type(c_funptr) :: backward
    integer(c_int32_t) :: status
    if (.not. (has_type(domain, DLOPS_FLOAT32) .and. has_type(range, DLOPS_FLOAT32))) then
      call fail(DLOPS_ERROR_DTYPE, 'dlops_operator_create_matvec_real32: the spaces are of another type', stat, errmsg)
      return
    end if
    record => new_record(domain, range, user)
    record%forward_real32 => forward
    backward = c_null_funptr
    if (present(adjoint)) then
      record%adjoint_real32 => adjoint
      backward = c_funloc(call_adjoint_real32)
    end if
    status = c_operator_create_matvec(domain%handle, range%handle, c_funloc(call_forward_real32), backward, &
      c_loc(record), c_funloc(forget_record), result%handle)
    if (status /= 0) deallocate (record)
    call finish(status, stat, errmsg)
  end subroutine

  function call_forward_real32(x, y, user) bind(C) result(status)
    type(c_ptr), value :: x, y, user
    integer(c_int32_t) :: status
    type(function_record), pointer :: record
    real(real32), pointer, contiguous :: input(:), output(:)
    integer :: answer
    call c_f_pointer(user, record)
    call c_f_pointer(x, input, [record%columns])
    call c_f_pointer(y, output, [record%rows])
    answer = 0
    call record%forward_real32(input, output, record%user, answer)
    status = int(answer, c_int32_t)
  end function

  function call_adjoint_real32(x, y, user) bind(C) result(status)
    type(c_ptr), value :: x, y, user
    integer(c_int32_t) :: status
    type(function_record), pointer :: record
    real(real32), pointer, contiguous :: input(:), output(:)
    integer :: answer
    call c_f_pointer(user, record)
    call c_f_pointer(x, input, [record%rows])
    call c_f_pointer(y, output, [record%columns])
    answer = 0
    call record%adjoint_real32(input, output, record%user, answer)
    status = int(answer, c_int32_t)
  end function

  !> Makes an operator of the host's subroutines y = A x and y = A^H x on this rank's elements. Collective.
  !!
  !! adjoint  without it, adjoint and transpose are refused
  !! user     passed to both; a target that stays while the operator and all that holds it exists
  subroutine dlops_operator_create_matvec_real64(domain, range, forward, result, adjoint, user, stat, &
      errmsg)
    type(dlops_space), intent(in) :: domain, range
    procedure(dlops_real64_function) :: forward
    type(dlops_operator), intent(out) :: result
    procedure(dlops_real64_function), optional :: adjoint
    class(*), intent(in), target, optional :: user
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(function_record), pointer :: record
    type(c_funptr) :: backward
    integer(c_int32_t) :: status
    if (.not. (has_type(domain, DLOPS_FLOAT64) .and. has_type(range, DLOPS_FLOAT64))) then
      call fail(DLOPS_ERROR_DTYPE, 'dlops_operator_create_matvec_real64: the spaces are of another type', stat, errmsg)
      return
    end if
    record => new_record(domain, range, user)
    record%forward_real64 => forward
    backward = c_null_funptr
    if (present(adjoint)) then
      record%adjoint_real64 => adjoint
      backward = c_funloc(call_adjoint_real64)
    end if
    status = c_operator_create_matvec(domain%handle, range%handle, c_funloc(call_forward_real64), backward, &
      c_loc(record), c_funloc(forget_record), result%handle)
    if (status /= 0) deallocate (record)
    call finish(status, stat, errmsg)
  end subroutine

  function call_forward_real64(x, y, user) bind(C) result(status)
    type(c_ptr), value :: x, y, user
    integer(c_int32_t) :: status
    type(function_record), pointer :: record
    real(real64), pointer, contiguous :: input(:), output(:)
    integer :: answer
    call c_f_pointer(user, record)
    call c_f_pointer(x, input, [record%columns])
    call c_f_pointer(y, output, [record%rows])
    answer = 0
    call record%forward_real64(input, output, record%user, answer)
    status = int(answer, c_int32_t)
  end function

  function call_adjoint_real64(x, y, user) bind(C) result(status)
    type(c_ptr), value :: x, y, user
    integer(c_int32_t) :: status
    type(function_record), pointer :: record
    real(real64), pointer, contiguous :: input(:), output(:)
    integer :: answer
    call c_f_pointer(user, record)
    call c_f_pointer(x, input, [record%rows])
    call c_f_pointer(y, output, [record%columns])
    answer = 0
    call record%adjoint_real64(input, output, record%user, answer)
    status = int(answer, c_int32_t)
  end function

  !> Makes an operator of the host's subroutines y = A x and y = A^H x on this rank's elements. Collective.
  !!
  !! adjoint  without it, adjoint and transpose are refused
  !! user     passed to both; a target that stays while the operator and all that holds it exists
  subroutine dlops_operator_create_matvec_complex32(domain, range, forward, result, adjoint, user, stat, &
      errmsg)
    type(dlops_space), intent(in) :: domain, range
    procedure(dlops_complex32_function) :: forward
    type(dlops_operator), intent(out) :: result
    procedure(dlops_complex32_function), optional :: adjoint
    class(*), intent(in), target, optional :: user
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(function_record), pointer :: record
    type(c_funptr) :: backward
    integer(c_int32_t) :: status
    if (.not. (has_type(domain, DLOPS_COMPLEX64) .and. has_type(range, DLOPS_COMPLEX64))) then
      call fail(DLOPS_ERROR_DTYPE, 'dlops_operator_create_matvec_complex32: the spaces are of another type', stat, &
        errmsg)
      return
    end if
    record => new_record(domain, range, user)
    record%forward_complex32 => forward
    backward = c_null_funptr
    if (present(adjoint)) then
      record%adjoint_complex32 => adjoint
      backward = c_funloc(call_adjoint_complex32)
    end if
    status = c_operator_create_matvec(domain%handle, range%handle, c_funloc(call_forward_complex32), backward, &
      c_loc(record), c_funloc(forget_record), result%handle)
    if (status /= 0) deallocate (record)
    call finish(status, stat, errmsg)
  end subroutine

  function call_forward_complex32(x, y, user) bind(C) result(status)
    type(c_ptr), value :: x, y, user
    integer(c_int32_t) :: status
    type(function_record), pointer :: record
    complex(real32), pointer, contiguous :: input(:), output(:)
    integer :: answer
    call c_f_pointer(user, record)
    call c_f_pointer(x, input, [record%columns])
    call c_f_pointer(y, output, [record%rows])
    answer = 0
    call record%forward_complex32(input, output, record%user, answer)
    status = int(answer, c_int32_t)
  end function

  function call_adjoint_complex32(x, y, user) bind(C) result(status)
    type(c_ptr), value :: x, y, user
    integer(c_int32_t) :: status
    type(function_record), pointer :: record
    complex(real32), pointer, contiguous :: input(:), output(:)
    integer :: answer
    call c_f_pointer(user, record)
    call c_f_pointer(x, input, [record%rows])
    call c_f_pointer(y, output, [record%columns])
    answer = 0
    call record%adjoint_complex32(input, output, record%user, answer)
    status = int(answer, c_int32_t)
  end function

  !> Makes an operator of the host's subroutines y = A x and y = A^H x on this rank's elements. Collective.
  !!
  !! adjoint  without it, adjoint and transpose are refused
  !! user     passed to both; a target that stays while the operator and all that holds it exists
  subroutine dlops_operator_create_matvec_complex64(domain, range, forward, result, adjoint, user, stat, &
      errmsg)
    type(dlops_space), intent(in) :: domain, range
    procedure(dlops_complex64_function) :: forward
    type(dlops_operator), intent(out) :: result
    procedure(dlops_complex64_function), optional :: adjoint
    class(*), intent(in), target, optional :: user
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(function_record), pointer :: record
    type(c_funptr) :: backward
    integer(c_int32_t) :: status
    if (.not. (has_type(domain, DLOPS_COMPLEX128) .and. has_type(range, DLOPS_COMPLEX128))) then
      call fail(DLOPS_ERROR_DTYPE, 'dlops_operator_create_matvec_complex64: the spaces are of another type', stat, &
        errmsg)
      return
    end if
    record => new_record(domain, range, user)
    record%forward_complex64 => forward
    backward = c_null_funptr
    if (present(adjoint)) then
      record%adjoint_complex64 => adjoint
      backward = c_funloc(call_adjoint_complex64)
    end if
    status = c_operator_create_matvec(domain%handle, range%handle, c_funloc(call_forward_complex64), backward, &
      c_loc(record), c_funloc(forget_record), result%handle)
    if (status /= 0) deallocate (record)
    call finish(status, stat, errmsg)
  end subroutine

  function call_forward_complex64(x, y, user) bind(C) result(status)
    type(c_ptr), value :: x, y, user
    integer(c_int32_t) :: status
    type(function_record), pointer :: record
    complex(real64), pointer, contiguous :: input(:), output(:)
    integer :: answer
    call c_f_pointer(user, record)
    call c_f_pointer(x, input, [record%columns])
    call c_f_pointer(y, output, [record%rows])
    answer = 0
    call record%forward_complex64(input, output, record%user, answer)
    status = int(answer, c_int32_t)
  end function

  function call_adjoint_complex64(x, y, user) bind(C) result(status)
    type(c_ptr), value :: x, y, user
    integer(c_int32_t) :: status
    type(function_record), pointer :: record
    complex(real64), pointer, contiguous :: input(:), output(:)
    integer :: answer
    call c_f_pointer(user, record)
    call c_f_pointer(x, input, [record%rows])
    call c_f_pointer(y, output, [record%columns])
    answer = 0
    call record%adjoint_complex64(input, output, record%user, answer)
    status = int(answer, c_int32_t)
  end function

  function call_forward(x, y, user) bind(C) result(status)
    type(c_ptr), value :: x, y, user
    integer(c_int32_t) :: status
    type(function_record), pointer :: record
    integer :: answer
    call c_f_pointer(user, record)
    answer = 0
    call record%forward(dlops_array(x), dlops_array(y), record%user, answer)
    status = int(answer, c_int32_t)
  end function

  function call_adjoint(x, y, user) bind(C) result(status)
    type(c_ptr), value :: x, y, user
    integer(c_int32_t) :: status
    type(function_record), pointer :: record
    integer :: answer
    call c_f_pointer(user, record)
    answer = 0
    call record%adjoint(dlops_array(x), dlops_array(y), record%user, answer)
    status = int(answer, c_int32_t)
  end function

  subroutine forget_record(user) bind(C)
    type(c_ptr), value :: user
    type(function_record), pointer :: record
    call c_f_pointer(user, record)
    deallocate (record)
  end subroutine

  !> Counts stay 0 for a space that is none, which the library reports.
  function new_record(domain, range, user) result(record)
    type(dlops_space), intent(in) :: domain, range
    class(*), intent(in), target, optional :: user
    type(function_record), pointer :: record
    allocate (record)
    record%user => nothing
    if (present(user)) record%user => user
    if (c_space_get_local_count(domain%handle, record%columns) /= 0) record%columns = 0
    if (c_space_get_local_count(range%handle, record%rows) /= 0) record%rows = 0
  end function

  function has_type(space, dtype) result(same)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: dtype
    logical :: same
    integer(c_int32_t) :: found
    found = int(dtype, c_int32_t)
    same = .true.
    if (c_space_get_dtype(space%handle, found) == 0) same = found == dtype
  end function

end module dlops_callbacks
