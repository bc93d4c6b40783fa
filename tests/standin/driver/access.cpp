// Judges the memory accesses of kernels that the fast test in the kernel's own code did not find valid.
#include <algorithm>
#include <ctime>

#include "../abi/thread_operations.h"
#include "block.h"
#include "device_memory.h"
#include "host_memory.h"
#include "report.h"

void BlockRunner::illegal(uintptr_t address, size_t bytes, bool write, CUresult error) {
    const char* what = error == CUDA_ERROR_MISALIGNED_ADDRESS ? "misaligned address" : "illegal address";
    const char* verb = write ? "write" : "read";
    std::string here = where();
    Allocation a;
    int device = device_memory::device_of(address);
    if (error == CUDA_ERROR_MISALIGNED_ADDRESS)
        report("%s: %s: %s of %zu bytes at %#zx", what, here.c_str(), verb, bytes, address);
    else if (device >= 0 && device_memory::find(address, a) && a.usable && device != launch_->device)
        report("%s: %s: %s of %zu bytes at %#zx, memory of device %d without peer access from device %d", what,
               here.c_str(), verb, bytes, address, device, launch_->device);
    else if (device >= 0 && device_memory::find(address, a) && !a.usable)
        report("%s: %s: %s of %zu bytes at %#zx, in an allocation of %zu bytes that no stream has reached yet or that is "
               "being freed", what, here.c_str(), verb, bytes, address, a.size);
    else if (device >= 0 && device_memory::freed(address, a))
        report("%s: %s: %s of %zu bytes at %#zx, byte %zu of freed allocation %zu (%zu bytes at %#zx)", what, here.c_str(),
               verb, bytes, address, address - a.base, static_cast<size_t>(a.id), a.size, a.base);
    else if (device >= 0 && device_memory::nearest(address, a))
        report("%s: %s: %s of %zu bytes at %#zx, %zu bytes from the start of allocation %zu of %zu bytes at %#zx", what,
               here.c_str(), verb, bytes, address, address - a.base, static_cast<size_t>(a.id), a.size, a.base);
    else if (address - (standin_thread.dynamic_shared ? reinterpret_cast<uintptr_t>(standin_thread.dynamic_shared) : 0) <
             launch_->dynamic_shared + 4096)
        report("%s: %s: %s of %zu bytes at byte %zu of dynamic shared memory of %zu bytes", what, here.c_str(), verb,
               bytes, address - reinterpret_cast<uintptr_t>(standin_thread.dynamic_shared), launch_->dynamic_shared);
    else
        report("%s: %s: %s of %zu bytes at %#zx, which is not device memory", what, here.c_str(), verb, bytes, address);
    fail(error);
}

void BlockRunner::check(uintptr_t address, size_t bytes, bool write) {
    if (!launch_ || fibre_ < 0 || bytes == 0) return;
    auto& t = standin_thread;
    int device = device_memory::device_of(address);
    if (device >= 0) {
        bool power = (bytes & (bytes - 1)) == 0 && bytes <= 16;
        if (power && address & (bytes - 1)) illegal(address, bytes, write, CUDA_ERROR_MISALIGNED_ADDRESS);
        bool reach = device == launch_->device ||
                     std::find(launch_->peers.begin(), launch_->peers.end(), device) != launch_->peers.end();
        if (reach && device_memory::usable(address, bytes)) return;
        illegal(address, bytes, write, CUDA_ERROR_ILLEGAL_ADDRESS);
    }
    auto inside = [&](uintptr_t begin, uintptr_t end) {
        if (address < begin || address + bytes > end) return false;
        t.window = begin;
        t.window_size = end - begin;
        return true;
    };
    if (inside(t.stack, t.stack + t.stack_size)) return;
    auto dynamic = reinterpret_cast<uintptr_t>(t.dynamic_shared);
    if (inside(dynamic, dynamic + launch_->dynamic_shared)) return;
    const ModuleMemory& m = *launch_->memory;
    for (const auto& r : m.shared)
        if (inside(r.begin + t.shared_offset, r.end + t.shared_offset)) return;
    if (address >= m.image.begin && address + bytes <= m.image.end) {
        // The window reaches from the wall before the address to the wall behind it.
        auto after = std::upper_bound(m.walls.begin(), m.walls.end(), address,
                                      [](uintptr_t a, const ModuleMemory::Range& w) { return a < w.begin; });
        uintptr_t begin = after == m.walls.begin() ? m.image.begin : std::prev(after)->end;
        uintptr_t end = after == m.walls.end() ? m.image.end : after->begin;
        if (inside(begin, end)) return;
    } else if (host_memory::mapped(address, bytes)) {
        return;
    }
    illegal(address, bytes, write, CUDA_ERROR_ILLEGAL_ADDRESS);
}

static BlockRunner& here() { return *static_cast<BlockRunner*>(standin_thread.runner); }

int standin_next_thread() { return here().next_thread(); }
int standin_barrier(int kind, int predicate) { return here().barrier(kind, predicate); }
uint64_t standin_warp(int kind, uint32_t mask, uint64_t value, int source) {
    return here().warp(kind, mask, value, source);
}
uint32_t standin_active() { return here().active(); }
void standin_check(uintptr_t address, size_t bytes, int write) { here().check(address, bytes, write != 0); }

void standin_misaligned(const char* file, unsigned line, unsigned alignment, uintptr_t address) {
    if (device_memory::device_of(address) < 0 || !address) return;
    BlockRunner& r = here();
    report("misaligned address: %s:%u: %s: %#zx is no multiple of %u", file, line, r.where().c_str(), address, alignment);
    r.fail(CUDA_ERROR_MISALIGNED_ADDRESS);
}

void standin_fail(int error, const char* message, const char* file, int line) {
    BlockRunner& r = here();
    report("%s:%d: %s: %s", file, line, r.where().c_str(), message);
    r.fail(static_cast<CUresult>(error));
}

long long standin_clock() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000ll + now.tv_nsec;
}
