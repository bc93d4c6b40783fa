/* Spaces: their getters, refused shapes, layouts, masks and differences between ranks, and congruence. */
#include "check.h"

static dlops_status make(const dlops_context *context, const dlops_space_options *choices, int64_t rows, int64_t columns)
{
    dlops_space *space = NULL;
    int64_t shape[2] = {rows, columns};
    dlops_status status = dlops_space_create(context, DLOPS_FLOAT64, 2, shape, choices, &space);
    CHECK((status == DLOPS_OK) == (space != NULL));
    dlops_space_destroy(&space);
    return status;
}

/* What a space of 12 x 5 with these options is refused with, on all ranks. */
#define LAYOUT(choices, status, words) \
    check_refused(make(context, &(choices), 12, 5), "dlops_space_create(", (status), (words), NULL, __FILE__, __LINE__)

static void getters(dlops_context *context)
{
    dlops_space *space = plane(context, 4 * size + 1, 3, 0), *copy = NULL, *product = NULL, *part = NULL, *loose = NULL;
    dlops_context *of = NULL;
    int64_t shape[2] = {0}, local[2] = {0}, start[2] = {-1, -1}, count = -1, own = 4 + (rank == 0), *counts;
    int32_t value = -1;
    counts = malloc(sizeof *counts * (size_t)size);
    OK(dlops_space_get_dtype(space, &value));
    CHECK(value == DLOPS_FLOAT64);
    OK(dlops_space_get_memory(space, &value));
    CHECK(value == (on_device() ? DLOPS_CUDA : DLOPS_HOST));
    OK(dlops_space_get_dimensions(space, &value));
    CHECK(value == 2);
    OK(dlops_space_get_shape(space, shape));
    CHECK(shape[0] == 4 * size + 1 && shape[1] == 3);
    OK(dlops_space_get_local_shape(space, local));
    CHECK(local[0] == own && local[1] == 3);
    OK(dlops_space_get_local_start(space, start));
    CHECK(start[0] == 4 * rank + (rank > 0) && start[1] == 0);
    OK(dlops_space_get_local_count(space, &count));
    CHECK(count == own * 3);
    OK(dlops_space_get_local_counts(space, counts));
    for (int r = 0; r < size; r++)
        CHECK(counts[r] == 12 + 3 * (r == 0));
    OK(dlops_space_get_global_count(space, &count));
    CHECK(count == shape[0] * 3);
    OK(dlops_space_get_component_count(space, &count));
    CHECK(count == 0);
    OK(dlops_space_get_context(space, &of));
    OK(dlops_context_get_size(of, &value));
    CHECK(value == size);
    OK(dlops_context_destroy(&of));
    OK(dlops_space_view(space));
    OK(dlops_space_retain(space, &copy));
    OK(dlops_space_is_congruent(space, copy, &value));
    CHECK(value == 1);

    OK(dlops_space_create_product(2, (const dlops_space *[]){space, copy}, &product));
    OK(dlops_space_get_component_count(product, &count));
    CHECK(count == 2);
    OK(dlops_space_get_dimensions(product, &value));
    CHECK(value == 0);
    OK(dlops_space_get_component(product, 1, &part));
    OK(dlops_space_is_congruent(space, part, &value));
    CHECK(value == 1);
    dlops_space_destroy(&part);
    REFUSED(dlops_space_get_component(product, 2, &part), DLOPS_ERROR_ARGUMENT, "index is 2");
    REFUSED(dlops_space_get_component(product, -1, &part), DLOPS_ERROR_ARGUMENT, "index is -1");
    REFUSED(dlops_space_get_component(space, 0, &part), DLOPS_ERROR_ARGUMENT, "index is 0");
    REFUSED(dlops_space_get_shape(product, shape), DLOPS_ERROR_SPACE, "product");
    REFUSED(dlops_space_get_local_shape(product, shape), DLOPS_ERROR_SPACE, "product");
    REFUSED(dlops_space_get_local_counts(product, counts), DLOPS_ERROR_SPACE, "product");
    REFUSED(dlops_space_create_product(0, NULL, &part), DLOPS_ERROR_ARGUMENT, "0");
    REFUSED(dlops_space_create_product(-2, (const dlops_space *[]){space}, &part), DLOPS_ERROR_ARGUMENT, "-2");
    REFUSED(dlops_space_create_product(2, NULL, &part), DLOPS_ERROR_NULL_POINTER, "components");
    REFUSED(dlops_space_create_product(2, (const dlops_space *[]){space, NULL}, &part), DLOPS_ERROR_NULL_POINTER,
            "components[1]");

    /* Counts that differ from rank to rank; congruent with the shaped space of the same counts. */
    OK(dlops_space_create_unshaped(context, DLOPS_FLOAT64, own * 3, &loose));
    OK(dlops_space_is_congruent(space, loose, &value));
    CHECK(value == 1);
    REFUSED(dlops_space_get_shape(loose, shape), DLOPS_ERROR_SPACE, "local counts");
    dlops_space_destroy(&loose);
    AGREED(dlops_space_create_unshaped(context, DLOPS_FLOAT64, rank == size - 1 ? -3 : 3, &loose), DLOPS_ERROR_SHAPE, "-3",
           size - 1);
    if (size > 1) {
        REFUSED(dlops_space_create_unshaped(context, DLOPS_FLOAT64, INT64_MAX, &loose), DLOPS_ERROR_SHAPE, "add up");
    }
    dlops_space_destroy(&space);
    dlops_space_destroy(&copy);
    dlops_space_destroy(&product);
    free(counts);
}

static void refused_shapes(dlops_context *context)
{
    dlops_space *space = NULL;
    int64_t shape[17] = {4, 4}, huge[3] = {INT64_MAX / 2, 3, 5}, ones[17];
    for (int i = 0; i < 17; i++)
        ones[i] = 1;
    REFUSED(dlops_space_create(NULL, DLOPS_FLOAT64, 2, shape, NULL, &space), DLOPS_ERROR_NULL_POINTER, "context is NULL");
    AGREED(dlops_space_create(context, DLOPS_FLOAT64, 2, NULL, NULL, &space), DLOPS_ERROR_NULL_POINTER, "shape is NULL", 0);
    AGREED(dlops_space_create(context, DLOPS_FLOAT64, 2, shape, NULL, NULL), DLOPS_ERROR_NULL_POINTER, "space is NULL", 0);
    AGREED(dlops_space_create(context, 0, 2, shape, NULL, &space), DLOPS_ERROR_DTYPE, "0", 0);
    AGREED(dlops_space_create(context, 99, 2, shape, NULL, &space), DLOPS_ERROR_DTYPE, "99", 0);
    AGREED(dlops_space_create(context, DLOPS_FLOAT64, 0, shape, NULL, &space), DLOPS_ERROR_SHAPE, "dimensions is 0", 0);
    AGREED(dlops_space_create(context, DLOPS_FLOAT64, 17, ones, NULL, &space), DLOPS_ERROR_SHAPE, "dimensions is 17", 0);
    AGREED(dlops_space_create(context, DLOPS_FLOAT64, INT32_MIN, ones, NULL, &space), DLOPS_ERROR_SHAPE, "dimensions", 0);
    REFUSED(dlops_space_create(context, DLOPS_FLOAT64, 3, huge, NULL, &space), DLOPS_ERROR_SHAPE, "2^63");
    shape[1] = -4;
    REFUSED(dlops_space_create(context, DLOPS_FLOAT64, 2, shape, NULL, &space), DLOPS_ERROR_SHAPE, "-4");
    shape[1] = INT64_MIN;
    REFUSED(dlops_space_create(context, DLOPS_FLOAT64, 2, shape, NULL, &space), DLOPS_ERROR_SHAPE, "-9223372036854775808");
    OK(dlops_space_create(context, DLOPS_FLOAT64, 16, ones, NULL, &space));
    dlops_space_destroy(&space);
    shape[1] = 0;
    OK(dlops_space_create(context, DLOPS_FLOAT64, 2, shape, NULL, &space));
    dlops_space_destroy(&space);

    /* A space may be larger than the memory, an array not. */
    huge[0] = INT64_MAX / 15;
    OK(dlops_space_create(context, DLOPS_FLOAT64, 3, huge, NULL, &space));
    {
        dlops_array *array = NULL;
        REFUSED(dlops_array_create(space, &array), DLOPS_ERROR_MEMORY, "");
        CHECK(array == NULL);
    }
    dlops_space_destroy(&space);
}

static void refused_layouts(dlops_context *context)
{
    dlops_space_options choices = DLOPS_SPACE_OPTIONS_INIT, none = DLOPS_SPACE_OPTIONS_INIT;
    dlops_grid_dimension grid[2] = {{0}};
    int64_t extents[64] = {0}, lower[128] = {0}, upper[128] = {0};
    int32_t mask[64] = {0};
    choices.axis = 2;
    LAYOUT(choices, DLOPS_ERROR_AXIS, "axis is 2");
    choices.axis = -3;
    LAYOUT(choices, DLOPS_ERROR_AXIS, "axis is -3");
    choices.axis = -1;
    OK(make(context, &choices, 12, 5));
    choices = none;
    choices.partition = 9;
    LAYOUT(choices, DLOPS_ERROR_OPTION, "partition is 9");
    choices.partition = DLOPS_PARTITION_EXTENTS;
    LAYOUT(choices, DLOPS_ERROR_NULL_POINTER, "extents is NULL");
    choices.extents = extents;
    extents[0] = 11;
    LAYOUT(choices, DLOPS_ERROR_LAYOUT, "11");
    extents[0] = size > 1 ? 16 : -12;
    extents[1] = -4;
    LAYOUT(choices, DLOPS_ERROR_LAYOUT, "-");
    extents[0] = extents[1] = size > 1 ? INT64_MAX : 13;
    LAYOUT(choices, DLOPS_ERROR_LAYOUT, "");
    choices = none;
    choices.partition = DLOPS_PARTITION_CYCLIC;
    LAYOUT(choices, DLOPS_ERROR_LAYOUT, "0");
    choices.block = -1;
    LAYOUT(choices, DLOPS_ERROR_LAYOUT, "-1");
    choices = none;
    choices.memory = 7;
    LAYOUT(choices, DLOPS_ERROR_UNSUPPORTED, "memory is 7");
    choices = none;
    choices.grid = grid;
    choices.grid_dimensions = 2;
    grid[0].ranks = size + 1, grid[1].ranks = 1;
    LAYOUT(choices, DLOPS_ERROR_LAYOUT, "ranks");
    grid[0].ranks = -1;
    LAYOUT(choices, DLOPS_ERROR_LAYOUT, "-1 ranks");
    grid[0].ranks = size, grid[1].axis = 5;
    LAYOUT(choices, DLOPS_ERROR_AXIS, "5");
    choices.grid_dimensions = 17;
    LAYOUT(choices, DLOPS_ERROR_LAYOUT, "grid_dimensions is 17");
    choices.grid_dimensions = -1;
    LAYOUT(choices, DLOPS_ERROR_ARGUMENT, "-1");
    choices.grid_dimensions = 2;
    choices.grid = NULL;
    LAYOUT(choices, DLOPS_ERROR_NULL_POINTER, "grid is NULL");
    choices = none;
    choices.box_lower = lower;
    LAYOUT(choices, DLOPS_ERROR_NULL_POINTER, "box_upper is NULL");
    choices.box_upper = upper;    /* empty boxes cover nothing */
    LAYOUT(choices, DLOPS_ERROR_LAYOUT, "");
    upper[0] = 12, upper[1] = 5;
    OK(make(context, &choices, 12, 5));
    if (size > 1) {
        lower[2] = 6, upper[2] = 7, lower[3] = 2, upper[3] = 3;    /* the second rank's box lies in the first's */
        LAYOUT(choices, DLOPS_ERROR_LAYOUT, "");
    }
    choices = none;
    choices.mask = mask;
    mask[size - 1] = -1;
    LAYOUT(choices, DLOPS_ERROR_LAYOUT, "-1");
    mask[size - 1] = 5;
    OK(make(context, &choices, 12, 5));
}

/* What one rank passes otherwise is refused on all ranks, by a text that names the rank. */
static void one_rank_differs(dlops_context *context)
{
    int odd = rank == size - 1, culprit = size - 1;
    int64_t shape[3] = {8, 8, 1}, extents[64] = {8}, other_extents[64] = {0};
    int32_t mask[64] = {0};
    dlops_space *space = NULL;
    dlops_space_options choices = DLOPS_SPACE_OPTIONS_INIT;
    AGREED(dlops_space_create(context, odd ? 42 : DLOPS_FLOAT64, 2, shape, NULL, &space), DLOPS_ERROR_DTYPE, "42", culprit);
    AGREED(dlops_space_create(context, DLOPS_FLOAT64, odd ? -2 : 2, shape, NULL, &space), DLOPS_ERROR_SHAPE, "-2", culprit);
    AGREED(dlops_space_create(context, DLOPS_FLOAT64, 2, odd ? NULL : shape, NULL, &space), DLOPS_ERROR_NULL_POINTER,
           "shape is NULL", culprit);
    AGREED(dlops_space_create(context, DLOPS_FLOAT64, 2, shape, NULL, odd ? NULL : &space), DLOPS_ERROR_NULL_POINTER,
           "space is NULL", culprit);
    choices.axis = odd ? 7 : 0;
    AGREED(dlops_space_create(context, DLOPS_FLOAT64, 2, shape, &choices, &space), DLOPS_ERROR_AXIS, "axis is 7", culprit);
    shape[0] = odd ? -8 : 8;
    AGREED(dlops_space_create(context, DLOPS_FLOAT64, 2, shape, NULL, &space), DLOPS_ERROR_SHAPE, "-8", culprit);
    shape[0] = odd ? INT64_MAX : 8;
    AGREED(dlops_space_create(context, DLOPS_FLOAT64, 2, shape, NULL, &space), DLOPS_ERROR_SHAPE, "2^63", culprit);
    CHECK(space == NULL);
    if (size == 1)
        return;
    shape[0] = odd ? 9 : 8;
    AGREED(dlops_space_create(context, DLOPS_FLOAT64, 2, shape, NULL, &space), DLOPS_ERROR_COLLECTIVE, "9", culprit);
    shape[0] = 8;
    AGREED(dlops_space_create(context, odd ? DLOPS_FLOAT32 : DLOPS_FLOAT64, 2, shape, NULL, &space),
           DLOPS_ERROR_COLLECTIVE, "float32", culprit);
    AGREED(dlops_space_create(context, DLOPS_FLOAT64, odd ? 3 : 2, shape, NULL, &space), DLOPS_ERROR_COLLECTIVE, "", culprit);
    choices.axis = odd;
    AGREED(dlops_space_create(context, DLOPS_FLOAT64, 2, shape, &choices, &space), DLOPS_ERROR_COLLECTIVE, "", culprit);
    choices.axis = 0;
    mask[0] = odd;
    choices.mask = mask;
    AGREED(dlops_space_create(context, DLOPS_FLOAT64, 2, shape, &choices, &space), DLOPS_ERROR_COLLECTIVE, "mask", culprit);
    choices.mask = odd ? mask : NULL;
    AGREED(dlops_space_create(context, DLOPS_FLOAT64, 2, shape, &choices, &space), DLOPS_ERROR_COLLECTIVE, "mask", culprit);
    choices.mask = NULL;
    other_extents[1] = 8;
    choices.partition = DLOPS_PARTITION_EXTENTS;
    choices.extents = odd ? other_extents : extents;
    AGREED(dlops_space_create(context, DLOPS_FLOAT64, 2, shape, &choices, &space), DLOPS_ERROR_COLLECTIVE, "", culprit);
    extents[0] = odd ? 7 : 8;
    choices.extents = extents;
    AGREED(dlops_space_create(context, DLOPS_FLOAT64, 2, shape, &choices, &space), DLOPS_ERROR_LAYOUT, "7", culprit);
    CHECK(space == NULL);
    AGREED(dlops_space_create_unshaped(context, odd ? DLOPS_INT32 : DLOPS_FLOAT64, 4, &space), DLOPS_ERROR_COLLECTIVE, "int32",
           culprit);
    OK(make(context, NULL, 8, 8));
}

static void congruence(dlops_context *context)
{
    dlops_space *rows = plane(context, 8, 8, 0), *columns = plane(context, 8, 8, 1), *flat = line(context, DLOPS_FLOAT64, 64);
    dlops_space *single = line(context, DLOPS_FLOAT32, 64);
    int32_t congruent = -1;
    OK(dlops_space_is_congruent(rows, columns, &congruent));
    CHECK(congruent == (size == 1));
    OK(dlops_space_is_congruent(flat, single, &congruent));
    CHECK(congruent == 0);
    if (8 % size == 0) {    /* blocks of whole rows are blocks of the flat vector */
        OK(dlops_space_is_congruent(rows, flat, &congruent));
        CHECK(congruent == 1);
    }
    OK(dlops_space_is_congruent(columns, flat, &congruent));
    CHECK(congruent == (size == 1));
    REFUSED(dlops_space_is_congruent(rows, NULL, &congruent), DLOPS_ERROR_NULL_POINTER, "b is NULL");
    REFUSED(dlops_space_is_congruent(rows, columns, NULL), DLOPS_ERROR_NULL_POINTER, "congruent is NULL");
    dlops_space_destroy(&rows);
    dlops_space_destroy(&columns);
    dlops_space_destroy(&flat);
    dlops_space_destroy(&single);
}

static void splits_and_types(void)
{
    int64_t start = -1, count = -1, next = 0;
    int32_t type = 0;
    for (int32_t part = 0; part < 7; part++) {
        OK(dlops_local_split(23, 7, part, &start, &count));
        CHECK(start == next && count == 3 + (part < 2));
        next += count;
    }
    REFUSED(dlops_local_split(-1, 2, 0, &start, &count), DLOPS_ERROR_ARGUMENT, "-1");
    REFUSED(dlops_local_split(3, 0, 0, &start, &count), DLOPS_ERROR_ARGUMENT, "0");
    REFUSED(dlops_local_split(3, 2, 2, &start, &count), DLOPS_ERROR_ARGUMENT, "2");
    REFUSED(dlops_local_split(3, 2, 1, NULL, &count), DLOPS_ERROR_NULL_POINTER, "start is NULL");
    REFUSED(dlops_local_split(3, 2, 1, &start, NULL), DLOPS_ERROR_NULL_POINTER, "count is NULL");
    OK(dlops_dtype_promote(DLOPS_COMPLEX64, DLOPS_FLOAT64, &type));
    CHECK(type == DLOPS_COMPLEX128);
    REFUSED(dlops_dtype_promote(DLOPS_FLOAT32, 0, &type), DLOPS_ERROR_DTYPE, "0");
    REFUSED(dlops_dtype_promote(DLOPS_FLOAT32, DLOPS_INT32, NULL), DLOPS_ERROR_NULL_POINTER, "promoted is NULL");
}

int main(void)
{
    dlops_context *context;
    begin();
    context = world(NULL);
    getters(context);
    refused_shapes(context);
    refused_layouts(context);
    one_rank_differs(context);
    congruence(context);
    splits_and_types();
    dlops_context_destroy(&context);
    return end();
}
