#include "guard.h"

#include <csignal>
#include <cstdlib>
#include <mutex>
#include <sys/mman.h>

#include "device_memory.h"
#include "report.h"
#include "runner.h"
#include "settings.h"

namespace guard {
namespace {

std::mutex mutex;
int opened;
struct Range { uintptr_t base, end; } ranges[device_memory::MOST_DEVICES];
struct sigaction before[65];

void protect(int flags) {
    for (const Range& r : ranges)
        if (r.end > r.base && mprotect(reinterpret_cast<void*>(r.base), r.end - r.base, flags) != 0) {
            report("mprotect of device memory failed");
            std::abort();
        }
}

void fault(int signal, siginfo_t* info, void* machine) {
    auto address = reinterpret_cast<uintptr_t>(info->si_addr);
    int device = signal == SIGSEGV || signal == SIGBUS ? device_memory::device_of(address) : -1;
    // What follows may take locks. The process dies of this signal in any case.
    if (device >= 0 && !runner::in_kernel()) {
        Allocation a;
        if (device_memory::nearest(address, a) && address < a.base + a.size)
            report("the host touched device memory at %#zx: byte %zu of allocation %zu (%zu bytes at %#zx, device %d)",
                   address, address - a.base, static_cast<size_t>(a.id), a.size, a.base, device);
        else
            report("the host touched device memory at %#zx, which no allocation of device %d holds", address, device);
    } else if (runner::in_kernel()) {
        report("signal %d at address %#zx in a kernel%s; %s", signal, address,
               runner::in_stack_wall(address) ? " (its stack of local memory is full)" : "",
               runner::where().c_str());
    }
    const struct sigaction& old = before[signal];
    if (device < 0 && !runner::in_kernel() && (old.sa_flags & SA_SIGINFO) && old.sa_sigaction) {
        old.sa_sigaction(signal, info, machine);
        return;
    }
    if (device < 0 && !runner::in_kernel() && old.sa_handler != SIG_DFL && old.sa_handler != SIG_IGN && old.sa_handler) {
        old.sa_handler(signal);
        return;
    }
    // The instruction runs again and dies of the signal, where a debugger or a core file shows it.
    struct sigaction plain {};
    plain.sa_handler = SIG_DFL;
    sigaction(signal, &plain, nullptr);
}

}  // namespace

void open() {
    std::lock_guard<std::mutex> hold(mutex);
    if (opened++ == 0 && settings().guard) protect(PROT_READ | PROT_WRITE);
}

void close() {
    std::lock_guard<std::mutex> hold(mutex);
    if (--opened == 0 && settings().guard) protect(PROT_NONE);
}

void grow(int device, uintptr_t base, uintptr_t end) {
    std::lock_guard<std::mutex> hold(mutex);
    // Steps of 2 MiB: few mappings, and large pages where the system has them.
    constexpr uintptr_t STEP = uintptr_t{2} << 20;
    const auto& a = device_memory::arena(device);
    uintptr_t limit = base + (end - base + STEP - 1) / STEP * STEP;
    if (limit > a.base + a.size) limit = a.base + a.size;
    if (limit <= ranges[device].end) return;
    ranges[device] = {base, limit};
    if (opened || !settings().guard) protect(PROT_READ | PROT_WRITE);
}

void watch() {
    for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
        struct sigaction action {};
        action.sa_sigaction = fault;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK;
        sigaction(signal, &action, &before[signal]);
    }
}

}  // namespace guard
