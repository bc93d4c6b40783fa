!> Pointers to the elements of arrays.
module dlops_pointers
  use, intrinsic :: iso_c_binding, only: c_associated, c_f_pointer, c_int32_t, c_int64_t, c_loc, c_null_ptr, c_ptr
  use, intrinsic :: iso_fortran_env, only: int32, int64, real32, real64
  use dlops_arguments
  use dlops_bindings
  use dlops_constants
  use dlops_errors
  use dlops_types
  use dlops_memory, only: name_of
  implicit none
  private
  public :: dlops_array_acquire

  !> Gives direct access to this rank's elements until dlops_array_release. Any number of readers, or one writer.
  !! Local.
  !!
  !! mode  DLOPS_ACCESS_READ, DLOPS_ACCESS_WRITE or DLOPS_ACCESS_READ_WRITE
  !! data  of the array's type: of its rank, then with the local shape (padded arrays too); or of rank 1, for the
  !!       elements as they follow one another. Its indices start from 1. Of an array in device memory: for kernels
  !!       on the context's stream, not for the host
  interface dlops_array_acquire
    module procedure acquire_real32_1, acquire_real32_2, acquire_real32_3, acquire_real32_4, acquire_real32_5, &
      acquire_real32_6, acquire_real32_7, acquire_real64_1, acquire_real64_2, acquire_real64_3, &
      acquire_real64_4, acquire_real64_5, acquire_real64_6, acquire_real64_7, acquire_complex32_1, &
      acquire_complex32_2, acquire_complex32_3, acquire_complex32_4, acquire_complex32_5, acquire_complex32_6, &
      acquire_complex32_7, acquire_complex64_1, acquire_complex64_2, acquire_complex64_3, acquire_complex64_4, &
      acquire_complex64_5, acquire_complex64_6, acquire_complex64_7, acquire_int32_1, acquire_int32_2, &
      acquire_int32_3, acquire_int32_4, acquire_int32_5, acquire_int32_6, acquire_int32_7, &
      acquire_int64_1, acquire_int64_2, acquire_int64_3, acquire_int64_4, acquire_int64_5, &
      acquire_int64_6, acquire_int64_7
  end interface

  !> Where a pointer without elements points to, so that it is associated.
  integer(c_int64_t), target :: nowhere = 0

contains

  subroutine acquire_real32_1(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    real(real32), pointer, intent(out) :: data(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(1), padded(1)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_FLOAT32, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1))
  end subroutine

  subroutine acquire_real32_2(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    real(real32), pointer, intent(out) :: data(:, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(2), padded(2)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_FLOAT32, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2))
  end subroutine

  subroutine acquire_real32_3(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    real(real32), pointer, intent(out) :: data(:, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(3), padded(3)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_FLOAT32, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3))
  end subroutine

  subroutine acquire_real32_4(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    real(real32), pointer, intent(out) :: data(:, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(4), padded(4)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_FLOAT32, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4))
  end subroutine

  subroutine acquire_real32_5(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    real(real32), pointer, intent(out) :: data(:, :, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(5), padded(5)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_FLOAT32, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4), :n(5))
  end subroutine

  subroutine acquire_real32_6(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    real(real32), pointer, intent(out) :: data(:, :, :, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(6), padded(6)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_FLOAT32, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6))
  end subroutine

  subroutine acquire_real32_7(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    real(real32), pointer, intent(out) :: data(:, :, :, :, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(7), padded(7)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_FLOAT32, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6), :n(7))
  end subroutine

  subroutine acquire_real64_1(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    real(real64), pointer, intent(out) :: data(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(1), padded(1)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_FLOAT64, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1))
  end subroutine

  subroutine acquire_real64_2(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    real(real64), pointer, intent(out) :: data(:, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(2), padded(2)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_FLOAT64, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2))
  end subroutine

  subroutine acquire_real64_3(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    real(real64), pointer, intent(out) :: data(:, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(3), padded(3)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_FLOAT64, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3))
  end subroutine

  subroutine acquire_real64_4(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    real(real64), pointer, intent(out) :: data(:, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(4), padded(4)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_FLOAT64, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4))
  end subroutine

  subroutine acquire_real64_5(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    real(real64), pointer, intent(out) :: data(:, :, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(5), padded(5)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_FLOAT64, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4), :n(5))
  end subroutine

  subroutine acquire_real64_6(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    real(real64), pointer, intent(out) :: data(:, :, :, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(6), padded(6)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_FLOAT64, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6))
  end subroutine

  subroutine acquire_real64_7(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    real(real64), pointer, intent(out) :: data(:, :, :, :, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(7), padded(7)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_FLOAT64, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6), :n(7))
  end subroutine

  subroutine acquire_complex32_1(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    complex(real32), pointer, intent(out) :: data(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(1), padded(1)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_COMPLEX64, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1))
  end subroutine

  subroutine acquire_complex32_2(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    complex(real32), pointer, intent(out) :: data(:, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(2), padded(2)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_COMPLEX64, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2))
  end subroutine

  subroutine acquire_complex32_3(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    complex(real32), pointer, intent(out) :: data(:, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(3), padded(3)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_COMPLEX64, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3))
  end subroutine

  subroutine acquire_complex32_4(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    complex(real32), pointer, intent(out) :: data(:, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(4), padded(4)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_COMPLEX64, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4))
  end subroutine

  subroutine acquire_complex32_5(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    complex(real32), pointer, intent(out) :: data(:, :, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(5), padded(5)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_COMPLEX64, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4), :n(5))
  end subroutine

  subroutine acquire_complex32_6(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    complex(real32), pointer, intent(out) :: data(:, :, :, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(6), padded(6)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_COMPLEX64, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6))
  end subroutine

  subroutine acquire_complex32_7(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    complex(real32), pointer, intent(out) :: data(:, :, :, :, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(7), padded(7)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_COMPLEX64, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6), :n(7))
  end subroutine

  subroutine acquire_complex64_1(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    complex(real64), pointer, intent(out) :: data(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(1), padded(1)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_COMPLEX128, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1))
  end subroutine

  subroutine acquire_complex64_2(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    complex(real64), pointer, intent(out) :: data(:, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(2), padded(2)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_COMPLEX128, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2))
  end subroutine

  subroutine acquire_complex64_3(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    complex(real64), pointer, intent(out) :: data(:, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(3), padded(3)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_COMPLEX128, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3))
  end subroutine

  subroutine acquire_complex64_4(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    complex(real64), pointer, intent(out) :: data(:, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(4), padded(4)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_COMPLEX128, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4))
  end subroutine

  subroutine acquire_complex64_5(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    complex(real64), pointer, intent(out) :: data(:, :, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(5), padded(5)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_COMPLEX128, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4), :n(5))
  end subroutine

  subroutine acquire_complex64_6(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    complex(real64), pointer, intent(out) :: data(:, :, :, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(6), padded(6)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_COMPLEX128, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6))
  end subroutine

  subroutine acquire_complex64_7(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    complex(real64), pointer, intent(out) :: data(:, :, :, :, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(7), padded(7)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_COMPLEX128, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6), :n(7))
  end subroutine

  subroutine acquire_int32_1(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    integer(int32), pointer, intent(out) :: data(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(1), padded(1)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_INT32, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1))
  end subroutine

  subroutine acquire_int32_2(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    integer(int32), pointer, intent(out) :: data(:, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(2), padded(2)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_INT32, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2))
  end subroutine

  subroutine acquire_int32_3(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    integer(int32), pointer, intent(out) :: data(:, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(3), padded(3)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_INT32, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3))
  end subroutine

  subroutine acquire_int32_4(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    integer(int32), pointer, intent(out) :: data(:, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(4), padded(4)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_INT32, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4))
  end subroutine

  subroutine acquire_int32_5(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    integer(int32), pointer, intent(out) :: data(:, :, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(5), padded(5)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_INT32, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4), :n(5))
  end subroutine

  subroutine acquire_int32_6(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    integer(int32), pointer, intent(out) :: data(:, :, :, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(6), padded(6)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_INT32, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6))
  end subroutine

  subroutine acquire_int32_7(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    integer(int32), pointer, intent(out) :: data(:, :, :, :, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(7), padded(7)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_INT32, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6), :n(7))
  end subroutine

  subroutine acquire_int64_1(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    integer(int64), pointer, intent(out) :: data(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(1), padded(1)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_INT64, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1))
  end subroutine

  subroutine acquire_int64_2(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    integer(int64), pointer, intent(out) :: data(:, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(2), padded(2)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_INT64, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2))
  end subroutine

  subroutine acquire_int64_3(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    integer(int64), pointer, intent(out) :: data(:, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(3), padded(3)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_INT64, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3))
  end subroutine

  subroutine acquire_int64_4(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    integer(int64), pointer, intent(out) :: data(:, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(4), padded(4)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_INT64, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4))
  end subroutine

  subroutine acquire_int64_5(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    integer(int64), pointer, intent(out) :: data(:, :, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(5), padded(5)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_INT64, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4), :n(5))
  end subroutine

  subroutine acquire_int64_6(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    integer(int64), pointer, intent(out) :: data(:, :, :, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(6), padded(6)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_INT64, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6))
  end subroutine

  subroutine acquire_int64_7(array, mode, data, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode
    integer(int64), pointer, intent(out) :: data(:, :, :, :, :, :, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: n(7), padded(7)
    type(c_ptr) :: address
    call acquire_memory(array, mode, DLOPS_INT64, address, n, padded, stat, errmsg)
    call c_f_pointer(address, data, padded)
    data => data(:n(1), :n(2), :n(3), :n(4), :n(5), :n(6), :n(7))
  end subroutine

  !> Acquires, and finds the extents n of a pointer of a rank and those of the memory that it is a part of.
  subroutine acquire_memory(array, mode, dtype, address, n, padded, stat, errmsg)
    type(dlops_array), intent(in) :: array
    integer, intent(in) :: mode, dtype
    type(c_ptr), intent(out) :: address
    integer(c_int64_t), intent(out) :: n(:), padded(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: local(DLOPS_MAX_DIMENSIONS), strides(DLOPS_MAX_DIMENSIONS), next
    integer(c_int32_t) :: status, kept, axes
    integer :: k, ranks
    logical :: fits
    type(c_ptr) :: space
    n = 0
    padded = 0
    ranks = size(n)
    address = c_null_ptr
    space = c_null_ptr
    kept = 0
    axes = 0
    status = c_array_get_space(array%handle, space)
    if (status == 0) status = c_space_get_dtype(space, kept)
    if (status == 0) status = c_space_get_dimensions(space, axes)
    if (status == 0) status = c_space_get_local_shape(space, local)
    if (status == 0) status = c_array_get_strides(array%handle, strides)
    if (status /= 0) then
      call finish(status, stat, errmsg)
      if (c_space_destroy(space) == 0) return
      return
    end if
    status = c_space_destroy(space)
    if (kept /= dtype) then
      call fail(DLOPS_ERROR_DTYPE, 'dlops_array_acquire: data is ' // name_of(dtype) // ', the array has ' // &
        name_of(int(kept)), stat, errmsg)
      return
    end if
    local(:axes) = turned(local(:axes))
    strides(:axes) = turned(strides(:axes))
    fits = ranks >= 1 .and. ranks <= 7 .and. (ranks == axes .or. ranks == 1)
    next = 1
    do k = 1, axes
      if (ranks == axes .or. product(local(:axes)) == 0) exit
      fits = fits .and. (strides(k) == next .or. local(k) == 1)
      next = next * local(k)
    end do
    if (.not. fits) then
      call fail(DLOPS_ERROR_SHAPE, 'dlops_array_acquire: data is neither of the rank of the array nor, ' // &
        'of a packed one, of rank 1', stat, errmsg)
      return
    end if
    if (ranks /= axes .or. product(local(:axes)) == 0) then
      n(1) = product(local(:axes))
      if (ranks == axes) n(:axes) = local(:axes)
      padded = n
    else
      n = local(:axes)
      padded(:axes) = local(:axes)
      do k = 1, axes - 1
        if (mod(strides(k + 1), strides(k)) /= 0) then
          n = 0
          padded = 0
          call fail(DLOPS_ERROR_UNSUPPORTED, 'dlops_array_acquire: no pointer has the strides of this array', stat, &
            errmsg)
          return
        end if
        padded(k) = strides(k + 1) / strides(k)
      end do
    end if
    status = c_array_acquire(array%handle, int(mode, c_int32_t), address)
    if (status /= 0) n = 0
    if (status /= 0) padded = 0
    if (status == 0 .and. .not. c_associated(address)) address = c_loc(nowhere)
    call finish(status, stat, errmsg)
  end subroutine

end module dlops_pointers
