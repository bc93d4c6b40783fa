// Fourier transforms and changes of layout of plain memory, planned once and executed many times; memory of one size on
// every rank.
#ifndef DLOPS_PLAN_HPP
#define DLOPS_PLAN_HPP

#include "space.hpp"

#include <string>

namespace dlops {

enum class direction : int32_t { forward = DLOPS_DIRECTION_FORWARD, inverse = DLOPS_DIRECTION_INVERSE };

enum class fft_kind : int32_t {
    by_dtype = DLOPS_FFT_BY_DTYPE,
    complex_to_complex = DLOPS_FFT_COMPLEX_TO_COMPLEX,
    real_to_complex = DLOPS_FFT_REAL_TO_COMPLEX,
    complex_to_real = DLOPS_FFT_COMPLEX_TO_REAL,
};

enum class parity : int32_t { even = DLOPS_PARITY_EVEN, odd = DLOPS_PARITY_ODD };

enum class scaling : int32_t { none = DLOPS_SCALING_NONE, inverse = DLOPS_SCALING_INVERSE, ortho = DLOPS_SCALING_ORTHO };

enum class order : int32_t { row_major = DLOPS_ORDER_ROW_MAJOR, column_major = DLOPS_ORDER_COLUMN_MAJOR };

/// As dlops_plan_options; strides are empty or have one value an axis.
struct plan_options {
    bool in_place = false;
    std::vector<int64_t> domain_strides;
    std::vector<int64_t> range_strides;
};

/// As dlops_fft_plan_options; `lengths` is empty or has one value an axis of the transform.
struct fft_plan_options : plan_options {
    fft_kind kind = fft_kind::by_dtype;
    dlops::parity parity = dlops::parity::even;
    dlops::scaling scaling = dlops::scaling::none;
    bool as_computed = false;
    std::vector<int64_t> lengths;
    const space *other = nullptr;
};

/// A dlops_plan.
class plan : public detail::owner<plan, dlops_plan, dlops_plan_destroy, dlops_plan_retain> {
public:
    using owner::owner;
    plan() = default;

    /// The Fourier transform along some axes of memory in any layout. Collective.
    static plan fft(const space &space, const std::vector<int32_t> &axes, const fft_plan_options &choices = {})
    {
        detail::argument_problem problem("dlops::plan::fft");
        const auto list = [&](const std::vector<int64_t> &values, const char *name, std::size_t expected) {
            if (!values.empty()) {
                problem.check_length(name, values.size(), static_cast<int64_t>(expected));
            }
            return detail::pointer(values);
        };
        const auto dimensions = static_cast<std::size_t>(space.dimensions());
        dlops_fft_plan_options options = DLOPS_FFT_PLAN_OPTIONS_INIT;
        options.kind = static_cast<int32_t>(choices.kind);
        options.parity = static_cast<int32_t>(choices.parity);
        options.scaling = static_cast<int32_t>(choices.scaling);
        options.as_computed = choices.as_computed;
        options.in_place = choices.in_place;
        options.lengths = list(choices.lengths, "lengths", axes.size());
        options.other = choices.other ? choices.other->get() : nullptr;
        options.domain_strides = list(choices.domain_strides, "domain_strides", dimensions);
        options.range_strides = list(choices.range_strides, "range_strides", dimensions);
        dlops_plan *made = nullptr;
        problem.check(dlops_fft_plan_create(space.get(), static_cast<int32_t>(axes.size()),
                                            problem.unless(detail::pointer(axes)), &options, &made));
        return plan(made);
    }

    /// From one layout to another of the same shape, and back. Collective.
    static plan redistribution(const space &from, const space &to, const plan_options &choices = {})
    {
        detail::argument_problem problem("dlops::plan::redistribution");
        const auto list = [&](const std::vector<int64_t> &values, const char *name, const space &space) {
            if (!values.empty()) {
                problem.check_length(name, values.size(), space.dimensions());
            }
            return detail::pointer(values);
        };
        dlops_plan_options options = DLOPS_PLAN_OPTIONS_INIT;
        options.in_place = choices.in_place;
        options.domain_strides = list(choices.domain_strides, "domain_strides", from);
        options.range_strides = list(choices.range_strides, "range_strides", to);
        dlops_plan *made = nullptr;
        problem.check(dlops_redistribution_plan_create(from.get(), problem.unless(to.get()), &options, &made));
        return plan(made);
    }

    space domain() const { return detail::make<space>(dlops_plan_get_domain, get()); }
    space range() const { return detail::make<space>(dlops_plan_get_range, get()); }

    /// Strides in elements of this rank's part of the domain, and of the range.
    std::vector<int64_t> domain_strides() const { return strides(dlops_plan_get_domain_strides, domain()); }
    std::vector<int64_t> range_strides() const { return strides(dlops_plan_get_range_strides, range()); }

    /// Bytes of this rank's workspace, before and after it is planned.
    std::size_t workspace_size() const { return detail::number(dlops_plan_get_workspace_size, get()); }

    /// Bytes that a buffer of this rank needs to serve as either end.
    std::size_t capacity() const { return detail::number(dlops_plan_get_capacity, get()); }

    /// Lends the plan its workspace, from the next prepare() on.
    plan &set_workspace(void *pointer, std::size_t bytes)
    {
        detail::check(dlops_plan_set_workspace(get(), pointer, bytes));
        return *this;
    }

    /// Plans. Collective.
    plan &prepare()
    {
        detail::check(dlops_plan_prepare(get()));
        return *this;
    }

    /// The memory at both ends; in place one address is enough.
    plan &set_buffers(void *domain, void *range = nullptr)
    {
        detail::check(dlops_plan_set_buffers(get(), domain, range));
        return *this;
    }

    /// The stream (a cudaStream_t) of later executions.
    plan &set_stream(CUstream_st *stream)
    {
        detail::check(dlops_plan_set_stream(get(), stream));
        return *this;
    }

    /// From domain to range, or back. Collective.
    plan &execute(direction way = direction::forward)
    {
        detail::check(dlops_plan_execute(get(), static_cast<int32_t>(way)));
        return *this;
    }

    /// Gives the workspace back; prepare() is needed before the next execution.
    plan &release_workspace()
    {
        detail::check(dlops_plan_release_workspace(get()));
        return *this;
    }

    void view() const { detail::check(dlops_plan_view(get())); }

private:
    std::vector<int64_t> strides(dlops_status (*getter)(const dlops_plan *, int64_t *), const space &of) const
    {
        std::vector<int64_t> numbers(static_cast<std::size_t>(of.dimensions()));
        detail::check(getter(get(), numbers.data()));
        return numbers;
    }
};

/// Memory of one size on every rank, in elements; freed when this goes, which is collective then.
template <class Element>
class symmetric_memory {
public:
    /// `pad`: ranks may ask for different sizes, and all get the largest. Collective.
    symmetric_memory(dlops::context &context, std::size_t count, bool pad = false,
                     dlops::memory memory = dlops::memory::standard)
        : context_(context.retain())
    {
        dlops_symmetric_options options = DLOPS_SYMMETRIC_OPTIONS_INIT;
        options.memory = static_cast<int32_t>(memory);
        options.pad = pad;
        detail::check(dlops_symmetric_allocate(context_.get(), count * sizeof(Element), &options, &pointer_));
    }
    symmetric_memory(symmetric_memory &&other) noexcept
        : context_(std::move(other.context_)), pointer_(std::exchange(other.pointer_, nullptr))
    {
    }
    symmetric_memory &operator=(symmetric_memory &&other) noexcept
    {
        std::swap(context_, other.context_);
        std::swap(pointer_, other.pointer_);
        return *this;
    }
    ~symmetric_memory()
    {
        if (pointer_ != nullptr) {
            static_cast<void>(dlops_symmetric_free(context_.get(), pointer_));
        }
    }

    Element *data() const noexcept { return static_cast<Element *>(pointer_); }

    /// Whole elements that fit.
    std::size_t size() const
    {
        std::size_t bytes = 0;
        detail::check(dlops_symmetric_get_size(context_.get(), pointer_, &bytes));
        return bytes / sizeof(Element);
    }

private:
    dlops::context context_;
    void *pointer_ = nullptr;
};

/// A space in blocks over a process grid with one dimension an axis: dealt out in turn, or without `blocks` one a rank.
/// Collective.
inline space blocks_of(const context &context, dtype dtype, const shape &shape, const std::vector<int32_t> &grid,
                       dlops::order order = dlops::order::row_major, const std::vector<int64_t> &blocks = {})
{
    detail::argument_problem problem("dlops::blocks_of");
    problem.check_length("grid", grid.size(), static_cast<int64_t>(shape.size()));
    if (!blocks.empty()) {
        problem.check_length("blocks", blocks.size(), static_cast<int64_t>(shape.size()));
    }
    dlops_space *made = nullptr;
    problem.check(dlops_space_create_blocks(context.get(), static_cast<int32_t>(dtype),
                                            static_cast<int32_t>(shape.size()), problem.unless(shape.data()), grid.data(),
                                            static_cast<int32_t>(order), detail::pointer(blocks), &made));
    return space(made);
}

/// Shape of the elements of any rank.
inline shape rank_shape(const space &space, int32_t rank)
{
    shape lengths(static_cast<std::size_t>(space.dimensions()));
    detail::check(dlops_space_get_rank_shape(space.get(), rank, lengths.data()));
    return lengths;
}

/// First global index of any rank along each axis.
inline shape rank_start(const space &space, int32_t rank)
{
    shape indices(static_cast<std::size_t>(space.dimensions()));
    detail::check(dlops_space_get_rank_start(space.get(), rank, indices.data()));
    return indices;
}

/// Elements of one part when blocks are dealt out in turn: ScaLAPACK's NUMROC.
inline int64_t cyclic_count(int64_t n, int64_t block, int32_t parts, int32_t part, int32_t first = 0)
{
    int64_t count = 0;
    detail::check(dlops_cyclic_count(n, block, parts, part, first, &count));
    return count;
}

} // namespace dlops

#endif
