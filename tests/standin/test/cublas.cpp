// Products of matrices and vectors against plain loops.
#include <complex>

#include "cuda.h"

template <class... A> int blas(const char* name, A... arguments) {
    return reinterpret_cast<int (*)(A...)>(symbol("libcublas.so.13", name))(arguments...);
}
using Z = std::complex<double>;

static void* handle(CUstream s = nullptr) {
    void* h = nullptr;
    OK(blas("cublasCreate_v2", &h));
    OK(blas("cublasSetStream_v2", h, static_cast<void*>(s)));
    return h;
}
static std::vector<Z> numbers(size_t n, double seed) {
    std::vector<Z> v(n);
    for (size_t i = 0; i < n; ++i) v[i] = {std::sin(seed + 3.0 * static_cast<double>(i)), std::cos(seed * static_cast<double>(i))};
    return v;
}
static Z op(const std::vector<Z>& a, int ld, int t, int i, int j) {
    return t == 0 ? a[static_cast<size_t>(i + j * ld)] : t == 1 ? a[static_cast<size_t>(j + i * ld)]
                                                                : std::conj(a[static_cast<size_t>(j + i * ld)]);
}

CASE("cublas", products, ENV(), 0, "") {
    start();
    void* h = handle();
    int m = 5, n = 4, k = 3, ld = 7;
    auto a = numbers(49, 1), b = numbers(49, 2), c = numbers(49, 3);
    const Z alpha{2, 1}, beta{0, 3};
    for (unsigned ta = 0; ta < 3; ++ta)
        for (unsigned tb = 0; tb < 3; ++tb) {
            CUdeviceptr p = device(a), q = device(b), r = device(c);
            OK(blas("cublasZgemm_v2", h, ta, tb, m, n, k, &alpha, p, ld, q, ld, &beta, r, ld));
            auto out = host<Z>(r, 49);
            for (int i = 0; i < m; ++i)
                for (int j = 0; j < n; ++j) {
                    Z sum = 0;
                    for (int l = 0; l < k; ++l) sum += op(a, ld, static_cast<int>(ta), i, l) * op(b, ld, static_cast<int>(tb), l, j);
                    CHECK(std::abs(out[static_cast<size_t>(i + j * ld)] - (alpha * sum + beta * c[static_cast<size_t>(i + j * ld)])) < 1e-13);
                }
            CHECK(out[5] == c[5]);               // below the m rows
        }
}

CASE("cublas", beta_zero_ignores_nan, ENV(), 0, "") {
    start();
    void* h = handle();
    double alpha = 1, beta = 0;
    CUdeviceptr a = device(std::vector<double>{1, 2, 3, 4}), x = device(std::vector<double>{1, 1}), y = allocate(16);
    OK(blas("cublasDgemv_v2", h, 1u, 2, 2, &alpha, a, 2, x, 1, &beta, y, 1));
    CHECK((host<double>(y, 2) == std::vector<double>{3, 7}));
    float one = 1, none = 0;
    CUdeviceptr f = device(std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8}), g = allocate(32);
    OK(blas("cublasSgemmStridedBatched", h, 0u, 0u, 2, 2, 2, &one, f, 2, 4ll, f, 2, 4ll, &none, g, 2, 4ll, 2));
    CHECK((host<float>(g, 8) == std::vector<float>{7, 10, 15, 22, 67, 78, 91, 106}));
    OK(blas("cublasGemmEx", h, 0u, 0u, 2, 2, 2, &one, f, 0, 2, f, 0, 2, &none, g, 0, 2, 68, -1));
    SAME(host<float>(g, 4)[3], 22.0f);
}

CASE("cublas", vectors, ENV("STANDIN_LAZY=1"), 0, "") {
    start();
    CUstream s = nullptr;
    OK(cu("cuStreamCreate", &s, 1u));
    void* h = handle(s);
    CUdeviceptr x = device(std::vector<double>{3, 0, 4}), out = allocate(8);
    double value = 0, two = 2;
    OK(blas("cublasDscal_v2", h, 3, &two, x, 1));
    two = 100;                                   // a scalar of the host is taken at the call
    OK(blas("cublasDnrm2_v2", h, 3, x, 1, &value));
    SAME(value, 10.0);                           // and the result is there when the call returns
    OK(blas("cublasSetPointerMode_v2", h, 1));
    OK(blas("cublasDdot_v2", h, 2, x, 2, x, 2, out));
    OK(cu("cuStreamSynchronize", s));
    SAME(host<double>(out, 1)[0], 100.0);
}

CASE("cublas", bad_arguments, ENV(), 0, "is not within device memory") {
    void* h = nullptr;
    OK(cu("cuInit", 0u));
    SAME(blas("cublasCreate_v2", &h), 1);
    start();
    h = handle();
    double one = 1, x[4] = {};
    CUdeviceptr a = allocate(32);
    SAME(blas("cublasDgemv_v2", h, 0u, 2, 2, &one, a, 1, a, 1, &one, a, 1), 7);
    OK(blas("cublasDgemv_v2", h, 0u, 2, 2, &one, a, 2, static_cast<double*>(x), 1, &one, a, 1));
    SAME(synchronize(), 700);
    OK(blas("cublasDestroy_v2", h));
    SAME(blas("cublasDestroy_v2", h), 1);
}
