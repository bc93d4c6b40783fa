/* Fourier transforms from C: waves and their spectra on any number of ranks, inverses, frequencies, what is refused. */
#include "check.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>

enum { N0 = 6, N1 = 8, N2 = 5 };

static const double turn = 6.283185307179586;

/* The wave of frequencies k0, k1, k2, as a whole. */
static double complex *wave(int k0, int k1, int k2)
{
    double complex *all = malloc(N0 * N1 * N2 * sizeof *all);
    for (int i = 0; i < N0 * N1 * N2; i++) {
        int i0 = i / (N1 * N2), i1 = i / N2 % N1, i2 = i % N2;
        all[i] = cexp(I * turn * ((double)k0 * i0 / N0 + (double)k1 * i1 / N1 + (double)k2 * i2 / N2));
    }
    return all;
}

/* The largest distance of an array from `scale` at one element and 0 elsewhere. */
static double off(dlops_array *array, int64_t count, int64_t place, double scale)
{
    double complex *all = malloc((size_t)count * sizeof *all);
    double largest = 0;
    OK(dlops_array_to_global(array, DLOPS_ALL_RANKS, all));
    for (int64_t k = 0; k < count; k++)
        largest = fmax(largest, cabs(all[k] - (k == place ? scale : 0)));
    free(all);
    return largest;
}

static void waves_have_one_frequency(dlops_context *context)
{
    const int64_t shape[3] = {N0, N1, N2};
    dlops_space *space = NULL, *range = NULL;
    dlops_operator *f = NULL, *inverse = NULL;
    dlops_array *x = NULL, *y = NULL, *back = NULL;
    double complex *all = wave(2, 5, 3);
    OK(dlops_space_create(context, DLOPS_COMPLEX128, 3, shape, NULL, &space));
    OK(dlops_array_create(space, &x));
    OK(dlops_array_create(space, &back));
    OK(dlops_array_from_global(x, all));

    /* All axes, negative ones too, in the layout of the model and where the last transform leaves it. */
    for (int as_computed = 0; as_computed < 2; as_computed++) {
        dlops_fft_options choices = DLOPS_FFT_OPTIONS_INIT;
        choices.norm = DLOPS_FFT_NONE;
        choices.as_computed = as_computed;
        OK(dlops_fft_create(space, 3, (int32_t[]){0, -2, 2}, &choices, &f));
        OK(dlops_operator_create_range_array(f, &y));
        OK(dlops_operator_apply(f, DLOPS_FORWARD, x, y));
        CHECK(off(y, N0 * N1 * N2, (2 * N1 + 5) * N2 + 3, N0 * N1 * N2) < 1e-12 * N0 * N1 * N2);
        OK(dlops_operator_inverse(f, &inverse));
        OK(dlops_operator_apply(inverse, DLOPS_FORWARD, y, back));
        OK(dlops_array_axpy(dlops_real(-1), x, back));
        double norm;
        OK(dlops_array_norm(back, &norm));
        CHECK(norm < 1e-12);
        int32_t passed = 0;
        OK(dlops_operator_dot_test(f, 5, 0, NULL, &passed));
        CHECK(passed == 1);
        OK(dlops_operator_destroy(&inverse));
        OK(dlops_array_destroy(&y));
        OK(dlops_operator_destroy(&f));
    }

    /* The spectrum in a layout that is asked for, its zero frequencies in the middle. */
    dlops_space_options layout = DLOPS_SPACE_OPTIONS_INIT;
    layout.axis = 1;
    OK(dlops_space_create(context, DLOPS_COMPLEX128, 3, shape, &layout, &range));
    dlops_fft_options choices = DLOPS_FFT_OPTIONS_INIT;
    choices.spectrum = range;
    choices.shift_after = (int32_t[]){1, 0};
    OK(dlops_fft_create(space, 2, (int32_t[]){0, 2}, &choices, &f));
    OK(dlops_array_create(range, &y));
    for (int i = 0; i < N0 * N1 * N2; i++)
        all[i] *= i / N2 % N1 == 4;
    OK(dlops_array_from_global(x, all));
    OK(dlops_operator_apply(f, DLOPS_FORWARD, x, y));
    double complex *found = malloc(N0 * N1 * N2 * sizeof *found);
    OK(dlops_array_to_global(y, DLOPS_ALL_RANKS, found));
    CHECK(fabs(cabs(found[((2 + N0 / 2) % N0 * N1 + 4) * N2 + 3]) - sqrt(N0 * N2)) < 1e-12);
    free(found);
    OK(dlops_operator_destroy(&f));
    OK(dlops_array_destroy(&y));
    OK(dlops_space_destroy(&range));
    OK(dlops_array_destroy(&x));
    OK(dlops_array_destroy(&back));
    OK(dlops_space_destroy(&space));
    free(all);
}

/* The only axis, of a length that spreads over the ranks and of a prime one. */
static void lines_are_transformed(dlops_context *context)
{
    for (int64_t n = 96; n <= 97; n++) {
        dlops_space *space = NULL;
        dlops_operator *f = NULL, *shift = NULL, *back = NULL;
        dlops_array *x = NULL, *y = NULL, *z = NULL;
        double complex all[97];
        for (int64_t j = 0; j < n; j++)
            all[j] = cexp(I * turn * (double)(j * 31 % n) / (double)n);
        OK(dlops_space_create(context, DLOPS_COMPLEX128, 1, &n, NULL, &space));
        OK(dlops_array_create(space, &x));
        OK(dlops_array_create(space, &y));
        OK(dlops_array_create(space, &z));
        OK(dlops_array_from_global(x, all));
        OK(dlops_fft_create(space, 1, (int32_t[]){0}, NULL, &f));
        OK(dlops_operator_apply(f, DLOPS_FORWARD, x, y));
        CHECK(off(y, n, 31, sqrt((double)n)) < 1e-12);
        OK(dlops_fftshift_create(space, 1, (int32_t[]){-1}, 0, &shift));
        OK(dlops_operator_apply(shift, DLOPS_FORWARD, y, z));
        CHECK(off(z, n, (31 + n / 2) % n, sqrt((double)n)) < 1e-12);
        OK(dlops_fftshift_create(space, 1, (int32_t[]){0}, 1, &back));
        OK(dlops_operator_apply(back, DLOPS_FORWARD, z, y));
        CHECK(off(y, n, 31, sqrt((double)n)) < 1e-12);
        OK(dlops_operator_destroy(&f));
        OK(dlops_operator_destroy(&shift));
        OK(dlops_operator_destroy(&back));
        OK(dlops_array_destroy(&x));
        OK(dlops_array_destroy(&y));
        OK(dlops_array_destroy(&z));
        OK(dlops_space_destroy(&space));
    }
}

static void real_models_have_half_spectra(dlops_context *context)
{
    const int64_t shape[2] = {4, 9}, lengths[1] = {12};
    dlops_space *space = NULL;
    dlops_operator *f = NULL;
    dlops_array *x = NULL, *y = NULL;
    OK(dlops_space_create(context, DLOPS_FLOAT64, 2, shape, NULL, &space));
    OK(dlops_array_create(space, &x));
    OK(dlops_array_fill(x, dlops_real(1)));
    dlops_fft_options choices = DLOPS_FFT_OPTIONS_INIT;
    choices.half = 1;
    choices.lengths = lengths;
    OK(dlops_fft_create(space, 1, (int32_t[]){1}, &choices, &f));
    OK(dlops_operator_create_range_array(f, &y));
    OK(dlops_operator_apply(f, DLOPS_FORWARD, x, y));
    double before, after;
    OK(dlops_array_norm(x, &before));
    OK(dlops_array_norm(y, &after));
    CHECK(fabs(before - after) < 1e-12);
    double complex all[4 * 7];
    OK(dlops_array_to_global(y, DLOPS_ALL_RANKS, all));
    CHECK(cabs(all[7] - 9 / sqrt(12)) < 1e-12);
    OK(dlops_operator_destroy(&f));
    OK(dlops_array_destroy(&y));
    OK(dlops_array_destroy(&x));
    OK(dlops_space_destroy(&space));

    double frequencies[4];
    OK(dlops_fft_get_frequencies(4, 0.25, 0, 1, frequencies));
    CHECK(frequencies[0] == -2 && frequencies[3] == 1);
    OK(dlops_fft_get_frequencies(4, 0.25, 1, 0, frequencies));
    CHECK(frequencies[2] == 2);
    REFUSED(dlops_fft_get_frequencies(0, 1, 0, 0, frequencies), DLOPS_ERROR_ARGUMENT, "0 samples");
    REFUSED(dlops_fft_get_frequencies(4, -1, 0, 0, frequencies), DLOPS_ERROR_ARGUMENT, "-1 apart");
    REFUSED(dlops_fft_get_frequencies(4, 1, 2, 0, frequencies), DLOPS_ERROR_OPTION, "half is 2");
    REFUSED(dlops_fft_get_frequencies(4, 1, 0, 0, NULL), DLOPS_ERROR_NULL_POINTER, "frequencies is NULL");
}

static void bad_input_is_refused(dlops_context *context)
{
    dlops_space *space = plane(context, 6, 5, 0), *real = line(context, DLOPS_FLOAT32, 6 * size);
    dlops_operator *f = NULL;
    const int32_t axes[2] = {0, 1};
    dlops_fft_options o = DLOPS_FFT_OPTIONS_INIT;
    REFUSED(dlops_fft_create(NULL, 1, axes, NULL, &f), DLOPS_ERROR_NULL_POINTER, "space is NULL");
    REFUSED(dlops_fft_create(space, 1, NULL, NULL, &f), DLOPS_ERROR_NULL_POINTER, "axes is NULL");
    REFUSED(dlops_fft_create(space, 1, axes, NULL, NULL), DLOPS_ERROR_NULL_POINTER, "result is NULL");
    REFUSED(dlops_fft_create(space, -1, axes, NULL, &f), DLOPS_ERROR_ARGUMENT, "-1");
    REFUSED(dlops_fft_create(space, 0, axes, NULL, &f), DLOPS_ERROR_AXIS, "along no axis");
    REFUSED(dlops_fft_create(space, 2, (int32_t[]){1, -1}, NULL, &f), DLOPS_ERROR_AXIS, "given twice");
    REFUSED(dlops_fft_create(space, 1, (int32_t[]){2}, NULL, &f), DLOPS_ERROR_AXIS, "2");
    o.norm = 3;
    REFUSED(dlops_fft_create(space, 2, axes, &o, &f), DLOPS_ERROR_OPTION, "norm is 3");
    o.norm = 0, o.half = 2;
    REFUSED(dlops_fft_create(space, 2, axes, &o, &f), DLOPS_ERROR_OPTION, "half is 2");
    o.half = 0, o.lengths = (int64_t[]){4, 0};
    REFUSED(dlops_fft_create(space, 2, axes, &o, &f), DLOPS_ERROR_ARGUMENT, "length of the FFT along axis 1 is 0");
    o.lengths = NULL, o.shift_after = (int32_t[]){0, 7};
    REFUSED(dlops_fft_create(space, 2, axes, &o, &f), DLOPS_ERROR_OPTION, "shift_after is 7");
    o.shift_after = NULL, o.spectrum = space, o.as_computed = 1;
    REFUSED(dlops_fft_create(space, 2, axes, &o, &f), DLOPS_ERROR_OPTION, "choose one");
    o.as_computed = 0;
    REFUSED(dlops_fft_create(space, 2, axes, &o, &f), DLOPS_ERROR_SPACE, "complex128");
    if (size > 1) {
        o.spectrum = NULL, o.lengths = (int64_t[]){4, 5 + (rank == size - 1)};
        REFUSED(dlops_fft_create(space, 2, axes, &o, &f), DLOPS_ERROR_COLLECTIVE, "different arguments");
    }
    REFUSED(dlops_fftshift_create(NULL, 1, axes, 0, &f), DLOPS_ERROR_NULL_POINTER, "space is NULL");
    REFUSED(dlops_fftshift_create(space, 1, NULL, 0, &f), DLOPS_ERROR_NULL_POINTER, "axes is NULL");
    REFUSED(dlops_fftshift_create(space, 1, axes, 0, NULL), DLOPS_ERROR_NULL_POINTER, "result is NULL");
    REFUSED(dlops_fftshift_create(space, 0, axes, 0, &f), DLOPS_ERROR_AXIS, "along no axis");
    REFUSED(dlops_fftshift_create(space, 2, (int32_t[]){1, -1}, 0, &f), DLOPS_ERROR_AXIS, "given twice");
    REFUSED(dlops_fftshift_create(space, 1, axes, 2, &f), DLOPS_ERROR_OPTION, "inverse is 2");
    CHECK(f == NULL);
    dlops_operator *derivative = NULL;
    OK(dlops_first_derivative_create(space, 0, NULL, &derivative));
    REFUSED(dlops_operator_inverse(derivative, &f), DLOPS_ERROR_UNSUPPORTED, "FirstDerivative has no inverse");
    REFUSED(dlops_operator_inverse(NULL, &f), DLOPS_ERROR_NULL_POINTER, "operator is NULL");
    OK(dlops_operator_destroy(&derivative));
    OK(dlops_space_destroy(&space));
    OK(dlops_space_destroy(&real));
}

int main(void)
{
    begin();
    dlops_context *context = world(NULL);
    waves_have_one_frequency(context);
    lines_are_transformed(context);
    real_models_have_half_spectra(context);
    bad_input_is_refused(context);
    OK(dlops_context_destroy(&context));
    return end();
}
