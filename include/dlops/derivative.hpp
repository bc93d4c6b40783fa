// Derivatives along the axes of any layout.
#ifndef DLOPS_DERIVATIVE_HPP
#define DLOPS_DERIVATIVE_HPP

#include "linear_operator.hpp"

namespace dlops {

/// On which side of a point its difference quotient lies.
enum class difference : int32_t {
    centered = DLOPS_KIND_CENTERED,
    forward = DLOPS_KIND_FORWARD,
    backward = DLOPS_KIND_BACKWARD
};

struct first_derivative_options {
    double sampling = 1.0;
    difference kind = difference::centered;
    int32_t order = 3; ///< points of the centered quotient, 3 or 5
    bool edge = false; ///< one-sided differences at the ends of the centered kind, else zero
};

struct second_derivative_options {
    double sampling = 1.0;
    difference kind = difference::centered;
    bool edge = false;
};

struct laplacian_options {
    std::vector<int32_t> axes;    ///< empty: the last two, or the only one
    std::vector<double> weights;  ///< one an axis; empty: ones
    std::vector<double> sampling; ///< one an axis; empty: ones
    difference kind = difference::centered;
    bool edge = false;
};

struct gradient_options {
    std::vector<double> sampling; ///< one an axis, or one for all; empty: 1
    difference kind = difference::centered;
    int32_t order = 3;
    bool edge = false;
};

inline linear_operator first_derivative(const space &space, int32_t axis, const first_derivative_options &choices = {})
{
    dlops_first_derivative_options options = DLOPS_FIRST_DERIVATIVE_OPTIONS_INIT;
    options.sampling = choices.sampling;
    options.kind = static_cast<int32_t>(choices.kind);
    options.order = choices.order;
    options.edge = choices.edge;
    dlops_operator *made = nullptr;
    detail::check(dlops_first_derivative_create(space.get(), axis, &options, &made));
    return linear_operator(made);
}

inline linear_operator second_derivative(const space &space, int32_t axis, const second_derivative_options &choices = {})
{
    dlops_second_derivative_options options = DLOPS_SECOND_DERIVATIVE_OPTIONS_INIT;
    options.sampling = choices.sampling;
    options.kind = static_cast<int32_t>(choices.kind);
    options.edge = choices.edge;
    dlops_operator *made = nullptr;
    detail::check(dlops_second_derivative_create(space.get(), axis, &options, &made));
    return linear_operator(made);
}

inline linear_operator laplacian(const space &space, const laplacian_options &choices = {})
{
    dlops_laplacian_options options = DLOPS_LAPLACIAN_OPTIONS_INIT;
    options.axes = detail::pointer(choices.axes);
    options.axis_count = static_cast<int64_t>(choices.axes.size());
    options.weights = detail::pointer(choices.weights);
    options.weight_count = static_cast<int64_t>(choices.weights.size());
    options.sampling = detail::pointer(choices.sampling);
    options.sampling_count = static_cast<int64_t>(choices.sampling.size());
    options.kind = static_cast<int32_t>(choices.kind);
    options.edge = choices.edge;
    dlops_operator *made = nullptr;
    detail::check(dlops_laplacian_create(space.get(), &options, &made));
    return linear_operator(made);
}

/// The range is a product space, one component an axis.
inline linear_operator gradient(const space &space, const gradient_options &choices = {})
{
    dlops_gradient_options options = DLOPS_GRADIENT_OPTIONS_INIT;
    options.sampling = detail::pointer(choices.sampling);
    options.sampling_count = static_cast<int64_t>(choices.sampling.size());
    options.kind = static_cast<int32_t>(choices.kind);
    options.order = choices.order;
    options.edge = choices.edge;
    dlops_operator *made = nullptr;
    detail::check(dlops_gradient_create(space.get(), &options, &made));
    return linear_operator(made);
}

} // namespace dlops

#endif
