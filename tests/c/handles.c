/* Handles: every function refuses NULL, another kind, a stale and a forged handle; objects end in every order. */
#include "check.h"

/* A call whose first argument is a handle: with NULL, a handle of another kind, a stale one, and no handle at all. */
#define EVERY_WRONG_HANDLE(kind, other, stale, name, ...)                                                       \
    do {                                                                                                        \
        REFUSED(name((kind *)NULL __VA_ARGS__), DLOPS_ERROR_NULL_POINTER, "NULL");                              \
        REFUSED(name((kind *)(other) __VA_ARGS__), DLOPS_ERROR_HANDLE, "expected a " #kind);                    \
        REFUSED(name((kind *)(stale) __VA_ARGS__), DLOPS_ERROR_HANDLE, "destroyed");                            \
        REFUSED(name((kind *)&rank __VA_ARGS__), DLOPS_ERROR_HANDLE, "not a handle");                           \
    } while (0)

/* As above, and NULL for the output that follows. */
#define GETTER(kind, live, other, stale, name, type)                                                            \
    do {                                                                                                        \
        type *out_of_##name = (type *)room;                                                                     \
        EVERY_WRONG_HANDLE(kind, other, stale, name, , out_of_##name);                                          \
        REFUSED(name(live, NULL), DLOPS_ERROR_NULL_POINTER, "NULL");                                            \
    } while (0)

static int64_t room[64];

struct all {
    dlops_context *context;
    dlops_space *space;
    dlops_array *x, *y;
    dlops_operator *a;
    dlops_solver *solver;
};

static struct all make(void)
{
    struct all all = {0};
    all.context = world(NULL);
    all.space = line(all.context, DLOPS_FLOAT64, 9);
    all.x = drawn(all.space, 1);
    all.y = filled(all.space, 0);
    all.a = definite(all.space);
    OK(dlops_solver_create(DLOPS_SOLVER_CG, all.a, &all.solver));
    return all;
}

static void release(struct all *all, int which)
{
    switch (which) {
    case 0: OK(dlops_context_destroy(&all->context)); CHECK(!all->context); break;
    case 1: OK(dlops_space_destroy(&all->space)); CHECK(!all->space); break;
    case 2: OK(dlops_array_destroy(&all->x)); OK(dlops_array_destroy(&all->y)); CHECK(!all->x); break;
    case 3: OK(dlops_operator_destroy(&all->a)); CHECK(!all->a); break;
    default: OK(dlops_solver_destroy(&all->solver)); CHECK(!all->solver); break;
    }
}

/* Whatever is left works until it is destroyed itself. */
static void every_order(void)
{
    int tried = 0;
    for (int code = 0; code < 5 * 5 * 5 * 5 * 5; code++) {
        int order[5], seen = 0;
        for (int k = 0, c = code; k < 5; k++, c /= 5)
            seen |= 1 << (order[k] = c % 5);
        if (seen != 31 || (size > 1 && tried++ % 5 != 0))    /* all of them on one rank, which is quick everywhere */
            continue;
        struct all all = make();
        for (int k = 0; k < 5; k++) {
            double value = 0;
            release(&all, order[k]);
            if (all.solver && all.x)
                OK(dlops_solver_solve(all.solver, all.x, all.y));
            if (all.a && all.x)
                OK(dlops_operator_apply(all.a, DLOPS_FORWARD, all.x, all.y));
            if (all.x)
                OK(dlops_array_norm(all.x, &value));
            if (all.space)
                OK(dlops_space_get_local_count(all.space, room));
        }
    }
}

static void contexts(struct all *all, dlops_context *stale)
{
    void *other = all->space;
    dlops_context *wrong;
    GETTER(dlops_context, all->context, other, stale, dlops_context_get_rank, int32_t);
    GETTER(dlops_context, all->context, other, stale, dlops_context_get_size, int32_t);
    GETTER(dlops_context, all->context, other, stale, dlops_context_get_threads, int32_t);
    GETTER(dlops_context, all->context, other, stale, dlops_context_get_local, dlops_context *);
    GETTER(dlops_context, all->context, other, stale, dlops_context_retain, dlops_context *);
    EVERY_WRONG_HANDLE(dlops_context, other, stale, dlops_context_agree, , (dlops_status *)room);
    EVERY_WRONG_HANDLE(dlops_context, other, stale, dlops_context_set_check_level, , 1);
    EVERY_WRONG_HANDLE(dlops_context, other, stale, dlops_context_set_profile, , 1);
    EVERY_WRONG_HANDLE(dlops_context, other, stale, dlops_context_set_log, , NULL, NULL, NULL);
    EVERY_WRONG_HANDLE(dlops_context, other, stale, dlops_context_view_profile);
    EVERY_WRONG_HANDLE(dlops_context, other, stale, dlops_context_reset_profile);
    EVERY_WRONG_HANDLE(dlops_context, other, stale, dlops_context_get_profile, , NULL, NULL, NULL, NULL, NULL);
    EVERY_WRONG_HANDLE(dlops_context, other, stale, dlops_space_create_unshaped, , DLOPS_FLOAT64, 3, (dlops_space **)room);
    EVERY_WRONG_HANDLE(dlops_context, other, stale, dlops_space_create, , DLOPS_FLOAT64, 1, room, NULL, (dlops_space **)room);
    EVERY_WRONG_HANDLE(dlops_context, other, stale, dlops_block_diag_create, , 0, NULL, NULL, (dlops_operator **)room);
    EVERY_WRONG_HANDLE(dlops_context, other, stale, dlops_npy_inspect, , "x.npy", (int32_t *)room, (int32_t *)room, room);
    wrong = other;
    REFUSED(dlops_context_destroy(&wrong), DLOPS_ERROR_HANDLE, "expected a dlops_context");
    CHECK(wrong == other);
}

static void spaces(struct all *all, dlops_space *stale)
{
    void *other = all->x;
    dlops_space *wrong = other;
    GETTER(dlops_space, all->space, other, stale, dlops_space_get_context, dlops_context *);
    GETTER(dlops_space, all->space, other, stale, dlops_space_get_dtype, int32_t);
    GETTER(dlops_space, all->space, other, stale, dlops_space_get_memory, int32_t);
    GETTER(dlops_space, all->space, other, stale, dlops_space_get_dimensions, int32_t);
    GETTER(dlops_space, all->space, other, stale, dlops_space_get_shape, int64_t);
    GETTER(dlops_space, all->space, other, stale, dlops_space_get_local_shape, int64_t);
    GETTER(dlops_space, all->space, other, stale, dlops_space_get_local_start, int64_t);
    GETTER(dlops_space, all->space, other, stale, dlops_space_get_local_count, int64_t);
    GETTER(dlops_space, all->space, other, stale, dlops_space_get_local_counts, int64_t);
    GETTER(dlops_space, all->space, other, stale, dlops_space_get_global_count, int64_t);
    GETTER(dlops_space, all->space, other, stale, dlops_space_get_component_count, int64_t);
    GETTER(dlops_space, all->space, other, stale, dlops_space_retain, dlops_space *);
    GETTER(dlops_space, all->space, other, stale, dlops_array_create, dlops_array *);
    EVERY_WRONG_HANDLE(dlops_space, other, stale, dlops_space_view);
    EVERY_WRONG_HANDLE(dlops_space, other, stale, dlops_space_get_component, , 0, (dlops_space **)room);
    EVERY_WRONG_HANDLE(dlops_space, other, stale, dlops_space_is_congruent, , all->space, (int32_t *)room);
    EVERY_WRONG_HANDLE(dlops_space, other, stale, dlops_array_wrap, , room, (dlops_array **)room);
    EVERY_WRONG_HANDLE(dlops_space, other, stale, dlops_first_derivative_create, , 0, NULL, (dlops_operator **)room);
    EVERY_WRONG_HANDLE(dlops_space, other, stale, dlops_second_derivative_create, , 0, NULL, (dlops_operator **)room);
    EVERY_WRONG_HANDLE(dlops_space, other, stale, dlops_laplacian_create, , NULL, (dlops_operator **)room);
    EVERY_WRONG_HANDLE(dlops_space, other, stale, dlops_gradient_create, , NULL, (dlops_operator **)room);
    EVERY_WRONG_HANDLE(dlops_space, other, stale, dlops_identity_create, , NULL, (dlops_operator **)room);
    EVERY_WRONG_HANDLE(dlops_space, other, stale, dlops_zero_create, , all->space, (dlops_operator **)room);
    REFUSED(dlops_space_destroy(&wrong), DLOPS_ERROR_HANDLE, "expected a dlops_space");
}

static void arrays(struct all *all, dlops_array *stale)
{
    void *other = all->space;
    dlops_array *wrong = other;
    GETTER(dlops_array, all->x, other, stale, dlops_array_get_space, dlops_space *);
    GETTER(dlops_array, all->x, other, stale, dlops_array_get_strides, int64_t);
    GETTER(dlops_array, all->x, other, stale, dlops_array_retain, dlops_array *);
    GETTER(dlops_array, all->x, other, stale, dlops_array_norm, double);
    GETTER(dlops_array, all->x, other, stale, dlops_array_ravel, dlops_array *);
    EVERY_WRONG_HANDLE(dlops_array, other, stale, dlops_array_acquire, , DLOPS_ACCESS_READ, (void **)room);
    EVERY_WRONG_HANDLE(dlops_array, other, stale, dlops_array_release);
    EVERY_WRONG_HANDLE(dlops_array, other, stale, dlops_array_view);
    EVERY_WRONG_HANDLE(dlops_array, other, stale, dlops_array_get_component, , 0, (dlops_array **)room);
    EVERY_WRONG_HANDLE(dlops_array, other, stale, dlops_array_fill, , dlops_real(1));
    EVERY_WRONG_HANDLE(dlops_array, other, stale, dlops_array_fill_random, , DLOPS_NORMAL, 1);
    EVERY_WRONG_HANDLE(dlops_array, other, stale, dlops_array_conjugate);
    EVERY_WRONG_HANDLE(dlops_array, other, stale, dlops_array_copy, , all->x);
    EVERY_WRONG_HANDLE(dlops_array, other, stale, dlops_array_dot, , all->x, (dlops_scalar *)room);
    EVERY_WRONG_HANDLE(dlops_array, other, stale, dlops_array_read_npy, , "x.npy");
    EVERY_WRONG_HANDLE(dlops_array, other, stale, dlops_array_write_npy, , "x.npy");
    EVERY_WRONG_HANDLE(dlops_array, other, stale, dlops_array_synchronize, , 0);
    REFUSED(dlops_array_axpy(dlops_real(1), stale, all->y), DLOPS_ERROR_HANDLE, "x is a handle that was destroyed");
    REFUSED(dlops_array_axpy(dlops_real(1), all->x, stale), DLOPS_ERROR_HANDLE, "y is a handle that was destroyed");
    REFUSED(dlops_array_axpy(dlops_real(1), all->x, NULL), DLOPS_ERROR_NULL_POINTER, "y is NULL");
    REFUSED(dlops_array_destroy(&wrong), DLOPS_ERROR_HANDLE, "expected a dlops_array");
}

static void operators(struct all *all, dlops_operator *stale)
{
    void *other = all->solver;
    dlops_operator *wrong = other;
    GETTER(dlops_operator, all->a, other, stale, dlops_operator_adjoint, dlops_operator *);
    GETTER(dlops_operator, all->a, other, stale, dlops_operator_transpose, dlops_operator *);
    GETTER(dlops_operator, all->a, other, stale, dlops_operator_conjugate, dlops_operator *);
    GETTER(dlops_operator, all->a, other, stale, dlops_operator_get_domain, dlops_space *);
    GETTER(dlops_operator, all->a, other, stale, dlops_operator_get_range, dlops_space *);
    GETTER(dlops_operator, all->a, other, stale, dlops_operator_create_domain_array, dlops_array *);
    GETTER(dlops_operator, all->a, other, stale, dlops_operator_create_range_array, dlops_array *);
    GETTER(dlops_operator, all->a, other, stale, dlops_operator_retain, dlops_operator *);
    EVERY_WRONG_HANDLE(dlops_operator, other, stale, dlops_operator_apply, , 0, all->x, all->y);
    EVERY_WRONG_HANDLE(dlops_operator, other, stale, dlops_operator_power, , 2, (dlops_operator **)room);
    EVERY_WRONG_HANDLE(dlops_operator, other, stale, dlops_operator_promote, , DLOPS_FLOAT64, (dlops_operator **)room);
    EVERY_WRONG_HANDLE(dlops_operator, other, stale, dlops_operator_get_apply_counts, , room, room);
    EVERY_WRONG_HANDLE(dlops_operator, other, stale, dlops_operator_reset_apply_counts);
    EVERY_WRONG_HANDLE(dlops_operator, other, stale, dlops_operator_view);
    EVERY_WRONG_HANDLE(dlops_operator, other, stale, dlops_operator_dot_test, , 1, 0, NULL, (int32_t *)room);
    REFUSED(dlops_operator_scale(dlops_real(1), stale, (dlops_operator **)room), DLOPS_ERROR_HANDLE, "destroyed");
    REFUSED(dlops_operator_destroy(&wrong), DLOPS_ERROR_HANDLE, "expected a dlops_operator");
}

static void solvers(struct all *all, dlops_solver *stale)
{
    void *other = all->a;
    dlops_solver *wrong = other;
    GETTER(dlops_solver, all->solver, other, stale, dlops_solver_get_reason, int32_t);
    GETTER(dlops_solver, all->solver, other, stale, dlops_solver_get_iterations, int64_t);
    GETTER(dlops_solver, all->solver, other, stale, dlops_solver_get_residual_norm, double);
    GETTER(dlops_solver, all->solver, other, stale, dlops_solver_get_damped_norm, double);
    GETTER(dlops_solver, all->solver, other, stale, dlops_solver_get_convergence_norm, double);
    GETTER(dlops_solver, all->solver, other, stale, dlops_solver_get_seconds, double);
    GETTER(dlops_solver, all->solver, other, stale, dlops_solver_get_memory_usage, int64_t);
    GETTER(dlops_solver, all->solver, other, stale, dlops_solver_create_operator, dlops_operator *);
    GETTER(dlops_solver, all->solver, other, stale, dlops_solver_retain, dlops_solver *);
    EVERY_WRONG_HANDLE(dlops_solver, other, stale, dlops_solver_solve, , all->x, all->y);
    EVERY_WRONG_HANDLE(dlops_solver, other, stale, dlops_solver_setup, , all->x, all->y);
    EVERY_WRONG_HANDLE(dlops_solver, other, stale, dlops_solver_step, , NULL);
    EVERY_WRONG_HANDLE(dlops_solver, other, stale, dlops_solver_finalize);
    EVERY_WRONG_HANDLE(dlops_solver, other, stale, dlops_solver_set_tolerances, , 0, 0, 0);
    EVERY_WRONG_HANDLE(dlops_solver, other, stale, dlops_solver_set_max_iterations, , 1);
    EVERY_WRONG_HANDLE(dlops_solver, other, stale, dlops_solver_set_option, , "rtol", "0");
    EVERY_WRONG_HANDLE(dlops_solver, other, stale, dlops_solver_set_monitor, , NULL, NULL, NULL);
    EVERY_WRONG_HANDLE(dlops_solver, other, stale, dlops_solver_get_history, , 0, NULL, 0, NULL);
    EVERY_WRONG_HANDLE(dlops_solver, other, stale, dlops_solver_view);
    REFUSED(dlops_solver_destroy(&wrong), DLOPS_ERROR_HANDLE, "expected a dlops_solver");
}

static void texts(void)
{
    char text[12] = "unchanged";
    CHECK(strlen(dlops_version()) > 2 && strlen(dlops_build_info()) > 5 && dlops_abi_version() == DLOPS_ABI_VERSION);
    for (dlops_status status = 3; status > -300; status--)
        CHECK(dlops_status_text(status) && strlen(dlops_status_text(status)) > 3);
    for (int32_t reason = -10; reason < 10; reason++)
        CHECK(dlops_reason_text(reason) && strlen(dlops_reason_text(reason)) > 3);
    REFUSED(dlops_get_live_handles(NULL), DLOPS_ERROR_NULL_POINTER, "NULL");
    OK(dlops_last_error_copy(text, sizeof text));
    CHECK(strcmp(text, "dlops_get_l") == 0);
    CHECK(dlops_last_error_copy(NULL, 5) == DLOPS_ERROR_NULL_POINTER);
    CHECK(dlops_last_error_copy(text, 0) == DLOPS_ERROR_ARGUMENT);
    CHECK(strstr(dlops_last_error(), "dlops_get_live_handles"));    /* asking for a text does not replace it */
}

int main(void)
{
    struct all all, gone;
    int64_t before = -1, after = -1;
    begin();
    every_order();
    all = make();
    gone = make();
    struct all stale = gone;
    for (int k = 0; k < 5; k++)
        release(&gone, k);
    OK(dlops_get_live_handles(&before));
    contexts(&all, stale.context);
    spaces(&all, stale.space);
    arrays(&all, stale.x);
    operators(&all, stale.a);
    solvers(&all, stale.solver);
    texts();
    OK(dlops_get_live_handles(&after));
    CHECK(before == after && after == 6);    /* what failed made no handle */
    for (int k = 4; k >= 0; k--)
        release(&all, k);
    return end();
}
