// Settings of a context: flags, limits, cache and priorities. They are kept and given back; only the range is checked.
#include "lock.h"

CUDA_API CUresult cuCtxGetFlags(unsigned* flags) {
    return driver::enter_context([&](Lock&, Context& c) {
        driver::require(flags);
        *flags = c.flags;
    });
}

CUDA_API CUresult cuCtxSetFlags(unsigned flags) {
    return driver::enter_context([&](Lock&, Context& c) { c.flags = flags; });
}

CUDA_API CUresult cuCtxGetLimit(size_t* value, unsigned limit) {
    return driver::enter_context([&](Lock&, Context& c) {
        driver::require(value && limit < 8);
        *value = c.limits[limit];
    });
}

CUDA_API CUresult cuCtxSetLimit(unsigned limit, size_t value) {
    return driver::enter_context([&](Lock&, Context& c) {
        driver::require(limit < 8);
        c.limits[limit] = value;
    });
}

CUDA_API CUresult cuCtxGetCacheConfig(unsigned* config) {
    return driver::enter_context([&](Lock&, Context&) {
        driver::require(config);
        *config = 0;
    });
}

CUDA_API CUresult cuCtxSetCacheConfig(unsigned) { return driver::enter_context([](Lock&, Context&) {}); }
CUDA_API CUresult cuCtxResetPersistingL2Cache() { return driver::enter_context([](Lock&, Context&) {}); }

CUDA_API CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest) {
    return driver::enter_context([&](Lock&, Context&) {
        if (least) *least = 0;
        if (greatest) *greatest = -5;
    });
}
