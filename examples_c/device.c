/*
 * The same program on a GPU and on the host: where no device is found, that is told and the host works.
 *
 *     mpirun -n 2 device
 *
 * 1. Every rank has a dense matrix G of 400 x 400 in single precision. y = G x, and x again from y by CGLS, from zero.
 * 2. y = D x, the first derivative of a bell over the ranks, and CGLS on |D u - y|^2 + 0.1^2 |u|^2.
 * 3. The matrices on the device, their vectors on the host: copies of one block run beside the work of another.
 */
#include "check.h"
#include "device_or_host.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum { N = 400, POINTS = 201, BLOCKS = 3 };

static int32_t rank;

/* |b - A u| / |b| after at most `iterations` of CGLS from zero; |b|^2 + damp^2 |u|^2 where it is damped. */
static double solve(dlops_operator *A, dlops_array *b, dlops_array *u, int64_t iterations, double damp)
{
    dlops_solver *cgls = NULL;
    dlops_array *residual = NULL;
    double left = 0.0, whole = 0.0;
    CHECK(dlops_solver_create(DLOPS_SOLVER_CGLS, A, &cgls));
    CHECK(dlops_solver_set_max_iterations(cgls, iterations));
    CHECK(dlops_solver_set_damping(cgls, damp));
    CHECK(dlops_solver_solve(cgls, b, u));
    CHECK(dlops_operator_create_range_array(A, &residual));
    CHECK(dlops_array_copy(b, residual));
    CHECK(dlops_operator_apply_scaled(A, DLOPS_FORWARD, dlops_real(-1.0), u, dlops_real(1.0), residual));
    CHECK(dlops_array_norm(residual, &left));
    CHECK(dlops_array_norm(b, &whole));
    dlops_array_destroy(&residual);
    dlops_solver_destroy(&cgls);
    return left / whole;
}

/* A well-conditioned matrix of pseudo-random numbers, on this rank's own context. */
static dlops_operator *matrix(const dlops_context *local, uint32_t seed)
{
    const int64_t n = N;
    dlops_space *space = NULL;
    dlops_operator *G = NULL;
    float *elements = malloc(sizeof(float) * N * N);
    if (elements == NULL)
        MPI_Abort(MPI_COMM_WORLD, 1);
    for (int k = 0; k < N * N; k++) {
        seed = 1664525u * seed + 1013904223u;
        elements[k] = (float)(seed >> 8) / (1 << 24) - 0.5f + (k % (N + 1) == 0 ? 20.0f : 0.0f);
    }
    CHECK(dlops_space_create(local, DLOPS_FLOAT32, 1, &n, NULL, &space));
    CHECK(dlops_matrix_mult_create(space, N, N, elements, NULL, &G));
    free(elements);
    dlops_space_destroy(&space);
    return G;
}

/* y = A x for x of ones, and |y - A u| / |y| for the u that CGLS finds. */
static double round_trip(dlops_operator *A)
{
    dlops_array *x = NULL, *y = NULL, *u = NULL;
    CHECK(dlops_operator_create_domain_array(A, &x));
    CHECK(dlops_operator_create_domain_array(A, &u));
    CHECK(dlops_operator_create_range_array(A, &y));
    CHECK(dlops_array_fill(x, dlops_real(1.0)));
    CHECK(dlops_operator_apply(A, DLOPS_FORWARD, x, y));
    const double misfit = solve(A, y, u, 50, 0.0);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_array_destroy(&u);
    return misfit;
}

static double derivative(const dlops_context *ctx)
{
    const int64_t n = POINTS;
    const double step = 0.05;
    int64_t start = 0, count = 0;
    dlops_space *model = NULL, *host = NULL;
    dlops_operator *D = NULL;
    dlops_array *bell = NULL, *x = NULL, *y = NULL, *u = NULL;
    dlops_first_derivative_options choices = DLOPS_FIRST_DERIVATIVE_OPTIONS_INIT;
    void *data = NULL;
    choices.sampling = step;
    CHECK(dlops_space_create(ctx, DLOPS_FLOAT64, 1, &n, NULL, &model));
    CHECK(dlops_first_derivative_create(model, 0, &choices, &D));
    /* Filled on the host, then copied to wherever the model is. */
    CHECK(dlops_space_with_memory(model, DLOPS_HOST, &host));
    CHECK(dlops_array_create(host, &bell));
    CHECK(dlops_space_get_local_start(host, &start));
    CHECK(dlops_space_get_local_count(host, &count));
    CHECK(dlops_array_acquire(bell, DLOPS_ACCESS_WRITE, &data));
    for (int64_t i = 0; i < count; i++) {
        const double t = ((double)(start + i) - POINTS / 2) * step;
        ((double *)data)[i] = exp(-t * t);
    }
    CHECK(dlops_array_release(bell));
    CHECK(dlops_array_create(model, &x));
    CHECK(dlops_array_create(model, &u));
    CHECK(dlops_array_copy(bell, x));
    CHECK(dlops_operator_create_range_array(D, &y));
    CHECK(dlops_operator_apply(D, DLOPS_FORWARD, x, y));
    const double misfit = solve(D, y, u, 100, 0.1);
    dlops_array_destroy(&bell);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_array_destroy(&u);
    dlops_operator_destroy(&D);
    dlops_space_destroy(&host);
    dlops_space_destroy(&model);
    return misfit;
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    dlops_context *ctx = NULL, *local = NULL;
    char name[256];
    device_or_host(&ctx, name, sizeof name);
    CHECK(dlops_context_get_rank(ctx, &rank));
    CHECK(dlops_context_get_local(ctx, &local));

    /* One block a rank. */
    dlops_operator *blocks[BLOCKS] = {NULL}, *A = NULL, *B = NULL;
    dlops_event *start = NULL, *end = NULL;
    double milliseconds = 0.0;
    for (uint32_t k = 0; k < BLOCKS; k++)
        blocks[k] = matrix(local, 7u + k + BLOCKS * (uint32_t)rank);
    CHECK(dlops_block_diag_create(ctx, 1, (const dlops_operator *const *)blocks, NULL, &A));
    CHECK(dlops_event_create(ctx, &start));
    CHECK(dlops_event_create(ctx, &end));
    CHECK(dlops_event_record(start));
    const double dense = round_trip(A);
    CHECK(dlops_event_record(end));
    CHECK(dlops_event_get_elapsed(start, end, &milliseconds));

    const double slope = derivative(ctx);

    /* Several blocks a rank, with model and data on the host. */
    for (int k = 0; k < BLOCKS; k++) {
        dlops_operator *moved = NULL;
        CHECK(dlops_operator_with_memory(blocks[k], DLOPS_HOST, DLOPS_HOST, &moved));
        dlops_operator_destroy(&blocks[k]);
        blocks[k] = moved;
    }
    CHECK(dlops_block_diag_create(ctx, BLOCKS, (const dlops_operator *const *)blocks, NULL, &B));
    const double sandwich = round_trip(B);

    if (rank == 0)
        printf("on %s: misfit of dense blocks %.1e (%.1f ms), of the derivative %.1e, with vectors on the host %.1e\n", name,
               dense, milliseconds, slope, sandwich);
    const int wrong = !(dense < 1e-4 && slope < 0.1 && sandwich < 1e-4);

    for (int k = 0; k < BLOCKS; k++)
        dlops_operator_destroy(&blocks[k]);
    dlops_event_destroy(&start);
    dlops_event_destroy(&end);
    dlops_operator_destroy(&A);
    dlops_operator_destroy(&B);
    dlops_context_destroy(&local);
    dlops_context_destroy(&ctx);
    MPI_Finalize();
    return wrong;
}
