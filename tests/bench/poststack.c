/*
 * Post-stack modelling with a wavelet of 41 samples on 256^3 float32, beside a copy of the volume and beside the rate of
 * a large float32 matrix product. It may take as long as a copy at half the bandwidth, or its multiplications and
 * additions (2 x 41 a sample) at 0.6 of the rate of the product, whichever is longer.
 *
 *     mpirun -n 1 bench_poststack        (or 2; options: measure.h)
 */
#include "products.h"
#include "subjects.h"

enum { extent = 256, taps = 41 };

/* What is common to the cases: the yardsticks and the vectors. */
typedef struct volume {
    dlops_space *space;
    dlops_array *x, *y;
    streams copy;
    product *product;
    work multiply;
} volume;

static void cases(volume *v, int axis)
{
    double wavelet[taps];
    dlops_operator *op = NULL;
    const double samples = (double)extent * extent * extent, arithmetic = 2.0 * taps * samples;
    char title[16];
    snprintf(title, sizeof title, "axis %d", axis);
    if (!wanted(title)) return;
    CHECK(dlops_wavelet_ricker((taps + 1) / 2, 0.004, 20, wavelet));
    watch_memory();
    CHECK(dlops_poststack_create(v->space, axis, taps, wavelet, NULL, &op));
    for (int adjoint = 0; adjoint < 2; ++adjoint) {
        char name[80];
        const char *mode = adjoint ? "adjoint" : "forward";
        application a = {op, adjoint ? DLOPS_ADJOINT : DLOPS_FORWARD, 0, v->x, v->y};
        snprintf(name, sizeof name, "axis %d, %s, to a copy", axis, mode);
        measurement m = {.name = name, .amount = stream_bytes(&v->copy) * bench.ranks, .subject = apply, .subject_state = &a,
                         .yardstick = stream_loop, .yardstick_state = &v->copy, .vector_bytes = stream_bytes(&v->copy)};
        row copy = compare(&m);
        snprintf(name, sizeof name, "axis %d, %s, to gemm", axis, mode);
        m.amount = arithmetic;
        m.unit = "GF/s";
        m.yardstick = v->multiply;
        m.yardstick_state = v->product;
        m.scale = arithmetic / operations(v->product);
        m.vector_bytes = 0;
        row product = compare(&m);
        /* Ratios over their targets are allowed time over time. */
        int by_copy = copy.ratio / 0.5 > product.ratio / 0.6;
        const row *allows = by_copy ? &copy : &product;
        double target = by_copy ? 0.5 : 0.6;
        snprintf(name, sizeof name, "axis %d, %s, of the time %s allows", axis, mode, by_copy ? "0.5 copy" : "0.6 gemm");
        print_row(&(row){.name = name, .ratio = allows->ratio / target, .lower = allows->lower / target, .upper = allows->upper / target,
                         .target = 1});
    }
    dlops_operator_destroy(&op);
}

/* The faster of the two products at a large size. */
static work best_product(product *p)
{
    double own = 1e30, theirs = 1e30;
    for (int round = 0; round < 3; ++round) {
        double seconds = timed(library_product, p);
        if (seconds < own) own = seconds;
        if (!beside_openblas()) continue;
        seconds = timed(openblas_product, p);
        if (seconds < theirs) theirs = seconds;
    }
    if (bench.rank == 0) {
        printf("\nfloat32 product of 2048^2 with 1024 columns: the library %.0f GF/s, ", 1e-9 * operations(p) / own);
        if (beside_openblas()) printf("OpenBLAS %.0f GF/s\n", 1e-9 * operations(p) / theirs);
        else printf("no OpenBLAS, or several threads\n");
    }
    return theirs < own ? openblas_product : library_product;
}

int main(int argc, char **argv)
{
    dlops_context *context = begin(argc, argv, "poststack");
    product large = make_product(context, 0, 2048, 1024);
    volume v = {.product = &large, .multiply = best_product(&large)};
    for (int cut = 0; cut < (bench.ranks > 1 ? 3 : 1); ++cut) {
        char variant[32] = "";
        dlops_space_options where = DLOPS_SPACE_OPTIONS_INIT;
        int64_t local = 0;
        where.axis = cut;
        if (bench.ranks > 1) snprintf(variant, sizeof variant, "cut along axis %d", cut);
        heading("post-stack, 256^3 float32, 41 samples", variant);
        CHECK(dlops_space_create(context, DLOPS_FLOAT32, 3, (int64_t[]){extent, extent, extent}, &where, &v.space));
        CHECK(dlops_space_get_local_count(v.space, &local));
        v.x = vector(v.space, 0, 1);
        v.y = vector(v.space, 0, 2);
        v.copy = (streams){.in = {address(v.x)}, .out = {address(v.y)}, .reads = 1, .writes = 1, .count = (size_t)local};
        settle(&v.copy);
        for (int axis = 0; axis < 3; ++axis) {
            if (cut == 0 || axis == cut) cases(&v, axis);
        }
        dlops_array_destroy(&v.x);
        dlops_array_destroy(&v.y);
        dlops_space_destroy(&v.space);
    }
    destroy_product(&large);
    return finish(&context);
}
