/*
 * Copies and vector verbs beside a copy by the driver: the yardstick first, beside itself, so that its own spread is seen.
 *
 *     bench_device_vectors        (options: measure.h)
 */
#include "gpu.h"

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
        beside_copy("copy", 0.85, 2 * bytes, vectors_copy, &v, &whole);
        beside_copy("fill", 0, bytes, vectors_fill, &v, &whole);
        beside_copy("dot", 0.85, 2 * bytes, vectors_dot, &v, &whole);
        beside_copy("norm", 0.85, bytes, vectors_norm, &v, &whole);
        beside_copy("axpy", 0.85, 3 * bytes, vectors_axpy, &v, &whole);
        beside_copy("waxpby", 0.85, 3 * bytes, vectors_waxpby, &v, &whole);
        beside_copy("multiply", 0.85, 3 * bytes, vectors_multiply, &v, &whole);
        dlops_array_destroy(&v.w);
        dlops_array_destroy(&v.y);
        dlops_array_destroy(&v.x);
        dlops_space_destroy(&space);
    }
    return finish(&context);
}
