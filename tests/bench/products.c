#include "products.h"

#ifdef BENCH_OPENBLAS
#include <cblas.h>
#endif

dlops_array *matrix_of(dlops_context *context, int is_double, int64_t rows, int64_t columns, int wrapped)
{
    dlops_context *local = NULL;
    dlops_space *space = NULL;
    CHECK(dlops_context_get_local(context, &local));
    CHECK(dlops_space_create(local, is_double ? DLOPS_FLOAT64 : DLOPS_FLOAT32, 2, (int64_t[]){rows, columns}, NULL, &space));
    dlops_array *matrix = vector(space, wrapped, 7);
    dlops_space_destroy(&space);
    dlops_context_destroy(&local);
    return matrix;
}

dlops_operator *rows_product(dlops_context *context, int is_double, int64_t rows, int64_t n, int64_t columns, void *matrix)
{
    dlops_context *local = NULL;
    dlops_space *space = NULL;
    dlops_operator *own = NULL, *all = NULL;
    dlops_matrix_mult_options choices = DLOPS_MATRIX_MULT_OPTIONS_INIT;
    int32_t ranks = 0;
    choices.borrow = 1;
    CHECK(dlops_context_get_size(context, &ranks));
    if (ranks > 1) CHECK(dlops_context_get_local(context, &local));
    else CHECK(dlops_context_retain(context, &local));
    CHECK(dlops_space_create(local, is_double ? DLOPS_FLOAT64 : DLOPS_FLOAT32, 2, (int64_t[]){n, columns}, NULL, &space));
    CHECK(dlops_matrix_mult_create(space, rows, n, matrix, &choices, &own));
    if (ranks > 1) {
        CHECK(dlops_vstack_create(context, 1, (const dlops_operator *const[]){own}, NULL, &all));
        dlops_operator_destroy(&own);
    }
    dlops_space_destroy(&space);
    dlops_context_destroy(&local);
    return ranks > 1 ? all : own;
}

product make_product(dlops_context *context, int is_double, int64_t n, int64_t columns)
{
    product p = {.n = n, .columns = columns, .is_double = is_double};
    dlops_space *space = NULL;
    dlops_space_options where = DLOPS_SPACE_OPTIONS_INIT;
    dlops_matrix_mult_options choices = DLOPS_MATRIX_MULT_OPTIONS_INIT;
    int64_t local = 0;
    where.axis = 1;
    choices.borrow = 1;
    p.matrix = matrix_of(context, is_double, n, n, 0);
    CHECK(dlops_space_create(context, is_double ? DLOPS_FLOAT64 : DLOPS_FLOAT32, 2, (int64_t[]){n, columns}, &where, &space));
    CHECK(dlops_space_get_local_count(space, &local));
    CHECK(dlops_matrix_mult_create(space, n, n, address(p.matrix), &choices, &p.op));
    p.local_columns = local / n;
    p.x = vector(space, 0, 1);
    p.y = vector(space, 0, 2);
    dlops_space_destroy(&space);
    return p;
}

void destroy_product(product *p)
{
    dlops_operator_destroy(&p->op);
    dlops_array_destroy(&p->x);
    dlops_array_destroy(&p->y);
    dlops_array_destroy(&p->matrix);
}

double operations(const product *p)
{
    return 2.0 * (double)p->n * (double)p->n * (double)p->columns;
}

void library_product(void *state)
{
    product *p = state;
    CHECK(dlops_operator_apply(p->op, p->adjoint ? DLOPS_ADJOINT : DLOPS_FORWARD, p->x, p->y));
}

#ifdef BENCH_OPENBLAS
int beside_openblas(void)
{
    return bench.threads == 1;
}

void openblas_multiply(void *state)
{
    const multiplication *m = state;
    const enum CBLAS_TRANSPOSE turn = m->adjoint ? CblasTrans : CblasNoTrans;
    const blasint rows = (blasint)m->rows, n = (blasint)m->n, columns = (blasint)m->columns;
    const blasint from = m->adjoint ? rows : n, to = m->adjoint ? n : rows;
    openblas_set_num_threads(1);
    if (columns == 1 && m->is_double) cblas_dgemv(CblasRowMajor, turn, rows, n, 1, m->matrix, n, m->x, 1, 0, m->y, 1);
    else if (columns == 1) cblas_sgemv(CblasRowMajor, turn, rows, n, 1, m->matrix, n, m->x, 1, 0, m->y, 1);
    else if (m->is_double) cblas_dgemm(CblasRowMajor, turn, CblasNoTrans, to, columns, from, 1, m->matrix, n, m->x, columns, 0, m->y, columns);
    else cblas_sgemm(CblasRowMajor, turn, CblasNoTrans, to, columns, from, 1, m->matrix, n, m->x, columns, 0, m->y, columns);
}
#else
int beside_openblas(void)
{
    return 0;
}

void openblas_multiply(void *state)
{
    (void)state;
}
#endif

void openblas_product(void *state)
{
    const product *p = state;
    multiplication m = {.is_double = p->is_double, .adjoint = p->adjoint, .rows = p->n, .n = p->n, .columns = p->local_columns,
                        .matrix = address(p->matrix), .x = address(p->x), .y = address(p->y)};
    openblas_multiply(&m);
}
