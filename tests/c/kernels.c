/* Kernels of the host: elementwise ones, reductions and CUDA sources, on host arrays, and with DLOPS_TEST_MEMORY=cuda in
   device memory; what is refused, and by whom errors are agreed. */
#include "check.h"

static int with_device;

static dlops_context *somewhere(void)
{
    dlops_context_options choices = DLOPS_CONTEXT_OPTIONS_INIT;
    if (with_device) {
        choices.memory = DLOPS_CUDA;
        choices.own_stream = 1;
    }
    return world(&choices);
}

/* This rank's elements of a float64 array, from either memory. */
static double *fetched(const dlops_array *x, int64_t *count)
{
    dlops_space *space = NULL, *host = NULL;
    dlops_array *twin = NULL;
    void *data = NULL;
    OK(dlops_array_get_space(x, &space));
    OK(dlops_space_get_local_count(space, count));
    OK(dlops_space_with_memory(space, DLOPS_HOST, &host));
    double *values = malloc(sizeof(double) * (size_t)(*count + 1));
    CHECK(values);
    OK(dlops_array_create(host, &twin));
    OK(dlops_array_copy(x, twin));
    OK(dlops_array_acquire(twin, DLOPS_ACCESS_READ, &data));
    if (*count > 0)
        memcpy(values, data, sizeof(double) * (size_t)*count);
    OK(dlops_array_release(twin));
    dlops_array_destroy(&twin);
    dlops_space_destroy(&host);
    dlops_space_destroy(&space);
    return values;
}

static dlops_kernel *elementwise(const dlops_context *context, const char *inputs, const char *outputs, const char *body)
{
    dlops_kernel *kernel = NULL;
    OK(dlops_kernel_create_elementwise(context, inputs, outputs, body, "own", NULL, &kernel));
    return kernel;
}

static double reduced(const dlops_kernel *kernel, const dlops_array *x)
{
    dlops_scalar result = {NAN, NAN};
    OK(dlops_kernel_reduce(kernel, 1, &x, 0, NULL, &result));
    return result.re;
}

/* element_diff, log_array, the index and scalars. */
static void elements(void)
{
    dlops_context *context = somewhere();
    dlops_space *space = plane(context, 7, 11, 0);
    dlops_array *x = drawn(space, 1), *y = drawn(space, 2), *z = filled(space, 0), *w = filled(space, 0);
    dlops_kernel *difference = NULL, *copy = NULL;
    int64_t n, lower[2] = {0, 0};
    char name[32];
    OK(dlops_kernel_create_elementwise(context, "T x, T y", "T z", "z = x - y", "element_diff", NULL, &difference));
    OK(dlops_kernel_apply(difference, 2, (const dlops_array *[]){x, y}, 0, NULL, 1, &z));
    OK(dlops_kernel_retain(difference, &copy));
    OK(dlops_kernel_get_name(copy, name, sizeof name));
    CHECK(strcmp(name, "element_diff") == 0);
    OK(dlops_kernel_get_name(copy, name, 4));
    CHECK(strcmp(name, "ele") == 0);
    OK(dlops_kernel_view(copy));

    dlops_kernel *logs = elementwise(context, "float64 x", "float64 y", "y = log1p(exp(-abs(x)))");
    OK(dlops_kernel_apply(logs, 1, (const dlops_array *[]){x}, 0, NULL, 1, &w));
    double *a = fetched(x, &n), *b = fetched(y, &n), *c = fetched(z, &n), *d = fetched(w, &n);
    for (int64_t k = 0; k < n; k++) {
        CHECK(c[k] == a[k] - b[k]);
        CHECK(fabs(d[k] - log1p(exp(-fabs(a[k])))) < 1e-15);
    }
    dlops_kernel *place = elementwise(context, "scalar float64 s, scalar int64 m", "float64 y", "y = s * i + m % 5 + n");
    OK(dlops_kernel_apply(place, 0, NULL, 2, (dlops_scalar[]){dlops_real(0.5), dlops_real(13)}, 1, &w));
    double *e = fetched(w, &n);
    OK(dlops_space_get_local_start(space, lower));
    for (int64_t k = 0; k < n; k++)
        CHECK(e[k] == 0.5 * (double)(11 * lower[0] + k) + 3 + 77);
    free(a), free(b), free(c), free(d), free(e);

    /* In place, the context gone. */
    dlops_context_destroy(&context);
    OK(dlops_kernel_apply(difference, 2, (const dlops_array *[]){x, x}, 0, NULL, 1, &x));
    CHECK(norm(x) == 0);
    dlops_kernel_destroy(&difference);
    CHECK(difference == NULL);
    OK(dlops_kernel_apply(copy, 2, (const dlops_array *[]){x, y}, 0, NULL, 1, &z));
    CHECK(fabs(norm(z) - norm(y)) < 1e-13);
    dlops_kernel_destroy(&copy);
    dlops_kernel_destroy(&logs);
    dlops_kernel_destroy(&place);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_array_destroy(&z);
    dlops_array_destroy(&w);
    dlops_space_destroy(&space);
}

static dlops_kernel *reduction(const dlops_context *context, const char *output, const char *map, const char *reduce,
                               const char *post, const char *identity)
{
    dlops_kernel *kernel = NULL;
    OK(dlops_kernel_create_reduction(context, "T x", output, map, reduce, post, identity, "own", NULL, &kernel));
    return kernel;
}

/* Ready ones: sum, norm, extremes, mean, the place of the largest. */
static void reductions(void)
{
    dlops_context *context = somewhere();
    dlops_space *space = line(context, DLOPS_FLOAT64, 101);
    dlops_array *x = filled(space, 0);
    dlops_kernel *set = elementwise(context, "", "T x", "x = (i - 30) * (70 - i)");
    OK(dlops_kernel_apply(set, 0, NULL, 0, NULL, 1, &x));
    double sum = 0, squares = 0;
    for (int k = 0; k < 101; k++) {
        double value = (k - 30) * (70 - k);
        sum += value;
        squares += value * value;
    }
    dlops_kernel *all[] = {
        reduction(context, "T y", "x", "a + b", NULL, "0"),
        reduction(context, "T y", "x * x", "a + b", "y = sqrt(a)", "0"),
        reduction(context, "T y", "x", "max(a, b)", NULL, "-inf"),
        reduction(context, "T y", "x", "min(a, b)", NULL, "inf"),
        reduction(context, "T y", "x", "a + b", "y = a / n", "0"),
        reduction(context, "int64 y", "x > 0", "a + b", NULL, "0"),
        reduction(context, "T y", "i < 3 ? i + 2 : 1", "a * b", NULL, "1"),
    };
    double wanted[] = {sum, sqrt(squares), 400, -2100, sum / 101, 39, 24};
    for (int k = 0; k < 7; k++) {
        double found = reduced(all[k], x);
        CHECK(fabs(found - wanted[k]) <= 1e-12 * fabs(wanted[k]));
        dlops_kernel_destroy(&all[k]);
    }
    dlops_kernel *place = reduction(context, "complex128 y", "complex(x, i)", "real(a) >= real(b) ? a : b", NULL,
                                    "complex(-inf, -1)");
    dlops_scalar largest = {0, 0};
    OK(dlops_kernel_reduce(place, 1, (const dlops_array *[]){x}, 0, NULL, &largest));
    CHECK(largest.re == 400 && largest.im == 50);

    /* Wrong on the last rank only, and the same there for all. */
    dlops_space *single = line(context, DLOPS_FLOAT32, 101);
    dlops_array *y = filled(single, 0);
    dlops_kernel *strict = NULL;
    OK(dlops_kernel_create_reduction(context, "float64 x", "float64 y", "x", "a + b", NULL, "0", "strict", NULL, &strict));
    const dlops_array *given = rank == size - 1 ? y : x;
    AGREED(dlops_kernel_reduce(strict, 1, &given, 0, NULL, &largest), DLOPS_ERROR_DTYPE, "kernel 'strict': x is float32",
           size - 1);
    AGREED(dlops_kernel_reduce(strict, rank == size - 1 ? 0 : 1, &given, 0, NULL, &largest), DLOPS_ERROR_ARGUMENT,
           "0 inputs, expected 1", size - 1);
    given = NULL;
    AGREED(dlops_kernel_reduce(strict, 1, rank == size - 1 ? &given : (const dlops_array *[]){x}, 0, NULL, &largest),
           DLOPS_ERROR_NULL_POINTER, "inputs[0] is NULL", size - 1);
    dlops_kernel *none = NULL;
    const char *body = rank == size - 1 ? "z = x +" : "z = x";
    if (!with_device)    /* on a device it may be CUDA */
        AGREED(dlops_kernel_create_elementwise(context, "T x", "T z", body, "odd", NULL, &none), DLOPS_ERROR_COMPILATION,
               "kernel 'odd': body, column 8: expected a value", size - 1);
    if (size > 1) {
        body = rank == size - 1 ? "z = 2 * x" : "z = x";
        AGREED(dlops_kernel_create_elementwise(context, "T x", "T z", body, "odd", NULL, &none), DLOPS_ERROR_COLLECTIVE,
               "z = 2 * x", size - 1);
    }
    CHECK(none == NULL);
    dlops_kernel_destroy(&strict);
    dlops_kernel_destroy(&place);
    dlops_kernel_destroy(&set);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_space_destroy(&single);
    dlops_space_destroy(&space);
    dlops_context_destroy(&context);
}

static int32_t loops(const dlops_kernel_block *block, void *user)
{
    int64_t *calls = user;
    const double *x = block->inputs[0];
    double *z = block->outputs[0];
    *calls += 1;
    if (block->input_dtypes[0] != DLOPS_FLOAT64 || block->output_dtypes[0] != DLOPS_FLOAT64 || block->count < 1)
        return 1;
    for (int64_t k = 0; k < block->count; k++)
        z[k] = block->scalars[0].re * x[k] + (double)block->indices[k];
    return block->scalars[0].re == 9 ? 5 : 0;
}

static void forget(void *user)
{
    *(int64_t *)user += 1000;
}

/* A body with a loop: CUDA for device arrays, a function for host arrays. */
static void with_host_function(void)
{
    dlops_context *context = somewhere();
    dlops_space *space = line(context, DLOPS_FLOAT64, 50);
    dlops_array *x = drawn(space, 3), *z = filled(space, 0);
    const char *body = "z = 0; for (int k = 0; k < int(s); ++k) z += x; z += i;";
    dlops_kernel *kernel = NULL;
    int64_t calls = 0, n;
    dlops_kernel_options choices = DLOPS_KERNEL_OPTIONS_INIT;
    choices.user = &calls;
    AGREED(dlops_kernel_create_elementwise(context, "T x, scalar float64 s", "T z", body, "own", &choices, &kernel),
           DLOPS_ERROR_OPTION, "host_function is NULL", 0);
    choices.host_function = loops;
    choices.destroy = forget;
    AGREED(dlops_kernel_create_elementwise(context, "T x, scalar T s", "", body, "own", &choices, &kernel),
           DLOPS_ERROR_ARGUMENT, "expected an output", 0);
    CHECK(calls == 0);
    OK(dlops_kernel_create_elementwise(context, "T x, scalar float64 s", "T z", body, "own", &choices, &kernel));
    dlops_scalar three = dlops_real(3), nine = dlops_real(9);
    OK(dlops_kernel_apply(kernel, 1, (const dlops_array *[]){x}, 1, &three, 1, &z));
    double *a = fetched(x, &n), *b = fetched(z, &n);
    int64_t lower = 0;
    OK(dlops_space_get_local_start(space, &lower));
    for (int64_t k = 0; k < n; k++)
        CHECK(fabs(b[k] - (3 * a[k] + (double)(lower + k))) < 1e-13);
    CHECK(with_device ? calls == 0 : calls > 0 || n == 0);
    if (!with_device && n > 0)
        REFUSED(dlops_kernel_apply(kernel, 1, (const dlops_array *[]){x}, 1, &nine, 1, &z), DLOPS_ERROR_CALLBACK,
                "its host function returned 5");
    dlops_kernel_destroy(&kernel);
    CHECK(calls >= 1000 && calls < 2000);
    if (!with_device) {
        AGREED(dlops_kernel_create_elementwise(context, "T x, scalar float64 s", "T z", body, "own", NULL, &kernel),
               DLOPS_ERROR_COMPILATION, "body, column 12: expected '=', found '('", 0);
        CHECK(kernel == NULL);
    }
    free(a), free(b);
    dlops_array_destroy(&x);
    dlops_array_destroy(&z);
    dlops_space_destroy(&space);
    dlops_context_destroy(&context);
}

static const char my_add[] =
    "extern \"C\" __global__\n"
    "void my_add(const double *x, const double *y, double *z, long long n) {\n"
    "    long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;\n"
    "    if (k < n) z[k] = x[k] + y[k];\n"
    "}\n";

static void raw(void)
{
    dlops_context *context = somewhere();
    dlops_space *space = line(context, DLOPS_FLOAT64, 300);
    dlops_array *x = drawn(space, 4), *y = drawn(space, 5), *z = filled(space, 0);
    dlops_kernel *kernel = NULL;
    if (!with_device) {
        AGREED(dlops_kernel_create_raw(context, my_add, "my_add", NULL, &kernel), DLOPS_ERROR_UNSUPPORTED,
               "a context with a device", 0);
    } else {
        int64_t n, grid[3] = {0, 1, 1}, block[3] = {64, 1, 1}, none[3] = {0, 1, 1};
        OK(dlops_space_get_local_count(space, &n));
        grid[0] = (n + 63) / 64;
        dlops_kernel_argument arguments[4] = {{x, NULL}, {y, NULL}, {z, NULL}, {NULL, &n}};
        OK(dlops_kernel_create_raw(context, my_add, "my_add", NULL, &kernel));
        OK(dlops_kernel_launch(kernel, grid, block, 0, 4, arguments));
        OK(dlops_context_synchronize(context));
        double *a = fetched(x, &n), *b = fetched(y, &n), *c = fetched(z, &n);
        for (int64_t k = 0; k < n; k++)
            CHECK(c[k] == a[k] + b[k]);
        free(a), free(b), free(c);
        OK(dlops_kernel_launch(kernel, none, block, 0, 4, arguments));
        REFUSED(dlops_kernel_launch(kernel, grid, none, 0, 4, arguments), DLOPS_ERROR_ARGUMENT, "at least one thread");
        REFUSED(dlops_kernel_launch(kernel, grid, block, -1, 4, arguments), DLOPS_ERROR_ARGUMENT, "shared_bytes is -1");
        REFUSED(dlops_kernel_launch(kernel, NULL, block, 0, 4, arguments), DLOPS_ERROR_NULL_POINTER, "grid is NULL");
        REFUSED(dlops_kernel_launch(kernel, grid, block, 0, 4, NULL), DLOPS_ERROR_NULL_POINTER, "arguments is NULL");
        arguments[0].value = &n;
        REFUSED(dlops_kernel_launch(kernel, grid, block, 0, 4, arguments), DLOPS_ERROR_ARGUMENT, "an array and a value");
        arguments[0].array = NULL, arguments[0].value = NULL;
        REFUSED(dlops_kernel_launch(kernel, grid, block, 0, 4, arguments), DLOPS_ERROR_NULL_POINTER, "argument 0");
        REFUSED(dlops_kernel_apply(kernel, 0, NULL, 0, NULL, 1, &z), DLOPS_ERROR_ARGUMENT, "only an elementwise one");
        dlops_kernel_destroy(&kernel);
        AGREED(dlops_kernel_create_raw(context, "\nint my_add(", "my_add", NULL, &kernel), DLOPS_ERROR_COMPILATION,
               "my_add(2)", 0);
        AGREED(dlops_kernel_create_raw(context, my_add, "my_sub", NULL, &kernel), DLOPS_ERROR_ARGUMENT,
               "no kernel my_sub", 0);
        AGREED(dlops_kernel_create_elementwise(context, "float32 x", "float32 z", "z = x;\nz = nowhere(x)", "own", NULL,
                                               &kernel),
               DLOPS_ERROR_COMPILATION, "own(2)", 0);
        CHECK(kernel == NULL);
    }
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_array_destroy(&z);
    dlops_space_destroy(&space);
    dlops_context_destroy(&context);
}

/* Each block turns its part round in shared memory, of which it has more than the usual 48 KiB, and some of its own. */
static const char turned[] =
    "extern \"C\" __global__ void turned(double *x, long long first) {\n"
    "    extern __shared__ double room[];\n"
    "    __shared__ double own[64];\n"
    "    own[threadIdx.x] = room[first + threadIdx.x] = x[threadIdx.x];\n"
    "    __syncthreads();\n"
    "    x[threadIdx.x] = room[first + 63 - threadIdx.x] + own[threadIdx.x];\n"
    "}\n";

static void shared_memory(void)
{
    dlops_context *context = somewhere();
    if (with_device) {
        dlops_space *space = line(context, DLOPS_FLOAT64, 64 * size);
        dlops_array *x = drawn(space, 7);
        dlops_kernel *kernel = NULL;
        int64_t n, grid[3] = {1, 1, 1}, block[3] = {64, 1, 1}, first = (100 << 10) / 8 - 64;
        double *before = fetched(x, &n);
        dlops_kernel_argument arguments[2] = {{x, NULL}, {NULL, &first}};
        OK(dlops_kernel_create_raw(context, turned, "turned", NULL, &kernel));
        OK(dlops_kernel_launch(kernel, grid, block, 100 << 10, 2, arguments));
        OK(dlops_context_synchronize(context));
        double *after = fetched(x, &n);
        for (int64_t k = 0; k < 64; k++)
            CHECK(after[k] == before[63 - k] + before[k]);
        REFUSED(dlops_kernel_launch(kernel, grid, block, 100 << 20, 2, arguments), DLOPS_ERROR_ARGUMENT,
                "is to have 104857600 bytes of dynamic shared memory in a block, but device");
        free(before), free(after);
        dlops_kernel_destroy(&kernel);
        dlops_array_destroy(&x);
        dlops_space_destroy(&space);
    }
    dlops_context_destroy(&context);
}

static void refusals(void)
{
    dlops_context *context = somewhere(), *no_context = NULL;
    dlops_space *space = line(context, DLOPS_FLOAT64, 20);
    dlops_array *x = drawn(space, 6), *z = filled(space, 0);
    dlops_kernel *kernel = elementwise(context, "T x", "T z", "z = x"), *none = NULL;
    const dlops_array *inputs[] = {x};
    dlops_scalar number;
    void *data = NULL;
    char name[4];
    REFUSED(dlops_kernel_create_elementwise(no_context, "", "T z", "z = 1", "k", NULL, &none), DLOPS_ERROR_NULL_POINTER,
            "context is NULL");
    AGREED(dlops_kernel_create_elementwise(context, "", NULL, "z = 1", "k", NULL, &none), DLOPS_ERROR_NULL_POINTER,
           "outputs is NULL", 0);
    AGREED(dlops_kernel_create_elementwise(context, "", "T z", NULL, "k", NULL, &none), DLOPS_ERROR_NULL_POINTER,
           "body is NULL", 0);
    AGREED(dlops_kernel_create_elementwise(context, "", "T z", "z = 1", NULL, NULL, &none), DLOPS_ERROR_NULL_POINTER,
           "name is NULL", 0);
    AGREED(dlops_kernel_create_elementwise(context, "", "T z", "z = 1", "k", NULL, NULL), DLOPS_ERROR_NULL_POINTER,
           "result is NULL", 0);
    AGREED(dlops_kernel_create_elementwise(context, "T x", "T z", "z = x", "a b", NULL, &none), DLOPS_ERROR_ARGUMENT,
           "name is 'a b'", 0);
    AGREED(dlops_kernel_create_elementwise(context, "half x", "T z", "z = x", "k", NULL, &none), DLOPS_ERROR_COMPILATION,
           "inputs, column 1: 'half' is no type", 0);
    AGREED(dlops_kernel_create_reduction(context, "T x", "T y", "x", "a + c", NULL, "0", "k", NULL, &none),
           DLOPS_ERROR_COMPILATION, "reduce, column 5", 0);
    REFUSED(dlops_kernel_apply(NULL, 1, inputs, 0, NULL, 1, &z), DLOPS_ERROR_NULL_POINTER, "kernel is NULL");
    REFUSED(dlops_kernel_apply((dlops_kernel *)x, 1, inputs, 0, NULL, 1, &z), DLOPS_ERROR_HANDLE, "dlops_array");
    REFUSED(dlops_kernel_apply(kernel, 1, NULL, 0, NULL, 1, &z), DLOPS_ERROR_NULL_POINTER, "inputs is NULL");
    REFUSED(dlops_kernel_apply(kernel, -1, inputs, 0, NULL, 1, &z), DLOPS_ERROR_ARGUMENT, "inputs is -1");
    REFUSED(dlops_kernel_apply(kernel, 1, inputs, 1, NULL, 1, &z), DLOPS_ERROR_NULL_POINTER, "scalars is NULL");
    REFUSED(dlops_kernel_apply(kernel, 1, inputs, 0, NULL, 0, NULL), DLOPS_ERROR_ARGUMENT, "0 outputs, expected 1");
    REFUSED(dlops_kernel_reduce(kernel, 1, inputs, 0, NULL, &number), DLOPS_ERROR_ARGUMENT, "only a reduction");
    REFUSED(dlops_kernel_launch(kernel, (int64_t[]){1, 1, 1}, (int64_t[]){1, 1, 1}, 0, 0, NULL), DLOPS_ERROR_ARGUMENT,
            "only a raw one");
    OK(dlops_array_acquire(z, DLOPS_ACCESS_READ, &data));
    REFUSED(dlops_kernel_apply(kernel, 1, inputs, 0, NULL, 1, &z), DLOPS_ERROR_STATE, "outputs[0] is acquired");
    OK(dlops_array_release(z));
    REFUSED(dlops_kernel_get_name(kernel, NULL, 4), DLOPS_ERROR_NULL_POINTER, "name is NULL");
    REFUSED(dlops_kernel_get_name(kernel, name, 0), DLOPS_ERROR_ARGUMENT, "length is 0");
    REFUSED(dlops_kernel_view(NULL), DLOPS_ERROR_NULL_POINTER, "kernel is NULL");
    REFUSED(dlops_kernel_retain(kernel, NULL), DLOPS_ERROR_NULL_POINTER, "copy is NULL");
    OK(dlops_kernel_destroy(&none));
    OK(dlops_kernel_destroy(NULL));
    CHECK(none == NULL);
    dlops_kernel_destroy(&kernel);
    dlops_array_destroy(&x);
    dlops_array_destroy(&z);
    dlops_space_destroy(&space);
    dlops_context_destroy(&context);
}

int main(void)
{
    const char *memory = getenv("DLOPS_TEST_MEMORY");
    begin();
    with_device = memory && strcmp(memory, "cuda") == 0;
    elements();
    reductions();
    with_host_function();
    raw();
    shared_memory();
    refusals();
    return end();
}
