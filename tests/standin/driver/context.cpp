#include "context.h"

#include <algorithm>

#include "device_memory.h"
#include "host_memory.h"
#include "order.h"
#include "pool.h"
#include "settings.h"
#include "statistics.h"

namespace context {

Context* create(CUdevice device, unsigned flags, bool primary) {
    static unsigned long long next;
    auto c = new Context;
    c->device = device;
    c->flags = flags;
    c->primary = primary;
    c->id = ++next;
    c->legacy = std::make_shared<Stream>();
    c->legacy->context = c;
    c->legacy->legacy = true;
    driver::contexts().insert(c);
    return c;
}

void destroy(Lock& lock, Context* c) {
    order::force(lock, *c);
    for (auto& s : c->all_streams()) s->context = nullptr;
    statistics::counters.live_streams -= static_cast<int64_t>(c->streams.size());
    statistics::counters.live_events -= static_cast<int64_t>(c->events.size());
    statistics::counters.live_modules -= static_cast<int64_t>(c->modules.size());
    pool::free_all(c);
    host_memory::release_all(c);
    for (Context* other : driver::contexts()) other->peers.erase(c);
    driver::contexts().erase(c);
    delete c;
}

void synchronize(Lock& lock, Context& c) {
    order::forbid_capture(c);
    ++statistics::counters.synchronizations;
    order::force(lock, c);
    if (c.sticky != CUDA_SUCCESS) driver::refuse(c.sticky);
}

namespace {

struct Primary { Context* context = nullptr; int uses = 0; unsigned flags = 0; };
Primary primaries[device_memory::MOST_DEVICES];

Primary& primary(CUdevice device) {
    driver::require(device >= 0 && device < settings().devices, CUDA_ERROR_INVALID_DEVICE);
    return primaries[device];
}

void make_current(Context* c) {
    auto& stack = driver::stack();
    if (!stack.empty()) stack.pop_back();
    if (c) stack.push_back(c);
}

void require_alive(const Context* c) { driver::require(c && driver::alive(c), CUDA_ERROR_INVALID_CONTEXT); }

CUresult create_current(CUcontext* out, unsigned flags, CUdevice device) {
    return driver::enter([&](Lock&) {
        driver::require(out);
        primary(device);
        *out = create(device, flags, false);
        driver::stack().push_back(*out);
    });
}

}  // namespace
}  // namespace context

using namespace context;

CUDA_API CUresult cuDevicePrimaryCtxRetain(CUcontext* out, CUdevice device) {
    return driver::enter([&](Lock&) {
        driver::require(out);
        Primary& p = primary(device);
        if (!p.context) p.context = create(device, p.flags, true);
        ++p.uses;
        *out = p.context;
    });
}

CUDA_API CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
    return driver::enter([&](Lock& lock) {
        Primary& p = primary(device);
        driver::require(p.context && p.uses > 0, CUDA_ERROR_INVALID_CONTEXT);
        if (--p.uses == 0) {
            Context* c = p.context;
            p.context = nullptr;
            destroy(lock, c);
        }
    });
}
CUDA_API CUresult cuDevicePrimaryCtxRelease(CUdevice device) { return cuDevicePrimaryCtxRelease_v2(device); }

CUDA_API CUresult cuDevicePrimaryCtxReset_v2(CUdevice device) {
    return driver::enter([&](Lock& lock) {
        Primary& p = primary(device);
        if (!p.context) return;
        Context* c = p.context;
        // The handle stays valid: a reset context is as new, for everyone who has retained it.
        order::force(lock, *c);
        for (auto& s : c->all_streams()) s->context = nullptr;
        pool::free_all(c);
        host_memory::release_all(c);
        c->streams.clear();
        c->per_thread.clear();
        c->orphans.clear();
        c->events.clear();
        c->modules.clear();
        c->sticky = CUDA_SUCCESS;
        c->legacy = std::make_shared<Stream>();
        c->legacy->context = c;
        c->legacy->legacy = true;
    });
}
CUDA_API CUresult cuDevicePrimaryCtxReset(CUdevice device) { return cuDevicePrimaryCtxReset_v2(device); }

CUDA_API CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned* flags, int* active) {
    return driver::enter([&](Lock&) {
        driver::require(flags && active);
        *flags = primary(device).flags;
        *active = primary(device).context != nullptr;
    });
}

CUDA_API CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned flags) {
    return driver::enter([&](Lock&) { primary(device).flags = flags; });
}
CUDA_API CUresult cuDevicePrimaryCtxSetFlags(CUdevice device, unsigned flags) { return cuDevicePrimaryCtxSetFlags_v2(device, flags); }

CUDA_API CUresult cuCtxCreate(CUcontext* out, unsigned flags, CUdevice device) { return create_current(out, flags, device); }
CUDA_API CUresult cuCtxCreate_v2(CUcontext* out, unsigned flags, CUdevice device) { return create_current(out, flags, device); }
CUDA_API CUresult cuCtxCreate_v3(CUcontext* out, void*, int, unsigned flags, CUdevice device) {
    return create_current(out, flags, device);
}
CUDA_API CUresult cuCtxCreate_v4(CUcontext* out, void*, unsigned flags, CUdevice device) {
    return create_current(out, flags, device);
}

CUDA_API CUresult cuCtxDestroy_v2(CUcontext c) {
    return driver::enter([&](Lock& lock) {
        require_alive(c);
        driver::require(!c->primary, CUDA_ERROR_INVALID_CONTEXT);
        auto& stack = driver::stack();
        if (!stack.empty() && stack.back() == c) stack.pop_back();
        destroy(lock, c);
    });
}

CUDA_API CUresult cuCtxSetCurrent(CUcontext c) {
    return driver::enter([&](Lock&) {
        if (c) require_alive(c);
        make_current(c);
    });
}

CUDA_API CUresult cuCtxGetCurrent(CUcontext* out) {
    return driver::enter([&](Lock&) {
        driver::require(out);
        *out = driver::stack().empty() ? nullptr : driver::stack().back();
    });
}

CUDA_API CUresult cuCtxPushCurrent_v2(CUcontext c) {
    return driver::enter([&](Lock&) {
        require_alive(c);
        driver::stack().push_back(c);
    });
}

CUDA_API CUresult cuCtxPopCurrent_v2(CUcontext* out) {
    return driver::enter([&](Lock&) {
        auto& stack = driver::stack();
        driver::require(!stack.empty(), CUDA_ERROR_INVALID_CONTEXT);
        if (out) *out = stack.back();
        stack.pop_back();
    });
}

CUDA_API CUresult cuCtxGetDevice(CUdevice* device) {
    return driver::enter([&](Lock&) {
        driver::require(device);
        Context* c;
        CUresult error = driver::current(c);
        if (error != CUDA_SUCCESS) driver::refuse(error);
        *device = c->device;
    });
}

CUDA_API CUresult cuCtxGetDevice_v2(CUdevice* device, CUcontext c) {
    if (!c) return cuCtxGetDevice(device);
    return driver::enter([&](Lock&) {
        driver::require(device);
        require_alive(c);
        *device = c->device;
    });
}

CUDA_API CUresult cuCtxSynchronize() {
    return driver::enter_context([&](Lock& lock, Context& c) { synchronize(lock, c); });
}

CUDA_API CUresult cuCtxSynchronize_v2(CUcontext c) {
    if (!c) return cuCtxSynchronize();
    return driver::enter([&](Lock& lock) {
        require_alive(c);
        if (c->sticky != CUDA_SUCCESS) driver::refuse(c->sticky);
        synchronize(lock, *c);
    });
}

CUDA_API CUresult cuCtxGetId(CUcontext c, unsigned long long* id) {
    return driver::enter([&](Lock&) {
        Context* now = c;
        if (!now && driver::current(now) != CUDA_SUCCESS) driver::refuse(CUDA_ERROR_INVALID_CONTEXT);
        require_alive(now);
        driver::require(id);
        *id = now->id;
    });
}

CUDA_API CUresult cuCtxGetApiVersion(CUcontext c, unsigned* version) {
    return driver::enter([&](Lock&) {
        if (c) require_alive(c);
        driver::require(version);
        *version = 13000;
    });
}
