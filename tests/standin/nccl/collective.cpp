#include "collective.h"

#include <cstring>

#include "driver_calls.h"

namespace nccl {
namespace {

template <class T> void reduce(T* into, const T* with, size_t n, ncclRedOp_t op) {
    for (size_t i = 0; i < n; ++i) {
        T a = into[i], b = with[i];
        switch (op) {
            case ncclSum: case ncclAvg: into[i] = static_cast<T>(a + b); break;
            case ncclProd: into[i] = static_cast<T>(a * b); break;
            case ncclMax: into[i] = a < b ? b : a; break;
            case ncclMin: into[i] = b < a ? b : a; break;
        }
    }
}

template <class F> void with_type(ncclDataType_t type, F f) {
    switch (type) {
        case ncclInt8: return f(int8_t{});
        case ncclUint8: return f(uint8_t{});
        case ncclInt32: return f(int32_t{});
        case ncclUint32: return f(uint32_t{});
        case ncclInt64: return f(int64_t{});
        case ncclUint64: return f(uint64_t{});
        case ncclFloat32: return f(float{});
        case ncclFloat64: return f(double{});
        default: return;
    }
}

using Bytes = std::vector<char>;

// Contributions of all ranks, combined in the order of the ranks: every rank gets the same bits.
void combine(const std::vector<Bytes>& parts, size_t count, ncclDataType_t type, ncclRedOp_t op, void* to) {
    with_type(type, [&](auto zero) {
        using T = decltype(zero);
        Bytes sum = parts[0];
        for (size_t r = 1; r < parts.size(); ++r)
            reduce(reinterpret_cast<T*>(sum.data()), reinterpret_cast<const T*>(parts[r].data()), count, op);
        if (op == ncclAvg)
            for (size_t i = 0; i < count; ++i)
                reinterpret_cast<T*>(sum.data())[i] = static_cast<T>(reinterpret_cast<T*>(sum.data())[i] / static_cast<T>(parts.size()));
        std::memcpy(to, sum.data(), sum.size());
    });
}

ncclResult_t collective(Communicator& c, const Step& s) {
    size_t n = static_cast<size_t>(c.size), bytes = s.count * type_bytes(s.type);
    bool scatter = s.kind == REDUCE_SCATTER, root = c.rank == s.peer;
    Label label{s.kind, static_cast<uint32_t>(s.type), static_cast<uint32_t>(s.op), static_cast<uint32_t>(s.peer), s.count};
    // The own bytes are copied first, so that a call in place does not send what it has just received.
    bool sends = s.kind != BROADCAST || root;
    auto own = static_cast<const char*>(s.from);
    Bytes mine;
    if (sends && own) mine.assign(own, own + bytes * (scatter ? n : 1));
    bool gets = s.kind == REDUCE ? root : true;
    std::vector<Bytes> parts(n);
    Exchange exchange(c);
    for (int r = 0; r < c.size; ++r) {
        size_t offset = scatter ? static_cast<size_t>(r) * bytes : 0;
        if (sends && (s.kind != REDUCE || r == s.peer)) exchange.send(r, label, mine.data() + offset, bytes);
        if (gets && (s.kind != BROADCAST || r == s.peer)) {
            parts[static_cast<size_t>(r)].resize(bytes);
            exchange.receive(r, label, parts[static_cast<size_t>(r)].data(), bytes);
        }
    }
    ncclResult_t result = exchange.finish();
    if (result != ncclSuccess || !gets) return result;
    if (s.kind == BROADCAST) {
        if (bytes) std::memcpy(s.to, parts[static_cast<size_t>(s.peer)].data(), bytes);
    } else if (s.kind == ALL_GATHER) {
        for (size_t r = 0; r < n && bytes; ++r) std::memcpy(static_cast<char*>(s.to) + r * bytes, parts[r].data(), bytes);
    } else if (bytes) {
        combine(parts, s.count, s.type, s.op, s.to);
    }
    return ncclSuccess;
}

// Sends and receives of one group go on at the same time. What is sent is copied first.
ncclResult_t point_to_point(Communicator& c, const Step* first, const Step* last) {
    Exchange exchange(c);
    std::vector<Bytes> copies;
    for (const Step* s = first; s != last; ++s) {
        Label label{SEND, static_cast<uint32_t>(s->type), 0, 0, s->count};
        size_t bytes = s->count * type_bytes(s->type);
        if (s->receive) {
            exchange.receive(s->peer, label, s->to, bytes);
        } else {
            auto from = static_cast<const char*>(s->from);
            copies.emplace_back(from, from + bytes);
            exchange.send(s->peer, label, copies.back().data(), bytes);
        }
    }
    return exchange.finish();
}

// Bytes that the step reads and writes, all of which must be device memory that may be used now.
bool valid(const Communicator& c, const Step& s) {
    size_t bytes = s.count * type_bytes(s.type), n = static_cast<size_t>(c.size);
    size_t reads = s.receive || (s.kind == BROADCAST && c.rank != s.peer) ? 0 : s.kind == REDUCE_SCATTER ? n * bytes : bytes;
    size_t writes = (s.kind == SEND && !s.receive) || (s.kind == REDUCE && c.rank != s.peer) ? 0
                  : s.kind == ALL_GATHER ? n * bytes : bytes;
    return (!reads || standin_check_device(s.from, reads) == 0) && (!writes || standin_check_device(s.to, writes) == 0);
}

}  // namespace

size_t type_bytes(ncclDataType_t type) {
    size_t bytes = 0;
    with_type(type, [&](auto zero) { bytes = sizeof zero; });
    return bytes;
}

int run(Communicator& c, const std::vector<Step>& steps) {
    for (const Step& s : steps)
        if (!valid(c, s)) {
            complain("rank %d: a buffer of %s (count %zu) is not within device memory that may be used now", c.rank,
                     s.receive ? "Recv" : kind_name(s.kind), s.count);
            // This rank hears of it from its device, the others from their communicators.
            c.segment->header().failed = 1;
            return 700;
        }
    ncclResult_t result = ncclSuccess;
    for (size_t i = 0; i < steps.size() && result == ncclSuccess;) {
        size_t end = i;
        while (end < steps.size() && steps[end].kind == SEND) ++end;
        result = end > i ? point_to_point(c, &steps[i], &steps[i] + (end - i)) : collective(c, steps[i]);
        i = end > i ? end : i + 1;
    }
    if (result != ncclSuccess) c.error = result;
    return 0;
}

}  // namespace nccl
