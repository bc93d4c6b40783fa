!> Fourier transforms. Axes count from 1, the first is the fastest.
module dlops_fouriers
  use, intrinsic :: iso_c_binding, only: c_double, c_int32_t, c_int64_t, c_loc, c_sizeof
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use dlops_arguments
  use dlops_bindings
  use dlops_errors
  use dlops_options
  use dlops_types
  implicit none
  private
  public :: dlops_fft_create, dlops_fft_get_frequencies, dlops_fftshift_create

contains

  !> Makes the Fourier transform along some axes of any layout, from `space` to complex elements. Collective.
  !!
  !! axes          from 1, none twice
  !! lengths       of the transforms, one an axis of `axes` in its order, 1 or more; default the extents of the model
  !! norm          DLOPS_FFT_ORTHO (the default), DLOPS_FFT_NONE or DLOPS_FFT_ONE_OVER_N
  !! half          of a real model the first n / 2 + 1 frequencies along the last of `axes`; default .false.
  !! shift_before  one an axis of `axes`: the model starts in its middle; default .false.
  !! shift_after   one an axis of `axes`: frequency 0 is in the middle of the spectrum; default .false.
  !! as_computed   the spectrum stays in the layout of the last transform; default .false.
  !! spectrum      the spectrum takes the layout of this space
  subroutine dlops_fft_create(space, axes, result, lengths, norm, half, shift_before, shift_after, as_computed, &
    spectrum, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: axes(:)
    type(dlops_operator), intent(out) :: result
    integer(int64), intent(in), optional :: lengths(:)
    integer, intent(in), optional :: norm
    logical, intent(in), optional :: half, shift_before(:), shift_after(:), as_computed
    type(dlops_space), intent(in), optional :: spectrum
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(fft_options), target :: choices
    integer(c_int32_t), allocatable, target :: c_axes(:), before(:), after(:)
    integer(c_int64_t), allocatable, target :: c_lengths(:)
    integer :: n
    n = size(axes)
    choices%struct_size = c_sizeof(choices)
    c_axes = axis_of(axes, dimensions_of(space%handle))
    ! Lists of another length than `axes` are told by a length that no transform has.
    if (present(lengths)) then
      c_lengths = lengths
      if (size(lengths) /= n) c_lengths = spread(-1_c_int64_t, 1, max(n, 1))
      choices%lengths = c_loc(c_lengths)
    end if
    if (present(shift_before)) then
      before = flags(shift_before, n)
      choices%shift_before = c_loc(before)
    end if
    if (present(shift_after)) then
      after = flags(shift_after, n)
      choices%shift_after = c_loc(after)
    end if
    if (present(spectrum)) choices%spectrum = spectrum%handle
    choices%norm = number_of(norm)
    choices%half = flag(half)
    choices%as_computed = flag(as_computed)
    call finish(c_fft_create(space%handle, int(n, c_int32_t), c_axes, c_loc(choices), result%handle), stat, errmsg)
  end subroutine

  !> 0 and 1 for each of n axes; a list of another length gives what the library refuses.
  pure function flags(values, n) result(numbers)
    logical, intent(in) :: values(:)
    integer, intent(in) :: n
    integer(c_int32_t) :: numbers(max(n, 1))
    numbers = -1
    if (size(values) == n) numbers = merge(1_c_int32_t, 0_c_int32_t, values)
  end function

  !> Makes the exchange of the halves of some axes, fftshift, or ifftshift, which takes it back. Collective.
  !!
  !! axes     from 1, none twice
  !! inverse  ifftshift; default .false.
  subroutine dlops_fftshift_create(space, axes, result, inverse, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: axes(:)
    type(dlops_operator), intent(out) :: result
    logical, intent(in), optional :: inverse
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    call finish(c_fftshift_create(space%handle, int(size(axes), c_int32_t), axis_of(axes, dimensions_of(space%handle)), &
      flag(inverse), result%handle), stat, errmsg)
  end subroutine

  !> The frequencies of a transform of n samples a distance of `sampling` apart, in cycles per unit. Local.
  !!
  !! sampling  above 0; default 1
  !! half      the first n / 2 + 1 frequencies only
  !! shifted   in the order of fftshift
  subroutine dlops_fft_get_frequencies(n, frequencies, sampling, half, shifted, stat, errmsg)
    integer(int64), intent(in) :: n
    real(real64), allocatable, intent(out) :: frequencies(:)
    real(real64), intent(in), optional :: sampling
    logical, intent(in), optional :: half, shifted
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    real(c_double) :: distance
    integer(int64) :: count
    distance = 1
    if (present(sampling)) distance = sampling
    count = n
    if (flag(half) == 1) count = n / 2 + 1
    allocate (frequencies(max(count, 1_int64)), source=0.0_real64)
    call finish(c_fft_get_frequencies(int(n, c_int64_t), distance, flag(half), flag(shifted), frequencies), stat, errmsg)
  end subroutine

end module dlops_fouriers
