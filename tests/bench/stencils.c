/*
 * Derivatives, Laplacian and gradient beside a loop with the same read and write streams.
 *
 *     mpirun -n 1 bench_stencils        (or 2)
 */
#include "measure.h"

#include <stdio.h>
#include <string.h>

typedef struct application {
    dlops_operator *op;
    int32_t mode;
    dlops_array *x, *y;
    double beta;
} application;

static void apply(void *state)
{
    application *a = state;
    CHECK(dlops_operator_apply_scaled(a->op, a->mode, dlops_real(1), a->x, dlops_real(a->beta), a->y));
}

static void *first_byte(dlops_array *array)
{
    void *data = NULL;
    CHECK(dlops_array_acquire(array, DLOPS_ACCESS_READ, &data));
    CHECK(dlops_array_release(array));
    return data;
}

/* The leaves of an array: itself, or its components. */
static int leaves(dlops_array *array, void **data)
{
    dlops_space *space = NULL;
    int64_t count = 0;
    CHECK(dlops_array_get_space(array, &space));
    CHECK(dlops_space_get_component_count(space, &count));
    dlops_space_destroy(&space);
    if (count == 0) {
        data[0] = first_byte(array);
        return 1;
    }
    for (int64_t k = 0; k < count; ++k) {
        dlops_array *part = NULL;
        CHECK(dlops_array_get_component(array, k, &part));
        data[k] = first_byte(part);
        dlops_array_destroy(&part);
    }
    return (int)count;
}

static void run(const char *name, dlops_operator *op, int64_t local, size_t size)
{
    int ranks;
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    dlops_array *model = NULL, *data = NULL;
    CHECK(dlops_operator_create_domain_array(op, &model));
    CHECK(dlops_operator_create_range_array(op, &data));
    CHECK(dlops_array_fill_random(model, DLOPS_UNIFORM, 1));
    CHECK(dlops_array_fill_random(data, DLOPS_UNIFORM, 2));
    for (int adjoint = 0; adjoint < 2; ++adjoint) {
        for (int beta = 0; beta < 2; ++beta) {
            dlops_array *x = adjoint ? data : model, *y = adjoint ? model : data;
            application subject = {op, adjoint ? DLOPS_ADJOINT : DLOPS_FORWARD, x, y, beta};
            void *in[3] = {0}, *out[3] = {0};
            streams s = {.reads = leaves(x, in), .writes = leaves(y, out), .bytes = (size_t)local * size};
            memcpy(s.out, out, sizeof out);
            for (int k = 0; k < s.reads; ++k) s.in[k] = in[k];
            int pass = s.reads + s.writes;
            if (beta && s.writes == 1) s.in[s.reads++] = out[0];
            if (beta && s.writes > 1) continue; /* has no loop of the same streams here */
            s.bypass = !beta && s.bytes * (size_t)s.writes > cache_bytes();
            char text[128];
            snprintf(text, sizeof text, "%s, %s, beta %d", name, adjoint ? "adjoint" : "forward", beta);
            compare(text, (double)(pass + beta) * (double)s.bytes * ranks, 15, apply, &subject, stream_loop, &s);
        }
    }
    dlops_array_destroy(&data);
    dlops_array_destroy(&model);
}

static void shape(dlops_context *context, int32_t dtype, int32_t dimensions, const int64_t *extents, int32_t cut)
{
    dlops_space_options where = DLOPS_SPACE_OPTIONS_INIT;
    where.axis = cut;
    dlops_space *space = NULL;
    CHECK(dlops_space_create(context, dtype, dimensions, extents, &where, &space));
    int64_t local = 0;
    CHECK(dlops_space_get_local_count(space, &local));
    size_t size = dtype == DLOPS_FLOAT32 ? 4 : 8;
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank == 0) {
        printf("\n%lld^%d %s, cut along axis %d%25s %12s %12s %12s  ratio (quartiles)\n", (long long)extents[0], dimensions,
               size == 4 ? "float32" : "float64", cut, "", "dlops", "loop", "rate");
    }
    static const char *const kinds[] = {"centered", "forward", "backward"};
    for (int32_t axis = 0; axis < dimensions; ++axis) {
        for (int kind = 0; kind < 4; ++kind) {
            dlops_first_derivative_options choices = DLOPS_FIRST_DERIVATIVE_OPTIONS_INIT;
            choices.kind = kind == 3 ? DLOPS_KIND_CENTERED : kind;
            choices.order = kind == 3 ? 5 : 0;
            dlops_operator *op = NULL;
            char name[64];
            snprintf(name, sizeof name, "first derivative, axis %d, %s", axis, kind == 3 ? "order 5" : kinds[kind]);
            CHECK(dlops_first_derivative_create(space, axis, &choices, &op));
            run(name, op, local, size);
            dlops_operator_destroy(&op);
        }
        dlops_operator *op = NULL;
        char name[64];
        snprintf(name, sizeof name, "second derivative, axis %d", axis);
        CHECK(dlops_second_derivative_create(space, axis, NULL, &op));
        run(name, op, local, size);
        dlops_operator_destroy(&op);
    }
    static const int32_t all[] = {0, 1, 2};
    dlops_laplacian_options choices = DLOPS_LAPLACIAN_OPTIONS_INIT;
    choices.axes = all;
    choices.axis_count = dimensions;
    dlops_operator *laplacian = NULL, *gradient = NULL;
    CHECK(dlops_laplacian_create(space, &choices, &laplacian));
    run(dimensions == 2 ? "Laplacian, 2 axes" : "Laplacian, 3 axes", laplacian, local, size);
    CHECK(dlops_gradient_create(space, NULL, &gradient));
    run("Gradient", gradient, local, size);
    dlops_operator_destroy(&gradient);
    dlops_operator_destroy(&laplacian);
    dlops_space_destroy(&space);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    dlops_context *context = NULL;
    CHECK(dlops_context_create_mpi(MPI_COMM_WORLD, NULL, &context));
    int ranks;
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    for (int32_t dtype = DLOPS_FLOAT32; dtype <= DLOPS_FLOAT64; ++dtype) {
        for (int32_t cut = 0; cut < (ranks > 1 ? 2 : 1); ++cut) {
            shape(context, dtype, 2, (int64_t[]){4096, 4096}, cut);
            shape(context, dtype, 3, (int64_t[]){256, 256, 256}, cut);
        }
    }
    dlops_context_destroy(&context);
    MPI_Finalize();
    return 0;
}
