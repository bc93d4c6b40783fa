// Where work happens.
#ifndef DLOPS_CONTEXT_HPP
#define DLOPS_CONTEXT_HPP

#include "handle.hpp"

#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <string>

namespace dlops {

/// Where elements live.
enum class memory : int32_t {
    standard = 0, ///< the context's
    host = DLOPS_HOST,
    cuda = DLOPS_CUDA
};

/// How what lies on devices goes from rank to rank.
enum class transport : int32_t {
    automatic = 0, ///< by the host's NCCL communicator, else by an MPI that takes device memory, else staged
    staged = DLOPS_TRANSPORT_STAGED, ///< messages through page-locked memory of the host
    cuda_aware = DLOPS_TRANSPORT_CUDA_AWARE, ///< messages of device memory
    nccl = DLOPS_TRANSPORT_NCCL
};

/// As dlops_context_options. What stands after `memory` is for memory::cuda.
struct context_options {
    int32_t threads = 0; ///< 0: DLOPS_NUM_THREADS, or 1
    int32_t check_level = 0;
    bool deterministic = false;
    bool profile = false;
    dlops::memory memory = dlops::memory::standard; ///< of arrays, unless their space says otherwise
    std::optional<int32_t> device = {}; ///< number of a device; none: by the rank among those of the machine
    CUstream_st *stream = nullptr; ///< a cudaStream_t, borrowed for the life of the context; NULL: the legacy one
    bool own_stream = false; ///< work on a stream of the library's own
    dlops::transport transport = dlops::transport::automatic;
    ncclComm *nccl = nullptr; ///< an ncclComm_t of the same ranks and devices, borrowed for the life of the context
    dlops_allocate_callback allocate = nullptr; ///< device memory, instead of the library's pool
    dlops_deallocate_callback deallocate = nullptr;
    void *allocator_data = nullptr; ///< passed to both
    double nccl_time_limit = 0; ///< seconds a call may wait for NCCL's work; 0: DLOPS_NCCL_TIME_LIMIT, or 1800

    dlops_context_options c() const noexcept
    {
        dlops_context_options options = DLOPS_CONTEXT_OPTIONS_INIT;
        options.threads = threads;
        options.check_level = check_level;
        options.deterministic = deterministic;
        options.profile = profile;
        options.memory = static_cast<int32_t>(memory);
        options.stream = stream;
        options.own_stream = own_stream;
        options.transport = static_cast<int32_t>(transport);
        options.nccl = nccl;
        options.allocate = allocate;
        options.deallocate = deallocate;
        options.allocator_data = allocator_data;
        options.nccl_time_limit = nccl_time_limit;
        if (device) {
            // The C number of the device before the first would be the default: it is refused as itself instead.
            const bool countable = *device >= 0 && *device < std::numeric_limits<int32_t>::max();
            options.device = countable ? DLOPS_DEVICE(*device) : -1;
        }
        return options;
    }
};

enum class level : int32_t {
    error = DLOPS_LOG_ERROR,
    warning = DLOPS_LOG_WARNING,
    info = DLOPS_LOG_INFO,
    debug = DLOPS_LOG_DEBUG
};

/// What this rank counted.
struct profile {
    int64_t calls = 0;
    double seconds = 0.0;
    int64_t messages = 0;
    int64_t bytes = 0;
};

class context : public detail::owner<context, dlops_context, dlops_context_destroy, dlops_context_retain> {
public:
    using owner::owner;

    /// A context of this rank alone. Local.
    static context self(const context_options &choices = {})
    {
        const dlops_context_options options = choices.c();
        dlops_context *made = nullptr;
        detail::check(dlops_context_create_self(&options, &made));
        return context(made);
    }

    /// Over an MPI_Comm, which is duplicated. The program includes dlops_mpi.h, before or after this header. Collective.
    template <class Communicator>
    static context from_mpi(Communicator comm, const context_options &choices = {})
    {
        const dlops_context_options options = choices.c();
        dlops_context *made = nullptr;
        // Found among the functions of dlops_mpi.h where this template is used.
        detail::check(dlops_context_create_mpi(comm, &options, &made));
        return context(made);
    }

    /// Over the Fortran handle of a communicator. Collective.
    static context from_fortran(int32_t comm, int32_t family, const context_options &choices = {})
    {
        const dlops_context_options options = choices.c();
        dlops_context *made = nullptr;
        detail::check(dlops_context_create_fortran(comm, family, &options, &made));
        return context(made);
    }

    /// Over the host's own functions, which must not throw. Collective.
    static context from_functions(const dlops_communicator_functions &functions, const context_options &choices = {})
    {
        const dlops_context_options options = choices.c();
        dlops_context *made = nullptr;
        detail::check(dlops_context_create_custom(&functions, &options, &made));
        return context(made);
    }

    /// This rank's local context, on which the blocks of BlockDiag, VStack and HStack live.
    context local() const { return detail::make<context>(dlops_context_get_local, get()); }

    int32_t rank() const { return detail::number(dlops_context_get_rank, get()); }
    int32_t size() const { return detail::number(dlops_context_get_size, get()); }
    int32_t threads() const { return detail::number(dlops_context_get_threads, get()); }

    context &set_check_level(int32_t level)
    {
        detail::check(dlops_context_set_check_level(get(), level));
        return *this;
    }

    /// Sends messages to sink(dlops::level, const char *text); what it throws is dropped.
    template <class Sink>
    context &set_log(Sink sink)
    {
        auto user = std::make_unique<Sink>(std::move(sink));
        const auto callback = [](int32_t of, const char *text, void *to) {
            try {
                (*static_cast<Sink *>(to))(static_cast<level>(of), text);
            } catch (...) {
            }
        };
        detail::check(dlops_context_set_log(get(), callback, user.get(), detail::destroy<Sink>));
        static_cast<void>(user.release());
        return *this;
    }

    /// Back to silence.
    context &set_log(std::nullptr_t)
    {
        detail::check(dlops_context_set_log(get(), nullptr, nullptr, nullptr));
        return *this;
    }

    /// Throws, on all ranks, the error that a rank has kept. Collective.
    void agree()
    {
        dlops_status status = DLOPS_OK;
        detail::check(dlops_context_agree(get(), &status));
        detail::check(status);
    }

    context &set_profile(bool enabled)
    {
        detail::check(dlops_context_set_profile(get(), enabled));
        return *this;
    }

    /// What was counted for the operator or solver of that name.
    dlops::profile get_profile(const std::string &name) const { return read_profile(name.c_str()); }

    /// Messages and bytes of the whole context.
    dlops::profile get_profile() const { return read_profile(nullptr); }

    /// The number of the context's device; without one, an error as of all that follows but synchronize().
    int32_t device() const { return detail::number(dlops_context_get_device, get()); }

    std::string device_name() const
    {
        std::array<char, 256> name{};
        detail::check(dlops_context_get_device_name(get(), name.data(), name.size()));
        return name.data();
    }

    /// The cudaStream_t that work is put on; one of the library's own lives as long as the context.
    CUstream_st *stream() const { return detail::number(dlops_context_get_stream, get()); }

    /// How what lies on devices goes from rank to rank; never automatic.
    dlops::transport transport() const
    {
        return static_cast<dlops::transport>(detail::number(dlops_context_get_transport, get()));
    }

    /// The ncclComm_t by which the devices talk; one of the library's own lives as long as the context. An error with
    /// another transport.
    ncclComm *nccl() const { return detail::number(dlops_context_get_nccl, get()); }

    /// Work goes on in another stream of the device, behind what was put on the present one; NULL: the legacy default one.
    context &set_stream(CUstream_st *stream)
    {
        detail::check(dlops_context_set_stream(get(), stream));
        return *this;
    }

    /// Waits until all work on the stream is done; an error of any of it is thrown here.
    void synchronize() const { detail::check(dlops_context_synchronize(get())); }

    /// What the memory pool of the device holds for this process, in bytes.
    dlops_memory_statistics memory_statistics() const
    {
        return detail::number(dlops_context_get_memory_statistics, get());
    }

    /// Device memory in bytes that arrays and buffers may take in all; by default there is no limit.
    context &set_memory_limit(uint64_t bytes = std::numeric_limits<uint64_t>::max())
    {
        detail::check(dlops_context_set_memory_limit(get(), bytes));
        return *this;
    }

    /// Gives device memory that nothing uses back to the device, but for `keep` bytes.
    context &trim_memory(std::size_t keep = 0)
    {
        detail::check(dlops_context_trim_memory(get(), keep));
        return *this;
    }

    void reset_profile() { detail::check(dlops_context_reset_profile(get())); }
    void view_profile() const { detail::check(dlops_context_view_profile(get())); }

private:
    dlops::profile read_profile(const char *name) const
    {
        dlops::profile counted;
        // A whole context has no calls or seconds.
        int64_t *calls = name != nullptr ? &counted.calls : nullptr;
        double *seconds = name != nullptr ? &counted.seconds : nullptr;
        detail::check(dlops_context_get_profile(get(), name, calls, seconds, &counted.messages, &counted.bytes));
        return counted;
    }
};

/// CUDA devices that this process sees; an error where there is no driver.
inline int32_t device_count()
{
    int32_t count = 0;
    detail::check(dlops_device_get_count(&count));
    return count;
}

/// Handles that are alive in this process: 0 when everything was destroyed.
inline int64_t live_handles()
{
    int64_t count = 0;
    detail::check(dlops_get_live_handles(&count));
    return count;
}

} // namespace dlops

#endif
