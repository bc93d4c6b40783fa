/*
 * Vector verbs beside loops with the same streams.
 *
 *     mpirun -n 1 bench_vectors        (or 2)
 */
#include "measure.h"

#include <stdio.h>

typedef struct vectors {
    dlops_array *x, *y, *w;
} vectors;

static void dot(void *state)
{
    vectors *v = state;
    dlops_scalar result;
    CHECK(dlops_array_dot(v->x, v->y, &result));
}

static void norm(void *state)
{
    vectors *v = state;
    double result;
    CHECK(dlops_array_norm(v->x, &result));
}

static void axpy(void *state)
{
    vectors *v = state;
    CHECK(dlops_array_axpy(dlops_real(1e-3), v->x, v->y));
}

static void waxpby(void *state)
{
    vectors *v = state;
    CHECK(dlops_array_waxpby(dlops_real(0.5), v->x, dlops_real(0.5), v->y, v->w));
}

static void copy(void *state)
{
    vectors *v = state;
    CHECK(dlops_array_copy(v->x, v->w));
}

static void *address(dlops_array *array)
{
    void *data = NULL;
    CHECK(dlops_array_acquire(array, DLOPS_ACCESS_READ, &data));
    CHECK(dlops_array_release(array));
    return data;
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    dlops_context *context = NULL;
    CHECK(dlops_context_create_mpi(MPI_COMM_WORLD, NULL, &context));
    int rank, ranks;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    for (int32_t dtype = DLOPS_FLOAT32; dtype <= DLOPS_FLOAT64; ++dtype) {
        const int64_t n = (int64_t)1 << 25;
        size_t size = dtype == DLOPS_FLOAT32 ? 4 : 8;
        dlops_space *space = NULL;
        vectors v = {0};
        int64_t local = 0;
        CHECK(dlops_space_create(context, dtype, 1, &n, NULL, &space));
        CHECK(dlops_space_get_local_count(space, &local));
        CHECK(dlops_array_create(space, &v.x));
        CHECK(dlops_array_create(space, &v.y));
        CHECK(dlops_array_create(space, &v.w));
        CHECK(dlops_array_fill_random(v.x, DLOPS_UNIFORM, 1));
        CHECK(dlops_array_fill_random(v.y, DLOPS_UNIFORM, 2));
        CHECK(dlops_array_fill_random(v.w, DLOPS_UNIFORM, 3));
        void *x = address(v.x), *y = address(v.y), *w = address(v.w);
        size_t bytes = (size_t)local * size;
        double total = (double)n * (double)size;
        if (rank == 0) {
            printf("\n2^25 %s%45s %12s %12s %12s  ratio (quartiles)\n", size == 4 ? "float32" : "float64", "", "dlops", "loop", "rate");
        }
        compare("dot", 2 * total, 15, dot, &v, stream_loop, &(streams){.in = {x, y}, .reads = 2, .bytes = bytes});
        compare("norm", total, 15, norm, &v, stream_loop, &(streams){.in = {x}, .reads = 1, .bytes = bytes});
        compare("axpy", 3 * total, 15, axpy, &v, stream_loop,
                &(streams){.in = {x, y}, .out = {y}, .reads = 2, .writes = 1, .bytes = bytes});
        compare("waxpby", 3 * total, 15, waxpby, &v, stream_loop,
                &(streams){.in = {x, y}, .out = {w}, .reads = 2, .writes = 1, .bytes = bytes, .bypass = bytes > cache_bytes()});
        compare("copy", 2 * total, 15, copy, &v, stream_loop,
                &(streams){.in = {x}, .out = {w}, .reads = 1, .writes = 1, .bytes = bytes, .bypass = bytes > cache_bytes()});
        dlops_array_destroy(&v.w);
        dlops_array_destroy(&v.y);
        dlops_array_destroy(&v.x);
        dlops_space_destroy(&space);
    }
    dlops_context_destroy(&context);
    MPI_Finalize();
    return 0;
}
