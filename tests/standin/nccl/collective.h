// One call of a collective operation or of Send and Recv, and how a list of them is done.
#pragma once
#include <vector>

#include "communicator.h"
#include "exchange.h"

namespace nccl {

struct Step {
    uint32_t kind;                 // Kind; a receive is SEND with receive = true
    bool receive;
    const void* from;
    void* to;
    size_t count;
    ncclDataType_t type;
    ncclRedOp_t op;
    int peer;                      // root, or the other rank
};

size_t type_bytes(ncclDataType_t type);        // 0: not supported

// Runs the steps of one rank. 0 or the CUresult of the stream.
int run(Communicator& c, const std::vector<Step>& steps);

}  // namespace nccl
