/* Paired measurements: a case of the library and a loop with the same streams, alternated. */
#ifndef MEASURE_H
#define MEASURE_H

#include <dlops_mpi.h>
#include <stdint.h>

#define CHECK(call)                                                                                                  \
    do {                                                                                                             \
        if ((call) != DLOPS_OK) {                                                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, dlops_last_error());                                  \
            MPI_Abort(MPI_COMM_WORLD, 1);                                                                            \
        }                                                                                                            \
    } while (0)

/* A piece of work; called between barriers. */
typedef void (*work)(void *state);

/* Runs `subject` and `yardstick` in turn, `pairs` times (at least 15), and prints on rank 0 the median time of each
 * over the slowest rank, the rate of `bytes` over all ranks, and the median and the quartiles of the paired ratios
 * yardstick / subject: 1 is as fast as the loop. */
void compare(const char *name, double bytes, int pairs, work subject, void *subject_state, work yardstick, void *yardstick_state);

/* Loops over `bytes` bytes each of `reads` inputs and `writes` outputs in this rank's memory, as fast as plain code
 * goes: outputs that are not read bypass the cache where they exceed it. */
typedef struct streams {
    const void *in[4];
    void *out[3];
    int reads, writes;
    size_t bytes;
    int bypass;
} streams;

/* out[k] = sum of in[]; with `accumulate` state the outputs are among the inputs. */
void stream_loop(void *state);

/* Bytes of the last-level cache. */
size_t cache_bytes(void);

#endif
