// The entry points of the driver by name, and what the stand-ins of NCCL, cuBLAS and cuFFT use.
#include <cstring>
#include <dlfcn.h>
#include <string>

#include "../abi/standin.h"
#include "device_memory.h"
#include "guard.h"
#include "order.h"
#include "statistics.h"

CUDA_API CUresult cuGetProcAddress_v2(const char* name, void** out, int, uint64_t, unsigned* status) {
    if (!name || !out) return CUDA_ERROR_INVALID_VALUE;
    static void* self = [] {
        Dl_info info;
        return dladdr(reinterpret_cast<void*>(&cuGetProcAddress_v2), &info) ? dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD)
                                                                            : nullptr;
    }();
    // The newest of the names by which the driver exports the function.
    *out = nullptr;
    for (const char* suffix : {"_v4", "_v3", "_v2", ""})
        if ((*out = dlsym(self, (std::string(name) + suffix).c_str()))) break;
    if (status) *status = *out ? 0 : 1;
    return *out ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}
CUDA_API CUresult cuGetProcAddress(const char* name, void** out, int version, uint64_t flags) {
    return cuGetProcAddress_v2(name, out, version, flags, nullptr);
}

CUDA_API CUresult cuProfilerStart() { return CUDA_SUCCESS; }
CUDA_API CUresult cuProfilerStop() { return CUDA_SUCCESS; }

CUDA_API int standin_enqueue(void* stream, const char* name, int (*fn)(void*), void* argument, void (*release)(void*),
                             int may_wait) {
    return static_cast<int>(driver::enter_context([&](Lock& lock, Context& c) {
        auto s = order::stream(c, static_cast<CUstream>(stream));
        auto held = std::shared_ptr<void>(argument, [release](void* a) { if (release) release(a); });
        order::enqueue(lock, s, {name, [fn, held] {
            ++statistics::counters.library_calls;
            return static_cast<CUresult>(fn(held.get()));
        }, true, may_wait != 0});
    }));
}

CUDA_API int standin_check_device(const void* pointer, size_t bytes) {
    return device_memory::usable(reinterpret_cast<uintptr_t>(pointer), bytes) ? 0 : 1;
}

CUDA_API void standin_open() { guard::open(); }
CUDA_API void standin_close() { guard::close(); }
