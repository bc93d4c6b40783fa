// Device memory: what may touch it, and what is told when something else does.
#include <csignal>

#include "cuda.h"

static const char* ACCESS = R"(
extern "C" __global__ void store(double* x, long long i, double v) { x[i] = v; }
extern "C" __global__ void load(const double* x, long long i, double* y) { y[threadIdx.x] = x[i]; }
extern "C" __global__ void pair(double* x) { *reinterpret_cast<double2*>(x) = make_double2(1, 2); }
)";

CASE("memory", copies, ENV(), 0, "a copy's destination of 41 bytes") {
    start();
    std::vector<double> x{1, 2, 3, 4, 5};
    CUdeviceptr p = device(x), q = allocate(40);
    OK(cu("cuMemcpyDtoD_v2", q, p, size_t{40}));
    CHECK(host<double>(q, 5) == x);
    OK(cu("cuMemsetD32_v2", q, 7u, size_t{10}));
    SAME(host<int>(q, 10)[9], 7);
    SAME(cu("cuMemcpyHtoD_v2", p, static_cast<const void*>(x.data()), size_t{41}), 1);
}

CASE("memory", poisoned, ENV(), 0, "") {
    start();
    for (double v : host<double>(allocate(800), 100)) CHECK(std::isnan(v));
    for (float v : host<float>(allocate(800), 200)) CHECK(std::isnan(v));
}

CASE("memory", host_touch, ENV(), SIGSEGV, "the host touched device memory") {
    start();
    *reinterpret_cast<volatile double*>(allocate(80)) = 1;
}

CASE("memory", out_of_bounds, ENV(), 0, "illegal address: kernel store, block (0,0,0), thread (0,0,0): write of 8 bytes") {
    start();
    CUfunction f = kernel(ACCESS, "store");
    CUdeviceptr p = allocate(100 * 8);
    OK(launch(f, 1, 1, p, 99ll, 1.0));
    OK(synchronize());
    OK(launch(f, 1, 1, p, 100ll, 1.0));
    SAME(synchronize(), 700);
    SAME(cu("cuMemFree_v2", p), 700);       // sticky
    SAME(counts().failures, 1u);
}

CASE("memory", below_the_start, ENV(), 0, "illegal address: kernel load") {
    start();
    CUfunction f = kernel(ACCESS, "load");
    CUdeviceptr p = allocate(80), q = allocate(8);
    OK(launch(f, 1, 1, p, -1ll, q));
    SAME(synchronize(), 700);
}

CASE("memory", odd_end, ENV(), 0, "illegal address: kernel store") {
    start();
    CUfunction f = kernel(ACCESS, "store");
    OK(launch(f, 1, 1, allocate(12), 1ll, 1.0));   // 4 of the 8 bytes are inside
    SAME(synchronize(), 700);
}

CASE("memory", host_memory_in_a_kernel, ENV(), 0, "which is not device memory") {
    start();
    static double x[4];
    OK(launch(kernel(ACCESS, "store"), 1, 1, static_cast<double*>(x), 1ll, 1.0));
    SAME(synchronize(), 700);
    SAME(x[1], 0.0);
}

CASE("memory", pinned_memory_in_a_kernel, ENV(), 0, "") {
    start();
    double* x = nullptr;
    OK(cu("cuMemHostAlloc", reinterpret_cast<void**>(&x), size_t{80}, 2u));
    OK(launch(kernel(ACCESS, "store"), 1, 1, x, 9ll, 3.0));
    OK(synchronize());
    SAME(x[9], 3.0);
}

CASE("memory", use_after_free, ENV(), 0, "of freed allocation") {
    start();
    CUfunction f = kernel(ACCESS, "store");
    CUdeviceptr p = allocate(800);
    OK(cu("cuMemFree_v2", p));
    OK(launch(f, 1, 1, p, 3ll, 1.0));
    SAME(synchronize(), 700);
}

CASE("memory", misaligned, ENV(), 0, "misaligned address: test.cu:4: kernel pair") {
    start();
    CUfunction f = kernel(ACCESS, "pair");
    CUdeviceptr p = allocate(800);
    OK(launch(f, 1, 1, p + 16));
    OK(synchronize());
    OK(launch(f, 1, 1, p + 8));
    SAME(synchronize(), 716);
}

CASE("memory", other_device, ENV(), 0, "without peer access") {
    CUcontext one = start(1);
    CUdeviceptr p = allocate(80);
    start(0);
    CUfunction f = kernel(ACCESS, "store");
    OK(cu("cuCtxEnablePeerAccess", one, 0u));
    OK(launch(f, 1, 1, p, 2ll, 1.0));
    OK(synchronize());
    OK(cu("cuCtxDisablePeerAccess", one));
    OK(launch(f, 1, 1, p, 2ll, 1.0));
    SAME(synchronize(), 700);
}

CASE("memory", out_of_memory, ENV("STANDIN_MEMORY=1M"), 0, "") {
    start();
    CUdeviceptr p = 0, q = 0;
    OK(cu("cuMemAlloc_v2", &p, size_t{600} << 10));
    SAME(cu("cuMemAlloc_v2", &q, size_t{600} << 10), 2);
    size_t free = 0, total = 0;
    OK(cu("cuMemGetInfo_v2", &free, &total));
    SAME(total, size_t{1} << 20);
    SAME(free, (size_t{1} << 20) - (size_t{600} << 10));
    OK(cu("cuMemFree_v2", p));
    OK(cu("cuMemAlloc_v2", &q, size_t{600} << 10));
}

CASE("memory", pointer_attributes, ENV(), 0, "") {
    CUcontext c = start(1), found = nullptr;
    CUdeviceptr p = allocate(1000), base = 0;
    unsigned type = 0;
    int ordinal = -1;
    size_t size = 0;
    OK(cu("cuPointerGetAttribute", static_cast<void*>(&type), 2, p + 999));
    SAME(type, 2u);
    OK(cu("cuPointerGetAttribute", static_cast<void*>(&ordinal), 9, p));
    SAME(ordinal, 1);
    OK(cu("cuPointerGetAttribute", static_cast<void*>(&found), 1, p));
    CHECK(found == c);
    OK(cu("cuMemGetAddressRange_v2", &base, &size, p + 500));
    CHECK(base == p && size == 1000);
    double local;
    SAME(cu("cuPointerGetAttribute", static_cast<void*>(&type), 2, reinterpret_cast<CUdeviceptr>(&local)), 1);
    SAME(cu("cuPointerGetAttribute", static_cast<void*>(&type), 2, p + 1000), 1);
    void* pinned = nullptr;
    OK(cu("cuMemAllocHost_v2", &pinned, size_t{64}));
    OK(cu("cuPointerGetAttribute", static_cast<void*>(&type), 2, reinterpret_cast<CUdeviceptr>(pinned)));
    SAME(type, 1u);
    int attributes[] = {2, 9};
    unsigned types = 9;
    void* out[] = {&types, &ordinal};
    OK(cu("cuPointerGetAttributes", 2u, static_cast<int*>(attributes), static_cast<void**>(out), reinterpret_cast<CUdeviceptr>(&local)));
    SAME(types, 0u);
}

CASE("memory", wrong_side, ENV(), 0, "is not device memory") {
    start();
    double x[4] = {}, y[4] = {};
    SAME(cu("cuMemcpyHtoD_v2", reinterpret_cast<CUdeviceptr>(&x), static_cast<const void*>(y), sizeof y), 1);
    CUdeviceptr p = allocate(32);
    SAME(cu("cuMemcpyDtoH_v2", reinterpret_cast<void*>(p), p, size_t{32}), 1);
    SAME(cu("cuMemFree_v2", p + 8), 1);
}

CASE("memory", boxes, ENV(), 0, "a copy's source of 88 bytes") {
    start();
    std::vector<float> a(6 * 5), b(3 * 2, 0.0f);
    for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i);
    CUdeviceptr p = device(a);
    CUDA_MEMCPY2D c{};
    c.srcMemoryType = CU_MEMORYTYPE_DEVICE;
    c.srcDevice = p;
    c.srcPitch = 20;
    c.srcXInBytes = 4;
    c.srcY = 2;
    c.dstMemoryType = CU_MEMORYTYPE_HOST;
    c.dstHost = b.data();
    c.dstPitch = 8;
    c.WidthInBytes = 8;
    c.Height = 3;
    OK(cu("cuMemcpy2D_v2", static_cast<const CUDA_MEMCPY2D*>(&c)));
    CHECK((b == std::vector<float>{11, 12, 16, 17, 21, 22}));
    c.Height = 5;
    SAME(cu("cuMemcpy2D_v2", static_cast<const CUDA_MEMCPY2D*>(&c)), 1);
    CUDA_MEMCPY3D d{};
    std::vector<float> e(2 * 2 * 2, 0.0f);
    d.srcMemoryType = CU_MEMORYTYPE_DEVICE;
    d.srcDevice = p;
    d.srcPitch = 20;
    d.srcHeight = 3;
    d.srcY = 1;
    d.dstMemoryType = CU_MEMORYTYPE_HOST;
    d.dstHost = e.data();
    d.dstPitch = 8;
    d.dstHeight = 2;
    d.WidthInBytes = 8;
    d.Height = 2;
    d.Depth = 2;
    OK(cu("cuMemcpy3D_v2", static_cast<const CUDA_MEMCPY3D*>(&d)));
    CHECK((e == std::vector<float>{5, 6, 10, 11, 20, 21, 25, 26}));
}

CASE("memory", leak, ENV("STANDIN_LEAKS=1"), 0, "leak: 1 device allocations of 80 bytes and 0 page-locked") {
    start();
    OK(cu("cuMemFree_v2", allocate(800)));
    allocate(80);
}
