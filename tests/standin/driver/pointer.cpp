// What the program can ask about an address.
#include <vector>

#include "device_memory.h"
#include "host_memory.h"
#include "lock.h"

namespace {

// An address that CUDA does not know has no attributes; in a list of attributes it leaves zeros.
bool write(void* out, CUpointer_attribute which, CUdeviceptr pointer) {
    Allocation a;
    HostRange r;
    bool device = device_memory::find(pointer, a), host = !device && host_memory::find(pointer, r);
    if (!device && !host) return false;
    auto context = static_cast<Context*>(const_cast<void*>(device ? a.owner : r.owner));
    switch (which) {
        case CU_POINTER_ATTRIBUTE_CONTEXT: *static_cast<CUcontext*>(out) = device && a.pool ? nullptr : context; return true;
        case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
            *static_cast<unsigned*>(out) = device ? CU_MEMORYTYPE_DEVICE : CU_MEMORYTYPE_HOST;
            return true;
        case CU_POINTER_ATTRIBUTE_DEVICE_POINTER: *static_cast<CUdeviceptr*>(out) = pointer; return true;
        case CU_POINTER_ATTRIBUTE_HOST_POINTER:
            if (device) return false;
            *static_cast<CUdeviceptr*>(out) = pointer;
            return true;
        case CU_POINTER_ATTRIBUTE_SYNC_MEMOPS: *static_cast<unsigned*>(out) = 0; return true;
        case CU_POINTER_ATTRIBUTE_BUFFER_ID: *static_cast<unsigned long long*>(out) = device ? a.id : r.base; return true;
        case CU_POINTER_ATTRIBUTE_IS_MANAGED: *static_cast<unsigned*>(out) = 0; return true;
        case CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE: *static_cast<unsigned*>(out) = 0; return true;
        case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL: *static_cast<int*>(out) = device ? a.device : context->device; return true;
        case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR: *static_cast<CUdeviceptr*>(out) = device ? a.base : r.base; return true;
        case CU_POINTER_ATTRIBUTE_RANGE_SIZE: *static_cast<size_t*>(out) = device ? a.size : r.size; return true;
        case CU_POINTER_ATTRIBUTE_MAPPED: *static_cast<unsigned*>(out) = 1; return true;
        case CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE:
            *static_cast<CUmemoryPool*>(out) = device ? static_cast<Pool*>(a.pool) : nullptr;
            return true;
        default: driver::refuse(CUDA_ERROR_NOT_SUPPORTED);
    }
}

}  // namespace

CUDA_API CUresult cuPointerGetAttribute(void* out, CUpointer_attribute which, CUdeviceptr pointer) {
    return driver::enter_context([&](Lock&, Context&) { driver::require(out && write(out, which, pointer)); });
}

CUDA_API CUresult cuPointerGetAttributes(unsigned count, CUpointer_attribute* which, void** out, CUdeviceptr pointer) {
    return driver::enter_context([&](Lock&, Context&) {
        driver::require(which && out);
        for (unsigned i = 0; i < count; ++i) {
            if (write(out[i], which[i], pointer)) continue;
            bool wide = which[i] == CU_POINTER_ATTRIBUTE_CONTEXT || which[i] == CU_POINTER_ATTRIBUTE_DEVICE_POINTER ||
                        which[i] == CU_POINTER_ATTRIBUTE_HOST_POINTER || which[i] == CU_POINTER_ATTRIBUTE_BUFFER_ID ||
                        which[i] == CU_POINTER_ATTRIBUTE_RANGE_START_ADDR || which[i] == CU_POINTER_ATTRIBUTE_RANGE_SIZE;
            if (wide) *static_cast<uint64_t*>(out[i]) = 0;
            else *static_cast<unsigned*>(out[i]) = which[i] == CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL ? ~0u - 1 : 0;
        }
    });
}

CUDA_API CUresult cuPointerSetAttribute(const void*, CUpointer_attribute, CUdeviceptr) {
    return driver::enter_context([](Lock&, Context&) {});
}
