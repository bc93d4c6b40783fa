/* Fourier transforms beside FFTW's over MPI, out of place, unscaled, forward: natural order with natural order, and where
   the last transform leaves them with FFTW's transposed order. */
#include "measure.h"

#include <complex.h>
#include <fftw3-mpi.h>

/* One transform: the library's, and FFTW's. */
typedef struct transform {
    dlops_operator *op;
    dlops_array *x, *y;
    void *in, *out;
    fftw_plan wide;
    fftwf_plan narrow;
} transform;

static void library(void *state)
{
    transform *t = state;
    CHECK(dlops_operator_apply(t->op, DLOPS_FORWARD, t->x, t->y));
}

static void fftw(void *state)
{
    transform *t = state;
    if (t->wide)
        fftw_execute(t->wide);
    else
        fftwf_execute(t->narrow);
}

/* What is transformed: extents, and whether the model is real and of double precision. */
typedef struct kind {
    int dimensions;
    ptrdiff_t n[3];
    int is_real, is_double;
} kind;

static void plan(transform *t, const kind *k, unsigned flags)
{
    ptrdiff_t n[3], start, local, start_out, local_out, room;
    memcpy(n, k->n, sizeof n);
    if (k->is_real)
        n[k->dimensions - 1] = n[k->dimensions - 1] / 2 + 1;
    if (k->is_double)
        room = fftw_mpi_local_size_transposed(k->dimensions, n, MPI_COMM_WORLD, &local, &start, &local_out, &start_out);
    else
        room = fftwf_mpi_local_size_transposed(k->dimensions, n, MPI_COMM_WORLD, &local, &start, &local_out, &start_out);
    const size_t bytes = (size_t)room * (k->is_double ? 16 : 8);
    t->in = fftw_malloc(bytes);
    t->out = fftw_malloc(bytes);
    if (k->is_double && k->is_real)
        t->wide = fftw_mpi_plan_dft_r2c(k->dimensions, k->n, t->in, t->out, MPI_COMM_WORLD, flags);
    else if (k->is_double)
        t->wide = fftw_mpi_plan_dft(k->dimensions, k->n, t->in, t->out, MPI_COMM_WORLD, FFTW_FORWARD, flags);
    else if (k->is_real)
        t->narrow = fftwf_mpi_plan_dft_r2c(k->dimensions, k->n, t->in, t->out, MPI_COMM_WORLD, flags);
    else
        t->narrow = fftwf_mpi_plan_dft(k->dimensions, k->n, t->in, t->out, MPI_COMM_WORLD, FFTW_FORWARD, flags);
    if (!t->wide && !t->narrow) {
        fprintf(stderr, "FFTW made no plan\n");
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    memset(t->in, 0, bytes);
}

static void measure(dlops_context *context, const kind *k, int transposed, int measured)
{
    char name[80];
    const char *element = k->is_real ? k->is_double ? "float64" : "float32" : k->is_double ? "complex128" : "complex64";
    int length = snprintf(name, sizeof name, "%td", k->n[0]);
    for (int axis = 1; axis < k->dimensions; axis++)
        length += snprintf(name + length, sizeof name - (size_t)length, "x%td", k->n[axis]);
    snprintf(name + length, sizeof name - (size_t)length, " %s%s", element, measured ? " MEASURE" : "");
    if (!wanted(name))
        return;
    int64_t shape[3], count = 1;
    int32_t axes[3] = {0, 1, 2};
    for (int axis = 0; axis < k->dimensions; axis++)
        count *= shape[axis] = k->n[axis];
    const int32_t dtype = k->is_real ? k->is_double ? DLOPS_FLOAT64 : DLOPS_FLOAT32
                                     : k->is_double ? DLOPS_COMPLEX128 : DLOPS_COMPLEX64;
    dlops_space *space = NULL;
    transform t = {0};
    dlops_fft_options choices = DLOPS_FFT_OPTIONS_INIT;
    choices.norm = DLOPS_FFT_NONE;
    choices.half = k->is_real;
    choices.as_computed = transposed;
    CHECK(dlops_space_create(context, dtype, k->dimensions, shape, NULL, &space));
    t.x = vector(space, 0, 1);
    watch_memory();
    CHECK(dlops_fft_create(space, k->dimensions, axes, &choices, &t.op));
    CHECK(dlops_operator_create_range_array(t.op, &t.y));
    plan(&t, k, (measured ? FFTW_MEASURE : FFTW_ESTIMATE) | (transposed ? FFTW_MPI_TRANSPOSED_OUT : 0));
    double flops = 0;
    for (double rest = (double)count; rest > 1; rest /= 2)
        flops += 5.0 * (double)count;
    compare(&(measurement){.name = name, .target = measured ? 1 / 1.1 : 1, .amount = k->is_real ? flops / 2 : flops,
                           .unit = "Gflop/s", .subject = library, .subject_state = &t, .yardstick = fftw,
                           .yardstick_state = &t});
    fftw_free(t.in);
    fftw_free(t.out);
    if (t.wide)
        fftw_destroy_plan(t.wide);
    if (t.narrow)
        fftwf_destroy_plan(t.narrow);
    dlops_operator_destroy(&t.op);
    dlops_array_destroy(&t.x);
    dlops_array_destroy(&t.y);
    dlops_space_destroy(&space);
}

int main(int argc, char **argv)
{
    dlops_context *context = begin(argc, argv, "fourier");
    fftw_mpi_init();
    fftwf_mpi_init();
    const kind kinds[] = {
        {3, {256, 256, 256}, 0, 0}, {3, {256, 256, 256}, 0, 1}, {3, {512, 512, 256}, 0, 0}, {3, {512, 512, 256}, 0, 1},
        {2, {4096, 4096, 1}, 0, 0}, {2, {4096, 4096, 1}, 0, 1}, {3, {256, 256, 256}, 1, 0}, {3, {256, 256, 256}, 1, 1},
        {3, {251, 250, 243}, 0, 0}, {3, {251, 250, 243}, 0, 1},
    };
    for (int transposed = 0; transposed < 2; transposed++) {
        heading("FFT beside FFTW", transposed ? "transposed" : "natural order");
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            measure(context, &kinds[k], transposed, 0);
            measure(context, &kinds[k], transposed, 1);
        }
    }
    fftwf_mpi_cleanup();
    fftw_mpi_cleanup();
    return finish(&context);
}
