/* Arrays from C: zero-copy wraps, guarded access, norms, whole arrays, layouts, ghosts, .npy files, agreed errors. */
#include "check.h"

static double at(int64_t i, int64_t j) { return 100.0 * (double)i + (double)j; }

/* Rows of [rows][5] cut along axis 0, element (i, j) being at(i, j). */
static dlops_array *table(dlops_context *context, int64_t rows, dlops_space **space)
{
    dlops_array *x = NULL;
    int64_t start, count;
    double *data = NULL;
    OK(dlops_space_create(context, DLOPS_FLOAT64, 2, (int64_t[]){rows, 5}, NULL, space));
    OK(dlops_array_create(*space, &x));
    OK(dlops_local_split(rows, size, rank, &start, &count));
    borrowed elements = lend(x, DLOPS_ACCESS_WRITE, &data);
    for (int64_t k = 0; k < count * 5; k++)
        data[k] = at(start + k / 5, k % 5);
    give_back(elements, 1);
    return x;
}

static void wraps(dlops_context *context)
{
    dlops_space *space = NULL, *flat = NULL;
    dlops_array *x = NULL, *view = NULL, *other = NULL;
    double memory[3][8], sum = 0, dot = 0;
    void *data = NULL;
    int64_t strides[2] = {8, 1}, count;
    dlops_scalar result;
    dlops_space_options host = DLOPS_SPACE_OPTIONS_INIT;
    host.memory = DLOPS_HOST;
    OK(dlops_space_create(context, DLOPS_FLOAT64, 2, (int64_t[]){3 * size, 5}, &host, &space));
    for (int i = 0; i < 24; i++)
        memory[i / 8][i % 8] = i % 8 < 5 ? i : NAN;
    OK(dlops_array_wrap_strided(space, memory, strides, NULL, NULL, &x));
    OK(dlops_array_acquire(x, DLOPS_ACCESS_READ, &data));
    CHECK(data == memory);
    OK(dlops_array_release(x));
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 5; j++)
            sum += memory[i][j], dot += memory[i][j] * memory[i][j];
    OK(dlops_array_sum(x, &result));
    CHECK(result.re == sum * size);
    OK(dlops_array_dot(x, x, &result));
    CHECK(result.re == dot * size);
    REFUSED(dlops_array_ravel(x, &view), DLOPS_ERROR_UNSUPPORTED, "strided");
    strides[0] = 4;
    REFUSED(dlops_array_wrap_strided(space, memory, strides, NULL, NULL, &other), DLOPS_ERROR_SHAPE,
            "stride of axis 0 is 4");
    REFUSED(dlops_array_wrap(space, NULL, &other), DLOPS_ERROR_NULL_POINTER, "data is NULL");
    REFUSED(dlops_array_wrap(space, (char *)memory + 1, &other), DLOPS_ERROR_ARGUMENT, "not aligned");
    CHECK(other == NULL && view == NULL);
    dlops_array_destroy(&x);

    OK(dlops_array_wrap(space, memory, &x));
    OK(dlops_array_ravel(x, &view));
    OK(dlops_array_get_space(view, &flat));
    OK(dlops_space_get_global_count(flat, &count));
    CHECK(count == 15 * size);

    /* One writer; a view locks its parent, and both are refused to the library meanwhile. */
    OK(dlops_array_acquire(view, DLOPS_ACCESS_WRITE, &data));
    CHECK(data == memory);
    REFUSED(dlops_array_acquire(x, DLOPS_ACCESS_READ, &data), DLOPS_ERROR_STATE, "acquired");
    REFUSED(dlops_array_acquire(view, DLOPS_ACCESS_WRITE, &data), DLOPS_ERROR_STATE, "acquired");
    REFUSED(dlops_array_scale(dlops_real(2), x), DLOPS_ERROR_STATE, "x is acquired");
    REFUSED(dlops_array_norm_order(x, 1, &sum), DLOPS_ERROR_STATE, "x is acquired");
    OK(dlops_array_release(view));
    OK(dlops_array_acquire(x, DLOPS_ACCESS_READ, &data));
    OK(dlops_array_acquire(view, DLOPS_ACCESS_READ, &data));
    REFUSED(dlops_array_acquire(x, DLOPS_ACCESS_READ_WRITE, &data), DLOPS_ERROR_STATE, "acquired");
    REFUSED(dlops_array_fill(x, dlops_real(0)), DLOPS_ERROR_STATE, "array is acquired");
    OK(dlops_array_release(x));
    OK(dlops_array_release(x));
    REFUSED(dlops_array_release(x), DLOPS_ERROR_STATE, "acquired");
    REFUSED(dlops_array_acquire(x, 9, &data), DLOPS_ERROR_ARGUMENT, "access is 9");
    /* congruent, but the same memory */
    REFUSED(dlops_array_axpy(dlops_real(1), view, x), DLOPS_ERROR_OVERLAP, "x and y share memory");
    OK(dlops_array_fill(x, dlops_real(3)));
    CHECK(memory[1][6] == 3);
    dlops_array_destroy(&view);
    dlops_array_destroy(&x);
    dlops_space_destroy(&space);
    dlops_space_destroy(&flat);
}

static void norms(dlops_context *context)
{
    dlops_space *space = NULL, *rest = NULL;
    dlops_array *x = table(context, 7, &space), *y = NULL;
    double found, low, high, columns[5], rows[7];
    OK(dlops_array_norm_order(x, INFINITY, &found));
    CHECK(found == 604);
    OK(dlops_array_norm_order(x, -INFINITY, &found));
    CHECK(found == 0);
    OK(dlops_array_norm_order(x, 0, &found));
    CHECK(found == 34);
    OK(dlops_array_norm_order(x, 1, &found));
    CHECK(found == 2100 * 5 + 7 * 10);
    OK(dlops_array_extremes(x, &low, &high));
    CHECK(low == 0 && high == 604);
    REFUSED(dlops_array_norm_order(x, NAN, &found), DLOPS_ERROR_ARGUMENT, "order is NaN");

    /* Along the cut axis the result is everybody's, along the other one it is cut. */
    OK(dlops_space_create_norm_axis(space, 0, &rest));
    OK(dlops_array_create(rest, &y));
    OK(dlops_array_norm_axis(x, 1, 0, y));
    OK(dlops_array_to_global(y, DLOPS_ALL_RANKS, columns));
    for (int j = 0; j < 5; j++)
        CHECK(columns[j] == 2100 + 7 * j);
    REFUSED(dlops_array_norm_axis(x, 1, 5, y), DLOPS_ERROR_AXIS, "axis is 5");
    REFUSED(dlops_array_norm_axis(x, 1, 1, y), DLOPS_ERROR_SPACE, "the result");
    dlops_array_destroy(&y);
    dlops_space_destroy(&rest);
    OK(dlops_space_create_norm_axis(space, -1, &rest));
    OK(dlops_array_create(rest, &y));
    OK(dlops_array_norm_axis(x, INFINITY, -1, y));
    OK(dlops_array_to_global(y, DLOPS_ALL_RANKS, rows));
    for (int i = 0; i < 7; i++)
        CHECK(rows[i] == at(i, 4));
    dlops_array_destroy(&y);
    dlops_array_destroy(&x);
    dlops_space_destroy(&rest);
    dlops_space_destroy(&space);
}

static void movement(dlops_context *context)
{
    dlops_space *space = NULL, *turned = NULL, *copied = NULL, *given = NULL;
    dlops_array *x = table(context, 6, &space), *y = NULL, *z = NULL;
    dlops_space_options options = DLOPS_SPACE_OPTIONS_INIT;
    double whole[30], back[30], ghosts[30];
    int64_t front, after, start, count, *shapes = malloc(sizeof(int64_t) * 2 * (size_t)size);
    double *data = NULL;

    OK(dlops_array_to_global(x, size - 1, rank == size - 1 ? whole : NULL));
    OK(dlops_array_to_global(x, DLOPS_ALL_RANKS, whole));
    for (int k = 0; k < 30; k++)
        CHECK(whole[k] == at(k / 5, k % 5));
    REFUSED(dlops_array_to_global(x, size, whole), DLOPS_ERROR_ARGUMENT, "root is");
    AGREED(dlops_array_to_global(x, DLOPS_ALL_RANKS, rank == size - 1 ? NULL : whole), DLOPS_ERROR_NULL_POINTER,
           "global is NULL", size - 1);

    options.axis = 1;
    OK(dlops_space_create(context, DLOPS_FLOAT64, 2, (int64_t[]){6, 5}, &options, &turned));
    OK(dlops_array_create(turned, &y));
    OK(dlops_array_redistribute(x, y));
    OK(dlops_array_to_global(y, DLOPS_ALL_RANKS, back));
    CHECK(memcmp(back, whole, sizeof back) == 0);
    REFUSED(dlops_array_redistribute(x, x), DLOPS_ERROR_OVERLAP, "x and y share memory");
    OK(dlops_array_fill(y, dlops_real(0)));
    OK(dlops_array_from_global(y, whole));
    OK(dlops_array_to_global(y, 0, rank == 0 ? back : NULL));
    CHECK(rank != 0 || memcmp(back, whole, sizeof back) == 0);

    options.partition = DLOPS_PARTITION_REPLICATED;
    OK(dlops_space_create(context, DLOPS_FLOAT64, 2, (int64_t[]){6, 5}, &options, &copied));
    OK(dlops_array_create(copied, &z));
    OK(dlops_array_fill(z, dlops_real(rank)));
    OK(dlops_array_synchronize(z, size - 1));
    borrowed elements = lend(z, DLOPS_ACCESS_READ, &data);
    CHECK(data[29] == size - 1);
    give_back(elements, 0);
    REFUSED(dlops_array_synchronize(z, -1), DLOPS_ERROR_ARGUMENT, "root is -1");
    OK(dlops_array_from_global(z, rank == 0 ? whole : NULL));
    OK(dlops_array_to_global(z, rank == 0 ? 0 : 0, back));

    OK(dlops_local_split(6, size, rank, &start, &count));
    const int64_t width = rank < 6 ? rank : 6;    /* not wider than the axis */
    OK(dlops_array_get_halo_size(x, 0, width, 2, &front, &after));
    CHECK(count == 0 || (front == (start < width ? start : width) && after == (6 - start - count < 2 ? 6 - start - count : 2)));
    OK(dlops_array_add_ghost_cells(x, 0, width, 2, ghosts, 5 * (front + count + after)));
    for (int64_t k = 0; k < 5 * (front + count + after); k++)
        CHECK(ghosts[k] == at(start - front + k / 5, k % 5));
    AGREED(dlops_array_add_ghost_cells(x, 0, rank == 0 ? 7 : 0, 0, ghosts, 30), DLOPS_ERROR_ARGUMENT,
           "before of rank 0 is 7", 0);

    for (int r = 0; r < size; r++)
        shapes[2 * r] = r == 0 ? 6 : 0, shapes[2 * r + 1] = 5;
    OK(dlops_space_create_from_local_shapes(context, DLOPS_FLOAT64, 2, (int64_t[]){6, 5}, 0, shapes, NULL, &given));
    OK(dlops_space_get_local_count(given, &count));
    CHECK(count == (rank == 0 ? 30 : 0));
    dlops_space_destroy(&given);
    shapes[0] = 5;
    REFUSED(dlops_space_create_from_local_shapes(context, DLOPS_FLOAT64, 2, ((int64_t[]){6, 5}), 0, shapes, NULL, &given),
            DLOPS_ERROR_LAYOUT, "5");
    shapes[1] = 4;
    REFUSED(dlops_space_create_from_local_shapes(context, DLOPS_FLOAT64, 2, ((int64_t[]){6, 5}), 0, shapes, NULL, &given),
            DLOPS_ERROR_SHAPE, "4");
    /* A shape that differs on one rank only is the same error on all. */
    if (size > 1)
        AGREED(dlops_space_create(context, DLOPS_FLOAT64, 2, ((int64_t[]){6, rank == 1 ? 4 : 5}), NULL, &given),
               DLOPS_ERROR_COLLECTIVE, "[6, 4]", 1);
    AGREED(dlops_space_create(context, DLOPS_FLOAT64, 2, ((int64_t[]){6, rank == size - 1 ? -1 : 5}), NULL, &given),
           DLOPS_ERROR_SHAPE, "-1", size - 1);
    CHECK(given == NULL);
    free(shapes);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_array_destroy(&z);
    dlops_space_destroy(&space);
    dlops_space_destroy(&turned);
    dlops_space_destroy(&copied);
}

static void types(dlops_context *context)
{
    dlops_space *space = NULL, *wide = NULL;
    dlops_array *x = table(context, 3, &space), *y = NULL;
    int32_t dtype;
    double found;
    OK(dlops_dtype_promote(DLOPS_FLOAT64, DLOPS_COMPLEX64, &dtype));
    CHECK(dtype == DLOPS_COMPLEX128);
    REFUSED(dlops_dtype_promote(DLOPS_FLOAT64, 7, &dtype), DLOPS_ERROR_DTYPE, "7");
    OK(dlops_space_create(context, dtype, 2, (int64_t[]){3, 5}, NULL, &wide));
    OK(dlops_array_create(wide, &y));
    REFUSED(dlops_array_axpy(dlops_real(1), x, y), DLOPS_ERROR_DTYPE, "float64");
    CHECK(strstr(dlops_last_error(), "float64") && strstr(dlops_last_error(), "complex128"));
    REFUSED(dlops_array_waxpby(dlops_real(1), x, dlops_real(1), x, y), DLOPS_ERROR_DTYPE, "float64");
    OK(dlops_array_copy(x, y));
    OK(dlops_array_norm_order(y, INFINITY, &found));
    CHECK(found == at(2, 4));
    REFUSED(dlops_array_copy(y, x), DLOPS_ERROR_DTYPE, "complex128");
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_space_destroy(&space);
    dlops_space_destroy(&wide);
}

static void files(dlops_context *context)
{
    dlops_space *space = NULL, *other = NULL;
    dlops_array *x = table(context, 7, &space), *y = NULL;
    int32_t dtype, dimensions;
    int64_t shape[DLOPS_MAX_DIMENSIONS];
    dlops_space_options options = DLOPS_SPACE_OPTIONS_INIT;
    double whole[35], back[35];
    OK(dlops_array_write_npy(x, "arrays.npy"));
    OK(dlops_npy_inspect(context, "arrays.npy", &dtype, &dimensions, shape));
    CHECK(dtype == DLOPS_FLOAT64 && dimensions == 2 && shape[0] == 7 && shape[1] == 5);
    options.axis = 1;
    OK(dlops_space_create(context, DLOPS_FLOAT64, 2, shape, &options, &other));
    OK(dlops_array_create(other, &y));
    OK(dlops_array_read_npy(y, "arrays.npy"));
    OK(dlops_array_to_global(x, DLOPS_ALL_RANKS, whole));
    OK(dlops_array_to_global(y, DLOPS_ALL_RANKS, back));
    CHECK(memcmp(whole, back, sizeof whole) == 0);
    dlops_array_destroy(&y);
    dlops_space_destroy(&other);
    OK(dlops_space_create(context, DLOPS_FLOAT64, 2, (int64_t[]){5, 7}, NULL, &other));
    OK(dlops_array_create(other, &y));
    REFUSED(dlops_array_read_npy(y, "arrays.npy"), DLOPS_ERROR_SHAPE, "[5, 7]");
    REFUSED(dlops_array_read_npy(y, "missing.npy"), DLOPS_ERROR_IO, "missing.npy");
    AGREED(dlops_array_read_npy(y, rank == size - 1 ? NULL : "arrays.npy"), DLOPS_ERROR_NULL_POINTER, "path is NULL",
           size - 1);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_space_destroy(&space);
    dlops_space_destroy(&other);
}

/* Boxes that cut each other's axes: norms along them, and ghost cells from whatever boxes lie there. */
static void boxes(dlops_context *context)
{
    dlops_space_options choices = DLOPS_SPACE_OPTIONS_INIT;
    dlops_space *space = NULL, *of = NULL, *split = NULL;
    dlops_array *x = NULL, *y = NULL;
    int64_t lower[64][2], upper[64][2], front = -1, back = -1;
    int32_t mask[64];
    double whole[42], columns[7], ghosts[42];
    /* Row 0 is rank 0's, the other rows are cut into columns. */
    for (int r = 0; r < size; r++) {
        int64_t start = 0, count = 7;
        if (r > 0)
            OK(dlops_local_split(7, size - 1, r - 1, &start, &count));
        lower[r][0] = r > 0, lower[r][1] = start;
        upper[r][0] = r > 0 || size == 1 ? 6 : 1, upper[r][1] = start + count;
        mask[r] = r % 2;
    }
    choices.box_lower = &lower[0][0], choices.box_upper = &upper[0][0];
    OK(dlops_space_create(context, DLOPS_FLOAT64, 2, ((int64_t[]){6, 7}), &choices, &space));
    OK(dlops_array_create(space, &x));
    for (int k = 0; k < 42; k++)
        whole[k] = k % 5 - 2;
    OK(dlops_array_from_global(x, whole));
    OK(dlops_space_create_norm_axis(space, 0, &of));
    OK(dlops_array_create(of, &y));
    OK(dlops_array_norm_axis(x, 1, 0, y));
    OK(dlops_array_to_global(y, DLOPS_ALL_RANKS, columns));
    for (int j = 0; j < 7; j++) {
        double sum = 0;
        for (int i = 0; i < 6; i++)
            sum += fabs(whole[7 * i + j]);
        CHECK(columns[j] == sum);
    }
    OK(dlops_array_get_halo_size(x, 0, 1, 1, &front, &back));
    int64_t width = upper[rank][1] - lower[rank][1], first = lower[rank][0] - front;
    CHECK(front == (rank > 0 && width > 0) && back == (rank == 0 && size > 1));
    OK(dlops_array_add_ghost_cells(x, 0, 1, 1, ghosts, 42));
    for (int64_t k = 0; k < (upper[rank][0] + back - first) * width; k++)
        CHECK(width == 0 || ghosts[k] == whole[7 * (first + k / width) + lower[rank][1] + k % width]);
    AGREED(dlops_array_add_ghost_cells(x, 0, 1, 1, ghosts, rank == 0 ? 1 : 42), DLOPS_ERROR_ARGUMENT, "room is 1", 0);
    dlops_array_destroy(&y);
    dlops_space_destroy(&of);
    if (size > 1) {
        choices.mask = mask;
        OK(dlops_space_create(context, DLOPS_FLOAT64, 2, ((int64_t[]){6, 7}), &choices, &split));
        REFUSED(dlops_space_create_norm_axis(split, 0, &of), DLOPS_ERROR_UNSUPPORTED, "mask");
        OK(dlops_array_create(split, &y));
        REFUSED(dlops_array_get_halo_size(y, 0, 1, 1, &front, &back), DLOPS_ERROR_SPACE, "colour");
        dlops_array_destroy(&y);
        dlops_space_destroy(&split);
    }
    memset(&choices, 0, sizeof choices);
    choices.struct_size = sizeof choices;
    choices.partition = DLOPS_PARTITION_CYCLIC, choices.block = 1;
    OK(dlops_space_create(context, DLOPS_FLOAT64, 2, ((int64_t[]){6, 7}), &choices, &split));
    OK(dlops_array_create(split, &y));
    REFUSED(dlops_array_get_halo_size(y, 0, 1, 1, &front, &back), DLOPS_ERROR_UNSUPPORTED, "redistribute");
    dlops_array_destroy(&y);
    dlops_space_destroy(&split);
    dlops_array_destroy(&x);
    dlops_space_destroy(&space);
}

int main(void)
{
    dlops_context *context;
    begin();
    context = world(NULL);
    wraps(context);
    norms(context);
    movement(context);
    boxes(context);
    types(context);
    files(context);
    dlops_context_destroy(&context);
    return end();
}
