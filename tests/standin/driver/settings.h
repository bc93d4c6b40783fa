// The environment variables of the stand-in, read once.
#pragma once
#include <cstddef>

struct Settings {
    int devices;            // STANDIN_DEVICES: number of devices, 1 to 16 (0: cuInit finds none)
    size_t memory;          // STANDIN_MEMORY: bytes of each device, suffixes K, M, G
    bool lazy;              // STANDIN_LAZY: work waits until something orders it
    int threads;            // STANDIN_THREADS: host threads that run the blocks of one kernel
    int order;              // STANDIN_ORDER: 0 forward, 1 reverse, 2 random order of blocks and threads
    bool statistics;        // STANDIN_STATISTICS: print the counts when the process ends
    bool leaks;             // STANDIN_LEAKS: print live allocations when the process ends
    bool guard;             // STANDIN_GUARD=0: device memory stays open to the host
};

const Settings& settings();
