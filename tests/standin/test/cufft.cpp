// Transforms against the defining sum.
#include <complex>

#include "cuda.h"

template <class... A> int fft(const char* name, A... arguments) {
    return reinterpret_cast<int (*)(A...)>(symbol("libcufft.so.12", name))(arguments...);
}
using Z = std::complex<double>;
enum { C2C = 0x29, R2C = 0x2a, Z2Z = 0x69, D2Z = 0x6a, Z2D = 0x6c };

static Z slow(const std::vector<Z>& x, int a, int b, int k, int l, int sign) {
    Z sum = 0;
    for (int i = 0; i < a; ++i)
        for (int j = 0; j < b; ++j)
            sum += x[static_cast<size_t>(i * b + j)] * std::polar(1.0, sign * 2 * M_PI * (double(i) * k / a + double(j) * l / b));
    return sum;
}
static std::vector<Z> signal(int n, bool real) {
    std::vector<Z> x(static_cast<size_t>(n));
    for (int i = 0; i < n; ++i) x[static_cast<size_t>(i)] = {std::sin(1.0 + i * i), real ? 0.0 : std::cos(3.0 * i)};
    return x;
}

CASE("cufft", complex_lines, ENV(), 0, "") {
    start();
    for (int n : {1, 2, 8, 12, 17, 30, 49}) {
        auto x = signal(2 * n, false);
        CUdeviceptr p = device(x), q = allocate(x.size() * 16);
        int plan = 0;
        OK(fft("cufftPlan1d", &plan, n, Z2Z, 2));
        OK(fft("cufftExecZ2Z", plan, p, q, -1));
        auto y = host<Z>(q, x.size());
        std::vector<Z> second(x.begin() + n, x.end());
        for (int k = 0; k < n; ++k) {
            CHECK(std::abs(y[static_cast<size_t>(k)] - slow(x, 1, n, 0, k, -1)) < 1e-12);
            CHECK(std::abs(y[static_cast<size_t>(n + k)] - slow(second, 1, n, 0, k, -1)) < 1e-12);
        }
        OK(fft("cufftExecZ2Z", plan, q, q, 1));
        CHECK(std::abs(host<Z>(q, x.size())[0] / double(n) - x[0]) < 1e-13);
        OK(fft("cufftDestroy", plan));
        SAME(fft("cufftExecZ2Z", plan, q, q, 1), 1);
    }
}

CASE("cufft", real_planes, ENV(), 0, "") {
    start();
    for (int b : {6, 7}) {
        int a = 5, half = b / 2 + 1, plan = 0, back = 0;
        auto x = signal(a * b, true);
        std::vector<double> real;
        for (Z v : x) real.push_back(v.real());
        CUdeviceptr p = device(real), q = allocate(static_cast<size_t>(a * half) * 16), r = allocate(real.size() * 8);
        OK(fft("cufftPlan2d", &plan, a, b, D2Z));
        OK(fft("cufftExecD2Z", plan, p, q));
        auto y = host<Z>(q, static_cast<size_t>(a * half));
        for (int k = 0; k < a; ++k)
            for (int l = 0; l < half; ++l) CHECK(std::abs(y[static_cast<size_t>(k * half + l)] - slow(x, a, b, k, l, -1)) < 1e-12);
        OK(fft("cufftPlan2d", &back, a, b, Z2D));
        OK(fft("cufftExecZ2D", back, q, r));
        auto z = host<double>(r, real.size());
        for (size_t i = 0; i < z.size(); ++i) CHECK(std::fabs(z[i] / (a * b) - real[i]) < 1e-13);
    }
}

// Three transforms of length 4 along the slow axis of a 4 x 3 array, on a stream.
CASE("cufft", strided, ENV("STANDIN_LAZY=1"), 0, "") {
    start();
    auto x = signal(12, false);
    CUdeviceptr p = device(x);
    CUstream s = nullptr;
    OK(cu("cuStreamCreate", &s, 1u));
    int plan = 0;
    size_t work = 9;
    long long n = 4, embed = 4;
    OK(fft("cufftCreate", &plan));
    OK(fft("cufftSetAutoAllocation", plan, 0));
    OK(fft("cufftMakePlanMany64", plan, 1, &n, &embed, 3ll, 1ll, &embed, 3ll, 1ll, Z2Z, 3ll, &work));
    OK(fft("cufftSetStream", plan, static_cast<void*>(s)));
    SAME(work, 12 * 16u);
    SAME(fft("cufftExecZ2Z", plan, p, p, -1), 13);  // no work area
    CUdeviceptr area = allocate(work);
    OK(fft("cufftSetWorkArea", plan, area));
    OK(fft("cufftExecZ2Z", plan, p, p, -1));
    CHECK(host<Z>(p, 12) == x);                      // not done yet
    OK(cu("cuStreamSynchronize", s));
    auto y = host<Z>(p, 12);
    for (int c = 0; c < 3; ++c) {
        std::vector<Z> column;
        for (int i = 0; i < 4; ++i) column.push_back(x[static_cast<size_t>(3 * i + c)]);
        for (int k = 0; k < 4; ++k) CHECK(std::abs(y[static_cast<size_t>(3 * k + c)] - slow(column, 1, 4, 0, k, -1)) < 1e-13);
    }
}

CASE("cufft", bad_arguments, ENV(), 0, "is not within device memory") {
    start();
    int plan = 0;
    SAME(fft("cufftPlan1d", &plan, 0, C2C, 1), 8);
    SAME(fft("cufftPlan1d", &plan, 4, 7, 1), 3);
    OK(fft("cufftPlan1d", &plan, 8, C2C, 1));
    CUdeviceptr p = allocate(63);
    SAME(fft("cufftExecC2C", plan, p + 4, p, 1), 9);
    SAME(fft("cufftExecR2C", plan, p, p), 3);
    OK(fft("cufftExecC2C", plan, p, p, 1));
    SAME(synchronize(), 700);
}

// A half spectrum is destroyed on its way to a real signal; failures that are asked for.
CASE("cufft", halves_and_failures, ENV(), 0, "") {
    start();
    int plan = 0;
    OK(fft("cufftPlan1d", &plan, 4, Z2D, 1));
    std::vector<Z> half{{4, 0}, {0, 0}, {0, 0}};
    CUdeviceptr p = device(half), q = allocate(4 * 8);
    OK(fft("cufftExecZ2D", plan, p, q));
    CHECK(host<double>(q, 4) == std::vector<double>(4, 4.0));
    CHECK(std::isnan(host<Z>(p, 3)[1].real()));
    setenv("STANDIN_CUFFT", "execute", 1);
    SAME(fft("cufftExecZ2D", plan, p, q), 6);
    setenv("STANDIN_CUFFT", "plan", 1);
    SAME(fft("cufftPlan1d", &plan, 4, Z2D, 1), 2);
    setenv("STANDIN_CUFFT", "boxes", 1);
    SAME(fft("cufftPlan2d", &plan, 4, 4, Z2Z), 16);
    unsetenv("STANDIN_CUFFT");
    OK(fft("cufftPlan1d", &plan, 4, Z2D, 1));
}
