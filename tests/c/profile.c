/* The profile: messages and bytes as the profiling interface of MPI counts them; calls by name; the table. */
#include "check.h"

static int64_t messages, bytes;

#ifdef DLOPS_TEST_MPI
/* What moves data out of a rank: one collective call is one message of what this rank contributes. */
static void count(int64_t n, MPI_Datatype type)
{
    int width;
    PMPI_Type_size(type, &width);
    messages += 1;
    bytes += n * width;
}

int MPI_Allreduce(const void *s, void *r, int n, MPI_Datatype t, MPI_Op op, MPI_Comm c)
{
    count(n, t);
    return PMPI_Allreduce(s, r, n, t, op, c);
}

int MPI_Bcast(void *b, int n, MPI_Datatype t, int root, MPI_Comm c)
{
    int own;
    PMPI_Comm_rank(c, &own);
    count(own == root ? n : 0, t);
    return PMPI_Bcast(b, n, t, root, c);
}

int MPI_Allgather(const void *s, int n, MPI_Datatype t, void *r, int rn, MPI_Datatype rt, MPI_Comm c)
{
    count(n, t);
    return PMPI_Allgather(s, n, t, r, rn, rt, c);
}

int MPI_Allgatherv(const void *s, int n, MPI_Datatype t, void *r, const int *rn, const int *d, MPI_Datatype rt, MPI_Comm c)
{
    count(n, t);
    return PMPI_Allgatherv(s, n, t, r, rn, d, rt, c);
}

int MPI_Alltoallv(const void *s, const int *sn, const int *sd, MPI_Datatype t, void *r, const int *rn, const int *rd,
                  MPI_Datatype rt, MPI_Comm c)
{
    int ranks;
    int64_t total = 0;
    PMPI_Comm_size(c, &ranks);
    for (int i = 0; i < ranks; i++)
        total += sn[i];
    count(total, t);
    return PMPI_Alltoallv(s, sn, sd, t, r, rn, rd, rt, c);
}

int MPI_Barrier(MPI_Comm c)
{
    count(0, MPI_BYTE);
    return PMPI_Barrier(c);
}

int MPI_Isend(const void *s, int n, MPI_Datatype t, int to, int tag, MPI_Comm c, MPI_Request *q)
{
    count(n, t);
    return PMPI_Isend(s, n, t, to, tag, c, q);
}
#endif

/* What one piece of work counts in the context, and outside of it. */
static void same(const dlops_context *context, const char *what)
{
    static int64_t known[2], seen[2];
    int64_t own[2] = {-1, -1};
    OK(dlops_context_get_profile(context, NULL, NULL, NULL, &own[0], &own[1]));
    if (what && (own[0] - known[0] != messages - seen[0] || own[1] - known[1] != bytes - seen[1])) {
        fprintf(stderr, "rank %d: %s: %lld messages of %lld bytes, MPI counts %lld of %lld\n", rank, what,
                (long long)(own[0] - known[0]), (long long)(own[1] - known[1]), (long long)(messages - seen[0]),
                (long long)(bytes - seen[1]));
        abort();
    }
    known[0] = own[0], known[1] = own[1];
    seen[0] = messages, seen[1] = bytes;
}

static int lines;

static void listen(int32_t level, const char *text, void *user)
{
    (void)user;
    lines += level == DLOPS_LOG_INFO && strstr(text, "FirstDerivative") && strstr(text, "CG");
}

int main(void)
{
    dlops_context *context;
    dlops_context_options choices = DLOPS_CONTEXT_OPTIONS_INIT;
    dlops_space *rows, *columns, *whole = NULL;
    dlops_space_options everywhere = DLOPS_SPACE_OPTIONS_INIT;
    dlops_operator *d = NULL, *a;
    dlops_array *x, *y, *turned, *copy = NULL;
    dlops_solver *solver = NULL;
    dlops_scalar dot;
    int64_t calls = -1, sent = -1, sent_bytes = -1, before;
    double seconds = -1;
    begin();
    choices.profile = 1;
    context = world(&choices);
    rows = plane(context, 4 * size + 1, 6, 0);
    same(context, NULL);
    columns = plane(context, 4 * size + 1, 6, 1);
    everywhere.partition = DLOPS_PARTITION_REPLICATED;
    OK(dlops_space_create(context, DLOPS_FLOAT64, 1, (int64_t[]){9}, &everywhere, &whole));
    same(context, "spaces");
    OK(dlops_first_derivative_create(rows, 0, NULL, &d));
    a = definite(rows);
    same(context, "constructors");
    x = drawn(rows, 1);
    y = filled(rows, 0);
    turned = filled(columns, 0);
    OK(dlops_array_create(whole, &copy));
    before = messages;
    OK(dlops_array_fill(copy, dlops_real(rank)));
    OK(dlops_array_axpy(dlops_real(2), x, y));
    OK(dlops_array_dot(copy, copy, &dot));
    CHECK(messages == before);    /* local verbs, and the norm of replicated elements, send nothing */
    same(context, "local verbs");
    OK(dlops_array_dot(x, y, &dot));
    CHECK(messages == before + (size > 1));
    same(context, "dot");
    OK(dlops_operator_apply(d, DLOPS_FORWARD, x, y));
    OK(dlops_operator_apply(d, DLOPS_ADJOINT, x, y));
    if (size > 1)
        CHECK(messages - before == 1 + 2 * (1 + (rank > 0 && rank < size - 1)));    /* one halo to each neighbour */
    same(context, "derivative");
    OK(dlops_array_redistribute(x, turned));
    same(context, "redistribute");
    OK(dlops_array_synchronize(copy, 0));
    same(context, "synchronize");
    OK(dlops_solver_create(DLOPS_SOLVER_CG, a, &solver));
    OK(dlops_solver_set_tolerances(solver, 0, 0, 0));
    OK(dlops_solver_set_max_iterations(solver, 5));
    OK(dlops_solver_solve(solver, x, y));
    same(context, "CG");
    OK(dlops_array_write_npy(x, "profile.npy"));
    OK(dlops_array_read_npy(turned, "profile.npy"));
    same(context, ".npy");

    OK(dlops_context_get_profile(context, "FirstDerivative", &calls, &seconds, &sent, &sent_bytes));
    CHECK(calls >= 2 && seconds >= 0 && (size > 1) == (sent > 0) && (size > 1) == (sent_bytes > 0));
    OK(dlops_context_get_profile(context, "CG", &calls, &seconds, &sent, NULL));
    CHECK(calls == 1 && (size > 1) == (sent > 0));
    OK(dlops_context_set_log(context, listen, NULL, NULL));
    OK(dlops_context_view_profile(context));
    CHECK(lines == (rank == 0));
    OK(dlops_context_reset_profile(context));
    OK(dlops_context_get_profile(context, "CG", &calls, NULL, NULL, NULL));
    CHECK(calls == 0);
    OK(dlops_context_set_profile(context, 0));
    OK(dlops_operator_apply(d, DLOPS_FORWARD, x, y));
    OK(dlops_context_get_profile(context, "FirstDerivative", &calls, NULL, NULL, NULL));
    CHECK(calls == 0);

    dlops_solver_destroy(&solver);
    dlops_operator_destroy(&d);
    dlops_operator_destroy(&a);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_array_destroy(&turned);
    dlops_array_destroy(&copy);
    dlops_space_destroy(&rows);
    dlops_space_destroy(&columns);
    dlops_space_destroy(&whole);
    dlops_context_destroy(&context);
    return end();
}
