/*
 * Derivatives of all kinds along each axis, Laplacian and gradient, forward and adjoint, beta 0 and 1, beside a copy by
 * the driver of as many bytes as must be read and written.
 *
 *     bench_device_stencils        (options: measure.h)
 */
#include "gpu.h"

typedef struct field {
    dlops_space *space;
    int dimensions;
    double bytes; /* of one array */
    dlops_array *x, *y[3], *gradient;
    copy copy;
} field;

/* The operator in both modes, with beta 0 and 1. `parts`: 1, or the number of components of its range. */
static void cases(const char *name, field *f, dlops_operator *op, int parts)
{
    for (int adjoint = 0; adjoint < 2; ++adjoint) {
        for (int beta = 0; beta < 2; ++beta) {
            char text[80];
            dlops_array *data = parts > 1 ? f->gradient : f->y[0];
            application a = {op, adjoint ? DLOPS_ADJOINT : DLOPS_FORWARD, beta, adjoint ? data : f->x, adjoint ? f->x : data};
            double written = adjoint ? 1 : parts, streams = 1 + parts + (beta ? written : 0);
            /* Accumulation makes numbers grow. */
            CHECK(dlops_array_fill(f->x, dlops_real(1)));
            CHECK(dlops_array_fill(f->gradient, dlops_real(1)));
            snprintf(text, sizeof text, "%s, %s, beta %d", name, adjoint ? "adjoint" : "forward", beta);
            beside_copy(text, 0.85, streams * f->bytes, apply, &a, &f->copy);
        }
    }
    dlops_operator_destroy(&op);
}

static void first(field *f, int axis, int kind, int order, const char *what)
{
    char text[64];
    dlops_operator *op = NULL;
    dlops_first_derivative_options choices = DLOPS_FIRST_DERIVATIVE_OPTIONS_INIT;
    choices.kind = kind;
    choices.order = order;
    snprintf(text, sizeof text, "first derivative, axis %d, %s", axis, what);
    CHECK(dlops_first_derivative_create(f->space, axis, &choices, &op));
    cases(text, f, op, 1);
}

static void along(field *f, int axis)
{
    char text[64];
    dlops_operator *op = NULL;
    first(f, axis, DLOPS_KIND_CENTERED, 3, "order 3");
    first(f, axis, DLOPS_KIND_CENTERED, 5, "order 5");
    first(f, axis, DLOPS_KIND_FORWARD, 0, "kind forward");
    first(f, axis, DLOPS_KIND_BACKWARD, 0, "kind backward");
    snprintf(text, sizeof text, "second derivative, axis %d", axis);
    CHECK(dlops_second_derivative_create(f->space, axis, NULL, &op));
    cases(text, f, op, 1);
}

static void of_all_axes(field *f)
{
    static const int32_t all[] = {0, 1, 2};
    dlops_operator *op = NULL;
    dlops_laplacian_options choices = DLOPS_LAPLACIAN_OPTIONS_INIT;
    choices.axes = all;
    choices.axis_count = f->dimensions;
    CHECK(dlops_laplacian_create(f->space, &choices, &op));
    cases(f->dimensions == 2 ? "Laplacian, 2 axes" : "Laplacian, 3 axes", f, op, 1);
    CHECK(dlops_gradient_create(f->space, NULL, &op));
    cases("Gradient", f, op, f->dimensions);
}

int main(int argc, char **argv)
{
    dlops_context *context = begin_on_device(argc, argv, "device_stencils");
    for (int is_double = 0; is_double < 2; ++is_double) {
        for (int dimensions = 2; dimensions < 4; ++dimensions) {
            size_t size = is_double ? 8 : 4;
            int64_t extent, n;
            field f = {.dimensions = dimensions};
            f.space = cube(context, is_double, dimensions, &extent, &n);
            f.bytes = (double)n * (double)size;
            f.x = ones(f.space);
            for (int k = 0; k < dimensions; ++k) f.y[k] = ones(f.space);
            CHECK(dlops_array_compose(dimensions, (const dlops_array *const *)f.y, &f.gradient));
            f.copy = copy_between(f.x, f.y[0], n, size);
            heading_of(extent, dimensions, is_double);
            for (int axis = 0; axis < dimensions; ++axis) along(&f, axis);
            of_all_axes(&f);
            dlops_array_destroy(&f.gradient);
            for (int k = 0; k < dimensions; ++k) dlops_array_destroy(&f.y[k]);
            dlops_array_destroy(&f.x);
            dlops_space_destroy(&f.space);
        }
    }
    return finish(&context);
}
