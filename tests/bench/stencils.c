/*
 * Derivatives, Laplacian and gradient beside loops with the same read and write streams: along every axis, which on
 * several ranks is cut or not, forward and adjoint, beta 0 and 1, on the library's memory and on the host's.
 *
 *     mpirun -n 1 bench_stencils        (or 2; options: measure.h)
 */
#include "subjects.h"

#include <math.h>

enum { most = 3 };

/* A space, its vectors and what is common to its cases. */
typedef struct field {
    dlops_space *space;
    int dimensions, is_double;
    size_t local;
    dlops_array *x, *y[most], *gradient; /* gradient: y[0], y[1], ... as one */
} field;

/* The operator in both modes, with beta 0 and 1. `parts`: 1, or the number of components of its range. */
static void cases(const char *name, const field *f, dlops_operator *op, int parts)
{
    /* Anew, since accumulation makes numbers grow. Random, since memory is up to a third faster on lines of equal numbers,
     * and derivatives of those would be zero. */
    CHECK(dlops_array_fill_random(f->x, DLOPS_UNIFORM, 1));
    CHECK(dlops_array_fill_random(f->gradient, DLOPS_UNIFORM, 2));
    for (int adjoint = 0; adjoint < 2; ++adjoint) {
        for (int beta = 0; beta < 2; ++beta) {
            dlops_array *data = parts > 1 ? f->gradient : f->y[0];
            application subject = {op, adjoint ? DLOPS_ADJOINT : DLOPS_FORWARD, beta, adjoint ? data : f->x, adjoint ? f->x : data};
            streams s = {.count = f->local, .is_double = f->is_double, .reads = adjoint ? parts : 1, .writes = adjoint ? 1 : parts};
            for (int k = 0; k < parts; ++k) {
                if (adjoint) s.in[k] = address(f->y[k]);
                else s.out[k] = address(f->y[k]);
            }
            if (adjoint) s.out[0] = address(f->x);
            else s.in[0] = address(f->x);
            if (beta) {
                if (s.writes == 1) s.in[s.reads] = s.out[0];
                else s.accumulate = 1;
                s.reads += s.writes;
            }
            settle(&s);
            char text[80];
            snprintf(text, sizeof text, "%s, %s, beta %d", name, adjoint ? "adjoint" : "forward", beta);
            double vectors = (double)f->local * (f->is_double ? 8 : 4) * (1 + parts);
            compare(&(measurement){.name = text, .target = 0.85, .amount = stream_bytes(&s) * bench.ranks, .subject = apply,
                                   .subject_state = &subject, .yardstick = stream_loop, .yardstick_state = &s, .vector_bytes = vectors});
        }
    }
}

static void first(const field *f, int axis, int kind, int order, const char *name)
{
    char text[64];
    dlops_operator *op = NULL;
    dlops_first_derivative_options choices = DLOPS_FIRST_DERIVATIVE_OPTIONS_INIT;
    choices.kind = kind;
    choices.order = order;
    snprintf(text, sizeof text, "first derivative, axis %d, %s", axis, name);
    if (!wanted(text)) return;
    watch_memory();
    CHECK(dlops_first_derivative_create(f->space, axis, &choices, &op));
    cases(text, f, op, 1);
    dlops_operator_destroy(&op);
}

/* All kinds along an axis, or with `brief` the most used one. */
static void along(const field *f, int axis, int brief)
{
    first(f, axis, DLOPS_KIND_CENTERED, 3, "order 3");
    if (brief) return;
    first(f, axis, DLOPS_KIND_FORWARD, 0, "kind forward");
    first(f, axis, DLOPS_KIND_BACKWARD, 0, "kind backward");
    first(f, axis, DLOPS_KIND_CENTERED, 5, "order 5");
    char text[64];
    dlops_operator *op = NULL;
    snprintf(text, sizeof text, "second derivative, axis %d", axis);
    if (!wanted(text)) return;
    watch_memory();
    CHECK(dlops_second_derivative_create(f->space, axis, NULL, &op));
    cases(text, f, op, 1);
    dlops_operator_destroy(&op);
}

static void of_all_axes(const field *f)
{
    static const int32_t all[] = {0, 1, 2};
    const char *name = f->dimensions == 2 ? "Laplacian, 2 axes" : "Laplacian, 3 axes";
    dlops_operator *op = NULL;
    if (wanted(name)) {
        dlops_laplacian_options choices = DLOPS_LAPLACIAN_OPTIONS_INIT;
        choices.axes = all;
        choices.axis_count = f->dimensions;
        watch_memory();
        CHECK(dlops_laplacian_create(f->space, &choices, &op));
        cases(name, f, op, 1);
        dlops_operator_destroy(&op);
    }
    if (wanted("Gradient")) {
        watch_memory();
        CHECK(dlops_gradient_create(f->space, NULL, &op));
        cases("Gradient", f, op, f->dimensions);
        dlops_operator_destroy(&op);
    }
}

static void shape(dlops_context *context, int is_double, int dimensions, const int64_t *extents, int32_t cut, int wrapped)
{
    field f = {.dimensions = dimensions, .is_double = is_double};
    dlops_space_options where = DLOPS_SPACE_OPTIONS_INIT;
    char group[64], variant[32] = "";
    int64_t local = 0;
    where.axis = cut;
    snprintf(group, sizeof group, "%lld^%d %s%s", (long long)extents[0], dimensions, is_double ? "float64" : "float32",
             wrapped ? ", wrapped" : "");
    if (bench.ranks > 1) snprintf(variant, sizeof variant, "cut along axis %d", cut);
    heading(group, variant);
    CHECK(dlops_space_create(context, is_double ? DLOPS_FLOAT64 : DLOPS_FLOAT32, dimensions, extents, &where, &f.space));
    CHECK(dlops_space_get_local_count(f.space, &local));
    f.local = (size_t)local;
    f.x = vector(f.space, wrapped, 1);
    for (int k = 0; k < dimensions; ++k) f.y[k] = vector(f.space, wrapped, 2 + (uint64_t)k);
    CHECK(dlops_array_compose(dimensions, (const dlops_array *const *)f.y, &f.gradient));

    int brief = wrapped || bench.large;
    for (int axis = 0; axis < dimensions; ++axis) {
        /* Another cut changes nothing along the axes that neither cut has. */
        if (cut == 0 || axis == cut) along(&f, axis, brief);
    }
    of_all_axes(&f);

    dlops_array_destroy(&f.gradient);
    for (int k = 0; k < dimensions; ++k) dlops_array_destroy(&f.y[k]);
    dlops_array_destroy(&f.x);
    dlops_space_destroy(&f.space);
}

int main(int argc, char **argv)
{
    dlops_context *context = begin(argc, argv, "stencils");
    for (int is_double = 0; is_double < 2; ++is_double) {
        double elements = bench.large ? (double)large_bytes() / (is_double ? 8 : 4) : 0;
        for (int dimensions = 2; dimensions < 4; ++dimensions) {
            int64_t extent = dimensions == 2 ? 4096 : 256;
            if (bench.large) extent = (int64_t)pow(elements, 1.0 / dimensions) / 64 * 64;
            for (int wrapped = 0; wrapped < 2; ++wrapped) {
                for (int cut = 0; cut < (bench.ranks > 1 && !(wrapped && !bench.large) ? dimensions : 1); ++cut) {
                    shape(context, is_double, dimensions, (int64_t[]){extent, extent, extent}, cut, wrapped);
                }
            }
        }
    }
    return finish(&context);
}
