#include "function.h"

#include <algorithm>
#include <climits>

namespace function {

Function& find(CUfunction handle) {
    for (Context* c : driver::contexts())
        for (auto& m : c->modules)
            for (auto& f : m.second->functions)
                if (f.second.get() == handle) return *handle;
    driver::refuse(CUDA_ERROR_INVALID_HANDLE);
}

int static_shared(const Function& f) { return static_cast<int>(std::min<size_t>(f.module->memory.shared_bytes, 48 << 10)); }

int dynamic_shared(const Function& f) { return f.dynamic_limit >= 0 ? f.dynamic_limit : (48 << 10) - static_shared(f); }

namespace {

int blocks_per_multiprocessor(const Function& f, int threads, size_t dynamic) {
    driver::require(threads > 0);
    if (threads > MOST_THREADS) return 0;
    int by_threads = 2048 / ((threads + 31) / 32 * 32);
    size_t shared = dynamic + static_cast<size_t>(static_shared(f)) + 1024;
    return std::min({32, by_threads, static_cast<int>((228u << 10) / shared)});
}

}  // namespace
}  // namespace function

using namespace function;

CUDA_API CUresult cuFuncGetAttribute(int* value, unsigned attribute, CUfunction handle) {
    return driver::enter_context([&](Lock&, Context&) {
        Function& f = function::find(handle);
        driver::require(value);
        switch (attribute) {
            case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK: *value = MOST_THREADS; break;
            case CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES: *value = static_shared(f); break;
            case CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES: case CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES: *value = 0; break;
            case CU_FUNC_ATTRIBUTE_NUM_REGS: *value = 32; break;
            case CU_FUNC_ATTRIBUTE_PTX_VERSION: case CU_FUNC_ATTRIBUTE_BINARY_VERSION: *value = 90; break;
            case CU_FUNC_ATTRIBUTE_CACHE_MODE_CA: *value = 0; break;
            case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES: *value = dynamic_shared(f); break;
            case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT: *value = f.carveout; break;
            default: driver::refuse(CUDA_ERROR_INVALID_VALUE);
        }
    });
}

CUDA_API CUresult cuFuncSetAttribute(CUfunction handle, unsigned attribute, int value) {
    return driver::enter_context([&](Lock&, Context&) {
        Function& f = function::find(handle);
        if (attribute == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES) {
            driver::require(value >= 0 && value + static_shared(f) <= MOST_SHARED);
            f.dynamic_limit = value;
        } else if (attribute == CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT) {
            driver::require(value >= -1 && value <= 100);
            f.carveout = value;
        } else {
            driver::refuse(CUDA_ERROR_INVALID_VALUE);
        }
    });
}

CUDA_API CUresult cuFuncSetCacheConfig(CUfunction handle, unsigned) {
    return driver::enter_context([&](Lock&, Context&) { function::find(handle); });
}

CUDA_API CUresult cuFuncGetModule(CUmodule* out, CUfunction handle) {
    return driver::enter_context([&](Lock&, Context&) {
        driver::require(out);
        *out = function::find(handle).module;
    });
}

CUDA_API CUresult cuFuncGetName(const char** out, CUfunction handle) {
    return driver::enter_context([&](Lock&, Context&) {
        driver::require(out);
        *out = function::find(handle).name.c_str();
    });
}

CUDA_API CUresult cuFuncGetParamInfo(CUfunction handle, size_t index, size_t* offset, size_t* size) {
    return driver::enter_context([&](Lock&, Context&) {
        const standin_kernel& k = *function::find(handle).kernel;
        driver::require(index < k.parameters && offset);
        size_t at = 0;
        for (size_t i = 0; i <= index; ++i) {
            at = (at + k.alignments[i] - 1) / k.alignments[i] * k.alignments[i];
            *offset = at;
            at += k.sizes[i];
        }
        if (size) *size = k.sizes[index];
    });
}

CUDA_API CUresult cuFuncGetParamCount(CUfunction handle, size_t* count) {
    return driver::enter_context([&](Lock&, Context&) {
        driver::require(count);
        *count = function::find(handle).kernel->parameters;
    });
}

CUDA_API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* out, CUfunction handle, int threads,
                                                                       size_t dynamic, unsigned) {
    return driver::enter_context([&](Lock&, Context&) {
        driver::require(out);
        *out = blocks_per_multiprocessor(function::find(handle), threads, dynamic);
    });
}
CUDA_API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* out, CUfunction handle, int threads, size_t dynamic) {
    return cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(out, handle, threads, dynamic, 0);
}

CUDA_API CUresult cuOccupancyMaxPotentialBlockSizeWithFlags(int* grid, int* block, CUfunction handle,
                                                            size_t (*dynamic_of)(int), size_t dynamic, int limit, unsigned) {
    return driver::enter_context([&](Lock&, Context&) {
        Function& f = function::find(handle);
        driver::require(grid && block);
        int most = limit > 0 ? std::min(limit, MOST_THREADS) : MOST_THREADS, best = 0;
        for (int threads = most; threads > 0; threads = (threads - 1) / 32 * 32) {
            int here = threads * blocks_per_multiprocessor(f, threads, dynamic_of ? dynamic_of(threads) : dynamic);
            if (here <= best) continue;
            best = here;
            *block = threads;
            *grid = 4 * here / threads;
        }
        driver::require(best > 0);
    });
}
CUDA_API CUresult cuOccupancyMaxPotentialBlockSize(int* grid, int* block, CUfunction handle, size_t (*dynamic_of)(int),
                                                   size_t dynamic, int limit) {
    return cuOccupancyMaxPotentialBlockSizeWithFlags(grid, block, handle, dynamic_of, dynamic, limit, 0);
}

CUDA_API CUresult cuOccupancyAvailableDynamicSMemPerBlock(size_t* out, CUfunction handle, int blocks, int threads) {
    return driver::enter_context([&](Lock&, Context&) {
        Function& f = function::find(handle);
        driver::require(out && blocks > 0 && threads > 0);
        size_t each = (228u << 10) / static_cast<unsigned>(blocks), taken = 1024u + static_cast<size_t>(static_shared(f));
        *out = each > taken ? std::min<size_t>(each - taken, MOST_SHARED) : 0;
    });
}
