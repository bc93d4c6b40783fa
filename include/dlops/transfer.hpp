// Whole arrays in one piece of memory, ghost cells, .npy files.
#ifndef DLOPS_TRANSFER_HPP
#define DLOPS_TRANSFER_HPP

#include "array.hpp"

namespace dlops {

/// In place of a root.
inline constexpr int32_t all_ranks = DLOPS_ALL_RANKS;
inline constexpr int32_t group_ranks = DLOPS_GROUP_RANKS;

namespace detail {

inline int64_t count(const shape &lengths)
{
    int64_t product = 1;
    for (const int64_t length : lengths) {
        product *= length;
    }
    return product;
}

} // namespace detail

/// x := all elements in global C order; an empty vector on a rank that holds no first copy. Collective.
template <class Element>
void from_global(array &x, const std::vector<Element> &global)
{
    detail::require_dtype("dlops::from_global", dtype_of<Element>, x.space().dtype());
    detail::argument_problem problem("dlops::from_global");
    if (!global.empty()) {
        problem.check_length("global", global.size(), x.space().global_count());
    }
    problem.check(dlops_array_from_global(x.get(), problem.unless(detail::pointer(global))));
}

/// All elements in global C order on rank `root`, or on all_ranks; with group_ranks those of this rank's mask colour.
/// Empty on the other ranks. Collective.
template <class Element>
std::vector<Element> to_global(const array &x, int32_t root = all_ranks)
{
    detail::require_dtype("dlops::to_global", dtype_of<Element>, x.space().dtype());
    std::vector<Element> global;
    const space of = x.space();
    if (root == group_ranks) {
        shape lengths(static_cast<std::size_t>(of.dimensions()));
        // Where there is no such shape, the collective call says so on all ranks.
        if (!lengths.empty() && dlops_array_get_group_shape(x.get(), lengths.data()) == DLOPS_OK) {
            global.resize(static_cast<std::size_t>(detail::count(lengths)));
        }
    } else if (root == all_ranks || root == of.context().rank()) {
        global.resize(static_cast<std::size_t>(of.global_count()));
    }
    detail::check(dlops_array_to_global(x.get(), root, global.empty() ? nullptr : global.data()));
    return global;
}

/// Shape of what group_ranks gives.
inline shape group_shape(const array &x)
{
    shape lengths(static_cast<std::size_t>(x.space().dimensions()));
    int64_t none = 0;
    detail::check(dlops_array_get_group_shape(x.get(), lengths.empty() ? &none : lengths.data()));
    return lengths;
}

/// This rank's elements and those around them along one axis.
template <class Element>
struct ghosted {
    std::vector<Element> elements; ///< C order
    dlops::shape shape;            ///< the local shape with front and back along the axis
    int64_t front = 0;             ///< ghost cells below, in indices of the axis
    int64_t back = 0;
};

/// Up to `before` and `after` indices of the neighbours along an axis. Collective.
template <class Element>
ghosted<Element> add_ghost_cells(const array &x, int32_t axis, int64_t before, int64_t after)
{
    detail::require_dtype("dlops::add_ghost_cells", dtype_of<Element>, x.space().dtype());
    ghosted<Element> result;
    detail::check(dlops_array_get_halo_size(x.get(), axis, before, after, &result.front, &result.back));
    result.shape = x.space().local_shape();
    const auto index = static_cast<std::size_t>(axis < 0 ? axis + static_cast<int32_t>(result.shape.size()) : axis);
    result.shape[index] += result.front + result.back;
    result.elements.resize(static_cast<std::size_t>(detail::count(result.shape)));
    detail::check(dlops_array_add_ghost_cells(x.get(), axis, before, after, result.elements.data(),
                                              static_cast<int64_t>(result.elements.size())));
    return result;
}

/// What a .npy file holds.
struct npy_contents {
    dlops::dtype dtype = dlops::dtype::float64;
    dlops::shape shape;
};

/// Collective, as the next two; paths are UTF-8 and the same on all ranks.
inline npy_contents inspect_npy(const context &reader, const std::string &path)
{
    int32_t dtype = 0, dimensions = 0;
    shape lengths(DLOPS_MAX_DIMENSIONS);
    detail::check(dlops_npy_inspect(reader.get(), path.c_str(), &dtype, &dimensions, lengths.data()));
    lengths.resize(static_cast<std::size_t>(dimensions));
    return {static_cast<dlops::dtype>(dtype), lengths};
}

inline void read_npy(array &x, const std::string &path) { detail::check(dlops_array_read_npy(x.get(), path.c_str())); }

inline void write_npy(const array &x, const std::string &path)
{
    detail::check(dlops_array_write_npy(x.get(), path.c_str()));
}

} // namespace dlops

#endif
