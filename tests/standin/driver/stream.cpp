// Streams: made, destroyed, waited for, and asked.
#include <algorithm>

#include "order.h"
#include "settings.h"
#include "statistics.h"

namespace {

// A stream handle is looked up in all contexts; the current context only says which default streams are meant.
template <class F> CUresult with_stream(CUstream handle, F body) {
    return driver::enter_context([&](Lock& lock, Context& c) {
        auto s = order::stream(c, handle);
        if (s->context != &c && s->context->sticky != CUDA_SUCCESS) driver::refuse(s->context->sticky);
        body(lock, s);
    });
}

}  // namespace

CUDA_API CUresult cuStreamCreateWithPriority(CUstream* out, unsigned flags, int priority) {
    return driver::enter_context([&](Lock&, Context& c) {
        static unsigned long long next = 2;
        driver::require(out && flags <= CU_STREAM_NON_BLOCKING);
        auto s = std::make_shared<Stream>();
        s->context = &c;
        s->flags = flags;
        s->priority = std::clamp(priority, -5, 0);
        s->id = ++next;
        c.streams[s.get()] = s;
        ++statistics::counters.live_streams;
        *out = s.get();
    });
}

CUDA_API CUresult cuStreamCreate(CUstream* out, unsigned flags) { return cuStreamCreateWithPriority(out, flags, 0); }

// Work that the stream still has is done later, when something orders it.
CUDA_API CUresult cuStreamDestroy_v2(CUstream handle) {
    return driver::enter([&](Lock&) {
        for (Context* c : driver::contexts()) {
            auto at = c->streams.find(handle);
            if (at == c->streams.end()) continue;
            if (at->second->capture) {
                at->second->capture->invalid = true;
                at->second->capture = nullptr;
            }
            if (!at->second->queue.empty()) c->orphans.insert(at->second);
            c->streams.erase(at);
            --statistics::counters.live_streams;
            if (c->sticky != CUDA_SUCCESS) driver::refuse(c->sticky);
            return;
        }
        driver::refuse(CUDA_ERROR_INVALID_HANDLE);
    });
}

CUDA_API CUresult cuStreamSynchronize(CUstream handle) {
    return with_stream(handle, [&](Lock& lock, std::shared_ptr<Stream>& s) {
        order::forbid_capture(*s);
        ++statistics::counters.synchronizations;
        Context* c = s->context;
        if (s->legacy) {
            // An operation that does nothing stands behind all that the legacy stream follows.
            auto all = order::enqueue(lock, s, {"synchronize", [] { return CUDA_SUCCESS; }, false});
            if (all) order::force(lock, all);
        }
        order::force(lock, s);
        if (c->sticky != CUDA_SUCCESS) driver::refuse(c->sticky);
    });
}
CUDA_API CUresult cuStreamSynchronize_ptsz(CUstream s) { return cuStreamSynchronize(s ? s : CU_STREAM_PER_THREAD); }

// The first question finds lazy work not ready; asking again lets it go on, so that a loop that waits for it ends.
CUDA_API CUresult cuStreamQuery(CUstream handle) {
    return with_stream(handle, [&](Lock& lock, std::shared_ptr<Stream>& s) {
        order::forbid_capture(*s);
        ++statistics::counters.stream_queries;
        Context* c = s->context;
        if (!s->queue.empty() && s->polls++ > 0) order::ask(lock, s->last);
        if (c->sticky != CUDA_SUCCESS) driver::refuse(c->sticky);
        if (!s->queue.empty()) driver::refuse(CUDA_ERROR_NOT_READY);
    });
}

CUDA_API CUresult cuStreamGetCtx(CUstream handle, CUcontext* out) {
    return with_stream(handle, [&](Lock&, std::shared_ptr<Stream>& s) {
        driver::require(out);
        *out = s->context;
    });
}
CUDA_API CUresult cuStreamGetCtx_v2(CUstream handle, CUcontext* out, void** green) {
    if (green) *green = nullptr;
    return cuStreamGetCtx(handle, out);
}

CUDA_API CUresult cuStreamGetDevice(CUstream handle, CUdevice* out) {
    return with_stream(handle, [&](Lock&, std::shared_ptr<Stream>& s) {
        driver::require(out);
        *out = s->context->device;
    });
}

CUDA_API CUresult cuStreamGetFlags(CUstream handle, unsigned* out) {
    return with_stream(handle, [&](Lock&, std::shared_ptr<Stream>& s) {
        driver::require(out);
        *out = s->flags;
    });
}

CUDA_API CUresult cuStreamGetPriority(CUstream handle, int* out) {
    return with_stream(handle, [&](Lock&, std::shared_ptr<Stream>& s) {
        driver::require(out);
        *out = s->priority;
    });
}

CUDA_API CUresult cuStreamGetId(CUstream handle, unsigned long long* out) {
    return with_stream(handle, [&](Lock&, std::shared_ptr<Stream>& s) {
        driver::require(out);
        *out = s->legacy ? 1 : s->id;
    });
}

CUDA_API CUresult cuStreamAttachMemAsync(CUstream, CUdeviceptr, size_t, unsigned) { return CUDA_ERROR_NOT_SUPPORTED; }

CUDA_API CUresult cuLaunchHostFunc(CUstream handle, CUhostFn function, void* data) {
    return with_stream(handle, [&](Lock& lock, std::shared_ptr<Stream>& s) {
        driver::require(function);
        order::enqueue(lock, s, {"host function", [=] {
            driver::in_callback = true;
            function(data);
            driver::in_callback = false;
            return CUDA_SUCCESS;
        }, false});
    });
}

CUDA_API CUresult cuStreamAddCallback(CUstream handle, CUstreamCallback function, void* data, unsigned flags) {
    return with_stream(handle, [&](Lock& lock, std::shared_ptr<Stream>& s) {
        driver::require(function && flags == 0);
        if (s->capture) order::forbid_capture(*s);
        order::Work work{"callback", [=] {
            driver::in_callback = true;
            function(handle, CUDA_SUCCESS, data);
            driver::in_callback = false;
            return CUDA_SUCCESS;
        }, false};
        order::enqueue(lock, s, std::move(work));
    });
}
