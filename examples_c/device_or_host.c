#include "device_or_host.h"

#include "check.h"

int device_or_host(dlops_context **ctx, char *name, size_t length)
{
    dlops_context_options options = DLOPS_CONTEXT_OPTIONS_INIT;
    int rank = 0;
    options.memory = DLOPS_CUDA;
    options.own_stream = 1;
    /* Collective: all ranks have a device, or all get the same refusal. */
    const dlops_status found = dlops_context_create_mpi(MPI_COMM_WORLD, &options, ctx);
    if (found != DLOPS_ERROR_UNSUPPORTED) {
        CHECK(found);
        CHECK(dlops_context_get_device_name(*ctx, name, length));
        return 1;
    }
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank == 0)
        printf("no device: %s\n", dlops_last_error());
    CHECK(dlops_context_create_mpi(MPI_COMM_WORLD, NULL, ctx));
    snprintf(name, length, "the host");
    return 0;
}
