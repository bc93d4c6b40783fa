/* A C program outside dlops: the header fits the library, and a context can be made and destroyed. */
#ifdef CONSUMER_MPI
#include <dlops_mpi.h>
#else
#include <dlops.h>
#endif
#include <stdio.h>
#include <string.h>

#define CHECK(condition)                                                                            \
    do {                                                                                            \
        if (!(condition)) {                                                                         \
            fprintf(stderr, "%s:%d: %s (%s)\n", __FILE__, __LINE__, #condition, dlops_last_error()); \
            return 1;                                                                               \
        }                                                                                           \
    } while (0)

int main(int argc, char **argv)
{
    dlops_context *context = NULL;
    int32_t size = 0;
    CHECK(strcmp(dlops_version(), DLOPS_VERSION) == 0);
    CHECK(dlops_abi_version() == DLOPS_ABI_VERSION);
    CHECK(DLOPS_VERSION_AT_LEAST(DLOPS_VERSION_MAJOR, DLOPS_VERSION_MINOR, DLOPS_VERSION_PATCH));
    CHECK(!DLOPS_VERSION_AT_LEAST(DLOPS_VERSION_MAJOR, DLOPS_VERSION_MINOR, DLOPS_VERSION_PATCH + 1));
    CHECK(dlops_context_create_self(NULL, NULL) == DLOPS_ERROR_NULL_POINTER);
    CHECK(dlops_context_create_self(NULL, &context) == DLOPS_OK);
    CHECK(dlops_context_get_size(context, &size) == DLOPS_OK && size == 1);
    dlops_context_destroy(&context);
    CHECK(context == NULL);
#ifdef CONSUMER_MPI
    CHECK(dlops_context_create_mpi(MPI_COMM_WORLD, NULL, &context) == DLOPS_ERROR_STATE); /* before MPI_Init */
    MPI_Init(&argc, &argv);
    CHECK(dlops_context_create_mpi(MPI_COMM_WORLD, NULL, &context) == DLOPS_OK);
    dlops_context_destroy(&context);
    MPI_Finalize();
#else
    (void)argc;
    (void)argv;
    CHECK(dlops_context_create_fortran(0, 0, NULL, &context) < 0);
    CHECK(context == NULL);
#endif
    printf("dlops %s from C\n", dlops_version());
    return 0;
}
