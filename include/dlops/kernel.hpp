// Computations of the host's own on elements of arrays.
#ifndef DLOPS_KERNEL_HPP
#define DLOPS_KERNEL_HPP

#include "context.hpp"
#include "array.hpp"

#include <array>
#include <functional>

namespace dlops {

/// As dlops_kernel_options.
struct kernel_options {
    std::string preamble;         ///< CUDA C++ before the kernel
    std::string compiler_options; ///< of the CUDA compiler, separated by spaces
};

/// Arrays that a kernel writes: {z, w}.
using outputs = std::initializer_list<std::reference_wrapper<array>>;

/// Blocks or threads along x, y and z.
using extent3 = std::array<int64_t, 3>;

namespace detail {

inline dlops_kernel_options c_options(const kernel_options &choices)
{
    dlops_kernel_options options = DLOPS_KERNEL_OPTIONS_INIT;
    options.preamble = choices.preamble.empty() ? nullptr : choices.preamble.c_str();
    options.compiler_options = choices.compiler_options.empty() ? nullptr : choices.compiler_options.c_str();
    return options;
}

template <class Function>
int32_t on_block(const dlops_kernel_block *block, void *user) noexcept
{
    return contain(-1, [&] {
        (*static_cast<Function *>(user))(*block);
        return 0;
    });
}

template <class Value>
dlops_kernel_argument kernel_argument(const Value &value)
{
    dlops_kernel_argument argument = {};
    if constexpr (std::is_same_v<Value, array>) {
        argument.array = value.get();
    } else {
        static_assert(std::is_trivially_copyable_v<Value>, "arguments are arrays or plain values of the parameter's type");
        argument.value = &value;
    }
    return argument;
}

} // namespace detail

class kernel : public detail::owner<kernel, dlops_kernel, dlops_kernel_destroy, dlops_kernel_retain> {
public:
    using owner::owner;

    /// z = f(x, y, ...) for every element: elementwise(context, "T x, T y", "T z", "z = x - y", "difference"). Collective.
    /// See dlops_kernel_create_elementwise.
    static kernel elementwise(const context &where, const std::string &inputs, const std::string &outputs,
                              const std::string &body, const std::string &name, const kernel_options &choices = {})
    {
        const dlops_kernel_options options = detail::c_options(choices);
        dlops_kernel *made = nullptr;
        detail::check(dlops_kernel_create_elementwise(where.get(), inputs.c_str(), outputs.c_str(), body.c_str(),
                                                      name.c_str(), &options, &made));
        return kernel(made);
    }

    /// The same, with host(const dlops_kernel_block &) for host arrays. Collective.
    template <class Function>
    static kernel elementwise_with_host(const context &where, const std::string &inputs, const std::string &outputs,
                                        const std::string &body, const std::string &name, Function host,
                                        const kernel_options &choices = {})
    {
        auto user = std::unique_ptr<Function>(new Function(std::move(host)));
        dlops_kernel_options options = detail::c_options(choices);
        options.host_function = detail::on_block<Function>;
        options.user = user.get();
        options.destroy = detail::destroy<Function>;
        dlops_kernel *made = nullptr;
        detail::check(dlops_kernel_create_elementwise(where.get(), inputs.c_str(), outputs.c_str(), body.c_str(),
                                                      name.c_str(), &options, &made));
        static_cast<void>(user.release());
        return kernel(made);
    }

    /// One number of all elements: reduction(context, "T x", "float64 y", "x * x", "a + b", "y = sqrt(a)", "0", "norm").
    /// An empty `post` gives a. Collective. See dlops_kernel_create_reduction.
    static kernel reduction(const context &where, const std::string &inputs, const std::string &output,
                            const std::string &map, const std::string &reduce, const std::string &post,
                            const std::string &identity, const std::string &name, const kernel_options &choices = {})
    {
        const dlops_kernel_options options = detail::c_options(choices);
        dlops_kernel *made = nullptr;
        detail::check(dlops_kernel_create_reduction(where.get(), inputs.c_str(), output.c_str(), map.c_str(),
                                                    reduce.c_str(), post.c_str(), identity.c_str(), name.c_str(),
                                                    &options, &made));
        return kernel(made);
    }

    /// The function `name` of a CUDA source. Collective. See dlops_kernel_create_raw.
    static kernel raw(const context &where, const std::string &source, const std::string &name,
                      const std::string &options = {})
    {
        dlops_kernel *made = nullptr;
        detail::check(dlops_kernel_create_raw(where.get(), source.c_str(), name.c_str(), options.c_str(), &made));
        return kernel(made);
    }

    /// Gives the outputs their values: difference.apply({x, y}, {z}).
    void apply(const list_of<array> &inputs, outputs results) const { apply(inputs, {}, results); }

    void apply(const list_of<array> &inputs, const std::vector<scalar> &scalars, outputs results) const
    {
        const std::vector<dlops_scalar> numbers(scalars.begin(), scalars.end());
        std::vector<dlops_array *> handles;
        for (array &one : results) {
            handles.push_back(one.get());
        }
        detail::check_callbacks([&] {
            return dlops_kernel_apply(get(), inputs.size(), inputs.data(), static_cast<int64_t>(numbers.size()),
                                      detail::pointer(numbers), static_cast<int64_t>(handles.size()),
                                      detail::pointer(handles));
        });
    }

    /// The number of a reduction, on every rank. Collective.
    std::complex<double> reduce(const list_of<array> &inputs, const std::vector<scalar> &scalars = {}) const
    {
        const std::vector<dlops_scalar> numbers(scalars.begin(), scalars.end());
        dlops_scalar result = {};
        detail::check(dlops_kernel_reduce(get(), inputs.size(), inputs.data(), static_cast<int64_t>(numbers.size()),
                                          detail::pointer(numbers), &result));
        return {result.re, result.im};
    }

    /// Puts a raw kernel on the context's stream; arguments are arrays, and values of exactly the parameters' types.
    template <class... Values>
    void launch(const extent3 &grid, const extent3 &block, int64_t shared_bytes, const Values &...values) const
    {
        const std::vector<dlops_kernel_argument> arguments{detail::kernel_argument(values)...};
        detail::check(dlops_kernel_launch(get(), grid.data(), block.data(), shared_bytes,
                                          static_cast<int64_t>(arguments.size()), detail::pointer(arguments)));
    }

    std::string name() const
    {
        std::array<char, 256> name{};
        detail::check(dlops_kernel_get_name(get(), name.data(), name.size()));
        return name.data();
    }

    void view() const { detail::check(dlops_kernel_view(get())); }
};

} // namespace dlops

#endif
