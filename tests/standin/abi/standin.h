// What the stand-in driver exports beside the driver API: statistics for tests, and the way in which the stand-ins of
// NCCL, cuBLAS and cuFFT put work on a stream. Load by dlsym from libcuda.so.1; a real driver has none of these.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct standin_counts {
    uint64_t kernels;             // kernels executed
    uint64_t library_calls;       // operations of stand-in libraries executed
    uint64_t synchronizations;    // stream, context and event synchronisations by the host
    uint64_t copies_to_device, copies_to_host, copies_on_device, copies_between_devices;
    uint64_t bytes_to_device, bytes_to_host, bytes_on_device, bytes_between_devices;
    uint64_t memsets;
    uint64_t allocations;         // device allocations ever made, pools included
    uint64_t live_allocations, live_bytes;          // of device memory that the program has not freed
    uint64_t peak_bytes;
    uint64_t live_pinned;         // live page-locked host ranges
    uint64_t live_streams, live_events, live_modules;
    uint64_t graph_launches;
    uint64_t failures;            // launches that ended in a sticky error
    uint64_t stream_queries, event_queries;         // questions of the host whether work is done
};

#ifdef __cplusplus
extern "C" {
#endif

// Copies at most `size` bytes of the counts, so that a program built against an older header reads what it knows.
void standin_statistics(struct standin_counts* counts, size_t size);

// Puts fn(argument) on the stream in stream order; device memory is open while it runs. `release` (may be null) runs
// when the operation is dropped. fn returns 0 or a CUresult that becomes the sticky error of the context.
// may_wait: 1 if fn waits for another process or thread, so that it must make progress without the host's help.
int standin_enqueue(void* stream, const char* name, int (*fn)(void*), void* argument, void (*release)(void*), int may_wait);

// 0 if [pointer, pointer + bytes) lies in one live device allocation whose memory may be used now.
int standin_check_device(const void* pointer, size_t bytes);

// Opens and closes device memory for the calling thread's own use. Calls nest.
void standin_open(void);
void standin_close(void);

#ifdef __cplusplus
}
#endif
