/*
 * An iteration of CG on 2 I - L/8, with L the 5-point Laplacian, and of CGLS on the stack of the first derivatives along
 * both axes, held against the time in which a copy by the driver moves as many bytes: what the head of the solver's file
 * counts for the updates, and what the operators read and write.
 *
 *     bench_device_solvers        (options: measure.h)
 *
 * An iteration is the difference of two solves, one of them twice as long, so that what begins a solve does not count.
 */
#include "gpu.h"

enum { steps = 20 };

typedef struct problem {
    dlops_solver *solver;
    dlops_array *b, *x;
    int64_t iterations;
} problem;

static void solve(void *state)
{
    problem *p = state;
    int64_t done = 0;
    CHECK(dlops_solver_set_max_iterations(p->solver, p->iterations));
    CHECK(dlops_solver_solve(p->solver, p->b, p->x));
    CHECK(dlops_solver_get_iterations(p->solver, &done));
    if (done != p->iterations) {
        fprintf(stderr, "a solve ended after %lld of %lld iterations\n", (long long)done, (long long)p->iterations);
        exit(1);
    }
}

static void print(const char *name, double *mine, double *other, double *ratio, double target, int at_most, double amount)
{
    row r = {.name = name, .target = target, .at_most = at_most};
    double low, high;
    quartiles(mine, bench.pairs, &low, &r.seconds, &high);
    quartiles(other, bench.pairs, &low, &r.yardstick, &high);
    quartiles(ratio, bench.pairs, &r.lower, &r.ratio, &r.upper);
    r.rate = 1e-9 * amount / r.seconds;
    print_row(&r);
}

/* `updates` and `products`: bytes that the method and its operators move in an iteration. */
static void method(int32_t which, const char *name, dlops_operator *a, copy *yardstick, double updates, double products)
{
    char text[64];
    double whole[15], beyond[15], allowed[15], least[15], over[15], share[15];
    if (!wanted(name)) return;
    problem p = {0};
    CHECK(dlops_operator_create_range_array(a, &p.b));
    CHECK(dlops_operator_create_domain_array(a, &p.x));
    /* Numbers from which no method comes to rest in so few steps. */
    CHECK(dlops_array_fill_random(p.b, DLOPS_UNIFORM, 1));
    CHECK(dlops_array_fill(p.x, dlops_real(1)));
    CHECK(dlops_solver_create(which, a, &p.solver));
    CHECK(dlops_solver_set_tolerances(p.solver, 0, 0, 0));
    dlops_array *data = NULL;
    CHECK(dlops_operator_create_range_array(a, &data));
    application forward = {a, DLOPS_FORWARD, 0, p.x, data}, adjoint = {a, DLOPS_ADJOINT, 0, data, p.x};
    const int several = bench.repeats;
    p.iterations = steps;
    timed(solve, &p);
    for (int k = 0; k < bench.pairs; ++k) {
        double shorter, longer, inside, copies;
        bench.repeats = 1;
        p.iterations = steps;
        shorter = timed(solve, &p);
        p.iterations = 2 * steps;
        longer = timed(solve, &p);
        bench.repeats = several;
        inside = timed(apply, &forward);
        if (which == DLOPS_SOLVER_CGLS) inside += timed(apply, &adjoint);
        copies = timed(copy_on_device, yardstick) / (2 * (double)yardstick->bytes);
        whole[k] = (longer - shorter) / steps;
        beyond[k] = whole[k] - inside;
        allowed[k] = copies * (updates + products);
        least[k] = copies * updates;
        over[k] = whole[k] / allowed[k];
        share[k] = least[k] / beyond[k];
    }
    snprintf(text, sizeof text, "%s, an iteration over its bytes' time", name);
    print(text, whole, allowed, over, 1.2, 1, updates + products);
    snprintf(text, sizeof text, "%s, its updates beside the copy", name);
    print(text, beyond, least, share, 0.85, 0, updates);
    dlops_array_destroy(&data);
    dlops_solver_destroy(&p.solver);
    dlops_array_destroy(&p.x);
    dlops_array_destroy(&p.b);
}

int main(int argc, char **argv)
{
    dlops_context *context = begin_on_device(argc, argv, "device_solvers");
    for (int is_double = 0; is_double < 2; ++is_double) {
        size_t size = is_double ? 8 : 4;
        int64_t extent, n;
        dlops_space *space = cube(context, is_double, 2, &extent, &n);
        dlops_array *x = ones(space), *y = ones(space);
        dlops_operator *rows = NULL, *columns = NULL, *stack = NULL;
        copy whole = copy_between(x, y, n, size);
        double vector = (double)n * (double)size;
        dlops_operator *definite = shifted_laplacian(space);
        CHECK(dlops_first_derivative_create(space, 0, NULL, &rows));
        CHECK(dlops_first_derivative_create(space, 1, NULL, &columns));
        CHECK(dlops_stacked_vstack_create(2, (const dlops_operator *const[]){rows, columns}, &stack));
        heading_of(extent, 2, is_double);
        /* 7 n + 3 n; the operator reads n and writes n, then reads 2 n and writes n for the identity. */
        method(DLOPS_SOLVER_CG, "CG on a Laplacian", definite, &whole, 10 * vector, 5 * vector);
        /* 4 n + 3 m and 2 n + m with m = 2 n; both derivatives 2 n, their adjoints 2 n and, accumulating, 3 n. */
        method(DLOPS_SOLVER_CGLS, "CGLS on a derivative stack", stack, &whole, 14 * vector, 9 * vector);
        dlops_operator_destroy(&stack);
        dlops_operator_destroy(&columns);
        dlops_operator_destroy(&rows);
        dlops_operator_destroy(&definite);
        dlops_array_destroy(&y);
        dlops_array_destroy(&x);
        dlops_space_destroy(&space);
    }
    return finish(&context);
}
