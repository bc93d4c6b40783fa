! The transform of a wave along both axes has one element; its frequencies, a half spectrum and what is refused.
program fourier
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use mpi_f08
  use dlops
  implicit none
  integer, parameter :: n1 = 6, n2 = 9
  real(real64), parameter :: turn = 6.283185307179586_real64
  type(dlops_context) :: context
  type(dlops_space) :: space, real_space
  type(dlops_array) :: x, y
  type(dlops_operator) :: op, back
  complex(real64) :: values(n1, n2), found(n1, n2), half(n1 / 2 + 1, n2)
  real(real64), allocatable :: frequencies(:)
  character(len=200) :: text
  integer :: i, j, stat

  call MPI_Init()
  call dlops_context_create_mpi(MPI_COMM_WORLD, context)
  call dlops_space_create(context, DLOPS_COMPLEX128, [n1, n2], space)
  call dlops_array_create(space, x)
  do j = 1, n2
    do i = 1, n1
      values(i, j) = exp(cmplx(0, turn * (2.0_real64 * (i - 1) / n1 + 4.0_real64 * (j - 1) / n2), real64))
    end do
  end do
  call dlops_array_from_global(x, values)
  call dlops_fft_create(space, [1, 2], op, norm=DLOPS_FFT_NONE, shift_after=[.true., .false.])
  call dlops_operator_create_range_array(op, y)
  call dlops_operator_apply(op, DLOPS_FORWARD, x, y)
  call dlops_array_to_global(y, found)
  ! Frequency 2 of the first axis stands 3 further on, after the shift by n1 / 2.
  found(2 + 3 + 1, 4 + 1) = found(2 + 3 + 1, 4 + 1) - n1 * n2
  call check(maxval(abs(found)) < 1e-11_real64, 'a wave has one frequency')
  found(2 + 3 + 1, 4 + 1) = found(2 + 3 + 1, 4 + 1) + n1 * n2
  call dlops_operator_inverse(op, back)
  call dlops_operator_apply(back, DLOPS_FORWARD, y, x)
  call dlops_array_to_global(x, found)
  call check(maxval(abs(found - values)) < 1e-12_real64, 'the inverse')
  call dlops_operator_destroy(back)
  call dlops_operator_destroy(op)
  call dlops_array_destroy(y)
  call dlops_array_destroy(x)

  ! The halves of the second axis exchanged, and put back.
  call dlops_array_create(space, x)
  call dlops_array_create(space, y)
  call dlops_array_from_global(x, values)
  call dlops_fftshift_create(space, [2], op)
  call dlops_operator_apply(op, DLOPS_FORWARD, x, y)
  call dlops_array_to_global(y, found)
  call check(all(found == cshift(values, n2 / 2 + 1, 2)), 'fftshift')
  call dlops_operator_destroy(op)
  call dlops_fftshift_create(space, [2], op, inverse=.true.)
  call dlops_operator_apply(op, DLOPS_FORWARD, y, x)
  call dlops_array_to_global(x, found)
  call check(all(found == values), 'ifftshift')
  call dlops_operator_destroy(op)
  call dlops_array_destroy(y)
  call dlops_array_destroy(x)

  ! Half of the first axis, which the list names last.
  call dlops_space_create(context, DLOPS_FLOAT64, [n1, n2], real_space)
  call dlops_fft_create(real_space, [2, 1], op, half=.true., norm=DLOPS_FFT_NONE)
  call dlops_array_create(real_space, x)
  call dlops_array_fill(x, 1.0_real64)
  call dlops_operator_create_range_array(op, y)
  call dlops_operator_apply(op, DLOPS_FORWARD, x, y)
  call dlops_array_to_global(y, half)
  half(1, 1) = half(1, 1) - n1 * n2
  call check(maxval(abs(half)) < 1e-12_real64, 'half a spectrum')
  call dlops_operator_destroy(op)
  call dlops_array_destroy(y)
  call dlops_array_destroy(x)

  call dlops_fft_get_frequencies(4_int64, frequencies, sampling=0.5_real64, shifted=.true.)
  call check(all(frequencies == [-1.0_real64, -0.5_real64, 0.0_real64, 0.5_real64]), 'frequencies')
  call dlops_fft_get_frequencies(5_int64, frequencies, half=.true.)
  call check(size(frequencies) == 3, 'frequencies of a half')
  call dlops_fft_create(space, [3], op, stat=stat, errmsg=text)
  call check(stat == DLOPS_ERROR_AXIS, 'an axis outside')
  call dlops_fft_create(space, [1, 2], op, lengths=[4_int64], stat=stat, errmsg=text)
  call check(stat == DLOPS_ERROR_ARGUMENT, 'one length for two axes')
  call dlops_fft_create(space, [1, 2], op, shift_before=[.true.], stat=stat, errmsg=text)
  call check(stat == DLOPS_ERROR_OPTION .and. index(text, 'shift_before') > 0, 'one shift for two axes')

  call dlops_space_destroy(real_space)
  call dlops_space_destroy(space)
  call dlops_context_destroy(context)
  call MPI_Finalize()

contains

  subroutine check(condition, text)
    logical, intent(in) :: condition
    character(len=*), intent(in) :: text
    if (.not. condition) error stop text
  end subroutine
end program fourier
