#include "ranks.h"

#include <stdlib.h>
#include <time.h>

void ranks_begin(int *argc, char ***argv, int *rank, int *ranks)
{
    (void)argc;
    (void)argv;
    *rank = 0;
    *ranks = 1;
}

void ranks_end(void) {}

void ranks_abort(void)
{
    exit(1);
}

dlops_status ranks_context(const dlops_context_options *choices, dlops_context **context)
{
    return dlops_context_create_self(choices, context);
}

double ranks_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void ranks_wait(void) {}

void ranks_rest(void) {}

double ranks_largest(double mine)
{
    return mine;
}

unsigned long long ranks_first(unsigned long long mine)
{
    return mine;
}
