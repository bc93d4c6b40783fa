/*
 * Vector verbs beside loops with the same streams, on the library's memory and on the host's.
 *
 *     mpirun -n 1 bench_vectors        (or 2; options: measure.h)
 */
#include "subjects.h"

static void one(const char *name, work subject, vectors *v, double bytes, streams loop)
{
    if (!wanted(name)) return;
    settle(&loop);
    watch_memory();
    compare(&(measurement){.name = name, .target = 0.9, .amount = stream_bytes(&loop) * bench.ranks, .subject = subject, .subject_state = v,
                           .yardstick = stream_loop, .yardstick_state = &loop, .vector_bytes = 3 * bytes});
}

static void verbs(dlops_space *space, int wrapped, int is_double)
{
    int64_t local = 0;
    CHECK(dlops_space_get_local_count(space, &local));
    vectors v = {vector(space, wrapped, 1), vector(space, wrapped, 2), vector(space, wrapped, 3)};
    void *x = address(v.x), *y = address(v.y), *w = address(v.w);
    size_t n = (size_t)local;
    double bytes = (double)n * (is_double ? 8 : 4);
#define LOOP(...) (streams){.count = n, .is_double = is_double, __VA_ARGS__}
    one("dot", vectors_dot, &v, bytes, LOOP(.in = {x, y}, .reads = 2));
    one("norm", vectors_norm, &v, bytes, LOOP(.in = {x}, .reads = 1));
    one("axpy", vectors_axpy, &v, bytes, LOOP(.in = {x, y}, .reads = 2, .out = {y}, .writes = 1));
    one("copy", vectors_copy, &v, bytes, LOOP(.in = {x}, .reads = 1, .out = {w}, .writes = 1));
    one("waxpby", vectors_waxpby, &v, bytes, LOOP(.in = {x, y}, .reads = 2, .out = {w}, .writes = 1));
    if (!wrapped) {
        one("sum", vectors_sum, &v, bytes, LOOP(.in = {x}, .reads = 1));
        one("axpby", vectors_axpby, &v, bytes, LOOP(.in = {x, y}, .reads = 2, .out = {y}, .writes = 1));
        one("multiply", vectors_multiply, &v, bytes, LOOP(.in = {x, y}, .reads = 2, .out = {w}, .writes = 1));
        one("scale", vectors_scale, &v, bytes, LOOP(.in = {y}, .reads = 1, .out = {y}, .writes = 1));
        one("fill", vectors_fill, &v, bytes, LOOP(.out = {w}, .writes = 1));
    }
    dlops_array_destroy(&v.w);
    dlops_array_destroy(&v.y);
    dlops_array_destroy(&v.x);
}

int main(int argc, char **argv)
{
    dlops_context *context = begin(argc, argv, "vectors");
    for (int is_double = 0; is_double < 2; ++is_double) {
        size_t size = is_double ? 8 : 4;
        int64_t n = bench.large ? (int64_t)(large_bytes() / size) : (int64_t)1 << 25;
        dlops_space *space = NULL;
        CHECK(dlops_space_create(context, is_double ? DLOPS_FLOAT64 : DLOPS_FLOAT32, 1, &n, NULL, &space));
        for (int wrapped = 0; wrapped < 2; ++wrapped) {
            char title[80];
            snprintf(title, sizeof title, "vectors of %.0f Mi %s%s", (double)n / (1 << 20), is_double ? "float64" : "float32",
                     wrapped ? ", wrapped" : "");
            heading(title, "");
            verbs(space, wrapped, is_double);
        }
        dlops_space_destroy(&space);
    }
    return finish(&context);
}
