// One host thread that runs blocks: its fibres, the state of the block's threads, barriers and warp operations.
#pragma once
#include <atomic>
#include <memory>
#include <random>
#include <vector>

#include "fibre.h"
#include "runner.h"

struct GridState {                     // shared by the host threads that run one launch
    explicit GridState(const Launch& launch)
        : launch(launch), blocks(uint64_t{launch.grid.x} * launch.grid.y * launch.grid.z) {}
    const Launch& launch;
    const uint64_t blocks;
    std::atomic<uint64_t> next_block{0};
    std::atomic<unsigned> failure{CUDA_SUCCESS};
    std::vector<uint32_t> shuffled;    // for STANDIN_ORDER=random
};

enum class Wait : uint8_t { None, Barrier, Warp, Gone };

struct BlockThread {
    int fibre = -1;
    Wait wait = Wait::None;
    uint8_t kind = 0;                  // of the barrier or warp operation
    uint8_t source = 0;                // lane that a shuffle reads
    uint32_t mask = 0;                 // lanes that take part
    uint64_t value = 0;                // in: what the lane brings; out: what it gets
};

class BlockRunner {
public:
    BlockRunner() = default;
    BlockRunner(const BlockRunner&) = delete;
    ~BlockRunner();                    // with the host thread that it belongs to
    void run(GridState& grid);         // takes blocks until none is left or the launch has failed
    bool next_thread();                // called on a fibre: the next CUDA thread that it should run
    int barrier(int kind, int predicate);
    uint64_t warp(int kind, uint32_t mask, uint64_t value, int source);
    uint32_t active() const;           // lanes of the running thread's warp that have not left the kernel
    [[noreturn]] void fail(CUresult error);
    void check(uintptr_t address, size_t bytes, bool write);
    std::string where() const;
    bool in_stack_wall(uintptr_t address) const;

private:
    static void fibre_entry();
    void run_block();
    bool next_block();
    void set_thread(unsigned index);
    void resume(unsigned thread);
    void start_fibre();
    void leave();                      // the running thread has returned from the kernel
    void suspend();
    void wake(unsigned thread) { ready_.push_back(thread); }
    void try_warp(unsigned warp);
    void report_deadlock();
    [[noreturn]] void illegal(uintptr_t address, size_t bytes, bool write, CUresult error);
    void use_fibre(int fibre);

    GridState* grid_ = nullptr;
    const Launch* launch_ = nullptr;
    fibre::Place scheduler_;
    std::vector<char*> stacks_;
    std::vector<std::unique_ptr<fibre::Place>> places_;
    std::vector<int> idle_;
    std::vector<BlockThread> threads_;
    std::vector<unsigned> ready_;
    size_t ready_at_ = 0;
    unsigned count_ = 0, started_ = 0, gone_ = 0;
    int current_ = -1;                 // running thread
    int fibre_ = -1;                   // running fibre
    bool block_open_ = false, finished_ = false;
    unsigned at_barrier_ = 0;
    int barrier_kind_ = 0;
    unsigned barrier_sum_ = 0, barrier_result_ = 0;
    std::vector<unsigned> warp_waiting_, warp_live_;
    std::vector<char> dynamic_, shared_copy_;
    std::vector<unsigned> order_;
    std::minstd_rand random_{12345};
};

BlockRunner& block_runner();           // of the calling host thread
