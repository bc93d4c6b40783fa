// Streams and events: what is done when, with work done at once and with work done only when something orders it.
#include <thread>

#include "cuda.h"

static const char* ADD = R"(extern "C" __global__ void add(double* x, double v, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x; if (i < n) x[i] += v; })";

static CUstream stream(unsigned flags = 1) {
    CUstream s = nullptr;
    OK(cu("cuStreamCreate", &s, flags));
    return s;
}
static CUevent event(unsigned flags = 0) {
    CUevent e = nullptr;
    OK(cu("cuEventCreate", &e, flags));
    return e;
}
static double* pinned(size_t count) {
    void* p = nullptr;
    OK(cu("cuMemHostAlloc", &p, count * sizeof(double), 0u));
    return static_cast<double*>(p);
}

CASE("streams", eager_is_done_at_once, ENV("STANDIN_LAZY=0"), 0, "") {
    start();
    CUstream s = stream();
    CUdeviceptr x = device(std::vector<double>(4, 1.0));
    double* y = pinned(4);
    OK(launch_on(s, kernel(ADD, "add"), 1, 4, 0, x, 2.0, 4));
    OK(cu("cuMemcpyDtoHAsync_v2", static_cast<void*>(y), x, size_t{32}, s));
    SAME(y[3], 3.0);
    OK(cu("cuStreamQuery", s));
}

CASE("streams", lazy_waits_for_a_synchronisation, ENV("STANDIN_LAZY=1"), 0, "") {
    start();
    CUstream s = stream();
    CUdeviceptr x = device(std::vector<double>(4, 1.0));
    double* y = pinned(4);
    y[3] = -1;
    OK(launch_on(s, kernel(ADD, "add"), 1, 4, 0, x, 2.0, 4));
    OK(cu("cuMemcpyDtoHAsync_v2", static_cast<void*>(y), x, size_t{32}, s));
    SAME(y[3], -1.0);
    OK(cu("cuStreamSynchronize", s));
    SAME(y[3], 3.0);
    SAME(counts().synchronizations, 1u);
}

// A host buffer that is changed before the copy is done, and a result that is read too early.
CASE("streams", reuse_of_pinned_memory_shows, ENV("STANDIN_LAZY=1"), 0, "") {
    start();
    CUstream s = stream();
    CUdeviceptr x = allocate(8);
    double* y = pinned(1);
    y[0] = 1;
    OK(cu("cuMemcpyHtoDAsync_v2", x, static_cast<const void*>(y), size_t{8}, s));
    y[0] = 2;
    OK(cu("cuStreamSynchronize", s));
    SAME(host<double>(x, 1)[0], 2.0);
}

CASE("streams", pageable_memory_is_read_at_once, ENV("STANDIN_LAZY=1"), 0, "") {
    start();
    CUstream s = stream();
    CUdeviceptr x = allocate(8);
    double y = 1, z = 0;
    OK(cu("cuMemcpyHtoDAsync_v2", x, static_cast<const void*>(&y), size_t{8}, s));
    y = 2;
    OK(cu("cuMemcpyDtoHAsync_v2", static_cast<void*>(&z), x, size_t{8}, s));
    SAME(z, 1.0);
}

// The consumer on another stream sees old numbers unless an event orders it.
static double two_streams(bool ordered) {
    start();
    CUstream a = stream(), b = stream();
    CUfunction add = kernel(ADD, "add");
    CUdeviceptr x = device(std::vector<double>(4, 1.0));
    double* y = pinned(4);
    OK(launch_on(a, add, 1, 4, 0, x, 2.0, 4));
    if (ordered) {
        CUevent e = event();
        OK(cu("cuEventRecord", e, a));
        OK(cu("cuStreamWaitEvent", b, e, 0u));
    }
    OK(cu("cuMemcpyDtoHAsync_v2", static_cast<void*>(y), x, size_t{32}, b));
    OK(cu("cuStreamSynchronize", b));
    return y[0];
}
CASE("streams", missing_order_between_streams_shows, ENV("STANDIN_LAZY=1"), 0, "") { SAME(two_streams(false), 1.0); }
CASE("streams", event_orders_streams, ENV("STANDIN_LAZY=1"), 0, "") { SAME(two_streams(true), 3.0); }

CASE("streams", legacy_stream_orders_blocking_streams, ENV("STANDIN_LAZY=1"), 0, "") {
    start();
    CUfunction add = kernel(ADD, "add");
    CUdeviceptr x = device(std::vector<double>(4, 1.0)), y = device(std::vector<double>(4, 1.0));
    OK(launch_on(stream(0), add, 1, 4, 0, x, 2.0, 4));
    OK(launch_on(stream(1), add, 1, 4, 0, y, 2.0, 4));
    SAME(host<double>(x, 4)[0], 3.0);       // a blocking copy is in the order of the legacy stream
    SAME(host<double>(y, 4)[0], 1.0);       // and not in that of a stream created as non-blocking
    OK(synchronize());
    SAME(host<double>(y, 4)[0], 3.0);
}

CASE("streams", freed_too_early, ENV("STANDIN_LAZY=1"), 0, "illegal address: kernel add") {
    start();
    CUstream s = stream();
    CUdeviceptr x = device(std::vector<double>(4, 1.0));
    OK(launch_on(s, kernel(ADD, "add"), 1, 4, 0, x, 2.0, 4));
    OK(cu("cuMemFree_v2", x));
    SAME(cu("cuStreamSynchronize", s), 700);
}

CASE("streams", queries_end, ENV("STANDIN_LAZY=1"), 0, "") {
    start();
    CUstream s = stream();
    CUevent e = event(), f = event();
    OK(cu("cuEventQuery", e));                       // never recorded
    OK(cu("cuEventRecord", e, s));
    OK(launch_on(s, kernel(ADD, "add"), 1, 4, 0, device(std::vector<double>(4, 1.0)), 2.0, 4));
    OK(cu("cuEventRecord", f, s));
    SAME(cu("cuEventQuery", f), 600);
    int n = 0;
    while (cu("cuEventQuery", f) == 600) CHECK(++n < 10);
    float ms = -1;
    OK(cu("cuEventElapsedTime", &ms, e, f));
    CHECK(ms >= 0);
    OK(launch_on(s, kernel(ADD, "add"), 1, 4, 0, device(std::vector<double>(4, 1.0)), 2.0, 4));
    SAME(cu("cuStreamQuery", s), 600);
    OK(cu("cuStreamQuery", s));
    SAME(cu("cuEventElapsedTime", &ms, e, event(2)), 400);
    SAME(counts().stream_queries, 2u);
    SAME(counts().event_queries, static_cast<uint64_t>(n + 3));
}

CASE("streams", host_functions, ENV("STANDIN_LAZY=1"), 0, "") {
    start();
    CUstream s = stream();
    static double* seen;
    static int inside;
    seen = pinned(4);
    CUdeviceptr x = device(std::vector<double>(4, 5.0));
    OK(cu("cuMemcpyDtoHAsync_v2", static_cast<void*>(seen), x, size_t{32}, s));
    static double value;
    OK(cu("cuLaunchHostFunc", s, +[](void* p) {
        value = static_cast<double*>(p)[0];
        inside = cu("cuCtxSynchronize");            // a host function may not call the driver
    }, static_cast<void*>(seen)));
    SAME(value, 0.0);
    OK(cu("cuStreamSynchronize", s));
    SAME(value, 5.0);
    SAME(inside, 800);
}

CASE("streams", stream_asked, ENV(), 0, "") {
    CUcontext c = start(1), found = nullptr;
    CUstream s = nullptr;
    OK(cu("cuStreamCreateWithPriority", &s, 1u, -3));
    int ordinal = -1, priority = 0;
    unsigned flags = 0;
    OK(cu("cuStreamGetCtx", s, &found));
    CHECK(found == c);
    OK(cu("cuStreamGetDevice", s, &ordinal));
    SAME(ordinal, 1);
    OK(cu("cuStreamGetPriority", s, &priority));
    SAME(priority, -3);
    OK(cu("cuStreamGetFlags", s, &flags));
    SAME(flags, 1u);
    start(0);
    OK(cu("cuStreamGetDevice", s, &ordinal));       // whatever context is current
    SAME(ordinal, 1);
    OK(cu("cuStreamGetDevice", CUstream{}, &ordinal));
    SAME(ordinal, 0);
    OK(cu("cuStreamDestroy_v2", s));
    SAME(cu("cuStreamSynchronize", s), 400);
}

CASE("streams", destroyed_with_work, ENV("STANDIN_LAZY=1"), 0, "") {
    start();
    CUstream s = stream();
    CUdeviceptr x = device(std::vector<double>(4, 1.0));
    OK(launch_on(s, kernel(ADD, "add"), 1, 4, 0, x, 2.0, 4));
    OK(cu("cuStreamDestroy_v2", s));
    OK(synchronize());
    SAME(host<double>(x, 4)[0], 3.0);
}

CASE("streams", wrong_device, ENV(), 0, "") {
    start(1);
    CUstream s = stream();
    start(0);
    SAME(launch_on(s, kernel(ADD, "add"), 1, 1, 0, allocate(8), 1.0, 1), 400);
}

CASE("streams", many_threads, ENV("STANDIN_LAZY=1"), 0, "") {
    CUcontext c = start();
    CUfunction add = kernel(ADD, "add");
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([=] {
            OK(cu("cuCtxSetCurrent", c));
            CUstream s = stream();
            CUdeviceptr x = device(std::vector<double>(100, 0.0));
            for (int i = 0; i < 50; ++i) {
                OK(launch_on(s, add, 4, 32, 0, x, 1.0, 100));
                if (i % 7 == 0) OK(cu("cuStreamSynchronize", s));
            }
            OK(cu("cuStreamSynchronize", s));
            for (double v : host<double>(x, 100)) SAME(v, 50.0);
        });
    for (auto& t : threads) t.join();
}

// Work of a library that waits for another rank goes on by itself: the host may wait for something else meanwhile.
CASE("streams", work_that_waits, ENV(), 0, "") {
    start();
    CUstream s = stream();
    static volatile int peer_came = 0, done = 0;
    auto wait = +[](void*) -> int { while (!peer_came) std::this_thread::yield(); return 0; };
    auto mark = +[](void*) -> int { done = 1; return 0; };
    using Release = void (*)(void*);
    OK(cu("standin_enqueue", static_cast<void*>(s), "wait", wait, static_cast<void*>(nullptr), Release{}, 1));
    OK(cu("standin_enqueue", static_cast<void*>(s), "mark", mark, static_cast<void*>(nullptr), Release{}, 0));
    SAME(done + 0, 0);
    SAME(cu("cuStreamQuery", s), 600);
    peer_came = 1;
    while (!done) std::this_thread::yield();
    OK(cu("cuStreamSynchronize", s));
}
