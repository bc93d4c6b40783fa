/* Basic operators, convolution, post-stack modelling, wavelets, tapers and measures from C: what they give on any number
   of ranks, and what they refuse. */
#include "check.h"

/* Element k of this rank is value(global index) = index + 1. */
static void number(dlops_array *array, int64_t first, int64_t count)
{
    double *data;
    borrowed elements = lend(array, DLOPS_ACCESS_WRITE, &data);
    for (int64_t k = 0; k < count; k++)
        data[k] = (double)(first + k + 1);
    give_back(elements, 1);
}

static double element(dlops_array *array, int64_t k)
{
    double *data;
    borrowed elements = lend(array, DLOPS_ACCESS_READ, &data);
    double value = data[k];
    give_back(elements, 0);
    return value;
}

static void dot_test(dlops_operator *a)
{
    int32_t passed = 0;
    OK(dlops_operator_dot_test(a, 3, 0.0, NULL, &passed));
    CHECK(passed == 1);
}

int main(void)
{
    dlops_context *context;
    begin();
    context = world(NULL);

    /* Three rows of four elements a rank. */
    const int64_t shape[2] = {3 * size, 4};
    const int64_t first = 12 * rank;
    dlops_space *space = NULL, *shorter = NULL;
    dlops_array *x = NULL, *y = NULL;
    dlops_operator *a = NULL;
    OK(dlops_space_create(context, DLOPS_FLOAT64, 2, shape, NULL, &space));
    OK(dlops_array_create(space, &x));
    OK(dlops_array_create(space, &y));
    number(x, first, 12);

    /* Identity: the range has the first two columns. */
    const int64_t two[2] = {3 * size, 2};
    OK(dlops_space_create(context, DLOPS_FLOAT64, 2, two, NULL, &shorter));
    OK(dlops_identity_create(space, shorter, &a));
    dlops_array *cut = NULL;
    OK(dlops_operator_create_range_array(a, &cut));
    OK(dlops_operator_apply(a, DLOPS_FORWARD, x, cut));
    CHECK(element(cut, 3) == first + 6);
    OK(dlops_operator_apply(a, DLOPS_ADJOINT, cut, y));
    CHECK(element(y, 5) == first + 6 && element(y, 6) == 0);
    dot_test(a);
    OK(dlops_operator_destroy(&a));
    REFUSED(dlops_identity_create(NULL, NULL, &a), DLOPS_ERROR_NULL_POINTER, "domain is NULL");
    REFUSED(dlops_identity_create(space, NULL, NULL), DLOPS_ERROR_NULL_POINTER, "result is NULL");
    CHECK(a == NULL);

    OK(dlops_zero_create(space, shorter, &a));
    OK(dlops_operator_apply(a, DLOPS_FORWARD, x, cut));
    CHECK(element(cut, 3) == 0);
    OK(dlops_operator_destroy(&a));

    /* Diagonals: an array, and a vector along the last axis. */
    OK(dlops_diagonal_create(space, x, &a));
    OK(dlops_operator_apply(a, DLOPS_FORWARD, x, y));
    CHECK(element(y, 2) == (double)((first + 3) * (first + 3)));
    OK(dlops_operator_destroy(&a));
    const double factors[4] = {1, 10, 100, 1000};
    OK(dlops_diagonal_create_along(space, -1, factors, &a));
    OK(dlops_operator_apply(a, DLOPS_FORWARD, x, y));
    CHECK(element(y, 6) == 100.0 * (first + 7));
    OK(dlops_operator_destroy(&a));
    REFUSED(dlops_diagonal_create_along(space, 2, factors, &a), DLOPS_ERROR_AXIS, "axis is 2");
    REFUSED(dlops_diagonal_create_along(space, 1, NULL, &a), DLOPS_ERROR_NULL_POINTER, "values is NULL");

    /* Transpose: the rows that a rank has become its columns. */
    const int32_t swap[2] = {1, 0}, twice[2] = {1, 1};
    OK(dlops_transpose_create(space, swap, NULL, &a));
    dlops_array *turned = NULL;
    OK(dlops_operator_create_range_array(a, &turned));
    OK(dlops_operator_apply(a, DLOPS_FORWARD, x, turned));
    CHECK(element(turned, 1) == first + 5);
    dot_test(a);
    OK(dlops_operator_destroy(&a));
    REFUSED(dlops_transpose_create(space, twice, NULL, &a), DLOPS_ERROR_AXIS, "not a permutation");

    /* A matrix along the last axis: y = (x0 + x3, 2 x1), stored by columns with a gap. */
    double matrix[4][3] = {{1, 0, -9}, {0, 2, -9}, {0, 0, -9}, {1, 0, -9}};
    dlops_matrix_mult_options choices = DLOPS_MATRIX_MULT_OPTIONS_INIT;
    choices.axis = -1;
    choices.layout = DLOPS_COLUMN_MAJOR;
    choices.leading_dimension = 3;
    for (choices.borrow = 0; choices.borrow < 2; choices.borrow++) {
        OK(dlops_matrix_mult_create(space, 2, 4, matrix, &choices, &a));
        OK(dlops_operator_apply(a, DLOPS_FORWARD, x, cut));
        CHECK(element(cut, 2) == 2.0 * first + 5 + 8 && element(cut, 3) == 2.0 * (first + 6));
        dot_test(a);
        OK(dlops_operator_destroy(&a));
    }
    choices.borrow = 0;
    REFUSED(dlops_matrix_mult_create(space, 2, 3, matrix, &choices, &a), DLOPS_ERROR_SHAPE, "3 columns");
    REFUSED(dlops_matrix_mult_create(space, -2, 4, matrix, &choices, &a), DLOPS_ERROR_ARGUMENT, "rows is -2");
    choices.leading_dimension = 1;
    REFUSED(dlops_matrix_mult_create(space, 2, 4, matrix, &choices, &a), DLOPS_ERROR_ARGUMENT, "leading dimension");
    choices.leading_dimension = 0;
    choices.layout = 2;
    REFUSED(dlops_matrix_mult_create(space, 2, 4, matrix, &choices, &a), DLOPS_ERROR_OPTION, "layout is");
    choices.layout = DLOPS_ROW_MAJOR;
    choices.borrow = 2;
    REFUSED(dlops_matrix_mult_create(space, 2, 4, matrix, &choices, &a), DLOPS_ERROR_OPTION, "borrow is 2");

    /* Convolution along the cut axis: y[i] = x[i] + 2 x[i - 1], in single precision taps. */
    const float h[2] = {1, 2};
    dlops_convolve1d_options filter = DLOPS_CONVOLVE1D_OPTIONS_INIT;
    filter.filter_dtype = DLOPS_FLOAT32;
    OK(dlops_convolve1d_create(space, 0, 2, h, &filter, &a));
    OK(dlops_operator_apply(a, DLOPS_FORWARD, x, y));
    CHECK(element(y, 0) == (rank == 0 ? 1.0 : 3.0 * (first + 1) - 8));
    dot_test(a);
    OK(dlops_operator_destroy(&a));
    /* Each of four columns has a filter of its own, of one sample. */
    const float each[4] = {1, 2, 3, 4};
    filter.per_line = 1;
    OK(dlops_convolve1d_create(space, 0, 1, each, &filter, &a));
    OK(dlops_operator_apply(a, DLOPS_FORWARD, x, y));
    CHECK(element(y, 2) == 3 * element(x, 2));
    dot_test(a);
    OK(dlops_operator_destroy(&a));
    REFUSED(dlops_convolve1d_create(space, 0, -1, each, &filter, &a), DLOPS_ERROR_ARGUMENT, "number of h is -4");
    filter.per_line = 2;
    REFUSED(dlops_convolve1d_create(space, 0, 1, each, &filter, &a), DLOPS_ERROR_OPTION, "per_line is 2");
    filter.per_line = 0;
    filter.offset = 2;
    REFUSED(dlops_convolve1d_create(space, 0, 2, h, &filter, &a), DLOPS_ERROR_ARGUMENT, "offset");
    filter.offset = -1;
    REFUSED(dlops_convolve1d_create(space, 0, 2, h, &filter, &a), DLOPS_ERROR_ARGUMENT, "offset");
    filter.offset = 0;
    filter.filter_dtype = DLOPS_COMPLEX64;
    REFUSED(dlops_convolve1d_create(space, 0, 1, (const float[2]){0, 1}, &filter, &a), DLOPS_ERROR_DTYPE,
            "the filter is complex");
    REFUSED(dlops_convolve1d_create(space, 0, 2, NULL, NULL, &a), DLOPS_ERROR_NULL_POINTER, "h is NULL");
    /* One rank's bad argument is the error of all. */
    filter.filter_dtype = DLOPS_FLOAT32;
    AGREED(dlops_convolve1d_create(space, rank == size - 1 ? 7 : 0, 2, h, &filter, &a), DLOPS_ERROR_AXIS, "axis is 7",
           size - 1);

    /* Post-stack data of a straight line is the wavelet's response to a constant. */
    double wavelet[3];
    OK(dlops_wavelet_ricker(2, 0.004, 20.0, wavelet));
    CHECK(wavelet[1] == 1 && wavelet[0] == wavelet[2]);
    REFUSED(dlops_wavelet_ricker(0, 0.004, 20.0, wavelet), DLOPS_ERROR_ARGUMENT, "0");
    dlops_poststack_options model = DLOPS_POSTSTACK_OPTIONS_INIT;
    model.kind = DLOPS_KIND_FORWARD;
    OK(dlops_poststack_create(space, 1, 3, wavelet, &model, &a));
    OK(dlops_operator_apply(a, DLOPS_FORWARD, x, y));
    /* Differences of numbers up to 12 size. */
    CHECK(fabs(element(y, 1) - (1 + 2 * wavelet[0])) < 1e-15 * 12 * size);
    dot_test(a);
    OK(dlops_operator_destroy(&a));
    double wavelets[4][3];
    for (int k = 0; k < 4; k++)
        memcpy(wavelets[k], wavelet, sizeof wavelet);
    model.per_sample = 1;
    OK(dlops_poststack_create(space, 1, 3, wavelets[0], &model, &a));
    OK(dlops_operator_apply(a, DLOPS_FORWARD, x, y));
    CHECK(fabs(element(y, 1) - (1 + 2 * wavelet[0])) < 1e-12);
    OK(dlops_operator_destroy(&a));
    model.per_sample = 2;
    REFUSED(dlops_poststack_create(space, 1, 3, wavelets[0], &model, &a), DLOPS_ERROR_OPTION, "per_sample is 2");
    REFUSED(dlops_poststack_create(space, 1, 0, wavelet, NULL, &a), DLOPS_ERROR_ARGUMENT, "samples is 0");

    double taper[6], value = 0;
    OK(dlops_taper(DLOPS_TAPER_HANNING, 6, 3, taper));
    CHECK(taper[0] == 0 && fabs(taper[1] - 0.5) < 1e-15 && fabs(taper[2] - 1) < 1e-15 && taper[5] == 0);
    REFUSED(dlops_taper(DLOPS_TAPER_HANNING, 6, 4, taper), DLOPS_ERROR_ARGUMENT, "4");
    REFUSED(dlops_taper(9, 6, 3, taper), DLOPS_ERROR_ARGUMENT, "9");
    REFUSED(dlops_taper(DLOPS_TAPER_NONE, 6, 3, NULL), DLOPS_ERROR_NULL_POINTER, "factors is NULL");

    /* y = x + 1 everywhere. */
    number(y, first + 1, 12);
    OK(dlops_measure_mae(x, y, &value));
    CHECK(fabs(value - 1) < 1e-14);
    OK(dlops_measure_mse(x, y, &value));
    CHECK(fabs(value - 1) < 1e-14);
    OK(dlops_measure_snr(x, y, &value));
    CHECK(value > 0);
    OK(dlops_measure_psnr(x, y, NULL, &value));
    CHECK(fabs(value - 20 * log10(12.0 * size)) < 1e-12);
    dlops_psnr_options limits = DLOPS_PSNR_OPTIONS_INIT;
    limits.find_least = 3;
    REFUSED(dlops_measure_psnr(x, y, &limits, &value), DLOPS_ERROR_OPTION, "find_least is 3");
    REFUSED(dlops_measure_mae(x, cut, &value), DLOPS_ERROR_SPACE, "not congruent");
    REFUSED(dlops_measure_mse(x, y, NULL), DLOPS_ERROR_NULL_POINTER, "value is NULL");

    OK(dlops_array_destroy(&turned));
    OK(dlops_array_destroy(&cut));
    OK(dlops_array_destroy(&y));
    OK(dlops_array_destroy(&x));
    OK(dlops_space_destroy(&shorter));
    OK(dlops_space_destroy(&space));
    OK(dlops_context_destroy(&context));
    return end();
}
