/* Contexts with a CUDA device: options, wrapped pointers, copies, arithmetic, operators and a solver against the host,
   the memory pool, and what is refused. Where no driver is found, that this is said; DLOPS_TEST_MEMORY=cuda makes it a
   failure. */
#include "device.h"

/* Refused before a driver is asked for. */
static void options(void)
{
    struct {
        dlops_context_options choices;
        const char *words;
    } wrong[7];
    double place;
    for (int k = 0; k < 7; k++)
        wrong[k].choices = k < 4 ? cuda() : (dlops_context_options)DLOPS_CONTEXT_OPTIONS_INIT;
    wrong[0].choices.device = -3, wrong[0].words = "device is -3";
    wrong[1].choices.own_stream = 2, wrong[1].words = "own_stream is 2";
    wrong[2].choices.stream = (CUstream_st *)&place, wrong[2].words = "own_stream is 1, but stream is";
    wrong[3].choices.memory = 9, wrong[3].words = "memory is 9";
    wrong[4].choices.device = DLOPS_DEVICE(0), wrong[4].words = "need memory = DLOPS_CUDA";
    wrong[5].choices.own_stream = 1, wrong[5].words = "need memory = DLOPS_CUDA";
    wrong[6].choices.stream = (CUstream_st *)&place, wrong[6].words = "need memory = DLOPS_CUDA";
    for (int k = 0; k < 7; k++) {
        dlops_context *context = NULL;
        REFUSED(dlops_context_create_self(&wrong[k].choices, &context), DLOPS_ERROR_OPTION, wrong[k].words);
        CHECK(context == NULL);
        /* Wrong on the last rank only. */
        dlops_context_options right = DLOPS_CONTEXT_OPTIONS_INIT;
        world_refused(rank == size - 1 ? &wrong[k].choices : &right, DLOPS_ERROR_OPTION, wrong[k].words, size - 1);
    }
}

/* What a context without a device answers. */
static void without_device(void)
{
    dlops_context *context = world(NULL), *none = NULL;
    dlops_space *space = line(context, DLOPS_FLOAT64, 6 * size), *moved = NULL;
    dlops_space_options choices = DLOPS_SPACE_OPTIONS_INIT;
    dlops_memory_statistics statistics;
    CUstream_st *stream = NULL;
    int64_t n = 4;
    int32_t number = 0;
    char name[8];
    REFUSED(dlops_context_get_device(context, &number), DLOPS_ERROR_STATE, "without a device");
    REFUSED(dlops_context_get_device_name(context, name, sizeof name), DLOPS_ERROR_STATE, "without a device");
    REFUSED(dlops_context_get_stream(context, &stream), DLOPS_ERROR_STATE, "without a device");
    REFUSED(dlops_context_get_memory_statistics(context, &statistics), DLOPS_ERROR_STATE, "without a device");
    REFUSED(dlops_context_set_memory_limit(context, 1), DLOPS_ERROR_STATE, "without a device");
    REFUSED(dlops_context_trim_memory(context, 0), DLOPS_ERROR_STATE, "without a device");
    OK(dlops_context_synchronize(context));

    REFUSED(dlops_space_with_memory(space, DLOPS_CUDA, &moved), DLOPS_ERROR_UNSUPPORTED, "without a device");
    REFUSED(dlops_space_with_memory(space, 7, &moved), DLOPS_ERROR_UNSUPPORTED, "memory is 7");
    REFUSED(dlops_space_with_memory(space, DLOPS_HOST, NULL), DLOPS_ERROR_NULL_POINTER, "moved is NULL");
    REFUSED(dlops_space_with_memory(NULL, DLOPS_HOST, &moved), DLOPS_ERROR_NULL_POINTER, "space is NULL");
    choices.memory = DLOPS_CUDA;
    REFUSED(dlops_space_create(context, DLOPS_FLOAT64, 1, &n, &choices, &moved), DLOPS_ERROR_UNSUPPORTED,
            "without a device");
    CHECK(moved == NULL);
    OK(dlops_space_with_memory(space, 0, &moved));
    OK(dlops_space_get_memory(moved, &number));
    CHECK(number == DLOPS_HOST);

    REFUSED(dlops_device_get_count(NULL), devices ? DLOPS_ERROR_NULL_POINTER : DLOPS_ERROR_UNSUPPORTED, "");
    REFUSED(dlops_context_get_device(none, &number), DLOPS_ERROR_NULL_POINTER, "context is NULL");
    REFUSED(dlops_context_get_device_name(none, name, 8), DLOPS_ERROR_NULL_POINTER, "context is NULL");
    REFUSED(dlops_context_get_stream(none, &stream), DLOPS_ERROR_NULL_POINTER, "context is NULL");
    REFUSED(dlops_context_synchronize(none), DLOPS_ERROR_NULL_POINTER, "context is NULL");
    REFUSED(dlops_context_get_memory_statistics(none, &statistics), DLOPS_ERROR_NULL_POINTER, "context is NULL");
    REFUSED(dlops_context_set_memory_limit(none, 1), DLOPS_ERROR_NULL_POINTER, "context is NULL");
    REFUSED(dlops_context_trim_memory(none, 0), DLOPS_ERROR_NULL_POINTER, "context is NULL");
    REFUSED(dlops_context_synchronize((dlops_context *)space), DLOPS_ERROR_HANDLE, "dlops_space");
    dlops_space_destroy(&moved);
    dlops_space_destroy(&space);
    dlops_context_destroy(&context);
}

/* Which device, and which stream. */
static void choice(void)
{
    dlops_context_options choices = cuda();
    dlops_context *context = world(&choices), *other = NULL;
    CUstream_st *stream = NULL, *same = NULL;
    char name[256] = "", letter[2] = "?";
    int32_t device = -1;
    OK(dlops_context_get_device(context, &device));
    CHECK(device == rank % devices);    /* the test runs on one machine */
    OK(dlops_context_get_device_name(context, name, sizeof name));
    CHECK(strlen(name) > 2);
    OK(dlops_context_get_device_name(context, letter, 2));
    CHECK(letter[0] == name[0] && letter[1] == 0);
    REFUSED(dlops_context_get_device_name(context, letter, 0), DLOPS_ERROR_ARGUMENT, "length is 0");
    REFUSED(dlops_context_get_device_name(context, NULL, 2), DLOPS_ERROR_NULL_POINTER, "name is NULL");
    REFUSED(dlops_context_get_device(context, NULL), DLOPS_ERROR_NULL_POINTER, "device is NULL");
    REFUSED(dlops_context_get_stream(context, NULL), DLOPS_ERROR_NULL_POINTER, "stream is NULL");
    REFUSED(dlops_context_get_memory_statistics(context, NULL), DLOPS_ERROR_NULL_POINTER, "statistics is NULL");
    OK(dlops_context_get_stream(context, &stream));
    CHECK(stream != NULL);

    choices.own_stream = 0;    /* on the stream of the first */
    choices.stream = stream;
    other = world(&choices);
    OK(dlops_context_get_stream(other, &same));
    CHECK(same == stream);
    OK(dlops_context_synchronize(other));
    dlops_context_destroy(&other);
    if (devices > 1) {
        choices.device = DLOPS_DEVICE((device + 1) % devices);
        world_refused(&choices, DLOPS_ERROR_ARGUMENT, "is not one of the primary context of device", 0);
    }
    choices.stream = NULL;    /* the legacy default stream of the last device */
    choices.device = DLOPS_DEVICE(devices - 1);
    other = world(&choices);
    OK(dlops_context_get_stream(other, &same));
    OK(dlops_context_get_device(other, &device));
    CHECK(same == NULL && device == devices - 1);
    dlops_context_destroy(&other);
    if (rank == size - 1)
        choices.device = DLOPS_DEVICE(99);
    world_refused(&choices, DLOPS_ERROR_ARGUMENT, "device is 99", size - 1);
    dlops_context_destroy(&context);
}

/* Pointers to memory of the wrong kind, and a device's own. */
static void wraps(dlops_context *context)
{
    dlops_space *space = line(context, DLOPS_FLOAT64, 8 * size), *host = NULL;
    dlops_array *x = filled(space, 3), *y = NULL;
    double here[8], *there = NULL;
    int32_t memory = 0;
    OK(dlops_space_get_memory(space, &memory));
    CHECK(memory == DLOPS_CUDA);
    OK(dlops_space_with_memory(space, DLOPS_HOST, &host));
    OK(dlops_space_get_memory(host, &memory));
    CHECK(memory == DLOPS_HOST);
    REFUSED(dlops_array_wrap(space, here, &y), DLOPS_ERROR_ARGUMENT, "is not device memory");
    REFUSED(dlops_array_wrap_strided(space, here, NULL, NULL, NULL, &y), DLOPS_ERROR_ARGUMENT, "is not device memory");
    OK(dlops_array_acquire(x, DLOPS_ACCESS_READ_WRITE, (void **)&there));
    REFUSED(dlops_array_fill(x, dlops_real(1)), DLOPS_ERROR_STATE, "acquired");
    OK(dlops_array_release(x));
    REFUSED(dlops_array_wrap(host, there, &y), DLOPS_ERROR_ARGUMENT, "is memory of device");
    REFUSED(dlops_array_wrap(space, (char *)there + 1, &y), DLOPS_ERROR_ARGUMENT, "not aligned");
    CHECK(y == NULL);
    OK(dlops_array_wrap(space, there, &y));
    OK(dlops_array_scale(dlops_real(2), y));
    CHECK(fabs(norm(x) - 6 * sqrt(8.0 * size)) < 1e-12 * size);
    REFUSED(dlops_array_axpy(dlops_real(1), y, x), DLOPS_ERROR_OVERLAP, "share memory");
    dlops_array_destroy(&y);
    dlops_array_destroy(&x);
    dlops_space_destroy(&host);
    dlops_space_destroy(&space);
}

/* Rows of `columns` elements, `columns + 2` apart. */
static dlops_array *padded(const dlops_space *space, double *data, int64_t columns)
{
    dlops_array *array = NULL;
    OK(dlops_array_wrap_strided(space, data, (int64_t[]){columns + 2, 1}, NULL, NULL, &array));
    return array;
}

static void copies(dlops_context *context)
{
    enum { COLUMNS = 6 };
    static const int32_t dtypes[] = {DLOPS_FLOAT32, DLOPS_COMPLEX64, DLOPS_COMPLEX128, DLOPS_INT32, DLOPS_INT64};
    static const size_t sizes[] = {4, 8, 16, 4, 8};
    dlops_space *space = plane(context, 5 * size + 1, COLUMNS, 0), *host = NULL, *room = NULL;
    dlops_array *x, *y = NULL, *back, *here, *there, *whole = NULL;
    int64_t count, shape[2], n;
    double *data, *pointer = NULL;
    OK(dlops_space_with_memory(space, DLOPS_HOST, &host));
    OK(dlops_space_get_local_shape(space, shape));
    x = drawn(host, 11);
    OK(dlops_array_scale(dlops_real(50), x));
    OK(dlops_array_create(space, &y));
    OK(dlops_array_copy(x, y));
    CHECK(distance(x, y) == 0 && norm(x) > 1);

    /* Padded rows here, padded rows there; what lies between stays. */
    n = shape[0] * (COLUMNS + 2);
    data = malloc((size_t)n * sizeof *data);
    for (int64_t i = 0; i < n; i++)
        data[i] = -1;
    here = padded(host, data, COLUMNS);
    OK(dlops_array_copy(y, here));
    for (int64_t i = 0; i < n; i++)
        CHECK((data[i] == -1) == (i % (COLUMNS + 2) >= COLUMNS));
    OK(dlops_array_fill(y, dlops_real(0)));
    OK(dlops_array_copy(here, y));
    CHECK(distance(x, y) == 0);
    OK(dlops_space_create_unshaped(context, DLOPS_FLOAT64, n, &room));
    whole = filled(room, -1);
    OK(dlops_array_acquire(whole, DLOPS_ACCESS_READ_WRITE, (void **)&pointer));
    OK(dlops_array_release(whole));
    there = padded(space, pointer, COLUMNS);
    OK(dlops_array_copy(x, there));
    CHECK(distance(x, there) == 0);
    back = fetched(whole);
    OK(dlops_array_acquire(back, DLOPS_ACCESS_READ, (void **)&pointer));
    for (int64_t i = 0; i < n; i++)
        CHECK(pointer[i] == data[i]);
    OK(dlops_array_release(back));
    dlops_array_destroy(&back);
    OK(dlops_array_fill(y, dlops_real(0)));
    OK(dlops_array_copy(there, y));
    CHECK(distance(x, y) == 0);
    OK(dlops_array_copy(there, here));
    dlops_array_destroy(&here);
    dlops_array_destroy(&there);
    dlops_array_destroy(&whole);
    dlops_space_destroy(&room);
    free(data);

    /* By way of another dtype: host to device, on the device, device to host. */
    for (size_t k = 0; k < sizeof dtypes / sizeof *dtypes; k++) {
        dlops_space *away = NULL, *near = NULL;
        dlops_space_options choices = DLOPS_SPACE_OPTIONS_INIT;
        dlops_array *a = NULL, *b = NULL, *c = NULL, *d = NULL;
        int64_t global[2] = {5 * size + 1, COLUMNS};
        OK(dlops_space_create(context, dtypes[k], 2, global, &choices, &away));
        choices.memory = DLOPS_HOST;
        OK(dlops_space_create(context, dtypes[k], 2, global, &choices, &near));
        OK(dlops_array_create(near, &a));
        OK(dlops_array_create(near, &b));
        OK(dlops_array_create(away, &c));
        OK(dlops_array_create(away, &d));
        OK(dlops_array_copy(x, a));
        OK(dlops_array_copy(x, c));    /* to the device and to the dtype */
        OK(dlops_array_copy(y, d));    /* on the device */
        for (int turn = 0; turn < 2; turn++) {
            void *p = NULL, *q = NULL;
            OK(dlops_array_copy(turn ? d : c, b));
            OK(dlops_space_get_local_count(near, &count));
            OK(dlops_array_acquire(a, DLOPS_ACCESS_READ, &p));
            OK(dlops_array_acquire(b, DLOPS_ACCESS_READ, &q));
            CHECK(memcmp(p, q, (size_t)count * sizes[k]) == 0);
            OK(dlops_array_release(a));
            OK(dlops_array_release(b));
        }
        if (dtypes[k] == DLOPS_COMPLEX64 || dtypes[k] == DLOPS_COMPLEX128) {
            REFUSED(dlops_array_copy(c, x), DLOPS_ERROR_DTYPE, "imaginary");
            REFUSED(dlops_array_copy(c, y), DLOPS_ERROR_DTYPE, "imaginary");
        } else {
            dlops_array *e = filled(host, 0);
            OK(dlops_array_copy(c, e));
            OK(dlops_array_copy(c, y));
            CHECK(distance(e, y) == 0);
            OK(dlops_array_copy(x, y));
            dlops_array_destroy(&e);
        }
        dlops_array_destroy(&a);
        dlops_array_destroy(&b);
        dlops_array_destroy(&c);
        dlops_array_destroy(&d);
        dlops_space_destroy(&away);
        dlops_space_destroy(&near);
    }
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_space_destroy(&space);
    dlops_space_destroy(&host);
}

/* With few elements, some ranks have none. */
static void arithmetic(dlops_context *context, int64_t n)
{
    dlops_space *space = line(context, DLOPS_FLOAT64, n), *host = NULL;
    OK(dlops_space_with_memory(space, DLOPS_HOST, &host));
    dlops_array *x = drawn(space, 1), *y = drawn(space, 2), *a = drawn(host, 1), *b = drawn(host, 2);
    dlops_scalar there, here;
    CHECK(distance(a, x) <= 1e-13 * norm(a) && norm(a) > 0.1);
    OK(dlops_array_axpy(dlops_real(-0.75), x, y));
    OK(dlops_array_axpy(dlops_real(-0.75), a, b));
    CHECK(distance(b, y) <= 1e-13 * norm(b));
    OK(dlops_array_dot(x, y, &there));
    OK(dlops_array_dot(a, b, &here));
    CHECK(fabs(there.re - here.re) <= 1e-12 * norm(a) * norm(b) && there.im == 0 && here.re != 0);
    CHECK(fabs(norm(y) - norm(b)) <= 1e-13 * norm(b));
    OK(dlops_array_fill_random(x, DLOPS_UNIFORM, 9));
    OK(dlops_array_fill_random(a, DLOPS_UNIFORM, 9));
    CHECK(distance(a, x) <= 1e-14 * norm(a));
    OK(dlops_array_fill(x, dlops_real(2.5)));
    CHECK(fabs(norm(x) - 2.5 * sqrt((double)n)) <= 1e-12);
    REFUSED(dlops_array_fill(x, dlops_complex(0, 1)), DLOPS_ERROR_DTYPE, "1i");
    REFUSED(dlops_array_axpy(dlops_real(1), a, y), DLOPS_ERROR_SPACE, "memory");
    REFUSED(dlops_array_axpy(dlops_real(1), x, b), DLOPS_ERROR_SPACE, "memory");
    REFUSED(dlops_array_dot(x, b, &there), DLOPS_ERROR_SPACE, "memory");
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_array_destroy(&a);
    dlops_array_destroy(&b);
    dlops_space_destroy(&space);
    dlops_space_destroy(&host);
}

/* Operators of one kind on the device and on the host. */
static void compare(dlops_operator *there, dlops_operator *here, const dlops_space *space)
{
    for (int32_t mode = DLOPS_FORWARD; mode <= DLOPS_ADJOINT; mode++) {
        dlops_array *x = drawn(space, 3), *y = drawn(space, 4), *a = fetched(x), *b = fetched(y);
        OK(dlops_operator_apply_scaled(there, mode, dlops_real(2), x, dlops_real(-0.5), y));
        OK(dlops_operator_apply_scaled(here, mode, dlops_real(2), a, dlops_real(-0.5), b));
        CHECK(distance(b, y) <= 1e-13 * norm(b) && norm(b) > 1);
        REFUSED(dlops_operator_apply(there, mode, a, y), DLOPS_ERROR_SPACE, "memory");
        REFUSED(dlops_operator_apply(here, mode, a, y), DLOPS_ERROR_SPACE, "memory");
        dlops_array_destroy(&x);
        dlops_array_destroy(&y);
        dlops_array_destroy(&a);
        dlops_array_destroy(&b);
    }
}

/* Few rows: what a derivative needs lies on several ranks. */
static void operators(dlops_context *context, int64_t rows)
{
    for (int32_t axis = 0; axis < 2; axis++) {
        dlops_space *space = plane(context, rows, 14, axis), *host = NULL;
        dlops_operator *there = NULL, *here = NULL;
        dlops_first_derivative_options choices = DLOPS_FIRST_DERIVATIVE_OPTIONS_INIT;
        choices.order = 5;
        choices.edge = 1;
        OK(dlops_space_with_memory(space, DLOPS_HOST, &host));
        OK(dlops_first_derivative_create(space, 0, &choices, &there));
        OK(dlops_first_derivative_create(host, 0, &choices, &here));
        compare(there, here, space);
        dlops_operator_destroy(&there);
        dlops_operator_destroy(&here);
        OK(dlops_laplacian_create(space, NULL, &there));
        OK(dlops_laplacian_create(host, NULL, &here));
        compare(there, here, space);
        dlops_operator_destroy(&there);
        dlops_operator_destroy(&here);
        dlops_space_destroy(&space);
        dlops_space_destroy(&host);
    }
}

/* x with (I + D^T D) x = b by CGLS; b is drawn. */
static dlops_array *solved(const dlops_space *space, int64_t *iterations)
{
    dlops_operator *a = definite(space);
    dlops_array *b = drawn(space, 6), *x = filled(space, 0);
    dlops_solver *solver = NULL;
    OK(dlops_solver_create(DLOPS_SOLVER_CGLS, a, &solver));
    OK(dlops_solver_set_tolerances(solver, 1e-12, 0, 0));
    OK(dlops_solver_solve(solver, b, x));
    OK(dlops_solver_get_iterations(solver, iterations));
    dlops_solver_destroy(&solver);
    dlops_operator_destroy(&a);
    dlops_array_destroy(&b);
    return x;
}

static void solver(dlops_context *context)
{
    dlops_space *space = line(context, DLOPS_FLOAT64, 60), *host = NULL;
    int64_t there = 0, here = 0;
    OK(dlops_space_with_memory(space, DLOPS_HOST, &host));
    dlops_array *x = solved(space, &there), *a = solved(host, &here);
    CHECK(distance(a, x) <= 1e-10 * norm(a) && there > 3 && llabs(there - here) <= 1);
    dlops_array_destroy(&x);
    dlops_array_destroy(&a);
    dlops_space_destroy(&space);
    dlops_space_destroy(&host);
}

static dlops_memory_statistics held(dlops_context *context)
{
    dlops_memory_statistics statistics;
    OK(dlops_context_synchronize(context));
    OK(dlops_context_get_memory_statistics(context, &statistics));
    CHECK(statistics.used <= statistics.reserved && statistics.used <= statistics.used_high);
    return statistics;
}

static void pool(dlops_context *context)
{
    dlops_space *space = line(context, DLOPS_FLOAT64, 4000 * size);
    dlops_memory_statistics before = held(context), now;
    dlops_array *x = drawn(space, 1), *y = filled(space, 1), *z = NULL;
    dlops_operator *a = definite(space);
    dlops_solver *solver = NULL;
    dlops_scalar sum;
    CHECK(before.limit == UINT64_MAX);
    now = held(context);
    CHECK(now.used >= before.used + 64000 && now.used < before.used + 128000);

    OK(dlops_context_set_memory_limit(context, now.used + 4000));
    CHECK(held(context).limit == now.used + 4000);
    REFUSED(dlops_array_create(space, &z), DLOPS_ERROR_MEMORY, "exceed the pool's limit");
    CHECK(z == NULL && held(context).used == now.used);
    OK(dlops_array_axpy(dlops_real(2), x, y));
    OK(dlops_array_dot(x, y, &sum));

    /* Too little on the last rank only: refused on all of them, and everything can be used again. */
    OK(dlops_solver_create(DLOPS_SOLVER_CGLS, a, &solver));
    OK(dlops_context_set_memory_limit(context, rank == size - 1 ? now.used : UINT64_MAX));
    REFUSED(dlops_solver_solve(solver, x, y), DLOPS_ERROR_MEMORY, "exceed the pool's limit");
    OK(dlops_context_set_memory_limit(context, UINT64_MAX));
    OK(dlops_solver_solve(solver, x, y));
    OK(dlops_array_create(space, &z));
    dlops_solver_destroy(&solver);
    dlops_operator_destroy(&a);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_array_destroy(&z);
    dlops_space_destroy(&space);
    now = held(context);
    CHECK(now.used == before.used && now.used_high >= before.used + 64000);
    OK(dlops_context_trim_memory(context, SIZE_MAX));
    CHECK(held(context).reserved == now.reserved);
    OK(dlops_context_trim_memory(context, 0));
    CHECK(held(context).reserved <= now.reserved);
    if (now.used == 0)
        CHECK(held(context).reserved == 0);
}

/* A filter of ones that sums to 4, on an array of ones: 4 inside, less at both ends. */
static void convolution(dlops_context *context)
{
    dlops_space *space = line(context, DLOPS_FLOAT64, 12 * size);
    dlops_array *x = filled(space, 1), *y = filled(space, 0);
    dlops_operator *a = NULL;
    double filter[3] = {1, 2, 1}, n = 12.0 * size;
    dlops_convolve1d_options centre = DLOPS_CONVOLVE1D_OPTIONS_INIT;
    centre.offset = 1;
    OK(dlops_convolve1d_create(space, 0, 3, filter, &centre, &a));
    OK(dlops_operator_apply(a, DLOPS_FORWARD, x, y));
    CHECK(fabs(norm(y) - sqrt(16 * (n - 2) + 2 * 9)) < 1e-12 * n);
    dlops_operator_destroy(&a);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_space_destroy(&space);
}

/* The context first, what was made with it after it, and in every other order. */
static void lives(void)
{
    for (int order = 0; order < 24; order++) {
        dlops_context_options choices = cuda();
        dlops_context *context = world(&choices);
        dlops_space *space = line(context, DLOPS_FLOAT64, 30);
        dlops_array *x = drawn(space, 1), *y = filled(space, 0);
        dlops_operator *a = definite(space);
        int left[4] = {0, 1, 2, 3}, code = order;
        OK(dlops_operator_apply(a, DLOPS_FORWARD, x, y));    /* still on the stream */
        for (int n = 4; n > 0; code /= n, n--) {
            int pick = code % n, what = left[pick];
            left[pick] = left[n - 1];
            if (what == 0)
                OK(dlops_context_destroy(&context));
            else if (what == 1)
                OK(dlops_space_destroy(&space));
            else if (what == 2)
                OK(dlops_operator_destroy(&a));
            else
                OK(dlops_array_destroy(&x));
        }
        CHECK(isfinite(norm(y)));
        dlops_array_destroy(&y);
    }
}

int main(void)
{
    begin();
    int there = found();
    options();
    without_device();
    if (there) {
        dlops_context_options choices = cuda();
        choice();
        dlops_context *context = world(&choices);
        wraps(context);
        copies(context);
        arithmetic(context, 700);
        arithmetic(context, 2);
        operators(context, 9);
        operators(context, 5);
        solver(context);
        pool(context);
        convolution(context);
        dlops_context_destroy(&context);
        lives();
    }
    return end();
}
