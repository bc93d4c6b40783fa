// Stream capture, and graphs of what was captured.
#include <algorithm>

#include "device_memory.h"
#include "order.h"
#include "settings.h"
#include "statistics.h"

namespace {

std::map<Graph*, std::shared_ptr<Graph>>& graphs() {
    static auto all = new std::map<Graph*, std::shared_ptr<Graph>>;
    return *all;
}

std::map<GraphExec*, std::unique_ptr<GraphExec>>& executables() {
    static auto all = new std::map<GraphExec*, std::unique_ptr<GraphExec>>;
    return *all;
}

std::shared_ptr<Graph> find(CUgraph handle) {
    auto at = graphs().find(handle);
    driver::require(at != graphs().end());
    return at->second;
}

// Runs the nodes in an order that their dependencies allow: that of the capture, or with STANDIN_LAZY the latest node
// that is free first, so that a dependency that is missing shows.
CUresult run(const Graph& graph) {
    size_t n = graph.nodes.size();
    std::vector<char> done(n, 0);
    for (size_t k = 0; k < n; ++k) {
        size_t next = k;
        if (settings().lazy)
            for (size_t i = n; i-- > 0;) {
                const auto& after = graph.nodes[i].after;
                if (!done[i] && std::all_of(after.begin(), after.end(), [&](size_t a) { return done[a]; })) {
                    next = i;
                    break;
                }
            }
        CUresult error = graph.nodes[next].body();
        if (error != CUDA_SUCCESS) return error;
        done[next] = 1;
    }
    ++statistics::counters.graph_launches;
    return CUDA_SUCCESS;
}

CUresult instantiate(CUgraphExec* out, CUgraph handle) {
    return driver::enter_context([&](Lock&, Context& c) {
        driver::require(out);
        auto exec = std::make_unique<GraphExec>();
        exec->graph = std::make_shared<Graph>(*find(handle));
        exec->context = &c;
        *out = exec.get();
        executables()[exec.get()] = std::move(exec);
    });
}

}  // namespace

CUDA_API CUresult cuStreamBeginCapture_v2(CUstream handle, unsigned mode) {
    return driver::enter_context([&](Lock&, Context& c) {
        static unsigned long long next;
        auto s = order::stream(c, handle);
        driver::require(mode <= 2);
        driver::require(!s->legacy, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
        driver::require(!s->capture, CUDA_ERROR_ILLEGAL_STATE);
        auto capture = std::make_shared<Capture>();
        capture->origin = s;
        capture->mode = mode;
        capture->thread = std::this_thread::get_id();
        capture->id = ++next;
        order::follow(*s, capture, {});
    });
}

CUDA_API CUresult cuStreamEndCapture(CUstream handle, CUgraph* out) {
    return driver::enter_context([&](Lock&, Context& c) {
        auto s = order::stream(c, handle);
        driver::require(out);
        *out = nullptr;
        driver::require(s->capture != nullptr, CUDA_ERROR_ILLEGAL_STATE);
        auto capture = s->capture;
        driver::require(capture->origin == s, CUDA_ERROR_STREAM_CAPTURE_UNMATCHED);
        // Every node must lead to the end of the origin: a stream that joined and did not come back is an error.
        bool joined = true;
        std::vector<char> reached(capture->graph->nodes.size(), 0);
        std::vector<size_t> path = s->capture_after;
        while (!path.empty()) {
            size_t n = path.back();
            path.pop_back();
            if (reached[n]) continue;
            reached[n] = 1;
            for (size_t a : capture->graph->nodes[n].after) path.push_back(a);
        }
        for (char r : reached) joined = joined && r;
        for (auto& weak : capture->streams)
            if (auto other = weak.lock()) {
                other->capture = nullptr;
                other->capture_after.clear();
            }
        capture->origin = nullptr;
        driver::require(!capture->invalid, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
        capture->invalid = true;
        driver::require(joined, CUDA_ERROR_STREAM_CAPTURE_UNJOINED);
        graphs()[capture->graph.get()] = capture->graph;
        *out = capture->graph.get();
    });
}

CUDA_API CUresult cuStreamIsCapturing(CUstream handle, unsigned* status) {
    return driver::enter_context([&](Lock&, Context& c) {
        driver::require(status);
        auto s = order::stream(c, handle);
        *status = !s->capture ? 0 : s->capture->invalid ? 2 : 1;
    });
}

CUDA_API CUresult cuStreamGetCaptureInfo_v2(CUstream handle, unsigned* status, uint64_t* id, CUgraph* graph, void** nodes,
                                            size_t* count) {
    return driver::enter_context([&](Lock&, Context& c) {
        driver::require(status);
        auto s = order::stream(c, handle);
        *status = !s->capture ? 0 : s->capture->invalid ? 2 : 1;
        if (!s->capture) return;
        if (id) *id = s->capture->id;
        if (graph) *graph = s->capture->graph.get();
        if (nodes) *nodes = nullptr;
        if (count) *count = 0;
    });
}
CUDA_API CUresult cuStreamGetCaptureInfo(CUstream handle, unsigned* status, uint64_t* id) {
    return cuStreamGetCaptureInfo_v2(handle, status, id, nullptr, nullptr, nullptr);
}

CUDA_API CUresult cuThreadExchangeStreamCaptureMode(unsigned* mode) {
    static thread_local unsigned own = 0;
    if (!mode || *mode > 2) return CUDA_ERROR_INVALID_VALUE;
    std::swap(own, *mode);
    return CUDA_SUCCESS;
}

CUDA_API CUresult cuGraphInstantiateWithFlags(CUgraphExec* out, CUgraph graph, unsigned long long) { return instantiate(out, graph); }
CUDA_API CUresult cuGraphInstantiate_v2(CUgraphExec* out, CUgraph graph, void*, char*, size_t) { return instantiate(out, graph); }
CUDA_API CUresult cuGraphInstantiateWithParams(CUgraphExec* out, CUgraph graph, CUDA_GRAPH_INSTANTIATE_PARAMS* p) {
    if (p) p->result_out = 0;
    return instantiate(out, graph);
}

CUDA_API CUresult cuGraphUpload(CUgraphExec exec, CUstream) {
    return driver::enter_context([&](Lock&, Context&) { driver::require(executables().count(exec)); });
}

CUDA_API CUresult cuGraphLaunch(CUgraphExec exec, CUstream handle) {
    return driver::enter_context([&](Lock& lock, Context& c) {
        driver::require(executables().count(exec));
        auto s = order::stream(c, handle);
        auto graph = exec->graph;
        bool may_wait = std::any_of(graph->nodes.begin(), graph->nodes.end(), [](const Node& n) { return n.may_wait; });
        order::enqueue(lock, s, {"graph", [graph] { return run(*graph); }, true, may_wait});
    });
}

CUDA_API CUresult cuGraphExecDestroy(CUgraphExec exec) {
    return driver::enter([&](Lock&) { driver::require(executables().erase(exec)); });
}

CUDA_API CUresult cuGraphDestroy(CUgraph handle) {
    return driver::enter([&](Lock&) { driver::require(graphs().erase(handle)); });
}

CUDA_API CUresult cuGraphGetNodes(CUgraph handle, CUgraphNode* nodes, size_t* count) {
    return driver::enter([&](Lock&) {
        auto g = find(handle);
        driver::require(count);
        if (nodes)
            for (size_t i = 0; i < *count && i < g->nodes.size(); ++i) nodes[i] = &g->nodes[i];
        *count = g->nodes.size();
    });
}

CUDA_API CUresult cuGraphExecUpdate_v2(CUgraphExec, CUgraph, void*) { return CUDA_ERROR_NOT_SUPPORTED; }
