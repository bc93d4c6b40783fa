// The entry points of copies of one row.
#include "copy.h"

using copy::Side;

namespace {

CUresult linear(Side to_side, uintptr_t to, Side from_side, uintptr_t from, size_t bytes, bool blocking, CUstream stream) {
    return driver::enter_context([&](Lock& lock, Context& c) {
        copy::enqueue(lock, c, {to_side, to, bytes, bytes}, {from_side, from, bytes, bytes}, {bytes, 1, 1}, blocking, stream);
    });
}

uintptr_t host(const void* p) { return reinterpret_cast<uintptr_t>(p); }

}  // namespace

CUDA_API CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t bytes) {
    return linear(Side::Device, to, Side::Host, host(from), bytes, true, nullptr);
}
CUDA_API CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t bytes) {
    return linear(Side::Host, host(to), Side::Device, from, bytes, true, nullptr);
}
CUDA_API CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
    // Copies within a device do not make the host wait.
    return linear(Side::Device, to, Side::Device, from, bytes, false, nullptr);
}
CUDA_API CUresult cuMemcpy(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
    Side a = copy::side_of(to), b = copy::side_of(from);
    return linear(a, to, b, from, bytes, a == Side::Host || b == Side::Host, nullptr);
}
CUDA_API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
    return linear(Side::Device, to, Side::Host, host(from), bytes, false, stream);
}
CUDA_API CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
    return linear(Side::Host, host(to), Side::Device, from, bytes, false, stream);
}
CUDA_API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
    return linear(Side::Device, to, Side::Device, from, bytes, false, stream);
}
CUDA_API CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
    return linear(copy::side_of(to), to, copy::side_of(from), from, bytes, false, stream);
}
CUDA_API CUresult cuMemcpyPeer(CUdeviceptr to, CUcontext, CUdeviceptr from, CUcontext, size_t bytes) {
    return linear(Side::Device, to, Side::Device, from, bytes, false, nullptr);
}
CUDA_API CUresult cuMemcpyPeerAsync(CUdeviceptr to, CUcontext, CUdeviceptr from, CUcontext, size_t bytes, CUstream stream) {
    return linear(Side::Device, to, Side::Device, from, bytes, false, stream);
}
