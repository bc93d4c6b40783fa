/*
 * What an operation on 64 elements costs, where nothing but launches matters, beside a copy of as many by the driver:
 * times of one of many that are put on the stream together. The ratio is operation over copy.
 *
 *     bench_device_overhead        (options: measure.h)
 */
#include "gpu.h"

enum { elements = 64 };

static void dot(void *state)
{
    application *a = state;
    dlops_scalar result;
    CHECK(dlops_array_dot(a->x, a->y, &result));
}

static void axpy(void *state)
{
    application *a = state;
    CHECK(dlops_array_axpy(dlops_real(1e-3), a->x, a->y));
}

/* Operations a second as the rate; ratios above 1 are slower than the copy. */
static void one(const char *name, work subject, application *a, copy *yardstick)
{
    double mine[15], other[15], ratio[15], low, high;
    if (!wanted(name)) return;
    row r = {.name = name, .unit = "k/s"};
    timed(subject, a);
    for (int k = 0; k < bench.pairs; ++k) {
        mine[k] = timed(subject, a);
        other[k] = timed(copy_on_device, yardstick);
        ratio[k] = mine[k] / other[k];
    }
    quartiles(mine, bench.pairs, &low, &r.seconds, &high);
    quartiles(other, bench.pairs, &low, &r.yardstick, &high);
    quartiles(ratio, bench.pairs, &r.lower, &r.ratio, &r.upper);
    r.rate = 1e-3 / r.seconds;
    print_row(&r);
}

int main(int argc, char **argv)
{
    dlops_context *context = begin_on_device(argc, argv, "device_overhead");
    dlops_space *space = NULL;
    dlops_operator *derivative = NULL, *laplacian = NULL, *gradient = NULL;
    bench.repeats = bench.bytes >= 1 << 24 ? 1000 : 10;
    CHECK(dlops_space_create(context, DLOPS_FLOAT64, 2, (int64_t[]){8, elements / 8}, NULL, &space));
    application a = {.mode = DLOPS_FORWARD, .x = ones(space), .y = ones(space)};
    copy small = copy_between(a.x, a.y, elements, 8);
    CHECK(dlops_first_derivative_create(space, 0, NULL, &derivative));
    CHECK(dlops_laplacian_create(space, NULL, &laplacian));
    CHECK(dlops_gradient_create(space, NULL, &gradient));
    heading("64 elements, float64", "");
    one("axpy", axpy, &a, &small);
    one("dot, with its result on the host", dot, &a, &small);
    a.op = derivative;
    one("first derivative", apply, &a, &small);
    a.op = laplacian;
    one("Laplacian", apply, &a, &small);
    application both = {gradient, DLOPS_FORWARD, 0, a.x, NULL};
    CHECK(dlops_operator_create_range_array(gradient, &both.y));
    one("Gradient", apply, &both, &small);
    dlops_array_destroy(&both.y);
    dlops_operator_destroy(&gradient);
    dlops_operator_destroy(&laplacian);
    dlops_operator_destroy(&derivative);
    dlops_array_destroy(&a.x);
    dlops_array_destroy(&a.y);
    dlops_space_destroy(&space);
    return finish(&context);
}
