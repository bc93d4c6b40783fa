/*
 * CG and CGLS beside PETSc's KSPCG and KSPCGLS on the 5-point Laplacian, 2048 x 2048 float64, 100 iterations: whole solves
 * from a zero guess, alternated.
 *
 *     mpirun -n 1 bench_petsc        (or 2; options: measure.h)
 *
 * PETSc applies the operator by a shell matrix with the same arithmetic: its loops are compiled for each vector width, and
 * rows cross ranks by persistent requests while the inner rows are computed. It runs without a preconditioner, and its CG
 * takes the norm from the inner product that it has. The two solutions are compared.
 */
#include "measure.h"

#include <dlfcn.h>
#include <math.h>
#include <petscksp.h>

enum { size = 2048, iterations = 100 };

#define PETSC(call)                                                                                                  \
    do {                                                                                                             \
        if ((call) != 0) {                                                                                           \
            fprintf(stderr, "%s:%d: PETSc failed\n", __FILE__, __LINE__);                                            \
            MPI_Abort(MPI_COMM_WORLD, 1);                                                                            \
        }                                                                                                            \
    } while (0)

/* This rank's rows of A = -(D0 + D1), second differences along either axis that are zero at the ends of the axis. */
typedef struct laplacian {
    int64_t first, rows;
    /* The rows of the neighbours beside this rank's, zero beyond the grid, and this rank's outer rows on their way. */
    double *above, *below, *top, *bottom;
    MPI_Request requests[4];
} laplacian;

static void start_exchange(laplacian *a, const double *x)
{
    memcpy(a->top, x, size * sizeof(double));
    memcpy(a->bottom, x + (a->rows - 1) * size, size * sizeof(double));
    MPI_Startall(4, a->requests);
}

/* Whether the second difference at this index of an axis is not zero. */
static double inner(int64_t k)
{
    return k > 0 && k < size - 1;
}

/* y = 4 x - above - below - left - right for columns first to last. */
WIDTHS static void inner_row(const double *restrict x, const double *restrict above, const double *restrict below, double *restrict y,
                             int64_t first, int64_t last)
{
    for (int64_t j = first; j < last; ++j) y[j] = 4 * x[j] - above[j] - below[j] - x[j - 1] - x[j + 1];
}

/* One row: the weights of the rows above, here and below; those of the columns are the same seen along the row. */
static void row_of(int adjoint, int64_t i, const double *x, const double *above, const double *below, double *y)
{
    double up = inner(adjoint ? i - 1 : i), here = inner(i), down = inner(adjoint ? i + 1 : i);
    if (up * here * down > 0) {
        inner_row(x, above, below, y, 2, size - 2);
    } else {
        for (int64_t j = 2; j < size - 2; ++j) {
            y[j] = 2 * here * x[j] - up * above[j] - down * below[j] + 2 * x[j] - x[j - 1] - x[j + 1];
        }
    }
    const int64_t ends[] = {0, 1, size - 2, size - 1};
    for (int k = 0; k < 4; ++k) {
        int64_t j = ends[k];
        double left = j > 0 ? inner(adjoint ? j - 1 : j) * x[j - 1] : 0;
        double right = j < size - 1 ? inner(adjoint ? j + 1 : j) * x[j + 1] : 0;
        y[j] = 2 * here * x[j] - up * above[j] - down * below[j] + 2 * inner(j) * x[j] - left - right;
    }
}

static PetscErrorCode apply(Mat matrix, Vec x, Vec y, int adjoint)
{
    laplacian *a = NULL;
    const double *from = NULL;
    double *to = NULL;
    PETSC(MatShellGetContext(matrix, &a));
    PETSC(VecGetArrayRead(x, &from));
    PETSC(VecGetArrayWrite(y, &to));
    start_exchange(a, from);
    for (int64_t i = 1; i < a->rows - 1; ++i) {
        const double *row = from + i * size;
        row_of(adjoint, a->first + i, row, row - size, row + size, to + i * size);
    }
    MPI_Waitall(4, a->requests, MPI_STATUSES_IGNORE);
    const double *last = from + (a->rows - 1) * size;
    row_of(adjoint, a->first, from, a->above, from + size, to);
    row_of(adjoint, a->first + a->rows - 1, last, last - size, a->below, to + (a->rows - 1) * size);
    PETSC(VecRestoreArrayWrite(y, &to));
    PETSC(VecRestoreArrayRead(x, &from));
    return 0;
}

static PetscErrorCode multiply(Mat matrix, Vec x, Vec y)
{
    return apply(matrix, x, y, 0);
}

static PetscErrorCode multiply_transposed(Mat matrix, Vec x, Vec y)
{
    return apply(matrix, x, y, 1);
}

/* Rows `first` and so on of `rows` at least 2. */
static void make_rows(laplacian *a, int64_t first, int64_t rows)
{
    double *buffers = calloc(4 * size, sizeof *buffers);
    if (!buffers || rows < 2) MPI_Abort(MPI_COMM_WORLD, 1);
    *a = (laplacian){.first = first, .rows = rows, .above = buffers, .below = buffers + size, .top = buffers + 2 * size, .bottom = buffers + 3 * size};
    int before = bench.rank > 0 ? bench.rank - 1 : MPI_PROC_NULL, after = bench.rank + 1 < bench.ranks ? bench.rank + 1 : MPI_PROC_NULL;
    MPI_Recv_init(a->above, size, MPI_DOUBLE, before, 1, MPI_COMM_WORLD, &a->requests[0]);
    MPI_Recv_init(a->below, size, MPI_DOUBLE, after, 2, MPI_COMM_WORLD, &a->requests[1]);
    MPI_Send_init(a->top, size, MPI_DOUBLE, before, 2, MPI_COMM_WORLD, &a->requests[2]);
    MPI_Send_init(a->bottom, size, MPI_DOUBLE, after, 1, MPI_COMM_WORLD, &a->requests[3]);
}

static void free_rows(laplacian *a)
{
    for (int k = 0; k < 4; ++k) MPI_Request_free(&a->requests[k]);
    free(a->above);
}

/* Both sides of a comparison; x starts as zero in every solve. */
typedef struct solves {
    dlops_solver *solver;
    dlops_array *b, *x;
    KSP ksp;
    Vec right, solution;
} solves;

static void ours(void *state)
{
    solves *s = state;
    CHECK(dlops_solver_solve(s->solver, s->b, s->x));
}

static void theirs(void *state)
{
    solves *s = state;
    PETSC(KSPSolve(s->ksp, s->right, s->solution));
}

/* Relative difference of the solutions in the largest element. */
static double difference(const solves *s, size_t count)
{
    const double *x = address(s->x), *y = NULL;
    double mine[2] = {0}, all[2];
    PETSC(VecGetArrayRead(s->solution, &y));
    for (size_t k = 0; k < count; ++k) {
        mine[0] = fmax(mine[0], fabs(x[k] - y[k]));
        mine[1] = fmax(mine[1], fabs(y[k]));
    }
    PETSC(VecRestoreArrayRead(s->solution, &y));
    MPI_Allreduce(mine, all, 2, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    return all[0] / all[1];
}

static void method(int32_t which, const char *name, KSPType type, dlops_operator *a, Mat matrix, dlops_array *b, dlops_space *space)
{
    char text[64];
    double seconds[15], others[15], ratio[15];
    int64_t local = 0;
    if (!wanted(name)) return;
    solves s = {.b = b, .x = vector(space, 0, 2)};
    CHECK(dlops_space_get_local_count(space, &local));
    CHECK(dlops_solver_create(which, a, &s.solver));
    CHECK(dlops_solver_set_tolerances(s.solver, 0, 0, 0));
    CHECK(dlops_solver_set_max_iterations(s.solver, iterations));

    PC none = NULL;
    double *values = NULL;
    PETSC(MatCreateVecs(matrix, &s.solution, &s.right));
    PETSC(VecGetArrayWrite(s.right, &values));
    memcpy(values, address(b), (size_t)local * sizeof(double));
    PETSC(VecRestoreArrayWrite(s.right, &values));
    PETSC(KSPCreate(PETSC_COMM_WORLD, &s.ksp));
    PETSC(KSPSetType(s.ksp, type));
    PETSC(KSPSetOperators(s.ksp, matrix, matrix));
    PETSC(KSPGetPC(s.ksp, &none));
    PETSC(PCSetType(none, PCNONE));
    PETSC(KSPSetTolerances(s.ksp, 0, 0, 1e300, iterations));
    if (which == DLOPS_SOLVER_CG) PETSC(KSPSetNormType(s.ksp, KSP_NORM_NATURAL));

    ours(&s);
    theirs(&s);
    double apart = difference(&s, (size_t)local);
    int64_t taken = 0;
    PetscInt their_taken = 0;
    CHECK(dlops_solver_get_iterations(s.solver, &taken));
    PETSC(KSPGetIterationNumber(s.ksp, &their_taken));
    if (!(apart < 1e-6) || taken != iterations || their_taken != iterations) {
        fprintf(stderr, "%s: %ld and %ld iterations, and solutions that differ by %g of their size\n", name, (long)taken, (long)their_taken, apart);
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    for (int k = 0; k < bench.pairs; ++k) {
        seconds[k] = timed(ours, &s);
        others[k] = timed(theirs, &s);
        ratio[k] = others[k] / seconds[k];
    }
    double low, high;
    snprintf(text, sizeof text, "%s, 100 iterations, PETSc %d.%d.%d", name, PETSC_VERSION_MAJOR, PETSC_VERSION_MINOR, PETSC_VERSION_SUBMINOR);
    row r = {.name = text, .unit = "it/s", .target = 1};
    quartiles(seconds, bench.pairs, &low, &r.seconds, &high);
    quartiles(others, bench.pairs, &low, &r.yardstick, &high);
    quartiles(ratio, bench.pairs, &r.lower, &r.ratio, &r.upper);
    r.rate = iterations / r.seconds;
    print_row(&r);
    PETSC(KSPDestroy(&s.ksp));
    PETSC(VecDestroy(&s.right));
    PETSC(VecDestroy(&s.solution));
    dlops_solver_destroy(&s.solver);
    dlops_array_destroy(&s.x);
}

/* Normal numbers, zero on the frame of the grid: on what is zero there A is symmetric. */
static dlops_array *right_side(dlops_space *space, const laplacian *a)
{
    dlops_array *b = NULL;
    CHECK(dlops_array_create(space, &b));
    CHECK(dlops_array_fill_random(b, DLOPS_NORMAL, 1));
    double *values = address(b);
    for (int64_t i = 0; i < a->rows; ++i) {
        for (int64_t j = 0; j < size; ++j) values[i * size + j] *= inner(a->first + i) * inner(j);
    }
    return b;
}

int main(int argc, char **argv)
{
    dlops_context *context = begin(argc, argv, "petsc");
    PETSC(PetscInitializeNoArguments());
    /* PETSc's vectors are OpenBLAS's where Debian has it, which would take all cores of the machine for each rank. */
    void (*set_threads)(int) = NULL;
    *(void **)&set_threads = dlsym(RTLD_DEFAULT, "openblas_set_num_threads");
    if (set_threads) set_threads(bench.threads);

    dlops_space *space = NULL;
    dlops_operator *operator = NULL;
    dlops_laplacian_options choices = DLOPS_LAPLACIAN_OPTIONS_INIT;
    choices.weights = (const double[]){-1, -1};
    choices.weight_count = 2;
    CHECK(dlops_space_create(context, DLOPS_FLOAT64, 2, (int64_t[]){size, size}, NULL, &space));
    CHECK(dlops_laplacian_create(space, &choices, &operator));
    int64_t local = 0, rows = 0, end = 0;
    CHECK(dlops_space_get_local_count(space, &local));
    rows = local / size;
    MPI_Scan(&rows, &end, 1, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
    laplacian a;
    make_rows(&a, end - rows, rows);
    Mat matrix = NULL;
    PETSC(MatCreateShell(PETSC_COMM_WORLD, (PetscInt)local, (PetscInt)local, PETSC_DETERMINE, PETSC_DETERMINE, &a, &matrix));
    PETSC(MatShellSetOperation(matrix, MATOP_MULT, (void (*)(void))multiply));
    PETSC(MatShellSetOperation(matrix, MATOP_MULT_TRANSPOSE, (void (*)(void))multiply_transposed));
    dlops_array *b = right_side(space, &a);

    heading("5-point Laplacian 2048^2 float64", "");
    method(DLOPS_SOLVER_CG, "CG", KSPCG, operator, matrix, b, space);
    method(DLOPS_SOLVER_CGLS, "CGLS", KSPCGLS, operator, matrix, b, space);

    PETSC(MatDestroy(&matrix));
    free_rows(&a);
    dlops_array_destroy(&b);
    dlops_operator_destroy(&operator);
    dlops_space_destroy(&space);
    PETSC(PetscFinalize());
    return finish(&context);
}
