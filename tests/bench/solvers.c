/*
 * What an iteration of CG and CGLS costs beyond its operator applications, beside loops that read and write what the
 * method's updates must: 8 n elements read and 3 n written for CG, 5 n + 3 m and 2 n + m for CGLS (n unknowns, m data).
 *
 *     mpirun -n 1 bench_solvers        (or 2; options: measure.h)
 *
 * The operator is 2 I - L/8 with the 5-point Laplacian, 2048 x 2048 float64. Its share of the time is what the library's
 * profile says, so that nothing is assumed about what stays in the cache.
 */
#include "subjects.h"

enum { steps = 20 };

/* x, r (or s), p (or c), q and the other residual, of this rank. */
typedef struct updates {
    double *x, *r, *p, *q, *s;
    size_t count;
    int32_t method;
} updates;

static volatile double sink;

WIDTHS static double dot(const double *restrict x, const double *restrict y, size_t count)
{
    double sums[32] = {0}, total = 0;
    for (size_t i = 0; i + 32 <= count; i += 32) {
        for (size_t k = 0; k < 32; ++k) sums[k] += x[i + k] * y[i + k];
    }
    for (size_t k = 0; k < 32; ++k) total += sums[k];
    return total;
}

/* y += a x */
WIDTHS static void axpy(double a, const double *restrict x, double *restrict y, size_t count)
{
    for (size_t i = 0; i < count; ++i) y[i] += a * x[i];
}

/* p = r + b p */
WIDTHS static void xpay(double b, const double *restrict r, double *restrict p, size_t count)
{
    for (size_t i = 0; i < count; ++i) p[i] = r[i] + b * p[i];
}

/* r -= a q; <r, r> */
WIDTHS static double residual(double a, const double *restrict q, double *restrict r, size_t count)
{
    double sums[32] = {0}, total = 0;
    for (size_t i = 0; i + 32 <= count; i += 32) {
        for (size_t k = 0; k < 32; ++k) {
            double v = r[i + k] - a * q[i + k];
            r[i + k] = v;
            sums[k] += v * v;
        }
    }
    for (size_t k = 0; k < 32; ++k) total += sums[k];
    return total;
}

/* x += a p; r -= a q; <r, r> */
WIDTHS static double advance(double a, const double *restrict p, double *restrict x, const double *restrict q, double *restrict r, size_t count)
{
    double sums[32] = {0}, total = 0;
    for (size_t i = 0; i + 32 <= count; i += 32) {
        for (size_t k = 0; k < 32; ++k) x[i + k] += a * p[i + k];
        for (size_t k = 0; k < 32; ++k) {
            double v = r[i + k] - a * q[i + k];
            r[i + k] = v;
            sums[k] += v * v;
        }
    }
    for (size_t k = 0; k < 32; ++k) total += sums[k];
    return total;
}

/* One iteration's updates of a thread's elements; factors so small that nothing grows. */
static void share(void *state, int index, int threads)
{
    const updates *u = state;
    const double a = 1e-9;
    size_t first, last;
    share_of(u->count, index, threads, &first, &last);
    size_t count = last - first;
    double *x = u->x + first, *r = u->r + first, *p = u->p + first, *q = u->q + first, *s = u->s + first;
    if (u->method == DLOPS_SOLVER_CG) {
        sink = dot(p, q, count);
        sink = advance(a, p, x, q, r, count);
        xpay(a, r, p, count);
    } else {
        sink = dot(q, q, count);
        axpy(a, p, x, count);
        sink = residual(a, q, s, count);
        sink = dot(r, r, count);
        xpay(a, r, p, count);
    }
}

static void loops(void *state)
{
    for (int k = 0; k < steps; ++k) in_threads(bench.threads, share, state);
}

static void iterate(void *solver)
{
    int32_t reason = DLOPS_REASON_RUNNING;
    for (int k = 0; k < steps; ++k) {
        CHECK(dlops_solver_step(solver, &reason));
        if (reason != DLOPS_REASON_RUNNING) {
            fprintf(stderr, "an iteration ended early: %s\n", dlops_reason_text(reason));
            ranks_abort();
        }
    }
}

/* Seconds of this process in the operator so far. */
static double in_operator(dlops_context *context)
{
    double seconds = 0;
    CHECK(dlops_context_get_profile(context, "Sum", NULL, &seconds, NULL, NULL));
    return seconds;
}

/* Times, the others they are held against, and their ratios. */
static row summary(const char *name, double *seconds, double *others, double *ratio)
{
    row r = {.name = name};
    double low, high;
    quartiles(seconds, bench.pairs, &low, &r.seconds, &high);
    quartiles(others, bench.pairs, &low, &r.yardstick, &high);
    quartiles(ratio, bench.pairs, &r.lower, &r.ratio, &r.upper);
    return r;
}

/* `vectors`: that the method needs, b and x among them. */
static void method(dlops_context *context, int32_t which, const char *name, dlops_operator *a, dlops_space *space, int vectors)
{
    int64_t local = 0;
    char text[64];
    double total[15], inside[15], beyond[15], plain[15], ratio[15], part[15];
    if (!wanted(name)) return;
    CHECK(dlops_space_get_local_count(space, &local));
    dlops_array *b = vector(space, 0, 1), *x = vector(space, 0, 2), *copies[5];
    dlops_solver *solver = NULL;
    watch_memory();
    CHECK(dlops_solver_create(which, a, &solver));
    CHECK(dlops_solver_set_tolerances(solver, 0, 0, 0));
    CHECK(dlops_solver_set_max_iterations(solver, 2 * steps));
    CHECK(dlops_solver_setup(solver, b, x));
    iterate(solver);
    double memory = memory_ratio(2 * (double)local * sizeof(double)) * 2 / vectors;

    for (int k = 0; k < 5; ++k) copies[k] = vector(space, 0, 3 + (uint64_t)k);
    updates u = {address(copies[0]), address(copies[1]), address(copies[2]), address(copies[3]), address(copies[4]), (size_t)local, which};
    loops(&u);
    for (int k = 0; k < bench.pairs; ++k) {
        CHECK(dlops_solver_setup(solver, b, x));
        double before = in_operator(context);
        total[k] = timed(iterate, solver) / steps;
        inside[k] = ranks_largest((in_operator(context) - before) / steps);
        plain[k] = timed(loops, &u) / steps;
        beyond[k] = total[k] - inside[k];
        ratio[k] = beyond[k] / plain[k];
        part[k] = inside[k] / total[k];
    }
    snprintf(text, sizeof text, "%s, beyond its operator", name);
    row r = summary(text, beyond, plain, ratio);
    r.target = 1.15;
    r.at_most = 1;
    r.memory = memory;
    r.rate = 1e-9 * 11 * (double)local * sizeof(double) * bench.ranks / r.seconds;
    print_row(&r);
    snprintf(text, sizeof text, "%s, an iteration, and its operator's share", name);
    r = summary(text, total, inside, part);
    r.unit = "it/s";
    r.rate = 1 / r.seconds;
    print_row(&r);
    for (int k = 0; k < 5; ++k) dlops_array_destroy(&copies[k]);
    dlops_solver_destroy(&solver);
    dlops_array_destroy(&x);
    dlops_array_destroy(&b);
}

int main(int argc, char **argv)
{
    dlops_context *context = begin(argc, argv, "solvers");
    dlops_space *space = NULL;
    CHECK(dlops_context_set_profile(context, 1));
    CHECK(dlops_space_create(context, DLOPS_FLOAT64, 2, (int64_t[]){2048, 2048}, NULL, &space));
    dlops_operator *a = shifted_laplacian(space);
    heading("2048^2 float64 (ratio at most 1.15)", "");
    /* b, x and r, p, q; CGLS has the residual of the data too. */
    method(context, DLOPS_SOLVER_CG, "CG", a, space, 5);
    method(context, DLOPS_SOLVER_CGLS, "CGLS", a, space, 6);
    dlops_operator_destroy(&a);
    dlops_space_destroy(&space);
    return finish(&context);
}
