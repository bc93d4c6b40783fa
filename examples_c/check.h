/* Stops the program, on all ranks, when a dlops call fails. */
#ifndef CHECK_H
#define CHECK_H

#include <dlops_mpi.h>
#include <stdio.h>

#define CHECK(call)                                                                                  \
    do {                                                                                             \
        if ((call) != DLOPS_OK) {                                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, dlops_last_error());                  \
            MPI_Abort(MPI_COMM_WORLD, 1);                                                            \
        }                                                                                            \
    } while (0)

#endif
