#include "runner.h"

#include <algorithm>
#include <csignal>
#include <mutex>
#include <random>
#include <sys/mman.h>
#include <thread>

#include "block.h"
#include "settings.h"
#include "statistics.h"

namespace runner {
namespace {

thread_local bool running;
std::mutex once;               // for modules whose __shared__ variables exist only once

// A full stack of local memory can be told only by a handler that has a stack of its own.
void provide_signal_stack() {
    static thread_local bool done;
    if (done) return;
    done = true;
    stack_t old{};
    if (sigaltstack(nullptr, &old) != 0 || !(old.ss_flags & SS_DISABLE)) return;
    constexpr size_t size = 64 << 10;
    void* at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return;
    stack_t own{};
    own.ss_sp = at;
    own.ss_size = size;
    sigaltstack(&own, nullptr);
}

void work(GridState& grid) {
    provide_signal_stack();
    running = true;
    block_runner().run(grid);
    running = false;
}

}  // namespace

bool in_kernel() { return running; }
bool in_stack_wall(uintptr_t address) { return running && block_runner().in_stack_wall(address); }
std::string where() { return running ? block_runner().where() : std::string(); }

CUresult run(const Launch& launch) {
    GridState grid(launch);
    if (settings().order == 2 && grid.blocks < (uint64_t{1} << 24)) {
        grid.shuffled.resize(grid.blocks);
        for (size_t i = 0; i < grid.blocks; ++i) grid.shuffled[i] = static_cast<uint32_t>(i);
        std::shuffle(grid.shuffled.begin(), grid.shuffled.end(), std::minstd_rand(4711));
    }
    std::unique_lock<std::mutex> hold(once, std::defer_lock);
    if (launch.memory->blocks_share) hold.lock();
    uint64_t threads = launch.memory->blocks_share ? 1 : std::min<uint64_t>(settings().threads, grid.blocks);
    std::vector<std::thread> others;
    for (uint64_t i = 1; i < threads; ++i) others.emplace_back([&grid] { work(grid); });
    work(grid);
    for (auto& t : others) t.join();
    ++statistics::counters.kernels;
    CUresult result = static_cast<CUresult>(grid.failure.load());
    if (result != CUDA_SUCCESS) ++statistics::counters.failures;
    return result;
}

}  // namespace runner
