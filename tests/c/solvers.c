/* Solvers: a known solution, settings and their refusals, reasons, monitors and their failures, the host's own loop. */
#include "check.h"

struct problem {
    dlops_space *space;
    dlops_operator *a;
    dlops_array *truth, *b, *x;
    dlops_solver *solver;
};

/* (I + D^T D) x = b with a random x. */
static struct problem pose(dlops_context *context, int32_t method, int64_t n)
{
    struct problem p = {0};
    p.space = line(context, DLOPS_FLOAT64, n);
    p.a = definite(p.space);
    p.truth = drawn(p.space, 5);
    p.b = filled(p.space, NAN);
    p.x = filled(p.space, NAN);
    OK(dlops_operator_apply(p.a, DLOPS_FORWARD, p.truth, p.b));
    OK(dlops_solver_create(method, p.a, &p.solver));
    return p;
}

static void release(struct problem *p)
{
    dlops_solver_destroy(&p->solver);
    dlops_operator_destroy(&p->a);
    dlops_array_destroy(&p->truth);
    dlops_array_destroy(&p->b);
    dlops_array_destroy(&p->x);
    dlops_space_destroy(&p->space);
}

static int32_t reason_of(const dlops_solver *solver)
{
    int32_t reason = 99;
    OK(dlops_solver_get_reason(solver, &reason));
    return reason;
}

static int64_t iterations_of(const dlops_solver *solver)
{
    int64_t iterations = -1;
    OK(dlops_solver_get_iterations(solver, &iterations));
    return iterations;
}

static double set_one(dlops_array *array, int64_t index, double value)
{
    dlops_space *space = NULL;
    int64_t start, count;
    double *data, old = 0;
    OK(dlops_array_get_space(array, &space));
    OK(dlops_space_get_local_start(space, &start));
    OK(dlops_space_get_local_count(space, &count));
    dlops_space_destroy(&space);
    borrowed elements = lend(array, DLOPS_ACCESS_READ_WRITE, &data);
    if (index >= start && index < start + count) {
        old = data[index - start];
        data[index - start] = value;
    }
    give_back(elements, 1);
    return old;
}

static void solves(dlops_context *context, int32_t method)
{
    struct problem p = pose(context, method, 40);
    double history[64], last = -1, seconds = -1, other = -1;
    int64_t count = 0, bytes = 0;
    OK(dlops_solver_set_tolerances(p.solver, 1e-12, 0, 0));
    OK(dlops_solver_solve(p.solver, p.b, p.x));
    CHECK(reason_of(p.solver) == DLOPS_REASON_RELATIVE_TOLERANCE && strlen(dlops_reason_text(reason_of(p.solver))) > 3);
    OK(dlops_solver_get_history(p.solver, DLOPS_HISTORY_RESIDUAL, history, 64, &count));
    CHECK(count == iterations_of(p.solver) + 1 && count > 3 && count <= 64);
    OK(dlops_solver_get_residual_norm(p.solver, &last));
    CHECK(last == history[count - 1] && fabs(history[0] - norm(p.b)) <= 1e-12 * history[0]);
    OK(dlops_solver_get_damped_norm(p.solver, &other));
    CHECK(other == last);
    OK(dlops_solver_get_convergence_norm(p.solver, &other));
    OK(dlops_solver_get_seconds(p.solver, &seconds));
    OK(dlops_solver_get_memory_usage(p.solver, &bytes));
    CHECK(seconds >= 0 && bytes > 0);
    OK(dlops_array_axpy(dlops_real(-1), p.truth, p.x));
    CHECK(norm(p.x) <= 1e-10 * norm(p.truth));

    /* The truth as the guess leaves little to do; the solver can be used again. */
    OK(dlops_array_copy(p.truth, p.x));
    OK(dlops_solver_set_initial_guess(p.solver, DLOPS_GUESS_GIVEN));
    OK(dlops_solver_solve(p.solver, p.b, p.x));
    CHECK(iterations_of(p.solver) <= 1);
    OK(dlops_solver_set_initial_guess(p.solver, DLOPS_GUESS_ZERO));

    /* The reasons. */
    OK(dlops_solver_set_max_iterations(p.solver, 2));
    OK(dlops_solver_solve(p.solver, p.b, p.x));
    CHECK(reason_of(p.solver) == DLOPS_REASON_ITERATION_LIMIT && iterations_of(p.solver) == 2);
    OK(dlops_solver_set_max_iterations(p.solver, 1000000));
    OK(dlops_solver_set_tolerances(p.solver, 0, 1e-3, 0));
    OK(dlops_solver_solve(p.solver, p.b, p.x));
    CHECK(reason_of(p.solver) == DLOPS_REASON_ABSOLUTE_TOLERANCE);
    OK(dlops_solver_set_tolerances(p.solver, 1e-5, 0, 0));
    last = set_one(p.b, 17, NAN);
    OK(dlops_solver_solve(p.solver, p.b, p.x));
    CHECK(reason_of(p.solver) == DLOPS_REASON_NOT_FINITE);
    set_one(p.b, 17, INFINITY);
    OK(dlops_solver_solve(p.solver, p.b, p.x));
    CHECK(reason_of(p.solver) == DLOPS_REASON_NOT_FINITE);
    set_one(p.b, 17, last);
    OK(dlops_solver_solve(p.solver, p.b, p.x));
    CHECK(reason_of(p.solver) == DLOPS_REASON_RELATIVE_TOLERANCE);
    release(&p);
}

static void indefinite(dlops_context *context)
{
    struct problem p = pose(context, DLOPS_SOLVER_CG, 30);
    dlops_operator *negative = NULL;
    dlops_solver *solver = NULL;
    OK(dlops_operator_scale(dlops_real(-1), p.a, &negative));
    OK(dlops_solver_create(DLOPS_SOLVER_CG, negative, &solver));
    OK(dlops_solver_solve(solver, p.b, p.x));
    CHECK(reason_of(solver) == DLOPS_REASON_INDEFINITE);
    dlops_operator_destroy(&negative);
    dlops_solver_destroy(&solver);
    release(&p);
}

static void settings(dlops_context *context)
{
    struct problem p = pose(context, DLOPS_SOLVER_CG, 12);
    const char *keys[] = {"rtol", "atol", "dtol", "tolerance", "max_iterations", "time_limit", "damp", "initial_guess", "show"};
    dlops_space *rows = plane(context, 12, 12, 0), *columns = plane(context, 12, 12, 1), *small = line(context, DLOPS_FLOAT64, 11);
    dlops_array *less = filled(small, 1);
    dlops_operator *wrong = NULL;
    dlops_solver *none = NULL, *copy = NULL;
    int32_t reason;
    REFUSED(dlops_solver_create(3, p.a, &none), DLOPS_ERROR_ARGUMENT, "3");
    REFUSED(dlops_solver_create(DLOPS_SOLVER_CG, NULL, &none), DLOPS_ERROR_NULL_POINTER, "NULL");
    REFUSED(dlops_solver_create(DLOPS_SOLVER_CG, p.a, NULL), DLOPS_ERROR_NULL_POINTER, "solver is NULL");
    OK(dlops_zero_create(p.space, small, &wrong));
    REFUSED(dlops_solver_create(DLOPS_SOLVER_CG, wrong, &none), DLOPS_ERROR_SPACE, "congruent");
    REFUSED(dlops_solver_set_preconditioner(p.solver, wrong), DLOPS_ERROR_SPACE, "congruent");
    CHECK(none == NULL);
    REFUSED(dlops_solver_set_tolerances(p.solver, -1, 0, 0), DLOPS_ERROR_OPTION, "rtol is -1");
    REFUSED(dlops_solver_set_tolerances(p.solver, 0, NAN, 0), DLOPS_ERROR_OPTION, "atol is NaN");
    REFUSED(dlops_solver_set_tolerances(p.solver, 0, 0, INFINITY), DLOPS_ERROR_OPTION, "dtol is inf");
    REFUSED(dlops_solver_set_tolerance_rule(p.solver, 2), DLOPS_ERROR_ARGUMENT, "2");
    REFUSED(dlops_solver_set_max_iterations(p.solver, -1), DLOPS_ERROR_OPTION, "max_iterations is -1");
    REFUSED(dlops_solver_set_time_limit(p.solver, -0.5), DLOPS_ERROR_OPTION, "time_limit is -0.5");
    REFUSED(dlops_solver_set_damping(p.solver, 1), DLOPS_ERROR_UNSUPPORTED, "");
    REFUSED(dlops_solver_set_initial_guess(p.solver, 2), DLOPS_ERROR_ARGUMENT, "2");
    REFUSED(dlops_solver_set_show(p.solver, -1, 0, 1), DLOPS_ERROR_OPTION, "-1");
    REFUSED(dlops_solver_set_show(p.solver, 1, 0, 0), DLOPS_ERROR_OPTION, "0");
    REFUSED(dlops_solver_set_option(p.solver, "rtoll", "1"), DLOPS_ERROR_OPTION, "rtoll");
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        CHECK(strstr(dlops_last_error(), keys[k]));
    REFUSED(dlops_solver_set_option(p.solver, "rtol", "small"), DLOPS_ERROR_OPTION, "small");
    REFUSED(dlops_solver_set_option(p.solver, "rtol", ""), DLOPS_ERROR_OPTION, "rtol");
    REFUSED(dlops_solver_set_option(p.solver, "max_iterations", "1e3"), DLOPS_ERROR_OPTION, "1e3");
    REFUSED(dlops_solver_set_option(p.solver, "initial_guess", "good"), DLOPS_ERROR_OPTION, "good");
    REFUSED(dlops_solver_set_option(p.solver, "show", "1,2"), DLOPS_ERROR_OPTION, "1,2");
    REFUSED(dlops_solver_set_option(p.solver, "\xff", "1"), DLOPS_ERROR_ARGUMENT, "UTF-8");
    REFUSED(dlops_solver_set_option(p.solver, NULL, "1"), DLOPS_ERROR_NULL_POINTER, "key is NULL");
    REFUSED(dlops_solver_set_option(p.solver, "rtol", NULL), DLOPS_ERROR_NULL_POINTER, "value is NULL");
    OK(dlops_solver_set_option(p.solver, "rtol", "1e-9"));
    OK(dlops_solver_set_option(p.solver, "max_iterations", "100"));
    OK(dlops_solver_set_option(p.solver, "tolerance", "pylops"));
    OK(dlops_solver_set_option(p.solver, "tolerance", "standard"));

    REFUSED(dlops_solver_solve(p.solver, NULL, p.x), DLOPS_ERROR_NULL_POINTER, "b is NULL");
    REFUSED(dlops_solver_solve(p.solver, p.b, NULL), DLOPS_ERROR_NULL_POINTER, "x is NULL");
    AGREED(dlops_solver_solve(p.solver, p.b, p.b), DLOPS_ERROR_OVERLAP, "share memory", 0);
    AGREED(dlops_solver_solve(p.solver, less, p.x), DLOPS_ERROR_SPACE, "b is of", 0);
    AGREED(dlops_solver_solve(p.solver, p.b, rank == size - 1 ? less : p.x), DLOPS_ERROR_SPACE, "x is of", size - 1);
    REFUSED(dlops_solver_step(p.solver, &reason), DLOPS_ERROR_STATE, "not set up");
    OK(dlops_solver_finalize(p.solver));    /* nothing to end */
    OK(dlops_solver_set_max_iterations(p.solver, rank == size - 1 ? 7 : 100));
    if (size > 1) {
        REFUSED(dlops_solver_solve(p.solver, p.b, p.x), DLOPS_ERROR_COLLECTIVE, "max_iterations: 7");
        CHECK(strstr(dlops_last_error(), "rank 0") && strstr(dlops_last_error(), "max_iterations: 100"));
    }
    OK(dlops_solver_set_max_iterations(p.solver, 100));
    OK(dlops_solver_retain(p.solver, &copy));
    OK(dlops_solver_destroy(&p.solver));
    OK(dlops_solver_solve(copy, p.b, p.x));
    CHECK(reason_of(copy) == DLOPS_REASON_RELATIVE_TOLERANCE);
    REFUSED(dlops_solver_get_history(copy, 7, NULL, 0, NULL), DLOPS_ERROR_ARGUMENT, "7");
    REFUSED(dlops_solver_get_history(copy, 0, NULL, 3, NULL), DLOPS_ERROR_NULL_POINTER, "values is NULL");
    REFUSED(dlops_solver_get_history(copy, 0, NULL, -3, NULL), DLOPS_ERROR_ARGUMENT, "-3");
    OK(dlops_solver_view(copy));
    dlops_solver_destroy(&copy);
    dlops_operator_destroy(&wrong);
    dlops_array_destroy(&less);
    dlops_space_destroy(&rows);
    dlops_space_destroy(&columns);
    dlops_space_destroy(&small);
    release(&p);
}

/* What a monitor does: on the last rank, return `answer` at iteration `at`; on all, count. */
struct watcher {
    int64_t at;
    int32_t answer;
    int calls, starts, ends, gone, reenter;
    dlops_array *b, *x;
};

static int32_t watch(dlops_solver *solver, int32_t event, void *user)
{
    struct watcher *w = user;
    w->calls++;
    w->starts += event == DLOPS_EVENT_START;
    w->ends += event == DLOPS_EVENT_END;
    if (w->reenter) {
        REFUSED(dlops_solver_solve(solver, w->b, w->x), DLOPS_ERROR_STATE, "running");
        REFUSED(dlops_solver_step(solver, NULL), DLOPS_ERROR_STATE, "running");
        REFUSED(dlops_solver_finalize(solver), DLOPS_ERROR_STATE, "running");
    }
    return rank == size - 1 && event != DLOPS_EVENT_END && iterations_of(solver) == w->at ? w->answer : 0;
}

static void gone(void *user) { ((struct watcher *)user)->gone++; }

static void same_everywhere(int64_t value)
{
#ifdef DLOPS_TEST_MPI
    int64_t extremes[2] = {value, -value};
    MPI_Allreduce(MPI_IN_PLACE, extremes, 2, MPI_INT64_T, MPI_MAX, MPI_COMM_WORLD);
    CHECK(extremes[0] == value && extremes[1] == -value);
#else
    (void)value;
#endif
}

static void monitors(dlops_context *context, int32_t method)
{
    struct problem p = pose(context, method, 60);
    struct watcher stop = {.at = 3, .answer = DLOPS_STOP}, fail = {.at = 2, .answer = 42}, first = {.at = 0, .answer = -7};
    struct watcher reentrant = {.at = -1, .reenter = 1, .b = p.b, .x = p.x};
    OK(dlops_solver_set_tolerances(p.solver, 0, 0, 0));
    OK(dlops_solver_set_max_iterations(p.solver, 20));
    OK(dlops_solver_set_monitor(p.solver, watch, &stop, gone));
    OK(dlops_solver_solve(p.solver, p.b, p.x));
    CHECK(reason_of(p.solver) == DLOPS_REASON_MONITOR && stop.starts == 1 && stop.ends == 1);
    CHECK(iterations_of(p.solver) >= 3 && iterations_of(p.solver) <= 4);
    same_everywhere(iterations_of(p.solver));
    OK(dlops_solver_set_monitor(p.solver, watch, &fail, gone));
    CHECK(stop.gone == 1);
    AGREED(dlops_solver_solve(p.solver, p.b, p.x), DLOPS_ERROR_CALLBACK, "42", size - 1);
    CHECK(fail.starts == 1);
    same_everywhere(iterations_of(p.solver));
    OK(dlops_solver_set_monitor(p.solver, watch, &first, gone));
    AGREED(dlops_solver_solve(p.solver, p.b, p.x), DLOPS_ERROR_CALLBACK, "-7", size - 1);
    first.at = 20;    /* the last iteration, which no reduction follows */
    AGREED(dlops_solver_solve(p.solver, p.b, p.x), DLOPS_ERROR_CALLBACK, "-7", size - 1);
    OK(dlops_solver_set_monitor(p.solver, watch, &reentrant, gone));
    OK(dlops_solver_solve(p.solver, p.b, p.x));    /* a failed solve leaves a solver that works */
    CHECK(reentrant.calls == 22 && reason_of(p.solver) == DLOPS_REASON_ITERATION_LIMIT);
    OK(dlops_solver_set_monitor(p.solver, NULL, NULL, NULL));
    CHECK(fail.gone == 1 && first.gone == 1 && reentrant.gone == 1);
    release(&p);
}

static int32_t rest(dlops_solver *solver, int32_t event, void *user)
{
    (void)solver, (void)event, (void)user;
    for (volatile long i = 0; i < 200000; i++) { }
    return 0;
}

static void time_limit(dlops_context *context)
{
    struct problem p = pose(context, DLOPS_SOLVER_CG, 3000);
    OK(dlops_solver_set_tolerances(p.solver, 0, 0, 0));
    OK(dlops_solver_set_max_iterations(p.solver, 100000000));
    OK(dlops_solver_set_time_limit(p.solver, 0.02));
    OK(dlops_solver_set_monitor(p.solver, rest, NULL, NULL));
    OK(dlops_solver_solve(p.solver, p.b, p.x));
    CHECK(reason_of(p.solver) == DLOPS_REASON_TIME_LIMIT);
    same_everywhere(iterations_of(p.solver));
    release(&p);
}

/* The loop is the host's; the result is that of solve. */
static void own_loop(dlops_context *context)
{
    struct problem p = pose(context, DLOPS_SOLVER_CGLS, 33);
    dlops_array *other = filled(p.space, 0);
    dlops_operator *inverse = NULL;
    int32_t reason = 99;
    int64_t steps = 0;
    OK(dlops_solver_set_damping(p.solver, 0.1));
    OK(dlops_solver_solve(p.solver, p.b, other));
    OK(dlops_solver_setup(p.solver, p.b, p.x));
    do {
        OK(dlops_solver_step(p.solver, &reason));
        steps++;
    } while (reason == DLOPS_REASON_RUNNING);
    OK(dlops_solver_finalize(p.solver));
    CHECK(steps == iterations_of(p.solver) && reason == reason_of(p.solver) && reason > 0);
    OK(dlops_solver_create_operator(p.solver, &inverse));
    OK(dlops_operator_apply(inverse, DLOPS_FORWARD, p.b, p.truth));
    OK(dlops_array_axpy(dlops_real(-1), other, p.x));
    OK(dlops_array_axpy(dlops_real(-1), other, p.truth));
    CHECK(norm(p.x) <= 1e-13 * norm(other) && norm(p.truth) <= 1e-13 * norm(other));
    dlops_operator_destroy(&inverse);
    dlops_array_destroy(&other);
    release(&p);
}

int main(void)
{
    dlops_context *context;
    begin();
    context = world(NULL);
    solves(context, DLOPS_SOLVER_CG);
    solves(context, DLOPS_SOLVER_CGLS);
    indefinite(context);
    settings(context);
    monitors(context, DLOPS_SOLVER_CG);
    monitors(context, DLOPS_SOLVER_CGLS);
    time_limit(context);
    own_loop(context);
    dlops_context_destroy(&context);
    return end();
}
