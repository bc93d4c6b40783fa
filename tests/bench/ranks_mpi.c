#include "ranks.h"

#include <dlops_mpi.h>

#include <time.h>

void ranks_begin(int *argc, char ***argv, int *rank, int *ranks)
{
    MPI_Init(argc, argv);
    MPI_Comm_rank(MPI_COMM_WORLD, rank);
    MPI_Comm_size(MPI_COMM_WORLD, ranks);
}

void ranks_end(void)
{
    MPI_Finalize();
}

void ranks_abort(void)
{
    MPI_Abort(MPI_COMM_WORLD, 1);
}

dlops_status ranks_context(const dlops_context_options *choices, dlops_context **context)
{
    return dlops_context_create_mpi(MPI_COMM_WORLD, choices, context);
}

double ranks_seconds(void)
{
    return MPI_Wtime();
}

void ranks_wait(void)
{
    MPI_Barrier(MPI_COMM_WORLD);
}

void ranks_rest(void)
{
    /* Looking more often takes cores from threads that work meanwhile. */
    const struct timespec nap = {.tv_nsec = 5000000};
    MPI_Request all;
    int here = 0;
    MPI_Ibarrier(MPI_COMM_WORLD, &all);
    for (;;) {
        MPI_Test(&all, &here, MPI_STATUS_IGNORE);
        if (here) return;
        nanosleep(&nap, NULL);
    }
}

double ranks_largest(double mine)
{
    double largest = 0;
    MPI_Allreduce(&mine, &largest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    return largest;
}

unsigned long long ranks_first(unsigned long long mine)
{
    MPI_Bcast(&mine, 1, MPI_UNSIGNED_LONG_LONG, 0, MPI_COMM_WORLD);
    return mine;
}
