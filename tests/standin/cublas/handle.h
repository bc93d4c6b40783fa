// A cuBLAS handle, and how a call becomes an operation on its stream.
#pragma once
#include <complex>
#include <cstdint>
#include <functional>
#include <vector>

#include "../abi/standin.h"

#define CUBLAS_API extern "C" __attribute__((visibility("default")))

enum cublasStatus_t {
    CUBLAS_STATUS_SUCCESS = 0, CUBLAS_STATUS_NOT_INITIALIZED = 1, CUBLAS_STATUS_ALLOC_FAILED = 3,
    CUBLAS_STATUS_INVALID_VALUE = 7, CUBLAS_STATUS_ARCH_MISMATCH = 8, CUBLAS_STATUS_MAPPING_ERROR = 11,
    CUBLAS_STATUS_EXECUTION_FAILED = 13, CUBLAS_STATUS_INTERNAL_ERROR = 14, CUBLAS_STATUS_NOT_SUPPORTED = 15,
};
enum cublasOperation_t : unsigned { CUBLAS_OP_N = 0, CUBLAS_OP_T = 1, CUBLAS_OP_C = 2 };

struct Handle {
    void* stream = nullptr;
    int pointer_mode = 0;      // 0: scalars on the host, 1: on the device
    int math_mode = 0;
    int atomics = 0;
};
using cublasHandle_t = Handle*;

namespace cublas {

bool known(cublasHandle_t handle);

// Device memory that an operation uses; checked when it runs.
struct Range { const void* pointer; size_t bytes; };

cublasStatus_t enqueue(cublasHandle_t handle, const char* name, std::vector<Range> ranges, std::function<void()> body);
cublasStatus_t wait(cublasHandle_t handle);      // for calls that give a number to the host

// A scalar argument: taken at the call from the host, or when the operation runs from the device.
template <class T> struct Scalar {
    T value{};
    const T* device = nullptr;
    Scalar(const Handle& h, const T* given) {
        if (h.pointer_mode) device = given;
        else value = *given;
    }
    T get() const { return device ? *device : value; }
};

template <class T> T conjugate(T a) { return a; }
template <class T> std::complex<T> conjugate(std::complex<T> a) { return std::conj(a); }

}  // namespace cublas
