// Calls between ncclGroupStart and ncclGroupEnd, which are done together.
#pragma once
#include <functional>

#include "collective.h"

namespace nccl {

// Runs a call that waits for other ranks now, or at the end of the group beside the others of the group.
ncclResult_t group_or_now(std::function<ncclResult_t()> call);

// Puts an operation on its stream now, or at the end of the group together with the others of its communicator.
ncclResult_t enqueue(ncclComm_t handle, void* stream, const Step& step);

}  // namespace nccl
