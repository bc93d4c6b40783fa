// Two translation units that include the header: units/second.cpp is the other one. Objects and exceptions pass between.
#include "check.hpp"

dlops::linear_operator second_unit(const dlops::space &space);

static void test(dlops::context &context)
{
    dlops::space space(context, dlops::dtype::float64, {10});
    dlops::array x(space);
    auto A = second_unit(space);
    x.fill(1.0);
    CHECK(close(A(x).norm(), 3.0 * x.norm()));
    bool caught = false;
    try {
        A.apply(x.fill(-1.0), x);
    } catch (const dlops::error &error) {
        caught = error.status() == DLOPS_ERROR_OVERLAP;
    }
    CHECK(caught);
    auto y = A.range_array();
    caught = context.rank() != 0;
    try {
        A.apply(x, y);
    } catch (const std::domain_error &) {
        caught = context.rank() == 0;
    }
    CHECK(caught);
    dlops_status pending = DLOPS_OK;
    CHECK(dlops_context_agree(context.get(), &pending) == DLOPS_OK);
}

int main(int argc, char **argv) { return run(argc, argv, test); }
