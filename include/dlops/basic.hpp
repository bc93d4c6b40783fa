// Identity, zero, diagonal, transpose of axes, dense matrices.
#ifndef DLOPS_BASIC_HPP
#define DLOPS_BASIC_HPP

#include "linear_operator.hpp"

namespace dlops {

inline linear_operator identity(const space &domain)
{
    dlops_operator *made = nullptr;
    detail::check(dlops_identity_create(domain.get(), nullptr, &made));
    return linear_operator(made);
}

/// y[i] = x[i] inside both shapes, 0 elsewhere; of the same shape in another layout, a redistribution. Collective.
inline linear_operator identity(const space &domain, const space &range)
{
    dlops_operator *made = nullptr;
    detail::check(dlops_identity_create(domain.get(), range.get(), &made));
    return linear_operator(made);
}

inline linear_operator zero(const space &domain, const space &range)
{
    dlops_operator *made = nullptr;
    detail::check(dlops_zero_create(domain.get(), range.get(), &made));
    return linear_operator(made);
}

/// y = d x; d is kept, later changes of its elements count.
inline linear_operator diagonal(const space &space, const array &values)
{
    dlops_operator *made = nullptr;
    detail::check(dlops_diagonal_create(space.get(), values.get(), &made));
    return linear_operator(made);
}

/// y[.., i, ..] = d[i] x[.., i, ..] along one axis; one value of the space's type for each index of the axis. Collective.
template <class Element>
linear_operator diagonal_along(const space &space, int32_t axis, const std::vector<Element> &values)
{
    detail::require_dtype("dlops::diagonal_along", dtype_of<Element>, space.dtype());
    detail::argument_problem problem("dlops::diagonal_along");
    problem.check_length("values", values.size(), detail::axis_length(space, axis));
    dlops_operator *made = nullptr;
    problem.check(dlops_diagonal_create_along(space.get(), axis, problem.unless(values.data()), &made));
    return linear_operator(made);
}

/// Axis k of y is axis permutation[k] of x. Collective.
inline linear_operator transpose(const space &domain, const std::vector<int32_t> &permutation)
{
    detail::argument_problem problem("dlops::transpose");
    problem.check_length("permutation", permutation.size(), domain.dimensions());
    dlops_operator *made = nullptr;
    problem.check(dlops_transpose_create(domain.get(), problem.unless(permutation.data()), nullptr, &made));
    return linear_operator(made);
}

/// The same into a range of the permuted shape in any layout.
inline linear_operator transpose(const space &domain, const std::vector<int32_t> &permutation, const space &range)
{
    detail::argument_problem problem("dlops::transpose");
    problem.check_length("permutation", permutation.size(), domain.dimensions());
    dlops_transpose_options options = DLOPS_TRANSPOSE_OPTIONS_INIT;
    options.range = range.get();
    dlops_operator *made = nullptr;
    problem.check(dlops_transpose_create(domain.get(), problem.unless(permutation.data()), &options, &made));
    return linear_operator(made);
}

enum class matrix_layout : int32_t { row_major = DLOPS_ROW_MAJOR, column_major = DLOPS_COLUMN_MAJOR };

/// As dlops_matrix_mult_options.
struct matrix_mult_options {
    int64_t leading_dimension = 0; ///< 0: packed
    matrix_layout layout = matrix_layout::row_major;
    int32_t axis = 0;
    bool borrow = false; ///< read the host's memory as long as the operator lives, instead of a copy
};

/// y = A x along one axis: rows x columns elements of the space's type, the same on all ranks. Collective.
template <class Element>
linear_operator matrix_mult(const space &space, int64_t rows, int64_t columns, const Element *matrix,
                            const matrix_mult_options &choices = {})
{
    detail::require_dtype("dlops::matrix_mult", dtype_of<Element>, space.dtype());
    dlops_matrix_mult_options options = DLOPS_MATRIX_MULT_OPTIONS_INIT;
    options.leading_dimension = choices.leading_dimension;
    options.layout = static_cast<int32_t>(choices.layout);
    options.axis = choices.axis;
    options.borrow = choices.borrow;
    dlops_operator *made = nullptr;
    detail::check(dlops_matrix_mult_create(space.get(), rows, columns, matrix, &options, &made));
    return linear_operator(made);
}

enum class product_algorithm : int32_t {
    automatic = DLOPS_PRODUCT_AUTOMATIC,
    block = DLOPS_PRODUCT_BLOCK,
    summa = DLOPS_PRODUCT_SUMMA
};

/// As dlops_distributed_matrix_mult_options.
struct distributed_matrix_mult_options {
    int64_t leading_dimension = 0; ///< of this rank's part; 0: packed
    int64_t panel = 0;             ///< 0: chosen
    const space *range = nullptr;  ///< of Y's shape, in the layout of the result
    matrix_layout layout = matrix_layout::row_major;
    bool transposed = false; ///< the matrix space and the elements are those of A^T
    int32_t axis = 0;
    product_algorithm algorithm = product_algorithm::automatic;
    bool save_adjoint = false;
    bool borrow = false; ///< read the host's memory as long as the operator lives, instead of a copy
};

/// Y = A X, A spread over the ranks as the matrix space says: this rank's elements of its type. Collective.
template <class Element>
linear_operator distributed_matrix_mult(const space &domain, const space &matrix_space, const Element *matrix,
                                        const distributed_matrix_mult_options &choices = {})
{
    detail::require_dtype("dlops::distributed_matrix_mult", dtype_of<Element>, matrix_space.dtype());
    dlops_distributed_matrix_mult_options options = DLOPS_DISTRIBUTED_MATRIX_MULT_OPTIONS_INIT;
    options.leading_dimension = choices.leading_dimension;
    options.panel = choices.panel;
    options.range = choices.range ? choices.range->get() : nullptr;
    options.layout = static_cast<int32_t>(choices.layout);
    options.transposed = choices.transposed;
    options.axis = choices.axis;
    options.algorithm = static_cast<int32_t>(choices.algorithm);
    options.save_adjoint = choices.save_adjoint;
    options.borrow = choices.borrow;
    dlops_operator *made = nullptr;
    detail::check(dlops_distributed_matrix_mult_create(domain.get(), matrix_space.get(), matrix, &options, &made));
    return linear_operator(made);
}

} // namespace dlops

#endif
