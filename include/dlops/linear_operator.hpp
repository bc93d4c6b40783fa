// A linear map from a domain to a range space, and its algebra.
#ifndef DLOPS_LINEAR_OPERATOR_HPP
#define DLOPS_LINEAR_OPERATOR_HPP

#include "array.hpp"

namespace dlops {

enum class mode : int32_t {
    forward = DLOPS_FORWARD,
    adjoint = DLOPS_ADJOINT,
    transpose = DLOPS_TRANSPOSE,
    conjugate = DLOPS_CONJUGATE
};

struct dot_test_result {
    bool passed = false;
    double relative_error = 0.0;

    explicit operator bool() const noexcept { return passed; }
};

struct apply_counts {
    int64_t forward = 0;
    int64_t adjoint = 0;
};

class linear_operator
    : public detail::owner<linear_operator, dlops_operator, dlops_operator_destroy, dlops_operator_retain> {
public:
    using owner::owner;

    /// y := A x. Collective, as all applications.
    void apply(const array &x, array &y) { apply(mode::forward, x, y); }

    /// y := op(A) x
    void apply(mode of, const array &x, array &y)
    {
        detail::check_callbacks([&] { return dlops_operator_apply(get(), static_cast<int32_t>(of), x.get(), y.get()); });
    }

    /// y := alpha op(A) x + beta y
    void apply_scaled(mode of, scalar alpha, const array &x, scalar beta, array &y)
    {
        detail::check_callbacks([&] {
            return dlops_operator_apply_scaled(get(), static_cast<int32_t>(of), alpha, x.get(), beta, y.get());
        });
    }

    /// A x as a new array.
    array operator()(const array &x)
    {
        array y = range_array();
        apply(x, y);
        return y;
    }

    linear_operator adjoint() const { return detail::make<linear_operator>(dlops_operator_adjoint, get()); }
    /// A^-1, where it is a multiple of the adjoint.
    linear_operator inverse() const { return detail::make<linear_operator>(dlops_operator_inverse, get()); }
    linear_operator transpose() const { return detail::make<linear_operator>(dlops_operator_transpose, get()); }
    linear_operator conj() const { return detail::make<linear_operator>(dlops_operator_conjugate, get()); }

    /// A^n
    linear_operator power(int64_t exponent) const
    {
        dlops_operator *made = nullptr;
        detail::check(dlops_operator_power(get(), exponent, &made));
        return linear_operator(made);
    }

    /// A on wider elements: a real operator for complex arrays, or one of single precision for double.
    linear_operator promote(dtype wider) const
    {
        dlops_operator *made = nullptr;
        detail::check(dlops_operator_promote(get(), static_cast<int32_t>(wider), &made));
        return linear_operator(made);
    }

    /// The operator with its domain and range in other memory: what goes in and comes out is copied.
    linear_operator with_memory(dlops::memory domain, dlops::memory range) const
    {
        dlops_operator *made = nullptr;
        detail::check(dlops_operator_with_memory(get(), static_cast<int32_t>(domain), static_cast<int32_t>(range), &made));
        return linear_operator(made);
    }

    space domain() const { return detail::make<space>(dlops_operator_get_domain, get()); }
    space range() const { return detail::make<space>(dlops_operator_get_range, get()); }

    /// New arrays, elements unspecified.
    array domain_array() const { return detail::make<array>(dlops_operator_create_domain_array, get()); }
    array range_array() const { return detail::make<array>(dlops_operator_create_range_array, get()); }

    dlops::apply_counts apply_counts() const
    {
        dlops::apply_counts counts;
        detail::check(dlops_operator_get_apply_counts(get(), &counts.forward, &counts.adjoint));
        return counts;
    }

    void reset_apply_counts() { detail::check(dlops_operator_reset_apply_counts(get())); }

    /// |<A x, y> - <x, A^H y>| against its bound; tolerance 0: 10 eps sqrt(n). Collective.
    dot_test_result dot_test(uint64_t seed = 0, double tolerance = 0.0)
    {
        dot_test_result result;
        int32_t passed = 0;
        detail::check_callbacks(
            [&] { return dlops_operator_dot_test(get(), seed, tolerance, &result.relative_error, &passed); });
        result.passed = passed != 0;
        return result;
    }

    void view() const { detail::check(dlops_operator_view(get())); }
};

/// sum_k c_k A_k; no coefficients: ones.
inline linear_operator sum(const list_of<linear_operator> &terms, const std::vector<scalar> &coefficients = {})
{
    if (!coefficients.empty() && static_cast<int64_t>(coefficients.size()) != terms.size()) {
        throw error(DLOPS_ERROR_ARGUMENT, "dlops::sum: " + std::to_string(coefficients.size()) + " coefficients for " +
                                              std::to_string(terms.size()) + " terms");
    }
    const std::vector<dlops_scalar> scalars(coefficients.begin(), coefficients.end());
    dlops_operator *made = nullptr;
    detail::check(dlops_operator_sum(terms.size(), detail::pointer(scalars), terms.data(), &made));
    return linear_operator(made);
}

/// A_1 A_2 ... A_n, the last applied first.
inline linear_operator product(const list_of<linear_operator> &factors)
{
    dlops_operator *made = nullptr;
    detail::check(dlops_operator_product(factors.size(), factors.data(), &made));
    return linear_operator(made);
}

inline linear_operator operator+(const linear_operator &a, const linear_operator &b) { return sum({a, b}); }

inline linear_operator operator-(const linear_operator &a, const linear_operator &b) { return sum({a, b}, {1.0, -1.0}); }

inline linear_operator operator*(scalar coefficient, const linear_operator &a)
{
    dlops_operator *made = nullptr;
    detail::check(dlops_operator_scale(coefficient, a.get(), &made));
    return linear_operator(made);
}

inline linear_operator operator*(const linear_operator &a, scalar coefficient) { return coefficient * a; }

inline linear_operator operator-(const linear_operator &a) { return scalar(-1.0) * a; }

/// (A * B)(x) = A(B(x))
inline linear_operator operator*(const linear_operator &a, const linear_operator &b) { return product({a, b}); }

} // namespace dlops

#endif
