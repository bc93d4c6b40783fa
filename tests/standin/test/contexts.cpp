// Devices, contexts, sticky errors, and the entry points as a loader finds them.
#include <dlfcn.h>

#include "cuda.h"

static const char* BAD = R"(extern "C" __global__ void bad(double* x) { x[threadIdx.x] = 1; })";

CASE("contexts", devices, ENV("STANDIN_DEVICES=3"), 0, "") {
    int n = 0, v = 0;
    SAME(cu("cuDeviceGetCount", &n), 3);             // not initialised
    OK(cu("cuInit", 0u));
    OK(cu("cuDeviceGetCount", &n));
    SAME(n, 3);
    char name[64] = "", bus[32] = "";
    OK(cu("cuDeviceGetName", static_cast<char*>(name), 64, 2));
    CHECK(std::string(name) == "Stand-in GPU 2");
    OK(cu("cuDeviceGetPCIBusId", static_cast<char*>(bus), 32, 2));
    CHECK(std::string(bus) == "0000:03:00.0");
    OK(cu("cuDeviceGetAttribute", &v, 75, 0));
    SAME(v, 9);
    OK(cu("cuDeviceGetAttribute", &v, 10, 0));
    SAME(v, 32);
    SAME(cu("cuDeviceGetAttribute", &v, 10, 3), 101);
    CUuuid a{}, b{};
    OK(cu("cuDeviceGetUuid_v2", &a, 0));
    OK(cu("cuDeviceGetUuid_v2", &b, 1));
    CHECK(std::memcmp(&a, &b, 16) != 0);
    OK(cu("cuDriverGetVersion", &v));
    SAME(v, 13000);
}

CASE("contexts", no_device, ENV("STANDIN_DEVICES=0"), 0, "") { SAME(cu("cuInit", 0u), 100); }

CASE("contexts", current, ENV(), 0, "") {
    CUdeviceptr p = 0;
    OK(cu("cuInit", 0u));
    SAME(cu("cuMemAlloc_v2", &p, size_t{8}), 201);
    CUcontext a = start(0), b = start(1), now = nullptr, popped = nullptr;
    int ordinal = -1;
    CHECK(a != b);
    OK(cu("cuCtxPushCurrent_v2", a));
    OK(cu("cuCtxGetDevice", &ordinal));
    SAME(ordinal, 0);
    OK(cu("cuCtxPopCurrent_v2", &popped));
    CHECK(popped == a);
    OK(cu("cuCtxGetCurrent", &now));
    CHECK(now == b);
    OK(cu("cuCtxSetCurrent", CUcontext{}));
    OK(cu("cuCtxGetCurrent", &now));
    CHECK(now == nullptr);
}

CASE("contexts", primary, ENV(), 0, "") {
    CUcontext a = start(0), b = nullptr;
    unsigned flags = 0;
    int active = 0;
    OK(cu("cuDevicePrimaryCtxRetain", &b, 0));
    CHECK(a == b);
    allocate(64);
    OK(cu("cuDevicePrimaryCtxRelease_v2", 0));
    OK(cu("cuDevicePrimaryCtxGetState", 0, &flags, &active));
    SAME(active, 1);
    SAME(counts().live_allocations, 1u);
    OK(cu("cuDevicePrimaryCtxRelease_v2", 0));
    OK(cu("cuDevicePrimaryCtxGetState", 0, &flags, &active));
    SAME(active, 0);
    SAME(counts().live_allocations, 0u);
    SAME(cu("cuCtxSynchronize"), 709);
    SAME(cu("cuDevicePrimaryCtxRelease_v2", 0), 201);
}

// An error in one context leaves another alone; destroying and resetting work in spite of it.
CASE("contexts", sticky_errors, ENV(), 0, "illegal address: kernel bad") {
    CUcontext primary = start(0), own = nullptr;
    OK(cu("cuCtxCreate_v2", &own, 0u, 0));
    CUfunction f = kernel(BAD, "bad");
    CUdeviceptr p = allocate(8);
    CUstream s = nullptr;
    OK(cu("cuStreamCreate", &s, 1u));
    OK(launch(f, 1, 2, p));
    CUdeviceptr q = 0;
    SAME(cu("cuMemAlloc_v2", &q, size_t{8}), 700);
    SAME(cu("cuStreamSynchronize", s), 700);
    SAME(launch(f, 1, 1, p), 700);
    CUevent e = nullptr;
    SAME(cu("cuEventCreate", &e, 0u), 700);
    OK(cu("cuCtxSetCurrent", primary));
    OK(cu("cuMemAlloc_v2", &q, size_t{8}));
    OK(cu("cuCtxDestroy_v2", own));
    SAME(cu("cuCtxSetCurrent", own), 201);
    OK(cu("cuCtxSetCurrent", primary));
    f = kernel(BAD, "bad");
    OK(launch(f, 1, 2, q));
    SAME(synchronize(), 700);
    OK(cu("cuDevicePrimaryCtxReset_v2", 0));
    OK(synchronize());
    OK(launch(kernel(BAD, "bad"), 1, 1, allocate(8)));
    OK(synchronize());
}

CASE("contexts", errors_of_lazy_work, ENV("STANDIN_LAZY=1"), 0, "illegal address: kernel bad") {
    start();
    CUfunction f = kernel(BAD, "bad");
    CUdeviceptr p = allocate(8), q = 0;
    OK(launch(f, 1, 2, p));
    OK(cu("cuMemAlloc_v2", &q, size_t{8}));          // nothing has run yet
    SAME(synchronize(), 700);
}

CASE("contexts", two_devices, ENV(), 0, "") {
    CUcontext a = start(0);
    CUdeviceptr x = device(std::vector<double>{1, 2, 3});
    CUcontext b = start(1);
    CUdeviceptr y = allocate(24);
    OK(cu("cuMemcpyPeerAsync", y, b, x, a, size_t{24}, CUstream{}));
    CHECK((host<double>(y, 3) == std::vector<double>{1, 2, 3}));
    SAME(counts().copies_between_devices, 1u);
    int can = 0;
    OK(cu("cuDeviceCanAccessPeer", &can, 0, 1));
    SAME(can, 1);
    OK(cu("cuCtxEnablePeerAccess", a, 0u));
    SAME(cu("cuCtxEnablePeerAccess", a, 0u), 704);
}

CASE("contexts", names_of_errors, ENV(), 0, "") {
    const char* text = nullptr;
    OK(cu("cuGetErrorName", 700, &text));
    CHECK(std::string(text) == "CUDA_ERROR_ILLEGAL_ADDRESS");
    OK(cu("cuGetErrorString", 2, &text));
    CHECK(std::string(text) == "out of memory");
    SAME(cu("cuGetErrorName", 12345, &text), 1);
}

CASE("contexts", entry_points, ENV(), 0, "") {
    void* at = nullptr;
    unsigned status = 9;
    OK(cu("cuGetProcAddress_v2", "cuMemAlloc", &at, 13000, uint64_t{0}, &status));
    CHECK(at == symbol("libcuda.so.1", "cuMemAlloc_v2"));
    SAME(status, 0u);
    SAME(cu("cuGetProcAddress_v2", "cuNoSuchFunction", &at, 13000, uint64_t{0}, &status), 500);
    CHECK(at == nullptr);
}

CASE("contexts", statistics_at_exit, ENV("STANDIN_STATISTICS=1"), 0, "kernels 1, library calls 0") {
    start();
    OK(launch(kernel(BAD, "bad"), 1, 1, allocate(8)));
}

// The library is closed before it is opened for use, as some loaders look whether it is there.
CASE("contexts", closed_and_opened_again, ENV(), 0, "") {
    void* handle = dlopen(STANDIN_LIBRARIES "/libcuda.so.1", RTLD_NOW);
    CHECK(handle && dlclose(handle) == 0);
    start();
    OK(launch(kernel(BAD, "bad"), 1, 1, allocate(8)));
    OK(synchronize());
}
