// Operators made of blocks: of each rank's own local operators, and of distributed ones over product spaces.
#ifndef DLOPS_BLOCK_HPP
#define DLOPS_BLOCK_HPP

#include "linear_operator.hpp"

namespace dlops {

/// As dlops_block_options.
struct block_options {
    std::vector<int32_t> mask; ///< one colour a rank; empty: one group
};

namespace detail {

template <class Create>
linear_operator over_ranks(Create create, const context &context, const list_of<linear_operator> &operators,
                           const block_options &choices)
{
    argument_problem problem("dlops::block_options");
    if (!choices.mask.empty()) {
        problem.check_length("mask", choices.mask.size(), context.size());
    }
    dlops_block_options options = DLOPS_BLOCK_OPTIONS_INIT;
    options.mask = pointer(choices.mask);
    dlops_operator *made = nullptr;
    // Without the place for the result the call fails, also for a rank without operators.
    problem.check(create(context.get(), operators.size(), operators.data(), &options, problem.unless(&made)));
    return linear_operator(made);
}

template <class Create>
linear_operator stacked(Create create, const list_of<linear_operator> &operators)
{
    dlops_operator *made = nullptr;
    check(create(operators.size(), operators.data(), &made));
    return linear_operator(made);
}

} // namespace detail

/// y_i = A_i x_i over the operators of all ranks, each on the local context of `context`. Collective, as the next two.
inline linear_operator block_diag(const context &context, const list_of<linear_operator> &operators,
                                  const block_options &choices = {})
{
    return detail::over_ranks(dlops_block_diag_create, context, operators, choices);
}

/// y_i = A_i x
inline linear_operator vstack(const context &context, const list_of<linear_operator> &operators,
                              const block_options &choices = {})
{
    return detail::over_ranks(dlops_vstack_create, context, operators, choices);
}

/// y = sum_i A_i x_i
inline linear_operator hstack(const context &context, const list_of<linear_operator> &operators,
                              const block_options &choices = {})
{
    return detail::over_ranks(dlops_hstack_create, context, operators, choices);
}

/// A local operator, the same on all ranks, on replicated vectors. Collective.
inline linear_operator replicated(const context &context, const linear_operator &local)
{
    dlops_operator *made = nullptr;
    detail::check(dlops_operator_create_replicated(context.get(), local.get(), &made));
    return linear_operator(made);
}

/// diag(A_1, ..., A_n) on product spaces.
inline linear_operator stacked_block_diag(const list_of<linear_operator> &operators)
{
    return detail::stacked(dlops_stacked_block_diag_create, operators);
}

/// (A_1; ...; A_n)
inline linear_operator stacked_vstack(const list_of<linear_operator> &operators)
{
    return detail::stacked(dlops_stacked_vstack_create, operators);
}

/// (A_1 ... A_n)
inline linear_operator stacked_hstack(const list_of<linear_operator> &operators)
{
    return detail::stacked(dlops_stacked_hstack_create, operators);
}

/// y_i = sum_j A_ij x_j: operators in row-major order, nullptr for a block of zeros: block(2, 2, {&A, nullptr, &B, &C}).
inline linear_operator block(int64_t rows, int64_t columns, const std::vector<const linear_operator *> &operators)
{
    if (rows < 1 || columns < 1 || static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns) != operators.size()) {
        throw error(DLOPS_ERROR_ARGUMENT, "dlops::block: " + std::to_string(operators.size()) + " operators for " +
                                              std::to_string(rows) + " x " + std::to_string(columns) + " blocks");
    }
    std::vector<const dlops_operator *> handles;
    for (const linear_operator *one : operators) {
        handles.push_back(one != nullptr ? one->get() : nullptr);
    }
    dlops_operator *made = nullptr;
    detail::check(dlops_block_create(rows, columns, handles.data(), &made));
    return linear_operator(made);
}

} // namespace dlops

#endif
