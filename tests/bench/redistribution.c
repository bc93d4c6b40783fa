/* Changes of layout beside a copy of the same elements and an MPI_Alltoall of messages of the same lengths: from a cut of
   one axis to a cut of another, and back, where every pair of ranks exchanges as much. Transposes of the axes, for which
   nothing is sent, beside a copy, for information. */
#include "subjects.h"

#include <mpi.h>

typedef struct execution {
    dlops_plan *plan;
    int32_t direction;
} execution;

static void execute(void *state)
{
    execution *e = state;
    CHECK(dlops_plan_execute(e->plan, e->direction));
}

typedef struct exchange {
    size_t bytes;
    char *source, *packed, *received;
} exchange;

static void copy_and_alltoall(void *state)
{
    exchange *e = state;
    memcpy(e->packed, e->source, e->bytes);
    /* Long messages are counted in numbers of 8 bytes. */
    const int count = (int)(e->bytes / 8 / (size_t)bench.ranks);
    MPI_Alltoall(e->packed, count, MPI_DOUBLE, e->received, count, MPI_DOUBLE, MPI_COMM_WORLD);
}

static char *room(size_t bytes)
{
    char *at = aligned_alloc(2 << 20, (bytes + (2 << 20) - 1) / (2 << 20) * (2 << 20));
    if (!at) {
        fprintf(stderr, "%zu bytes cannot be allocated\n", bytes);
        ranks_abort();
    }
    memset(at, 1, bytes);
    return at;
}

static dlops_space *cut(dlops_context *context, int32_t dtype, int32_t dimensions, const int64_t *shape, int32_t axis)
{
    dlops_space *space = NULL;
    dlops_grid_dimension line = {.ranks = bench.ranks, .axis = axis};
    dlops_space_options layout = DLOPS_SPACE_OPTIONS_INIT;
    layout.grid = &line;
    layout.grid_dimensions = 1;
    CHECK(dlops_space_create(context, dtype, dimensions, shape, &layout, &space));
    return space;
}

static void measure(dlops_context *context, int32_t dtype, size_t size, int32_t dimensions, const int64_t *shape, int32_t first,
                    int32_t second)
{
    char variant[48];
    snprintf(variant, sizeof variant, "axis %d to axis %d", first, second);
    char name[80];
    int length = snprintf(name, sizeof name, "%lld", (long long)shape[0]);
    size_t bytes = size / (size_t)bench.ranks * (size_t)shape[0];
    for (int axis = 1; axis < dimensions; axis++) {
        length += snprintf(name + length, sizeof name - (size_t)length, "x%lld", (long long)shape[axis]);
        bytes *= (size_t)shape[axis];
    }
    dlops_space *from = cut(context, dtype, dimensions, shape, first), *to = cut(context, dtype, dimensions, shape, second);
    dlops_array *x = vector(from, 0, 1), *y = vector(to, 0, 2);
    execution ours[2] = {{.direction = DLOPS_DIRECTION_FORWARD}, {.direction = DLOPS_DIRECTION_INVERSE}};
    watch_memory();
    CHECK(dlops_redistribution_plan_create(from, to, NULL, &ours[0].plan));
    CHECK(dlops_plan_set_buffers(ours[0].plan, address(x), address(y)));
    CHECK(dlops_plan_prepare(ours[0].plan));
    ours[1].plan = ours[0].plan;
    exchange plain = {.bytes = bytes, .source = room(bytes), .packed = room(bytes), .received = room(bytes)};
    heading("Redistribution", variant);
    for (int back = 0; back < 2; back++) {
        snprintf(name + length, sizeof name - (size_t)length, " %s%s", dtype == DLOPS_FLOAT32 ? "float32" : "complex128",
                 back ? ", back" : "");
        if (wanted(name))
            compare(&(measurement){.name = name, .target = 0.8, .amount = 2.0 * (double)bytes * bench.ranks, .subject = execute,
                                   .subject_state = &ours[back], .yardstick = copy_and_alltoall, .yardstick_state = &plain,
                                   .vector_bytes = 2.0 * (double)bytes});
    }
    free(plain.source);
    free(plain.packed);
    free(plain.received);
    dlops_plan_destroy(&ours[0].plan);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_space_destroy(&from);
    dlops_space_destroy(&to);
}

/* Every rank permutes the axes of what it has. */
static void permute(dlops_context *context, int32_t dtype, int32_t dimensions, int64_t extent, const int32_t *permutation)
{
    const int64_t shape[3] = {extent, extent, extent};
    char name[80];
    int64_t local = 0;
    dlops_space *space = cut(context, dtype, dimensions, shape, 0);
    dlops_operator *op = NULL;
    snprintf(name, sizeof name, "%lld^%d %s", (long long)extent, dimensions, dtype == DLOPS_FLOAT32 ? "float32" : "complex128");
    CHECK(dlops_space_get_local_count(space, &local));
    CHECK(dlops_transpose_create(space, permutation, NULL, &op));
    application a = {.op = op, .mode = DLOPS_FORWARD, .x = vector(space, 0, 1)};
    CHECK(dlops_operator_create_range_array(op, &a.y));
    streams s = {.in = {address(a.x)}, .out = {address(a.y)}, .reads = 1, .writes = 1, .is_double = dtype != DLOPS_FLOAT32,
                 .count = (size_t)local * (dtype == DLOPS_FLOAT32 ? 1 : 2)};
    settle(&s);
    char axes[32];
    snprintf(axes, sizeof axes, dimensions > 2 ? "axes %d, %d, %d" : "axes %d, %d", permutation[0], permutation[1], permutation[dimensions - 1]);
    heading("Transpose", axes);
    if (wanted(name))
        compare(&(measurement){.name = name, .amount = stream_bytes(&s) * bench.ranks, .subject = apply, .subject_state = &a,
                               .yardstick = stream_loop, .yardstick_state = &s});
    dlops_array_destroy(&a.x);
    dlops_array_destroy(&a.y);
    dlops_operator_destroy(&op);
    dlops_space_destroy(&space);
}

int main(int argc, char **argv)
{
    dlops_context *context = begin(argc, argv, "redistribution");
    static const int32_t permutations[4][3] = {{1, 0}, {0, 2, 1}, {2, 1, 0}, {1, 2, 0}};
    for (int k = 0; k < 8; k++) {
        const int dimensions = k % 4 ? 3 : 2;
        permute(context, k < 4 ? DLOPS_FLOAT32 : DLOPS_COMPLEX128, dimensions, dimensions == 2 ? 4096 : 256, permutations[k % 4]);
    }
    if (bench.ranks > 1) {
        const int64_t plane[2] = {4096, 4096}, volume[3] = {256, 256, 256};
        for (int wide = 0; wide < 2; wide++) {
            const int32_t dtype = wide ? DLOPS_COMPLEX128 : DLOPS_FLOAT32;
            const size_t size = wide ? 16 : 4;
            measure(context, dtype, size, 2, plane, 0, 1);
            measure(context, dtype, size, 3, volume, 0, 1);
            measure(context, dtype, size, 3, volume, 0, 2);
            measure(context, dtype, size, 3, volume, 1, 2);
        }
    }
    return finish(&context);
}
