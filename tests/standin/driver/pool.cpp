#include "pool.h"

#include <algorithm>

#include "device_memory.h"
#include "order.h"
#include "settings.h"

namespace {

std::set<Pool*>& pools() {
    static auto all = new std::set<Pool*>;
    return *all;
}

Pool* default_pool(CUdevice device) {
    static Pool* defaults[device_memory::MOST_DEVICES];
    driver::require(device >= 0 && device < settings().devices, CUDA_ERROR_INVALID_DEVICE);
    if (!defaults[device]) {
        defaults[device] = new Pool;
        defaults[device]->device = device;
        pools().insert(defaults[device]);
    }
    return defaults[device];
}

Pool*& device_pool(CUdevice device) {
    static Pool* chosen[device_memory::MOST_DEVICES];
    if (!chosen[device] || !pools().count(chosen[device])) chosen[device] = default_pool(device);
    return chosen[device];
}

// Allocations that an enqueued free will end: they may not be freed again.
std::set<uint64_t>& ending() {
    static auto all = new std::set<uint64_t>;
    return *all;
}

void require_pool(const Pool* p) { driver::require(p && pools().count(const_cast<Pool*>(p)) && !p->destroyed); }

void give_back(Pool* p, size_t bytes) {
    p->used -= bytes;
    if (p->reserved > p->used) p->reserved = std::max(p->used, std::min(p->reserved, p->threshold));
    if (p->destroyed && p->used == 0) {
        pools().erase(p);
        delete p;
    }
}

void take(Pool* p, size_t bytes) {
    p->used += bytes;
    p->used_high = std::max(p->used_high, p->used);
    p->reserved = std::max(p->reserved, p->used);
    p->reserved_high = std::max(p->reserved_high, p->reserved);
}

CUresult allocate(CUdeviceptr* out, size_t bytes, CUstream handle, Pool* given) {
    return driver::enter_context([&](Lock& lock, Context& c) {
        driver::require(out && bytes > 0);
        auto s = order::stream(c, handle);
        Pool* p = given ? given : device_pool(s->context->device);
        require_pool(p);
        CUdeviceptr base = pool::reserve(lock, *s->context, bytes, p);
        if (s->capture) s->capture->graph->memory->allocations.push_back(base);
        order::enqueue(lock, s, {"allocate", [base] {
            device_memory::activate(base);
            return CUDA_SUCCESS;
        }});
        *out = base;
    });
}

}  // namespace

CUdeviceptr pool::reserve(Lock& lock, Context& c, size_t bytes, Pool* p) {
    int device = p ? p->device : c.device;
    if (p && p->maximum && p->used + bytes > p->maximum) driver::refuse(CUDA_ERROR_OUT_OF_MEMORY);
    uintptr_t base = device_memory::reserve(device, bytes, &c, p);
    if (!base) {
        order::force(lock, c);
        base = device_memory::reserve(device, bytes, &c, p);
    }
    driver::require(base, CUDA_ERROR_OUT_OF_MEMORY);
    if (p) take(p, bytes);
    return base;
}

void pool::free(CUdeviceptr pointer) {
    Allocation a;
    driver::require(device_memory::find(pointer, a) && a.base == pointer && !ending().count(a.id));
    device_memory::release(pointer);
    if (a.pool) give_back(static_cast<Pool*>(a.pool), a.size);
}

GraphMemory::~GraphMemory() {
    for (uintptr_t base : allocations) {
        Allocation a;
        if (device_memory::find(base, a) && a.base == base) pool::free(base);
    }
}

void pool::free_all(const Context* context) {
    for (const Allocation& a : device_memory::release_all(context))
        if (a.pool) give_back(static_cast<Pool*>(a.pool), a.size);
}

CUDA_API CUresult cuMemAllocAsync(CUdeviceptr* out, size_t bytes, CUstream stream) {
    return allocate(out, bytes, stream, nullptr);
}

CUDA_API CUresult cuMemAllocFromPoolAsync(CUdeviceptr* out, size_t bytes, CUmemoryPool pool, CUstream stream) {
    return driver::initialized && !pool ? CUDA_ERROR_INVALID_VALUE : allocate(out, bytes, stream, pool);
}

CUDA_API CUresult cuMemFreeAsync(CUdeviceptr pointer, CUstream handle) {
    return driver::enter_context([&](Lock& lock, Context& c) {
        auto s = order::stream(c, handle);
        Allocation a;
        driver::require(device_memory::find(pointer, a) && a.base == pointer);
        if (s->capture) {
            order::enqueue(lock, s, {"free", [pointer] {
                device_memory::deactivate(pointer);
                return CUDA_SUCCESS;
            }});
            return;
        }
        uint64_t id = a.id;
        driver::require(ending().insert(id).second);
        order::Work work{"free", [pointer, id] {
            Lock hold(driver::mutex);
            ending().erase(id);
            Allocation now;
            if (device_memory::find(pointer, now) && now.id == id) pool::free(pointer);
            return CUDA_SUCCESS;
        }};
        work.always = true;
        order::enqueue(lock, s, std::move(work));
    });
}

CUDA_API CUresult cuDeviceGetDefaultMemPool(CUmemoryPool* out, CUdevice device) {
    return driver::enter([&](Lock&) {
        driver::require(out);
        *out = default_pool(device);
    });
}

CUDA_API CUresult cuDeviceGetMemPool(CUmemoryPool* out, CUdevice device) {
    return driver::enter([&](Lock&) {
        driver::require(out);
        default_pool(device);
        *out = device_pool(device);
    });
}

CUDA_API CUresult cuDeviceSetMemPool(CUdevice device, CUmemoryPool p) {
    return driver::enter([&](Lock&) {
        default_pool(device);
        require_pool(p);
        driver::require(p->device == device);
        device_pool(device) = p;
    });
}

CUDA_API CUresult cuMemPoolCreate(CUmemoryPool* out, const CUmemPoolProps* properties) {
    return driver::enter([&](Lock&) {
        driver::require(out && properties && properties->allocType == 1 && properties->location.type == 1);
        driver::require(properties->location.id >= 0 && properties->location.id < settings().devices);
        driver::require(properties->handleTypes == 0, CUDA_ERROR_NOT_SUPPORTED);
        auto p = new Pool;
        p->device = properties->location.id;
        p->maximum = properties->maxSize;
        pools().insert(p);
        *out = p;
    });
}

CUDA_API CUresult cuMemPoolDestroy(CUmemoryPool p) {
    return driver::enter([&](Lock&) {
        require_pool(p);
        driver::require(p != default_pool(p->device));
        p->destroyed = true;
        if (p->used == 0) {
            pools().erase(p);
            delete p;
        }
    });
}

CUDA_API CUresult cuMemPoolTrimTo(CUmemoryPool p, size_t keep) {
    return driver::enter([&](Lock&) {
        require_pool(p);
        p->reserved = std::max<uint64_t>(p->used, std::min<uint64_t>(p->reserved, keep));
    });
}

CUDA_API CUresult cuMemPoolSetAttribute(CUmemoryPool p, unsigned attribute, void* value) {
    return driver::enter([&](Lock&) {
        require_pool(p);
        driver::require(value && attribute >= 1 && attribute <= 8);
        if (attribute < CU_MEMPOOL_ATTR_RELEASE_THRESHOLD) return;
        uint64_t number = *static_cast<uint64_t*>(value);
        if (attribute == CU_MEMPOOL_ATTR_RELEASE_THRESHOLD) p->threshold = number;
        else if (attribute == CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH && number == 0) p->reserved_high = p->reserved;
        else if (attribute == CU_MEMPOOL_ATTR_USED_MEM_HIGH && number == 0) p->used_high = p->used;
        else driver::refuse(CUDA_ERROR_INVALID_VALUE);
    });
}

CUDA_API CUresult cuMemPoolGetAttribute(CUmemoryPool p, unsigned attribute, void* value) {
    return driver::enter([&](Lock&) {
        require_pool(p);
        driver::require(value && attribute >= 1 && attribute <= 8);
        if (attribute < CU_MEMPOOL_ATTR_RELEASE_THRESHOLD) {
            *static_cast<int*>(value) = 1;
            return;
        }
        const uint64_t numbers[] = {p->threshold, p->reserved, p->reserved_high, p->used, p->used_high};
        *static_cast<uint64_t*>(value) = numbers[attribute - CU_MEMPOOL_ATTR_RELEASE_THRESHOLD];
    });
}

CUDA_API CUresult cuMemPoolSetAccess(CUmemoryPool p, const CUmemAccessDesc*, size_t) {
    return driver::enter([&](Lock&) { require_pool(p); });
}
