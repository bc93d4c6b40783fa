/*
 * Distributed matrix products of 4096^3 (--large: 8192^3) beside as many local products of the same operations, run by all
 * ranks at once, and beside ScaLAPACK's pdgemm where this was built with it.
 *
 *     mpirun -n 2 bench_grid_products        (options: measure.h)
 */
#include "subjects.h"

#ifdef BENCH_SCALAPACK
void Cblacs_get(int context, int what, int *value);
void Cblacs_gridinit(int *context, const char *order, int rows, int columns);
void Cblacs_gridexit(int context);
void descinit_(int *descriptor, const int *m, const int *n, const int *mb, const int *nb, const int *row, const int *column,
               const int *context, const int *leading, int *info);
void pdgemm_(const char *ta, const char *tb, const int *m, const int *n, const int *k, const double *alpha, const double *a,
             const int *ia, const int *ja, const int *da, const double *b, const int *ib, const int *jb, const int *db,
             const double *beta, double *c, const int *ic, const int *jc, const int *dc);
void psgemm_(const char *ta, const char *tb, const int *m, const int *n, const int *k, const float *alpha, const float *a,
             const int *ia, const int *ja, const int *da, const float *b, const int *ib, const int *jb, const int *db,
             const float *beta, float *c, const int *ic, const int *jc, const int *dc);

typedef struct theirs {
    int n, is_double, descriptor[9];
    void *a, *b, *c;
} theirs;

static void scalapack(void *state)
{
    theirs *t = state;
    const int one = 1;
    const double alpha = 1, beta = 0;
    const float alphaf = 1, betaf = 0;
    if (t->is_double)
        pdgemm_("N", "N", &t->n, &t->n, &t->n, &alpha, t->a, &one, &one, t->descriptor, t->b, &one, &one, t->descriptor, &beta,
                t->c, &one, &one, t->descriptor);
    else
        psgemm_("N", "N", &t->n, &t->n, &t->n, &alphaf, t->a, &one, &one, t->descriptor, t->b, &one, &one, t->descriptor, &betaf,
                t->c, &one, &one, t->descriptor);
}

static void beside_scalapack(measurement m, int rows, int columns, int64_t n, int is_double, void *a, void *b, void *c)
{
    const int zero = 0, size = (int)n, block = 64, local = (int)(n / rows);
    int grid = 0, info = 0;
    theirs t = {.n = size, .is_double = is_double, .a = a, .b = b, .c = c};
    Cblacs_get(-1, 0, &grid);
    Cblacs_gridinit(&grid, "R", rows, columns);
    descinit_(t.descriptor, &size, &size, &block, &block, &zero, &zero, &grid, &local, &info);
    if (info) {
        fprintf(stderr, "descinit: %d\n", info);
        ranks_abort();
    }
    char name[96];
    snprintf(name, sizeof name, "%s, to ScaLAPACK", m.name);
    m.name = name;
    m.target = 1;
    m.yardstick = scalapack;
    m.yardstick_state = &t;
    compare(&m);
    Cblacs_gridexit(grid);
}
#endif

static dlops_operator *local_product(dlops_context *context, int32_t dtype, int64_t rows, int64_t n, int64_t columns, void *matrix)
{
    dlops_context *local = NULL;
    dlops_space *space = NULL;
    dlops_operator *op = NULL;
    dlops_matrix_mult_options choices = DLOPS_MATRIX_MULT_OPTIONS_INIT;
    choices.borrow = 1;
    if (bench.ranks > 1) CHECK(dlops_context_get_local(context, &local));
    else CHECK(dlops_context_retain(context, &local));
    CHECK(dlops_space_create(local, dtype, 2, (int64_t[]){n, columns}, NULL, &space));
    CHECK(dlops_matrix_mult_create(space, rows, n, matrix, &choices, &op));
    dlops_space_destroy(&space);
    dlops_context_destroy(&local);
    return op;
}

/* The algorithm on a grid: A, X and Y in balanced blocks of it. */
static void measure(dlops_context *context, int is_double, int rows, int columns)
{
    const int64_t n = bench.large ? 8192 : 4096;
    const int32_t dtype = is_double ? DLOPS_FLOAT64 : DLOPS_FLOAT32;
    char title[96];
    snprintf(title, sizeof title, "Distributed products, %lld^3 %s", (long long)n, is_double ? "float64" : "float32");
    char variant[32];
    snprintf(variant, sizeof variant, "%d x %d", rows, columns);
    heading(title, variant);
    dlops_grid_dimension grid[2] = {{.ranks = rows, .axis = 0}, {.ranks = columns, .axis = 1}};
    dlops_space_options layout = DLOPS_SPACE_OPTIONS_INIT;
    layout.grid = grid;
    layout.grid_dimensions = 2;
    dlops_space *space = NULL;
    CHECK(dlops_space_create(context, dtype, 2, (int64_t[]){n, n}, &layout, &space));
    dlops_array *matrix = vector(space, 0, 1);
    application ours = {.x = vector(space, 0, 2)}, local = {.mode = DLOPS_FORWARD};
    dlops_distributed_matrix_mult_options choices = DLOPS_DISTRIBUTED_MATRIX_MULT_OPTIONS_INIT;
    choices.borrow = 1;
    choices.algorithm = DLOPS_PRODUCT_SUMMA;
    watch_memory();
    CHECK(dlops_distributed_matrix_mult_create(space, space, address(matrix), &choices, &ours.op));
    CHECK(dlops_operator_create_range_array(ours.op, &ours.y));
    CHECK(dlops_array_fill(ours.y, dlops_real(0)));
    /* As many operations on each rank: its rows of Y and its columns, with all of the inner axis. */
    dlops_context *alone = NULL;
    dlops_space *own = NULL;
    if (bench.ranks > 1) CHECK(dlops_context_get_local(context, &alone));
    else CHECK(dlops_context_retain(context, &alone));
    CHECK(dlops_space_create(alone, dtype, 2, (int64_t[]){n / rows, n}, NULL, &own));
    dlops_array *part = vector(own, 0, 3);
    local.op = local_product(context, dtype, n / rows, n, n / columns, address(part));
    CHECK(dlops_operator_create_domain_array(local.op, &local.x));
    CHECK(dlops_operator_create_range_array(local.op, &local.y));
    CHECK(dlops_array_fill(local.x, dlops_real(1)));
    CHECK(dlops_array_fill(local.y, dlops_real(0)));
    const double work = 2.0 * (double)n * (double)n * (double)n;
    for (int adjoint = 0; adjoint < 2; ++adjoint) {
        application a = {ours.op, adjoint ? DLOPS_ADJOINT : DLOPS_FORWARD, 0, adjoint ? ours.y : ours.x, adjoint ? ours.x : ours.y};
        const char *name = adjoint ? "adjoint, to local gemms" : "forward, to local gemms";
        measurement m = {.name = name, .target = 0.85, .amount = work, .unit = "GF/s", .subject = apply, .subject_state = &a,
                         .yardstick = apply, .yardstick_state = &local,
                         .vector_bytes = 3.0 * (double)(n * n) * (is_double ? 8 : 4) / bench.ranks};
        if (wanted(name)) compare(&m);
#ifdef BENCH_SCALAPACK
        m.name = "forward";
        if (!adjoint && wanted("forward, to ScaLAPACK"))
            beside_scalapack(m, rows, columns, n, is_double, address(matrix), address(ours.x), address(ours.y));
#endif
    }
    dlops_operator_destroy(&local.op);
    dlops_array_destroy(&local.x);
    dlops_array_destroy(&local.y);
    dlops_array_destroy(&part);
    dlops_space_destroy(&own);
    dlops_context_destroy(&alone);
    dlops_operator_destroy(&ours.op);
    dlops_array_destroy(&ours.x);
    dlops_array_destroy(&ours.y);
    dlops_array_destroy(&matrix);
    dlops_space_destroy(&space);
}

int main(int argc, char **argv)
{
    dlops_context *context = begin(argc, argv, "grid_products");
    for (int is_double = 0; is_double < 2; ++is_double) {
        measure(context, is_double, bench.ranks, 1);
        if (bench.ranks > 1) measure(context, is_double, 1, bench.ranks);
    }
    return finish(&context);
}
