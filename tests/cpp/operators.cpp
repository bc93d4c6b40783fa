// Operators: application, algebra, every constructor, solvers.
#include "check.hpp"

using dlops::array;
using dlops::dtype;
using dlops::linear_operator;
using dlops::space;

static array random(const space &of, uint64_t seed)
{
    array x(of);
    x.fill_random(dlops::distribution::normal, seed);
    return x;
}

static double distance(const array &x, const array &y) { return x.clone().axpy(-1.0, y).norm(); }

static void algebra(dlops::context &context)
{
    using number = std::complex<double>;
    space s(context, dtype::complex128, {24});
    dlops::first_derivative_options choices;
    choices.kind = dlops::difference::forward;
    choices.sampling = 0.5;
    auto D = dlops::first_derivative(s, 0, choices);
    auto I = dlops::identity(s);
    const array x = random(s, 1);

    const array y = D(x);
    array expected = D.adjoint()(y);
    expected.scale(2.0).axpy(number(0.0, -3.0), x);
    auto A = 2.0 * D.adjoint() * D - number(0.0, 3.0) * I;
    CHECK(distance(A(x), expected) < 1e-12 * expected.norm());
    CHECK(distance((-A)(x), expected.clone().scale(-1.0)) < 1e-12 * expected.norm());
    CHECK(distance((I * 2 + I)(x), x.clone().scale(3.0)) < 1e-12);
    auto real = dlops::first_derivative(space(context, dtype::float64, {24}), 0, choices);
    CHECK(distance(real.promote(dtype::complex128)(x), y) == 0.0);
    CHECK_THROWS(real.promote(dtype::complex64), DLOPS_ERROR_DTYPE, "float64");
    CHECK(distance(D.power(2)(x), D(y)) == 0.0);
    CHECK(distance(dlops::sum({I, D, I}, {1.0, 2.0, -1.0})(x), y.clone().scale(2.0)) < 1e-10);
    CHECK(distance(dlops::product({D, D, D})(x), D(D(y))) == 0.0);
    CHECK(close(D(x).dot(y), x.dot(D.adjoint()(y))));
    CHECK(A.dot_test().passed && A.conj().dot_test(3) && A.transpose().dot_test(4).relative_error < 1e-12);

    array z = y.clone();
    D.apply_scaled(dlops::mode::transpose, 1.0, y, number(0.0, 1.0), z);
    array t(s);
    D.apply(dlops::mode::transpose, y, t);
    CHECK(distance(z, t.axpy(number(0.0, 1.0), y)) < 1e-12);
    CHECK(D.domain().is_congruent(s) && D.range().is_congruent(s) && D.domain_array().space().is_congruent(s));
    I.reset_apply_counts();
    I(x);
    CHECK(I.apply_counts().forward == 1 && I.apply_counts().adjoint == 0);

    space other(context, dtype::complex128, {25});
    CHECK_THROWS(D + dlops::identity(other), DLOPS_ERROR_SPACE, "dlops_operator_sum");
    CHECK_THROWS(D(array(other)), DLOPS_ERROR_SPACE, "dlops_operator_apply");
    CHECK_THROWS(dlops::sum({D, I}, {1.0}), DLOPS_ERROR_ARGUMENT, "1 coefficients for 2 terms");
    CHECK_THROWS(linear_operator().adjoint(), DLOPS_ERROR_NULL_POINTER, "dlops_operator_adjoint");
    CHECK_THROWS(dlops::first_derivative(s, 1), DLOPS_ERROR_AXIS, "axis is 1");
}

static void constructors(dlops::context &context)
{
    space s(context, dtype::float64, {12, 8});
    const array x = random(s, 2);
    dlops::laplacian_options weighted;
    weighted.axes = {0, -1};
    weighted.weights = {1.0, 2.0};
    weighted.sampling = {0.5, 0.25};
    weighted.edge = true;
    dlops::second_derivative_options rows, columns;
    rows.sampling = 0.5;
    columns.sampling = 0.25;
    rows.edge = columns.edge = true;
    auto L = dlops::laplacian(s, weighted);
    auto same = dlops::second_derivative(s, 0, rows) + 2.0 * dlops::second_derivative(s, 1, columns);
    CHECK(distance(L(x), same(x)) < 1e-10 && L.dot_test());
    dlops::gradient_options both;
    both.sampling = {2.0};
    auto G = dlops::gradient(s, both);
    CHECK(G.range().component_count() == 2 && G.dot_test());
    dlops::first_derivative_options one;
    one.sampling = 2.0;
    CHECK(distance(G(x).component(1), dlops::first_derivative(s, 1, one)(x)) < 1e-12);

    CHECK(dlops::zero(s, s)(x).norm() == 0.0);
    CHECK(distance(dlops::diagonal(s, x)(x), array(s).multiply(x, x)) == 0.0);
    std::vector<double> along(8, 3.0);
    CHECK(distance(dlops::diagonal_along(s, 1, along)(x), x.clone().scale(3.0)) == 0.0);
    along.resize(7);
    CHECK_THROWS(dlops::diagonal_along(s, 1, along), DLOPS_ERROR_NULL_POINTER, "values has length 7, expected 8");
    CHECK_THROWS(dlops::diagonal_along(s, 1, std::vector<float>(8)), DLOPS_ERROR_DTYPE, "float32");
    auto T = dlops::transpose(s, {1, 0});
    CHECK((T.range().shape() == dlops::shape{8, 12}) && T.dot_test());
    CHECK(dlops::transpose(s, {1, 0}, space(context, dtype::float64, {8, 12})).dot_test());
    const double matrix[] = {0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* second row */ 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    auto M = dlops::matrix_mult(s, 2, 12, matrix);
    CHECK((M.range().shape() == dlops::shape{2, 8}) && M.dot_test());
    const space spread(context, dtype::float64, {10, 12});
    const std::vector<double> tile(static_cast<size_t>(spread.local_shape()[0]) * 12, 0.25);
    dlops::distributed_matrix_mult_options saved;
    saved.save_adjoint = true;
    auto D = dlops::distributed_matrix_mult(s, spread, tile.data(), saved);
    CHECK((D.range().shape() == dlops::shape{10, 8}) && D.dot_test());
    CHECK(dlops::convolve1d(s, 0, std::vector<double>{1.0, -2.0, 0.5}, 1).dot_test());
    CHECK(dlops::convolve1d_lines(s, 0, std::vector<double>(3 * 8, 0.5), 3, 1).dot_test());
    CHECK_THROWS(dlops::convolve1d_lines(s, 0, std::vector<double>(23, 0.5), 3, 1), DLOPS_ERROR_NULL_POINTER, "lines");
    const std::vector<double> ricker = dlops::wavelet_ricker(4, 0.004, 30.0);
    CHECK(ricker.size() == 7 && ricker[3] == 1.0);
    CHECK(dlops::poststack(s, -1, ricker).dot_test());
    dlops::poststack_options varying;
    varying.per_sample = true;
    CHECK(dlops::poststack(s, -1, std::vector<double>(8 * 7, 0.25), varying).dot_test());
    CHECK_THROWS(dlops::poststack(s, -1, ricker, varying), DLOPS_ERROR_NULL_POINTER, "no multiple");
    CHECK(dlops::taper(dlops::taper_kind::hanning, 10, 3).size() == 10);
    CHECK(dlops::mae(x, x) == 0.0 && dlops::mse(x, x) == 0.0 && std::isinf(dlops::snr(x, x)));
    CHECK(std::isfinite(dlops::psnr(x, x.clone().scale(1.5))));
    space cut(context, dtype::float64, {12, 8}, [] { dlops::space_options o; o.axis = 1; return o; }());
    CHECK(close(dlops::identity(s, cut)(x).norm(), x.norm()));
}

static void blocks(dlops::context &context)
{
    dlops::context local = context.local();
    space part(local, dtype::float64, {4});
    std::vector<linear_operator> mine;
    mine.push_back(2.0 * dlops::identity(part));
    mine.push_back(dlops::first_derivative(part, 0));
    auto B = dlops::block_diag(context, mine);
    CHECK(B.domain().global_count() == 8 * context.size() && B.dot_test());
    CHECK(dlops::vstack(context, {mine[0], mine[1]}).dot_test() && dlops::hstack(context, mine).dot_test());
    CHECK(dlops::replicated(context, mine[1]).dot_test());
    dlops::block_options alone;
    for (int32_t rank = 0; rank < context.size(); ++rank) {
        alone.mask.push_back(rank);
    }
    CHECK(dlops::vstack(context, mine, alone).domain().local_count() == 4);
    alone.mask.push_back(0);
    CHECK_THROWS(dlops::vstack(context, mine, alone), DLOPS_ERROR_NULL_POINTER, "mask has length");

    space s(context, dtype::float64, {16});
    auto D = dlops::first_derivative(s, 0), I = dlops::identity(s);
    const array x = random(s, 3);
    auto V = dlops::stacked_vstack({D, 0.5 * I});
    CHECK(distance(V(x).component(0), D(x)) == 0.0 && V.dot_test());
    CHECK(dlops::stacked_hstack({D, I}).dot_test() && dlops::stacked_block_diag({D, I}).dot_test());
    auto U = dlops::block(2, 2, {&D, nullptr, &I, &D});
    const array pair = array::compose({x.retain(), x.clone()});
    CHECK(distance(U(pair).component(1), (I + D)(x)) < 1e-12 && U.dot_test());
    CHECK_THROWS(dlops::block(2, 2, {&D}), DLOPS_ERROR_ARGUMENT, "1 operators for 2 x 2");
}

static void solvers(dlops::context &context)
{
    space s(context, dtype::float64, {40});
    auto D = dlops::first_derivative(s, 0);
    auto A = D.adjoint() * D + dlops::identity(s);
    const array x = random(s, 4);
    const array b = A(x);
    array u(s);
    dlops::solver cg(dlops::method::cg, A);
    cg.set_tolerances(1e-12).set_max_iterations(200).set_option("atol", "0").set_show(1, 1, 1);
    CHECK(cg.solve(b, u) == dlops::reason::relative_tolerance && cg.converged() && distance(u, x) < 1e-9);
    const std::vector<double> costs = cg.history();
    CHECK(static_cast<int64_t>(costs.size()) == cg.iterations() + 1 && costs.front() == b.norm());
    CHECK(cg.residual_norm() == costs.back() && cg.convergence_norm() == costs.back() && cg.damped_norm() == costs.back());
    CHECK(cg.seconds() > 0.0 && cg.memory_usage() >= 0);
    CHECK(std::strlen(dlops::text(cg.reason())) > 0);

    // In steps, from a given guess, with a preconditioner.
    auto M = 0.5 * dlops::identity(s);
    cg.set_preconditioner(M).set_initial_guess(dlops::guess::given).set_time_limit(60.0);
    u.fill(0.5);
    cg.setup(b, u);
    while (cg.step() == dlops::reason::running) {
    }
    cg.finalize();
    CHECK(distance(u, x) < 1e-9);
    cg.set_preconditioner(nullptr).set_initial_guess(dlops::guess::zero);
    CHECK(distance(cg.as_operator()(b), x) < 1e-9);

    dlops::solver cgls(dlops::method::cgls, D);
    cgls.set_damping(1.0).set_tolerances(1e-12).set_tolerance_rule(dlops::tolerance_rule::standard);
    cgls.solve(D(x), u); // (D^H D + I) u = D^H D x
    CHECK(distance(A(u), D.adjoint()(D(x))) < 1e-8);
    cgls.set_max_iterations(2);
    CHECK(cgls.solve(D(x), u) == dlops::reason::iteration_limit && !cgls.converged());
    CHECK_THROWS(cg.set_option("rtoll", "1"), DLOPS_ERROR_OPTION, "rtol");
    CHECK_THROWS(cg.set_damping(1.0), DLOPS_ERROR_UNSUPPORTED, "damp");
    dlops::solver moved = std::move(cg);
    CHECK(!cg && moved.converged());
    CHECK_THROWS(cg.iterations(), DLOPS_ERROR_NULL_POINTER, "");
}

static void test(dlops::context &context)
{
    algebra(context);
    constructors(context);
    blocks(context);
    solvers(context);
}

int main(int argc, char **argv) { return run(argc, argv, test); }
