// Lambdas as operators and monitors, and what happens to their exceptions.
#include "check.hpp"

using dlops::array;
using dlops::dtype;
using dlops::space;

struct trouble {
    int number;
};

/// Forward and adjoint of y = w x with the weights on this rank.
static dlops::linear_operator weigh(const space &s, const std::vector<double> &weights)
{
    const auto multiply = [weights](dlops::span<const double> x, dlops::span<double> y) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            y[i] = weights[i] * x[i];
        }
    };
    return dlops::matvec<double>(s, s, multiply, multiply);
}

static void lambdas(dlops::context &context)
{
    space s(context, dtype::float64, {30});
    auto W = weigh(s, std::vector<double>(static_cast<std::size_t>(s.local_count()), 4.0));
    auto D = dlops::first_derivative(s, 0);
    array x(s);
    x.fill_random(dlops::distribution::uniform, 1);
    CHECK(W.dot_test() && close(W(x).norm(), 4.0 * x.norm()));

    // y = D x + 2 x by calls of the library from inside.
    auto forward = [inner = D.retain()](const array &in, array &out) mutable {
        inner.apply(in, out);
        out.axpy(2.0, in);
    };
    auto adjoint = [inner = D.retain()](const array &in, array &out) mutable {
        inner.apply(dlops::mode::adjoint, in, out);
        out.axpy(2.0, in);
    };
    dlops::callback_options named;
    named.name = "Shifted";
    auto A = dlops::callback(s, s, std::move(forward), std::move(adjoint), named);
    CHECK(A.dot_test());
    dlops::solver cgls(dlops::method::cgls, A);
    array u(s);
    cgls.set_tolerances(1e-13).solve(A(x), u);
    CHECK(cgls.converged() && u.axpy(-1.0, x).norm() < 1e-8);

    auto one_way = dlops::callback(s, s, [](const array &in, array &out) { out.copy_from(in); });
    CHECK(close(one_way(x).norm(), x.norm()));
    CHECK_THROWS(one_way.apply(dlops::mode::adjoint, x, u), DLOPS_ERROR_UNSUPPORTED, "");
    const auto nothing = [](dlops::span<const float>, dlops::span<double>) {};
    CHECK_THROWS((dlops::matvec<float, double>(s, s, nothing)), DLOPS_ERROR_DTYPE, "domain");
}

/// An exception of `rank` in the n-th application comes out of a solver there, as an error elsewhere.
static void exceptions(dlops::context &context)
{
    const int32_t last = context.size() - 1;
    const bool mine = context.rank() == last;
    space s(context, dtype::float64, {30});
    int calls = 0, limit = 5;
    const auto copy = [&](dlops::span<const double> x, dlops::span<double> y) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            y[i] = static_cast<double>(i + 1) * x[i];
        }
        if (mine && ++calls == limit) {
            throw trouble{42};
        }
    };
    auto A = dlops::matvec<double>(s, s, copy, copy);
    dlops::solver cgls(dlops::method::cgls, A);
    array b(s), x(s);
    b.fill_random(dlops::distribution::normal, 3);
    bool caught = false;
    try {
        cgls.solve(b, x);
    } catch (const trouble &thrown) {
        caught = mine && thrown.number == 42;
    } catch (const dlops::error &error) {
        caught = !mine && error.status() == DLOPS_ERROR_CALLBACK && std::strlen(error.what()) > 0;
    }
    CHECK(caught);
    // Nothing of it is left behind: other calls work, and the next solve does.
    CHECK_THROWS(array(space(context, dtype::float64, {-1})), DLOPS_ERROR_SHAPE, "-1");
    calls = limit;
    cgls.set_tolerances(1e-10).solve(b, x);
    CHECK(cgls.converged());

    // Out of an apply it comes on the rank that threw; all learn it from agree().
    calls = limit - 1;
    caught = !mine;
    try {
        (A + A).apply(b, x);
    } catch (const trouble &) {
        caught = mine;
    }
    CHECK(caught);
    CHECK_THROWS(context.agree(), DLOPS_ERROR_CALLBACK, "Matvec");
    context.agree();

    // Of an operator inside the function of another one, unchanged through both.
    auto outer = dlops::callback(s, s, [&A](const array &in, array &out) { A.apply(in, out); });
    calls = limit - 1;
    caught = !mine;
    try {
        outer.apply(b, x);
    } catch (const trouble &thrown) {
        caught = mine && thrown.number == 42;
    }
    CHECK(caught);
    dlops_status pending = DLOPS_OK;
    CHECK(dlops_context_agree(context.get(), &pending) == DLOPS_OK);
}

static void monitors(dlops::context &context)
{
    space s(context, dtype::float64, {50});
    auto D = dlops::first_derivative(s, 0);
    auto A = D.adjoint() * D + 1e-3 * dlops::identity(s);
    array b(s), x(s);
    b.fill_random(dlops::distribution::normal, 3);
    dlops::solver cg(dlops::method::cg, A);
    const auto kept = std::make_shared<int>(0);
    cg.set_monitor([kept](const dlops::solver &watched, dlops::event event) {
        ++*kept;
        return event == dlops::event::iteration && watched.iterations() >= 3 ? dlops::answer::stop : dlops::answer::go_on;
    });
    CHECK(kept.use_count() == 2);
    CHECK(cg.solve(b, x) == dlops::reason::monitor && cg.iterations() >= 3 && cg.iterations() <= 4 && *kept >= 4);

    std::vector<double> norms;
    cg.set_monitor([&](const dlops::solver &watched, dlops::event) { norms.push_back(watched.residual_norm()); });
    CHECK(kept.use_count() == 1); // the first monitor is gone
    cg.set_max_iterations(6).set_tolerances(0.0, 0.0).solve(b, x);
    CHECK(norms.size() >= 7 && norms[0] == cg.history()[0]);

    const bool mine = context.rank() == 0;
    cg.set_monitor([&](const dlops::solver &watched, dlops::event) {
        if (mine && watched.iterations() == 2) {
            throw std::out_of_range("enough");
        }
    });
    bool caught = false;
    try {
        cg.solve(b, x);
    } catch (const std::out_of_range &thrown) {
        caught = mine && std::strcmp(thrown.what(), "enough") == 0;
    } catch (const dlops::error &error) {
        caught = !mine && error.status() == DLOPS_ERROR_CALLBACK;
    }
    CHECK(caught);

    int lines = 0;
    context.set_log([&lines](dlops::level, const char *) { ++lines; });
    cg.set_monitor_table().solve(b, x);
    CHECK(lines > 0 || context.rank() != 0);
    cg.set_monitor(nullptr).solve(b, x);
    context.set_log(nullptr);
}

static void test(dlops::context &context)
{
    lambdas(context);
    exceptions(context);
    monitors(context);
}

int main(int argc, char **argv) { return run(argc, argv, test); }
