// The few functions of the stand-in driver that the stand-in of NCCL calls.
#pragma once
#include "../abi/standin.h"

extern "C" int cuCtxGetDevice(int* device);

namespace nccl {

inline int current_device() {
    int device = -1;
    return cuCtxGetDevice(&device) == 0 ? device : -1;
}

}  // namespace nccl
