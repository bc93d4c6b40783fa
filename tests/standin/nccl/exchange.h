// Messages between the ranks of a communicator, all of one step under way at the same time.
#pragma once
#include <deque>
#include <vector>

#include "segment.h"

struct Communicator;

namespace nccl {

// What a message is part of; sender and receiver must agree in all of it.
struct Label { uint32_t kind, type, op, root; uint64_t count; };

enum Kind : uint32_t { SEND = 1, ALL_REDUCE, REDUCE, BROADCAST, ALL_GATHER, REDUCE_SCATTER };
const char* kind_name(uint32_t kind);

class Exchange {
public:
    explicit Exchange(Communicator& c);
    void send(int to, const Label& label, const void* bytes, size_t count);
    void receive(int from, const Label& label, void* bytes, size_t count);
    ncclResult_t finish();             // moves all bytes, in the order of the calls for each pair of ranks

private:
    struct Message { Label label; char* bytes; size_t count, moved; bool labelled; };
    bool push(int to, Message& m);
    bool pull(int from, Message& m, ncclResult_t& error);
    Communicator& c_;
    std::vector<std::deque<Message>> out_, in_;
};

}  // namespace nccl
