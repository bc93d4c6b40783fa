/* Changes of layout beside a copy of the same elements and an MPI_Alltoall of messages of the same lengths: from a cut of
   one axis to a cut of another, and back, where every pair of ranks exchanges as much. */
#include "measure.h"

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

int main(int argc, char **argv)
{
    dlops_context *context = begin(argc, argv, "redistribution");
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
