#include "handle.h"

#include <cstdio>
#include <memory>
#include <mutex>
#include <set>
#include <unistd.h>

extern "C" int cuCtxGetDevice(int* device);
extern "C" int cuStreamSynchronize(void* stream);

namespace cublas {
namespace {

std::mutex mutex;
std::set<cublasHandle_t>& handles() {
    static auto all = new std::set<cublasHandle_t>;
    return *all;
}

struct Call { const char* name; std::vector<Range> ranges; std::function<void()> body; };

int run(void* argument) {
    Call& c = *static_cast<Call*>(argument);
    for (const Range& r : c.ranges)
        if (r.bytes && standin_check_device(r.pointer, r.bytes) != 0) {
            char line[200];
            int n = std::snprintf(line, sizeof line, "stand-in cuBLAS: an operand of %s, %zu bytes at %p, is not within device "
                                  "memory that may be used now\n", c.name, r.bytes, r.pointer);
            if (write(2, line, static_cast<size_t>(n)) < 0) return 700;
            return 700;
        }
    c.body();
    return 0;
}

}  // namespace

bool known(cublasHandle_t handle) {
    std::lock_guard<std::mutex> hold(mutex);
    return handles().count(handle) != 0;
}

cublasStatus_t enqueue(cublasHandle_t handle, const char* name, std::vector<Range> ranges, std::function<void()> body) {
    auto call = new Call{name, std::move(ranges), std::move(body)};
    int failed = standin_enqueue(handle->stream, name, run, call, [](void* c) { delete static_cast<Call*>(c); }, 0);
    return failed ? CUBLAS_STATUS_EXECUTION_FAILED : CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t wait(cublasHandle_t handle) {
    return cuStreamSynchronize(handle->stream) == 0 ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}

}  // namespace cublas

using namespace cublas;

CUBLAS_API cublasStatus_t cublasCreate_v2(cublasHandle_t* out) {
    int device;
    if (!out) return CUBLAS_STATUS_INVALID_VALUE;
    if (cuCtxGetDevice(&device) != 0) return CUBLAS_STATUS_NOT_INITIALIZED;
    *out = new Handle;
    std::lock_guard<std::mutex> hold(mutex);
    handles().insert(*out);
    return CUBLAS_STATUS_SUCCESS;
}

CUBLAS_API cublasStatus_t cublasDestroy_v2(cublasHandle_t h) {
    if (!known(h)) return CUBLAS_STATUS_NOT_INITIALIZED;
    std::lock_guard<std::mutex> hold(mutex);
    handles().erase(h);
    delete h;
    return CUBLAS_STATUS_SUCCESS;
}

CUBLAS_API cublasStatus_t cublasGetVersion_v2(cublasHandle_t, int* version) {
    if (!version) return CUBLAS_STATUS_INVALID_VALUE;
    *version = 130000;
    return CUBLAS_STATUS_SUCCESS;
}

#define SETTING(Name, Type, member) \
    CUBLAS_API cublasStatus_t cublasSet##Name(cublasHandle_t h, Type v) { \
        if (!known(h)) return CUBLAS_STATUS_NOT_INITIALIZED; \
        h->member = v; \
        return CUBLAS_STATUS_SUCCESS; \
    } \
    CUBLAS_API cublasStatus_t cublasGet##Name(cublasHandle_t h, Type* v) { \
        if (!known(h)) return CUBLAS_STATUS_NOT_INITIALIZED; \
        if (!v) return CUBLAS_STATUS_INVALID_VALUE; \
        *v = h->member; \
        return CUBLAS_STATUS_SUCCESS; \
    }
SETTING(Stream_v2, void*, stream)
SETTING(PointerMode_v2, int, pointer_mode)
SETTING(MathMode, int, math_mode)
SETTING(AtomicsMode, int, atomics)

CUBLAS_API cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t h, void*, size_t) {
    return known(h) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_INITIALIZED;
}

CUBLAS_API const char* cublasGetStatusName(cublasStatus_t s) {
    switch (s) {
        case CUBLAS_STATUS_SUCCESS: return "CUBLAS_STATUS_SUCCESS";
        case CUBLAS_STATUS_NOT_INITIALIZED: return "CUBLAS_STATUS_NOT_INITIALIZED";
        case CUBLAS_STATUS_INVALID_VALUE: return "CUBLAS_STATUS_INVALID_VALUE";
        case CUBLAS_STATUS_EXECUTION_FAILED: return "CUBLAS_STATUS_EXECUTION_FAILED";
        case CUBLAS_STATUS_NOT_SUPPORTED: return "CUBLAS_STATUS_NOT_SUPPORTED";
        default: return "CUBLAS_STATUS_INTERNAL_ERROR";
    }
}
CUBLAS_API const char* cublasGetStatusString(cublasStatus_t s) { return cublasGetStatusName(s); }
