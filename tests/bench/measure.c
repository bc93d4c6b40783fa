#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <emmintrin.h>
#endif

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Seconds of the slowest rank. */
static double timed(work run, void *state)
{
    MPI_Barrier(MPI_COMM_WORLD);
    double start = MPI_Wtime();
    run(state);
    double mine = MPI_Wtime() - start, slowest = 0;
    MPI_Allreduce(&mine, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    return slowest;
}

void compare(const char *name, double bytes, int pairs, work subject, void *subject_state, work yardstick, void *yardstick_state)
{
    double *a = malloc(sizeof *a * (size_t)pairs), *b = malloc(sizeof *b * (size_t)pairs), *ratio = malloc(sizeof *ratio * (size_t)pairs);
    int rank;
    if (!a || !b || !ratio) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    timed(subject, subject_state);
    timed(yardstick, yardstick_state);
    for (int k = 0; k < pairs; ++k) {
        a[k] = timed(subject, subject_state);
        b[k] = timed(yardstick, yardstick_state);
        ratio[k] = b[k] / a[k];
    }
    qsort(a, (size_t)pairs, sizeof *a, by_value);
    qsort(b, (size_t)pairs, sizeof *b, by_value);
    qsort(ratio, (size_t)pairs, sizeof *ratio, by_value);
    if (rank == 0) {
        printf("%-58s %9.3f ms %9.3f ms %7.1f GB/s  %5.2f (%.2f to %.2f)\n", name, 1e3 * a[pairs / 2], 1e3 * b[pairs / 2],
               1e-9 * bytes / a[pairs / 2], ratio[pairs / 2], ratio[pairs / 4], ratio[3 * pairs / 4]);
        fflush(stdout);
    }
    free(a);
    free(b);
    free(ratio);
}

size_t cache_bytes(void)
{
    long found = sysconf(_SC_LEVEL3_CACHE_SIZE);
    return found > 0 ? (size_t)found : 32u << 20;
}

/* One output from up to four inputs; streams are the same for float and double. */
static void one_output(double *restrict out, const streams *s)
{
    const double *x0 = s->in[0], *x1 = s->in[1], *x2 = s->in[2], *x3 = s->in[3];
    size_t n = s->bytes / sizeof(double);
#if defined(__x86_64__)
    if (s->bypass && ((size_t)out & 15) == 0) {
        for (size_t i = 0; i + 2 <= n; i += 2) {
            __m128d v = s->reads > 0 ? _mm_loadu_pd(x0 + i) : _mm_setzero_pd();
            if (s->reads > 1) v = _mm_add_pd(v, _mm_loadu_pd(x1 + i));
            if (s->reads > 2) v = _mm_add_pd(v, _mm_loadu_pd(x2 + i));
            if (s->reads > 3) v = _mm_add_pd(v, _mm_loadu_pd(x3 + i));
            _mm_stream_pd(out + i, v);
        }
        _mm_sfence();
        return;
    }
#endif
    switch (s->reads) {
    case 1: for (size_t i = 0; i < n; ++i) out[i] = x0[i]; break;
    case 2: for (size_t i = 0; i < n; ++i) out[i] = x0[i] + x1[i]; break;
    case 3: for (size_t i = 0; i < n; ++i) out[i] = x0[i] + x1[i] + x2[i]; break;
    default: for (size_t i = 0; i < n; ++i) out[i] = x0[i] + x1[i] + x2[i] + x3[i]; break;
    }
}

static volatile double sink;

void stream_loop(void *state)
{
    const streams *s = state;
    size_t n = s->bytes / sizeof(double);
    const double *x0 = s->in[0], *x1 = s->in[1];
    if (s->writes == 0) {
        double sums[8] = {0};
        for (size_t i = 0; i + 8 <= n; i += 8) {
            for (int k = 0; k < 8; ++k) sums[k] += s->reads > 1 ? x0[i + (size_t)k] * x1[i + (size_t)k] : x0[i + (size_t)k] * x0[i + (size_t)k];
        }
        sink = sums[0] + sums[1] + sums[2] + sums[3] + sums[4] + sums[5] + sums[6] + sums[7];
        return;
    }
    if (s->writes == 1) {
        one_output(s->out[0], s);
        return;
    }
    /* Several outputs of the same inputs in one pass. */
    double *y0 = s->out[0], *y1 = s->out[1], *y2 = s->out[2];
#if defined(__x86_64__)
    if (s->bypass) {
        for (size_t i = 0; i + 2 <= n; i += 2) {
            __m128d v = _mm_loadu_pd(x0 + i);
            _mm_stream_pd(y0 + i, v);
            _mm_stream_pd(y1 + i, v);
            if (y2) _mm_stream_pd(y2 + i, v);
        }
        _mm_sfence();
        return;
    }
#endif
    for (size_t i = 0; i < n; ++i) {
        double v = x0[i];
        y0[i] = v;
        y1[i] = v;
        if (y2) y2[i] = v;
    }
}
