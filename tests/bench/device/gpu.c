#include "gpu.h"

#include <dlfcn.h>
#include <math.h>

void *function_of(const char *libraries, const char *name)
{
    char list[256], *rest = list, *library;
    snprintf(list, sizeof list, "%s", libraries);
    while ((library = strtok_r(rest, " ", &rest))) {
        void *handle = dlopen(library, RTLD_NOW | RTLD_GLOBAL);
        if (handle) return dlsym(handle, name);
    }
    return NULL;
}

void right(int code, const char *what)
{
    if (code == 0) return;
    fprintf(stderr, "%s gave %d\n", what, code);
    exit(1);
}

dlops_context *begin_on_device(int argc, char **argv, const char *program)
{
    dlops_context_options choices = DLOPS_CONTEXT_OPTIONS_INIT;
    int32_t device = 0;
    void *primary = NULL;
    choices.memory = DLOPS_CUDA;
    choices.own_stream = 1;
    dlops_context *context = begin_on(argc, argv, program, choices);
    CHECK(dlops_context_get_device(context, &device));
    right(DRIVER(cuDevicePrimaryCtxRetain, (void **, int))(&primary, device), "cuDevicePrimaryCtxRetain");
    right(DRIVER(cuCtxSetCurrent, (void *))(primary), "cuCtxSetCurrent");
    bench.context = context;
    bench.repeats = bench.bytes >= 1 << 24 ? 10 : 1;
    return context;
}

void copy_on_device(void *state)
{
    static int (*driver)(uint64_t, uint64_t, size_t, void *);
    const copy *c = state;
    if (!driver) driver = DRIVER(cuMemcpyDtoDAsync_v2, (uint64_t, uint64_t, size_t, void *));
    right(driver(c->to, c->from, c->bytes, c->stream), "cuMemcpyDtoDAsync");
}

copy copy_between(dlops_array *from, dlops_array *to, int64_t count, size_t size)
{
    struct CUstream_st *stream = NULL;
    CHECK(dlops_context_get_stream(bench.context, &stream));
    return (copy){(uint64_t)(uintptr_t)address(from), (uint64_t)(uintptr_t)address(to), (size_t)count * size, stream};
}

row beside_copy(const char *name, double target, double bytes, work subject, void *state, copy *yardstick)
{
    row none = {0};
    if (!wanted(name)) return none;
    return compare(&(measurement){.name = name, .target = target, .amount = bytes, .subject = subject, .subject_state = state,
                                  .yardstick = copy_on_device, .yardstick_state = yardstick,
                                  .scale = bytes / (2 * (double)yardstick->bytes)});
}

dlops_space *cube(dlops_context *context, int is_double, int dimensions, int64_t *extent, int64_t *count)
{
    dlops_space *space = NULL;
    double elements = bench.bytes / (is_double ? 8 : 4);
    int64_t n = (int64_t)(pow(elements, 1.0 / dimensions) + 0.5), shape[3];
    *extent = n >= 64 ? n / 16 * 16 : n;
    *count = 1;
    for (int k = 0; k < dimensions; ++k) *count *= shape[k] = *extent;
    CHECK(dlops_space_create(context, is_double ? DLOPS_FLOAT64 : DLOPS_FLOAT32, dimensions, shape, NULL, &space));
    return space;
}

dlops_array *ones(dlops_space *space)
{
    dlops_array *array = NULL;
    CHECK(dlops_array_create(space, &array));
    CHECK(dlops_array_fill(array, dlops_real(1)));
    return array;
}

void heading_of(int64_t extent, int dimensions, int is_double)
{
    char title[64];
    snprintf(title, sizeof title, "%lld^%d %s", (long long)extent, dimensions, is_double ? "float64" : "float32");
    heading(title, "");
}
