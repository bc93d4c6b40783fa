// Vectors: dot products, norms, and updates.
#include "handle.h"

#include <cmath>

using namespace cublas;

namespace {

template <class T> size_t bytes(int n, int d) { return n > 0 ? (static_cast<size_t>(n - 1) * static_cast<size_t>(d) + 1) * sizeof(T) : 0; }

// Puts a number where the pointer mode says; the host gets it before the call returns.
template <class R, class F> cublasStatus_t reduce(cublasHandle_t h, const char* name, std::vector<Range> ranges, R* out, F value) {
    if (!out) return CUBLAS_STATUS_INVALID_VALUE;
    if (h->pointer_mode) ranges.push_back({out, sizeof(R)});
    cublasStatus_t status = enqueue(h, name, std::move(ranges), [=] { *out = value(); });
    return status != CUBLAS_STATUS_SUCCESS || h->pointer_mode ? status : wait(h);
}

template <bool conjugated, class T> cublasStatus_t dot(cublasHandle_t h, int n, const T* x, int dx, const T* y, int dy, T* out) {
    if (!known(h)) return CUBLAS_STATUS_NOT_INITIALIZED;
    if (dx <= 0 || dy <= 0) return CUBLAS_STATUS_NOT_SUPPORTED;
    return reduce(h, "dot", {{x, bytes<T>(n, dx)}, {y, bytes<T>(n, dy)}}, out, [=] {
        T sum{};
        for (int64_t i = 0; i < n; ++i) sum += (conjugated ? conjugate(x[i * dx]) : x[i * dx]) * y[i * dy];
        return sum;
    });
}

template <class R, class T> cublasStatus_t norm(cublasHandle_t h, int n, const T* x, int dx, R* out) {
    if (!known(h)) return CUBLAS_STATUS_NOT_INITIALIZED;
    if (dx <= 0) return CUBLAS_STATUS_NOT_SUPPORTED;
    return reduce(h, "nrm2", {{x, bytes<T>(n, dx)}}, out, [=] {
        double sum = 0;
        for (int64_t i = 0; i < n; ++i) sum += std::norm(std::complex<double>(x[i * dx]));
        return static_cast<R>(std::sqrt(sum));
    });
}

template <class T> cublasStatus_t axpy(cublasHandle_t h, int n, const T* alpha, const T* x, int dx, T* y, int dy) {
    if (!known(h)) return CUBLAS_STATUS_NOT_INITIALIZED;
    if (dx <= 0 || dy <= 0 || !alpha) return CUBLAS_STATUS_NOT_SUPPORTED;
    Scalar<T> a(*h, alpha);
    return enqueue(h, "axpy", {{x, bytes<T>(n, dx)}, {y, bytes<T>(n, dy)}}, [=] {
        for (int64_t i = 0; i < n; ++i) y[i * dy] += a.get() * x[i * dx];
    });
}

template <class T> cublasStatus_t scal(cublasHandle_t h, int n, const T* alpha, T* x, int dx) {
    if (!known(h)) return CUBLAS_STATUS_NOT_INITIALIZED;
    if (dx <= 0 || !alpha) return CUBLAS_STATUS_NOT_SUPPORTED;
    Scalar<T> a(*h, alpha);
    return enqueue(h, "scal", {{x, bytes<T>(n, dx)}}, [=] {
        for (int64_t i = 0; i < n; ++i) x[i * dx] *= a.get();
    });
}

}  // namespace

using C = std::complex<float>;
using Z = std::complex<double>;

#define VECTORS(L, T) \
    CUBLAS_API cublasStatus_t cublas##L##axpy_v2(cublasHandle_t h, int n, const T* a, const T* x, int dx, T* y, int dy) { \
        return axpy(h, n, a, x, dx, y, dy); \
    } \
    CUBLAS_API cublasStatus_t cublas##L##scal_v2(cublasHandle_t h, int n, const T* a, T* x, int dx) { return scal(h, n, a, x, dx); }
#define DOT(name, T, conjugated) \
    CUBLAS_API cublasStatus_t name(cublasHandle_t h, int n, const T* x, int dx, const T* y, int dy, T* out) { \
        return dot<conjugated>(h, n, x, dx, y, dy, out); \
    }
#define NORM(name, R, T) \
    CUBLAS_API cublasStatus_t name(cublasHandle_t h, int n, const T* x, int dx, R* out) { return norm(h, n, x, dx, out); }
VECTORS(S, float)
VECTORS(D, double)
VECTORS(C, C)
VECTORS(Z, Z)
DOT(cublasSdot_v2, float, false)
DOT(cublasDdot_v2, double, false)
DOT(cublasCdotu_v2, C, false)
DOT(cublasCdotc_v2, C, true)
DOT(cublasZdotu_v2, Z, false)
DOT(cublasZdotc_v2, Z, true)
NORM(cublasSnrm2_v2, float, float)
NORM(cublasDnrm2_v2, double, double)
NORM(cublasScnrm2_v2, float, C)
NORM(cublasDznrm2_v2, double, Z)
