// The shared memory of one communicator: who has come, and one ring of bytes for each pair of ranks.
#pragma once
#include <atomic>
#include <memory>
#include <string>

#include "nccl_abi.h"

namespace nccl {

constexpr size_t RING = 64 << 10;
constexpr int MOST_RANKS = 64;

struct Ring {
    std::atomic<uint64_t> written, read;
    char bytes[RING];
};

struct Member {
    std::atomic<int> present;          // 1: has come; 2: twice, which is an error
    int device;
    std::atomic<uint64_t> splits;      // calls of ncclCommSplit that this rank has reached
    int color[2], key[2];              // of the last two
};

struct Header {
    std::atomic<int> size;             // number of ranks, as the first rank says
    std::atomic<int> arrived;
    std::atomic<int> failed;           // a rank has met an error: the others shall not wait for it
    Member members[MOST_RANKS];
};

class Segment {
public:
    // Waits until all ranks have come, or for the time limit. result: ncclSuccess or why there is no segment.
    static std::shared_ptr<Segment> join(const std::string& name, int size, int rank, int device, ncclResult_t& result);
    ~Segment();
    Header& header() { return *static_cast<Header*>(base_); }
    Ring& ring(int from, int to);
    int size() const { return size_; }

private:
    void* base_ = nullptr;
    size_t bytes_ = 0;
    int size_ = 0;
};

double time_limit();                   // seconds, STANDIN_NCCL_TIMEOUT (60)

// Waits by looking again and again, ever more slowly; false when the time limit has passed.
class Patience {
public:
    Patience();
    bool wait();
    void refresh();

private:
    double until_;
    unsigned looks_ = 0;
};

__attribute__((format(printf, 1, 2))) void complain(const char* format, ...);

}  // namespace nccl
