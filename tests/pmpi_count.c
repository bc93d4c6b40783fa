/* Counts, by the profiling interface of MPI, the calls that move data out of a rank: what dlops' own counters say. */
#include <mpi.h>

static unsigned long long messages, bytes;

static void count(int n, MPI_Datatype type)
{
    int size;
    PMPI_Type_size(type, &size);
    messages += 1;
    bytes += (unsigned long long)n * (unsigned long long)size;
}

void pmpi_count_read(unsigned long long *m, unsigned long long *b)
{
    *m = messages;
    *b = bytes;
}

int MPI_Allreduce(const void *s, void *r, int n, MPI_Datatype t, MPI_Op op, MPI_Comm c)
{
    count(n, t);
    return PMPI_Allreduce(s, r, n, t, op, c);
}

int MPI_Bcast(void *b, int n, MPI_Datatype t, int root, MPI_Comm c)
{
    int rank;
    PMPI_Comm_rank(c, &rank);
    count(rank == root ? n : 0, t);
    return PMPI_Bcast(b, n, t, root, c);
}

int MPI_Allgather(const void *s, int n, MPI_Datatype t, void *r, int rn, MPI_Datatype rt, MPI_Comm c)
{
    count(n, t);
    return PMPI_Allgather(s, n, t, r, rn, rt, c);
}

int MPI_Allgatherv(const void *s, int n, MPI_Datatype t, void *r, const int *rn, const int *d, MPI_Datatype rt,
                   MPI_Comm c)
{
    count(n, t);
    return PMPI_Allgatherv(s, n, t, r, rn, d, rt, c);
}

int MPI_Alltoallv(const void *s, const int *sn, const int *sd, MPI_Datatype t, void *r, const int *rn, const int *rd,
                  MPI_Datatype rt, MPI_Comm c)
{
    int size, total = 0;
    PMPI_Comm_size(c, &size);
    for (int i = 0; i < size; i++) total += sn[i];
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
