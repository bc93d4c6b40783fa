// Access of one device to the memory of another: every pair can have it, and must ask for it.
#include "lock.h"
#include "settings.h"

namespace {

bool is_device(CUdevice d) { return d >= 0 && d < settings().devices; }

}  // namespace

CUDA_API CUresult cuDeviceCanAccessPeer(int* can, CUdevice device, CUdevice peer) {
    return driver::enter([&](Lock&) {
        driver::require(can);
        driver::require(is_device(device) && is_device(peer), CUDA_ERROR_INVALID_DEVICE);
        *can = device != peer;
    });
}

CUDA_API CUresult cuDeviceGetP2PAttribute(int* value, unsigned attribute, CUdevice device, CUdevice peer) {
    return driver::enter([&](Lock&) {
        driver::require(value && attribute >= 1 && attribute <= 4 && device != peer);
        driver::require(is_device(device) && is_device(peer), CUDA_ERROR_INVALID_DEVICE);
        *value = attribute == 2 || attribute == 3;
    });
}

CUDA_API CUresult cuCtxEnablePeerAccess(CUcontext peer, unsigned flags) {
    return driver::enter_context([&](Lock&, Context& c) {
        driver::require(flags == 0);
        driver::require(peer && driver::alive(peer), CUDA_ERROR_INVALID_CONTEXT);
        driver::require(peer->device != c.device, CUDA_ERROR_PEER_ACCESS_UNSUPPORTED);
        driver::require(c.peers.insert(peer).second, CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED);
    });
}

CUDA_API CUresult cuCtxDisablePeerAccess(CUcontext peer) {
    return driver::enter_context([&](Lock&, Context& c) {
        driver::require(c.peers.erase(peer) == 1, CUDA_ERROR_PEER_ACCESS_NOT_ENABLED);
    });
}
