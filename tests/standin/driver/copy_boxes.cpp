// The entry points of copies of planes and boxes.
#include "copy.h"

using copy::Box;
using copy::Side;

namespace {

Box box(CUmemorytype type, const void* host, CUdeviceptr device, size_t pitch, size_t rows, size_t x, size_t y, size_t z,
        size_t width, size_t height) {
    if (pitch == 0) pitch = width;
    if (rows == 0) rows = height;
    driver::require(type != CU_MEMORYTYPE_ARRAY, CUDA_ERROR_NOT_SUPPORTED);
    driver::require(type >= CU_MEMORYTYPE_HOST && type <= CU_MEMORYTYPE_UNIFIED && pitch >= x + width);
    uintptr_t base = type == CU_MEMORYTYPE_HOST ? reinterpret_cast<uintptr_t>(host) : static_cast<uintptr_t>(device);
    Side side = type == CU_MEMORYTYPE_UNIFIED ? copy::side_of(base) : type == CU_MEMORYTYPE_HOST ? Side::Host : Side::Device;
    return {side, base + (z * rows + y) * pitch + x, pitch, pitch * rows};
}

bool to_host_or_from(const Box& to, const Box& from) { return to.side == Side::Host || from.side == Side::Host; }

CUresult planes(const CUDA_MEMCPY2D* p, bool blocking, CUstream stream) {
    return driver::enter_context([&](Lock& lock, Context& c) {
        driver::require(p);
        Box from = box(p->srcMemoryType, p->srcHost, p->srcDevice, p->srcPitch, 0, p->srcXInBytes, p->srcY, 0,
                       p->WidthInBytes, p->Height);
        Box to = box(p->dstMemoryType, p->dstHost, p->dstDevice, p->dstPitch, 0, p->dstXInBytes, p->dstY, 0,
                     p->WidthInBytes, p->Height);
        copy::enqueue(lock, c, to, from, {p->WidthInBytes, p->Height, 1}, blocking && to_host_or_from(to, from), stream);
    });
}

CUresult boxes(const CUDA_MEMCPY3D* p, bool blocking, CUstream stream) {
    return driver::enter_context([&](Lock& lock, Context& c) {
        driver::require(p && p->srcLOD == 0 && p->dstLOD == 0);
        Box from = box(p->srcMemoryType, p->srcHost, p->srcDevice, p->srcPitch, p->srcHeight, p->srcXInBytes, p->srcY,
                       p->srcZ, p->WidthInBytes, p->Height);
        Box to = box(p->dstMemoryType, p->dstHost, p->dstDevice, p->dstPitch, p->dstHeight, p->dstXInBytes, p->dstY,
                     p->dstZ, p->WidthInBytes, p->Height);
        copy::enqueue(lock, c, to, from, {p->WidthInBytes, p->Height, p->Depth}, blocking && to_host_or_from(to, from),
                      stream);
    });
}

}  // namespace

CUDA_API CUresult cuMemcpy2D_v2(const CUDA_MEMCPY2D* p) { return planes(p, true, nullptr); }
CUDA_API CUresult cuMemcpy2DUnaligned_v2(const CUDA_MEMCPY2D* p) { return planes(p, true, nullptr); }
CUDA_API CUresult cuMemcpy2DAsync_v2(const CUDA_MEMCPY2D* p, CUstream stream) { return planes(p, false, stream); }
CUDA_API CUresult cuMemcpy3D_v2(const CUDA_MEMCPY3D* p) { return boxes(p, true, nullptr); }
CUDA_API CUresult cuMemcpy3DAsync_v2(const CUDA_MEMCPY3D* p, CUstream stream) { return boxes(p, false, stream); }
CUDA_API CUresult cuMemcpy3DPeer(const CUDA_MEMCPY3D* p) { return boxes(p, true, nullptr); }
CUDA_API CUresult cuMemcpy3DPeerAsync(const CUDA_MEMCPY3D* p, CUstream stream) { return boxes(p, false, stream); }
