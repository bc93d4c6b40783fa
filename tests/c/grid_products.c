/* Products with a matrix that is spread over the ranks, from C: orders of its elements in memory, algorithms, what is
   refused. */
#include "check.h"

enum { N = 5, M = 3 };

static double element(int64_t i, int64_t j)
{
    return (double)((3 * i + 5 * j) % 7 - 3);
}

/* This rank's part of A, of rows x columns elements from (first[0], first[1]), by rows or by columns, with gaps. */
static double *part_of(const int64_t *first, const int64_t *extent, int by_columns, int64_t leading)
{
    double *part = malloc((size_t)((by_columns ? extent[1] : extent[0]) * leading + 1) * sizeof *part);
    for (int64_t i = 0; i < extent[0]; i++)
        for (int64_t j = 0; j < extent[1]; j++)
            part[by_columns ? j * leading + i : i * leading + j] = element(first[0] + i, first[1] + j);
    return part;
}

/* y = A x and x = A^T y, against sums. */
static void check_products(dlops_operator *a, const double *x, int64_t k)
{
    dlops_array *from = NULL, *to = NULL;
    double *found = malloc((size_t)(k * M + N * M) * sizeof *found), y[N * M];
    OK(dlops_operator_create_domain_array(a, &from));
    OK(dlops_operator_create_range_array(a, &to));
    OK(dlops_array_from_global(from, x));
    OK(dlops_operator_apply(a, DLOPS_FORWARD, from, to));
    OK(dlops_array_to_global(to, DLOPS_ALL_RANKS, found));
    for (int i = 0; i < N * M; i++) {
        y[i] = 0;
        for (int64_t j = 0; j < k; j++)
            y[i] += element(i / M, j) * x[j * M + i % M];
        CHECK(found[i] == y[i]);
    }
    OK(dlops_operator_apply(a, DLOPS_ADJOINT, to, from));
    OK(dlops_array_to_global(from, DLOPS_ALL_RANKS, found));
    for (int64_t j = 0; j < k * M; j++) {
        double sum = 0;
        for (int i = 0; i < N; i++)
            sum += element(i, j / M) * y[i * M + j % M];
        CHECK(found[j] == sum);
    }
    free(found);
    OK(dlops_array_destroy(&from));
    OK(dlops_array_destroy(&to));
}

int main(void)
{
    dlops_context *context;
    begin();
    context = world(NULL);

    const int64_t k = 2 * size + 1, of_x[2] = {k, M}, of_y[2] = {N, M}, of_a[2] = {N, k};
    dlops_space *domain = NULL, *range = NULL;
    dlops_operator *a = NULL;
    double *x = malloc((size_t)(k * M) * sizeof *x);
    for (int64_t i = 0; i < k * M; i++)
        x[i] = (double)(i % 5 - 2);
    OK(dlops_space_create(context, DLOPS_FLOAT64, 2, of_x, NULL, &domain));
    OK(dlops_space_create(context, DLOPS_FLOAT64, 2, of_y, NULL, &range));
    /* A cut along its rows and along its columns; by rows and by columns in memory; whatever stays and travels. */
    for (int turn = 0; turn < 8; turn++) {
        dlops_space_options layout = DLOPS_SPACE_OPTIONS_INIT;
        layout.axis = turn & 1;
        layout.memory = DLOPS_HOST;
        dlops_space *space = NULL;
        int64_t first[2], extent[2];
        OK(dlops_space_create(context, DLOPS_FLOAT64, 2, of_a, &layout, &space));
        OK(dlops_space_get_local_start(space, first));
        OK(dlops_space_get_local_shape(space, extent));
        dlops_distributed_matrix_mult_options choices = DLOPS_DISTRIBUTED_MATRIX_MULT_OPTIONS_INIT;
        const int by_columns = turn >> 1 & 1;
        choices.layout = by_columns ? DLOPS_COLUMN_MAJOR : DLOPS_ROW_MAJOR;
        choices.leading_dimension = extent[!by_columns] + 2;
        choices.algorithm = turn % 3;
        choices.save_adjoint = turn >> 2;
        choices.panel = 2;
        if (turn > 5)
            choices.range = range;
        double *part = part_of(first, extent, by_columns, choices.leading_dimension);
        OK(dlops_distributed_matrix_mult_create(domain, space, part, &choices, &a));
        free(part);
        check_products(a, x, k);
        OK(dlops_operator_destroy(&a));
        OK(dlops_space_destroy(&space));
    }

    /* One rank's bad argument is the error of all. */
    dlops_space_options host = DLOPS_SPACE_OPTIONS_INIT;
    host.memory = DLOPS_HOST;
    dlops_space *space = NULL;
    OK(dlops_space_create(context, DLOPS_FLOAT64, 2, (int64_t[]){4 * size, k}, &host, &space));
    double *part = calloc((size_t)(4 * k), sizeof *part);
    const int last = rank == size - 1;
    dlops_distributed_matrix_mult_options bad = DLOPS_DISTRIBUTED_MATRIX_MULT_OPTIONS_INIT;
    AGREED(dlops_distributed_matrix_mult_create(domain, space, last ? NULL : part, NULL, &a), DLOPS_ERROR_NULL_POINTER,
           "matrix is NULL", size - 1);
    bad.leading_dimension = last ? 1 : 0;
    AGREED(dlops_distributed_matrix_mult_create(domain, space, part, &bad, &a), DLOPS_ERROR_ARGUMENT, "leading dimension",
           size - 1);
    bad.leading_dimension = 0;
    bad.algorithm = last ? 7 : 0;
    AGREED(dlops_distributed_matrix_mult_create(domain, space, part, &bad, &a), DLOPS_ERROR_OPTION, "algorithm is 7",
           size - 1);
    bad.algorithm = 0;
    bad.transposed = 1;
    REFUSED(dlops_distributed_matrix_mult_create(domain, space, part, &bad, &a), DLOPS_ERROR_SHAPE, "columns");
    REFUSED(dlops_distributed_matrix_mult_create(NULL, space, part, NULL, &a), DLOPS_ERROR_NULL_POINTER, "domain is NULL");
    REFUSED(dlops_distributed_matrix_mult_create(domain, space, part, NULL, NULL), DLOPS_ERROR_NULL_POINTER,
            "result is NULL");
    CHECK(a == NULL);
    free(part);
    free(x);
    OK(dlops_space_destroy(&space));
    OK(dlops_space_destroy(&range));
    OK(dlops_space_destroy(&domain));
    OK(dlops_context_destroy(&context));
    return end();
}
