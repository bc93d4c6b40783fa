#include "host_memory.h"

#include <cstring>
#include <map>
#include <mutex>
#include <sys/mman.h>

#include "statistics.h"

namespace host_memory {
namespace {

std::mutex mutex;
std::map<uintptr_t, HostRange> ranges;

const HostRange* holder(uintptr_t address) {
    auto after = ranges.upper_bound(address);
    if (after == ranges.begin()) return nullptr;
    const HostRange& r = std::prev(after)->second;
    return address - r.base < r.size ? &r : nullptr;
}

void forget(std::map<uintptr_t, HostRange>::iterator at) {
    if (at->second.allocated) munmap(reinterpret_cast<void*>(at->first), at->second.size);
    ranges.erase(at);
    --statistics::counters.live_pinned;
}

}  // namespace

void* allocate(size_t bytes, unsigned flags, const void* owner) {
    void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return nullptr;
    std::memset(at, 0xff, bytes);
    std::lock_guard<std::mutex> hold(mutex);
    auto base = reinterpret_cast<uintptr_t>(at);
    ranges[base] = HostRange{base, bytes, owner, true, flags};
    ++statistics::counters.live_pinned;
    return at;
}

bool add(uintptr_t base, size_t bytes, unsigned flags, const void* owner) {
    std::lock_guard<std::mutex> hold(mutex);
    auto after = ranges.lower_bound(base);
    if (holder(base) || (after != ranges.end() && after->first < base + bytes)) return false;
    ranges[base] = HostRange{base, bytes, owner, false, flags};
    ++statistics::counters.live_pinned;
    return true;
}

bool remove(uintptr_t base, bool allocated) {
    std::lock_guard<std::mutex> hold(mutex);
    auto at = ranges.find(base);
    if (at == ranges.end() || at->second.allocated != allocated) return false;
    forget(at);
    return true;
}

bool find(uintptr_t address, HostRange& found) {
    std::lock_guard<std::mutex> hold(mutex);
    const HostRange* r = holder(address);
    if (r) found = *r;
    return r;
}

bool mapped(uintptr_t address, size_t bytes) {
    std::lock_guard<std::mutex> hold(mutex);
    const HostRange* r = holder(address);
    return r && bytes <= r->base + r->size - address;
}

void release_all(const void* owner) {
    std::lock_guard<std::mutex> hold(mutex);
    for (auto at = ranges.begin(); at != ranges.end();) {
        auto next = std::next(at);
        if (at->second.owner == owner) forget(at);
        at = next;
    }
}

}  // namespace host_memory
