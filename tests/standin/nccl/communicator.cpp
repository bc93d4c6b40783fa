// Communicators: made of a unique id, of all devices of a process, or of another communicator; asked, and ended.
#include "communicator.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <unistd.h>
#include <vector>

#include "driver_calls.h"
#include "group.h"

namespace nccl {
namespace {

std::mutex mutex;
std::map<ncclComm_t, std::shared_ptr<Communicator>>& all() {
    static auto live = new std::map<ncclComm_t, std::shared_ptr<Communicator>>;
    return *live;
}
std::string last_error;

ncclResult_t make(ncclComm_t* out, const std::string& name, int size, int rank, int device, void* context) {
    auto c = std::make_shared<Communicator>();
    c->name = name;
    c->rank = rank;
    c->size = size;
    c->device = device;
    c->context = context;
    ncclResult_t result;
    c->segment = Segment::join(name, size, rank, device, result);
    if (!c->segment) return note(result, "the ranks of the communicator did not come together");
    std::lock_guard<std::mutex> hold(mutex);
    all()[c.get()] = c;
    *out = c.get();
    return ncclSuccess;
}

// Waits for the operations that were asked for.
void settle(Communicator& c) {
    Patience patience;
    while (c.done < c.asked && !c.aborted && patience.wait()) {}
}

void forget(ncclComm_t handle) {
    std::lock_guard<std::mutex> hold(mutex);
    all().erase(handle);
}

}  // namespace

std::shared_ptr<Communicator> find(ncclComm_t handle) {
    std::lock_guard<std::mutex> hold(mutex);
    auto at = all().find(handle);
    return at == all().end() ? nullptr : at->second;
}

ncclResult_t note(ncclResult_t result, const std::string& message) {
    std::lock_guard<std::mutex> hold(mutex);
    last_error = message;
    return result;
}

}  // namespace nccl

using namespace nccl;

NCCL_API ncclResult_t ncclGetVersion(int* version) {
    if (!version) return ncclInvalidArgument;
    *version = 22703;
    return ncclSuccess;
}

NCCL_API ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
    if (!id) return ncclInvalidArgument;
    std::random_device random;
    std::memset(id->internal, 0, sizeof id->internal);
    std::snprintf(id->internal, sizeof id->internal, "/standin-nccl-%d-%08x%08x", getpid(), random(), random());
    return ncclSuccess;
}

NCCL_API ncclResult_t ncclCommInitRank(ncclComm_t* out, int size, ncclUniqueId id, int rank) {
    if (!out || size < 1 || size > MOST_RANKS || rank < 0 || rank >= size || id.internal[0] != '/')
        return note(ncclInvalidArgument, "rank, size or unique id out of range");
    int device = current_device();
    if (device < 0) return note(ncclUnhandledCudaError, "no CUDA context is current");
    void* context = nullptr;
    cuCtxGetCurrent(&context);
    std::string name(id.internal, strnlen(id.internal, sizeof id.internal));
    return group_or_now([=] { return make(out, name, size, rank, device, context); });
}

NCCL_API ncclResult_t ncclCommInitRankConfig(ncclComm_t* out, int size, ncclUniqueId id, int rank, void*) {
    return ncclCommInitRank(out, size, id, rank);
}

NCCL_API ncclResult_t ncclCommInitAll(ncclComm_t* out, int size, const int* devices) {
    if (!out || size < 1 || size > MOST_RANKS) return note(ncclInvalidArgument, "number of devices out of range");
    ncclUniqueId id;
    ncclGetUniqueId(&id);
    std::vector<std::thread> ranks;
    std::vector<ncclResult_t> results(static_cast<size_t>(size), ncclSuccess);
    for (int r = 0; r < size; ++r)
        ranks.emplace_back([&, r] {
            int device = devices ? devices[r] : r;
            void* context = nullptr;
            results[static_cast<size_t>(r)] = cuDevicePrimaryCtxRetain(&context, device) != 0
                ? ncclUnhandledCudaError : make(out + r, id.internal, size, r, device, context);
        });
    for (auto& t : ranks) t.join();
    return *std::max_element(results.begin(), results.end());
}

// The ranks of one color come together under a name that all of them can tell.
NCCL_API ncclResult_t ncclCommSplit(ncclComm_t handle, int color, int key, ncclComm_t* out, void*) {
    auto c = find(handle);
    if (!c || !out) return ncclInvalidArgument;
    *out = nullptr;
    uint64_t turn = ++c->splits;
    Header& h = c->segment->header();
    h.members[c->rank].color[turn % 2] = color;
    h.members[c->rank].key[turn % 2] = key;
    h.members[c->rank].splits = turn;
    Patience patience;
    for (int r = 0; r < c->size; ++r)
        while (h.members[r].splits < turn)
            if (h.failed || !patience.wait()) return note(ncclRemoteError, "a rank did not call ncclCommSplit");
    std::vector<std::pair<int, int>> members;
    for (int r = 0; r < c->size; ++r)
        if (h.members[r].color[turn % 2] == color) members.emplace_back(h.members[r].key[turn % 2], r);
    if (color < 0) return ncclSuccess;
    std::sort(members.begin(), members.end());
    int rank = 0;
    while (members[static_cast<size_t>(rank)].second != c->rank) ++rank;
    std::string name = c->name + "-" + std::to_string(turn) + "-" + std::to_string(color);
    return make(out, name, static_cast<int>(members.size()), rank, c->device, c->context);
}

NCCL_API ncclResult_t ncclCommCount(ncclComm_t handle, int* out) {
    auto c = find(handle);
    if (!c || !out) return ncclInvalidArgument;
    *out = c->size;
    return ncclSuccess;
}
NCCL_API ncclResult_t ncclCommCuDevice(ncclComm_t handle, int* out) {
    auto c = find(handle);
    if (!c || !out) return ncclInvalidArgument;
    *out = c->device;
    return ncclSuccess;
}
NCCL_API ncclResult_t ncclCommUserRank(ncclComm_t handle, int* out) {
    auto c = find(handle);
    if (!c || !out) return ncclInvalidArgument;
    *out = c->rank;
    return ncclSuccess;
}
NCCL_API ncclResult_t ncclCommGetAsyncError(ncclComm_t handle, ncclResult_t* out) {
    auto c = find(handle);
    if (!c || !out) return ncclInvalidArgument;
    *out = static_cast<ncclResult_t>(c->error.load());
    return ncclSuccess;
}

NCCL_API ncclResult_t ncclCommFinalize(ncclComm_t handle) {
    auto c = find(handle);
    if (!c) return ncclInvalidArgument;
    settle(*c);
    return ncclSuccess;
}
NCCL_API ncclResult_t ncclCommDestroy(ncclComm_t handle) {
    auto c = find(handle);
    if (!c) return ncclInvalidArgument;
    settle(*c);
    forget(handle);
    return ncclSuccess;
}
NCCL_API ncclResult_t ncclCommAbort(ncclComm_t handle) {
    auto c = find(handle);
    if (!c) return ncclInvalidArgument;
    c->aborted = true;
    c->segment->header().failed = 1;
    forget(handle);
    return ncclSuccess;
}

NCCL_API const char* ncclGetErrorString(ncclResult_t code) {
    static const char* texts[] = {"no error", "unhandled cuda error", "unhandled system error", "internal error",
        "invalid argument", "invalid usage", "remote process exited or there was a network error", "NCCL operation in progress"};
    return code >= 0 && code <= ncclInProgress ? texts[code] : "unknown result code";
}

NCCL_API const char* ncclGetLastError(ncclComm_t) {
    static thread_local std::string copy;
    std::lock_guard<std::mutex> hold(nccl::mutex);
    copy = last_error;
    return copy.c_str();
}
