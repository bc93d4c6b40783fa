/*
 * dlops over the MPI communicator of a C or C++ program.
 *
 * This is the only header of dlops that includes <mpi.h>. A program is compiled with the MPI that the library was built
 * for; the library checks that and answers DLOPS_ERROR_MPI_MISMATCH, naming both, where it is not so.
 */
#ifndef DLOPS_MPI_H
#define DLOPS_MPI_H

/* The C++ bindings that MPI 3.0 removed would make C++ programs depend on libraries they do not use. */
#ifndef OMPI_SKIP_MPICXX
#define OMPI_SKIP_MPICXX 1
#endif
#ifndef MPICH_SKIP_MPICXX
#define MPICH_SKIP_MPICXX 1
#endif
#include <mpi.h>

#include "dlops.h"

/* The MPI that this program is compiled with. */
#if defined(OMPI_MAJOR_VERSION)
#define DLOPS_MPI_FAMILY DLOPS_MPI_OPEN_MPI
#elif defined(MPICH_NUMVERSION) || defined(I_MPI_NUMVERSION)
#define DLOPS_MPI_FAMILY DLOPS_MPI_MPICH /* also Intel, Cray and MVAPICH */
#elif defined(MPI_ABI_VERSION)
#define DLOPS_MPI_FAMILY DLOPS_MPI_STANDARD_ABI
#define DLOPS_MPI_COMM_TO_INT MPI_Comm_toint
#else
#define DLOPS_MPI_FAMILY 0
#endif
#ifndef DLOPS_MPI_COMM_TO_INT
#define DLOPS_MPI_COMM_TO_INT MPI_Comm_c2f
#endif

/**
 * Creates a context on a communicator of the caller.
 *
 * Collective over `comm`, which is duplicated and stays the caller's; MPI must be initialised.
 *
 * @param comm     an intra-communicator
 * @param choices  NULL for the defaults
 * @param context  receives the context, to be ended by dlops_context_destroy
 *
 * Errors: DLOPS_ERROR_NULL_POINTER, DLOPS_ERROR_STATE where MPI is not initialised or already finalised,
 * DLOPS_ERROR_MPI_MISMATCH, DLOPS_ERROR_UNSUPPORTED where the library was built without MPI, DLOPS_ERROR_MPI,
 * DLOPS_ERROR_OPTION. Since 0.1.
 */
DLOPS_MUST_CHECK
static inline dlops_status dlops_context_create_mpi(MPI_Comm comm, const dlops_context_options *choices,
                                                    dlops_context **context)
{
    int32_t handle = 0;
    int initialized = 0, finalized = 0;
    /* Outside of MPI_Init and MPI_Finalize the conversion may abort; the library then sees that by itself. */
    MPI_Initialized(&initialized);
    MPI_Finalized(&finalized);
    if (initialized && !finalized) {
        handle = (int32_t)DLOPS_MPI_COMM_TO_INT(comm);
    }
    return dlops_context_create_fortran(handle, DLOPS_MPI_FAMILY, choices, context);
}

#endif /* DLOPS_MPI_H */
