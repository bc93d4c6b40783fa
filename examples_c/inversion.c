#include "inversion.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

void model_errors(const poststack_problem *p, dlops_array *x, double *error, double *band_error)
{
    dlops_array *difference, *seen;
    CHECK(dlops_array_create(p->space, &difference));
    CHECK(dlops_array_create(p->space, &seen));
    CHECK(dlops_array_copy(x, difference));
    CHECK(dlops_array_axpy(dlops_real(-1), p->model, difference));
    CHECK(dlops_array_norm(difference, error));
    CHECK(dlops_operator_apply(p->modelling, DLOPS_FORWARD, difference, seen));
    CHECK(dlops_array_norm(seen, band_error));
    CHECK(dlops_array_destroy(&difference));
    CHECK(dlops_array_destroy(&seen));
}

static double data_residual(const poststack_problem *p, dlops_array *x)
{
    double norm;
    dlops_array *r;
    CHECK(dlops_array_create(p->space, &r));
    CHECK(dlops_array_copy(p->data, r));
    CHECK(dlops_operator_apply_scaled(p->modelling, DLOPS_FORWARD, dlops_real(1), x, dlops_real(-1), r)); /* r = G x - d */
    CHECK(dlops_array_norm(r, &norm));
    CHECK(dlops_array_destroy(&r));
    return norm;
}

void inversion_run(inversion *v, int32_t method, dlops_operator *operator_, dlops_array *right_side,
                   const poststack_problem *p, int64_t iterations)
{
    dlops_solver *solver;
    if (p->rank == 0) printf("\n%s: %s\n", v->title, v->formula);
    CHECK(dlops_array_create(p->space, &v->estimate));
    CHECK(dlops_array_copy(p->background, v->estimate));
    CHECK(dlops_solver_create(method, operator_, &solver));
    CHECK(dlops_solver_set_initial_guess(solver, DLOPS_GUESS_GIVEN));
    CHECK(dlops_solver_set_max_iterations(solver, iterations));
    CHECK(dlops_solver_set_tolerances(solver, 0, 0, 0)); /* all the iterations */
    CHECK(dlops_solver_set_monitor(solver, dlops_monitor_table, NULL, NULL));

    MPI_Barrier(MPI_COMM_WORLD);
    double start = MPI_Wtime();
    CHECK(dlops_solver_solve(solver, right_side, v->estimate));
    v->seconds = MPI_Wtime() - start;

    CHECK(dlops_solver_get_history(solver, DLOPS_HISTORY_RESIDUAL, NULL, 0, &v->count));
    v->cost = malloc((size_t)v->count * sizeof *v->cost);
    if (!v->cost) MPI_Abort(MPI_COMM_WORLD, 1);
    CHECK(dlops_solver_get_history(solver, DLOPS_HISTORY_RESIDUAL, v->cost, v->count, NULL));
    CHECK(dlops_solver_destroy(&solver));

    model_errors(p, v->estimate, &v->error, &v->band_error);
    v->residual = data_residual(p, v->estimate);
}

void inversion_destroy(inversion *v)
{
    CHECK(dlops_array_destroy(&v->estimate));
    free(v->cost);
    v->cost = NULL;
}
