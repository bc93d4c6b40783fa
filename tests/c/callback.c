/* Operators of the host under CGLS: on handles, on memory, as blocks; failures on one rank, and who destroys `user`. */
#include "check.h"

/* y = c x, and what happened. */
typedef struct {
    double c;
    int fail_from; /* the call that fails, from 1; 0: none */
    int calls;
    int destroyed;
    const dlops_array *kept;
} scale_user;

static void on_destroy(void *user)
{
    ((scale_user *)user)->destroyed++;
}

static int32_t scale_arrays(const dlops_array *x, dlops_array *y, void *user)
{
    scale_user *me = user;
    double *from, *to;
    dlops_space *space;
    int64_t n;
    dlops_array *lent = y;
    if (++me->calls == me->fail_from) {
        return 1234;
    }
    me->kept = x;
    /* The handles are not the host's to destroy. */
    if (dlops_array_destroy(&lent) != DLOPS_ERROR_STATE || lent != y) {
        return 1;
    }
    if (dlops_array_get_space(x, &space) || dlops_space_get_local_count(space, &n) || dlops_space_destroy(&space)) {
        return 2;
    }
    borrowed input = lend(x, DLOPS_ACCESS_READ, &from), output = lend(y, DLOPS_ACCESS_WRITE, &to);
    for (int64_t k = 0; k < n; k++) {
        to[k] = me->c * from[k];
    }
    give_back(input, 0);
    give_back(output, 1);
    return 0;
}

static int32_t scale_three(const void *x, void *y, void *user)
{
    scale_user *me = user;
    me->calls++;
    for (int k = 0; k < 3; k++) {
        ((double *)y)[k] = me->c * ((const double *)x)[k];
    }
    return 0;
}

/* c I on the space, solved for the right side 6: the answer is 6 / c everywhere. */
static void solve(dlops_context *context, dlops_operator *a, int failing_rank, scale_user *user)
{
    dlops_array *x, *y;
    dlops_solver *solver;
    dlops_space *domain;
    double norm;
    int64_t n;
    int passed;
    OK(dlops_operator_dot_test(a, 1, 0.0, NULL, &passed));
    CHECK(passed);
    OK(dlops_operator_create_domain_array(a, &x));
    OK(dlops_operator_create_range_array(a, &y));
    OK(dlops_array_fill(y, dlops_real(6.0)));
    OK(dlops_solver_create(DLOPS_SOLVER_CGLS, a, &solver));
    OK(dlops_solver_solve(solver, y, x));
    OK(dlops_operator_get_domain(a, &domain));
    OK(dlops_space_get_global_count(domain, &n));
    OK(dlops_array_norm(x, &norm));
    CHECK(fabs(norm - 6.0 / user->c * sqrt((double)n)) < 1e-10);

    /* One rank fails: all leave with the same status and text. */
    if (rank == failing_rank) {
        user->fail_from = user->calls + 2;
    }
    AGREED(dlops_solver_solve(solver, y, x), DLOPS_ERROR_CALLBACK, "returned 1234", failing_rank);
    user->fail_from = 0;
    OK(dlops_solver_solve(solver, y, x));

    /* Outside a solver only the failing rank sees it, until the ranks agree. */
    if (rank == failing_rank) {
        user->fail_from = user->calls + 1;
    }
    dlops_status status = dlops_operator_apply(a, DLOPS_FORWARD, x, y);
    CHECK(status == (rank == failing_rank ? DLOPS_ERROR_CALLBACK : DLOPS_OK));
    OK(dlops_context_agree(context, &status));
    CHECK(status == DLOPS_ERROR_CALLBACK);
    OK(dlops_context_agree(context, &status));
    CHECK(status == DLOPS_OK);
    user->fail_from = 0;
    OK(dlops_array_destroy(&x));
    OK(dlops_array_destroy(&y));
    OK(dlops_space_destroy(&domain));
    OK(dlops_solver_destroy(&solver));
}

static void handles(dlops_context *context)
{
    scale_user user = {2.0, 0, 0, 0, NULL}, failed = user;
    dlops_callback_options options = DLOPS_CALLBACK_OPTIONS_INIT;
    dlops_space *space;
    dlops_operator *a = NULL, *sum;
    dlops_array *x, *y;
    int64_t before, after;
    options.name = "Twice";
    OK(dlops_space_create(context, DLOPS_FLOAT64, 2, (int64_t[]){5, 3}, NULL, &space));

    /* A missing function on one rank only is an error of all, and `user` stays the host's. */
    AGREED(dlops_operator_create_callback(space, space, rank == size - 1 ? NULL : scale_arrays, NULL, &failed, on_destroy,
                                          &options, &a),
           DLOPS_ERROR_NULL_POINTER, "forward is NULL", size - 1);
    CHECK(failed.destroyed == 0 && a == NULL);

    OK(dlops_operator_create_callback(space, space, scale_arrays, scale_arrays, &user, on_destroy, &options, &a));
    OK(dlops_operator_create_domain_array(a, &x));
    OK(dlops_operator_create_range_array(a, &y));
    OK(dlops_array_fill(x, dlops_real(1.0)));
    OK(dlops_operator_apply(a, DLOPS_FORWARD, x, y));
    OK(dlops_get_live_handles(&before));
    for (int k = 0; k < 100; k++) {
        OK(dlops_operator_apply_scaled(a, k % 4, dlops_real(0.5), x, dlops_real(k % 2), y));
    }
    OK(dlops_get_live_handles(&after));
    CHECK(before == after && user.calls == 101);
    /* A lent handle is stale when the call is over. */
    void *memory;
    REFUSED(dlops_array_acquire((dlops_array *)user.kept, DLOPS_ACCESS_READ, &memory), DLOPS_ERROR_HANDLE, "array");

    solve(context, a, size - 1, &user);
    OK(dlops_operator_scale(dlops_real(3.0), a, &sum));
    OK(dlops_operator_destroy(&a));
    CHECK(user.destroyed == 0);
    OK(dlops_operator_destroy(&sum));
    CHECK(user.destroyed == 1);
    OK(dlops_array_destroy(&x));
    OK(dlops_array_destroy(&y));
    OK(dlops_space_destroy(&space));
}

/* Rank r has r % 3 blocks of the host, except that rank 0 has one. */
static void blocks(dlops_context *context)
{
    scale_user users[2] = {{2.0, 0, 0, 0, NULL}, {2.0, 0, 0, 0, NULL}};
    int count = rank == 0 ? 1 : rank % 3;
    dlops_context *local;
    dlops_space *space;
    dlops_operator *own[2] = {NULL, NULL}, *a;
    OK(dlops_context_get_local(context, &local));
    OK(dlops_space_create(local, DLOPS_FLOAT64, 1, (int64_t[]){3}, NULL, &space));
    for (int k = 0; k < 2; k++) {
        /* Addresses of a device's memory are not for this host's loop. */
        OK(k == 0 || on_device() ? dlops_operator_create_callback(space, space, scale_arrays, scale_arrays, &users[k], on_destroy, NULL, &own[k])
                  : dlops_operator_create_matvec(space, space, scale_three, scale_three, &users[k], on_destroy, &own[k]));
    }
    OK(dlops_block_diag_create(context, count, (const dlops_operator *const *)own, NULL, &a));
    solve(context, a, 0, &users[0]);
    OK(dlops_operator_destroy(&a));

    /* The least-squares solution of a stack of copies of 2 I is that of one. */
    OK(dlops_vstack_create(context, count, (const dlops_operator *const *)own, NULL, &a));
    solve(context, a, 0, &users[0]);
    OK(dlops_operator_destroy(&a));
    for (int k = 0; k < 2; k++) {
        CHECK(users[k].destroyed == 0);
        OK(dlops_operator_destroy(&own[k]));
        CHECK(users[k].destroyed == 1);
    }

    /* A negative count on one rank only. */
    AGREED(dlops_hstack_create(context, rank == size - 1 ? -1 : 0, NULL, NULL, &a), DLOPS_ERROR_ARGUMENT, "-1", size - 1);
    REFUSED(dlops_block_diag_create(context, 0, NULL, NULL, &a), DLOPS_ERROR_ARGUMENT, "no operator on any rank");
    REFUSED(dlops_block_create(0, 1, NULL, &a), DLOPS_ERROR_ARGUMENT, "rows is 0");
    REFUSED(dlops_stacked_vstack_create(0, NULL, &a), DLOPS_ERROR_ARGUMENT, "got 0");
    OK(dlops_space_destroy(&space));
    OK(dlops_context_destroy(&local));
}

int main(void)
{
    dlops_context *context;
    begin();
    context = world(NULL);
    handles(context);
    blocks(context);
    OK(dlops_context_destroy(&context));
    return end();
}
