// Arguments that C++ knows more of than C: lengths of containers and types of elements.
#ifndef DLOPS_ARGUMENT_PROBLEM_HPP
#define DLOPS_ARGUMENT_PROBLEM_HPP

#include "handle.hpp"

#include <string>

namespace dlops {
namespace detail {

/// The type of elements is in the program's text, and so the same on all ranks: no rank need tell the others.
inline void require_dtype(const char *function, dtype given, dtype expected)
{
    if (given != expected) {
        throw error(DLOPS_ERROR_DTYPE, std::string(function) + ": the elements are " + name(expected) +
                                           ", but the program's type is " + name(given));
    }
}

/// The first thing that is wrong with the arguments of a collective function. The C function is called all the same,
/// without the argument, so that all ranks come to know and no rank waits for this one.
class argument_problem {
public:
    explicit argument_problem(const char *function) : function_(function) {}

    /// A negative `expected` is not known, and the library's to judge.
    void check_length(const char *argument, std::size_t length, int64_t expected)
    {
        if (expected >= 0 && length != static_cast<std::size_t>(expected)) {
            add(std::string(argument) + " has length " + std::to_string(length) + ", expected " + std::to_string(expected));
        }
    }

    void add(const std::string &text)
    {
        if (text_.empty()) {
            text_ = std::string(function_) + ": " + text;
        }
    }

    /// NULL when something is wrong.
    template <class Pointer>
    Pointer unless(Pointer required) const noexcept
    {
        return text_.empty() ? required : nullptr;
    }

    /// Throws the status of the call, which most often cannot have succeeded without its argument.
    void check(dlops_status status) const
    {
        if (!text_.empty()) {
            throw error(status != DLOPS_OK ? status : DLOPS_ERROR_ARGUMENT, text_);
        }
        detail::check(status);
    }

private:
    const char *function_;
    std::string text_;
};

} // namespace detail
} // namespace dlops

#endif
