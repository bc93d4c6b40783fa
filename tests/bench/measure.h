/*
 * Paired measurements: a case of the library and a yardstick, alternated.
 *
 * A case stops after 5 pairs once they took 20 s.
 *
 * Options of every program: --threads N (of each rank), --large (arrays of twice the last-level cache, at least 2 GiB
 * where memory allows), --short (5 pairs instead of 15), --match TEXT (only cases whose name has it), --table FILE (rows
 * are appended to it, fields parted by tabs: see the head of summary.awk), --bytes N (of one array, on a device).
 */
#ifndef MEASURE_H
#define MEASURE_H

#include "machine.h"
#include "ranks.h"
#include "streams.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(call)                                                                                                  \
    do {                                                                                                             \
        if ((call) != DLOPS_OK) {                                                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, dlops_last_error());                                  \
            ranks_abort();                                                                                           \
        }                                                                                                            \
    } while (0)

/* How this run measures; the same on all ranks. */
typedef struct settings {
    int rank, ranks, threads, pairs, large;
    int repeats;            /* runs of a case between two looks at the clock */
    double bytes;           /* of one array of the benchmarks on a device */
    dlops_context *context; /* with a device, which is waited for before the clock is looked at; else NULL */
} settings;
extern settings bench;

/* Begins the ranks, reads the options, and makes a context of all ranks with the threads asked for. */
dlops_context *begin(int argc, char **argv, const char *program);
dlops_context *begin_on(int argc, char **argv, const char *program, dlops_context_options choices);

/* Destroys the context and ends the ranks; the program's exit status. */
int finish(dlops_context **context);

/* Title of the cases that follow; `variant` says what differs from rank count to rank count, such as the cut axis. */
void heading(const char *group, const char *variant);

/* Whether --match asks for this case of the present heading. */
int wanted(const char *name);

/* Bytes of one array of all ranks with --large. */
size_t large_bytes(void);

/* A piece of work; called between barriers. */
typedef void (*work)(void *state);

typedef struct measurement {
    const char *name;
    double target;       /* the least ratio; 0: none */
    double amount;       /* what the case moves or computes on all ranks: bytes, or operations */
    const char *unit;    /* of amount / 1e9 / second: NULL for "GB/s" */
    work subject;
    void *subject_state;
    work yardstick;
    void *yardstick_state;
    double scale;        /* the yardstick's time is multiplied by it; 0: 1 */
    double vector_bytes; /* of this rank's vectors, for the memory column; 0: none */
} measurement;

/* What is printed and recorded of a case. */
typedef struct row {
    const char *name, *unit;
    double seconds, yardstick, rate;
    double ratio, lower, upper; /* median and quartiles */
    double target;              /* 0: none */
    int at_most;                /* 1: the ratio should not exceed the target; 0: it should reach it */
    double memory;              /* 0: not known */
} row;

/* Runs subject and yardstick in turn and prints on rank 0 the median time of each over the slowest rank, the rate, the
 * median and the quartiles of the paired ratios yardstick / subject (1: as fast as the yardstick), and the peak of the
 * resident size from watch_memory to the first run of the subject over the size of the vectors. Returns what was
 * printed, on all ranks. Collective. */
row compare(const measurement *m);

/* A case whose numbers were got otherwise, printed and recorded as compare does; without times where `seconds` is 0. */
void print_row(const row *r);

/* Starts the watch over the peak: called when the vectors exist, before the operator is made. */
void watch_memory(void);

/* Peak since watch_memory over the vectors, of the worst rank: 1 when nothing else was allocated; 0 where not known. */
double memory_ratio(double vector_bytes);

/* Seconds of the slowest rank. */
double timed(work run, void *state);

/* Seconds of the first rank, which alone runs while the others leave their cores to it; the same on all ranks. */
double timed_alone(work run, void *state);

/* Whether another pair is measured after `done` of them: 5, and up to bench.pairs while they took less than 20 s. The
 * same on all ranks; asked before the first pair too. */
int another_pair(int done);

/* Median and quartiles of n numbers, which are sorted. */
void quartiles(double *numbers, int n, double *lower, double *median, double *upper);

/* Lets the loop bypass the cache where that is faster, and gives it the threads of the run. */
void settle(streams *s);

/* Address of the first local element. */
void *address(dlops_array *array);

/* An array of the library's memory, or over the host's own, which is aligned for its elements only and lives as long as
 * the array; filled with uniform random numbers. */
dlops_array *vector(dlops_space *space, int wrapped, uint64_t seed);

#endif
