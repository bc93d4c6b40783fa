/* What the programs that work on a device share. */
#ifndef DEVICE_H
#define DEVICE_H

#include "check.h"

static int32_t devices;

static inline dlops_context_options cuda(void)
{
    dlops_context_options choices = DLOPS_CONTEXT_OPTIONS_INIT;
    choices.memory = DLOPS_CUDA;
    choices.own_stream = 1;
    return choices;
}

/* The call that world() makes, for a refusal on all ranks. */
static inline void world_refused(const dlops_context_options *choices, dlops_status status, const char *words, int culprit)
{
    dlops_context *context = NULL;
#ifdef DLOPS_TEST_MPI
    AGREED(dlops_context_create_mpi(MPI_COMM_WORLD, choices, &context), status, words, culprit);
#else
    AGREED(dlops_context_create_self(choices, &context), status, words, culprit);
#endif
    CHECK(context == NULL);
}

/* An array of the same space in host memory, with the same elements. */
static inline dlops_array *fetched(const dlops_array *x)
{
    dlops_space *space = NULL, *host = NULL;
    dlops_array *y = NULL;
    OK(dlops_array_get_space(x, &space));
    OK(dlops_space_with_memory(space, DLOPS_HOST, &host));
    OK(dlops_array_create(host, &y));
    OK(dlops_array_copy(x, y));
    dlops_space_destroy(&space);
    dlops_space_destroy(&host);
    return y;
}

/* |x - y| by the host's arithmetic, for y on the device. */
static inline double distance(const dlops_array *x, const dlops_array *y)
{
    dlops_array *difference = fetched(y);
    OK(dlops_array_axpy(dlops_real(-1), x, difference));
    double found = norm(difference);
    dlops_array_destroy(&difference);
    return found;
}

/* What is said where no device can be used; whether there is one. */
static inline int found(void)
{
    const char *wanted = getenv("DLOPS_TEST_MEMORY"), *off = getenv("DLOPS_CUDA");
    dlops_context_options choices = cuda();
    char text[512];
    if (dlops_device_get_count(&devices) == DLOPS_OK && devices > 0)
        return 1;
    devices = 0;
    snprintf(text, sizeof text, "%s", dlops_last_error());
    REFUSED(dlops_device_get_count(&devices), DLOPS_ERROR_UNSUPPORTED, "CUDA");
    CHECK(devices == 0);
    CHECK(off && strcmp(off, "0") == 0 ? strstr(text, "DLOPS_CUDA=0") != NULL
                                       : strstr(text, "libcuda.so") != NULL || strstr(text, "cuInit gave") != NULL);
    world_refused(&choices, DLOPS_ERROR_UNSUPPORTED, "CUDA", 0);
    choices.device = DLOPS_DEVICE(1);
    world_refused(&choices, DLOPS_ERROR_UNSUPPORTED, "CUDA", 0);
    CHECK(!wanted || strcmp(wanted, "cuda") != 0);
    if (rank == 0)
        printf("SKIPPED: no device: %s\n", text);
    return 0;
}

#endif
