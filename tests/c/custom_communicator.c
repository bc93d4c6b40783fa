/* A context over the host's own table of functions, here written with MPI: the same numbers as over MPI itself. */
#include "check.h"

#ifdef DLOPS_TEST_MPI

/* One group of ranks, and what the table was asked for. */
struct group {
    MPI_Comm comm;
    int destroyed, fail_reductions;
};

static MPI_Datatype number_type(int32_t number)
{
    switch (number) {
    case DLOPS_FLOAT32: return MPI_FLOAT;
    case DLOPS_FLOAT64: return MPI_DOUBLE;
    case DLOPS_INT32: return MPI_INT32_T;
    default: CHECK(number == DLOPS_INT64); return MPI_INT64_T;
    }
}

static int32_t allreduce(void *user, void *buffer, int64_t count, int32_t number, int32_t combine)
{
    struct group *g = user;
    const MPI_Op ops[3] = {MPI_SUM, MPI_MIN, MPI_MAX};
    int code = MPI_Allreduce(MPI_IN_PLACE, buffer, (int)count, number_type(number), ops[combine], g->comm);
    return g->fail_reductions ? 77 : code;
}

static int32_t broadcast(void *user, void *buffer, int64_t bytes, int32_t root)
{
    return MPI_Bcast(buffer, (int)bytes, MPI_BYTE, root, ((struct group *)user)->comm);
}

static int32_t allgatherv(void *user, const void *send, int64_t bytes, void *receive, const int64_t *counts,
                          const int64_t *displacements)
{
    struct group *g = user;
    int members, c[64], d[64];
    MPI_Comm_size(g->comm, &members);
    for (int r = 0; r < members; r++)
        c[r] = (int)counts[r], d[r] = (int)displacements[r];
    return MPI_Allgatherv(send, (int)bytes, MPI_BYTE, receive, c, d, MPI_BYTE, g->comm);
}

/* A request travels as an address. */
static int32_t keep(MPI_Request request, uint64_t *place)
{
    MPI_Request *kept = malloc(sizeof *kept);
    *kept = request;
    *place = (uint64_t)(uintptr_t)kept;
    return 0;
}

static int32_t send(void *user, const void *buffer, int64_t bytes, int32_t peer, int32_t tag, uint64_t *request)
{
    MPI_Request mine;
    MPI_Isend(buffer, (int)bytes, MPI_BYTE, peer, tag, ((struct group *)user)->comm, &mine);
    return keep(mine, request);
}

static int32_t receive(void *user, void *buffer, int64_t bytes, int32_t peer, int32_t tag, uint64_t *request)
{
    MPI_Request mine;
    MPI_Irecv(buffer, (int)bytes, MPI_BYTE, peer, tag, ((struct group *)user)->comm, &mine);
    return keep(mine, request);
}

static int32_t wait(void *user, int64_t count, uint64_t *requests)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) {
        MPI_Request *kept = (MPI_Request *)(uintptr_t)requests[i];
        MPI_Wait(kept, MPI_STATUS_IGNORE);
        free(kept);
    }
    return 0;
}

static void destroy(void *user) { ((struct group *)user)->destroyed++; }

static dlops_communicator_functions table(struct group *g)
{
    dlops_communicator_functions t = DLOPS_COMMUNICATOR_FUNCTIONS_INIT;
    t.user = g;
    t.rank = rank;
    t.size = size;
    t.max_count = 1073741824;
    t.allreduce = allreduce;
    t.broadcast = broadcast;
    t.allgatherv = allgatherv;
    t.send = send;
    t.receive = receive;
    t.wait = wait;
    t.destroy = destroy;
    return t;
}

#else

/* One rank: there is nobody to talk to. */
struct group { int destroyed, fail_reductions; };

static int32_t allreduce(void *user, void *buffer, int64_t count, int32_t number, int32_t combine)
{
    (void)buffer, (void)count, (void)number, (void)combine;
    return ((struct group *)user)->fail_reductions ? 77 : 0;
}

static int32_t broadcast(void *user, void *buffer, int64_t bytes, int32_t root)
{
    (void)user, (void)buffer, (void)bytes, (void)root;
    return 0;
}

static int32_t allgatherv(void *user, const void *send, int64_t bytes, void *receive, const int64_t *counts,
                          const int64_t *displacements)
{
    (void)user, (void)counts;
    memcpy((char *)receive + displacements[0], send, (size_t)bytes);
    return 0;
}

static int32_t send(void *user, const void *buffer, int64_t bytes, int32_t peer, int32_t tag, uint64_t *request)
{
    (void)user, (void)buffer, (void)bytes, (void)peer, (void)tag, (void)request;
    return 1;
}

static int32_t receive(void *user, void *buffer, int64_t bytes, int32_t peer, int32_t tag, uint64_t *request)
{
    (void)user, (void)buffer, (void)bytes, (void)peer, (void)tag, (void)request;
    return 1;
}

static int32_t wait(void *user, int64_t count, uint64_t *requests)
{
    (void)user, (void)requests;
    return count != 0;
}

static void destroy(void *user) { ((struct group *)user)->destroyed++; }

static dlops_communicator_functions table(struct group *g)
{
    dlops_communicator_functions t = {.struct_size = sizeof t, .user = g, .size = 1, .allreduce = allreduce,
        .broadcast = broadcast, .allgatherv = allgatherv, .send = send, .receive = receive, .wait = wait,
        .destroy = destroy};
    return t;
}

#endif

static struct group group_of_all(void)
{
    struct group g = {0};
#ifdef DLOPS_TEST_MPI
    g.comm = MPI_COMM_WORLD;
#endif
    return g;
}

/* Derivative of a random array, then CG; what is left of both in `results`. */
static void work(dlops_context *context, double results[24])
{
    dlops_space *space = plane(context, 17, 3, 0), *turned = plane(context, 17, 3, 1), *masked = NULL;
    dlops_space_options choices = DLOPS_SPACE_OPTIONS_INIT;
    dlops_operator *d = NULL, *a = definite(space);
    dlops_array *x = drawn(space, 9), *y = filled(space, 0), *z = filled(turned, 0), *apart;
    dlops_solver *solver = NULL;
    int32_t mask[64];
    int64_t count = 0;
    OK(dlops_first_derivative_create(space, 0, NULL, &d));
    OK(dlops_operator_apply(d, DLOPS_ADJOINT, x, y));
    results[0] = norm(y);
    OK(dlops_array_redistribute(x, z));
    results[1] = norm(z);
    OK(dlops_array_fill(y, dlops_real(0)));
    OK(dlops_solver_create(DLOPS_SOLVER_CG, a, &solver));
    OK(dlops_solver_set_tolerances(solver, 0, 0, 0));
    OK(dlops_solver_set_max_iterations(solver, 19));
    OK(dlops_solver_solve(solver, x, y));
    OK(dlops_solver_get_history(solver, DLOPS_HISTORY_RESIDUAL, results + 2, 20, &count));
    CHECK(count == 20);
    for (int r = 0; r < size; r++)    /* groups, which this table leaves to the library */
        mask[r] = r % 2;
    choices.mask = mask;
    OK(dlops_space_create(context, DLOPS_FLOAT64, 1, (int64_t[]){11}, &choices, &masked));
    apart = filled(masked, 1);
    results[22] = norm(apart);
    OK(dlops_array_dot(x, y, &(dlops_scalar){0, 0}));
    results[23] = norm(y);
    dlops_solver_destroy(&solver);
    dlops_operator_destroy(&d);
    dlops_operator_destroy(&a);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_array_destroy(&z);
    dlops_array_destroy(&apart);
    dlops_space_destroy(&space);
    dlops_space_destroy(&turned);
    dlops_space_destroy(&masked);
}

static void refused(void)
{
    struct group g = group_of_all();
    struct { dlops_communicator_functions known; char unknown[16]; } newer = {table(&g), {0}};
    dlops_communicator_functions t = table(&g);
    dlops_context_options choices = DLOPS_CONTEXT_OPTIONS_INIT;
    dlops_context *context = NULL;
    REFUSED(dlops_context_create_custom(NULL, NULL, &context), DLOPS_ERROR_NULL_POINTER, "NULL");
    REFUSED(dlops_context_create_custom(&t, NULL, NULL), DLOPS_ERROR_NULL_POINTER, "context is NULL");
    t.allreduce = NULL;
    REFUSED(dlops_context_create_custom(&t, NULL, &context), DLOPS_ERROR_NULL_POINTER, "allreduce");
    t = table(&g);
    t.wait = NULL;
    REFUSED(dlops_context_create_custom(&t, NULL, &context), DLOPS_ERROR_NULL_POINTER, "wait");
    t = table(&g);
    t.rank = size;
    REFUSED(dlops_context_create_custom(&t, NULL, &context), DLOPS_ERROR_ARGUMENT, "rank");
    t = table(&g);
    t.size = 0;
    REFUSED(dlops_context_create_custom(&t, NULL, &context), DLOPS_ERROR_ARGUMENT, "size 0");
    t = table(&g);
    t.max_count = -1;
    REFUSED(dlops_context_create_custom(&t, NULL, &context), DLOPS_ERROR_ARGUMENT, "max_count");
    t = table(&g);
    t.struct_size = 3;
    REFUSED(dlops_context_create_custom(&t, NULL, &context), DLOPS_ERROR_ARGUMENT, "struct_size");
    newer.known.struct_size = sizeof newer;
    OK(dlops_context_create_custom(&newer.known, NULL, &context));
    dlops_context_destroy(&context);
    CHECK(g.destroyed == 1);
    newer.unknown[3] = 1;
    REFUSED(dlops_context_create_custom(&newer.known, NULL, &context), DLOPS_ERROR_UNSUPPORTED, "");
    choices.threads = rank == size - 1 ? -2 : 0;
    t = table(&g);
    AGREED(dlops_context_create_custom(&t, &choices, &context), DLOPS_ERROR_OPTION, "threads is -2", size - 1);
    CHECK(context == NULL && g.destroyed == 1);    /* a table that was refused stays the host's */
}

/* A transport that fails is an error with its number; what was built on it can be destroyed. */
static void failing(void)
{
    struct group g = group_of_all();
    dlops_communicator_functions t = table(&g);
    dlops_context *context = NULL;
    dlops_space *space;
    dlops_array *x;
    double value;
    OK(dlops_context_create_custom(&t, NULL, &context));
    space = line(context, DLOPS_FLOAT64, 10);
    x = filled(space, 1);
    g.fail_reductions = 1;
    if (size > 1) {
        REFUSED(dlops_array_norm(x, &value), DLOPS_ERROR_COMMUNICATION, "'allreduce' returned 77");
    }
    dlops_context_destroy(&context);
    dlops_space_destroy(&space);
    CHECK(g.destroyed == 0);    /* the array still lives there */
    dlops_array_destroy(&x);
    CHECK(g.destroyed == 1);
}

int main(void)
{
    struct group g;
    dlops_communicator_functions t;
    dlops_context *context, *custom = NULL;
    double expected[24], found[24];
    begin();
    g = group_of_all();
    t = table(&g);
    context = world(NULL);
    OK(dlops_context_create_custom(&t, NULL, &custom));
    memset(&t, 0xFF, sizeof t);    /* the table was copied */
    work(context, expected);
    work(custom, found);
    for (int i = 0; i < 24; i++)
        CHECK(fabs(found[i] - expected[i]) <= 1e-12 * fabs(expected[i]) + 1e-14);
    CHECK(expected[2] > 1e3 * expected[21]);
    dlops_context_destroy(&context);
    dlops_context_destroy(&custom);
    CHECK(g.destroyed == 1);
    refused();
    failing();
    return end();
}
