// The few functions of the stand-in driver that the stand-in of NCCL calls.
#pragma once
#include "../abi/standin.h"

extern "C" {
int cuCtxGetDevice(int* device);
int cuCtxGetCurrent(void** context);
int cuCtxPushCurrent_v2(void* context);
int cuCtxPopCurrent_v2(void** context);
int cuDevicePrimaryCtxRetain(void** context, int device);
}

namespace nccl {

inline int current_device() {
    int device = -1;
    return cuCtxGetDevice(&device) == 0 ? device : -1;
}

// The default stream is that of the communicator's context, whatever context is current.
struct InContext {
    bool in;
    explicit InContext(void* context) : in(cuCtxPushCurrent_v2(context) == 0) {}
    ~InContext() { if (in) cuCtxPopCurrent_v2(nullptr); }
    InContext(const InContext&) = delete;
    InContext& operator=(const InContext&) = delete;
};

}  // namespace nccl
