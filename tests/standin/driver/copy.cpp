#include "copy.h"

#include <cstring>

#include "device_memory.h"
#include "host_memory.h"
#include "order.h"
#include "report.h"

namespace copy {
namespace {

size_t extent(const Box& b, const Shape& s) { return (s.depth - 1) * b.plane + (s.height - 1) * b.pitch + s.width; }

bool page_locked(const Box& b, const Shape& s) { return host_memory::mapped(b.address, extent(b, s)); }

// A host address on a device side, a device address on a host side and a range past the end of an allocation are
// refused by the call itself.
void validate(const Box& b, const Shape& s, const char* role) {
    size_t bytes = extent(b, s);
    if (b.side == Side::Device) {
        if (device_memory::covers(b.address, bytes) || host_memory::mapped(b.address, bytes)) return;
        if (device_memory::device_of(b.address) < 0) report("a copy's %s %#zx is not device memory", role, b.address);
        else report("a copy's %s of %zu bytes at %#zx is not within one allocation", role, bytes, b.address);
        driver::refuse(CUDA_ERROR_INVALID_VALUE);
    }
    if (!b.address || device_memory::device_of(b.address) >= 0) {
        report("a copy's %s %#zx is not host memory", role, b.address);
        driver::refuse(CUDA_ERROR_INVALID_VALUE);
    }
}

bool still_valid(const Box& b, const Shape& s, bool locked, const char* role) {
    size_t bytes = extent(b, s);
    if (b.side == Side::Device) {
        if (device_memory::usable(b.address, bytes) || host_memory::mapped(b.address, bytes)) return true;
        report("a copy's %s of %zu bytes at %#zx has been freed, or its stream does not follow its allocation", role, bytes,
               b.address);
        return false;
    }
    if (!locked || host_memory::mapped(b.address, bytes)) return true;
    report("a copy's %s at %#zx: page-locked memory was freed before the copy was done", role, b.address);
    return false;
}

void move(const Box& to, const Box& from, const Shape& s) {
    if (s.height == 1 && s.depth == 1) {
        std::memmove(reinterpret_cast<void*>(to.address), reinterpret_cast<const void*>(from.address), s.width);
        return;
    }
    for (size_t z = 0; z < s.depth; ++z)
        for (size_t y = 0; y < s.height; ++y)
            std::memmove(reinterpret_cast<void*>(to.address + z * to.plane + y * to.pitch),
                         reinterpret_cast<const void*>(from.address + z * from.plane + y * from.pitch), s.width);
}

void count(const Box& to, const Box& from, const Shape& s) {
    size_t bytes = s.width * s.height * s.depth;
    if (from.side == Side::Host && to.side == Side::Host) return;
    using statistics::Copy;
    Copy kind = from.side == Side::Host ? Copy::ToDevice : to.side == Side::Host ? Copy::ToHost
              : device_memory::device_of(to.address) != device_memory::device_of(from.address) ? Copy::BetweenDevices
                                                                                               : Copy::OnDevice;
    statistics::copied(kind, bytes);
}

}  // namespace

Side side_of(uintptr_t address) { return device_memory::device_of(address) >= 0 ? Side::Device : Side::Host; }

void enqueue(Lock& lock, Context& c, Box to, Box from, Shape shape, bool blocking, CUstream handle) {
    auto s = order::stream(c, blocking ? nullptr : handle);
    if (blocking) order::forbid_capture(*s);
    if (shape.width == 0 || shape.height == 0 || shape.depth == 0) return;
    validate(to, shape, "destination");
    validate(from, shape, "source");
    // Pageable host memory is read before the call returns, and written before it returns (CUDA driver API,
    // "API synchronization behavior"); page-locked memory is touched when the stream reaches the copy.
    bool to_locked = to.side == Side::Host && page_locked(to, shape);
    bool from_locked = from.side == Side::Host && page_locked(from, shape);
    std::shared_ptr<std::vector<char>> staged;
    if (!blocking && !s->capture && from.side == Side::Host && !from_locked) {
        staged = std::make_shared<std::vector<char>>(extent(from, shape));
        Box copy = from;
        copy.address = reinterpret_cast<uintptr_t>(staged->data());
        move(copy, from, shape);
        from = copy;
    }
    bool wait = blocking || (to.side == Side::Host && !to_locked && !s->capture);
    Context* owner = s->context;
    auto operation = order::enqueue(lock, s, {"copy", [=] {
        (void)staged;
        if (!still_valid(to, shape, to_locked, "destination") || !still_valid(from, shape, from_locked, "source"))
            return CUDA_ERROR_ILLEGAL_ADDRESS;
        move(to, from, shape);
        count(to, from, shape);
        return CUDA_SUCCESS;
    }});
    if (!wait || !operation) return;
    order::force(lock, operation);
    if (owner->sticky != CUDA_SUCCESS) driver::refuse(owner->sticky);
}

}  // namespace copy
