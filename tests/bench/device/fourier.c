/*
 * Fourier transforms beside cuFFT itself, on the same stream and memory, out of place and unscaled.
 *
 *     bench_device_fourier        (options: measure.h; shapes are halved until an array has no more than --bytes)
 */
#include "gpu.h"

#include <math.h>

#define CUFFT "libcufft.so libcufft.so.12 libcufft.so.11 libcufft.so.10"
#define FFT(name, types) ((int (*) types)function_of(CUFFT, #name))
enum { C2C = 0x29, Z2Z = 0x69, R2C = 0x2a, D2Z = 0x6a };

/* A plan of cuFFT, from x to y. */
typedef struct peer {
    int plan, type;
    void *function, *x, *y;
} peer;

static void cufft(void *state)
{
    const peer *p = state;
    if (p->type == C2C || p->type == Z2Z)
        right(((int (*)(int, void *, void *, int))p->function)(p->plan, p->x, p->y, -1), "cufftExec");
    else
        right(((int (*)(int, void *, void *))p->function)(p->plan, p->x, p->y), "cufftExec");
}

static peer plan_of(int dimensions, const int64_t *shape, int is_double, int half, void *stream, application *a)
{
    static const char *const names[] = {"cufftExecC2C", "cufftExecZ2Z", "cufftExecR2C", "cufftExecD2Z"};
    static const int types[] = {C2C, Z2Z, R2C, D2Z};
    int which = 2 * half + is_double;
    peer p = {0, types[which], function_of(CUFFT, names[which]), address(a->x), address(a->y)};
    if (dimensions == 2)
        right(FFT(cufftPlan2d, (int *, int, int, int))(&p.plan, (int)shape[0], (int)shape[1], p.type), "cufftPlan2d");
    else
        right(FFT(cufftPlan3d, (int *, int, int, int, int))(&p.plan, (int)shape[0], (int)shape[1], (int)shape[2], p.type),
              "cufftPlan3d");
    right(FFT(cufftSetStream, (int, void *))(p.plan, stream), "cufftSetStream");
    return p;
}

static void case_of(int dimensions, const int64_t *wanted_shape, int is_double, int half)
{
    static const int32_t dtypes[] = {DLOPS_COMPLEX64, DLOPS_COMPLEX128, DLOPS_FLOAT32, DLOPS_FLOAT64};
    static const char *const names[] = {"complex64", "complex128", "float32 to half", "float64 to half"};
    const double size = (is_double ? 16 : 8) / (half ? 2 : 1);
    const int32_t axes[] = {0, 1, 2};
    int64_t shape[3] = {1, 1, 1};
    double count = 1;
    char title[64], name[64];
    dlops_fft_options choices = DLOPS_FFT_OPTIONS_INIT;
    dlops_space *space = NULL;
    application a = {NULL, DLOPS_FORWARD, 0, NULL, NULL};
    for (int k = 0; k < dimensions; ++k) count *= (double)(shape[k] = wanted_shape[k]);
    for (int k = 0; count * size > bench.bytes; k = (k + 1) % dimensions) {
        if (shape[k] < 4) continue;
        shape[k] /= 2;
        count /= 2;
    }
    snprintf(title, sizeof title, dimensions == 2 ? "%lld x %lld" : "%lld x %lld x %lld", (long long)shape[0],
             (long long)shape[1], (long long)shape[2]);
    heading(title, "");
    snprintf(name, sizeof name, "FFT of %s", names[2 * half + is_double]);
    if (!wanted(name)) return;
    CHECK(dlops_space_create(bench.context, dtypes[2 * half + is_double], dimensions, shape, NULL, &space));
    choices.norm = DLOPS_FFT_NONE;
    choices.half = half;
    CHECK(dlops_fft_create(space, dimensions, axes, &choices, &a.op));
    a.x = ones(space);
    CHECK(dlops_operator_create_range_array(a.op, &a.y));
    struct CUstream_st *stream = NULL;
    CHECK(dlops_context_get_stream(bench.context, &stream));
    peer p = plan_of(dimensions, shape, is_double, half, stream, &a);
    compare(&(measurement){.name = name, .target = 1 / 1.1, .amount = (half ? 2.5 : 5) * count * log2(count), .unit = "GF/s",
                           .subject = apply, .subject_state = &a, .yardstick = cufft, .yardstick_state = &p});
    right(FFT(cufftDestroy, (int))(p.plan), "cufftDestroy");
    dlops_array_destroy(&a.x);
    dlops_array_destroy(&a.y);
    dlops_operator_destroy(&a.op);
    dlops_space_destroy(&space);
}

int main(int argc, char **argv)
{
    static const int64_t shapes[][3] = {{256, 256, 256}, {512, 512, 256}, {4096, 4096, 1}, {251, 250, 243}};
    dlops_context *context = begin_on_device(argc, argv, "device_fourier");
    if (!function_of(CUFFT, "cufftPlan3d")) {
        printf("\nFFT: not run, since cuFFT was not found\n");
        return finish(&context);
    }
    for (int k = 0; k < 4; ++k)
        for (int half = 0; half < 2; ++half)
            for (int is_double = 0; is_double < 2; ++is_double) case_of(shapes[k][2] == 1 ? 2 : 3, shapes[k], is_double, half);
    return finish(&context);
}
