// The order of work: queues of the streams, what waits for what, and when work is really done.
#pragma once
#include "lock.h"

namespace order {

// The stream of a handle: 0 and CU_STREAM_LEGACY, CU_STREAM_PER_THREAD, or one that was created in a live context.
std::shared_ptr<Stream> stream(Context& current, CUstream handle);

struct Work {
    const char* kind;
    Body body;
    bool opens_memory = true;
    bool may_wait = false;
    bool always = false;
};

// Puts the work at the end of the stream (or into the graph that the stream captures), and does it at once unless
// STANDIN_LAZY is set or it follows work that waits for others. The operation is null in a capture.
OperationPtr enqueue(Lock& lock, const std::shared_ptr<Stream>& stream, Work work, std::vector<OperationPtr> after = {});

// Does the operation and all that it follows. The lock is released while bodies run.
void force(Lock& lock, const OperationPtr& operation);
void force(Lock& lock, const std::shared_ptr<Stream>& stream);
void force(Lock& lock, Context& context);

// What a host that asks again and again brings about: lazy work is done, work that waits for others goes on by itself.
void ask(Lock& lock, const OperationPtr& operation);

// Refuses calls that a stream capture forbids: any that waits for the stream, or for all streams of the context.
void forbid_capture(const Stream& stream);
void forbid_capture(const Context& context);      // also for calls that are unsafe in a global capture

void follow(Stream& stream, const std::shared_ptr<Capture>& capture, const std::vector<size_t>& nodes);

}  // namespace order
