/*
 * The first derivative of a distributed array, and conjugate gradients on D^H D + I.
 *
 *     mpirun -n 4 quickstart
 *
 * x is a bell over 201 points, each rank fills its own part. y = D x is compared with the exact derivative; then
 * (D^H D + I) u = b is solved for a known u.
 */
#include <dlops_mpi.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>

#define CHECK(call)                                                                                                  \
    do {                                                                                                             \
        if ((call) != DLOPS_OK) {                                                                                    \
            fprintf(stderr, "%s\n", dlops_last_error());                                                             \
            MPI_Abort(MPI_COMM_WORLD, 1);                                                                            \
        }                                                                                                            \
    } while (0)

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    dlops_context *ctx = NULL;
    CHECK(dlops_context_create_mpi(MPI_COMM_WORLD, NULL, &ctx));

    /* 201 points from -5 to 5, cut over the ranks. */
    const int64_t n = 201;
    const double step = 0.05;
    dlops_space *model = NULL;
    CHECK(dlops_space_create(ctx, DLOPS_FLOAT64, 1, &n, NULL, &model));
    int64_t start = 0, count = 0;
    CHECK(dlops_space_get_local_start(model, &start));
    CHECK(dlops_space_get_local_count(model, &count));

    dlops_first_derivative_options choices = DLOPS_FIRST_DERIVATIVE_OPTIONS_INIT;
    choices.sampling = step;
    dlops_operator *D = NULL, *I = NULL, *DH = NULL, *DHD = NULL, *A = NULL;
    CHECK(dlops_first_derivative_create(model, 0, &choices, &D));

    dlops_array *x = NULL, *y = NULL, *b = NULL, *u = NULL;
    CHECK(dlops_array_create(model, &x));
    CHECK(dlops_operator_create_range_array(D, &y));
    void *data = NULL;
    CHECK(dlops_array_acquire(x, DLOPS_ACCESS_WRITE, &data));
    for (int64_t i = 0; i < count; ++i) {
        const double t = ((double)(start + i) - 100.0) * step;
        ((double *)data)[i] = exp(-t * t);
    }
    CHECK(dlops_array_release(x));

    /* y = D x; neighbouring ranks exchange one sample. */
    CHECK(dlops_operator_apply(D, DLOPS_FORWARD, x, y));
    double largest = 0.0;
    CHECK(dlops_array_acquire(y, DLOPS_ACCESS_READ, &data));
    for (int64_t i = 0; i < count; ++i) {
        const double t = ((double)(start + i) - 100.0) * step;
        largest = fmax(largest, fabs(((double *)data)[i] + 2.0 * t * exp(-t * t)));
    }
    CHECK(dlops_array_release(y));
    double error = 0.0;
    MPI_Allreduce(&largest, &error, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);

    /* A = D^H D + I, b = A x; solve A u = b. */
    CHECK(dlops_identity_create(model, NULL, &I));
    CHECK(dlops_operator_adjoint(D, &DH));
    const dlops_operator *factors[] = {DH, D};
    CHECK(dlops_operator_product(2, factors, &DHD));
    const dlops_operator *terms[] = {DHD, I};
    CHECK(dlops_operator_sum(2, NULL, terms, &A));
    CHECK(dlops_array_create(model, &b));
    CHECK(dlops_array_create(model, &u));
    CHECK(dlops_operator_apply(A, DLOPS_FORWARD, x, b));

    dlops_solver *cg = NULL;
    CHECK(dlops_solver_create(DLOPS_SOLVER_CG, A, &cg));
    CHECK(dlops_solver_set_tolerances(cg, 1e-10, 0.0, 0.0));
    CHECK(dlops_solver_set_monitor(cg, dlops_monitor_table, NULL, NULL)); /* the table PyLops users know, on rank 0 */
    CHECK(dlops_solver_solve(cg, b, u));

    double norm = 0.0, difference = 0.0;
    int32_t rank = 0, size = 0;
    CHECK(dlops_array_norm(x, &norm));
    CHECK(dlops_array_axpy(dlops_real(-1.0), x, u));
    CHECK(dlops_array_norm(u, &difference));
    CHECK(dlops_context_get_rank(ctx, &rank));
    CHECK(dlops_context_get_size(ctx, &size));
    if (rank == 0) {
        printf("\n%d ranks: derivative within %.1e of the exact one, solution within %.1e of the known one\n", size, error,
               difference / norm);
    }
    const int wrong = !(error < 5e-3 && difference < 1e-8 * norm);

    dlops_solver_destroy(&cg);
    dlops_array_destroy(&u);
    dlops_array_destroy(&b);
    dlops_array_destroy(&y);
    dlops_array_destroy(&x);
    dlops_operator_destroy(&A);
    dlops_operator_destroy(&DHD);
    dlops_operator_destroy(&DH);
    dlops_operator_destroy(&I);
    dlops_operator_destroy(&D);
    dlops_space_destroy(&model);
    dlops_context_destroy(&ctx);
    MPI_Finalize();
    return wrong;
}
