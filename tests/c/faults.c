/* Faults: callbacks that fail on one rank, files that are not what they should be, and layouts at the edge of sense. */
#include "check.h"

/* y = 2 x; fails on the last rank while `fail` is set. */
struct host { int32_t fail; int calls, gone; };

static int32_t twice(const dlops_array *x, dlops_array *y, void *user)
{
    struct host *host = user;
    host->calls++;
    OK(dlops_array_axpby(dlops_real(2), x, dlops_real(0), y));
    return rank == size - 1 ? host->fail : 0;
}

static int32_t twice_raw(const void *x, void *y, void *user)
{
    (void)user;
    for (int i = 0; i < 3; i++)
        ((double *)y)[i] = 2 * ((const double *)x)[i];
    return 0;
}

static void gone(void *user) { ((struct host *)user)->gone++; }

static void callbacks(dlops_context *context)
{
    dlops_space *space = line(context, DLOPS_FLOAT64, 3 * size), *small = line(context, DLOPS_FLOAT64, 2);
    dlops_operator *a = NULL, *forward_only = NULL, *raw = NULL, *none = NULL, *sum = NULL;
    dlops_array *x = filled(space, 1), *y = filled(space, 0);
    dlops_solver *solver = NULL;
    dlops_callback_options choices = DLOPS_CALLBACK_OPTIONS_INIT;
    dlops_status agreed = 99, status;
    struct host host = {0}, refused = {0};
    int32_t reason = 0;
    choices.name = "Twice";
    OK(dlops_operator_create_callback(space, space, twice, twice, &host, gone, &choices, &a));
    OK(dlops_operator_apply_scaled(a, DLOPS_TRANSPOSE, dlops_real(3), x, dlops_real(1), y));
    CHECK(fabs(norm(y) - 6 * sqrt(3.0 * size)) < 1e-12 && host.calls == 1);

    /* A plain apply fails on the rank that failed; the agreement tells all, once. */
    host.fail = 31;
    status = dlops_operator_apply(a, DLOPS_FORWARD, x, y);
    CHECK(status == (rank == size - 1 ? DLOPS_ERROR_CALLBACK : DLOPS_OK));
    if (status != DLOPS_OK)
        CHECK(strstr(dlops_last_error(), "Twice") && strstr(dlops_last_error(), "31"));
    CHECK(size == 1 || isnan(norm(y)));
    OK(dlops_context_agree(context, &agreed));
    if (size > 1) {
        check_agreed(agreed, "dlops_context_agree(", DLOPS_ERROR_CALLBACK, "31", size - 1, __FILE__, __LINE__);
    }
    OK(dlops_context_agree(context, &agreed));
    CHECK(agreed == DLOPS_OK);

    /* Inside a solver the next reduction tells all, and the solver works again afterwards. */
    OK(dlops_solver_create(DLOPS_SOLVER_CG, a, &solver));
    AGREED(dlops_solver_solve(solver, x, y), DLOPS_ERROR_CALLBACK, "31", size - 1);
    host.fail = 0;
    OK(dlops_solver_solve(solver, x, y));
    OK(dlops_solver_get_reason(solver, &reason));
    CHECK(reason > 0);
    dlops_solver_destroy(&solver);

    /* The one reference that is left is that of the sum. */
    OK(dlops_operator_sum(2, NULL, (const dlops_operator *[]){a, a}, &sum));
    dlops_operator_destroy(&a);
    CHECK(host.gone == 0);
    OK(dlops_operator_apply(sum, DLOPS_FORWARD, x, y));
    dlops_operator_destroy(&sum);
    CHECK(host.gone == 1);

    AGREED(dlops_operator_create_callback(space, NULL, twice, NULL, &refused, gone, NULL, &none), DLOPS_ERROR_NULL_POINTER,
           "range is NULL", 0);
    AGREED(dlops_operator_create_callback(space, space, rank == size - 1 ? NULL : twice, NULL, &refused, gone, NULL, &none),
           DLOPS_ERROR_NULL_POINTER, "forward is NULL", size - 1);
    choices.real_linear = 9;
    AGREED(dlops_operator_create_callback(space, space, twice, twice, &refused, gone, &choices, &none), DLOPS_ERROR_OPTION,
           "real_linear is 9", 0);
    CHECK(none == NULL && refused.gone == 0 && refused.calls == 0);
    OK(dlops_operator_create_callback(space, small, twice, NULL, &refused, gone, NULL, &forward_only));
    REFUSED(dlops_operator_apply(forward_only, DLOPS_ADJOINT, y, x), DLOPS_ERROR_SPACE, "");
    dlops_operator_destroy(&forward_only);
    CHECK(refused.gone == 1);
    OK(dlops_operator_create_matvec(space, space, twice_raw, NULL, NULL, NULL, &raw));
    if (!on_device()) {    /* whose addresses are not for this host's loop */
        OK(dlops_operator_apply(raw, DLOPS_FORWARD, x, y));
        CHECK(fabs(norm(y) - 2 * sqrt(3.0 * size)) < 1e-12);
    }
    status = dlops_operator_apply(raw, DLOPS_ADJOINT, x, y);
    CHECK(status == DLOPS_ERROR_UNSUPPORTED && strstr(dlops_last_error(), "djoint"));
    OK(dlops_context_agree(context, &agreed));
    dlops_operator_destroy(&raw);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_space_destroy(&space);
    dlops_space_destroy(&small);
}

/* Rank 0 writes `bytes` bytes; the others wait for it. */
static void put(const char *path, const void *bytes, size_t length)
{
    if (rank == 0) {
        FILE *file = fopen(path, "wb");
        CHECK(file && fwrite(bytes, 1, length, file) == length);
        fclose(file);
    }
#ifdef DLOPS_TEST_MPI
    MPI_Barrier(MPI_COMM_WORLD);
#endif
}

/* A .npy file, version 1.0, of this dictionary and these bytes of data. */
static void put_npy(const char *path, const char *dictionary, size_t data)
{
    unsigned char bytes[1024] = "\x93NUMPY\x01";
    size_t length = strlen(dictionary);
    bytes[7] = 0;
    bytes[8] = (unsigned char)length;
    bytes[9] = (unsigned char)(length >> 8);
    memcpy(bytes + 10, dictionary, length);
    put(path, bytes, 10 + length + data);
}

static void files(dlops_context *context)
{
    char path[64], other[64];
    int32_t dtype = 0, dimensions = 0;
    int64_t shape[DLOPS_MAX_DIMENSIONS];
    dlops_space *space = line(context, DLOPS_FLOAT64, 6), *longer = line(context, DLOPS_FLOAT64, 7);
    dlops_array *x = filled(space, 1), *y = filled(longer, 1);
    snprintf(path, sizeof path, "fault_%d.npy", size);
    snprintf(other, sizeof other, "fault_%d_other.npy", size);
    AGREED(dlops_npy_inspect(context, "no/such/file.npy", &dtype, &dimensions, shape), DLOPS_ERROR_IO, "no/such/file.npy", 0);
    AGREED(dlops_array_read_npy(x, "no/such/file.npy"), DLOPS_ERROR_IO, "no/such/file.npy", 0);
    AGREED(dlops_array_write_npy(x, "no/such/folder/x.npy"), DLOPS_ERROR_IO, "no/such/folder", 0);
    AGREED(dlops_array_read_npy(x, "."), DLOPS_ERROR_IO, "'.'", 0);
    AGREED(dlops_array_read_npy(x, NULL), DLOPS_ERROR_NULL_POINTER, "path is NULL", 0);
    AGREED(dlops_array_read_npy(x, rank == size - 1 ? "\xff\xfe" : path), DLOPS_ERROR_ARGUMENT, "UTF-8", size - 1);

    put(path, "PNG, not an array", 17);
    REFUSED(dlops_array_read_npy(x, path), DLOPS_ERROR_FORMAT, "not a .npy file");
    put(path, "", 0);
    REFUSED(dlops_array_read_npy(x, path), DLOPS_ERROR_FORMAT, path);
    put(path, "\x93NUMPY\x01\x00\x76", 9);
    REFUSED(dlops_array_read_npy(x, path), DLOPS_ERROR_FORMAT, path);
    put(path, "\x93NUMPY\x09\x00\x06\x00{}    ", 16);
    REFUSED(dlops_array_read_npy(x, path), DLOPS_ERROR_FORMAT, "9.0");
    put_npy(path, "{'descr': '<f8', 'fortran_order': False, 'shape': (6,), }\n", 47);
    REFUSED(dlops_array_read_npy(x, path), DLOPS_ERROR_FORMAT, "truncated");
    REFUSED(dlops_npy_inspect(context, path, &dtype, &dimensions, shape), DLOPS_ERROR_FORMAT, "truncated");
    put_npy(path, "{'descr': '<U4', 'fortran_order': False, 'shape': (6,), }\n", 96);
    REFUSED(dlops_array_read_npy(x, path), DLOPS_ERROR_DTYPE, "<U4");
    put_npy(path, "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (6,), }\n", 48);
    REFUSED(dlops_array_read_npy(x, path), DLOPS_ERROR_DTYPE, "fields");
    put_npy(path, "{'descr': '<c16', 'fortran_order': False, 'shape': (6,), }\n", 96);
    REFUSED(dlops_array_read_npy(x, path), DLOPS_ERROR_DTYPE, "imaginary");
    put_npy(path, "{'descr': '<f8', 'fortran_order': False, }\n", 48);
    REFUSED(dlops_array_read_npy(x, path), DLOPS_ERROR_FORMAT, "shape");
    put_npy(path, "{'descr': '<f8', 'fortran_order': Maybe, 'shape': (6,), }\n", 48);
    REFUSED(dlops_array_read_npy(x, path), DLOPS_ERROR_FORMAT, path);
    put_npy(path, "{'descr': '<f8', 'fortran_order': False, 'shape': (-6,), }\n", 48);
    REFUSED(dlops_array_read_npy(x, path), DLOPS_ERROR_FORMAT, path);
    put_npy(path, "{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4), }\n", 48);
    REFUSED(dlops_array_read_npy(x, path), DLOPS_ERROR_FORMAT, path);
    put_npy(path, "{'descr': '<f8', 'fortran_order': False, 'shape': (6,), }\n", 48);
    REFUSED(dlops_array_read_npy(y, path), DLOPS_ERROR_SHAPE, "[7]");
    OK(dlops_array_read_npy(x, path));    /* the array works after all this */
    CHECK(norm(x) == 0);
    if (size > 1) {
        put_npy(other, "{'descr': '<f8', 'fortran_order': False, 'shape': (6,), }\n", 48);
        AGREED(dlops_array_read_npy(x, rank == size - 1 ? other : path), DLOPS_ERROR_COLLECTIVE, "other", size - 1);
        AGREED(dlops_array_write_npy(x, rank == size - 1 ? other : path), DLOPS_ERROR_COLLECTIVE, "other", size - 1);
    }
    AGREED(dlops_npy_inspect(context, path, rank == size - 1 ? NULL : &dtype, &dimensions, shape), DLOPS_ERROR_NULL_POINTER,
           "dtype is NULL", size - 1);
#ifdef DLOPS_TEST_MPI
    MPI_Barrier(MPI_COMM_WORLD);
#endif
    if (rank == 0) {
        remove(path);
        remove(other);
    }
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_space_destroy(&space);
    dlops_space_destroy(&longer);
}

/* The five-point derivative of random numbers, whole on every rank. */
static void derivative_of(const dlops_space *space, double whole[31])
{
    dlops_first_derivative_options choices = DLOPS_FIRST_DERIVATIVE_OPTIONS_INIT;
    dlops_operator *d = NULL;
    dlops_array *x = drawn(space, 11), *y = filled(space, NAN), *z = filled(space, 0);
    int32_t passed = 0;
    choices.order = 5, choices.edge = 1;
    OK(dlops_first_derivative_create(space, 0, &choices, &d));
    OK(dlops_operator_apply(d, DLOPS_FORWARD, x, y));
    OK(dlops_operator_apply(d, DLOPS_ADJOINT, y, z));
    OK(dlops_operator_dot_test(d, 1, 0, NULL, &passed));
    CHECK(passed == 1);
    OK(dlops_array_to_global(z, DLOPS_ALL_RANKS, whole));
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_array_destroy(&z);
    dlops_operator_destroy(&d);
}

/* A rank thinner than the halo, ranks without elements, everything on one rank: the same numbers. */
static void thin(dlops_context *context)
{
    dlops_space_options choices = DLOPS_SPACE_OPTIONS_INIT;
    dlops_space *space;
    dlops_context *alone = NULL;
    int64_t extents[64], n = 31;
    double expected[31], found[31];
    const dlops_context_options own = placed(NULL);
    OK(dlops_context_create_self(&own, &alone));
    space = line(alone, DLOPS_FLOAT64, n);
    derivative_of(space, expected);
    dlops_space_destroy(&space);
    choices.partition = DLOPS_PARTITION_EXTENTS;
    choices.extents = extents;
    for (int which = 0; which < 2 + size; which++) {
        for (int r = 0; r < size; r++)
            extents[r] = which == 0 ? (r % 2 ? 1 : 0) : which == 1 ? 1 : 0;
        int64_t rest = n;
        for (int r = 0; r < size; r++)
            rest -= extents[r];
        extents[which < 2 ? size - 1 : which - 2] += rest;
        OK(dlops_space_create(context, DLOPS_FLOAT64, 1, &n, &choices, &space));
        derivative_of(space, found);
        for (int i = 0; i < n; i++)
            CHECK(fabs(found[i] - expected[i]) < 1e-14);
        dlops_space_destroy(&space);
    }
    n = 0;    /* nothing anywhere */
    space = line(context, DLOPS_FLOAT64, n);
    derivative_of(space, found);
    dlops_space_destroy(&space);
    dlops_context_destroy(&alone);
}

/* An axis cut between groups has no derivative, said on all ranks. */
static void masks(dlops_context *context)
{
    dlops_space_options choices = DLOPS_SPACE_OPTIONS_INIT;
    dlops_space *space = NULL;
    dlops_operator *d = NULL;
    dlops_array *x;
    int32_t mask[64];
    int64_t shape[2] = {8, 3}, local = 0;
    for (int r = 0; r < size; r++)
        mask[r] = r % 2;
    choices.mask = mask;
    OK(dlops_space_create(context, DLOPS_FLOAT64, 2, shape, &choices, &space));
    if (size > 1) {
        REFUSED(dlops_first_derivative_create(space, 0, NULL, &d), DLOPS_ERROR_SPACE, "colour");
    }
    OK(dlops_first_derivative_create(space, 1, NULL, &d));
    x = filled(space, 1);
    OK(dlops_space_get_local_count(space, &local));
    CHECK(norm(x) * norm(x) >= (double)local - 1e-9 && (size == 1 || norm(x) * norm(x) < 24 - 1e-9));
    dlops_array_destroy(&x);
    dlops_operator_destroy(&d);
    dlops_space_destroy(&space);
}

/* With check level 1 what one rank passes to a collective call otherwise is an error of all. */
static void checked(dlops_context *context)
{
    dlops_space *space = line(context, DLOPS_FLOAT64, 8), *small = line(context, DLOPS_FLOAT64, 7);
    dlops_operator *d = NULL;
    dlops_array *x = filled(space, 1), *y = filled(space, 1), *less = filled(small, 1);
    int odd = rank == size - 1;
    OK(dlops_first_derivative_create(space, 0, NULL, &d));
    OK(dlops_context_set_check_level(context, 1));
    AGREED(dlops_operator_apply(d, DLOPS_FORWARD, odd ? less : x, y), DLOPS_ERROR_SPACE, "x", size - 1);
    AGREED(dlops_operator_apply(d, DLOPS_FORWARD, x, odd ? x : y), DLOPS_ERROR_OVERLAP, "share memory", size - 1);
    if (size > 1) {
        AGREED(dlops_operator_apply(d, odd ? DLOPS_ADJOINT : DLOPS_FORWARD, x, y), DLOPS_ERROR_COLLECTIVE, "Adjoint", size - 1);
        AGREED(dlops_operator_apply_scaled(d, 0, dlops_real(odd), x, dlops_real(0), y), DLOPS_ERROR_COLLECTIVE, "", size - 1);
    }
    OK(dlops_operator_apply(d, DLOPS_FORWARD, x, y));
    OK(dlops_context_set_check_level(context, 0));
    dlops_operator_destroy(&d);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_array_destroy(&less);
    dlops_space_destroy(&space);
    dlops_space_destroy(&small);
}

int main(void)
{
    dlops_context *context;
    begin();
    context = world(NULL);
    callbacks(context);
    files(context);
    thin(context);
    masks(context);
    checked(context);
    dlops_context_destroy(&context);
    return end();
}
