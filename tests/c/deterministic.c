/* Deterministic mode: the bits of dot products, norms and histories are those of one rank, on any number of ranks. */
#include "check.h"

#define N 1003
#define STEPS 12

/* Numbers of very different sizes, so that the order of a plain sum would show. */
static dlops_array *rough(const dlops_space *space, uint64_t seed)
{
    dlops_array *x = drawn(space, seed), *scale = drawn(space, seed + 1), *result = NULL;
    OK(dlops_array_create(space, &result));
    for (int i = 0; i < 3; i++) {
        OK(dlops_array_multiply(x, scale, 0, result));
        OK(dlops_array_multiply(result, x, 0, scale));
        OK(dlops_array_scale(dlops_real(i == 1 ? 1e7 : 3), scale));
    }
    dlops_array_destroy(&x);
    dlops_array_destroy(&scale);
    return result;
}

/* Everything that is reduced, of a space of N x columns. */
static int numbers(const dlops_space *space, int32_t method, double *out)
{
    dlops_operator *a = definite(space);
    dlops_array *b = rough(space, 3), *x = rough(space, 7);
    dlops_solver *solver = NULL;
    dlops_scalar value;
    int64_t count = 0;
    int n = 0;
    OK(dlops_array_dot(b, x, &value));
    out[n++] = value.re;
    OK(dlops_array_dot_unconjugated(b, x, &value));
    out[n++] = value.re;
    out[n++] = norm(b);
    OK(dlops_array_sum(x, &value));
    out[n++] = value.re;
    OK(dlops_array_norm_order(x, 1, &out[n++]));
    OK(dlops_solver_create(method, a, &solver));
    OK(dlops_solver_set_tolerances(solver, 0, 0, 0));
    OK(dlops_solver_set_max_iterations(solver, STEPS));
    OK(dlops_solver_solve(solver, b, x));
    for (int32_t which = DLOPS_HISTORY_RESIDUAL; which <= DLOPS_HISTORY_CONVERGENCE; which++) {
        OK(dlops_solver_get_history(solver, which, out + n, STEPS + 1, &count));
        CHECK(count == STEPS + 1);
        n += STEPS + 1;
    }
    out[n++] = norm(x);
    dlops_solver_destroy(&solver);
    dlops_operator_destroy(&a);
    dlops_array_destroy(&b);
    dlops_array_destroy(&x);
    return n;
}

static dlops_space *space_of(const dlops_context *context, int32_t dtype, int32_t axis, int32_t partition)
{
    dlops_space_options choices = DLOPS_SPACE_OPTIONS_INIT;
    dlops_space *space = NULL;
    int64_t extents[64] = {0};
    int32_t ranks = 0;
    OK(dlops_context_get_size(context, &ranks));
    extents[ranks - 1] = axis ? 5 : N;    /* everything on the last rank */
    choices.axis = axis;
    choices.partition = partition;
    choices.extents = partition == DLOPS_PARTITION_EXTENTS ? extents : NULL;
    OK(dlops_space_create(context, dtype, 2, (int64_t[]){N, 5}, &choices, &space));
    return space;
}

int main(void)
{
    const int32_t dtypes[] = {DLOPS_FLOAT32, DLOPS_FLOAT64, DLOPS_COMPLEX64, DLOPS_COMPLEX128};
    const int32_t partitions[] = {DLOPS_PARTITION_BALANCED, DLOPS_PARTITION_CEILING, DLOPS_PARTITION_EXTENTS};
    dlops_context_options choices = DLOPS_CONTEXT_OPTIONS_INIT;
    dlops_context *context, *alone = NULL;
    begin();
    choices.deterministic = 1;
    context = world(&choices);
    choices = placed(&choices);
    OK(dlops_context_create_self(&choices, &alone));
    /* Exact sums take their time on a device that is played by the host: a part of the cases there. */
    for (size_t t = 0; t < 4; t++)
        for (int32_t method = DLOPS_SOLVER_CG; method <= DLOPS_SOLVER_CGLS; method++) {
            if (on_device() && (method == DLOPS_SOLVER_CG) != (t % 2 == 0))
                continue;
            double serial[100], found[100];
            dlops_space *space = space_of(alone, dtypes[t], 0, DLOPS_PARTITION_BALANCED);
            int n = numbers(space, method, serial);
            dlops_space_destroy(&space);
            for (int i = 0; i < n; i++)
                CHECK(isfinite(serial[i]));
            CHECK(serial[5 + STEPS] < 0.1 * serial[5]);
            for (int32_t axis = 0; axis < 2; axis++)
                for (size_t p = on_device() && axis == 0 ? 2 : 0; p < (axis == 0 ? 3 : 1); p++) {
                    space = space_of(context, dtypes[t], axis, partitions[p]);
                    CHECK(numbers(space, method, found) == n);
                    for (int i = 0; i < n; i++)
                        if (memcmp(&found[i], &serial[i], sizeof(double)) != 0) {
                            fprintf(stderr, "rank %d: dtype %d, method %d, axis %d, partition %d, number %d: %a, serial %a\n",
                                    rank, dtypes[t], method, axis, partitions[p], i, found[i], serial[i]);
                            abort();
                        }
                    dlops_space_destroy(&space);
                }
        }
    dlops_context_destroy(&alone);
    dlops_context_destroy(&context);
    return end();
}
