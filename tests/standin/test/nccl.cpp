// Collective operations: ranks that are threads with a device each, and ranks that are processes.
#include <atomic>
#include <functional>
#include <sched.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "../nccl/nccl_abi.h"
#include "cuda.h"

template <class... A> int nccl(const char* name, A... arguments) {
    return reinterpret_cast<int (*)(A...)>(symbol("libnccl.so.2", name))(arguments...);
}

struct Rank {
    int rank, size;
    ncclComm_t comm;
    CUstream stream;
    int wait() const { return cu("cuStreamSynchronize", stream); }
    int error() const {
        ncclResult_t e = ncclSuccess;
        OK(nccl("ncclCommGetAsyncError", comm, &e));
        return e;
    }
};

static Rank join(ncclUniqueId id, int size, int rank) {
    Rank r{rank, size, nullptr, nullptr};
    start(rank);
    OK(cu("cuStreamCreate", &r.stream, 1u));
    OK(nccl("ncclCommInitRank", &r.comm, size, id, rank));
    return r;
}

static void threads(int size, const std::function<void(Rank&)>& body) {
    OK(cu("cuInit", 0u));
    ncclUniqueId id;
    OK(nccl("ncclGetUniqueId", &id));
    std::vector<std::thread> ranks;
    for (int k = 0; k < size; ++k)
        ranks.emplace_back([&, k] {
            Rank r = join(id, size, k);
            body(r);
            OK(nccl("ncclCommDestroy", r.comm));
        });
    for (auto& t : ranks) t.join();
}

static void processes(int size, const std::function<void(Rank&)>& body) {
    ncclUniqueId id{};
    std::snprintf(id.internal, sizeof id.internal, "/standin-nccl-test-%d", getpid());
    std::vector<pid_t> children;
    for (int k = 0; k < size; ++k) {
        pid_t child = fork();
        if (child == 0) {
            Rank r = join(id, size, k);
            body(r);
            OK(nccl("ncclCommDestroy", r.comm));
            std::exit(0);
        }
        children.push_back(child);
    }
    for (pid_t c : children) {
        int status = 1;
        waitpid(c, &status, 0);
        SAME(status, 0);
    }
}

static void collectives(Rank& r) {
    double size = r.size, me = r.rank;
    size_t n = 20000;                                     // more than fits in a ring
    CUdeviceptr x = device(std::vector<double>(n, me + 1)), y = allocate(n * 8 * static_cast<size_t>(r.size));
    OK(nccl("ncclAllReduce", x, y, n, ncclFloat64, ncclSum, r.comm, r.stream));
    OK(r.wait());
    SAME(host<double>(y, n)[n - 1], size * (size + 1) / 2);
    OK(nccl("ncclAllReduce", x, x, size_t{1}, ncclFloat64, ncclMax, r.comm, r.stream));
    OK(nccl("ncclAllGather", x, y, size_t{2}, ncclFloat64, r.comm, r.stream));
    OK(r.wait());
    auto all = host<double>(y, 2 * static_cast<size_t>(r.size));
    for (int k = 0; k < r.size; ++k) SAME(all[2 * static_cast<size_t>(k)], size);
    for (int k = 0; k < r.size; ++k) SAME(all[2 * static_cast<size_t>(k) + 1], k + 1.0);
    std::vector<float> parts(static_cast<size_t>(r.size) * 3);
    for (size_t i = 0; i < parts.size(); ++i) parts[i] = static_cast<float>(i);
    CUdeviceptr p = device(parts), q = allocate(12);
    OK(nccl("ncclReduceScatter", p, q, size_t{3}, ncclFloat32, ncclSum, r.comm, r.stream));
    OK(r.wait());
    SAME(host<float>(q, 3)[2], static_cast<float>(r.size * (3 * r.rank + 2)));
    CUdeviceptr b = device(std::vector<int64_t>{r.rank == 1 ? 77 : 0});
    OK(nccl("ncclBroadcast", b, b, size_t{1}, ncclInt64, 1, r.comm, r.stream));
    OK(r.wait());
    SAME(host<int64_t>(b, 1)[0], 77);
    OK(nccl("ncclReduce", b, b, size_t{1}, ncclInt64, ncclProd, 0, r.comm, r.stream));
    OK(r.wait());
    SAME(host<int64_t>(b, 1)[0], r.rank == 0 ? static_cast<int64_t>(std::llround(std::pow(77.0, size))) : 77);
    // A ring of sends and receives in one group, each rank with another count.
    int next = (r.rank + 1) % r.size, last = (r.rank + r.size - 1) % r.size;
    size_t out = 10000 * static_cast<size_t>(r.rank + 1), in = 10000 * static_cast<size_t>(last + 1);
    CUdeviceptr s = device(std::vector<double>(out, me)), t = allocate(in * 8);
    OK(nccl("ncclGroupStart"));
    OK(nccl("ncclSend", s, out, ncclFloat64, next, r.comm, r.stream));
    OK(nccl("ncclRecv", t, in, ncclFloat64, last, r.comm, r.stream));
    OK(nccl("ncclGroupEnd"));
    OK(r.wait());
    SAME(host<double>(t, in)[in - 1], static_cast<double>(last));
    SAME(r.error(), 0);
    int count = 0, rank = -1, ordinal = -1;
    OK(nccl("ncclCommCount", r.comm, &count));
    OK(nccl("ncclCommUserRank", r.comm, &rank));
    OK(nccl("ncclCommCuDevice", r.comm, &ordinal));
    CHECK(count == r.size && rank == r.rank && ordinal == r.rank);
}

#define FOUR "STANDIN_DEVICES=4"
CASE("nccl", ranks_as_threads, ENV(FOUR), 0, "") { threads(4, collectives); }
CASE("nccl", ranks_as_threads_lazily, ENV(FOUR, "STANDIN_LAZY=1"), 0, "") { threads(4, collectives); }
CASE("nccl", ranks_as_processes, ENV(FOUR), 0, "") { processes(3, collectives); }

// The buffer is filled by work that stands before the call on the same stream, and by none other.
CASE("nccl", in_stream_order, ENV(FOUR, "STANDIN_LAZY=1"), 0, "") {
    threads(2, [](Rank& r) {
        CUfunction f = kernel(R"(extern "C" __global__ void set(double* x, double v) { *x = v; })", "set");
        CUdeviceptr x = allocate(8);
        OK(launch_on(r.stream, f, 1, 1, 0, x, 1.0 + r.rank));
        OK(nccl("ncclAllReduce", x, x, size_t{1}, ncclFloat64, ncclSum, r.comm, r.stream));
        OK(launch_on(r.stream, kernel(R"(extern "C" __global__ void twice(double* x) { *x *= 2; })", "twice"), 1, 1, 0, x));
        OK(r.wait());
        SAME(host<double>(x, 1)[0], 6.0);
    });
}

// A host that asks again and again is answered, whether the other ranks have come or not.
CASE("nccl", questions_do_not_wait, ENV(FOUR, "STANDIN_LAZY=1"), 0, "") {
    static std::atomic<bool> asked;
    threads(2, [](Rank& r) {
        CUdeviceptr x = device(std::vector<double>{1});
        CUstream second = nullptr;
        CUevent reduced = nullptr;
        OK(cu("cuStreamCreate", &second, 1u));
        OK(cu("cuEventCreate", &reduced, 2u));
        while (r.rank == 1 && !asked) sched_yield();
        OK(nccl("ncclAllReduce", x, x, size_t{1}, ncclFloat64, ncclSum, r.comm, r.stream));
        OK(cu("cuEventRecord", reduced, r.stream));
        OK(cu("cuStreamWaitEvent", second, reduced, 0u));
        for (int k = 0; k < 5 && r.rank == 0; ++k) SAME(cu("cuStreamQuery", second) + cu("cuEventQuery", reduced), 1200);
        if (r.rank == 0) asked = true;
        while (cu("cuStreamQuery", second) == 600) sched_yield();
        SAME(host<double>(x, 1)[0], 2.0);
    });
}

CASE("nccl", split, ENV(FOUR), 0, "") {
    threads(4, [](Rank& r) {
        ncclComm_t half = nullptr, none = nullptr;
        OK(nccl("ncclCommSplit", r.comm, r.rank % 2, -r.rank, &half, static_cast<void*>(nullptr)));
        int rank = -1, count = 0;
        OK(nccl("ncclCommUserRank", half, &rank));
        OK(nccl("ncclCommCount", half, &count));
        CHECK(count == 2 && rank == (r.rank < 2 ? 1 : 0));
        CUdeviceptr x = device(std::vector<int>{r.rank});
        OK(nccl("ncclAllReduce", x, x, size_t{1}, ncclInt32, ncclSum, half, r.stream));
        OK(r.wait());
        SAME(host<int>(x, 1)[0], r.rank % 2 ? 4 : 2);
        OK(nccl("ncclCommSplit", r.comm, r.rank == 0 ? -1 : 0, 0, &none, static_cast<void*>(nullptr)));
        CHECK((none == nullptr) == (r.rank == 0));
        OK(nccl("ncclCommDestroy", half));
        if (none) OK(nccl("ncclCommDestroy", none));
    });
}

CASE("nccl", all_devices_of_a_process, ENV(FOUR), 0, "") {
    OK(cu("cuInit", 0u));
    ncclComm_t comms[3];
    CUdeviceptr x[3];
    OK(nccl("ncclCommInitAll", static_cast<ncclComm_t*>(comms), 3, static_cast<const int*>(nullptr)));
    for (int d = 0; d < 3; ++d) {
        start(d);
        x[d] = device(std::vector<float>{1.0f + static_cast<float>(d)});
    }
    OK(nccl("ncclGroupStart"));
    for (int d = 0; d < 3; ++d) {
        start(d);
        OK(nccl("ncclAllReduce", x[d], x[d], size_t{1}, ncclFloat32, ncclSum, comms[d], CUstream{}));
    }
    OK(nccl("ncclGroupEnd"));
    for (int d = 0; d < 3; ++d) {
        start(d);
        OK(synchronize());
        SAME(host<float>(x[d], 1)[0], 6.0f);
        OK(nccl("ncclCommDestroy", comms[d]));
    }
}

CASE("nccl", counts_differ, ENV(FOUR), 0, "calls AllReduce (count 2, type 8, op 0, root 0)") {
    threads(2, [](Rank& r) {
        CUdeviceptr x = device(std::vector<double>{1, 2});
        OK(nccl("ncclAllReduce", x, x, size_t{1} + static_cast<size_t>(r.rank), ncclFloat64, ncclSum, r.comm, r.stream));
        OK(r.wait());
        CHECK(r.error() != 0);
        CHECK(nccl("ncclAllReduce", x, x, size_t{1}, ncclFloat64, ncclSum, r.comm, r.stream) != 0);
    });
}

CASE("nccl", peer_missing, ENV(FOUR, "STANDIN_NCCL_TIMEOUT=0.3"), 0, "has waited 0.3 seconds for rank 1") {
    threads(2, [](Rank& r) {
        if (r.rank == 1) return;
        CUdeviceptr x = device(std::vector<double>{1});
        OK(nccl("ncclAllReduce", x, x, size_t{1}, ncclFloat64, ncclSum, r.comm, r.stream));
        OK(r.wait());
        SAME(r.error(), ncclRemoteError);
    });
}

CASE("nccl", rank_never_comes, ENV(FOUR, "STANDIN_NCCL_TIMEOUT=0.3"), 0, "only 1 of 2 ranks have come") {
    start(0);
    ncclUniqueId id;
    ncclComm_t c = nullptr;
    OK(nccl("ncclGetUniqueId", &id));
    SAME(nccl("ncclCommInitRank", &c, 2, id, 0), ncclRemoteError);
}

CASE("nccl", two_ranks_on_one_device, ENV(FOUR), 0, "duplicate GPU") {
    OK(cu("cuInit", 0u));
    ncclUniqueId id;
    OK(nccl("ncclGetUniqueId", &id));
    std::vector<std::thread> ranks;
    for (int k = 0; k < 2; ++k)
        ranks.emplace_back([&, k] {
            start(0);
            ncclComm_t c = nullptr;
            SAME(nccl("ncclCommInitRank", &c, 2, id, k), ncclInvalidUsage);
        });
    for (auto& t : ranks) t.join();
}

CASE("nccl", host_pointer, ENV(FOUR), 0, "is not within device memory") {
    threads(1, [](Rank& r) {
        static double x[2];
        OK(nccl("ncclAllReduce", static_cast<void*>(x), static_cast<void*>(x), size_t{1}, ncclFloat64, ncclSum, r.comm, r.stream));
        SAME(r.wait(), 700);
    });
}

CASE("nccl", aborted, ENV(FOUR), 0, "") {
    threads(2, [](Rank& r) {
        CUdeviceptr x = device(std::vector<double>{1});
        if (r.rank == 0) {
            OK(nccl("ncclAllReduce", x, x, size_t{1}, ncclFloat64, ncclSum, r.comm, r.stream));
            ncclComm_t old = r.comm;
            OK(nccl("ncclCommAbort", old));
            OK(r.wait());
        }
        ncclUniqueId id{};
        std::snprintf(id.internal, sizeof id.internal, "/standin-nccl-again-%d", getpid());
        if (r.rank == 1) OK(nccl("ncclCommDestroy", r.comm));
        OK(nccl("ncclCommInitRank", &r.comm, 2, id, r.rank));
    });
}

CASE("nccl", bad_arguments, ENV(FOUR), 0, "") {
    start(0);
    ncclUniqueId id;
    ncclComm_t c = nullptr;
    OK(nccl("ncclGetUniqueId", &id));
    SAME(nccl("ncclCommInitRank", &c, 2, id, 2), ncclInvalidArgument);
    OK(nccl("ncclCommInitRank", &c, 1, id, 0));
    CUdeviceptr x = allocate(8);
    SAME(nccl("ncclAllReduce", x, x, size_t{1}, 6, ncclSum, c, CUstream{}), ncclInvalidArgument);
    SAME(nccl("ncclBroadcast", x, x, size_t{1}, ncclFloat64, 1, c, CUstream{}), ncclInvalidArgument);
    SAME(nccl("ncclGroupEnd"), ncclInvalidUsage);
    OK(nccl("ncclCommDestroy", c));
    SAME(nccl("ncclCommDestroy", c), ncclInvalidArgument);
    int version = 0;
    OK(nccl("ncclGetVersion", &version));
    CHECK(version >= 22000);
}
