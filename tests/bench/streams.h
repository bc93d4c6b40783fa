/* Yardsticks: loops that read and write the streams of a case, and do nothing else with them. */
#ifndef STREAMS_H
#define STREAMS_H

#include <stddef.h>

/* Loops are compiled for each vector width and chosen at run time, as the library's kernels are. */
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__)
#define WIDTHS __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define WIDTHS
#endif

/* Runs part(state, i, threads) for i below `threads` at once, the last of them on the calling thread. */
void in_threads(int threads, void (*part)(void *state, int index, int threads), void *state);

/* The elements [first, last) of n that thread `index` of `threads` takes: whole cache lines of an aligned array. */
void share_of(size_t n, int index, int threads, size_t *first, size_t *last);

/* `count` elements each of `reads` inputs and `writes` outputs in this rank's memory. */
typedef struct streams {
    const void *in[4];
    void *out[3];
    int reads, writes;
    size_t count;
    int is_double;  /* float64, else float32 */
    int accumulate; /* several outputs: out[k] += in[0] */
    int bypass;     /* outputs bypass the cache */
    int threads;
} streams;

/*
 * No output: sum of in[0] in[1], or of in[0]^2.
 * One output: out[0] = sum of all in[], or 0 without inputs.
 * Several outputs: each = in[0], or += in[0]; in[1..] are then not named, though they are read.
 */
void stream_loop(void *state);

/* Bytes that the loop moves. */
double stream_bytes(const streams *s);

/* Whether some output is among the inputs, so that it cannot bypass the cache. */
int reads_outputs(const streams *s);

#endif
