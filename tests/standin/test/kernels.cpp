// Kernels: threads, barriers, warps, shared memory, atomics, and what goes wrong with them.
#include <csignal>
#include <numeric>

#include "cuda.h"

CASE("kernels", indices, ENV(), 0, "") {
    start();
    CUfunction f = kernel(R"(
        extern "C" __global__ void k(int* out) {
            int t = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
            int b = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
            atomicAdd(&out[b * blockDim.x * blockDim.y * blockDim.z + t], 1 + warpSize);
        })", "k");
    CUdeviceptr p = device(std::vector<int>(2 * 3 * 4 * 5 * 6 * 7, 0));
    void* arguments[] = {&p};
    OK(cu("cuLaunchKernel", f, 2u, 3u, 4u, 5u, 6u, 7u, 0u, CUstream{}, static_cast<void**>(arguments), static_cast<void**>(nullptr)));
    for (int v : host<int>(p, 5040)) SAME(v, 33);
}

static const char* REVERSE = R"(
    extern "C" __global__ void reverse(double* x) {
        __shared__ double tile[256];
        tile[threadIdx.x] = x[threadIdx.x];
        __syncthreads();
        x[threadIdx.x] = tile[blockDim.x - 1 - threadIdx.x];
    }
    extern "C" __global__ void reverse_dynamic(double* x) {
        extern __shared__ double tile[];
        tile[threadIdx.x] = x[threadIdx.x];
        __syncthreads();
        x[threadIdx.x] = tile[blockDim.x - 1 - threadIdx.x];
    }
    extern "C" __global__ void past_the_tile(double* x, int i) {
        __shared__ double tile[256];
        __shared__ double other[256];
        other[threadIdx.x] = tile[threadIdx.x] = 1;
        __syncthreads();
        x[threadIdx.x] = tile[threadIdx.x + i] + other[threadIdx.x];
    }
    extern "C" __global__ void no_barrier(double* x) {
        __shared__ double tile[256];
        tile[threadIdx.x] = x[threadIdx.x];
        x[threadIdx.x] = tile[blockDim.x - 1 - threadIdx.x];
    })";

static void check_reverse() {
    start();
    CUmodule m = module(build(REVERSE));
    std::vector<double> x(256);
    std::iota(x.begin(), x.end(), 0.0);
    for (const char* name : {"reverse", "reverse_dynamic"}) {
        CUdeviceptr p = device(x);
        OK(launch_on(nullptr, function(m, name), 1, 256, 2048, p));
        auto y = host<double>(p, 256);
        for (int i = 0; i < 256; ++i) SAME(y[i], 255.0 - i);
    }
}
CASE("kernels", barrier, ENV(), 0, "") { check_reverse(); }
CASE("kernels", barrier_reverse, ENV("STANDIN_ORDER=reverse"), 0, "") { check_reverse(); }
CASE("kernels", barrier_random, ENV("STANDIN_ORDER=random"), 0, "") { check_reverse(); }

CASE("kernels", missing_barrier_shows, ENV(), 0, "") {
    start();
    CUdeviceptr p = device(std::vector<double>(256, 1.0));
    OK(launch(function(module(build(REVERSE)), "no_barrier"), 1, 256, p));
    int wrong = 0;
    for (double v : host<double>(p, 256)) wrong += std::isnan(v);
    SAME(wrong, 128);
}

CASE("kernels", dynamic_too_small, ENV(), 0, "of dynamic shared memory of 1024 bytes") {
    start();
    CUdeviceptr p = allocate(2048);
    OK(launch_on(nullptr, function(module(build(REVERSE)), "reverse_dynamic"), 1, 256, 1024, p));
    SAME(synchronize(), 700);
}

CASE("kernels", past_a_shared_array, ENV(), 0, "illegal address: kernel past_the_tile") {
    start();
    CUfunction f = function(module(build(REVERSE)), "past_the_tile");
    CUdeviceptr p = allocate(2048);
    OK(launch(f, 1, 256, p, 0));
    OK(synchronize());
    OK(launch(f, 1, 256, p, 1));
    SAME(synchronize(), 700);
}

CASE("kernels", several_host_threads, ENV("STANDIN_THREADS=4"), 0, "") {
    start();
    CUfunction f = kernel(R"(
        extern "C" __global__ void sum(const double* x, double* y) {
            __shared__ double part[64];
            part[threadIdx.x] = x[blockIdx.x * 64 + threadIdx.x];
            __syncthreads();
            for (int s = 32; s > 0; s /= 2) {
                if (threadIdx.x < s) part[threadIdx.x] += part[threadIdx.x + s];
                __syncthreads();
            }
            if (threadIdx.x == 0) atomicAdd(y, part[0]);
        })", "sum");
    CUdeviceptr x = device(std::vector<double>(64 * 500, 1.0)), y = device(std::vector<double>{0});
    OK(launch(f, 500, 64, x, y));
    SAME(host<double>(y, 1)[0], 32000.0);
}

static const char* UNEVEN = R"(
    extern "C" __global__ void early(int n) { if (threadIdx.x >= n) return; __syncthreads(); }
    extern "C" __global__ void halves() { if (threadIdx.x < 16) __syncthreads(); else __syncwarp(); }
    extern "C" __global__ void mask() { __shfl_sync(0xfffffffe, 1, 0); }
    extern "C" __global__ void trap() { if (threadIdx.x == 3) __trap(); }
    extern "C" __global__ void claim(int n) { assert(threadIdx.x < n); })";

CASE("kernels", uneven_barrier, ENV(), 0, "leaves the kernel while") {
    start();
    CUfunction f = kernel(UNEVEN, "early");
    OK(launch(f, 1, 64, 64));
    OK(synchronize());
    OK(launch(f, 1, 64, 40));
    SAME(synchronize(), 719);
    SAME(synchronize(), 719);
}
CASE("kernels", deadlock, ENV(), 0, "deadlock: kernel halves") {
    start();
    OK(launch(kernel(UNEVEN, "halves"), 1, 32));
    SAME(synchronize(), 719);
}
CASE("kernels", wrong_mask, ENV(), 0, "does not name lane 0") {
    start();
    OK(launch(kernel(UNEVEN, "mask"), 1, 32));
    SAME(synchronize(), 719);
}
CASE("kernels", trap, ENV(), 0, "thread (3,0,0): __trap()") {
    start();
    OK(launch(kernel(UNEVEN, "trap"), 1, 32));
    SAME(synchronize(), 719);
}
CASE("kernels", failed_assertion, ENV(), 0, "test.cu:6: kernel claim, block (0,0,0), thread (9,0,0): assertion failed: threadIdx.x < n") {
    start();
    OK(launch(kernel(UNEVEN, "claim"), 1, 32, 9));
    SAME(synchronize(), 710);
}

CASE("kernels", warp_operations, ENV(), 0, "") {
    start();
    CUfunction f = kernel(R"(
        __device__ double warp_sum(double v) {
            for (int s = 16; s > 0; s /= 2) v += __shfl_down_sync(0xffffffffu, v, s);
            return v;
        }
        extern "C" __global__ void k(double* s, int* x) {
            int i = threadIdx.x;
            double v = warp_sum(i);
            if (i % 32 == 0) s[i / 32] = v;
            x[i] = __shfl_xor_sync(~0u, i, 1);
            x[64 + i] = __shfl_up_sync(~0u, i, 3, 8);
            x[128 + i] = __shfl_sync(~0u, i, 5, 16);
            x[192 + i] = __ballot_sync(~0u, i % 2);
            x[256 + i] = __any_sync(~0u, i == 40) + 2 * __all_sync(~0u, i < 32);
            x[320 + i] = __syncthreads_count(i < 10) + 100 * __syncthreads_or(i == 1) + 1000 * __syncthreads_and(i == 1);
            x[384 + i] = __reduce_add_sync(~0u, 1);
            if (i < 16) x[448 + i] = __shfl_sync(0xffffu, i, 15);
        })", "k");
    CUdeviceptr s = allocate(16), x = allocate(512 * 4);
    OK(launch(f, 1, 64, s, x));
    auto sums = host<double>(s, 2);
    SAME(sums[0], 496.0);
    SAME(sums[1], 1520.0);
    auto y = host<int>(x, 512);
    for (int i = 0; i < 64; ++i) {
        SAME(y[i], i ^ 1);
        SAME(y[64 + i], i % 8 < 3 ? i : i - 3);
        SAME(y[128 + i], i / 16 * 16 + 5);
        SAME(y[192 + i], static_cast<int>(0xaaaaaaaau));
        SAME(y[256 + i], i < 32 ? 2 : 1);
        SAME(y[320 + i], 110);
        SAME(y[384 + i], 32);
        if (i < 16) SAME(y[448 + i], 15);
    }
}

CASE("kernels", absent_lane_is_poison, ENV(), 0, "") {
    start();
    CUfunction f = kernel(R"(extern "C" __global__ void k(double* x) {
        x[threadIdx.x] = __shfl_down_sync(0xffu, 1.0 * threadIdx.x, 4, 32); })", "k");
    CUdeviceptr x = allocate(64);
    OK(launch(f, 1, 8, x));
    auto y = host<double>(x, 8);
    SAME(y[3], 7.0);
    CHECK(std::isnan(y[4]));
}

CASE("kernels", atomics, ENV(), 0, "") {
    start();
    CUfunction f = kernel(R"(
        extern "C" __global__ void k(int* i, unsigned* u, unsigned long long* l, float* f, double* d) {
            int t = blockIdx.x * blockDim.x + threadIdx.x;
            atomicAdd(&i[0], 1); atomicMax(&i[1], t); atomicMin(&i[2], -t); atomicCAS(&i[3], 0, t + 1); atomicOr(&i[4], t);
            atomicInc(&u[0], 6u); atomicExch(&u[1], 5u); atomicAnd(&u[2], ~1u); atomicSub(&u[3], 1u);
            atomicAdd(l, 1ull << 32); atomicAdd(f, 0.5f); atomicAdd(d, 0.25);
        })", "k");
    CUdeviceptr i = device(std::vector<int>(5, 0)), u = device(std::vector<unsigned>(4, 1000)),
                l = device(std::vector<unsigned long long>(1, 0)), s = device(std::vector<float>(1, 0)),
                d = device(std::vector<double>(1, 0));
    OK(launch(f, 4, 32, i, u, l, s, d));
    CHECK((host<int>(i, 5) == std::vector<int>{128, 127, -127, 1, 127}));
    CHECK((host<unsigned>(u, 4) == std::vector<unsigned>{1, 5, 1000, 872}));      // 1000 wraps to 0, then 127 steps mod 7
    SAME(host<unsigned long long>(l, 1)[0], 128ull << 32);
    SAME(host<float>(s, 1)[0], 64.0f);
    SAME(host<double>(d, 1)[0], 32.0);
}

CASE("kernels", mathematics, ENV(), 0, "") {
    start();
    CUfunction f = kernel(R"(
        extern "C" __global__ void k(double* x) {
            double s, c; float sf, cf;
            sincospi(0.5, &s, &c); sincosf(0.0f, &sf, &cf);
            x[0] = s; x[1] = c; x[2] = sf + cf; x[3] = rsqrt(4.0); x[4] = __fma_rn(2.0, 3.0, 4.0); x[5] = __popc(255) + __clz(1) + __ffs(8);
            x[6] = __int_as_float(__float_as_int(1.5f)); x[7] = __longlong_as_double(__double_as_longlong(-2.5));
            x[8] = max(1, 2) + min(1.0f, 2.0f) + fmax(3.0, 4.0); x[9] = __ldg(x) + __ldcs(&x[1]);
            __stcs(&x[10], 8.0); x[11] = erfinv(erf(0.5)); x[12] = hypot(3.0, 4.0) + cbrt(8.0) + abs(-1);
            float4 v = make_float4(1, 2, 3, 4); double2 w{v.x, v.w}; x[13] = w.x + w.y; x[14] = sizeof(longlong2) + alignof(double2);
            x[15] = __float2int_rn(2.5f) + __double2int_rz(-3.7) + isnan(0.0 / s * 0);
        })", "k");
    CUdeviceptr x = allocate(16 * 8);
    OK(launch(f, 1, 1, x));
    auto y = host<double>(x, 16);
    const double expected[] = {1, 0, 1, 0.5, 10, 8 + 31 + 4, 1.5, -2.5, 7, 1, 8, 0.5, 8, 5, 32, -1};
    for (int i = 0; i < 16; ++i) CHECK(std::fabs(y[i] - expected[i]) < 1e-12);
}

CASE("kernels", stack_overflow, ENV(), SIGSEGV, "its stack of local memory is full") {
    start();
    CUfunction f = kernel(R"(
        __device__ __noinline__ double deep(volatile double* x, int n) {
            volatile double local[512]; local[n & 511] = *x;
            return n == 0 ? 0 : deep(local, n - 1) + local[n & 511]; }
        extern "C" __global__ void k(double* x) { x[0] = deep(x, 1000); })", "k");
    launch(f, 1, 1, allocate(8));
}

CASE("kernels", bad_launches, ENV(), 0, "") {
    start();
    CUfunction f = kernel("extern \"C\" __global__ void k() {}", "k");
    SAME(launch(f, 0, 1), 1);
    SAME(launch(f, 1, 1025), 1);
    SAME(launch_on(nullptr, f, 1, 1, 64 << 10), 1);
    OK(cu("cuFuncSetAttribute", f, 8, 64 << 10));
    OK(launch_on(nullptr, f, 1, 1, 64 << 10));
    OK(synchronize());
}
