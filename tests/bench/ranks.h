/* The ranks of a benchmark: over MPI (ranks_mpi.c), or one without it (ranks_alone.c). */
#ifndef RANKS_H
#define RANKS_H

#include <dlops.h>

/* The program begins: which rank this is, of how many. */
void ranks_begin(int *argc, char ***argv, int *rank, int *ranks);

/* The program ends. */
void ranks_end(void);

/* Ends all ranks at once, after an error. */
void ranks_abort(void);

/* A context of all ranks. */
dlops_status ranks_context(const dlops_context_options *choices, dlops_context **context);

/* Seconds since some time in the past. */
double ranks_seconds(void);

/* Waits for all ranks. */
void ranks_wait(void);

/* Waits for all ranks as ranks_wait does, but asleep: their cores are free meanwhile. */
void ranks_rest(void);

/* The largest number of all ranks. */
double ranks_largest(double mine);

/* The number of the first rank. */
unsigned long long ranks_first(unsigned long long mine);

#endif
