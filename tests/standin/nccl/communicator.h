// A communicator of one rank, and the operations that wait for their turn on its stream.
#pragma once
#include <atomic>
#include <string>

#include "segment.h"

struct Communicator {
    int rank = 0, size = 0, device = 0;
    void* context = nullptr;                    // CUDA context of its operations
    std::string name;                           // of its shared memory
    uint64_t splits = 0;
    std::shared_ptr<nccl::Segment> segment;
    std::atomic<int> error{ncclSuccess};        // what ncclCommGetAsyncError tells
    std::atomic<bool> aborted{false}, destroyed{false};
    std::atomic<uint64_t> asked{0}, done{0};    // operations, in the order of the calls
};

namespace nccl {

// The live communicator of a handle, or null.
std::shared_ptr<Communicator> find(ncclComm_t handle);
ncclResult_t note(ncclResult_t result, const std::string& message);    // keeps what ncclGetLastError tells

}  // namespace nccl
