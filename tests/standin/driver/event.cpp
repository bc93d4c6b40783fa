// Events: marks in a stream.
#include "order.h"
#include "settings.h"
#include "statistics.h"

namespace {

std::shared_ptr<Event> find(CUevent handle) {
    for (Context* c : driver::contexts()) {
        auto at = c->events.find(handle);
        if (at != c->events.end()) return at->second;
    }
    driver::refuse(CUDA_ERROR_INVALID_HANDLE);
}

template <class F> CUresult with_event(CUevent handle, F body) {
    return driver::enter_context([&](Lock& lock, Context& c) {
        auto e = find(handle);
        if (e->context->sticky != CUDA_SUCCESS) driver::refuse(e->context->sticky);
        body(lock, c, e);
    });
}

void forbid_captured(const Event& e) {
    if (!e.capture) return;
    e.capture->invalid = true;
    driver::refuse(CUDA_ERROR_CAPTURED_EVENT);
}

}  // namespace

CUDA_API CUresult cuEventCreate(CUevent* out, unsigned flags) {
    return driver::enter_context([&](Lock&, Context& c) {
        driver::require(out && flags < 8 && !(flags & CU_EVENT_INTERPROCESS));
        auto e = std::make_shared<Event>();
        e->context = &c;
        e->flags = flags;
        c.events[e.get()] = e;
        ++statistics::counters.live_events;
        *out = e.get();
    });
}

CUDA_API CUresult cuEventDestroy_v2(CUevent handle) {
    return driver::enter([&](Lock&) {
        auto e = find(handle);
        Context* c = e->context;
        c->events.erase(handle);
        --statistics::counters.live_events;
        if (c->sticky != CUDA_SUCCESS) driver::refuse(c->sticky);
    });
}

CUDA_API CUresult cuEventRecordWithFlags(CUevent handle, CUstream stream, unsigned flags) {
    return with_event(handle, [&](Lock& lock, Context& c, std::shared_ptr<Event>& e) {
        driver::require(flags <= 1);
        auto s = order::stream(c, stream);
        driver::require(s->context == e->context, CUDA_ERROR_INVALID_HANDLE);
        if (s->capture) {
            if (s->capture->invalid) driver::refuse(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
            e->capture = s->capture;
            e->capture_after = s->capture_after;
            return;
        }
        e->capture = nullptr;
        e->polls = 0;
        e->recorded = order::enqueue(lock, s, {"event", [] { return CUDA_SUCCESS; }, false});
    });
}
CUDA_API CUresult cuEventRecord(CUevent handle, CUstream stream) { return cuEventRecordWithFlags(handle, stream, 0); }

CUDA_API CUresult cuStreamWaitEvent(CUstream stream, CUevent handle, unsigned flags) {
    return with_event(handle, [&](Lock& lock, Context& c, std::shared_ptr<Event>& e) {
        driver::require(flags <= 1);
        auto s = order::stream(c, stream);
        if (e->capture) {
            if (e->capture->invalid) driver::refuse(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
            order::follow(*s, e->capture, e->capture_after);
            return;
        }
        if (s->capture) {
            s->capture->invalid = true;
            driver::refuse(CUDA_ERROR_STREAM_CAPTURE_ISOLATION);
        }
        if (e->recorded && !e->recorded->done)
            order::enqueue(lock, s, {"wait for an event", [] { return CUDA_SUCCESS; }, false}, {e->recorded});
    });
}

CUDA_API CUresult cuEventSynchronize(CUevent handle) {
    return with_event(handle, [&](Lock& lock, Context&, std::shared_ptr<Event>& e) {
        forbid_captured(*e);
        ++statistics::counters.synchronizations;
        Context* c = e->context;
        if (e->recorded) order::force(lock, e->recorded);
        if (c->sticky != CUDA_SUCCESS) driver::refuse(c->sticky);
    });
}

CUDA_API CUresult cuEventQuery(CUevent handle) {
    return with_event(handle, [&](Lock& lock, Context&, std::shared_ptr<Event>& e) {
        forbid_captured(*e);
        ++statistics::counters.event_queries;
        Context* c = e->context;
        auto operation = e->recorded;
        if (operation && !operation->done && e->polls++ > 0) order::ask(lock, operation);
        if (c->sticky != CUDA_SUCCESS) driver::refuse(c->sticky);
        if (operation && !operation->done) driver::refuse(CUDA_ERROR_NOT_READY);
    });
}

CUDA_API CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end) {
    return with_event(start, [&](Lock&, Context&, std::shared_ptr<Event>& a) {
        auto b = find(end);
        driver::require(milliseconds);
        driver::require(!((a->flags | b->flags) & CU_EVENT_DISABLE_TIMING) && a->recorded && b->recorded,
                        CUDA_ERROR_INVALID_HANDLE);
        driver::require(a->recorded->done && b->recorded->done, CUDA_ERROR_NOT_READY);
        *milliseconds = std::chrono::duration<float, std::milli>(b->recorded->finished - a->recorded->finished).count();
    });
}
CUDA_API CUresult cuEventElapsedTime_v2(float* milliseconds, CUevent start, CUevent end) {
    return cuEventElapsedTime(milliseconds, start, end);
}
