// The counts of standin_statistics(), updated from any thread.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace statistics {

enum class Copy { ToDevice, ToHost, OnDevice, BetweenDevices };

struct Counters {
    std::atomic<uint64_t> kernels, library_calls, synchronizations, memsets, graph_launches, failures;
    std::atomic<uint64_t> stream_queries, event_queries;
    std::atomic<uint64_t> copies[4], copied[4];
    std::atomic<uint64_t> allocations, live_allocations, live_bytes, peak_bytes;
    std::atomic<int64_t> live_pinned, live_streams, live_events, live_modules;
};
extern Counters counters;

void allocated(size_t bytes);
void freed(size_t bytes);
void copied(Copy kind, size_t bytes);

}  // namespace statistics
