// CHECK(condition) and CHECK_THROWS(expression, status, text); main() of a test program is run(argc, argv, test).
#ifndef CHECK_HPP
#define CHECK_HPP

#include <dlops.hpp>
#include <dlops_mpi.h> // after dlops.hpp: any order will do

#include <cmath>
#include <cstdio>
#include <cstring>

#define CHECK(condition)                                                                                             \
    do {                                                                                                             \
        if (!(condition)) {                                                                                          \
            std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                     \
            MPI_Abort(MPI_COMM_WORLD, 1);                                                                            \
        }                                                                                                            \
    } while (0)

#define CHECK_THROWS(expression, expected, part)                                                                     \
    do {                                                                                                             \
        dlops_status status = DLOPS_OK;                                                                              \
        std::string text;                                                                                            \
        try {                                                                                                        \
            static_cast<void>(expression);                                                                           \
        } catch (const dlops::error &error) {                                                                        \
            status = error.status();                                                                                 \
            text = error.what();                                                                                     \
        }                                                                                                            \
        if (status != (expected) || text.find(part) == std::string::npos) {                                          \
            std::fprintf(stderr, "%s:%d: %s: status %d, %s\n", __FILE__, __LINE__, #expression, status, text.c_str()); \
            MPI_Abort(MPI_COMM_WORLD, 1);                                                                            \
        }                                                                                                            \
    } while (0)

inline bool close(std::complex<double> a, std::complex<double> b, double tolerance = 1e-12)
{
    return std::abs(a - b) <= tolerance * (1.0 + std::abs(b));
}

/// Nothing may be left alive after the test.
inline int run(int argc, char **argv, void (*test)(dlops::context &))
{
    MPI_Init(&argc, &argv);
    try {
        dlops::context context = dlops::context::from_mpi(MPI_COMM_WORLD);
        test(context);
    } catch (const std::exception &exception) {
        std::fprintf(stderr, "not caught: %s\n", exception.what());
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    CHECK(dlops::live_handles() == 0);
    MPI_Finalize();
    return 0;
}

#endif
