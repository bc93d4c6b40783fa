#include "block.h"

#include <algorithm>
#include <cstring>

#include "device_memory.h"
#include "report.h"
#include "settings.h"

__thread standin_thread_state standin_thread;

BlockRunner& block_runner() {
    static thread_local BlockRunner runner;
    return runner;
}

BlockRunner::~BlockRunner() {
    for (char* stack : stacks_) fibre::free_stack(stack);
}

void BlockRunner::run(GridState& grid) {
    grid_ = &grid;
    launch_ = &grid.launch;
    const Launch& l = *launch_;
    count_ = l.block.x * l.block.y * l.block.z;
    threads_.assign(count_, BlockThread{});
    warp_waiting_.assign((count_ + 31) / 32, 0);
    warp_live_.assign((count_ + 31) / 32, 0);
    order_.resize(count_);
    for (unsigned i = 0; i < count_; ++i) order_[i] = settings().order == 1 ? count_ - 1 - i : i;
    dynamic_.resize(l.dynamic_shared + 16);
    auto& t = standin_thread;
    const auto& arena = device_memory::arena(l.device);
    t = standin_thread_state{};
    t.runner = this;
    t.block_dim = l.block;
    t.grid_dim = l.grid;
    t.arena = arena.base;
    t.arena_size = arena.size;
    t.shadow = arena.shadow;
    t.dynamic_shared = reinterpret_cast<void*>((reinterpret_cast<uintptr_t>(dynamic_.data()) + 15) / 16 * 16);
    if (!l.memory->shared.empty()) {
        shared_copy_.resize(l.memory->writable.end - l.memory->writable.begin + 64);
        uintptr_t copy = (reinterpret_cast<uintptr_t>(shared_copy_.data()) + 63) / 64 * 64;
        t.shared_offset = static_cast<ptrdiff_t>(copy - l.memory->writable.begin / 64 * 64);
    }
    block_open_ = false;
    finished_ = false;
    ready_.clear();
    ready_at_ = 0;
    idle_.clear();
    for (size_t f = 0; f < stacks_.size(); ++f) idle_.push_back(static_cast<int>(f));
    while (next_block()) {
        run_block();
        if (grid.failure != CUDA_SUCCESS) break;
    }
    current_ = fibre_ = -1;
    launch_ = nullptr;
}

// Opens the next block of the grid, unless one is open that has unfinished threads.
bool BlockRunner::next_block() {
    if (finished_ || grid_->failure != CUDA_SUCCESS) return false;
    uint64_t b = grid_->next_block++;
    if (b >= grid_->blocks) {
        finished_ = true;
        return false;
    }
    if (settings().order == 1) b = grid_->blocks - 1 - b;
    if (!grid_->shuffled.empty()) b = grid_->shuffled[b];
    const standin_index& g = launch_->grid;
    standin_thread.block = {static_cast<unsigned>(b % g.x), static_cast<unsigned>(b / g.x % g.y),
                            static_cast<unsigned>(b / g.x / g.y)};
    started_ = gone_ = at_barrier_ = 0;
    for (size_t w = 0; w < warp_live_.size(); ++w) {
        unsigned lanes = std::min(32u, count_ - static_cast<unsigned>(w) * 32);
        warp_live_[w] = lanes == 32 ? ~0u : (1u << lanes) - 1;
        warp_waiting_[w] = 0;
    }
    // Shared memory begins as garbage: a NaN, so that what an earlier block left there cannot be taken for a value.
    if (launch_->dynamic_shared) std::memset(standin_thread.dynamic_shared, 0xff, launch_->dynamic_shared);
    for (const auto& r : launch_->memory->shared)
        std::memset(reinterpret_cast<void*>(r.begin + standin_thread.shared_offset), 0xff, r.end - r.begin);
    if (settings().order == 2) std::shuffle(order_.begin(), order_.end(), random_);
    block_open_ = true;
    return true;
}

void BlockRunner::run_block() {
    while (grid_->failure == CUDA_SUCCESS) {
        if (ready_at_ < ready_.size()) {
            unsigned next = ready_[ready_at_++];
            if (ready_at_ == ready_.size()) {
                ready_.clear();
                ready_at_ = 0;
            }
            resume(next);
        } else if (started_ < count_) {
            start_fibre();
        } else if (gone_ == count_) {
            return;
        } else {
            report_deadlock();
            return;
        }
    }
}

void BlockRunner::set_thread(unsigned index) {
    current_ = static_cast<int>(index);
    const standin_index& d = launch_->block;
    auto& t = standin_thread.thread;
    if (d.y == 1 && d.z == 1) {
        t = {index, 0, 0};
    } else {
        t = {index % d.x, index / d.x % d.y, index / (d.x * d.y)};
    }
}

void BlockRunner::use_fibre(int fibre) {
    fibre_ = fibre;
    standin_thread.stack = reinterpret_cast<uintptr_t>(stacks_[fibre]);
    standin_thread.stack_size = fibre::STACK;
}

void BlockRunner::resume(unsigned thread) {
    set_thread(thread);
    threads_[thread].wait = Wait::None;
    use_fibre(threads_[thread].fibre);
    fibre::change(scheduler_, *places_[fibre_]);
}

void BlockRunner::start_fibre() {
    if (idle_.empty()) {
        idle_.push_back(static_cast<int>(stacks_.size()));
        stacks_.push_back(fibre::allocate_stack());
        places_.push_back(std::make_unique<fibre::Place>());
    }
    int f = idle_.back();
    idle_.pop_back();
    fibre::prepare(*places_[f], stacks_[f], fibre_entry);
    current_ = -1;
    use_fibre(f);
    fibre::change(scheduler_, *places_[f]);
}

void BlockRunner::fibre_entry() {
    BlockRunner& r = block_runner();
    r.launch_->kernel->run(r.launch_->parameters);
    r.idle_.push_back(r.fibre_);
    r.suspend();
    __builtin_unreachable();
}

void BlockRunner::suspend() {
    // What lies below the stack pointer is garbage once the scheduler runs another thread of this fibre's host thread.
    fibre::change(*places_[fibre_], scheduler_);
}

// A fibre that has run a thread to its end goes on with the next one itself, also of the next block, as long as no
// other thread of the block is ready to go on: kernels without barriers never change fibres.
bool BlockRunner::next_thread() {
    if (current_ >= 0) leave();
    if (ready_at_ < ready_.size()) return false;
    if (started_ == count_) {
        if (gone_ != count_ || !next_block()) return false;
    }
    unsigned index = order_[started_++];
    BlockThread& t = threads_[index];
    t.fibre = fibre_;
    t.wait = Wait::None;
    set_thread(index);
    return true;
}

std::string BlockRunner::where() const {
    char text[300];
    const auto& t = standin_thread;
    std::snprintf(text, sizeof text, "kernel %.120s, block (%u,%u,%u), thread (%u,%u,%u)",
                  launch_ ? launch_->name : "?", t.block.x, t.block.y, t.block.z, t.thread.x, t.thread.y, t.thread.z);
    return text;
}

bool BlockRunner::in_stack_wall(uintptr_t address) const {
    return launch_ && fibre_ >= 0 && address - (standin_thread.stack - fibre::WALL) < fibre::WALL;
}

// Ends the launch: the scheduler sees the failure and resumes no thread again.
void BlockRunner::fail(CUresult error) {
    unsigned none = CUDA_SUCCESS;
    grid_->failure.compare_exchange_strong(none, error);
    current_ = -1;
    suspend();
    __builtin_unreachable();
}
