/* Nothing is allocated after set-up in the vector verbs and in the iterations of CG and CGLS, whatever is set. A reduction
   by itself takes a small state of its own; those of a solver have theirs. */
#include "counting.h"

#include "check.h"

/* Bytes of the state of a reduction, however long the arrays are. */
enum { state_bytes = 4096 };

static int32_t watch(dlops_solver *solver, int32_t event, void *user)
{
    double norm = 0;
    int64_t iterations = 0;
    OK(dlops_solver_get_iterations(solver, &iterations));
    OK(dlops_solver_get_residual_norm(solver, &norm));
    *(int *)user += event == DLOPS_EVENT_ITERATION;
    return 0;
}

/* Ten iterations after a set-up, then ten more after another of the same solver, whose set-up counts too. */
static void iterations(const char *name, dlops_solver *solver, const dlops_array *b, dlops_array *x)
{
    int32_t reason = DLOPS_REASON_RUNNING;
    OK(dlops_solver_set_tolerances(solver, 0, 0, 0));
    OK(dlops_solver_set_max_iterations(solver, 10));
    OK(dlops_solver_setup(solver, b, x));
    for (int again = 0; again < 2; again++) {
        start_counting();
        if (again)
            OK(dlops_solver_setup(solver, b, x));
        do {
            OK(dlops_solver_step(solver, &reason));
        } while (reason == DLOPS_REASON_RUNNING);
        OK(dlops_solver_finalize(solver));
        judge(name, again ? "second solve" : "iterations", 0);
        CHECK(reason == DLOPS_REASON_ITERATION_LIMIT);
    }
}

static void solvers(const char *title, dlops_context *context, int32_t method)
{
    char name[64];
    int seen = 0;
    dlops_space *space = line(context, DLOPS_FLOAT64, 200);
    dlops_operator *a = definite(space), *m = NULL;
    dlops_array *b = drawn(space, 1), *x = filled(space, 0);
    dlops_solver *solver = NULL;
    OK(dlops_solver_create(method, a, &solver));
    snprintf(name, sizeof name, "%s, %s", title, method == DLOPS_SOLVER_CG ? "CG" : "CGLS");
    iterations(name, solver, b, x);
    OK(dlops_solver_set_monitor(solver, watch, &seen, NULL));
    OK(dlops_solver_set_time_limit(solver, 1000));
    OK(dlops_solver_set_initial_guess(solver, DLOPS_GUESS_GIVEN));
    strcat(name, ", watched");
    iterations(name, solver, b, x);
    CHECK(seen == 20);
    OK(dlops_identity_create(space, NULL, &m));
    OK(dlops_solver_set_preconditioner(solver, m));
    if (method == DLOPS_SOLVER_CGLS)
        OK(dlops_solver_set_damping(solver, 0.5));
    strcat(name, ", preconditioned");
    iterations(name, solver, b, x);
    dlops_solver_destroy(&solver);
    dlops_operator_destroy(&m);
    dlops_operator_destroy(&a);
    dlops_array_destroy(&b);
    dlops_array_destroy(&x);
    dlops_space_destroy(&space);
}

static void verbs(const char *title, dlops_context *context)
{
    dlops_space *space = plane(context, 12, 10, 0);
    dlops_array *x = drawn(space, 1), *y = drawn(space, 2), *w = filled(space, 0);
    dlops_scalar sum;
    double value, other;
#define VERB(call, allowed)          \
    do {                              \
        start_counting();             \
        OK(call);                     \
        judge(title, #call, allowed); \
    } while (0)
    VERB(dlops_array_dot(x, y, &sum), state_bytes);
    VERB(dlops_array_dot_unconjugated(x, y, &sum), state_bytes);
    VERB(dlops_array_norm(x, &value), state_bytes);
    VERB(dlops_array_norm_order(x, 1, &value), state_bytes);
    VERB(dlops_array_sum(x, &sum), state_bytes);
    VERB(dlops_array_extremes(x, &value, &other), state_bytes);
    VERB(dlops_array_axpy(dlops_real(2), x, y), 0);
    VERB(dlops_array_axpby(dlops_real(2), x, dlops_real(0.5), y), 0);
    VERB(dlops_array_waxpby(dlops_real(2), x, dlops_real(0.5), y, w), 0);
    VERB(dlops_array_multiply(x, y, 0, w), 0);
    VERB(dlops_array_scale(dlops_real(2), x), 0);
    VERB(dlops_array_add_scalar(dlops_real(2), x), 0);
    VERB(dlops_array_conjugate(x), 0);
    VERB(dlops_array_copy(x, w), 0);
    VERB(dlops_array_fill(x, dlops_real(1)), 0);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_array_destroy(&w);
    dlops_space_destroy(&space);
}

static void everything(const char *title, const dlops_context_options *choices)
{
    start_counting();
    dlops_context *context = world(choices);
    CHECK(stop_counting().calls > 0);    /* set-up allocates, and it is seen */
    verbs(title, context);
    solvers(title, context, DLOPS_SOLVER_CG);
    solvers(title, context, DLOPS_SOLVER_CGLS);
    dlops_context_destroy(&context);
}

int main(void)
{
    begin();
    if (!can_count()) {
        if (rank == 0)
            puts("NOT RUN: allocations cannot be counted in this build");
        return end();
    }
    dlops_context_options threads = DLOPS_CONTEXT_OPTIONS_INIT, deterministic = DLOPS_CONTEXT_OPTIONS_INIT;
    threads.threads = 2;
    deterministic.deterministic = 1;
    deterministic.profile = 1;
    everything("one thread", NULL);
    everything("two threads", &threads);
    everything("deterministic, with profile", &deterministic);
    CHECK(failures == 0);
    return end();
}
