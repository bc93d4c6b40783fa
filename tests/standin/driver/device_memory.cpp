#include "device_memory.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <sys/mman.h>

#include "guard.h"
#include "settings.h"
#include "statistics.h"

namespace device_memory {
namespace {

constexpr size_t ALIGNMENT = 512;
constexpr size_t WALL = 512;                        // unusable bytes behind each allocation, at least
constexpr size_t QUARANTINE = size_t{64} << 20;     // freed bytes that are not handed out again at once
constexpr size_t QUARANTINED = 4096;                // and their number

std::mutex mutex;
Arena arenas[MOST_DEVICES];
size_t used_bytes[MOST_DEVICES];
std::map<uintptr_t, Allocation> live;
std::map<uintptr_t, size_t> holes[MOST_DEVICES];    // free addresses below the end of use
uintptr_t end_of_use[MOST_DEVICES];
std::deque<Allocation> quarantine;
size_t quarantined;
uint64_t next_id = 1;

size_t footprint(size_t size) { return (size + WALL + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

void shade(const Allocation& a, bool usable) {
    uint8_t* shadow = arenas[a.device].shadow + (a.base - arenas[a.device].base) / GRANULE;
    size_t whole = a.size / GRANULE;
    std::memset(shadow, usable ? GRANULE : 0, whole);
    if (a.size % GRANULE) shadow[whole] = usable ? a.size % GRANULE : 0;
}

void return_hole(int device, uintptr_t base, size_t size) {
    auto& free = holes[device];
    auto next = free.lower_bound(base);
    if (next != free.end() && base + size == next->first) {
        size += next->second;
        next = free.erase(next);
    }
    if (next != free.begin()) {
        auto previous = std::prev(next);
        if (previous->first + previous->second == base) {
            base = previous->first;
            size += previous->second;
            free.erase(previous);
        }
    }
    free[base] = size;
}

void leave_quarantine() {
    const Allocation& a = quarantine.front();
    quarantined -= a.size;
    return_hole(a.device, a.base, footprint(a.size));
    quarantine.pop_front();
}

uintptr_t take(int device, size_t size) {
    for (auto& hole : holes[device])
        if (hole.second >= size) {
            uintptr_t base = hole.first;
            size_t rest = hole.second - size;
            holes[device].erase(base);
            if (rest) holes[device][base + size] = rest;
            return base;
        }
    const Arena& a = arenas[device];
    if (end_of_use[device] + size > a.base + a.size) return 0;
    uintptr_t base = end_of_use[device];
    end_of_use[device] += size;
    guard::grow(device, a.base, end_of_use[device]);
    return base;
}

const Allocation* holder(uintptr_t address) {
    auto after = live.upper_bound(address);
    if (after == live.begin()) return nullptr;
    const Allocation& a = std::prev(after)->second;
    return address < a.base + std::max<size_t>(a.size, 1) ? &a : nullptr;
}

bool erase(std::map<uintptr_t, Allocation>::iterator at) {
    Allocation a = at->second;
    live.erase(at);
    shade(a, false);
    used_bytes[a.device] -= a.size;
    statistics::freed(a.size);
    // Whole pages of a large allocation go back to the system; its addresses stay in quarantine for a while.
    if (a.size >= (size_t{1} << 20)) {
        uintptr_t first = (a.base + 4095) / 4096 * 4096, last = (a.base + a.size) / 4096 * 4096;
        madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
    }
    quarantine.push_back(a);
    quarantined += a.size;
    while (quarantined > QUARANTINE || quarantine.size() > QUARANTINED) leave_quarantine();
    return true;
}

}  // namespace

void initialize() {
    std::lock_guard<std::mutex> hold(mutex);
    for (int d = 0; d < settings().devices; ++d) {
        Arena& a = arenas[d];
        if (a.base) continue;
        a.size = 2 * settings().memory + (size_t{1} << 30);
        void* wish = reinterpret_cast<void*>(0x510000000000 + uintptr_t(d) * 0x4000000000);
        void* at = mmap(wish, a.size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        void* shadow = mmap(nullptr, a.size / GRANULE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (at == MAP_FAILED || shadow == MAP_FAILED) { a = Arena{}; continue; }
        madvise(at, a.size, MADV_DONTDUMP);
        a.base = reinterpret_cast<uintptr_t>(at);
        a.shadow = static_cast<uint8_t*>(shadow);
        end_of_use[d] = a.base;
    }
}

const Arena& arena(int device) { return arenas[device]; }

int device_of(uintptr_t address) {
    for (int d = 0; d < MOST_DEVICES; ++d)
        if (address - arenas[d].base < arenas[d].size) return d;
    return -1;
}

uintptr_t reserve(int device, size_t size, const void* owner, void* pool) {
    std::lock_guard<std::mutex> hold(mutex);
    if (size > settings().memory || used_bytes[device] + size > settings().memory) return 0;
    uintptr_t base = take(device, footprint(size));
    while (!base && !quarantine.empty()) {
        leave_quarantine();
        base = take(device, footprint(size));
    }
    if (!base) return 0;
    used_bytes[device] += size;
    statistics::allocated(size);
    live[base] = Allocation{base, size, device, next_id++, owner, pool, false};
    return base;
}

void activate(uintptr_t base) {
    guard::Open open;
    std::lock_guard<std::mutex> hold(mutex);
    auto at = live.find(base);
    if (at == live.end()) return;
    // All bits set: a NaN of every floating-point width, -1 as an integer.
    std::memset(reinterpret_cast<void*>(base), 0xff, at->second.size);
    at->second.usable = true;
    shade(at->second, true);
}

void deactivate(uintptr_t base) {
    std::lock_guard<std::mutex> hold(mutex);
    auto at = live.find(base);
    if (at == live.end()) return;
    at->second.usable = false;
    shade(at->second, false);
}

bool release(uintptr_t base) {
    std::lock_guard<std::mutex> hold(mutex);
    auto at = live.find(base);
    return at != live.end() && erase(at);
}

std::vector<Allocation> release_all(const void* owner) {
    std::lock_guard<std::mutex> hold(mutex);
    std::vector<Allocation> released;
    for (auto at = live.begin(); at != live.end();) {
        auto next = std::next(at);
        if (at->second.owner == owner) {
            released.push_back(at->second);
            erase(at);
        }
        at = next;
    }
    return released;
}

bool find(uintptr_t address, Allocation& found) {
    std::lock_guard<std::mutex> hold(mutex);
    const Allocation* a = holder(address);
    if (a) found = *a;
    return a;
}

bool nearest(uintptr_t address, Allocation& found) {
    std::lock_guard<std::mutex> hold(mutex);
    auto after = live.upper_bound(address);
    if (after == live.begin()) return false;
    found = std::prev(after)->second;
    return true;
}

bool freed(uintptr_t address, Allocation& found) {
    std::lock_guard<std::mutex> hold(mutex);
    for (auto a = quarantine.rbegin(); a != quarantine.rend(); ++a)
        if (address - a->base < a->size) {
            found = *a;
            return true;
        }
    return false;
}

bool covers(uintptr_t address, size_t bytes) {
    std::lock_guard<std::mutex> hold(mutex);
    const Allocation* a = holder(address);
    return a && bytes <= a->base + a->size - address;
}

bool usable(uintptr_t address, size_t bytes) {
    std::lock_guard<std::mutex> hold(mutex);
    const Allocation* a = holder(address);
    return a && a->usable && bytes <= a->base + a->size - address;
}

void used(int device, size_t& bytes) {
    std::lock_guard<std::mutex> hold(mutex);
    bytes = used_bytes[device];
}

}  // namespace device_memory
