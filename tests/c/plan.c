/* Plans on plain memory from C: the life of a plan, in place and not; symmetric memory; blocks over process grids. */
#include "check.h"

#include <complex.h>

enum { N0 = 6, N1 = 8, N2 = 5 };

static void *symmetric(dlops_context *context, size_t bytes)
{
    dlops_symmetric_options choices = DLOPS_SYMMETRIC_OPTIONS_INIT;
    void *pointer = NULL;
    choices.pad = 1;
    OK(dlops_symmetric_allocate(context, bytes > 0 ? bytes : 1, &choices, &pointer));
    return pointer;
}

/* Forward and back of a wave, whose transform is one element, in place and not. */
static void a_wave(dlops_context *context, int in_place)
{
    const double turn = 6.283185307179586;
    const int64_t shape[3] = {N0, N1, N2};
    static double complex all[N0 * N1 * N2];
    dlops_space *space = NULL, *range = NULL;
    dlops_array *x = NULL, *y = NULL;
    dlops_plan *plan = NULL, *copy = NULL;
    size_t bytes = 0, capacity = 0;
    int64_t strides[3] = {0, 0, 0};
    for (int i = 0; i < N0 * N1 * N2; i++)
        all[i] = cexp(I * turn * (2.0 * (i / (N1 * N2)) / N0 + 5.0 * (i / N2 % N1) / N1 + 3.0 * (i % N2) / N2));
    OK(dlops_space_create(context, DLOPS_COMPLEX128, 3, shape, NULL, &space));
    dlops_fft_plan_options choices = DLOPS_FFT_PLAN_OPTIONS_INIT;
    choices.as_computed = 1;
    choices.in_place = in_place;
    choices.scaling = DLOPS_SCALING_INVERSE;
    OK(dlops_fft_plan_create(space, 3, (int32_t[]){0, 1, -1}, &choices, &plan));
    OK(dlops_plan_get_range(plan, &range));
    OK(dlops_plan_get_domain_strides(plan, strides));
    CHECK(strides[2] == 1 && strides[1] == N2);
    OK(dlops_plan_get_range_strides(plan, strides));
    CHECK(strides[2] == 1);
    OK(dlops_plan_get_workspace_size(plan, &bytes));
    OK(dlops_plan_get_capacity(plan, &capacity));
    char *p = symmetric(context, capacity), *q = in_place ? p : symmetric(context, capacity);
    char *lent = symmetric(context, bytes + 16);
    OK(dlops_array_wrap(space, p, &x));
    OK(dlops_array_wrap(range, q, &y));

    REFUSED(dlops_plan_execute(plan, DLOPS_DIRECTION_FORWARD), DLOPS_ERROR_STATE, "not prepared");
    OK(dlops_plan_set_workspace(plan, lent, bytes));
    OK(dlops_plan_prepare(plan));
    REFUSED(dlops_plan_execute(plan, DLOPS_DIRECTION_FORWARD), DLOPS_ERROR_STATE, "no buffers");
    OK(dlops_plan_set_buffers(plan, p, in_place ? NULL : q));
    REFUSED(dlops_plan_execute(plan, 2), DLOPS_ERROR_OPTION, "direction is 2");
    OK(dlops_plan_retain(plan, &copy));
    OK(dlops_plan_destroy(&plan));
    CHECK(plan == NULL);
    for (int round = 0; round < 2; round++) {
        double complex found[N0 * N1 * N2];
        OK(dlops_array_from_global(x, all));
        OK(dlops_plan_execute(copy, DLOPS_DIRECTION_FORWARD));
        OK(dlops_array_to_global(y, DLOPS_ALL_RANKS, found));
        for (int i = 0; i < N0 * N1 * N2; i++)
            CHECK(cabs(found[i] - (i == (2 * N1 + 5) * N2 + 3 ? N0 * N1 * N2 : 0)) < 1e-11);
        OK(dlops_plan_execute(copy, DLOPS_DIRECTION_INVERSE));
        OK(dlops_array_to_global(x, DLOPS_ALL_RANKS, found));
        for (int i = 0; i < N0 * N1 * N2; i++)
            CHECK(cabs(found[i] - all[i]) < 1e-13);
    }
    OK(dlops_plan_release_workspace(copy));
    REFUSED(dlops_plan_execute(copy, DLOPS_DIRECTION_INVERSE), DLOPS_ERROR_STATE, "released");
    OK(dlops_plan_view(copy));
    dlops_plan *stale = copy;
    OK(dlops_plan_destroy(&copy));
    REFUSED(dlops_plan_execute(stale, DLOPS_DIRECTION_INVERSE), DLOPS_ERROR_HANDLE, "destroyed");
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    OK(dlops_symmetric_free(context, lent));
    OK(dlops_symmetric_free(context, p));
    if (!in_place)
        OK(dlops_symmetric_free(context, q));
    dlops_space_destroy(&range);
    dlops_space_destroy(&space);
}

/* Integers from slabs to blocks that are dealt out, and back. */
static void layouts(dlops_context *context)
{
    const int64_t shape[2] = {8, 6};
    dlops_space *slab = NULL, *blocks = NULL, *domain = NULL;
    dlops_plan *plan = NULL;
    dlops_array *x = NULL, *y = NULL;
    int64_t all[48], found[48], start[2], part[2], local[2], count;
    int32_t congruent = 0;
    size_t capacity = 0;
    for (int i = 0; i < 48; i++)
        all[i] = 1000 + i;
    OK(dlops_space_create(context, DLOPS_INT64, 2, shape, NULL, &slab));
    OK(dlops_space_create_blocks(context, DLOPS_INT64, 2, shape, (int32_t[]){1, size}, DLOPS_ORDER_COLUMN_MAJOR,
                                 (int64_t[]){8, 2}, &blocks));
    OK(dlops_space_get_rank_shape(blocks, rank, part));
    OK(dlops_space_get_local_shape(blocks, local));
    OK(dlops_cyclic_count(6, 2, size, rank, 0, &count));
    CHECK(part[0] == 8 && part[1] == local[1] && part[1] == count);
    OK(dlops_cyclic_count(10, 2, 3, 0, 1, &count));
    CHECK(count == 2);
    /* As numroc has it with another source process than the first. */
    dlops_grid_dimension line = {.ranks = size, .partition = DLOPS_PARTITION_CYCLIC, .axis = 1, .first = size - 1, .block = 2};
    dlops_space_options choices = DLOPS_SPACE_OPTIONS_INIT;
    dlops_space *dealt = NULL;
    choices.grid = &line;
    choices.grid_dimensions = 1;
    OK(dlops_space_create(context, DLOPS_INT64, 2, shape, &choices, &dealt));
    OK(dlops_space_get_local_shape(dealt, local));
    OK(dlops_cyclic_count(6, 2, size, rank, size - 1, &count));
    CHECK(local[0] == 8 && local[1] == count);
    dlops_space_destroy(&dealt);
    line.first = size;
    REFUSED(dlops_space_create(context, DLOPS_INT64, 2, shape, &choices, &dealt), DLOPS_ERROR_LAYOUT, "first of the cyclic");
    line.first = -1;
    REFUSED(dlops_space_create(context, DLOPS_INT64, 2, shape, &choices, &dealt), DLOPS_ERROR_LAYOUT, "first of a cyclic");
    OK(dlops_space_get_rank_start(slab, size - 1, start));
    CHECK(size > 8 || (start[0] == 8 - 8 / size && start[1] == 0));
    OK(dlops_redistribution_plan_create(slab, blocks, NULL, &plan));
    OK(dlops_plan_get_domain(plan, &domain));
    OK(dlops_space_is_congruent(domain, slab, &congruent));
    CHECK(congruent == 1);
    OK(dlops_plan_get_capacity(plan, &capacity));
    void *p = symmetric(context, capacity), *q = symmetric(context, capacity);
    OK(dlops_array_wrap(slab, p, &x));
    OK(dlops_array_wrap(blocks, q, &y));
    OK(dlops_array_from_global(x, all));
    OK(dlops_plan_set_buffers(plan, p, q));
    OK(dlops_plan_prepare(plan));
    OK(dlops_plan_execute(plan, DLOPS_DIRECTION_FORWARD));
    OK(dlops_array_to_global(y, DLOPS_ALL_RANKS, found));
    CHECK(memcmp(all, found, sizeof all) == 0);

    REFUSED(dlops_space_create_blocks(context, DLOPS_INT64, 2, shape, (int32_t[]){size, 2}, 0, NULL, &blocks),
            DLOPS_ERROR_LAYOUT, "grid");
    REFUSED(dlops_space_create_blocks(context, DLOPS_INT64, 2, shape, (int32_t[]){size, 1}, 2, NULL, &blocks),
            DLOPS_ERROR_OPTION, "order is 2");
    REFUSED(dlops_space_get_rank_shape(slab, size, part), DLOPS_ERROR_ARGUMENT, "rank is");
    REFUSED(dlops_space_get_rank_start(slab, -1, part), DLOPS_ERROR_ARGUMENT, "rank is");
    REFUSED(dlops_cyclic_count(10, 0, 3, 0, 1, &count), DLOPS_ERROR_ARGUMENT, "block");
    REFUSED(dlops_redistribution_plan_create(slab, NULL, NULL, &plan), DLOPS_ERROR_NULL_POINTER, "to is NULL");
    dlops_plan_destroy(&plan);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    OK(dlops_symmetric_free(context, p));
    OK(dlops_symmetric_free(context, q));
    dlops_space_destroy(&domain);
    dlops_space_destroy(&blocks);
    dlops_space_destroy(&slab);
}

static void refusals(dlops_context *context)
{
    const int64_t shape[2] = {size + 5, 5};    /* no rank is empty */
    dlops_space *space = NULL;
    dlops_plan *plan = NULL;
    void *pointer = NULL;
    size_t bytes = 0;
    OK(dlops_space_create(context, DLOPS_COMPLEX64, 2, shape, NULL, &space));
    dlops_fft_plan_options choices = DLOPS_FFT_PLAN_OPTIONS_INIT;
    REFUSED(dlops_fft_plan_create(space, 1, (int32_t[]){2}, NULL, &plan), DLOPS_ERROR_AXIS, "axes is 2");
    REFUSED(dlops_fft_plan_create(space, 2, (int32_t[]){1, -1}, NULL, &plan), DLOPS_ERROR_AXIS, "twice");
    choices.kind = 4;
    REFUSED(dlops_fft_plan_create(space, 1, (int32_t[]){1}, &choices, &plan), DLOPS_ERROR_OPTION, "kind is 4");
    choices.kind = DLOPS_FFT_COMPLEX_TO_REAL;
    choices.parity = 2;
    REFUSED(dlops_fft_plan_create(space, 1, (int32_t[]){1}, &choices, &plan), DLOPS_ERROR_OPTION, "parity is 2");
    choices = (dlops_fft_plan_options)DLOPS_FFT_PLAN_OPTIONS_INIT;
    choices.other = space;
    choices.as_computed = 1;
    REFUSED(dlops_fft_plan_create(space, 1, (int32_t[]){1}, &choices, &plan), DLOPS_ERROR_OPTION, "choose one");
    REFUSED(dlops_fft_plan_create(space, 1, NULL, NULL, &plan), DLOPS_ERROR_NULL_POINTER, "axes is NULL");
    REFUSED(dlops_plan_prepare(NULL), DLOPS_ERROR_NULL_POINTER, "plan is NULL");
    CHECK(plan == NULL);

    /* A workspace that is too small on the last rank is refused on all. */
    OK(dlops_redistribution_plan_create(space, space, &(dlops_plan_options){.struct_size = sizeof(dlops_plan_options),
                                                                            .in_place = 1}, &plan));
    OK(dlops_plan_get_workspace_size(plan, &bytes));
    pointer = symmetric(context, bytes + 16);
    OK(dlops_plan_set_workspace(plan, pointer, rank == size - 1 ? bytes / 2 : bytes));
    CHECK(bytes > 0);
    AGREED(dlops_plan_prepare(plan), DLOPS_ERROR_ARGUMENT, "are needed", size - 1);
    dlops_plan_destroy(&plan);
    OK(dlops_symmetric_free(context, pointer));
    REFUSED(dlops_symmetric_free(context, pointer), DLOPS_ERROR_ARGUMENT, "was freed");
    REFUSED(dlops_symmetric_get_size(context, pointer, &bytes), DLOPS_ERROR_ARGUMENT, "was freed");
    REFUSED(dlops_symmetric_allocate(context, 8, NULL, NULL), DLOPS_ERROR_NULL_POINTER, "pointer is NULL");
    if (size > 1)
        REFUSED(dlops_symmetric_allocate(context, 8 + (size_t)rank, NULL, &pointer), DLOPS_ERROR_ARGUMENT, "one size");
    OK(dlops_symmetric_allocate(context, 8, NULL, &pointer));    /* freed with the context */
    OK(dlops_symmetric_get_size(context, pointer, &bytes));
    CHECK(bytes == 8);
    dlops_space_destroy(&space);
}

int main(void)
{
    begin();
    dlops_context *context = world(NULL);
    a_wave(context, 0);
    a_wave(context, 1);
    layouts(context);
    refusals(context);
    OK(dlops_context_destroy(&context));
    return end();
}
