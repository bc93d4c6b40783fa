// A C++ program outside dlops, by the C++ header.
#ifdef CONSUMER_MPI
#include <dlops_mpi.h>
#endif
#include <dlops.hpp>
#include <cstdio>
#include <cstring>

static bool works()
{
    if (std::strcmp(dlops_version(), DLOPS_VERSION) != 0) return false;
    auto self = dlops::context::self();
    dlops::space line(self, dlops::dtype::float64, {16});
    dlops::array x(line);
    auto A = 2.0 * dlops::identity(line);
    if (A(x.fill(1.0)).norm() != 8.0) return false;
    try {
        dlops::first_derivative(line, 1);
        return false;
    } catch (const dlops::error &error) {
        if (error.status() != DLOPS_ERROR_AXIS) return false;
    }
#ifdef CONSUMER_MPI
    int size = 0;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (dlops::context::from_mpi(MPI_COMM_WORLD).size() != size) return false;
#endif
    return true;
}

int main(int argc, char **argv)
{
#ifdef CONSUMER_MPI
    MPI_Init(&argc, &argv);
    const bool right = works();
    MPI_Finalize();
#else
    (void)argc;
    (void)argv;
    const bool right = works();
#endif
    if (right) std::printf("dlops %s from C++\n", dlops_version());
    return right ? 0 : 1;
}
