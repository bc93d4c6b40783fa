#include "group.h"

#include <algorithm>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "driver_calls.h"

namespace nccl {
namespace {

struct Batch {
    std::shared_ptr<Communicator> communicator;
    void* stream;
    std::vector<Step> steps;
    uint64_t turn;
};

thread_local int depth;
thread_local std::vector<std::function<ncclResult_t()>> calls;
thread_local std::vector<std::unique_ptr<Batch>> batches;

// Operations of a communicator run in the order of the calls, also when they are on several streams.
int work(void* argument) {
    Batch& b = *static_cast<Batch*>(argument);
    Communicator& c = *b.communicator;
    Patience patience;
    while (c.done + 1 < b.turn && !c.aborted && patience.wait()) {}
    int result = c.aborted || c.error != ncclSuccess ? 0 : run(c, b.steps);
    c.done = b.turn;
    return result;
}

ncclResult_t put(std::unique_ptr<Batch> b) {
    b->turn = ++b->communicator->asked;
    auto c = b->communicator;
    void* stream = b->stream;
    InContext in(c->context);
    int failed = standin_enqueue(stream, "NCCL", work, b.release(), [](void* a) { delete static_cast<Batch*>(a); }, 1);
    if (!failed) return ncclSuccess;
    --c->asked;
    return note(ncclUnhandledCudaError, "the stream did not take the operation: CUDA error " + std::to_string(failed));
}

}  // namespace

ncclResult_t group_or_now(std::function<ncclResult_t()> call) {
    if (depth == 0) return call();
    calls.push_back(std::move(call));
    return ncclSuccess;
}

ncclResult_t enqueue(ncclComm_t handle, void* stream, const Step& step) {
    auto c = find(handle);
    if (!c) return note(ncclInvalidArgument, "no communicator");
    if (type_bytes(step.type) == 0 || step.op < ncclSum || step.op > ncclAvg)
        return note(ncclInvalidArgument, "type or operation not supported");
    if (step.peer < 0 || step.peer >= c->size) return note(ncclInvalidArgument, "root or peer is no rank");
    if (c->error != ncclSuccess) return static_cast<ncclResult_t>(c->error.load());
    if (depth == 0) {
        auto b = std::make_unique<Batch>();
        b->communicator = c;
        b->stream = stream;
        b->steps = {step};
        return put(std::move(b));
    }
    auto at = std::find_if(batches.begin(), batches.end(), [&](auto& b) { return b->communicator == c && b->stream == stream; });
    if (at == batches.end()) {
        batches.push_back(std::make_unique<Batch>());
        at = std::prev(batches.end());
        (*at)->communicator = c;
        (*at)->stream = stream;
    }
    (*at)->steps.push_back(step);
    return ncclSuccess;
}

}  // namespace nccl

using namespace nccl;

NCCL_API ncclResult_t ncclGroupStart() {
    ++depth;
    return ncclSuccess;
}

NCCL_API ncclResult_t ncclGroupEnd() {
    if (depth == 0) return note(ncclInvalidUsage, "ncclGroupEnd without ncclGroupStart");
    if (--depth > 0) return ncclSuccess;
    auto waiting = std::move(calls);
    auto ready = std::move(batches);
    calls.clear();
    batches.clear();
    std::vector<ncclResult_t> results(waiting.size() + 1, ncclSuccess);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < waiting.size(); ++i) threads.emplace_back([&, i] { results[i] = waiting[i](); });
    for (auto& t : threads) t.join();
    for (auto& b : ready) results.back() = std::max(results.back(), put(std::move(b)));
    return *std::max_element(results.begin(), results.end());
}

NCCL_API ncclResult_t ncclAllReduce(const void* from, void* to, size_t n, ncclDataType_t type, ncclRedOp_t op, ncclComm_t c, void* stream) {
    return enqueue(c, stream, {ALL_REDUCE, false, from, to, n, type, op, 0});
}
NCCL_API ncclResult_t ncclReduce(const void* from, void* to, size_t n, ncclDataType_t type, ncclRedOp_t op, int root, ncclComm_t c, void* stream) {
    return enqueue(c, stream, {REDUCE, false, from, to, n, type, op, root});
}
NCCL_API ncclResult_t ncclBroadcast(const void* from, void* to, size_t n, ncclDataType_t type, int root, ncclComm_t c, void* stream) {
    return enqueue(c, stream, {BROADCAST, false, from, to, n, type, ncclSum, root});
}
NCCL_API ncclResult_t ncclBcast(void* buffer, size_t n, ncclDataType_t type, int root, ncclComm_t c, void* stream) {
    return ncclBroadcast(buffer, buffer, n, type, root, c, stream);
}
NCCL_API ncclResult_t ncclAllGather(const void* from, void* to, size_t n, ncclDataType_t type, ncclComm_t c, void* stream) {
    return enqueue(c, stream, {ALL_GATHER, false, from, to, n, type, ncclSum, 0});
}
NCCL_API ncclResult_t ncclReduceScatter(const void* from, void* to, size_t n, ncclDataType_t type, ncclRedOp_t op, ncclComm_t c, void* stream) {
    return enqueue(c, stream, {REDUCE_SCATTER, false, from, to, n, type, op, 0});
}
NCCL_API ncclResult_t ncclSend(const void* from, size_t n, ncclDataType_t type, int peer, ncclComm_t c, void* stream) {
    return enqueue(c, stream, {SEND, false, from, nullptr, n, type, ncclSum, peer});
}
NCCL_API ncclResult_t ncclRecv(void* to, size_t n, ncclDataType_t type, int peer, ncclComm_t c, void* stream) {
    return enqueue(c, stream, {SEND, true, nullptr, to, n, type, ncclSum, peer});
}
