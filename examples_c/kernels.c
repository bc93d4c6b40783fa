/*
 * Kernels of your own: a line of text for every element, one for a number from all of them, and CUDA source. Where no
 * device is found, the lines run on the host, and the source is left out.
 *
 *     mpirun -n 2 kernels
 *
 * 1. y_i = exp(-x_i^2) in the middles x_i = (i + 1/2) h of the cells of [0, 6].
 * 2. Its integral h sum_i y_i, which is sqrt(pi) / 2.
 * 3. How many y_i are above 1/2: those with x_i < sqrt(ln 2).
 * 4. CUDA source: y_i := 1 - y_i, whose integral is 6 - sqrt(pi) / 2.
 */
#include "check.h"
#include "device_or_host.h"

#include <math.h>

enum { CELLS = 6000, BLOCK = 256 };

static const char complement[] =
    "extern \"C\" __global__ void complement(double *y, long long n) {\n"
    "    long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;\n"
    "    if (k < n) y[k] = 1 - y[k];\n"
    "}\n";

/* The reduction of y, with h, to one number that all ranks get. */
static double reduced(const dlops_kernel *kernel, const dlops_array *y, double h)
{
    const dlops_scalar scalars[] = {dlops_real(h)};
    dlops_scalar number;
    CHECK(dlops_kernel_reduce(kernel, 1, &y, 1, scalars, &number));
    return number.re;
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    dlops_context *ctx = NULL;
    dlops_space *line = NULL;
    dlops_array *y = NULL;
    dlops_kernel *bell = NULL, *integral = NULL, *above = NULL, *raw = NULL;
    char name[256];
    int32_t rank = 0;
    const int64_t cells = CELLS;
    const double h = 6.0 / CELLS, area = sqrt(acos(-1.0)) / 2.0;
    const dlops_scalar step[] = {dlops_real(h)};
    const int on_device = device_or_host(&ctx, name, sizeof name);
    CHECK(dlops_context_get_rank(ctx, &rank));
    CHECK(dlops_space_create(ctx, DLOPS_FLOAT64, 1, &cells, NULL, &line));
    CHECK(dlops_array_create(line, &y));

    CHECK(dlops_kernel_create_elementwise(ctx, "scalar float64 h", "float64 y",
                                          "float64 x = (i + 0.5) * h; y = exp(-x * x)", "bell", NULL, &bell));
    CHECK(dlops_kernel_apply(bell, 0, NULL, 1, step, 1, &y));

    CHECK(dlops_kernel_create_reduction(ctx, "float64 y, scalar float64 h", "float64 sum", "y", "a + b", "sum = a * h", "0",
                                        "integral", NULL, &integral));
    const double first = reduced(integral, y, h);

    CHECK(dlops_kernel_create_reduction(ctx, "float64 y, scalar float64 h", "float64 place", "y > 0.5", "a + b",
                                        "place = a * h", "0", "above", NULL, &above));
    const double crossing = reduced(above, y, h);

    double second = 6.0 - area;
    if (on_device) {
        int64_t n = 0;
        CHECK(dlops_space_get_local_count(line, &n));
        const int64_t grid[3] = {(n + BLOCK - 1) / BLOCK, 1, 1}, block[3] = {BLOCK, 1, 1};
        const dlops_kernel_argument arguments[] = {{y, NULL}, {NULL, &n}};
        CHECK(dlops_kernel_create_raw(ctx, complement, "complement", NULL, &raw));
        CHECK(dlops_kernel_launch(raw, grid, block, 0, 2, arguments));
        second = reduced(integral, y, h);
    }

    if (rank == 0)
        printf("on %s: integral %.12f, half its height at %.3f, integral of the rest %.12f\n", name, first, crossing, second);
    const int wrong = !(fabs(first - area) < 1e-12 && fabs(crossing - sqrt(log(2.0))) <= h
                        && fabs(second - (6.0 - area)) < 1e-11);

    dlops_kernel_destroy(&bell);
    dlops_kernel_destroy(&integral);
    dlops_kernel_destroy(&above);
    dlops_kernel_destroy(&raw);
    dlops_array_destroy(&y);
    dlops_space_destroy(&line);
    dlops_context_destroy(&ctx);
    MPI_Finalize();
    return wrong;
}
