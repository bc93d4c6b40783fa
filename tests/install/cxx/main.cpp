// A C++ program outside dlops, by the C++ header.
#ifdef CONSUMER_MPI
#include <dlops_mpi.h>
#endif
#include <dlops.h>
#include <dlops.hpp>
#include <cstdio>
#include <cstring>

int main(int argc, char **argv)
{
    dlops_context *context = nullptr;
    if (std::strcmp(dlops_version(), DLOPS_VERSION) != 0) return 1;
    if (dlops_context_create_self(nullptr, &context) != DLOPS_OK) return 2;
    dlops_context_destroy(&context);
    if (context != nullptr) return 3;
#ifdef CONSUMER_MPI
    MPI_Init(&argc, &argv);
    if (dlops_context_create_mpi(MPI_COMM_WORLD, nullptr, &context) != DLOPS_OK) return 4;
    dlops_context_destroy(&context);
    MPI_Finalize();
#else
    (void)argc;
    (void)argv;
#endif
    std::printf("dlops %s from C++\n", dlops_version());
    return 0;
}
