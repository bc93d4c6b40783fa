#include "exchange.h"

#include <algorithm>
#include <cstring>

#include "communicator.h"

namespace nccl {
namespace {

// Bytes that fit now are put into the ring; the rest waits until the reader has made room.
size_t put(Ring& r, const char* bytes, size_t count) {
    uint64_t written = r.written.load(std::memory_order_relaxed), read = r.read.load(std::memory_order_acquire);
    size_t n = std::min(count, RING - static_cast<size_t>(written - read));
    for (size_t done = 0; done < n;) {
        size_t at = (written + done) % RING, part = std::min(n - done, RING - at);
        std::memcpy(r.bytes + at, bytes + done, part);
        done += part;
    }
    r.written.store(written + n, std::memory_order_release);
    return n;
}

size_t available(Ring& r) { return static_cast<size_t>(r.written.load(std::memory_order_acquire) - r.read.load()); }

size_t take(Ring& r, char* bytes, size_t count) {
    uint64_t read = r.read.load(std::memory_order_relaxed);
    size_t n = std::min(count, available(r));
    for (size_t done = 0; done < n;) {
        size_t at = (read + done) % RING, part = std::min(n - done, RING - at);
        std::memcpy(bytes + done, r.bytes + at, part);
        done += part;
    }
    r.read.store(read + n, std::memory_order_release);
    return n;
}

}  // namespace

const char* kind_name(uint32_t kind) {
    static const char* names[] = {"?", "Send", "AllReduce", "Reduce", "Broadcast", "AllGather", "ReduceScatter"};
    return names[kind <= REDUCE_SCATTER ? kind : 0];
}

Exchange::Exchange(Communicator& c) : c_(c), out_(static_cast<size_t>(c.size)), in_(static_cast<size_t>(c.size)) {}

void Exchange::send(int to, const Label& label, const void* bytes, size_t count) {
    out_[static_cast<size_t>(to)].push_back({label, static_cast<char*>(const_cast<void*>(bytes)), count, 0, false});
}

void Exchange::receive(int from, const Label& label, void* bytes, size_t count) {
    in_[static_cast<size_t>(from)].push_back({label, static_cast<char*>(bytes), count, 0, false});
}

bool Exchange::push(int to, Message& m) {
    Ring& r = c_.segment->ring(c_.rank, to);
    if (!m.labelled) {
        if (RING - available(r) < sizeof m.label) return false;
        put(r, reinterpret_cast<const char*>(&m.label), sizeof m.label);
        m.labelled = true;
        return true;
    }
    size_t n = put(r, m.bytes + m.moved, m.count - m.moved);
    m.moved += n;
    return n > 0;
}

bool Exchange::pull(int from, Message& m, ncclResult_t& error) {
    Ring& r = c_.segment->ring(from, c_.rank);
    if (!m.labelled) {
        if (available(r) < sizeof m.label) return false;
        Label got;
        take(r, reinterpret_cast<char*>(&got), sizeof got);
        m.labelled = true;
        if (std::memcmp(&got, &m.label, sizeof got) != 0) {
            complain("rank %d calls %s (count %llu, type %u, op %u, root %u), rank %d calls %s (count %llu, type %u, op %u, "
                     "root %u)", c_.rank, m.label.kind == SEND ? "Recv" : kind_name(m.label.kind),
                     static_cast<unsigned long long>(m.label.count), m.label.type, m.label.op, m.label.root, from,
                     kind_name(got.kind), static_cast<unsigned long long>(got.count), got.type, got.op, got.root);
            error = ncclInvalidUsage;
        }
        return true;
    }
    size_t n = take(r, m.bytes + m.moved, m.count - m.moved);
    m.moved += n;
    return n > 0;
}

ncclResult_t Exchange::finish() {
    Patience patience;
    for (;;) {
        bool moved = false, done = true;
        for (int peer = 0; peer < c_.size; ++peer) {
            auto& out = out_[static_cast<size_t>(peer)];
            auto& in = in_[static_cast<size_t>(peer)];
            ncclResult_t error = ncclSuccess;
            if (!out.empty()) {
                moved |= push(peer, out.front());
                if (out.front().labelled && out.front().moved == out.front().count) out.pop_front();
            }
            if (!in.empty()) {
                moved |= pull(peer, in.front(), error);
                if (error != ncclSuccess) {
                    c_.segment->header().failed = 1;
                    return error;
                }
                if (in.front().labelled && in.front().moved == in.front().count) in.pop_front();
            }
            done = done && out.empty() && in.empty();
        }
        if (done) return ncclSuccess;
        if (c_.aborted) return ncclInvalidUsage;
        if (moved) {
            patience.refresh();
            continue;
        }
        if (c_.segment->header().failed) return ncclRemoteError;
        if (!patience.wait()) {
            int missing = 0;
            while (out_[static_cast<size_t>(missing)].empty() && in_[static_cast<size_t>(missing)].empty()) ++missing;
            complain("rank %d has waited %g seconds for rank %d", c_.rank, time_limit(), missing);
            c_.segment->header().failed = 1;
            return ncclRemoteError;
        }
    }
}

}  // namespace nccl
