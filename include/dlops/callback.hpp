// Operators of the host: any callable objects.
#ifndef DLOPS_CALLBACK_HPP
#define DLOPS_CALLBACK_HPP

#include "linear_operator.hpp"

namespace dlops {

/// As dlops_callback_options.
struct callback_options {
    bool real_linear = false; ///< A(c x) = c A x for real c only
    std::string name;         ///< in tables, views and error texts; empty: "Callback"
};

namespace detail {

/// What a callback returns to the library when an exception left it.
inline constexpr int32_t callback_threw = -1;

/// The callables of one operator; Adjoint is nullptr_t where there is none.
template <class Forward, class Adjoint>
struct functions {
    Forward forward;
    Adjoint adjoint;
};

template <class Functions, auto Member>
int32_t on_arrays(const dlops_array *x, dlops_array *y, void *user) noexcept
{
    return contain(callback_threw, [&] {
        lent<array> input(x), output(y);
        (static_cast<Functions *>(user)->*Member)(std::as_const(input.object()), output.object());
        return 0;
    });
}

/// The memory of this rank, with the numbers of elements that the void pointers do not carry.
template <class Domain, class Range, class Forward, class Adjoint>
struct local_functions {
    Forward forward_function;
    Adjoint adjoint_function;
    std::size_t domain_count, range_count;

    static int32_t forward(const void *x, void *y, void *user) noexcept
    {
        return contain(callback_threw, [&] {
            auto &self = *static_cast<local_functions *>(user);
            self.forward_function(span<const Domain>(static_cast<const Domain *>(x), self.domain_count),
                                  span<Range>(static_cast<Range *>(y), self.range_count));
            return 0;
        });
    }

    static int32_t adjoint(const void *x, void *y, void *user) noexcept
    {
        return contain(callback_threw, [&] {
            auto &self = *static_cast<local_functions *>(user);
            self.adjoint_function(span<const Range>(static_cast<const Range *>(x), self.range_count),
                                  span<Domain>(static_cast<Domain *>(y), self.domain_count));
            return 0;
        });
    }
};

} // namespace detail

/// The operator of forward(const array &x, array &y), y = A x, and adjoint(const array &x, array &y), y = A^H x.
/// Without an adjoint (nullptr), adjoint and transpose are UNSUPPORTED. The arrays are valid during the call; the
/// callables may communicate. Collective. See dlops_operator_create_callback.
template <class Forward, class Adjoint = std::nullptr_t>
linear_operator callback(const space &domain, const space &range, Forward forward, Adjoint adjoint = nullptr,
                         const callback_options &choices = {})
{
    using functions = detail::functions<Forward, Adjoint>;
    auto user = std::unique_ptr<functions>(new functions{std::move(forward), std::move(adjoint)});
    dlops_operator_function apply_adjoint = nullptr;
    if constexpr (!std::is_same_v<Adjoint, std::nullptr_t>) {
        apply_adjoint = detail::on_arrays<functions, &functions::adjoint>;
    }
    dlops_callback_options options = DLOPS_CALLBACK_OPTIONS_INIT;
    options.real_linear = choices.real_linear;
    options.name = choices.name.empty() ? nullptr : choices.name.c_str();
    dlops_operator *made = nullptr;
    detail::check(dlops_operator_create_callback(domain.get(), range.get(), detail::on_arrays<functions, &functions::forward>,
                                                 apply_adjoint, user.get(), detail::destroy<functions>, &options, &made));
    static_cast<void>(user.release());
    return linear_operator(made);
}

/// The same on this rank's elements: forward(span<const Domain> x, span<Range> y), adjoint(span<const Range> x,
/// span<Domain> y). Collective. See dlops_operator_create_matvec.
template <class Domain, class Range = Domain, class Forward, class Adjoint = std::nullptr_t>
linear_operator matvec(const space &domain, const space &range, Forward forward, Adjoint adjoint = nullptr)
{
    detail::require_dtype("dlops::matvec, domain", dtype_of<Domain>, domain.dtype());
    detail::require_dtype("dlops::matvec, range", dtype_of<Range>, range.dtype());

    using functions = detail::local_functions<Domain, Range, Forward, Adjoint>;
    auto user = std::unique_ptr<functions>(new functions{std::move(forward), std::move(adjoint),
                                                         static_cast<std::size_t>(domain.local_count()),
                                                         static_cast<std::size_t>(range.local_count())});
    dlops_matvec_function apply_adjoint = nullptr;
    if constexpr (!std::is_same_v<Adjoint, std::nullptr_t>) {
        apply_adjoint = functions::adjoint;
    }
    dlops_operator *made = nullptr;
    detail::check(dlops_operator_create_matvec(domain.get(), range.get(), functions::forward, apply_adjoint, user.get(),
                                               detail::destroy<functions>, &made));
    static_cast<void>(user.release());
    return linear_operator(made);
}

} // namespace dlops

#endif
