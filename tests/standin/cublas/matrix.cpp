// Products of matrices: C = alpha op(A) op(B) + beta C, column-major, and batches of them; y = alpha op(A) x + beta y.
#include "handle.h"

#include <algorithm>

using namespace cublas;

namespace {

template <class T> T element(const T* a, int64_t ld, cublasOperation_t op, int64_t i, int64_t j) {
    return op == CUBLAS_OP_N ? a[i + j * ld] : op == CUBLAS_OP_T ? a[j + i * ld] : conjugate(a[j + i * ld]);
}

// Bytes from the first to the last element of a matrix of rows x columns.
template <class T> size_t bytes(int64_t rows, int64_t columns, int64_t ld) {
    return rows > 0 && columns > 0 ? static_cast<size_t>((columns - 1) * ld + rows) * sizeof(T) : 0;
}

template <class T>
cublasStatus_t gemm(cublasHandle_t h, const char* name, cublasOperation_t ta, cublasOperation_t tb, int64_t m, int64_t n,
                    int64_t k, const T* alpha, const T* a, int64_t lda, int64_t sa, const T* b, int64_t ldb, int64_t sb,
                    const T* beta, T* c, int64_t ldc, int64_t sc, int64_t count) {
    if (!known(h)) return CUBLAS_STATUS_NOT_INITIALIZED;
    int64_t ra = ta == CUBLAS_OP_N ? m : k, ca = ta == CUBLAS_OP_N ? k : m, rb = tb == CUBLAS_OP_N ? k : n,
            cb = tb == CUBLAS_OP_N ? n : k;
    if (m < 0 || n < 0 || k < 0 || count < 0 || lda < std::max<int64_t>(1, ra) || ldb < std::max<int64_t>(1, rb) ||
        ldc < std::max<int64_t>(1, m) || !alpha || !beta || ta > 2 || tb > 2)
        return CUBLAS_STATUS_INVALID_VALUE;
    if (m == 0 || n == 0 || count == 0) return CUBLAS_STATUS_SUCCESS;
    Scalar<T> va(*h, alpha), vb(*h, beta);
    std::vector<Range> ranges;
    for (int64_t i = 0; i < count; ++i) {
        ranges.push_back({a + i * sa, bytes<T>(ra, ca, lda)});
        ranges.push_back({b + i * sb, bytes<T>(rb, cb, ldb)});
        ranges.push_back({c + i * sc, bytes<T>(m, n, ldc)});
    }
    return enqueue(h, name, std::move(ranges), [=] {
        T x = va.get(), y = vb.get();
        for (int64_t q = 0; q < count; ++q)
            for (int64_t j = 0; j < n; ++j)
                for (int64_t i = 0; i < m; ++i) {
                    T sum{};
                    for (int64_t l = 0; l < k; ++l)
                        sum += element(a + q * sa, lda, ta, i, l) * element(b + q * sb, ldb, tb, l, j);
                    T& out = c[q * sc + i + j * ldc];
                    // With beta = 0 the old C is not read: it may hold NaN.
                    out = y == T{} ? x * sum : x * sum + y * out;
                }
    });
}

template <class T>
cublasStatus_t gemv(cublasHandle_t h, const char* name, cublasOperation_t t, int64_t m, int64_t n, const T* alpha, const T* a,
                    int64_t lda, const T* x, int64_t dx, const T* beta, T* y, int64_t dy) {
    if (!known(h)) return CUBLAS_STATUS_NOT_INITIALIZED;
    if (m < 0 || n < 0 || lda < std::max<int64_t>(1, m) || dx <= 0 || dy <= 0 || !alpha || !beta || t > 2)
        return dx < 0 || dy < 0 ? CUBLAS_STATUS_NOT_SUPPORTED : CUBLAS_STATUS_INVALID_VALUE;
    if (m == 0 || n == 0) return CUBLAS_STATUS_SUCCESS;
    int64_t rows = t == CUBLAS_OP_N ? m : n, columns = t == CUBLAS_OP_N ? n : m;
    Scalar<T> va(*h, alpha), vb(*h, beta);
    return enqueue(h, name, {{a, bytes<T>(m, n, lda)}, {x, bytes<T>(1, columns, dx)}, {y, bytes<T>(1, rows, dy)}}, [=] {
        T p = va.get(), q = vb.get();
        for (int64_t i = 0; i < rows; ++i) {
            T sum{};
            for (int64_t j = 0; j < columns; ++j) sum += element(a, lda, t, i, j) * x[j * dx];
            y[i * dy] = q == T{} ? p * sum : p * sum + q * y[i * dy];
        }
    });
}

}  // namespace

using C = std::complex<float>;
using Z = std::complex<double>;

#define PRODUCTS(L, T, I, suffix) \
    CUBLAS_API cublasStatus_t cublas##L##gemm_v2##suffix(cublasHandle_t h, cublasOperation_t ta, cublasOperation_t tb, I m, I n, \
            I k, const T* alpha, const T* a, I lda, const T* b, I ldb, const T* beta, T* c, I ldc) { \
        return gemm(h, "gemm", ta, tb, m, n, k, alpha, a, lda, 0, b, ldb, 0, beta, c, ldc, 0, 1); \
    } \
    CUBLAS_API cublasStatus_t cublas##L##gemmStridedBatched##suffix(cublasHandle_t h, cublasOperation_t ta, \
            cublasOperation_t tb, I m, I n, I k, const T* alpha, const T* a, I lda, long long sa, const T* b, I ldb, \
            long long sb, const T* beta, T* c, I ldc, long long sc, I count) { \
        return gemm(h, "gemmStridedBatched", ta, tb, m, n, k, alpha, a, lda, sa, b, ldb, sb, beta, c, ldc, sc, count); \
    } \
    CUBLAS_API cublasStatus_t cublas##L##gemv_v2##suffix(cublasHandle_t h, cublasOperation_t t, I m, I n, const T* alpha, \
            const T* a, I lda, const T* x, I dx, const T* beta, T* y, I dy) { \
        return gemv(h, "gemv", t, m, n, alpha, a, lda, x, dx, beta, y, dy); \
    }
#define PRODUCTS_OF(L, T) PRODUCTS(L, T, int, ) PRODUCTS(L, T, int64_t, _64)
PRODUCTS_OF(S, float)
PRODUCTS_OF(D, double)
PRODUCTS_OF(C, C)
PRODUCTS_OF(Z, Z)

// Of the mixed products those whose matrices and scalars have one type. Types: 0 R_32F, 1 R_64F, 4 C_32F, 5 C_64F.
CUBLAS_API cublasStatus_t cublasGemmStridedBatchedEx(cublasHandle_t h, cublasOperation_t ta, cublasOperation_t tb, int m, int n,
        int k, const void* alpha, const void* a, int type_a, int lda, long long sa, const void* b, int type_b, int ldb,
        long long sb, const void* beta, void* c, int type_c, int ldc, long long sc, int count, int, int) {
    if (type_a != type_b || type_a != type_c) return CUBLAS_STATUS_NOT_SUPPORTED;
    auto as = [&](auto zero) {
        using T = decltype(zero);
        auto in = [](const void* p) { return static_cast<const T*>(p); };
        return gemm<T>(h, "GemmEx", ta, tb, m, n, k, in(alpha), in(a), lda, sa, in(b), ldb, sb, in(beta), static_cast<T*>(c),
                       ldc, sc, count);
    };
    switch (type_a) {
        case 0: return as(float{});
        case 1: return as(double{});
        case 4: return as(C{});
        case 5: return as(Z{});
        default: return CUBLAS_STATUS_NOT_SUPPORTED;
    }
}

CUBLAS_API cublasStatus_t cublasGemmEx(cublasHandle_t h, cublasOperation_t ta, cublasOperation_t tb, int m, int n, int k,
        const void* alpha, const void* a, int type_a, int lda, const void* b, int type_b, int ldb, const void* beta, void* c,
        int type_c, int ldc, int compute, int algorithm) {
    return cublasGemmStridedBatchedEx(h, ta, tb, m, n, k, alpha, a, type_a, lda, 0, b, type_b, ldb, 0, beta, c, type_c, ldc, 0,
                                      1, compute, algorithm);
}
