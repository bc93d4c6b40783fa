// What the host thread that runs a block knows about the CUDA thread it runs now. Kernels read it; the driver writes it.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct standin_index { unsigned x, y, z; };

struct standin_thread_state {
    standin_index thread, block, block_dim, grid_dim;
    // Device memory of this device. shadow[(a - arena) / 16] counts the valid leading bytes of the granule of 16 at a.
    uintptr_t arena;
    size_t arena_size;
    const uint8_t* shadow;
    // Stack of the running fibre, and the last range of shared or module memory that was found valid.
    uintptr_t stack;
    size_t stack_size;
    uintptr_t window;
    size_t window_size;
    void* dynamic_shared;
    void* runner;                 // what runs the blocks on this host thread
    ptrdiff_t shared_offset;      // from a __shared__ variable in the module to this host thread's instance of it
};

extern "C" __attribute__((visibility("default"), tls_model("initial-exec"))) __thread standin_thread_state standin_thread;
