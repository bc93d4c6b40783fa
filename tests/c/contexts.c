/* Contexts: over every kind of communicator, with every size of options, logs, and their life until MPI_Finalize. */
#include "check.h"
#include <stddef.h>

static void getters(dlops_context *context)
{
    int32_t value = -1;
    dlops_context *local = NULL, *again = NULL, *copy = NULL, *stale;
    dlops_space *a, *b;
    OK(dlops_context_get_rank(context, &value));
    CHECK(value == rank);
    OK(dlops_context_get_size(context, &value));
    CHECK(value == size);
    OK(dlops_context_get_threads(context, &value));
    CHECK(value >= 1);
    REFUSED(dlops_context_get_rank(NULL, &value), DLOPS_ERROR_NULL_POINTER, "context is NULL");
    REFUSED(dlops_context_get_rank(context, NULL), DLOPS_ERROR_NULL_POINTER, "rank is NULL");
    REFUSED(dlops_context_get_size(context, NULL), DLOPS_ERROR_NULL_POINTER, "size is NULL");
    REFUSED(dlops_context_get_threads(context, NULL), DLOPS_ERROR_NULL_POINTER, "threads is NULL");
    REFUSED(dlops_context_get_local(context, NULL), DLOPS_ERROR_NULL_POINTER, "local is NULL");
    REFUSED(dlops_context_set_check_level(context, 2), DLOPS_ERROR_ARGUMENT, "level is 2");
    REFUSED(dlops_context_set_profile(context, -1), DLOPS_ERROR_ARGUMENT, "enabled is -1");
    REFUSED(dlops_context_get_profile(context, "no such operator", NULL, NULL, NULL, NULL), DLOPS_ERROR_ARGUMENT,
            "no such operator");

    /* The local context is the same one at every call. */
    OK(dlops_context_get_local(context, &local));
    OK(dlops_context_get_local(context, &again));
    OK(dlops_context_get_size(local, &value));
    CHECK(value == 1);
    a = line(local, DLOPS_FLOAT32, 5);
    b = line(again, DLOPS_FLOAT32, 5);
    OK(dlops_space_is_congruent(a, b, &value));
    CHECK(value == 1);
    dlops_space_destroy(&a);
    dlops_space_destroy(&b);
    dlops_context_destroy(&local);
    dlops_context_destroy(&again);

    OK(dlops_context_retain(context, &copy));
    CHECK(copy != context);
    stale = copy;
    OK(dlops_context_destroy(&copy));
    CHECK(copy == NULL);
    REFUSED(dlops_context_get_rank(stale, &value), DLOPS_ERROR_HANDLE, "destroyed");
    REFUSED(dlops_context_destroy(&stale), DLOPS_ERROR_HANDLE, "destroyed");
    OK(dlops_context_destroy(&copy));
    OK(dlops_context_destroy(NULL));
    OK(dlops_context_get_rank(context, &value));
}

/* Structs of older and newer hosts. */
static void options(void)
{
    struct { dlops_context_options known; char unknown[24]; } newer = {DLOPS_CONTEXT_OPTIONS_INIT, {0}};
    dlops_context_options choices = DLOPS_CONTEXT_OPTIONS_INIT;
    dlops_context *context = NULL;
    int32_t threads = 0;
    choices.threads = 2;
    choices.check_level = 77;    /* lies beyond the struct that the next call passes */
    choices.struct_size = offsetof(dlops_context_options, check_level);
    OK(dlops_context_create_self(&choices, &context));
    OK(dlops_context_get_threads(context, &threads));
    CHECK(threads == 2);
    dlops_context_destroy(&context);
    newer.known.struct_size = sizeof newer;
    OK(dlops_context_create_self(&newer.known, &context));
    dlops_context_destroy(&context);
    newer.unknown[17] = 1;
    REFUSED(dlops_context_create_self(&newer.known, &context), DLOPS_ERROR_UNSUPPORTED, "dlops_context_options");
    choices.struct_size = 0;
    REFUSED(dlops_context_create_self(&choices, &context), DLOPS_ERROR_OPTION, "struct_size");
    choices.struct_size = sizeof choices;
    REFUSED(dlops_context_create_self(&choices, &context), DLOPS_ERROR_OPTION, "check_level is 77");
    choices.check_level = 0;
    choices.threads = -1;
    REFUSED(dlops_context_create_self(&choices, &context), DLOPS_ERROR_OPTION, "threads is -1");
    choices.threads = 0;
    choices.deterministic = 3;
    REFUSED(dlops_context_create_self(&choices, &context), DLOPS_ERROR_OPTION, "deterministic is 3");
    REFUSED(dlops_context_create_self(NULL, NULL), DLOPS_ERROR_NULL_POINTER, "context is NULL");
    REFUSED(dlops_context_create_fortran(0, 0, NULL, NULL), DLOPS_ERROR_NULL_POINTER, "context is NULL");
    CHECK(context == NULL);
}

struct record { int lines, ended; char last[256]; };

static void listen(int32_t level, const char *text, void *user)
{
    struct record *record = user;
    CHECK(level >= DLOPS_LOG_ERROR && level <= DLOPS_LOG_DEBUG);
    record->lines++;
    snprintf(record->last, sizeof record->last, "%s", text);
}

static void stop_listening(void *user) { ((struct record *)user)->ended++; }

static void log_of(dlops_context *context)
{
    struct record first = {0}, second = {0};
    dlops_space *space = line(context, DLOPS_FLOAT64, 12);
    OK(dlops_context_set_log(context, listen, &first, stop_listening));
    OK(dlops_space_view(space));
    CHECK(first.lines == 1 && strstr(first.last, "12") && first.ended == 0);
    OK(dlops_context_set_log(context, listen, &second, stop_listening));
    CHECK(first.ended == 1);
    OK(dlops_space_view(space));
    CHECK(first.lines == 1 && second.lines == 1);
    OK(dlops_context_view_profile(context));
    CHECK(second.lines == (rank == 0 ? 2 : 1));
    OK(dlops_context_set_log(context, NULL, NULL, NULL));
    CHECK(first.ended == 1 && second.ended == 1);
    OK(dlops_space_view(space));
    CHECK(second.lines == (rank == 0 ? 2 : 1));
    dlops_space_destroy(&space);
}

/* More contexts than an MPI has communicators, one after the other, and many side by side. */
static void many(void)
{
    dlops_context *several[40] = {0}, *context = NULL;
    int cycles = size == 1 ? 10000 : 200;
    int32_t found = -1;
    for (int i = 0; i < cycles; i++) {
        context = world(NULL);
        OK(dlops_context_destroy(&context));
    }
    for (int i = 0; i < 40; i++)
        several[i] = world(NULL);
    for (int i = 0; i < 40; i++) {
        dlops_context **one = &several[i * 7 % 40];
        dlops_space *space = line(*one, DLOPS_FLOAT64, 10);
        dlops_array *x = filled(space, 2);
        OK(dlops_context_get_rank(*one, &found));
        CHECK(found == rank && fabs(norm(x) - sqrt(40)) < 1e-14);
        dlops_space_destroy(&space);
        OK(dlops_context_destroy(one));
        dlops_array_destroy(&x);
    }
}

#ifdef DLOPS_TEST_MPI
static void communicators(void)
{
    MPI_Comm half = MPI_COMM_NULL, between = MPI_COMM_NULL;
    dlops_context *context = NULL, *whole = world(NULL);
    dlops_context_options choices = DLOPS_CONTEXT_OPTIONS_INIT;
    dlops_space *space, *other;
    dlops_array *x, *y;
    int32_t found = -1, members, other_mpi;
    MPI_Fint freed;

    /* Even and odd ranks, each a context of its own; the host frees its communicator at once. */
    MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &half);
    OK(dlops_context_create_mpi(half, NULL, &context));
    freed = MPI_Comm_c2f(half);
    MPI_Comm_free(&half);
    members = (size + (rank + 1) % 2) / 2;
    OK(dlops_context_get_size(context, &found));
    CHECK(found == members);
    OK(dlops_context_get_rank(context, &found));
    CHECK(found == rank / 2);
    space = line(context, DLOPS_FLOAT64, 9 + rank % 2);
    x = filled(space, 1);
    CHECK(fabs(norm(x) - sqrt(9 + rank % 2)) < 1e-14);
    other = line(whole, DLOPS_FLOAT64, 9);
    y = filled(other, 1);
    REFUSED(dlops_array_axpy(dlops_real(1), x, y), DLOPS_ERROR_CONTEXT, "context");
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_space_destroy(&space);
    dlops_space_destroy(&other);
    OK(dlops_context_destroy(&context));

    REFUSED(dlops_context_create_mpi(MPI_COMM_NULL, NULL, &context), DLOPS_ERROR_ARGUMENT, "MPI_COMM_NULL");
    if (DLOPS_MPI_FAMILY == DLOPS_MPI_OPEN_MPI) {    /* MPICH cannot tell without calling the host's error handler */
        REFUSED(dlops_context_create_fortran(freed, DLOPS_MPI_FAMILY, NULL, &context), DLOPS_ERROR_ARGUMENT, "handle");
        REFUSED(dlops_context_create_fortran(123456, DLOPS_MPI_FAMILY, NULL, &context), DLOPS_ERROR_ARGUMENT, "handle");
    }
    if (size > 1) {
        MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &half);
        MPI_Intercomm_create(half, 0, MPI_COMM_WORLD, 1 - rank % 2, 7, &between);
        REFUSED(dlops_context_create_mpi(between, NULL, &context), DLOPS_ERROR_ARGUMENT, "intercommunicator");
        MPI_Comm_free(&between);
        MPI_Comm_free(&half);
    }

    /* A host compiled with another MPI: nothing is called there, both are named. */
    other_mpi = DLOPS_MPI_FAMILY == DLOPS_MPI_OPEN_MPI ? DLOPS_MPI_MPICH : DLOPS_MPI_OPEN_MPI;
    REFUSED(dlops_context_create_fortran(0, other_mpi, NULL, &context), DLOPS_ERROR_MPI_MISMATCH, "Open MPI");
    CHECK(strstr(dlops_last_error(), "MPICH"));
    REFUSED(dlops_context_create_fortran(0, 99, NULL, &context), DLOPS_ERROR_MPI_MISMATCH, "99");
    REFUSED(dlops_context_create_fortran(0, DLOPS_MPI_STANDARD_ABI, NULL, &context), DLOPS_ERROR_MPI_MISMATCH, "family");

    /* Options that are wrong on the last rank only. */
    if (rank == size - 1)
        choices.threads = -5;
    AGREED(dlops_context_create_mpi(MPI_COMM_WORLD, &choices, &context), DLOPS_ERROR_OPTION, "threads is -5", size - 1);
    CHECK(context == NULL);
    OK(dlops_context_destroy(&whole));
}
#endif

int main(void)
{
    dlops_context *context = NULL, *late = NULL;
    dlops_space *space, *single;
    dlops_array *x, *y;
    dlops_operator *d = NULL;
    dlops_status status = DLOPS_OK;
    double value = 0;
    int64_t alive = -1;
#ifdef DLOPS_TEST_MPI
    status = dlops_context_create_mpi(MPI_COMM_WORLD, NULL, &context);
    CHECK(status == DLOPS_ERROR_STATE && strstr(dlops_last_error(), "MPI_Init"));
#else
    REFUSED(dlops_context_create_fortran(0, 1, NULL, &context), DLOPS_ERROR_UNSUPPORTED, "without MPI");
#endif
    begin();
    context = world(NULL);
    getters(context);
    options();
    log_of(context);
    many();
    OK(dlops_context_agree(context, &status));
    CHECK(status == DLOPS_OK);
    REFUSED(dlops_context_agree(context, NULL), DLOPS_ERROR_NULL_POINTER, "status is NULL");
#ifdef DLOPS_TEST_MPI
    communicators();
#endif

    /* What is left when MPI ends can be destroyed and asked, not used over ranks. */
    space = line(context, DLOPS_FLOAT64, 11);
    OK(dlops_first_derivative_create(space, 0, NULL, &d));
    x = filled(space, 1);
    y = filled(space, 1);
#ifdef DLOPS_TEST_MPI
    MPI_Finalize();
    if (size > 1) {    /* one rank sends nothing */
        REFUSED(dlops_array_norm(x, &value), DLOPS_ERROR_STATE, "MPI_Finalize");
        REFUSED(dlops_operator_apply(d, DLOPS_FORWARD, x, y), DLOPS_ERROR_STATE, "MPI_Finalize");
    }
    status = dlops_context_create_mpi(MPI_COMM_WORLD, NULL, &late);
    CHECK(status == DLOPS_ERROR_STATE && strstr(dlops_last_error(), "MPI_Finalize"));
#endif
    OK(dlops_context_create_self(NULL, &late));
    single = line(late, DLOPS_FLOAT64, 4);
    dlops_array_destroy(&y);
    y = filled(single, 3);
    OK(dlops_array_norm(y, &value));
    CHECK(value == 6);
    OK(dlops_context_destroy(&late));
    OK(dlops_context_destroy(&context));
    OK(dlops_space_destroy(&space));
    OK(dlops_operator_destroy(&d));
    OK(dlops_array_destroy(&y));
    OK(dlops_space_destroy(&single));
    OK(dlops_array_destroy(&x));
    OK(dlops_get_live_handles(&alive));
    CHECK(alive == 0);
    return 0;
}
