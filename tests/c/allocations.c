/* Nothing is allocated after set-up in apply, in any mode, of every kind of operator that C can build. Products of matrices
   with several columns may take buffers that do not grow with the matrix. */
#include "counting.h"
#include "check.h"

#define LIST(...) ((const dlops_operator *[]){__VA_ARGS__})

/* Most that a product of matrices may ask for at once: packed columns, 4 MiB for the largest matrix here, which has 8, and
   what rounds them up to the tiles of a processor. */
enum { product_buffer = 5 << 20 };

/* What operators are made of. */
static double numbers[128];

/* Each mode of a solver as an operator makes its vectors when it is first used. */
static void use(dlops_operator *op)
{
    dlops_array *x = NULL, *y = NULL;
    OK(dlops_operator_create_domain_array(op, &x));
    OK(dlops_operator_create_range_array(op, &y));
    OK(dlops_array_fill(x, dlops_real(1)));
    OK(dlops_array_fill(y, dlops_real(1)));
    OK(dlops_operator_apply(op, DLOPS_ADJOINT, y, x));
    OK(dlops_operator_apply(op, DLOPS_TRANSPOSE, y, x));
    OK(dlops_operator_apply(op, DLOPS_CONJUGATE, x, y));
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
}

/* Applies the operator in all modes with and without accumulation, and destroys it. */
static void quiet(const char *name, dlops_operator *op, size_t allowed)
{
    static const char *const modes[] = {"A", "A^H", "A^T", "conj(A)"};
    dlops_array *x = NULL, *y = NULL;
    OK(dlops_operator_create_domain_array(op, &x));
    OK(dlops_operator_create_range_array(op, &y));
    OK(dlops_array_fill_random(x, DLOPS_NORMAL, 1));
    OK(dlops_array_fill_random(y, DLOPS_NORMAL, 2));
    for (int32_t mode = DLOPS_FORWARD; mode <= DLOPS_CONJUGATE; mode++) {
        int turned = mode == DLOPS_ADJOINT || mode == DLOPS_TRANSPOSE;
        start_counting();
        OK(dlops_operator_apply(op, mode, turned ? y : x, turned ? x : y));
        OK(dlops_operator_apply_scaled(op, mode, dlops_real(0.5), turned ? y : x, dlops_real(0.5), turned ? x : y));
        judge(name, modes[mode], allowed);
    }
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_operator_destroy(&op);
}

/* Makes `op` and applies it; needs `where`, a text, and room for `name`. */
#define QUIET(create)                                          \
    do {                                                       \
        snprintf(name, sizeof name, "%s: %s", where, #create); \
        OK(create);                                            \
        quiet(name, op, 0);                                    \
    } while (0)

/* The operators of a space of 12 rows and 8 columns. */
static void of_a_plane(const char *where, const dlops_space *space)
{
    dlops_operator *op = NULL, *d = NULL, *identity = NULL;
    dlops_array *values = drawn(space, 3);
    char name[96];
    const int32_t swap[2] = {1, 0};
    dlops_first_derivative_options five = DLOPS_FIRST_DERIVATIVE_OPTIONS_INIT;
    five.order = 5, five.edge = 1;
    dlops_poststack_options each = DLOPS_POSTSTACK_OPTIONS_INIT;
    each.per_sample = 1;
    QUIET(dlops_identity_create(space, NULL, &op));
    QUIET(dlops_zero_create(space, NULL, &op));
    QUIET(dlops_diagonal_create(space, values, &op));
    QUIET(dlops_diagonal_create_along(space, 1, numbers, &op));
    QUIET(dlops_transpose_create(space, swap, NULL, &op));
    QUIET(dlops_first_derivative_create(space, 0, NULL, &op));
    QUIET(dlops_first_derivative_create(space, 1, &five, &op));
    QUIET(dlops_first_derivative_create(space, 0, &five, &op));
    QUIET(dlops_second_derivative_create(space, 0, NULL, &op));
    QUIET(dlops_second_derivative_create(space, 1, NULL, &op));
    QUIET(dlops_laplacian_create(space, NULL, &op));
    QUIET(dlops_gradient_create(space, NULL, &op));
    QUIET(dlops_convolve1d_create(space, 0, 3, numbers, NULL, &op));
    QUIET(dlops_convolve1d_create(space, 1, 3, numbers, NULL, &op));
    QUIET(dlops_poststack_create(space, 0, 3, numbers, NULL, &op));
    QUIET(dlops_poststack_create(space, 1, 3, numbers, NULL, &op));
    QUIET(dlops_poststack_create(space, 0, 3, numbers, &each, &op));

    OK(dlops_first_derivative_create(space, 0, NULL, &d));
    OK(dlops_identity_create(space, NULL, &identity));
    QUIET(dlops_operator_adjoint(d, &op));
    QUIET(dlops_operator_transpose(d, &op));
    QUIET(dlops_operator_conjugate(d, &op));
    QUIET(dlops_operator_sum(2, NULL, LIST(d, identity), &op));
    QUIET(dlops_operator_scale(dlops_real(2), d, &op));
    QUIET(dlops_operator_product(3, LIST(d, identity, d), &op));
    QUIET(dlops_operator_power(d, 3, &op));
    QUIET(dlops_stacked_block_diag_create(2, LIST(d, identity), &op));
    QUIET(dlops_stacked_vstack_create(2, LIST(d, identity), &op));
    QUIET(dlops_stacked_hstack_create(2, LIST(d, identity), &op));
    QUIET(dlops_block_create(2, 2, LIST(d, NULL, identity, d), &op));
    dlops_operator_destroy(&d);
    dlops_operator_destroy(&identity);
    dlops_array_destroy(&values);

    dlops_matrix_mult_options last = DLOPS_MATRIX_MULT_OPTIONS_INIT;
    last.axis = 1;
    OK(dlops_matrix_mult_create(space, 8, 8, numbers, &last, &op));
    snprintf(name, sizeof name, "%s: MatrixMult, several columns", where);
    quiet(name, op, product_buffer);
}

/* Between layouts: the elements travel. */
static void between(const char *where, const dlops_context *context, const dlops_space *from)
{
    char name[96];
    dlops_operator *op = NULL;
    dlops_space *to = plane(context, 12, 8, 1), *turned = plane(context, 8, 12, 0), *shorter = plane(context, 9, 10, 0);
    dlops_transpose_options choices = DLOPS_TRANSPOSE_OPTIONS_INIT;
    const int32_t swap[2] = {1, 0};
    choices.range = turned;
    QUIET(dlops_identity_create(from, to, &op));
    QUIET(dlops_identity_create(from, shorter, &op));
    QUIET(dlops_zero_create(from, to, &op));
    QUIET(dlops_transpose_create(from, swap, &choices, &op));
    dlops_space_destroy(&to);
    dlops_space_destroy(&turned);
    dlops_space_destroy(&shorter);
}

static int32_t twice(const dlops_array *x, dlops_array *y, void *user)
{
    (void)user;
    return dlops_array_waxpby(dlops_real(2), x, dlops_real(0), x, y);
}

static int32_t copied(const void *x, void *y, void *user)
{
    memcpy(y, x, *(size_t *)user);
    return 0;
}

/* Of this rank's operators, which differ from rank to rank, and of the host's functions. */
static void of_local_operators(const char *where, dlops_context *context)
{
    char name[96];
    dlops_context *local = NULL;
    dlops_space *mine = NULL, *all = plane(context, 12, 8, 0);
    dlops_operator *op = NULL, *d = NULL, *column = NULL, *host = NULL;
    dlops_solver *solver = NULL;
    int64_t count = 0;
    OK(dlops_context_get_local(context, &local));
    OK(dlops_space_create(local, DLOPS_FLOAT64, 1, (int64_t[]){16}, NULL, &mine));
    OK(dlops_first_derivative_create(mine, 0, NULL, &d));
    OK(dlops_matrix_mult_create(mine, 8, 16, numbers, NULL, &column));
    OK(dlops_operator_create_callback(mine, mine, twice, twice, NULL, NULL, NULL, &host));
    QUIET(dlops_block_diag_create(context, rank % 2 ? 1 : 3, LIST(d, column, host), NULL, &op));
    QUIET(dlops_vstack_create(context, rank % 2 ? 1 : 2, LIST(d, column), NULL, &op));
    QUIET(dlops_hstack_create(context, rank % 2 ? 1 : 2, LIST(d, d), NULL, &op));
    QUIET(dlops_operator_create_replicated(context, d, &op));

    OK(dlops_space_get_local_count(all, &count));
    size_t bytes = (size_t)count * sizeof(double);
    QUIET(dlops_operator_create_callback(all, all, twice, twice, NULL, NULL, NULL, &op));
    QUIET(dlops_operator_create_matvec(all, all, copied, copied, &bytes, NULL, &op));
    dlops_operator *a = definite(all);
    OK(dlops_solver_create(DLOPS_SOLVER_CG, a, &solver));
    OK(dlops_solver_set_max_iterations(solver, 3));
    OK(dlops_solver_create_operator(solver, &op));
    use(op);
    quiet("a solver as an operator", op, 0);
    dlops_solver_destroy(&solver);
    dlops_operator_destroy(&a);
    dlops_operator_destroy(&d);
    dlops_operator_destroy(&column);
    dlops_operator_destroy(&host);
    dlops_space_destroy(&all);
    dlops_space_destroy(&mine);
    dlops_context_destroy(&local);
}

/* A matrix along an axis that is cut, one that is larger than the buffer, and one of a single column. */
static void products(const char *where, const dlops_space *space, const dlops_context *context)
{
    enum { n = 1024 };
    char name[96];
    dlops_operator *op = NULL;
    dlops_space *vector = line(context, DLOPS_FLOAT64, 8), *wide = plane(context, n, 64, 1);
    double *matrix = calloc(n * n, sizeof *matrix);
    CHECK(matrix != NULL);
    OK(dlops_matrix_mult_create(wide, n, n, matrix, NULL, &op));
    snprintf(name, sizeof name, "%s: MatrixMult, 64 columns", where);
    quiet(name, op, product_buffer);
    free(matrix);
    dlops_space_destroy(&wide);
    OK(dlops_matrix_mult_create(space, 8, 12, numbers, NULL, &op));
    snprintf(name, sizeof name, "%s: MatrixMult along the first axis", where);
    quiet(name, op, product_buffer);
    if (size == 1)
        QUIET(dlops_matrix_mult_create(vector, 8, 8, numbers, NULL, &op));
    dlops_space_destroy(&vector);
}

/* Executes a plan both ways. */
static void executed(const char *name, dlops_plan *plan)
{
    size_t bytes = 0;
    OK(dlops_plan_get_capacity(plan, &bytes));
    void *domain = calloc(1, bytes + 1), *range = calloc(1, bytes + 1);
    OK(dlops_plan_prepare(plan));
    OK(dlops_plan_set_buffers(plan, domain, range));
    start_counting();
    OK(dlops_plan_execute(plan, DLOPS_DIRECTION_FORWARD));
    OK(dlops_plan_execute(plan, DLOPS_DIRECTION_INVERSE));
    judge(name, "plan", 0);
    dlops_plan_destroy(&plan);
    free(domain);
    free(range);
}

/* Plans from a space to the other one. */
static void plans(const char *where, const dlops_space *space, const dlops_space *other)
{
    dlops_plan *plan = NULL;
    char name[96];
    snprintf(name, sizeof name, "%s: FFT", where);
    OK(dlops_fft_plan_create(space, 2, (int32_t[]){0, 1}, NULL, &plan));
    executed(name, plan);
    snprintf(name, sizeof name, "%s: redistribution", where);
    OK(dlops_redistribution_plan_create(space, other, NULL, &plan));
    executed(name, plan);
}

static void everything(const char *title, const dlops_context_options *choices)
{
    static const int32_t dtypes[] = {DLOPS_FLOAT32, DLOPS_FLOAT64, DLOPS_COMPLEX64, DLOPS_COMPLEX128};
    start_counting();
    dlops_context *context = world(choices);
    CHECK(stop_counting().calls > 0);    /* set-up allocates, and it is seen */
    char where[48];
    for (int k = 0; k < 4; k++) {
        for (int32_t axis = 0; axis < 2; axis++) {
            dlops_space *space = NULL;
            dlops_space_options cut = DLOPS_SPACE_OPTIONS_INIT;
            cut.axis = axis;
            OK(dlops_space_create(context, dtypes[k], 2, (int64_t[]){12, 8}, &cut, &space));
            snprintf(where, sizeof where, "%s, dtype %d, axis %d cut", title, (int)dtypes[k], (int)axis);
            of_a_plane(where, space);
            dlops_space_destroy(&space);
        }
    }
    dlops_space *space = plane(context, 12, 8, 0);
    products(title, space, context);
    between(title, context, space);
    dlops_space *turned = plane(context, 12, 8, 1);
    plans(title, space, turned);
    dlops_space_destroy(&turned);
    of_local_operators(title, context);
    dlops_space_destroy(&space);
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
    for (int k = 0; k < 128; k++)
        numbers[k] = 0.5;
    dlops_context_options threads = DLOPS_CONTEXT_OPTIONS_INIT, deterministic = DLOPS_CONTEXT_OPTIONS_INIT;
    threads.threads = 2;
    deterministic.deterministic = 1;
    everything("one thread", NULL);
    everything("two threads", &threads);
    everything("deterministic", &deterministic);
    CHECK(failures == 0);
    return end();
}
