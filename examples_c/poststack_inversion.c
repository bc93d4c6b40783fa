/* Post-stack seismic inversion: the logarithm of acoustic impedance m from seismic data d = G m + noise, three ways.

     1. CGLS                  min |G x - d|^2, from a smooth background
     2. CG, normal equations  (G^H G + e L^H L) x = G^H d, with L the Laplacian
     3. CGLS, stacked         min |[G; sqrt(e) L] x - [d; 0]|^2, which has the same minimiser as 2

   Run under mpirun on any number of ranks; --help lists the options. */
#include "check.h"
#include "command_line.h"
#include "inversion.h"
#include "poststack_pictures.h"
#include "poststack_problem.h"
#include "poststack_reference.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

enum { METHODS = 3, GOAL = 5 }; /* GOAL: how many times below the background's the error in the data's band must be */

static void print_problem(const poststack_problem *p, const command_line *line)
{
    double count = (double)p->shape[0] * (double)p->shape[1] * (double)p->shape[2];
    if (p->rank) return;
    printf("dlops %s, %d rank%s\n", dlops_version(), p->ranks, p->ranks == 1 ? "" : "s");
    printf("Model       %s: %lld lines x %lld traces x %lld samples (%.3g unknowns), cut along %s\n",
           line->file ? line->file : "made up", (long long)p->shape[0], (long long)p->shape[1], (long long)p->shape[2], count,
           p->cut == 0 ? "lines" : "traces");
    printf("Wavelet     Ricker %g Hz, sampled at %g ms; noise %g of the data's root mean square\n", line->frequency, 1e3 * p->dt,
           line->noise);
    fflush(stdout);
}

/* L: the Laplacian over all axes that have more than one sample. */
static void create_laplacian(const poststack_problem *p, dlops_operator **laplacian)
{
    int32_t axes[3] = {0, 1, 2};
    dlops_laplacian_options options = DLOPS_LAPLACIAN_OPTIONS_INIT;
    int skip = p->shape[0] == 1;
    options.axis_count = 3 - skip;
    options.axes = axes + skip;
    CHECK(dlops_laplacian_create(p->space, &options, laplacian));
}

static void invert_normal_equations(const poststack_problem *p, dlops_operator *laplacian, const command_line *line, inversion *v)
{
    dlops_operator *GH, *LH, *GHG, *LHL, *normal;
    dlops_array *right_side;
    CHECK(dlops_operator_adjoint(p->modelling, &GH));
    CHECK(dlops_operator_adjoint(laplacian, &LH));
    CHECK(dlops_operator_product(2, (const dlops_operator *const[]){GH, p->modelling}, &GHG));
    CHECK(dlops_operator_product(2, (const dlops_operator *const[]){LH, laplacian}, &LHL));
    CHECK(dlops_operator_sum(2, (dlops_scalar[]){dlops_real(1), dlops_real(line->epsilon)},
                             (const dlops_operator *const[]){GHG, LHL}, &normal));
    CHECK(dlops_array_create(p->space, &right_side));
    CHECK(dlops_operator_apply(p->modelling, DLOPS_ADJOINT, p->data, right_side));
    inversion_run(v, DLOPS_SOLVER_CG, normal, right_side, p, line->iterations);
    CHECK(dlops_array_destroy(&right_side));
    dlops_operator **operators[] = {&normal, &LHL, &GHG, &LH, &GH};
    for (int i = 0; i < 5; i++) CHECK(dlops_operator_destroy(operators[i]));
}

static void invert_stacked(const poststack_problem *p, dlops_operator *laplacian, const command_line *line, inversion *v)
{
    dlops_operator *weighted, *stacked;
    dlops_array *zero, *right_side;
    CHECK(dlops_operator_scale(dlops_real(sqrt(line->epsilon)), laplacian, &weighted));
    CHECK(dlops_stacked_vstack_create(2, (const dlops_operator *const[]){p->modelling, weighted}, &stacked));
    CHECK(dlops_array_create(p->space, &zero));
    CHECK(dlops_array_fill(zero, dlops_real(0)));
    CHECK(dlops_array_compose(2, (const dlops_array *const[]){p->data, zero}, &right_side)); /* [d; 0], without a copy */
    inversion_run(v, DLOPS_SOLVER_CGLS, stacked, right_side, p, line->iterations);
    CHECK(dlops_array_destroy(&right_side));
    CHECK(dlops_array_destroy(&zero));
    CHECK(dlops_operator_destroy(&stacked));
    CHECK(dlops_operator_destroy(&weighted));
}

/* 0 when every inversion reaches the goal. */
static int report(const poststack_problem *p, const inversion *v)
{
    double error, band, norm;
    int missed = 0;
    model_errors(p, p->background, &error, &band);
    CHECK(dlops_array_norm(p->model, &norm));
    if (p->rank == 0) {
        printf("\nErrors against the true model m. In the data's band: |G (x - m)|, since G passes what the wavelet passes and\n"
               "nothing else; the background m0 has |G (m0 - m)| = %.4g, and the goal is %d times less.\n\n", band, GOAL);
        printf("%-24s %14s %14s %16s %12s %14s\n", "", "|x - m| / |m|", "|G x - d|", "in band, times", "iterations", "ms / iteration");
        printf("%-24s %14.4e %14s %16s\n", "background", error / norm, "", "1.0 below");
    }
    for (int i = 0; i < METHODS; i++) {
        double times = band / v[i].band_error;
        missed |= !(times >= GOAL);
        if (p->rank == 0)
            printf("%-24s %14.4e %14.4e %10.1f below %12lld %14.2f\n", v[i].title, v[i].error / norm, v[i].residual, times,
                   (long long)(v[i].count - 1), 1e3 * v[i].seconds / (double)(v[i].count > 1 ? v[i].count - 1 : 1));
    }
    if (p->rank == 0) printf("\nGoal %s.\n", missed ? "MISSED" : "reached by all three");
    return missed;
}

static void write_arrays(const poststack_problem *p, const inversion *v, const char *folder)
{
    const char *names[] = {"model", "background", "data", "cgls", "normal_equations", "stacked"};
    dlops_array *arrays[] = {p->model, p->background, p->data, v[0].estimate, v[1].estimate, v[2].estimate};
    for (int i = 0; i < 6; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s.npy", folder, names[i]);
        CHECK(dlops_array_write_npy(arrays[i], path)); /* in parallel; models as ln(impedance), shape (line, trace, time) */
    }
}

static int make_folder(const poststack_problem *p, const char *folder)
{
    int failed = 0;
    if (p->rank == 0 && mkdir(folder, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "poststack_inversion: cannot make the folder %s: %s\n", folder, strerror(errno));
        failed = 1;
    }
    MPI_Bcast(&failed, 1, MPI_INT, 0, MPI_COMM_WORLD);
    return failed;
}

static int run(dlops_context *context, const command_line *line)
{
    poststack_problem p;
    dlops_operator *laplacian;
    const char *reason = "";
    int32_t rank;
    inversion v[METHODS] = {{.title = "CGLS", .formula = "min |G x - d|^2"},
                            {.title = "CG, normal equations", .formula = "(G^H G + e L^H L) x = G^H d"},
                            {.title = "CGLS, stacked", .formula = "min |G x - d|^2 + e |L x|^2"}};
    CHECK(dlops_context_get_rank(context, &rank));
    if (poststack_problem_create(&p, context, line, &reason) != DLOPS_OK) {
        if (rank == 0) fprintf(stderr, "poststack_inversion: %s: %s\n", line->file, reason);
        poststack_problem_destroy(&p);
        return 2;
    }
    if (make_folder(&p, line->output)) {
        poststack_problem_destroy(&p);
        return 2;
    }
    print_problem(&p, line);
    create_laplacian(&p, &laplacian);
    inversion_run(&v[0], DLOPS_SOLVER_CGLS, p.modelling, p.data, &p, line->iterations);
    invert_normal_equations(&p, laplacian, line, &v[1]);
    invert_stacked(&p, laplacian, line, &v[2]);

    int failed = report(&p, v);
    if (line->reference) failed = poststack_reference_compare(&p, v, line->file) || failed;
    write_arrays(&p, v, line->output);
    if (poststack_pictures_write(&p, v, METHODS, line)) failed = 1;
    if (rank == 0) printf("Arrays and pictures are in %s\n", line->output);

    for (int i = 0; i < METHODS; i++) inversion_destroy(&v[i]);
    CHECK(dlops_operator_destroy(&laplacian));
    poststack_problem_destroy(&p);
    return failed;
}

int main(int argc, char **argv)
{
    int provided, rank;
    command_line line;
    dlops_context *context;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    int status = command_line_read(&line, argc, argv, rank == 0);
    if (status == 0) {
        CHECK(dlops_context_create_mpi(MPI_COMM_WORLD, NULL, &context));
        status = run(context, &line);
        CHECK(dlops_context_destroy(&context));
    } else {
        status = status < 0 ? 2 : 0;
    }
    MPI_Finalize();
    return status;
}
