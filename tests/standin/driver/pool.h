// Allocation within the bytes of a device, and the stream-ordered pools.
#pragma once
#include "lock.h"

namespace pool {

// Addresses for bytes, not usable yet. When the device is full, pending work (which may free) is done first.
// Throws OUT_OF_MEMORY. pool: null for cuMemAlloc.
CUdeviceptr reserve(Lock& lock, Context& context, size_t bytes, Pool* pool);
void free(CUdeviceptr pointer);        // throws INVALID_VALUE if it is not the start of an allocation

void free_all(const Context* context); // everything that was allocated in the context

}  // namespace pool
