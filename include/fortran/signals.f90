!> Wavelets, tapers, error measures, post-stack seismic data.
module dlops_signals
  use, intrinsic :: iso_c_binding, only: c_int32_t, c_int64_t, c_loc, c_sizeof
  use, intrinsic :: iso_fortran_env, only: real64
  use dlops_arguments
  use dlops_bindings
  use dlops_constants
  use dlops_errors
  use dlops_options
  use dlops_types
  implicit none
  private
  public :: dlops_measure_mae, dlops_measure_mse, dlops_measure_snr, dlops_wavelet_ricker, dlops_taper, &
    dlops_measure_psnr, dlops_poststack_create, dlops_poststack_create_varying

contains

  !> Ricker's wavelet (1 - 2 a) exp(-a), a = (pi f0 t)^2, at t = k dt for |k| < half: 2 half - 1 samples, of which
  !! sample `half` is at time 0. Local.
  subroutine dlops_wavelet_ricker(half, dt, f0, wavelet, stat, errmsg)
    integer, intent(in) :: half
    real(real64), intent(in) :: dt, f0
    real(real64), allocatable, intent(out) :: wavelet(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    allocate (wavelet(max(2 * half - 1, 1)), source=0.0_real64)
    call finish(c_wavelet_ricker(int(half, c_int64_t), dt, f0, wavelet), stat, errmsg)
  end subroutine

  !> Factors that rise from 0 to 1 over `edge` samples at either end, of DLOPS_TAPER_... Local.
  subroutine dlops_taper(kind, edge, factors, stat, errmsg)
    integer, intent(in) :: kind
    integer, intent(in) :: edge
    real(real64), intent(out), contiguous :: factors(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    factors = 0
    call finish(c_taper(int(kind, c_int32_t), size(factors, kind=c_int64_t), int(edge, c_int64_t), factors), stat, &
      errmsg)
  end subroutine

  !> Peak signal-to-noise ratio in decibels, 10 log10((largest - least)^2 / mse), of real arrays. Collective.
  !!
  !! least       default 0
  !! largest     default the largest element of x
  !! find_least  `least` is the smallest element of x
  subroutine dlops_measure_psnr(x, y, value, least, largest, find_least, stat, errmsg)
    type(dlops_array), intent(in) :: x, y
    real(real64), intent(out) :: value
    real(real64), intent(in), optional :: least, largest
    logical, intent(in), optional :: find_least
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(psnr_options), target :: choices
    choices%struct_size = c_sizeof(choices)
    if (present(least)) choices%least = least
    if (present(largest)) choices%largest = largest
    choices%largest_given = flag(present(largest))
    choices%find_least = flag(find_least)
    value = 0
    call finish(c_measure_psnr(x%handle, y%handle, c_loc(choices), value), stat, errmsg)
  end subroutine

  !> Makes the model of post-stack seismic data d = W D m, m the natural logarithm of acoustic impedance. Collective.
  !!
  !! axis        of time, from 1
  !! wavelet     whose sample size / 2 + 1 is at time 0
  !! kind        of the derivative: DLOPS_KIND_...
  subroutine dlops_poststack_create(space, axis, wavelet, result, kind, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: axis
    real(real64), intent(in), contiguous :: wavelet(:)
    type(dlops_operator), intent(out) :: result
    integer, intent(in), optional :: kind
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(poststack_options), target :: choices
    choices%struct_size = c_sizeof(choices)
    choices%kind = number_of(kind)
    call finish(c_poststack_create(space%handle, axis_of(axis, dimensions_of(space%handle)), &
      size(wavelet, kind=c_int64_t), wavelet, c_loc(choices), result%handle), stat, errmsg)
  end subroutine

  !> The same with one wavelet for each sample of the axis: wavelets(sample of the wavelet, sample of the axis).
  subroutine dlops_poststack_create_varying(space, axis, wavelets, result, kind, stat, errmsg)
    type(dlops_space), intent(in) :: space
    integer, intent(in) :: axis
    real(real64), intent(in), contiguous :: wavelets(:, :)
    type(dlops_operator), intent(out) :: result
    integer, intent(in), optional :: kind
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(poststack_options), target :: choices
    integer(c_int32_t) :: c_axis
    integer(c_int64_t) :: lengths(DLOPS_MAX_DIMENSIONS)
    c_axis = axis_of(axis, dimensions_of(space%handle))
    choices%struct_size = c_sizeof(choices)
    choices%kind = number_of(kind)
    choices%per_sample = 1
    if (c_space_get_shape(space%handle, lengths) == 0 .and. axis >= 1 .and. axis <= dimensions_of(space%handle)) then
      if (lengths(c_axis + 1) /= size(wavelets, 2)) then
        call fail(DLOPS_ERROR_SHAPE, &
          'dlops_poststack_create_varying: wavelets are not one for each sample of the axis', &
          stat, errmsg)
        return
      end if
    end if
    call finish(c_poststack_create(space%handle, c_axis, size(wavelets, 1, c_int64_t), wavelets, c_loc(choices), &
      result%handle), stat, errmsg)
  end subroutine

  !>  Mean absolute error, sum |x - y| / n. Collective.
  subroutine dlops_measure_mae(x, y, value, stat, errmsg)
    type(dlops_array), intent(in) :: x, y
    real(real64), intent(out) :: value
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    value = 0
    call finish(c_measure_mae(x%handle, y%handle, value), stat, errmsg)
  end subroutine

  !> Mean squared error, sum |x - y|^2 / n. Collective.
  subroutine dlops_measure_mse(x, y, value, stat, errmsg)
    type(dlops_array), intent(in) :: x, y
    real(real64), intent(out) :: value
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    value = 0
    call finish(c_measure_mse(x%handle, y%handle, value), stat, errmsg)
  end subroutine

  !>  Signal-to-noise ratio in decibels, 10 log10(sum |x|^2 / sum |x - y|^2). Collective.
  subroutine dlops_measure_snr(x, y, value, stat, errmsg)
    type(dlops_array), intent(in) :: x, y
    real(real64), intent(out) :: value
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    value = 0
    call finish(c_measure_snr(x%handle, y%handle, value), stat, errmsg)
  end subroutine
end module dlops_signals
