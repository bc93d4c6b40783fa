/* Loaded before MPICH (LD_PRELOAD): ranks that wait let others run. Debian's MPICH polls UCX without a pause, so that with
   more ranks than cores a message waits until the scheduler takes the core away: thirty times longer than with this. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sched.h>
#include <stddef.h>

typedef unsigned progress(void *worker);

/* Polls as UCX does; gives the core away where nothing had arrived. */
unsigned ucp_worker_progress(void *worker)
{
    static progress *real;
    if (real == NULL)
        real = (progress *)dlsym(RTLD_NEXT, "ucp_worker_progress");
    unsigned done = real(worker);
    if (done == 0)
        sched_yield();
    return done;
}
