// Stream-ordered allocation.
#include "cuda.h"

static const char* FILL = R"(extern "C" __global__ void fill(double* x, double v) { x[threadIdx.x] = v; })";

static CUstream stream() {
    CUstream s = nullptr;
    OK(cu("cuStreamCreate", &s, 1u));
    return s;
}
static CUdeviceptr take(size_t bytes, CUstream s) {
    CUdeviceptr p = 0;
    OK(cu("cuMemAllocAsync", &p, bytes, s));
    return p;
}

CASE("pools", in_stream_order, ENV("STANDIN_LAZY=1"), 0, "") {
    start();
    CUstream s = stream();
    CUdeviceptr p = take(80, s);
    OK(launch_on(s, kernel(FILL, "fill"), 1, 10, 0, p, 3.0));
    OK(cu("cuMemFreeAsync", p, s));
    SAME(counts().live_allocations, 1u);
    OK(cu("cuStreamSynchronize", s));
    SAME(counts().live_allocations, 0u);
}

CASE("pools", used_on_another_stream, ENV("STANDIN_LAZY=1"), 0, "that no stream has reached yet") {
    start();
    CUstream s = stream(), t = stream();
    CUdeviceptr p = take(80, s);
    OK(launch_on(t, kernel(FILL, "fill"), 1, 10, 0, p, 3.0));
    SAME(cu("cuStreamSynchronize", t), 700);
}

CASE("pools", used_after_free, ENV(), 0, "of freed allocation") {
    start();
    CUstream s = stream();
    CUdeviceptr p = take(80, s);
    OK(cu("cuMemFreeAsync", p, s));
    OK(launch_on(s, kernel(FILL, "fill"), 1, 10, 0, p, 3.0));
    SAME(cu("cuStreamSynchronize", s), 700);
}

CASE("pools", freed_twice, ENV("STANDIN_LAZY=1"), 0, "") {
    start();
    CUstream s = stream();
    CUdeviceptr p = take(80, s);
    OK(cu("cuMemFreeAsync", p, s));
    SAME(cu("cuMemFreeAsync", p, s), 1);
    SAME(cu("cuMemFree_v2", p), 1);
    OK(cu("cuStreamSynchronize", s));
    SAME(cu("cuMemFreeAsync", p, s), 1);
}

CASE("pools", attributes, ENV(), 0, "") {
    start();
    CUstream s = stream();
    CUmemPoolProps properties{};
    properties.allocType = 1;
    properties.location = {1, 0};
    properties.maxSize = 1000;
    CUmemoryPool pool = nullptr, standard = nullptr;
    OK(cu("cuMemPoolCreate", &pool, static_cast<const CUmemPoolProps*>(&properties)));
    CUdeviceptr p = 0, q = 0;
    OK(cu("cuMemAllocFromPoolAsync", &p, size_t{600}, pool, s));
    SAME(cu("cuMemAllocFromPoolAsync", &q, size_t{600}, pool, s), 2);
    uint64_t used = 0, threshold = 1 << 20;
    OK(cu("cuMemPoolSetAttribute", pool, 4u, static_cast<void*>(&threshold)));
    OK(cu("cuMemPoolGetAttribute", pool, 7u, static_cast<void*>(&used)));
    SAME(used, 600u);
    OK(cu("cuMemFreeAsync", p, s));
    OK(cu("cuMemPoolGetAttribute", pool, 7u, static_cast<void*>(&used)));
    SAME(used, 0u);
    OK(cu("cuMemPoolGetAttribute", pool, 8u, static_cast<void*>(&used)));
    SAME(used, 600u);
    OK(cu("cuMemPoolGetAttribute", pool, 5u, static_cast<void*>(&used)));
    SAME(used, 600u);                               // kept, because of the threshold
    OK(cu("cuMemPoolTrimTo", pool, size_t{0}));
    OK(cu("cuMemPoolGetAttribute", pool, 5u, static_cast<void*>(&used)));
    SAME(used, 0u);
    OK(cu("cuMemPoolDestroy", pool));
    SAME(cu("cuMemPoolTrimTo", pool, size_t{0}), 1);
    OK(cu("cuDeviceGetDefaultMemPool", &standard, 0));
    CHECK(standard != nullptr);
}

CASE("pools", pending_frees_make_room, ENV("STANDIN_LAZY=1", "STANDIN_MEMORY=1M"), 0, "") {
    start();
    CUstream s = stream();
    CUdeviceptr p = take(size_t{900} << 10, s), q = 0;
    OK(cu("cuMemFreeAsync", p, s));
    OK(cu("cuMemAllocAsync", &q, size_t{900} << 10, s));
    CUdeviceptr r = 0;
    SAME(cu("cuMemAllocAsync", &r, size_t{900} << 10, s), 2);
}
