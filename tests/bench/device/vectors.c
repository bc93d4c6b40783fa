/*
 * Copies and vector verbs beside a copy by the driver: the yardstick first, beside itself, so that its own spread is seen.
 *
 *     bench_device_vectors        (options: measure.h)
 */
#include "gpu.h"

typedef struct vectors {
    dlops_array *x, *y, *w;
} vectors;

static void copied(void *state)
{
    vectors *v = state;
    CHECK(dlops_array_copy(v->x, v->w));
}

static void fill(void *state)
{
    vectors *v = state;
    CHECK(dlops_array_fill(v->w, dlops_real(0)));
}

static void dot(void *state)
{
    vectors *v = state;
    dlops_scalar result;
    CHECK(dlops_array_dot(v->x, v->y, &result));
}

static void norm(void *state)
{
    vectors *v = state;
    double result;
    CHECK(dlops_array_norm(v->x, &result));
}

static void axpy(void *state)
{
    vectors *v = state;
    CHECK(dlops_array_axpy(dlops_real(1e-3), v->x, v->y));
}

static void waxpby(void *state)
{
    vectors *v = state;
    CHECK(dlops_array_waxpby(dlops_real(0.5), v->x, dlops_real(0.5), v->y, v->w));
}

static void multiply(void *state)
{
    vectors *v = state;
    CHECK(dlops_array_multiply(v->x, v->y, 0, v->w));
}

int main(int argc, char **argv)
{
    dlops_context *context = begin_on_device(argc, argv, "device_vectors");
    for (int is_double = 0; is_double < 2; ++is_double) {
        int64_t n, extent;
        size_t size = is_double ? 8 : 4;
        dlops_space *space = cube(context, is_double, 1, &extent, &n);
        vectors v = {ones(space), ones(space), ones(space)};
        double bytes = (double)n * (double)size;
        copy whole = copy_between(v.x, v.w, n, size);
        copy again = whole;
        heading_of(n, 1, is_double);
        beside_copy("the driver's copy", 0, 2 * bytes, copy_on_device, &again, &whole);
        beside_copy("copy", 0.85, 2 * bytes, copied, &v, &whole);
        beside_copy("fill", 0, bytes, fill, &v, &whole);
        beside_copy("dot", 0.85, 2 * bytes, dot, &v, &whole);
        beside_copy("norm", 0.85, bytes, norm, &v, &whole);
        beside_copy("axpy", 0.85, 3 * bytes, axpy, &v, &whole);
        beside_copy("waxpby", 0.85, 3 * bytes, waxpby, &v, &whole);
        beside_copy("multiply", 0.85, 3 * bytes, multiply, &v, &whole);
        dlops_array_destroy(&v.w);
        dlops_array_destroy(&v.y);
        dlops_array_destroy(&v.x);
        dlops_space_destroy(&space);
    }
    return finish(&context);
}
