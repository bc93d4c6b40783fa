// Filling device memory with a value of 1, 2 or 4 bytes.
#include <cstring>

#include "device_memory.h"
#include "host_memory.h"
#include "order.h"
#include "report.h"
#include "statistics.h"

namespace {

template <class T>
CUresult fill(CUdeviceptr to, size_t pitch, T value, size_t width, size_t height, CUstream stream) {
    return driver::enter_context([&](Lock& lock, Context& c) {
        auto s = order::stream(c, stream);
        if (width == 0 || height == 0) return;
        driver::require(to % sizeof(T) == 0 && (height == 1 || pitch >= width * sizeof(T)) && pitch % sizeof(T) == 0);
        size_t bytes = (height - 1) * pitch + width * sizeof(T);
        driver::require(device_memory::covers(to, bytes) || host_memory::mapped(to, bytes));
        order::enqueue(lock, s, {"memset", [=] {
            if (!device_memory::usable(to, bytes) && !host_memory::mapped(to, bytes)) {
                report("the %zu bytes at %#llx that a memset fills have been freed, or its stream does not follow their "
                       "allocation", bytes, to);
                return CUDA_ERROR_ILLEGAL_ADDRESS;
            }
            for (size_t y = 0; y < height; ++y) {
                T* row = reinterpret_cast<T*>(to + y * pitch);
                for (size_t x = 0; x < width; ++x) row[x] = value;
            }
            ++statistics::counters.memsets;
            return CUDA_SUCCESS;
        }});
    });
}

}  // namespace

using u8 = unsigned char;
using u16 = unsigned short;
using u32 = unsigned;

// All of them leave the host free to go on: those without Async are in the order of the legacy stream.
CUDA_API CUresult cuMemsetD8_v2(CUdeviceptr p, u8 v, size_t n) { return fill(p, n, v, n, 1, nullptr); }
CUDA_API CUresult cuMemsetD16_v2(CUdeviceptr p, u16 v, size_t n) { return fill(p, 2 * n, v, n, 1, nullptr); }
CUDA_API CUresult cuMemsetD32_v2(CUdeviceptr p, u32 v, size_t n) { return fill(p, 4 * n, v, n, 1, nullptr); }
CUDA_API CUresult cuMemsetD8Async(CUdeviceptr p, u8 v, size_t n, CUstream s) { return fill(p, n, v, n, 1, s); }
CUDA_API CUresult cuMemsetD16Async(CUdeviceptr p, u16 v, size_t n, CUstream s) { return fill(p, 2 * n, v, n, 1, s); }
CUDA_API CUresult cuMemsetD32Async(CUdeviceptr p, u32 v, size_t n, CUstream s) { return fill(p, 4 * n, v, n, 1, s); }
CUDA_API CUresult cuMemsetD2D8_v2(CUdeviceptr p, size_t pitch, u8 v, size_t w, size_t h) { return fill(p, pitch, v, w, h, nullptr); }
CUDA_API CUresult cuMemsetD2D16_v2(CUdeviceptr p, size_t pitch, u16 v, size_t w, size_t h) { return fill(p, pitch, v, w, h, nullptr); }
CUDA_API CUresult cuMemsetD2D32_v2(CUdeviceptr p, size_t pitch, u32 v, size_t w, size_t h) { return fill(p, pitch, v, w, h, nullptr); }
CUDA_API CUresult cuMemsetD2D8Async(CUdeviceptr p, size_t pitch, u8 v, size_t w, size_t h, CUstream s) { return fill(p, pitch, v, w, h, s); }
CUDA_API CUresult cuMemsetD2D16Async(CUdeviceptr p, size_t pitch, u16 v, size_t w, size_t h, CUstream s) { return fill(p, pitch, v, w, h, s); }
CUDA_API CUresult cuMemsetD2D32Async(CUdeviceptr p, size_t pitch, u32 v, size_t w, size_t h, CUstream s) { return fill(p, pitch, v, w, h, s); }
