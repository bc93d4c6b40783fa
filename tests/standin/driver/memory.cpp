// Device memory and page-locked host memory: allocated, freed, asked about.
#include "context.h"
#include "device_memory.h"
#include "host_memory.h"
#include "order.h"
#include "pool.h"
#include "settings.h"

CUDA_API CUresult cuMemAlloc_v2(CUdeviceptr* out, size_t bytes) {
    return driver::enter_context([&](Lock& lock, Context& c) {
        driver::require(out && bytes > 0);
        order::forbid_capture(c);
        *out = pool::reserve(lock, c, bytes, nullptr);
        device_memory::activate(*out);
    });
}

CUDA_API CUresult cuMemAllocPitch_v2(CUdeviceptr* out, size_t* pitch, size_t width, size_t height, unsigned element) {
    if (!pitch || !width || !height || (element != 4 && element != 8 && element != 16)) return CUDA_ERROR_INVALID_VALUE;
    *pitch = (width + 511) / 512 * 512;
    return cuMemAlloc_v2(out, *pitch * height);
}

// Frees at once: work that is still pending and uses the memory fails when it is done.
CUDA_API CUresult cuMemFree_v2(CUdeviceptr pointer) {
    return driver::enter_context([&](Lock&, Context& c) {
        if (!pointer) return;
        order::forbid_capture(c);
        pool::free(pointer);
    });
}

// Memory that moves between host and device by itself is not stood in for.
CUDA_API CUresult cuMemAllocManaged(CUdeviceptr*, size_t, unsigned) { return CUDA_ERROR_NOT_SUPPORTED; }

CUDA_API CUresult cuMemGetInfo_v2(size_t* free, size_t* total) {
    return driver::enter_context([&](Lock&, Context& c) {
        driver::require(free && total);
        size_t used;
        device_memory::used(c.device, used);
        *total = settings().memory;
        *free = settings().memory - used;
    });
}

CUDA_API CUresult cuMemGetAddressRange_v2(CUdeviceptr* base, size_t* size, CUdeviceptr pointer) {
    return driver::enter_context([&](Lock&, Context&) {
        Allocation a;
        driver::require(device_memory::find(pointer, a), CUDA_ERROR_NOT_FOUND);
        if (base) *base = a.base;
        if (size) *size = a.size;
    });
}

CUDA_API CUresult cuMemHostAlloc(void** out, size_t bytes, unsigned flags) {
    return driver::enter_context([&](Lock&, Context& c) {
        driver::require(out && bytes > 0 && flags < 8);
        order::forbid_capture(c);
        *out = host_memory::allocate(bytes, flags, &c);
        driver::require(*out, CUDA_ERROR_OUT_OF_MEMORY);
    });
}
CUDA_API CUresult cuMemAllocHost_v2(void** out, size_t bytes) { return cuMemHostAlloc(out, bytes, 0); }

CUDA_API CUresult cuMemFreeHost(void* pointer) {
    return driver::enter_context([&](Lock&, Context& c) {
        if (!pointer) return;
        order::forbid_capture(c);
        driver::require(host_memory::remove(reinterpret_cast<uintptr_t>(pointer), true));
    });
}

CUDA_API CUresult cuMemHostRegister_v2(void* pointer, size_t bytes, unsigned flags) {
    return driver::enter_context([&](Lock&, Context& c) {
        auto base = reinterpret_cast<uintptr_t>(pointer);
        driver::require(pointer && bytes > 0 && device_memory::device_of(base) < 0);
        driver::require(host_memory::add(base, bytes, flags, &c), CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
    });
}

CUDA_API CUresult cuMemHostUnregister(void* pointer) {
    return driver::enter_context([&](Lock&, Context&) {
        driver::require(pointer);
        driver::require(host_memory::remove(reinterpret_cast<uintptr_t>(pointer), false),
                        CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
    });
}

CUDA_API CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr* out, void* pointer, unsigned flags) {
    return driver::enter_context([&](Lock&, Context&) {
        HostRange r;
        driver::require(out && flags == 0 && host_memory::find(reinterpret_cast<uintptr_t>(pointer), r));
        *out = reinterpret_cast<uintptr_t>(pointer);
    });
}

CUDA_API CUresult cuMemHostGetFlags(unsigned* flags, void* pointer) {
    return driver::enter_context([&](Lock&, Context&) {
        HostRange r;
        driver::require(flags && host_memory::find(reinterpret_cast<uintptr_t>(pointer), r));
        *flags = r.flags;
    });
}
