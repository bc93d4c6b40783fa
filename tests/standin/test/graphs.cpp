// Stream capture and graphs.
#include "cuda.h"

static const char* ADD = R"(
    extern "C" __global__ void add(double* x, double v) { x[threadIdx.x] += v; }
    extern "C" __global__ void scale(double* x, double v) { x[threadIdx.x] *= v; })";

static CUstream stream() {
    CUstream s = nullptr;
    OK(cu("cuStreamCreate", &s, 1u));
    return s;
}

static void replay() {
    start();
    CUstream s = stream(), t = stream();
    CUmodule m = module(build(ADD));
    CUfunction add = function(m, "add"), scale = function(m, "scale");
    CUdeviceptr x = device(std::vector<double>(4, 1.0)), y = device(std::vector<double>(4, 1.0));
    CUevent fork = nullptr, join = nullptr;
    OK(cu("cuEventCreate", &fork, 0u));
    OK(cu("cuEventCreate", &join, 0u));
    unsigned status = 9;
    OK(cu("cuStreamBeginCapture_v2", s, 0u));
    OK(cu("cuStreamIsCapturing", s, &status));
    SAME(status, 1u);
    OK(launch_on(s, add, 1, 4, 0, x, 1.0));
    OK(cu("cuEventRecord", fork, s));
    OK(cu("cuStreamWaitEvent", t, fork, 0u));
    OK(launch_on(t, add, 1, 4, 0, y, 5.0));
    OK(cu("cuEventRecord", join, t));
    OK(launch_on(s, scale, 1, 4, 0, x, 3.0));
    OK(cu("cuStreamWaitEvent", s, join, 0u));
    OK(cu("cuMemcpyDtoDAsync_v2", y, x, size_t{8}, s));
    CUgraph g = nullptr;
    OK(cu("cuStreamEndCapture", s, &g));
    size_t nodes = 0;
    OK(cu("cuGraphGetNodes", g, static_cast<CUgraphNode*>(nullptr), &nodes));
    SAME(nodes, 4u);
    SAME(host<double>(x, 1)[0], 1.0);               // captured, not run
    CUgraphExec e = nullptr;
    OK(cu("cuGraphInstantiateWithFlags", &e, g, 0ull));
    OK(cu("cuGraphDestroy", g));
    for (int i = 0; i < 3; ++i) OK(cu("cuGraphLaunch", e, s));
    OK(cu("cuStreamSynchronize", s));
    SAME(host<double>(x, 4)[1], 66.0);              // 1 -> 6 -> 21 -> 66
    SAME(host<double>(y, 4)[0], 66.0);
    SAME(host<double>(y, 4)[1], 16.0);
    SAME(counts().graph_launches, 3u);
    OK(cu("cuGraphExecDestroy", e));
    SAME(cu("cuGraphLaunch", e, s), 1);
}
CASE("graphs", replayed, ENV(), 0, "") { replay(); }
CASE("graphs", replayed_lazily, ENV("STANDIN_LAZY=1"), 0, "") { replay(); }

// Two captured branches that nothing orders: the graph may run the later one first, and does.
CASE("graphs", missing_order_shows, ENV("STANDIN_LAZY=1"), 0, "") {
    start();
    CUstream s = stream(), t = stream();
    CUmodule m = module(build(ADD));
    CUdeviceptr x = device(std::vector<double>(4, 1.0));
    CUevent fork = nullptr, join = nullptr;
    OK(cu("cuEventCreate", &fork, 0u));
    OK(cu("cuEventCreate", &join, 0u));
    OK(cu("cuStreamBeginCapture_v2", s, 0u));
    OK(cu("cuEventRecord", fork, s));
    OK(cu("cuStreamWaitEvent", t, fork, 0u));
    OK(launch_on(s, function(m, "add"), 1, 4, 0, x, 1.0));
    OK(launch_on(t, function(m, "scale"), 1, 4, 0, x, 3.0));
    OK(cu("cuEventRecord", join, t));
    OK(cu("cuStreamWaitEvent", s, join, 0u));
    CUgraph g = nullptr;
    CUgraphExec e = nullptr;
    OK(cu("cuStreamEndCapture", s, &g));
    OK(cu("cuGraphInstantiateWithFlags", &e, g, 0ull));
    OK(cu("cuGraphLaunch", e, s));
    OK(cu("cuStreamSynchronize", s));
    SAME(host<double>(x, 1)[0], 4.0);               // 1*3+1, not (1+1)*3
}

CASE("graphs", forbidden_in_a_capture, ENV(), 0, "") {
    start();
    CUstream s = stream(), t = stream();
    CUgraph g = nullptr;
    CUdeviceptr p = 0;
    OK(cu("cuStreamBeginCapture_v2", s, 0u));
    SAME(cu("cuStreamSynchronize", s), 900);
    SAME(cu("cuStreamEndCapture", s, &g), 901);
    CHECK(g == nullptr);
    OK(cu("cuStreamBeginCapture_v2", s, 0u));
    SAME(cu("cuMemAlloc_v2", &p, size_t{8}), 900);
    SAME(cu("cuStreamEndCapture", s, &g), 901);
    OK(cu("cuStreamBeginCapture_v2", s, 2u));
    OK(cu("cuMemAlloc_v2", &p, size_t{8}));          // allowed in a relaxed capture
    CUevent e = nullptr;
    OK(cu("cuEventCreate", &e, 0u));
    OK(cu("cuEventRecord", e, s));
    SAME(cu("cuStreamEndCapture", t, &g), 401);
    OK(cu("cuStreamWaitEvent", t, e, 0u));
    OK(cu("cuMemsetD8Async", p, static_cast<unsigned char>(0), size_t{8}, t));
    SAME(cu("cuStreamEndCapture", s, &g), 904);      // t did not come back
    SAME(cu("cuStreamBeginCapture_v2", CUstream{}, 0u), 900);
}

CASE("graphs", memory_of_a_graph, ENV(), 0, "") {
    start();
    CUstream s = stream();
    CUmodule m = module(build(ADD));
    CUdeviceptr p = 0, x = device(std::vector<double>(4, 2.0));
    OK(cu("cuStreamBeginCapture_v2", s, 0u));
    OK(cu("cuMemAllocAsync", &p, size_t{32}, s));
    OK(cu("cuMemcpyDtoDAsync_v2", p, x, size_t{32}, s));
    OK(launch_on(s, function(m, "add"), 1, 4, 0, p, 1.0));
    OK(cu("cuMemcpyDtoDAsync_v2", x, p, size_t{32}, s));
    OK(cu("cuMemFreeAsync", p, s));
    CUgraph g = nullptr;
    CUgraphExec e = nullptr;
    OK(cu("cuStreamEndCapture", s, &g));
    OK(cu("cuGraphInstantiateWithFlags", &e, g, 0ull));
    for (int i = 0; i < 3; ++i) OK(cu("cuGraphLaunch", e, s));
    OK(cu("cuStreamSynchronize", s));
    SAME(host<double>(x, 1)[0], 5.0);
    OK(cu("cuGraphExecDestroy", e));
    OK(cu("cuGraphDestroy", g));
    SAME(counts().live_allocations, 1u);
}
