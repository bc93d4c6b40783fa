// The first derivative of a distributed array, and conjugate gradients on the normal equations (CGLS) that invert it.
//
//     mpirun -n 4 quickstart_cpp
//
// quickstart.c in C++: x is a bell over 201 points, each rank fills its own part. y = D x is compared with the exact
// derivative; then the x with D x = y is found again. A constant is in the null space of D: the derivative at the ends,
// `edge`, and a start from zero leave it out, so what is compared is D of the solution, and the solution up to a constant.
#include <dlops.hpp>
#include <dlops_mpi.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

static bool invert_derivative()
{
    auto context = dlops::context::from_mpi(MPI_COMM_WORLD);

    // 201 points from -5 to 5, cut over the ranks.
    const double step = 0.05;
    const dlops::space model(context, dlops::dtype::float64, {201});
    const int64_t start = model.local_start()[0];
    const auto coordinate = [&](std::size_t i) { return (static_cast<double>(start) + static_cast<double>(i) - 100.0) * step; };

    dlops::first_derivative_options choices;
    choices.sampling = step;
    choices.edge = true;
    auto D = dlops::first_derivative(model, 0, choices);

    dlops::array x(model);
    {
        auto data = x.write<double>();
        for (std::size_t i = 0; i < data.size(); ++i) {
            data[i] = std::exp(-coordinate(i) * coordinate(i));
        }
    }

    // y = D x; neighbouring ranks exchange one sample.
    dlops::array y = D(x);
    dlops::array exact(model);
    {
        auto data = exact.write<double>();
        for (std::size_t i = 0; i < data.size(); ++i) {
            data[i] = -2.0 * coordinate(i) * std::exp(-coordinate(i) * coordinate(i));
        }
    }
    const double derivative_error = exact.axpy(-1.0, y).norm(INFINITY);

    // min |D u - y|
    dlops::array u(model);
    dlops::solver cgls(dlops::method::cgls, D);
    cgls.set_tolerances(1e-12).set_max_iterations(1000).set_monitor_table();
    cgls.solve(y, u);

    const double data_error = D(u).axpy(-1.0, y).norm() / y.norm();
    u.axpy(-1.0, x);
    u.add_scalar(-u.sum() / 201.0);
    const double model_error = u.norm() / x.norm();
    if (context.rank() == 0) {
        std::printf("\n%d ranks, %lld iterations: derivative within %.1e of the exact one, data within %.1e, "
                    "solution within %.1e of the known one up to a constant\n",
                    context.size(), static_cast<long long>(cgls.iterations()), derivative_error, data_error, model_error);
    }
    return derivative_error < 5e-3 && cgls.converged() && data_error < 1e-8 && model_error < 1e-6;
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    bool right = false;
    try {
        right = invert_derivative();
    } catch (const std::exception &exception) {
        std::fprintf(stderr, "%s\n", exception.what());
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    MPI_Finalize();
    return right ? 0 : 1;
}
