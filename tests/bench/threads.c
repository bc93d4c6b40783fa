/*
 * One rank with P threads beside P ranks with one thread each, on the same problems, in turns: (a) all ranks work on what
 * they share, (b) the first rank alone works on the same in a context of its own with P threads, while the others sleep.
 * The ratio is time (b) over time (a), at most 1.05. A run ends when all ranks have ended it, as it does when all threads
 * have. Ranks must not be bound to cores. A case is "disturbed", and has no target, where some rank had its core for less
 * than 0.9 of (a): ranks that wait for one that has no core take many times as long.
 *
 *     mpirun --bind-to none -n 2 bench_threads        (options: measure.h; --large changes nothing)
 */
#include "products.h"
#include "subjects.h"

#include <time.h>

enum { ranks, threads, ways };

/* Of all ranks; of the first rank alone, NULL on the others. */
static dlops_context *contexts[ways];

/* Work of all ranks, which ends when the last of them has ended it. */
typedef struct together {
    work run;
    void *state;
} together;

static void run_together(void *state)
{
    together *t = state;
    t->run(t->state);
    ranks_wait();
}

/* Seconds that this process has had a core. */
static double on_core(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
}

/* A run that nobody times, then as many as asked for. */
static double steady(double (*time)(work, void *), work run, void *state, int repeats)
{
    bench.repeats = 1;
    time(run, state);
    bench.repeats = repeats;
    double seconds = time(run, state);
    bench.repeats = 1;
    return seconds;
}

/* Alternates a piece of work both ways; a measurement takes about 20 ms or more. */
static void alternate(const char *name, work run, void *on_ranks, void *on_threads)
{
    double a[15], b[15], ratio[15], low, high, used = 0, passed = 0;
    char text[80];
    row r = {.name = text, .unit = "/s  ", .target = 1.05, .at_most = 1};
    together all = {run, on_ranks};
    double once = steady(timed, run_together, &all, 1);
    steady(timed_alone, run, on_threads, 1);
    int repeats = once < 0.02 ? (int)(0.02 / once) + 1 : 1, pairs = 0;
    for (; another_pair(pairs); ++pairs) {
        double used_before = on_core(), before = ranks_seconds();
        a[pairs] = steady(timed, run_together, &all, repeats);
        used += on_core() - used_before;
        passed += ranks_seconds() - before;
        b[pairs] = steady(timed_alone, run, on_threads, repeats);
        ratio[pairs] = b[pairs] / a[pairs];
    }
    quartiles(a, pairs, &low, &r.yardstick, &high);
    quartiles(b, pairs, &low, &r.seconds, &high);
    quartiles(ratio, pairs, &r.lower, &r.ratio, &r.upper);
    r.rate = 1 / r.seconds;
    const int disturbed = ranks_largest(passed - used) > 0.1 * passed;
    if (disturbed) r.target = 0;
    snprintf(text, sizeof text, "%s%s", name, disturbed ? ", disturbed" : "");
    print_row(&r);
}

/* A space of each way, cut along the first axis. */
static void spaces(int is_double, int dimensions, const int64_t *extents, dlops_space *space[ways])
{
    for (int way = 0; way < ways; ++way) {
        space[way] = NULL;
        if (contexts[way]) CHECK(dlops_space_create(contexts[way], is_double ? DLOPS_FLOAT64 : DLOPS_FLOAT32, dimensions, extents, NULL, &space[way]));
    }
}

static void verbs(int is_double)
{
    static const struct {
        const char *name;
        work run;
    } all[] = {{"copy", vectors_copy}, {"axpy", vectors_axpy}, {"dot", vectors_dot}, {"norm", vectors_norm}};
    dlops_space *space[ways];
    vectors v[ways] = {{0}};
    spaces(is_double, 1, (int64_t[]){(int64_t)1 << 25}, space);
    for (int way = 0; way < ways; ++way) {
        if (space[way]) v[way] = (vectors){vector(space[way], 0, 1), vector(space[way], 0, 2), vector(space[way], 0, 3)};
    }
    heading(is_double ? "vectors of 32 Mi float64" : "vectors of 32 Mi float32", "");
    for (size_t k = 0; k < sizeof all / sizeof *all; ++k) {
        if (wanted(all[k].name)) alternate(all[k].name, all[k].run, &v[ranks], &v[threads]);
    }
    for (int way = 0; way < ways; ++way) {
        dlops_array_destroy(&v[way].w);
        dlops_array_destroy(&v[way].y);
        dlops_array_destroy(&v[way].x);
        dlops_space_destroy(&space[way]);
    }
}

/* An operator of each way in both modes, with beta 0 and, for `betas` 2, with beta 1. Destroys the operators. */
static void applications(const char *name, dlops_operator *op[ways], int betas)
{
    dlops_array *x[ways] = {NULL}, *y[ways] = {NULL};
    for (int way = 0; way < ways; ++way) {
        if (!op[way]) continue;
        CHECK(dlops_operator_create_domain_array(op[way], &x[way]));
        CHECK(dlops_operator_create_range_array(op[way], &y[way]));
    }
    for (int adjoint = 0; adjoint < 2; ++adjoint) {
        for (int beta = 0; beta < betas; ++beta) {
            char text[80], suffix[16] = "";
            application a[ways];
            for (int way = 0; way < ways; ++way) {
                a[way] = (application){op[way], adjoint ? DLOPS_ADJOINT : DLOPS_FORWARD, beta, adjoint ? y[way] : x[way], adjoint ? x[way] : y[way]};
                if (!op[way]) continue;
                /* Accumulation makes numbers grow. */
                CHECK(dlops_array_fill_random(x[way], DLOPS_UNIFORM, 1));
                CHECK(dlops_array_fill_random(y[way], DLOPS_UNIFORM, 2));
            }
            if (betas > 1) snprintf(suffix, sizeof suffix, ", beta %d", beta);
            snprintf(text, sizeof text, "%s, %s%s", name, adjoint ? "adjoint" : "forward", suffix);
            alternate(text, apply, &a[ranks], &a[threads]);
        }
    }
    for (int way = 0; way < ways; ++way) {
        dlops_array_destroy(&x[way]);
        dlops_array_destroy(&y[way]);
        dlops_operator_destroy(&op[way]);
    }
}

static void first(dlops_space *space, int axis, dlops_operator **op)
{
    CHECK(dlops_first_derivative_create(space, axis, NULL, op));
}

static void second(dlops_space *space, int axis, dlops_operator **op)
{
    CHECK(dlops_second_derivative_create(space, axis, NULL, op));
}

static void laplacian(dlops_space *space, int axis, dlops_operator **op)
{
    (void)axis;
    CHECK(dlops_laplacian_create(space, NULL, op));
}

static void gradient(dlops_space *space, int axis, dlops_operator **op)
{
    (void)axis;
    CHECK(dlops_gradient_create(space, NULL, op));
}

static void stencils(int is_double, int dimensions, int64_t extent)
{
    static const struct {
        const char *name;
        void (*make)(dlops_space *, int, dlops_operator **);
        int axis;
    } all[] = {{"first derivative, first axis", first, 0}, {"first derivative, last axis", first, -1},
               {"second derivative, first axis", second, 0}, {"Laplacian", laplacian, 0}, {"Gradient", gradient, 0}};
    char title[64];
    dlops_space *space[ways];
    snprintf(title, sizeof title, "%lld^%d %s", (long long)extent, dimensions, is_double ? "float64" : "float32");
    heading(title, "");
    spaces(is_double, dimensions, (int64_t[]){extent, extent, extent}, space);
    for (size_t k = 0; k < sizeof all / sizeof *all; ++k) {
        dlops_operator *op[ways] = {NULL};
        if (!wanted(all[k].name)) continue;
        for (int way = 0; way < ways; ++way) {
            if (space[way]) all[k].make(space[way], all[k].axis, &op[way]);
        }
        applications(all[k].name, op, 2);
    }
    for (int way = 0; way < ways; ++way) dlops_space_destroy(&space[way]);
}

/* Ranks have as many rows of the matrix for a few columns, and as many columns of x and y for 512. */
static void matrices(int is_double)
{
    const int64_t n = 4096;
    char text[64];
    dlops_array *matrix[ways] = {NULL};
    snprintf(text, sizeof text, "MatrixMult %s", is_double ? "float64" : "float32");
    heading(text, "");
    for (int64_t columns = 1; columns <= 8; columns += 7) {
        dlops_operator *op[ways] = {NULL};
        snprintf(text, sizeof text, "4096^2, %lld column%s", (long long)columns, columns > 1 ? "s" : "");
        if (!wanted(text)) continue;
        for (int way = 0; way < ways; ++way) {
            const int64_t rows = way == ranks ? n / bench.ranks : n;
            if (!contexts[way]) continue;
            if (!matrix[way]) matrix[way] = matrix_of(contexts[way], is_double, rows, n, 0);
            op[way] = rows_product(contexts[way], is_double, rows, n, columns, address(matrix[way]));
        }
        applications(text, op, 1);
    }
    for (int way = 0; way < ways; ++way) dlops_array_destroy(&matrix[way]);
    if (!wanted("2048^2, 512 columns")) return;
    product p[ways] = {{0}};
    for (int way = 0; way < ways; ++way) {
        if (contexts[way]) p[way] = make_product(contexts[way], is_double, 2048, 512);
    }
    for (int adjoint = 0; adjoint < 2; ++adjoint) {
        p[ranks].adjoint = p[threads].adjoint = adjoint;
        alternate(adjoint ? "2048^2, 512 columns, adjoint" : "2048^2, 512 columns, forward", library_product, &p[ranks], &p[threads]);
    }
    for (int way = 0; way < ways; ++way) destroy_product(&p[way]);
}

static void poststack(void)
{
    double wavelet[41];
    dlops_space *space[ways];
    CHECK(dlops_wavelet_ricker(21, 0.004, 20, wavelet));
    heading("post-stack, 256^3 float32, 41 samples", "");
    spaces(0, 3, (int64_t[]){256, 256, 256}, space);
    for (int axis = 0; axis < 3; ++axis) {
        char text[16];
        dlops_operator *op[ways] = {NULL};
        snprintf(text, sizeof text, "axis %d", axis);
        if (!wanted(text)) continue;
        for (int way = 0; way < ways; ++way) {
            if (space[way]) CHECK(dlops_poststack_create(space[way], axis, 41, wavelet, NULL, &op[way]));
        }
        applications(text, op, 1);
    }
    for (int way = 0; way < ways; ++way) dlops_space_destroy(&space[way]);
}

/* A solver and its vectors. */
typedef struct solve {
    dlops_solver *solver;
    dlops_array *b, *x;
} solve;

static void run_solver(void *state)
{
    solve *s = state;
    CHECK(dlops_solver_solve(s->solver, s->b, s->x));
}

/* Solves of 10 iterations. */
static void solvers(int is_double)
{
    dlops_space *space[ways];
    spaces(is_double, 2, (int64_t[]){2048, 2048}, space);
    heading(is_double ? "2 I - L/8, 2048^2 float64" : "2 I - L/8, 2048^2 float32", "");
    for (int least_squares = 0; least_squares < 2; ++least_squares) {
        const char *name = least_squares ? "CGLS, 10 iterations" : "CG, 10 iterations";
        solve s[ways] = {{0}};
        if (!wanted(name)) continue;
        for (int way = 0; way < ways; ++way) {
            if (!space[way]) continue;
            dlops_operator *a = shifted_laplacian(space[way]);
            CHECK(dlops_solver_create(least_squares ? DLOPS_SOLVER_CGLS : DLOPS_SOLVER_CG, a, &s[way].solver));
            CHECK(dlops_solver_set_tolerances(s[way].solver, 0, 0, 0));
            CHECK(dlops_solver_set_max_iterations(s[way].solver, 10));
            dlops_operator_destroy(&a);
            s[way].b = vector(space[way], 0, 1);
            s[way].x = vector(space[way], 0, 2);
        }
        alternate(name, run_solver, &s[ranks], &s[threads]);
        for (int way = 0; way < ways; ++way) {
            dlops_solver_destroy(&s[way].solver);
            dlops_array_destroy(&s[way].x);
            dlops_array_destroy(&s[way].b);
        }
    }
    for (int way = 0; way < ways; ++way) dlops_space_destroy(&space[way]);
}

int main(int argc, char **argv)
{
    contexts[ranks] = begin(argc, argv, "threads");
    if (bench.ranks == 1) {
        if (bench.rank == 0) printf("bench_threads compares with several ranks: mpirun -n 2\n");
        return finish(&contexts[ranks]);
    }
    dlops_context_options choices = DLOPS_CONTEXT_OPTIONS_INIT;
    choices.threads = bench.ranks * bench.threads;
    if (bench.rank == 0) {
        CHECK(dlops_context_create_self(&choices, &contexts[threads]));
        printf("columns: one rank with %d threads, %d ranks, runs a second, time over time (at most 1.05)\n", choices.threads, bench.ranks);
    }
    for (int is_double = 0; is_double < 2; ++is_double) {
        verbs(is_double);
        stencils(is_double, 2, 4096);
        stencils(is_double, 3, 256);
        matrices(is_double);
        if (!is_double) poststack();
        solvers(is_double);
    }
    dlops_context_destroy(&contexts[threads]);
    return finish(&contexts[ranks]);
}
