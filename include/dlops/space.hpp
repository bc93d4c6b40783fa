// What shape a vector has.
#ifndef DLOPS_SPACE_HPP
#define DLOPS_SPACE_HPP

#include "argument_problem.hpp"
#include "context.hpp"

#include <utility>
#include <vector>

namespace dlops {

using shape = std::vector<int64_t>;

enum class partition : int32_t {
    balanced = DLOPS_PARTITION_BALANCED,
    ceiling = DLOPS_PARTITION_CEILING,
    extents = DLOPS_PARTITION_EXTENTS,
    cyclic = DLOPS_PARTITION_CYCLIC,
    replicated = DLOPS_PARTITION_REPLICATED
};

/// As dlops_grid_dimension: one dimension of a process grid.
struct grid_dimension {
    int32_t ranks = 1;
    int32_t axis = 0;
    dlops::partition partition = dlops::partition::balanced;
    int64_t block = 0;            ///< of partition::cyclic
    std::vector<int64_t> extents; ///< of partition::extents
    int32_t first = 0;            ///< of partition::cyclic: the part that has the first block
};

/// As dlops_space_options: one of `grid`, the boxes, and `partition` with `axis`, `block` and `extents` tells the layout.
struct space_options {
    dlops::memory memory = dlops::memory::standard;
    dlops::partition partition = dlops::partition::balanced;
    int32_t axis = 0;
    std::vector<grid_dimension> grid;
    int64_t block = 0;
    std::vector<int64_t> extents;
    std::vector<int64_t> box_lower; ///< [ranks][dimensions]
    std::vector<int64_t> box_upper; ///< [ranks][dimensions], one past the last
    std::vector<int32_t> mask;      ///< one colour a rank
};

namespace detail {

template <class Element>
const Element *pointer(const std::vector<Element> &values) noexcept
{
    return values.empty() ? nullptr : values.data();
}

} // namespace detail

class space : public detail::owner<space, dlops_space, dlops_space_destroy, dlops_space_retain> {
public:
    using owner::owner;
    space() = default;

    /// A space of a global shape. Collective.
    space(const dlops::context &context, dlops::dtype dtype, const dlops::shape &shape, const space_options &choices = {})
    {
        detail::argument_problem problem("dlops::space");
        const auto check_length = [&](const char *name, std::size_t length, int64_t expected) {
            if (length != 0) {
                problem.check_length(name, length, expected);
            }
        };
        const int64_t ranks = context.size();
        const auto corners = ranks * static_cast<int64_t>(shape.size());
        check_length("extents", choices.extents.size(), ranks);
        check_length("box_lower", choices.box_lower.size(), corners);
        check_length("box_upper", choices.box_upper.size(), corners);
        check_length("mask", choices.mask.size(), ranks);

        std::vector<dlops_grid_dimension> grid;
        for (const grid_dimension &dimension : choices.grid) {
            check_length("extents of a grid dimension", dimension.extents.size(), dimension.ranks);
            grid.push_back({dimension.ranks, static_cast<int32_t>(dimension.partition), dimension.axis, dimension.first,
                            dimension.block, detail::pointer(dimension.extents)});
        }
        dlops_space_options options = DLOPS_SPACE_OPTIONS_INIT;
        options.memory = static_cast<int32_t>(choices.memory);
        options.partition = static_cast<int32_t>(choices.partition);
        options.axis = choices.axis;
        options.grid_dimensions = static_cast<int32_t>(grid.size());
        options.grid = detail::pointer(grid);
        options.block = choices.block;
        options.extents = detail::pointer(choices.extents);
        options.box_lower = detail::pointer(choices.box_lower);
        options.box_upper = detail::pointer(choices.box_upper);
        options.mask = detail::pointer(choices.mask);
        dlops_space *made = nullptr;
        problem.check(dlops_space_create(context.get(), static_cast<int32_t>(dtype), static_cast<int32_t>(shape.size()),
                                         problem.unless(shape.data()), &options, &made));
        reset(made);
    }

    /// A space of which only local counts are known. Collective.
    static space unshaped(const dlops::context &context, dlops::dtype dtype, int64_t local_count)
    {
        dlops_space *made = nullptr;
        detail::check(dlops_space_create_unshaped(context.get(), static_cast<int32_t>(dtype), local_count, &made));
        return space(made);
    }

    /// From the shape that each rank has, [ranks][dimensions]; `cut_axis` is where they differ. Collective.
    static space from_local_shapes(const dlops::context &context, dlops::dtype dtype, const dlops::shape &shape,
                                   int32_t cut_axis, const std::vector<int64_t> &local_shapes,
                                   const std::vector<int32_t> &mask = {})
    {
        const int64_t ranks = context.size();
        detail::argument_problem problem("dlops::space::from_local_shapes");
        problem.check_length("local_shapes", local_shapes.size(), ranks * static_cast<int64_t>(shape.size()));
        if (!mask.empty()) {
            problem.check_length("mask", mask.size(), ranks);
        }
        dlops_space *made = nullptr;
        problem.check(dlops_space_create_from_local_shapes(
            context.get(), static_cast<int32_t>(dtype), static_cast<int32_t>(shape.size()), shape.data(), cut_axis,
            problem.unless(local_shapes.data()), detail::pointer(mask), &made));
        return space(made);
    }

    /// The product of spaces: space::product({a, b}).
    static space product(const list_of<space> &components)
    {
        dlops_space *made = nullptr;
        detail::check(dlops_space_create_product(components.size(), components.data(), &made));
        return space(made);
    }

    /// The same space with its elements in other memory.
    space with_memory(dlops::memory memory) const
    {
        dlops_space *made = nullptr;
        detail::check(dlops_space_with_memory(get(), static_cast<int32_t>(memory), &made));
        return space(made);
    }

    dlops::context context() const { return detail::make<dlops::context>(dlops_space_get_context, get()); }
    dlops::dtype dtype() const { return static_cast<dlops::dtype>(detail::number(dlops_space_get_dtype, get())); }
    dlops::memory memory() const { return static_cast<dlops::memory>(detail::number(dlops_space_get_memory, get())); }
    int32_t dimensions() const { return detail::number(dlops_space_get_dimensions, get()); }

    dlops::shape shape() const { return axes(dlops_space_get_shape); }
    dlops::shape local_shape() const { return axes(dlops_space_get_local_shape); }

    /// First global index of this rank along each axis.
    dlops::shape local_start() const { return axes(dlops_space_get_local_start); }

    int64_t local_count() const { return detail::number(dlops_space_get_local_count, get()); }

    /// Elements of every rank.
    std::vector<int64_t> local_counts() const
    {
        std::vector<int64_t> counts(static_cast<std::size_t>(context().size()));
        detail::check(dlops_space_get_local_counts(get(), counts.data()));
        return counts;
    }

    int64_t global_count() const { return detail::number(dlops_space_get_global_count, get()); }
    int64_t component_count() const { return detail::number(dlops_space_get_component_count, get()); }

    space component(int64_t index) const
    {
        dlops_space *made = nullptr;
        detail::check(dlops_space_get_component(get(), index, &made));
        return space(made);
    }

    bool is_congruent(const space &other) const
    {
        int32_t congruent = 0;
        detail::check(dlops_space_is_congruent(get(), other.get(), &congruent));
        return congruent != 0;
    }

    void view() const { detail::check(dlops_space_view(get())); }

private:
    std::vector<int64_t> axes(dlops_status (*getter)(const dlops_space *, int64_t *)) const
    {
        std::vector<int64_t> numbers(static_cast<std::size_t>(dimensions()));
        int64_t none = 0; // a product space has no axes: the library says which question it cannot answer
        detail::check(getter(get(), numbers.empty() ? &none : numbers.data()));
        return numbers;
    }
};

namespace detail {

/// Elements along an axis; -1 where there is no such axis.
inline int64_t axis_length(const space &of, int32_t axis)
{
    const shape lengths = of.shape();
    const auto dimensions = static_cast<int32_t>(lengths.size());
    const int32_t index = axis < 0 ? axis + dimensions : axis;
    return index < 0 || index >= dimensions ? -1 : lengths[static_cast<std::size_t>(index)];
}

} // namespace detail

/// The type that holds both without losing precision, as NumPy's.
inline dtype promote(dtype a, dtype b)
{
    int32_t promoted = 0;
    detail::check(dlops_dtype_promote(static_cast<int32_t>(a), static_cast<int32_t>(b), &promoted));
    return static_cast<dtype>(promoted);
}

/// First index and number of elements of one part by the balanced rule.
inline std::pair<int64_t, int64_t> local_split(int64_t n, int32_t parts, int32_t part)
{
    std::pair<int64_t, int64_t> split;
    detail::check(dlops_local_split(n, parts, part, &split.first, &split.second));
    return split;
}

} // namespace dlops

#endif
