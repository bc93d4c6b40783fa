/*
 * Dense MatrixMult: a few columns beside a loop that reads the matrix, and beside OpenBLAS; 512 columns beside OpenBLAS' product of the same
 * matrices. For information 512 columns also stand beside products of 2048 columns, the library's own and OpenBLAS',
 * scaled by operations: no target, since these pack the matrix for four times as many columns.
 *
 *     mpirun -n 1 bench_matrices        (or 2; options: measure.h)
 *
 * On several ranks each has as many rows of the matrix for the few columns, and as many columns of x and y for the 512.
 */
#include "products.h"
#include "subjects.h"

#include <math.h>

static void few_columns(dlops_context *context, int is_double, int wrapped)
{
    const double size = is_double ? 8 : 4;
    const int64_t n = bench.large ? (int64_t)sqrt((double)large_bytes() / size) / 64 * 64 : 4096, rows = n / bench.ranks;
    char title[80];
    snprintf(title, sizeof title, "MatrixMult, %lld^2 %s%s", (long long)n, is_double ? "float64" : "float32", wrapped ? ", wrapped" : "");
    heading(title, "");
    dlops_array *matrix = matrix_of(context, is_double, rows, n, wrapped);
    streams read = {.in = {address(matrix)}, .reads = 1, .count = (size_t)(rows * n), .is_double = is_double};
    settle(&read);
    for (int64_t columns = 1; columns <= 16; columns *= wrapped ? 16 : 2) {
        char name[64];
        snprintf(name, sizeof name, columns > 1 ? "%lld columns" : "%lld column", (long long)columns);
        if (!wanted(name)) continue;
        watch_memory();
        dlops_operator *op = rows_product(context, is_double, rows, n, columns, address(matrix));
        application a = {.op = op};
        dlops_array *x = NULL, *y = NULL;
        CHECK(dlops_operator_create_domain_array(op, &x));
        CHECK(dlops_operator_create_range_array(op, &y));
        CHECK(dlops_array_fill_random(x, DLOPS_UNIFORM, 1));
        CHECK(dlops_array_fill_random(y, DLOPS_UNIFORM, 2));
        for (int adjoint = 0; adjoint < 2; ++adjoint) {
            snprintf(name, sizeof name, "%lld column%s, %s, to reading A", (long long)columns, columns > 1 ? "s" : "",
                     adjoint ? "adjoint" : "forward");
            a.mode = adjoint ? DLOPS_ADJOINT : DLOPS_FORWARD;
            a.x = adjoint ? y : x;
            a.y = adjoint ? x : y;
            compare(&(measurement){.name = name, .target = 0.85, .amount = stream_bytes(&read) * bench.ranks, .subject = apply,
                                   .subject_state = &a, .yardstick = stream_loop, .yardstick_state = &read,
                                   .vector_bytes = stream_bytes(&read) + (double)(n + rows) * (double)columns * size});
            if (!beside_openblas()) continue;
            multiplication theirs = {is_double, adjoint, rows, n, columns, address(matrix), address(a.x), address(a.y)};
            snprintf(name, sizeof name, "%lld column%s, %s, to OpenBLAS", (long long)columns, columns > 1 ? "s" : "",
                     adjoint ? "adjoint" : "forward");
            compare(&(measurement){.name = name, .target = 0.95, .amount = stream_bytes(&read) * bench.ranks, .subject = apply,
                                   .subject_state = &a, .yardstick = openblas_multiply, .yardstick_state = &theirs});
        }
        dlops_array_destroy(&x);
        dlops_array_destroy(&y);
        dlops_operator_destroy(&op);
    }
    dlops_array_destroy(&matrix);
}

static void many_columns(dlops_context *context, int is_double)
{
    const int64_t n = 2048, columns = 512, large = 2048;
    char title[80];
    snprintf(title, sizeof title, "MatrixMult, %lld^2 %s", (long long)n, is_double ? "float64" : "float32");
    heading(title, "");
    if (!wanted("512 columns")) return;
    product subject = make_product(context, is_double, n, columns), yardstick = make_product(context, is_double, n, large);
    double scale = operations(&subject) / operations(&yardstick);
    double bytes = (double)(n * n + 2 * n * subject.local_columns) * (is_double ? 8 : 4);
    for (int adjoint = 0; adjoint < 2; ++adjoint) {
        char name[64];
        const char *mode = adjoint ? "adjoint" : "forward";
        subject.adjoint = yardstick.adjoint = adjoint;
        measurement m = {.name = name, .target = 0.95, .amount = operations(&subject), .unit = "GF/s", .subject = library_product,
                         .subject_state = &subject, .vector_bytes = bytes};
        snprintf(name, sizeof name, "512 columns, %s, to OpenBLAS", mode);
        m.yardstick = openblas_product;
        m.yardstick_state = &subject;
        watch_memory();
        if (beside_openblas()) compare(&m);
        for (int theirs = 0; theirs < 1 + beside_openblas(); ++theirs) {
            snprintf(name, sizeof name, "512 columns, %s, to %s gemm of %lld", mode, theirs ? "OpenBLAS'" : "own", (long long)large);
            m.target = 0;
            m.scale = scale;
            m.yardstick = theirs ? openblas_product : library_product;
            m.yardstick_state = &yardstick;
            watch_memory();
            compare(&m);
        }
    }
    destroy_product(&yardstick);
    destroy_product(&subject);
}

int main(int argc, char **argv)
{
    dlops_context *context = begin(argc, argv, "matrices");
    if (!beside_openblas() && bench.rank == 0) printf("no OpenBLAS, or several threads: compared with the library's own products only\n");
    for (int is_double = 0; is_double < 2; ++is_double) {
        for (int wrapped = 0; wrapped < 2; ++wrapped) few_columns(context, is_double, wrapped);
        many_columns(context, is_double);
    }
    return finish(&context);
}
