// Statuses as exceptions, and exceptions of the host that pass through the library.
#ifndef DLOPS_ERROR_HPP
#define DLOPS_ERROR_HPP

#include "../dlops.h"

#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

namespace dlops {

/// A call failed: what() is the text of the library, status() one of the DLOPS_ERROR_ numbers.
class error : public std::runtime_error {
public:
    error(dlops_status status, const std::string &text) : std::runtime_error(text), status_(status) {}

    dlops_status status() const noexcept { return status_; }

private:
    dlops_status status_;
};

namespace detail {

inline void check(dlops_status status)
{
    if (status != DLOPS_OK) {
        throw error(status, dlops_last_error());
    }
}

/// What a callback of this thread threw, on its way through the library to the call that ran the callback.
inline std::exception_ptr &thrown() noexcept
{
    static thread_local std::exception_ptr exception;
    return exception;
}

/// A C function that may run callbacks: what they throw is thrown again here.
template <class Call>
void check_callbacks(Call &&call)
{
    thrown() = nullptr;
    const dlops_status status = call();
    if (status == DLOPS_OK) {
        return;
    }
    if (std::exception_ptr exception = std::exchange(thrown(), nullptr)) {
        std::rethrow_exception(exception);
    }
    check(status);
}

/// Runs a callable of the host inside a C callback: its number, or `failure` and the exception kept. The callable may
/// call the library itself; of several exceptions on the way to one call the first counts.
template <class Function>
int32_t contain(int32_t failure, Function &&function) noexcept
{
    std::exception_ptr earlier = std::exchange(thrown(), nullptr);
    int32_t result = failure;
    std::exception_ptr now;
    try {
        result = function();
    } catch (...) {
        now = std::current_exception();
    }
    thrown() = earlier ? std::move(earlier) : std::move(now);
    return result;
}

/// For dlops_destroy_callback: `user` is a Type made by new.
template <class Type>
void destroy(void *user) noexcept
{
    delete static_cast<Type *>(user);
}

} // namespace detail
} // namespace dlops

#endif
