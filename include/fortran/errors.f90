!> Statuses, and texts about the library.
module dlops_errors
  use, intrinsic :: iso_c_binding, only: c_associated, c_char, c_f_pointer, c_int32_t, c_int64_t, c_ptr, c_size_t
  use dlops_bindings
  use dlops_constants
  implicit none
  private
  public :: dlops_last_error, dlops_status_text, dlops_reason_text, dlops_version, dlops_build_info, &
    dlops_abi_version, dlops_live_handles, finish, fail, text_of

contains

  !> Hands a status on: to `stat` where the caller takes it, else an error ends the program with its text.
  subroutine finish(status, stat, errmsg)
    integer(c_int32_t), intent(in) :: status
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    character(len=:), allocatable :: text
    if (present(stat)) stat = int(status)
    if (status == DLOPS_OK) return
    text = dlops_last_error()
    if (present(errmsg)) errmsg = text
    if (.not. present(stat)) error stop 'dlops: ' // text
  end subroutine

  !> An error that this module finds before it calls the library.
  subroutine fail(status, text, stat, errmsg)
    integer, intent(in) :: status
    character(len=*), intent(in) :: text
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    if (present(stat)) stat = status
    if (present(errmsg)) errmsg = text
    if (.not. present(stat)) error stop 'dlops: ' // text
  end subroutine

  !> A copy of a text of C.
  function text_of(pointer) result(text)
    type(c_ptr), intent(in) :: pointer
    character(len=:), allocatable :: text
    character(kind=c_char), pointer :: letters(:)
    integer :: length, i
    interface
      function c_length(string) bind(C, name="strlen") result(length)
        import :: c_ptr, c_size_t
        type(c_ptr), value :: string
        integer(c_size_t) :: length
      end function
    end interface
    length = 0
    if (c_associated(pointer)) length = int(c_length(pointer))
    allocate (character(len=length) :: text)
    if (length == 0) return
    call c_f_pointer(pointer, letters, [length])
    do i = 1, length
      text(i:i) = letters(i)
    end do
  end function

  !> Text of this thread's last error: function, argument, what was wrong with its value, rank. Axes, components and
  !! indices in it are counted as C counts them. Local.
  function dlops_last_error() result(text)
    character(len=:), allocatable :: text
    text = text_of(c_last_error())
  end function

  !> One sentence for a status. Local.
  function dlops_status_text(status) result(text)
    integer, intent(in) :: status
    character(len=:), allocatable :: text
    text = text_of(c_status_text(int(status, c_int32_t)))
  end function

  !> Why a solver stopped, in words. Local.
  function dlops_reason_text(reason) result(text)
    integer, intent(in) :: reason
    character(len=:), allocatable :: text
    text = text_of(c_reason_text(int(reason, c_int32_t)))
  end function

  !> Version of the library that is running, such as "0.1.0". Local.
  function dlops_version() result(text)
    character(len=:), allocatable :: text
    text = text_of(c_version())
  end function

  !> How the library was built: version, MPI, compiler target. Local.
  function dlops_build_info() result(text)
    character(len=:), allocatable :: text
    text = text_of(c_build_info())
  end function

  !> ABI number of the library that is running. Local.
  function dlops_abi_version() result(number)
    integer :: number
    number = int(c_abi_version())
  end function

  !> Number of handles that are alive in this process: 0 when everything was destroyed. Local.
  function dlops_live_handles() result(count)
    integer(c_int64_t) :: count
    if (c_get_live_handles(count) /= DLOPS_OK) count = -1
  end function

end module dlops_errors
