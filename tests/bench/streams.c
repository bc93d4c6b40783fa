#include "streams.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#define MOST_THREADS 256

typedef struct seat {
    void (*part)(void *, int, int);
    void *state;
    int index, threads;
} seat;

static void *sit(void *place)
{
    seat *s = place;
    s->part(s->state, s->index, s->threads);
    return NULL;
}

void in_threads(int threads, void (*part)(void *, int, int), void *state)
{
    pthread_t others[MOST_THREADS];
    seat seats[MOST_THREADS];
    if (threads > MOST_THREADS) abort();
    for (int k = 0; k + 1 < threads; ++k) {
        seats[k] = (seat){part, state, k, threads};
        if (pthread_create(&others[k], NULL, sit, &seats[k]) != 0) abort();
    }
    part(state, threads - 1, threads);
    for (int k = 0; k + 1 < threads; ++k) pthread_join(others[k], NULL);
}

void share_of(size_t n, int index, int threads, size_t *first, size_t *last)
{
    size_t each = (n / (size_t)threads + 15) & ~(size_t)15;
    *first = each * (size_t)index < n ? each * (size_t)index : n;
    *last = index + 1 < threads && *first + each < n ? *first + each : n;
}

static volatile double sink;

#define TYPE float
#define NAME(function) function##_float
#define VECTOR __m128
#define VECTOR_LOAD _mm_loadu_ps
#define VECTOR_ADD _mm_add_ps
#define VECTOR_ZERO _mm_setzero_ps
#define VECTOR_STREAM _mm_stream_ps
#include "streams_of_type.h"

#define TYPE double
#define NAME(function) function##_double
#define VECTOR __m128d
#define VECTOR_LOAD _mm_loadu_pd
#define VECTOR_ADD _mm_add_pd
#define VECTOR_ZERO _mm_setzero_pd
#define VECTOR_STREAM _mm_stream_pd
#include "streams_of_type.h"

static void part(void *state, int index, int threads)
{
    const streams *s = state;
    size_t first, last;
    share_of(s->count, index, threads, &first, &last);
    if (s->is_double) pass_double(s, first, last);
    else pass_float(s, first, last);
}

void stream_loop(void *state)
{
    in_threads(((streams *)state)->threads > 1 ? ((streams *)state)->threads : 1, part, state);
}

double stream_bytes(const streams *s)
{
    return (double)(s->reads + s->writes) * (double)s->count * (s->is_double ? 8 : 4);
}

int reads_outputs(const streams *s)
{
    int found = s->accumulate;
    for (int i = 0; i < s->reads; ++i) {
        for (int o = 0; o < s->writes; ++o) found |= s->in[i] == s->out[o];
    }
    return found;
}
