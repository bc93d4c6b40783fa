// Marks in the order of work, and the device that is current on a thread.
#ifndef DLOPS_EVENT_HPP
#define DLOPS_EVENT_HPP

#include "context.hpp"

namespace dlops {

/// A dlops_event: a mark in the order of a context's work, on its stream, or of the clock where it has no device.
class work_event : public detail::owner<work_event, dlops_event, dlops_event_destroy, dlops_event_retain> {
public:
    using owner::owner;
    work_event() = default;

    explicit work_event(const dlops::context &context)
        : work_event(detail::make<work_event>(dlops_event_create, context.get()))
    {
    }

    /// Marks the work that is on the context's stream now.
    work_event &record()
    {
        detail::check(dlops_event_record(get()));
        return *this;
    }

    /// Marks the work that is on another stream (a cudaStream_t) of the same device now.
    work_event &record_on(CUstream_st *stream)
    {
        detail::check(dlops_event_record_on(get(), stream));
        return *this;
    }

    /// Work put on the context's stream from now on waits for the mark.
    void wait(dlops::context &context) const { detail::check(dlops_event_wait(get(), context.get())); }

    /// Work put on another stream of the same device from now on waits for the mark.
    void wait_on(CUstream_st *stream) const { detail::check(dlops_event_wait_on(get(), stream)); }

    /// Waits until the work before the mark is done; an error of any of it is thrown here.
    void synchronize() const { detail::check(dlops_event_synchronize(get())); }

    /// Whether the work before the mark is done.
    bool done() const { return detail::number(dlops_event_get_done, get()) != 0; }

    /// Milliseconds from the mark of `start` to this one; waits for both.
    double milliseconds_since(const work_event &start) const
    {
        double milliseconds = 0.0;
        detail::check(dlops_event_get_elapsed(start.get(), get(), &milliseconds));
        return milliseconds;
    }
};

/// Makes a device current on this thread for the CUDA calls of the program, until the end of its scope.
class device_guard {
public:
    explicit device_guard(int32_t device) { detail::check(dlops_device_push(device)); }
    device_guard(const device_guard &) = delete;
    device_guard &operator=(const device_guard &) = delete;
    ~device_guard() { static_cast<void>(dlops_device_pop()); }
};

/// The device that is current on this thread; none where no CUDA context is.
inline std::optional<int32_t> current_device()
{
    int32_t device = -1;
    detail::check(dlops_device_get_current(&device));
    return device < 0 ? std::nullopt : std::optional<int32_t>(device);
}

/// Whether a device reaches the memory of another one without the host.
inline bool can_access_peer(int32_t device, int32_t peer)
{
    int32_t can = 0;
    detail::check(dlops_device_can_access_peer(device, peer, &can));
    return can != 0;
}

} // namespace dlops

#endif
