#include "order.h"

#include <algorithm>
#include <set>

#include "guard.h"
#include "report.h"
#include "settings.h"

namespace order {
namespace {

// Bodies of one host thread keep device memory open from one to the next.
struct Opened {
    bool open = false;
    void want(bool wanted) {
        if (wanted == open) return;
        if (wanted) guard::open(); else guard::close();
        open = wanted;
    }
    ~Opened() { want(false); }
};

void perform(Lock& lock, const OperationPtr& operation, Opened& opened) {
    Stream& s = *operation->stream;
    s.busy = true;
    bool skip = !operation->always && (!s.context || s.context->sticky != CUDA_SUCCESS);
    CUresult error = CUDA_SUCCESS;
    if (!skip) {
        lock.unlock();
        opened.want(operation->opens_memory);
        error = operation->body();
        lock.lock();
    }
    operation->body = nullptr;
    operation->after.clear();
    operation->finished = std::chrono::steady_clock::now();
    operation->done = true;
    if (error != CUDA_SUCCESS && s.context && s.context->sticky == CUDA_SUCCESS) s.context->sticky = error;
    s.queue.pop_front();
    s.busy = false;
    if (s.queue.empty() && s.context) s.context->orphans.erase(s.shared_from_this());
    driver::changed.notify_all();
}

// Work that waits for other processes goes on by itself, also while the host does something else. When work is lazy it
// begins a little later, so that the host's own order is seen first, unless the host asks for it.
void work_in_background(std::shared_ptr<Stream> stream) {
    Lock lock(driver::mutex);
    while (!stream->queue.empty()) {
        if (settings().lazy) {
            driver::changed.wait_for(lock, std::chrono::milliseconds(20), [&] { return stream->asked; });
            if (stream->queue.empty()) break;
        }
        force(lock, stream->queue.front());
    }
    stream->background = false;
}

// Whether doing the operation would wait for other processes.
bool may_block(const OperationPtr& wanted, std::set<Operation*>& seen) {
    if (!wanted || wanted->done || !seen.insert(wanted.get()).second) return false;
    if (wanted->may_wait) return true;
    auto blocks = [&](const OperationPtr& o) { return may_block(o, seen); };
    if (std::any_of(wanted->after.begin(), wanted->after.end(), blocks)) return true;
    for (auto& before : wanted->stream->queue) {
        if (before == wanted) break;
        if (blocks(before)) return true;
    }
    return false;
}

bool waits(const Stream& s, const std::vector<OperationPtr>& after) {
    if (!s.queue.empty()) return true;
    return std::any_of(after.begin(), after.end(), [](const OperationPtr& o) { return !o->done; });
}

void start_background(const std::shared_ptr<Stream>& stream) {
    if (stream->background) return;
    stream->background = true;
    std::thread(work_in_background, stream).detach();
}

OperationPtr capture(const std::shared_ptr<Stream>& stream, Work& work) {
    Capture& c = *stream->capture;
    if (c.invalid) driver::refuse(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    c.graph->nodes.push_back(Node{work.kind, std::move(work.body), stream->capture_after, work.opens_memory, work.may_wait});
    stream->capture_after = {c.graph->nodes.size() - 1};
    return nullptr;
}

// The legacy stream follows all blocking streams of its context, and they follow it.
void add_legacy_order(const std::shared_ptr<Stream>& stream, std::vector<OperationPtr>& after) {
    Context& c = *stream->context;
    auto add = [&](const std::shared_ptr<Stream>& other) {
        if (other && other != stream && other->last && !other->last->done) after.push_back(other->last);
    };
    if (stream->legacy) {
        for (auto& other : c.all_streams())
            if (!(other->flags & CU_STREAM_NON_BLOCKING)) add(other);
    } else if (!(stream->flags & CU_STREAM_NON_BLOCKING)) {
        add(c.legacy);
    }
}

}  // namespace

std::shared_ptr<Stream> stream(Context& current, CUstream handle) {
    if (!handle || handle == CU_STREAM_LEGACY) return current.legacy;
    if (handle == CU_STREAM_PER_THREAD) {
        auto& own = current.per_thread[std::this_thread::get_id()];
        if (!own) {
            own = std::make_shared<Stream>();
            own->context = &current;
        }
        return own;
    }
    for (Context* c : driver::contexts()) {
        auto at = c->streams.find(handle);
        if (at != c->streams.end()) return at->second;
    }
    driver::refuse(CUDA_ERROR_INVALID_HANDLE);
}

OperationPtr enqueue(Lock& lock, const std::shared_ptr<Stream>& stream, Work work, std::vector<OperationPtr> after) {
    if (stream->capture) return capture(stream, work);
    Context& c = *stream->context;
    if (stream->legacy)
        for (auto& other : c.all_streams())
            if (other->capture && !(other->flags & CU_STREAM_NON_BLOCKING)) {
                other->capture->invalid = true;
                driver::refuse(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
            }
    auto operation = std::make_shared<Operation>();
    operation->kind = work.kind;
    operation->body = std::move(work.body);
    operation->stream = stream;
    operation->opens_memory = work.opens_memory;
    operation->may_wait = work.may_wait;
    operation->always = work.always;
    add_legacy_order(stream, after);
    bool follows = waits(*stream, after);
    operation->after = std::move(after);
    stream->queue.push_back(operation);
    stream->last = operation;
    stream->polls = 0;
    stream->asked = false;
    driver::changed.notify_all();
    if (work.may_wait || (follows && !settings().lazy)) start_background(stream);
    else if (!settings().lazy) force(lock, operation);
    return operation;
}

void force(Lock& lock, const OperationPtr& wanted) {
    Opened opened;
    std::vector<OperationPtr> path{wanted};
    while (!path.empty()) {
        OperationPtr operation = path.back();
        if (operation->done) {
            path.pop_back();
            continue;
        }
        Stream& s = *operation->stream;
        if (s.busy) {
            opened.want(false);
            driver::changed.wait(lock);
            continue;
        }
        OperationPtr head = s.queue.front();
        auto first = std::find_if(head->after.begin(), head->after.end(), [](const OperationPtr& o) { return !o->done; });
        if (first != head->after.end()) path.push_back(*first);
        else perform(lock, head, opened);
    }
}

void ask(Lock& lock, const OperationPtr& operation) {
    if (!operation || operation->done) return;
    std::set<Operation*> seen;
    if (!may_block(operation, seen)) return force(lock, operation);
    operation->stream->asked = true;
    driver::changed.notify_all();
    start_background(operation->stream);
}

void force(Lock& lock, const std::shared_ptr<Stream>& stream) {
    if (stream->last) force(lock, OperationPtr(stream->last));
}

void force(Lock& lock, Context& context) {
    for (auto& s : context.all_streams()) force(lock, s);
}

void forbid_capture(const Stream& stream) {
    if (!stream.capture) {
        if (stream.legacy && stream.context) forbid_capture(*stream.context);
        return;
    }
    stream.capture->invalid = true;
    driver::refuse(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
}

void forbid_capture(const Context& context) {
    for (auto& s : context.all_streams())
        if (s->capture && s->capture->mode != 2 && (s->capture->mode == 0 || s->capture->thread == std::this_thread::get_id())) {
            s->capture->invalid = true;
            driver::refuse(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
        }
}

void follow(Stream& stream, const std::shared_ptr<Capture>& capture, const std::vector<size_t>& nodes) {
    if (!stream.capture) {
        stream.capture = capture;
        stream.capture_after.clear();
        capture->streams.push_back(stream.weak_from_this());
    }
    if (stream.capture != capture) driver::refuse(CUDA_ERROR_STREAM_CAPTURE_MERGE);
    for (size_t n : nodes)
        if (std::find(stream.capture_after.begin(), stream.capture_after.end(), n) == stream.capture_after.end())
            stream.capture_after.push_back(n);
}

}  // namespace order
