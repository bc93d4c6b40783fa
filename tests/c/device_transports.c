/* How device arrays go from rank to rank: staged, messages of device memory, NCCL. The same numbers by all of them; what is
   refused, on all ranks; the host's NCCL communicator, and the library's own for the host. Messages of device memory are
   tried where the host can read it: on the stand-in GPU with STANDIN_GUARD=0. NCCL is tried with a device for each rank. */
#include "check.h"
#include <dlfcn.h>

typedef struct {
    char internal[128];
} nccl_id;

/* What this program needs of NCCL and of the driver. */
static struct {
    int (*id)(nccl_id *);
    int (*init)(ncclComm **, int, nccl_id, int);
    int (*destroy)(ncclComm *);
    int (*count)(ncclComm *, int *);
    int (*all_reduce)(const void *, void *, size_t, int, int, ncclComm *, CUstream_st *);
} nccl;
static int (*retain)(void **, int), (*set_current)(void *);
static int32_t devices;
static void *library;

static dlops_context_options cuda(int32_t transport)
{
    dlops_context_options choices = DLOPS_CONTEXT_OPTIONS_INIT;
    choices.memory = DLOPS_CUDA;
    choices.own_stream = 1;
    choices.transport = transport;
    return choices;
}

static void refused(const dlops_context_options *choices, dlops_status status, const char *words, int culprit)
{
    dlops_context *context = NULL;
#ifdef DLOPS_TEST_MPI
    AGREED(dlops_context_create_mpi(MPI_COMM_WORLD, choices, &context), status, words, culprit);
#else
    (void)culprit;
    REFUSED(dlops_context_create_self(choices, &context), status, words);
#endif
    CHECK(context == NULL);
}

static int32_t transport_of(const dlops_context *context)
{
    int32_t transport = -1;
    OK(dlops_context_get_transport(context, &transport));
    return transport;
}

enum { MOST = 4096 };

/* Elements of x on this rank, appended. */
static int append(double *list, int at, const dlops_array *x)
{
    dlops_space *space = NULL, *host = NULL;
    dlops_array *here = NULL;
    int64_t count = 0;
    void *elements = NULL;
    OK(dlops_array_get_space(x, &space));
    OK(dlops_space_with_memory(space, DLOPS_HOST, &host));
    OK(dlops_array_create(host, &here));
    OK(dlops_array_copy(x, here));
    OK(dlops_space_get_local_count(host, &count));
    CHECK(at + count <= MOST);
    OK(dlops_array_acquire(here, DLOPS_ACCESS_READ, &elements));
    memcpy(list + at, elements, (size_t)count * sizeof *list);
    OK(dlops_array_release(here));
    dlops_array_destroy(&here);
    dlops_space_destroy(&host);
    dlops_space_destroy(&space);
    return at + (int)count;
}

/* Halos, changes of layout, sums and a solver: the numbers of this rank. Sums are the same to rounding, what is only moved
   to the bit: the first `moved` numbers. */
static int numbers(dlops_context *context, double *list, int *moved)
{
    int at = 0;
    for (int64_t rows = 5; rows <= 11; rows += 6) {
        dlops_space *space = plane(context, rows, 6, 0), *turned = plane(context, rows, 6, 1);
        dlops_array *x = drawn(space, 3), *y = filled(space, 0), *z = filled(turned, 0);
        dlops_first_derivative_options choices = DLOPS_FIRST_DERIVATIVE_OPTIONS_INIT;
        dlops_operator *a = NULL;
        choices.order = 5;
        OK(dlops_first_derivative_create(space, 0, &choices, &a));
        OK(dlops_operator_apply(a, DLOPS_FORWARD, x, y));
        at = append(list, at, y);
        OK(dlops_operator_apply(a, DLOPS_ADJOINT, y, x));
        at = append(list, at, x);
        OK(dlops_array_redistribute(x, z));
        at = append(list, at, z);
        dlops_operator_destroy(&a);
        dlops_array_destroy(&x);
        dlops_array_destroy(&y);
        dlops_array_destroy(&z);
        dlops_space_destroy(&space);
        dlops_space_destroy(&turned);
    }
    *moved = at;
    for (int masked = 0; masked < 2; masked++) {
        int32_t colours[16];
        int64_t n = 7 * size;
        dlops_space_options choices = DLOPS_SPACE_OPTIONS_INIT;
        dlops_space *space = NULL;
        for (int r = 0; r < size; r++)
            colours[r] = 3 * (r % 2);
        choices.mask = masked ? colours : NULL;
        OK(dlops_space_create(context, DLOPS_FLOAT64, 1, &n, &choices, &space));
        dlops_array *x = drawn(space, 5);
        list[at++] = norm(x);
        dlops_array_destroy(&x);
        dlops_space_destroy(&space);
    }
    dlops_space *space = line(context, DLOPS_FLOAT64, 40);
    dlops_operator *a = definite(space);
    dlops_array *b = drawn(space, 6), *x = filled(space, 0);
    dlops_solver *solver = NULL;
    OK(dlops_solver_create(DLOPS_SOLVER_CG, a, &solver));
    OK(dlops_solver_set_max_iterations(solver, 8));
    OK(dlops_solver_solve(solver, b, x));
    at = append(list, at, x);
    dlops_solver_destroy(&solver);
    dlops_operator_destroy(&a);
    dlops_array_destroy(&b);
    dlops_array_destroy(&x);
    dlops_space_destroy(&space);
    CHECK(at <= MOST);
    return at;
}

/* The numbers of a context, and its messages and bytes, are those of staged messages. */
static void same_numbers(const dlops_context_options *choices, int32_t transport)
{
    dlops_context_options plain = cuda(DLOPS_TRANSPORT_STAGED);
    dlops_context *there = world(&plain), *here = world(choices);
    static double wanted[MOST], found[MOST];
    int64_t messages[2], bytes[2];
    int moved = 0, count = numbers(there, wanted, &moved);
    CHECK(transport_of(there) == DLOPS_TRANSPORT_STAGED && transport_of(here) == transport);
    CHECK(numbers(here, found, &moved) == count && moved > 0 && memcmp(found, wanted, (size_t)moved * sizeof *found) == 0);
    for (int k = moved; k < count; k++)
        CHECK(fabs(found[k] - wanted[k]) <= 1e-12 * (1 + fabs(wanted[k])));
    OK(dlops_context_get_profile(there, NULL, NULL, NULL, &messages[0], &bytes[0]));
    OK(dlops_context_get_profile(here, NULL, NULL, NULL, &messages[1], &bytes[1]));
    /* But for what is said when contexts and groups are made. */
    CHECK(size == 1 || (messages[1] > messages[0] - 5 && messages[1] < messages[0] + 40 && bytes[1] > bytes[0] - 100));
    dlops_context_destroy(&there);
    dlops_context_destroy(&here);
}

/* Answers that need no transport, and options that are wrong. */
static void options(void)
{
    dlops_context_options choices = cuda(9);
    dlops_context *context = world(NULL);
    ncclComm *communicator = NULL;
    int32_t transport = -7;
    REFUSED(dlops_context_get_transport(context, &transport), DLOPS_ERROR_STATE, "without a device");
    REFUSED(dlops_context_get_nccl(context, &communicator), DLOPS_ERROR_STATE, "without a device");
    REFUSED(dlops_context_get_transport(NULL, &transport), DLOPS_ERROR_NULL_POINTER, "context is NULL");
    REFUSED(dlops_context_get_nccl(NULL, &communicator), DLOPS_ERROR_NULL_POINTER, "context is NULL");
    CHECK(transport == -7 && communicator == NULL);
    dlops_context_destroy(&context);
    refused(&choices, DLOPS_ERROR_OPTION, "transport is 9", 0);
    choices.nccl_time_limit = -1;
    refused(&choices, DLOPS_ERROR_OPTION, "nccl_time_limit is -1", 0);
    choices = (dlops_context_options)DLOPS_CONTEXT_OPTIONS_INIT;
    choices.transport = DLOPS_TRANSPORT_NCCL;
    refused(&choices, DLOPS_ERROR_OPTION, "need memory = DLOPS_CUDA", 0);
    choices.transport = 0;
    choices.nccl = (ncclComm *)&choices;
    refused(&choices, DLOPS_ERROR_OPTION, "need memory = DLOPS_CUDA", 0);
}

static void environment(void)
{
    dlops_context_options choices = cuda(DLOPS_TRANSPORT_NCCL);
    dlops_context *context;
    setenv("DLOPS_NCCL_TIME_LIMIT", "soon", 1);
    refused(&choices, DLOPS_ERROR_OPTION, "DLOPS_NCCL_TIME_LIMIT is 'soon', expected seconds above 0", 0);
    unsetenv("DLOPS_NCCL_TIME_LIMIT");
    setenv("DLOPS_NCCL", "0", 1);
    refused(&choices, DLOPS_ERROR_UNSUPPORTED, "DLOPS_NCCL=0", 0);
    choices.transport = 0;
    choices.nccl = (ncclComm *)&choices;    /* not looked at */
    context = world(&choices);
    CHECK(transport_of(context) == DLOPS_TRANSPORT_STAGED);
    REFUSED(dlops_context_get_nccl(context, &choices.nccl), DLOPS_ERROR_STATE, "is not NCCL");
    REFUSED(dlops_context_get_transport(context, NULL), DLOPS_ERROR_NULL_POINTER, "transport is NULL");
    dlops_context_destroy(&context);
    unsetenv("DLOPS_NCCL");
    choices.transport = DLOPS_TRANSPORT_CUDA_AWARE;
    refused(&choices, DLOPS_ERROR_OPTION, "nccl is given", 0);
#ifdef DLOPS_TEST_MPI
    choices = cuda(0);
    setenv("DLOPS_CUDA_AWARE_MPI", "maybe", 1);
    refused(&choices, DLOPS_ERROR_OPTION, "DLOPS_CUDA_AWARE_MPI is 'maybe'", 0);
    setenv("DLOPS_CUDA_AWARE_MPI", "1", 1);
    context = world(&choices);
    CHECK(transport_of(context) == DLOPS_TRANSPORT_CUDA_AWARE);
    dlops_context_destroy(&context);
    if (size > 1) {    /* of one rank's environment */
        if (rank == 0)
            setenv("DLOPS_CUDA_AWARE_MPI", "0", 1);
        refused(&choices, DLOPS_ERROR_COLLECTIVE, "rank 0 staged messages, rank 1 CUDA-aware MPI", 1);
    }
    setenv("DLOPS_CUDA_AWARE_MPI", "0", 1);
#endif
}

/* A communicator as a host makes it, which has this rank as another one, or on another device. */
static ncclComm *of_the_host(int there, int device)
{
    ncclComm *made = NULL;
    void *primary = NULL;
    nccl_id id;
    CHECK(retain(&primary, device) == 0 && set_current(primary) == 0);
    if (there == 0)
        CHECK(nccl.id(&id) == 0);
#ifdef DLOPS_TEST_MPI
    int root = there == 0 ? rank : 0;
    MPI_Allreduce(MPI_IN_PLACE, &root, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    MPI_Bcast(&id, sizeof id, MPI_CHAR, root, MPI_COMM_WORLD);
#endif
    CHECK(nccl.init(&made, size, id, there) == 0);
    set_current(NULL);
    return made;
}

static void given(void)
{
    dlops_context_options choices = cuda(0);
    dlops_context *context = NULL;
    ncclComm *same = NULL;
    int count = 0;
    choices.nccl = of_the_host(rank, rank);
    same_numbers(&choices, DLOPS_TRANSPORT_NCCL);
    context = world(&choices);
    OK(dlops_context_get_nccl(context, &same));
    REFUSED(dlops_context_get_nccl(context, NULL), DLOPS_ERROR_NULL_POINTER, "nccl is NULL");
    CHECK(same == choices.nccl);
    dlops_context_destroy(&context);
    choices.transport = DLOPS_TRANSPORT_STAGED;
    refused(&choices, DLOPS_ERROR_OPTION, "nccl is given", 0);
    if (size > 1) {
        choices.transport = DLOPS_TRANSPORT_NCCL;
        if (rank == size - 1)
            choices.nccl = NULL;
        refused(&choices, DLOPS_ERROR_COLLECTIVE, "an NCCL communicator of the library's own", size - 1);
        context = NULL;
        if (rank < size - 1) {    /* of more ranks than the context */
            REFUSED(dlops_context_create_self(&choices, &context), DLOPS_ERROR_ARGUMENT, "ranks, the context 1");
            CHECK(context == NULL);
        }
        choices.nccl = of_the_host(size - 1 - rank, rank);
        refused(&choices, DLOPS_ERROR_ARGUMENT, "in another order", 0);
        CHECK(nccl.destroy(choices.nccl) == 0);
        choices.nccl = of_the_host(rank, (rank + 1) % size);
        refused(&choices, DLOPS_ERROR_ARGUMENT, "on device 1 of rank 0, the context on device 0", 0);
        CHECK(nccl.destroy(choices.nccl) == 0);
    }
    /* The host's own as before. */
    CHECK(nccl.count(same, &count) == 0 && count == size && nccl.destroy(same) == 0);
}

/* The library's own, used by the host: the sum of ones. */
static void made(void)
{
    dlops_context_options choices = cuda(DLOPS_TRANSPORT_NCCL);
    dlops_context *context = NULL;
    ncclComm *communicator = NULL;
    CUstream_st *stream = NULL;
    void *place = NULL, *primary = NULL;
    same_numbers(&choices, DLOPS_TRANSPORT_NCCL);
    setenv("DLOPS_TEST_NCCL_SPLIT", "0", 1);    /* groups as of an NCCL without ncclCommSplit */
    same_numbers(&choices, DLOPS_TRANSPORT_NCCL);
    unsetenv("DLOPS_TEST_NCCL_SPLIT");

    context = world(&choices);
    dlops_space *space = line(context, DLOPS_FLOAT64, size);
    dlops_array *x = filled(space, 1);
    OK(dlops_context_get_nccl(context, &communicator));
    OK(dlops_context_get_stream(context, &stream));
    OK(dlops_array_acquire(x, DLOPS_ACCESS_READ_WRITE, &place));
    CHECK(retain(&primary, rank) == 0 && set_current(primary) == 0);
    CHECK(nccl.all_reduce(place, place, 1, 8, 0, communicator, stream) == 0);    /* ncclFloat64, ncclSum */
    OK(dlops_array_release(x));
    set_current(NULL);
    dlops_context_destroy(&context);
    dlops_space_destroy(&space);
    CHECK(fabs(norm(x) - size * sqrt((double)size)) < 1e-12 * size);
    dlops_array_destroy(&x);

#ifdef DLOPS_TEST_MPI
    if (size > 1) {
        choices.device = DLOPS_DEVICE(0);
        REFUSED(dlops_context_create_mpi(MPI_COMM_WORLD, &choices, &context), DLOPS_ERROR_UNSUPPORTED, "have the same one");
        CHECK(context == NULL);
    }
#endif
}

/* A sum over an address that is not the device's, on the last rank: its device has failed, the others hear of it, nobody waits
   for ever, and everything is destroyed. Nothing works after it. */
static void failure(void)
{
    dlops_context_options choices = cuda(DLOPS_TRANSPORT_NCCL);
    dlops_context *context = world(&choices);
    dlops_space *space = line(context, DLOPS_FLOAT64, size);
    dlops_array *x = filled(space, 1);
    ncclComm *communicator = NULL;
    CUstream_st *stream = NULL;
    void *place = NULL, *primary = NULL;
    OK(dlops_context_get_nccl(context, &communicator));
    OK(dlops_context_get_stream(context, &stream));
    OK(dlops_context_synchronize(context));
    OK(dlops_array_acquire(x, DLOPS_ACCESS_READ_WRITE, &place));
    CHECK(retain(&primary, rank) == 0 && set_current(primary) == 0);
    if (rank == size - 1)
        place = &choices;
    CHECK(nccl.all_reduce(place, place, 1, 8, 0, communicator, stream) == 0);
    set_current(NULL);
    OK(dlops_array_release(x));
    for (int turn = 0; turn < 2; turn++) {
        if (rank == size - 1)
            REFUSED(dlops_context_synchronize(context), DLOPS_ERROR_CUDA, "work on a stream of device");
        else
            REFUSED(dlops_context_synchronize(context), DLOPS_ERROR_NCCL, "earlier work of the NCCL communicator");
    }
    OK(dlops_context_destroy(&context));
    OK(dlops_array_destroy(&x));
    OK(dlops_space_destroy(&space));
}

static void *symbol(void *from, const char *name)
{
    void *found = dlsym(from, name);
    CHECK(found != NULL);
    return found;
}

static int with_nccl(void)
{
    library = dlopen("libnccl.so.2", RTLD_NOW);
    void *driver = dlopen("libcuda.so.1", RTLD_NOW);
    if (!library || !driver) {
        dlops_context_options choices = cuda(DLOPS_TRANSPORT_NCCL);
        refused(&choices, DLOPS_ERROR_UNSUPPORTED, "libnccl.so.2", 0);
        return 0;
    }
    *(void **)&nccl.id = symbol(library, "ncclGetUniqueId");
    *(void **)&nccl.init = symbol(library, "ncclCommInitRank");
    *(void **)&nccl.destroy = symbol(library, "ncclCommDestroy");
    *(void **)&nccl.count = symbol(library, "ncclCommCount");
    *(void **)&nccl.all_reduce = symbol(library, "ncclAllReduce");
    *(void **)&retain = symbol(driver, "cuDevicePrimaryCtxRetain");
    *(void **)&set_current = symbol(driver, "cuCtxSetCurrent");
    return devices >= size;
}

int main(void)
{
    const char *guard = getenv("STANDIN_GUARD"), *wanted = getenv("DLOPS_TEST_MEMORY");
    setenv("DLOPS_CUDA_AWARE_MPI", "0", 1);    /* automatic is staged, whatever this MPI says */
    begin();
    options();
    if (dlops_device_get_count(&devices) != DLOPS_OK || devices == 0) {
        CHECK(!wanted || strcmp(wanted, "cuda") != 0);
        if (rank == 0)
            printf("SKIPPED: no device: %s\n", dlops_last_error());
        return end();
    }
    environment();
    dlops_context_options choices = cuda(0);
    same_numbers(&choices, DLOPS_TRANSPORT_STAGED);
    choices.transport = DLOPS_TRANSPORT_CUDA_AWARE;
    if (guard && strcmp(guard, "0") == 0)
        same_numbers(&choices, DLOPS_TRANSPORT_CUDA_AWARE);
    else if (rank == 0)
        printf("SKIPPED: messages of device memory: the host cannot read it\n");
    if (with_nccl()) {
        made();
        given();
        failure();
    } else if (rank == 0) {
        printf("SKIPPED: NCCL: %d ranks, %d devices, %s\n", (int)size, (int)devices, library ? "loaded" : "no library");
    }
    return end();
}
