/*
 * What apply costs beyond the arithmetic on arrays of 64 elements: microseconds beyond a plain loop, at most one.
 *
 *     mpirun -n 1 bench_overhead        (options: measure.h)
 */
#include "measure.h"

enum { n = 64, repeats = 20000 };

typedef struct application {
    dlops_operator *op;
    dlops_array *x, *y;
} application;

static void apply(void *state)
{
    application *a = state;
    for (int k = 0; k < repeats; ++k) CHECK(dlops_operator_apply(a->op, DLOPS_FORWARD, a->x, a->y));
}

/* What the loops work on: x and y, and a diagonal or a matrix of 8 x 8. */
typedef struct numbers {
    double x[n], y[n], d[n];
} numbers;

/* Keeps the compiler from leaving repeats out. */
static void used(void *memory)
{
    __asm__ volatile("" : : "r"(memory) : "memory");
}

#define LOOP(name, statement)                          \
    static void name(void *state)                      \
    {                                                  \
        numbers *v = state;                            \
        const double *x = v->x, *d = v->d;             \
        double *y = v->y;                              \
        for (int k = 0; k < repeats; ++k) {            \
            statement;                                 \
            used(v);                                   \
        }                                              \
        (void)d;                                       \
    }

LOOP(copy, for (int i = 0; i < n; ++i) y[i] = x[i])
LOOP(scale, for (int i = 0; i < n; ++i) y[i] = d[i] * x[i])
LOOP(first, y[0] = y[n - 1] = 0; for (int i = 1; i + 1 < n; ++i) y[i] = 0.5 * x[i + 1] - 0.5 * x[i - 1])
LOOP(second, y[0] = y[n - 1] = 0; for (int i = 1; i + 1 < n; ++i) y[i] = x[i + 1] - 2 * x[i] + x[i - 1])
LOOP(laplacian, for (int i = 0; i < 8; ++i) for (int j = 0; j < 8; ++j) y[8 * i + j] =
         (i > 0 && i < 7 ? x[8 * i + j + 8] - 2 * x[8 * i + j] + x[8 * i + j - 8] : 0)
         + (j > 0 && j < 7 ? x[8 * i + j + 1] - 2 * x[8 * i + j] + x[8 * i + j - 1] : 0))
LOOP(matrix, for (int i = 0; i < n; ++i) y[i] = 0; for (int i = 0; i < 8; ++i) for (int k = 0; k < 8; ++k)
         for (int j = 0; j < 8; ++j) y[8 * i + j] += d[8 * i + k] * x[8 * k + j])
LOOP(filter, for (int i = 0; i < n; ++i) y[i] = 0; for (int i = 0; i < n; ++i) for (int t = -2; t <= 2; ++t)
         if (i - t >= 0 && i - t < n) y[i] += d[t + 2] * x[i - t])

static void one(const char *name, dlops_operator *op, work loop, numbers *v)
{
    application a = {.op = op};
    double excess[15], own[15], plain[15], low, high;
    CHECK(dlops_operator_create_domain_array(op, &a.x));
    CHECK(dlops_operator_create_range_array(op, &a.y));
    CHECK(dlops_array_fill(a.x, dlops_real(1)));
    for (int k = 0; k < bench.pairs; ++k) {
        own[k] = timed(apply, &a) / repeats;
        plain[k] = timed(loop, v) / repeats;
        excess[k] = 1e6 * (own[k] - plain[k]);
    }
    row r = {.name = name, .target = 1, .at_most = 1, .unit = "M/s "};
    quartiles(own, bench.pairs, &low, &r.seconds, &high);
    quartiles(plain, bench.pairs, &low, &r.yardstick, &high);
    quartiles(excess, bench.pairs, &r.lower, &r.ratio, &r.upper);
    r.rate = 1e-6 / r.seconds;
    print_row(&r);
    dlops_array_destroy(&a.x);
    dlops_array_destroy(&a.y);
    dlops_operator_destroy(&op);
}

int main(int argc, char **argv)
{
    dlops_context *context = begin(argc, argv, "overhead");
    if (bench.ranks > 1) {
        if (bench.rank == 0) printf("bench_overhead measures one rank only\n");
        return finish(&context);
    }
    heading("64 float64, microseconds beyond the loop", "");
    static numbers v;
    dlops_space *line = NULL, *plane = NULL;
    dlops_operator *op = NULL;
    for (int i = 0; i < n; ++i) v.x[i] = v.d[i] = 1;
    CHECK(dlops_space_create(context, DLOPS_FLOAT64, 1, (int64_t[]){n}, NULL, &line));
    CHECK(dlops_space_create(context, DLOPS_FLOAT64, 2, (int64_t[]){8, 8}, NULL, &plane));
    CHECK(dlops_identity_create(line, NULL, &op));
    one("Identity", op, copy, &v);
    CHECK(dlops_diagonal_create_along(line, 0, v.d, &op));
    one("Diagonal", op, scale, &v);
    CHECK(dlops_first_derivative_create(line, 0, NULL, &op));
    one("first derivative", op, first, &v);
    CHECK(dlops_second_derivative_create(line, 0, NULL, &op));
    one("second derivative", op, second, &v);
    CHECK(dlops_laplacian_create(plane, NULL, &op));
    one("Laplacian, 8 x 8", op, laplacian, &v);
    CHECK(dlops_matrix_mult_create(plane, 8, 8, v.d, NULL, &op));
    one("MatrixMult, 8 x 8 with 8 columns", op, matrix, &v);
    CHECK(dlops_convolve1d_create(line, 0, 5, v.d, NULL, &op));
    one("Convolve1D, 5 taps", op, filter, &v);
    dlops_space_destroy(&plane);
    dlops_space_destroy(&line);
    return finish(&context);
}
