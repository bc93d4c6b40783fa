/*
 * Derivatives, Laplacian and gradient beside the loops that a C programmer writes for them:
 * nested loops over the interior, nothing at the edges, compiled with -O3 for each vector width. One rank with one thread;
 * the library does the edges too. Each loop is compared with the library's result first.
 *
 *     mpirun -n 1 bench_handwritten        (options: measure.h)
 */
#include "subjects.h"

#include <math.h>

/* What a loop reads and writes: arrays of n elements along each axis, several for a gradient. With `beta`, y is added to. */
typedef struct loop {
    const void *x[3];
    void *y[3];
    size_t n;
    int beta;
} loop;

#define TYPE float
#define NAME(function) function##_float
#include "handwritten_of_type.h"

#define TYPE double
#define NAME(function) function##_double
#include "handwritten_of_type.h"

/* A loop, for both types, beside an operator. */
typedef struct peer {
    const char *name;
    int dimensions;
    work loops[2];
    int adjoint, parts; /* components of the operator's range */
    void (*make)(dlops_space *, dlops_operator **);
} peer;

static void make_first(dlops_space *space, dlops_operator **op)
{
    dlops_first_derivative_options choices = DLOPS_FIRST_DERIVATIVE_OPTIONS_INIT;
    choices.order = 5;
    CHECK(dlops_first_derivative_create(space, 0, &choices, op));
}

static void make_second(dlops_space *space, dlops_operator **op)
{
    CHECK(dlops_second_derivative_create(space, 0, NULL, op));
}

static void make_laplacian(dlops_space *space, dlops_operator **op)
{
    static const int32_t all[] = {0, 1, 2};
    dlops_laplacian_options choices = DLOPS_LAPLACIAN_OPTIONS_INIT;
    int32_t dimensions = 0;
    CHECK(dlops_space_get_dimensions(space, &dimensions));
    choices.axes = all;
    choices.axis_count = dimensions;
    CHECK(dlops_laplacian_create(space, &choices, op));
}

static void make_gradient(dlops_space *space, dlops_operator **op)
{
    CHECK(dlops_gradient_create(space, NULL, op));
}

static double number(const void *x, size_t i, int is_double)
{
    return is_double ? ((const double *)x)[i] : ((const float *)x)[i];
}

/* Stops where the loop and the library differ by more than rounding, `margin` elements from the edges and further in. */
static void same(const char *name, const void *a, const void *b, size_t n, int dimensions, size_t margin, int is_double)
{
    const size_t planes = dimensions == 3 ? n : 1;
    for (size_t i = 0; i < planes; ++i) {
        if (planes > 1 && (i < margin || i + margin >= n)) continue;
        for (size_t j = margin; j + margin < n; ++j) {
            for (size_t k = margin; k + margin < n; ++k) {
                const size_t at = (i * n + j) * n + k;
                if (fabs(number(a, at, is_double) - number(b, at, is_double)) <= 1e-5) continue;
                fprintf(stderr, "%s: the loop gives %g, the library %g\n", name, number(a, at, is_double), number(b, at, is_double));
                ranks_abort();
            }
        }
    }
}

static void stencil(dlops_space *space, const peer *p, int is_double, size_t n)
{
    dlops_operator *op = NULL;
    dlops_array *x[3] = {NULL}, *y[3] = {NULL}, *compared[3] = {NULL}, *many = NULL;
    const int components = p->parts, in = p->adjoint ? components : 1, out = p->adjoint ? 1 : components;
    if (!wanted(p->name)) return;
    p->make(space, &op);
    loop l = {.n = n};
    for (int k = 0; k < in; ++k) {
        x[k] = vector(space, 0, 1 + (uint64_t)k);
        l.x[k] = address(x[k]);
    }
    for (int k = 0; k < out; ++k) {
        y[k] = vector(space, 0, 7);
        compared[k] = vector(space, 0, 7);
        l.y[k] = address(compared[k]);
    }
    if (components > 1) CHECK(dlops_array_compose(components, (const dlops_array *const *)(p->adjoint ? x : y), &many));
    application a = {op, p->adjoint ? DLOPS_ADJOINT : DLOPS_FORWARD, 0, p->adjoint && many ? many : x[0], !p->adjoint && many ? many : y[0]};
    apply(&a);
    p->loops[is_double](&l);
    for (int k = 0; k < out; ++k) same(p->name, address(compared[k]), address(y[k]), n, p->dimensions, 4, is_double);
    for (l.beta = 0; l.beta < 2; ++l.beta) {
        char text[80];
        a.beta = l.beta;
        snprintf(text, sizeof text, "%s, beta %d", p->name, l.beta);
        double vectors = pow((double)n, p->dimensions) * (is_double ? 8 : 4) * (in + (1 + l.beta) * out);
        compare(&(measurement){.name = text, .target = 1, .amount = vectors, .subject = apply, .subject_state = &a,
                               .yardstick = p->loops[is_double], .yardstick_state = &l});
    }
    dlops_array_destroy(&many);
    for (int k = 0; k < 3; ++k) {
        dlops_array_destroy(&compared[k]);
        dlops_array_destroy(&y[k]);
        dlops_array_destroy(&x[k]);
    }
    dlops_operator_destroy(&op);
}

static void stencils(dlops_context *context, int is_double, int dimensions, int64_t n)
{
    static const peer all[] = {
        {"second derivative, axis 0", 2, {second_float, second_double}, 0, 1, make_second},
        {"order 5, axis 0", 2, {first_float, first_double}, 0, 1, make_first},
        {"Laplacian, 2 axes", 2, {laplacian2_float, laplacian2_double}, 0, 1, make_laplacian},
        {"Laplacian, 3 axes", 3, {laplacian3_float, laplacian3_double}, 0, 1, make_laplacian},
        {"Gradient, forward", 3, {gradient_float, gradient_double}, 0, 3, make_gradient},
        {"Gradient, adjoint", 3, {divergence_float, divergence_double}, 1, 3, make_gradient},
    };
    char group[64];
    dlops_space *space = NULL;
    snprintf(group, sizeof group, "%lld^%d %s beside nested loops", (long long)n, dimensions, is_double ? "float64" : "float32");
    heading(group, "");
    CHECK(dlops_space_create(context, is_double ? DLOPS_FLOAT64 : DLOPS_FLOAT32, dimensions, (int64_t[]){n, n, n}, NULL, &space));
    for (size_t k = 0; k < sizeof all / sizeof *all; ++k) {
        if (all[k].dimensions == dimensions) stencil(space, &all[k], is_double, (size_t)n);
    }
    dlops_space_destroy(&space);
}

int main(int argc, char **argv)
{
    /* Rows of whole cache lines; and others, in the caches and beyond them. */
    static const int64_t squares[] = {4096, 1001, 5001}, cubes[] = {256, 50, 100, 350};
    dlops_context *context = begin(argc, argv, "handwritten");
    if (bench.ranks * bench.threads > 1) {
        if (bench.rank == 0) printf("bench_handwritten has loops for one rank and one thread only\n");
        return finish(&context);
    }
    for (int is_double = 0; is_double < 2; ++is_double) {
        for (size_t k = 0; k < sizeof squares / sizeof *squares; ++k) stencils(context, is_double, 2, squares[k]);
        for (size_t k = 0; k < sizeof cubes / sizeof *cubes; ++k) stencils(context, is_double, 3, cubes[k]);
    }
    return finish(&context);
}
