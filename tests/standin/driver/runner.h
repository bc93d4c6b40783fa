// Runs kernels: blocks one after another on each host thread, the threads of a block one after another until one waits
// at a barrier or in a warp operation; from then on as fibres.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../abi/cuda_abi.h"
#include "../abi/kernel_entry.h"
#include "../abi/thread_state.h"

// Addresses of a loaded module that kernels may or may not use.
struct ModuleMemory {
    struct Range { uintptr_t begin, end; };
    Range image{};                 // all of it
    Range writable{};              // its variables; each host thread has an own copy of the __shared__ ones among them
    std::vector<Range> shared;     // the __shared__ variables, without their walls
    std::vector<Range> walls;      // sorted: bytes behind variables that nothing may touch
    bool blocks_share = false;     // it has __shared__ variables that exist only once: one block at a time
    size_t shared_bytes = 0;
};

struct Launch {
    const char* name;
    const standin_kernel* kernel;
    const ModuleMemory* memory;
    standin_index grid, block;
    size_t dynamic_shared;
    int device;
    std::vector<int> peers;        // devices whose memory the kernel may use as well
    void** parameters;
};

namespace runner {

CUresult run(const Launch& launch);        // CUDA_SUCCESS or the sticky error
bool in_kernel();                          // the calling host thread runs a CUDA thread
bool in_stack_wall(uintptr_t address);
std::string where();                       // "kernel k, block (0,0,0), thread (1,0,0)"

}  // namespace runner
