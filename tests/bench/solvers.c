/*
 * What an iteration of CG and CGLS costs beyond its operator applications, beside the bytes that its updates must move:
 * 11 n elements for CG, 5 n + 3 m read and 2 n + m written for CGLS (n unknowns, m data).
 *
 *     mpirun -n 1 bench_solvers        (or 2)
 *
 * The operator is 2 I - L/8 with the 5-point Laplacian, 2048 x 2048 float64, 100 iterations.
 */
#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double now(void)
{
    MPI_Barrier(MPI_COMM_WORLD);
    return MPI_Wtime();
}

/* Seconds that this rank's memory needs to read and write so many elements of so many long vectors at once. */
static double seconds_of(const double *const *x, double *y, int64_t n, int reads, int writes)
{
    streams s = {.reads = reads, .writes = 1, .bytes = (size_t)n * sizeof(double)};
    for (int k = 0; k < reads; ++k) s.in[k] = x[k];
    s.out[0] = y;
    (void)writes;
    double best = 1e30;
    for (int k = 0; k < 15; ++k) {
        double start = now();
        stream_loop(&s);
        double seconds = now() - start;
        if (seconds < best) best = seconds;
    }
    return best;
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    dlops_context *context = NULL;
    CHECK(dlops_context_create_mpi(MPI_COMM_WORLD, NULL, &context));
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    const int64_t shape[] = {2048, 2048};
    const int iterations = 100;
    dlops_space *space = NULL;
    dlops_operator *laplacian = NULL, *identity = NULL, *a = NULL;
    CHECK(dlops_space_create(context, DLOPS_FLOAT64, 2, shape, NULL, &space));
    CHECK(dlops_laplacian_create(space, NULL, &laplacian));
    CHECK(dlops_identity_create(space, NULL, &identity));
    CHECK(dlops_operator_sum(2, (dlops_scalar[]){dlops_real(-0.125), dlops_real(2)},
                             (const dlops_operator *const[]){laplacian, identity}, &a));
    dlops_array *b = NULL, *x = NULL;
    int64_t local = 0;
    CHECK(dlops_space_get_local_count(space, &local));
    CHECK(dlops_array_create(space, &b));
    CHECK(dlops_array_create(space, &x));
    CHECK(dlops_array_fill_random(b, DLOPS_NORMAL, 1));

    double *vectors[4];
    for (int k = 0; k < 4; ++k) {
        vectors[k] = malloc((size_t)local * sizeof(double) + 64);
        if (!vectors[k]) MPI_Abort(MPI_COMM_WORLD, 1);
        memset(vectors[k], 0, (size_t)local * sizeof(double));
    }
    /* axpy moves three elements for each; scaled to what the method must move. */
    double axpy = seconds_of((const double *const[]){vectors[0], vectors[1]}, vectors[1], local, 2, 1);

    if (rank == 0) printf("%-8s %14s %16s %16s %8s\n", "method", "ms/iteration", "operators ms", "updates ms", "ratio");
    for (int32_t method = DLOPS_SOLVER_CG; method <= DLOPS_SOLVER_CGLS; ++method) {
        double total[5], operators[5], ratio = 0;
        for (int repeat = 0; repeat < 5; ++repeat) {
            dlops_solver *solver = NULL;
            CHECK(dlops_solver_create(method, a, &solver));
            CHECK(dlops_solver_set_tolerances(solver, 0, 0, 0));
            CHECK(dlops_solver_set_max_iterations(solver, iterations));
            CHECK(dlops_solver_setup(solver, b, x));
            int32_t reason = DLOPS_REASON_RUNNING;
            double start = now();
            while (reason == DLOPS_REASON_RUNNING) CHECK(dlops_solver_step(solver, &reason));
            total[repeat] = (now() - start) / iterations;
            CHECK(dlops_solver_finalize(solver));
            start = now();
            for (int k = 0; k < iterations; ++k) {
                CHECK(dlops_operator_apply(a, DLOPS_FORWARD, b, x));
                if (method == DLOPS_SOLVER_CGLS) CHECK(dlops_operator_apply(a, DLOPS_ADJOINT, b, x));
            }
            operators[repeat] = (now() - start) / iterations;
            dlops_solver_destroy(&solver);
        }
        double least = 1e30, alone = 1e30;
        for (int k = 0; k < 5; ++k) {
            if (total[k] < least) least = total[k];
            if (operators[k] < alone) alone = operators[k];
        }
        double updates = axpy * 11.0 / 3.0;
        ratio = (least - alone) / updates;
        if (rank == 0) {
            printf("%-8s %14.3f %16.3f %16.3f %8.2f\n", method == DLOPS_SOLVER_CG ? "CG" : "CGLS", 1e3 * least, 1e3 * alone, 1e3 * updates, ratio);
        }
    }
    for (int k = 0; k < 4; ++k) free(vectors[k]);
    dlops_array_destroy(&x);
    dlops_array_destroy(&b);
    dlops_operator_destroy(&a);
    dlops_operator_destroy(&identity);
    dlops_operator_destroy(&laplacian);
    dlops_space_destroy(&space);
    dlops_context_destroy(&context);
    MPI_Finalize();
    return 0;
}
