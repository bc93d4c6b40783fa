/* What the benchmarks on a device share: the driver, found at run time, and their yardstick, a copy on the device. */
#ifndef GPU_H
#define GPU_H

#include "subjects.h"

/* A function of the first of these libraries that is found, separated by spaces; NULL where none is. */
void *function_of(const char *libraries, const char *name);

/* A function of the driver, called with a list of types: DRIVER(cuMemFree_v2, (uint64_t))(pointer). */
#define DRIVER(name, types) ((int (*) types)function_of("libcuda.so.1 libcuda.so", #name))

/* Ends the program where a call of the driver or of a library of CUDA failed. */
void right(int code, const char *what);

/* A context on the device, which is waited for before the clock is looked at; the driver's context is current too. */
dlops_context *begin_on_device(int argc, char **argv, const char *program);

/* A yardstick: `bytes` copied on the context's stream by the driver. Reads and writes each of them. */
typedef struct copy {
    uint64_t from, to;
    size_t bytes;
    void *stream;
} copy;
void copy_on_device(void *state);

/* The copy between two arrays of the library, of `count` elements of `size` bytes. */
copy copy_between(dlops_array *from, dlops_array *to, int64_t count, size_t size);

/* A case that reads and writes `bytes` beside as long a share of the copy: a ratio of 1 is the copy's bandwidth. */
row beside_copy(const char *name, double target, double bytes, work subject, void *state, copy *yardstick);

/* A space in the device's memory, of `dimensions` equal extents and about bench.bytes, and its elements. */
dlops_space *cube(dlops_context *context, int is_double, int dimensions, int64_t *extent, int64_t *count);

/* An array of ones. */
dlops_array *ones(dlops_space *space);

/* "8192^2 float32" as the title of the cases that follow. */
void heading_of(int64_t extent, int dimensions, int is_double);

#endif
