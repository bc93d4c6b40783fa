#include "statistics.h"

#include <algorithm>
#include <cstring>

#include "../abi/cuda_abi.h"
#include "../abi/standin.h"
#include "device_memory.h"
#include "report.h"
#include "settings.h"

namespace statistics {

Counters counters;

void allocated(size_t bytes) {
    ++counters.allocations;
    ++counters.live_allocations;
    uint64_t now = counters.live_bytes += bytes, peak = counters.peak_bytes;
    while (now > peak && !counters.peak_bytes.compare_exchange_weak(peak, now)) {}
}

void freed(size_t bytes) {
    --counters.live_allocations;
    counters.live_bytes -= bytes;
}

void copied(Copy kind, size_t bytes) {
    ++counters.copies[static_cast<int>(kind)];
    counters.copied[static_cast<int>(kind)] += bytes;
}

namespace {

standin_counts now() {
    const Counters& c = counters;
    standin_counts r{};
    r.kernels = c.kernels;
    r.library_calls = c.library_calls;
    r.synchronizations = c.synchronizations;
    uint64_t* copies[] = {&r.copies_to_device, &r.copies_to_host, &r.copies_on_device, &r.copies_between_devices};
    uint64_t* bytes[] = {&r.bytes_to_device, &r.bytes_to_host, &r.bytes_on_device, &r.bytes_between_devices};
    for (int k = 0; k < 4; ++k) {
        *copies[k] = c.copies[k];
        *bytes[k] = c.copied[k];
    }
    r.memsets = c.memsets;
    r.allocations = c.allocations;
    r.live_allocations = c.live_allocations;
    r.live_bytes = c.live_bytes;
    r.peak_bytes = c.peak_bytes;
    r.live_pinned = c.live_pinned;
    r.live_streams = c.live_streams;
    r.live_events = c.live_events;
    r.live_modules = c.live_modules;
    r.graph_launches = c.graph_launches;
    r.failures = c.failures;
    r.stream_queries = c.stream_queries;
    r.event_queries = c.event_queries;
    return r;
}

struct AtEnd {
    ~AtEnd() {
        standin_counts c = now();
        auto n = [](uint64_t v) { return static_cast<unsigned long long>(v); };
        if (settings().statistics) {
            report("kernels %llu, library calls %llu, graph launches %llu, synchronisations %llu, memsets %llu, failures %llu",
                   n(c.kernels), n(c.library_calls), n(c.graph_launches), n(c.synchronizations), n(c.memsets), n(c.failures));
            report("copies: to device %llu (%llu bytes), to host %llu (%llu bytes), on a device %llu (%llu bytes), "
                   "between devices %llu (%llu bytes)", n(c.copies_to_device), n(c.bytes_to_device), n(c.copies_to_host),
                   n(c.bytes_to_host), n(c.copies_on_device), n(c.bytes_on_device), n(c.copies_between_devices),
                   n(c.bytes_between_devices));
            report("allocations %llu, peak %llu bytes", n(c.allocations), n(c.peak_bytes));
        }
        if (settings().leaks && (c.live_allocations || c.live_pinned))
            report("leak: %llu device allocations of %llu bytes and %llu page-locked ranges are live at exit",
                   n(c.live_allocations), n(c.live_bytes), n(c.live_pinned));
    }
} at_end;

}  // namespace
}  // namespace statistics

CUDA_API void standin_statistics(standin_counts* counts, size_t size) {
    standin_counts now = statistics::now();
    std::memcpy(counts, &now, std::min(size, sizeof now));
}
