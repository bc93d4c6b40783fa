// Kernels of the host, on host arrays and with DLOPS_TEST_MEMORY=cuda in device memory.
#include "check.hpp"

#include <cmath>
#include <cstdlib>

using dlops::array;
using dlops::dtype;
using dlops::kernel;
using dlops::space;

static std::vector<double> values(const array &x)
{
    array copy(x.space().with_memory(dlops::memory::host));
    copy.copy_from(x);
    const auto elements = copy.read<double>();
    return {elements.data(), elements.data() + elements.size()};
}

static void on_elements(const dlops::context &context)
{
    space s(context, dtype::float64, {37});
    array x(s), y(s), z(s), w(s);
    x.fill_random(dlops::distribution::normal, 1);
    y.fill_random(dlops::distribution::normal, 2);
    const kernel difference = kernel::elementwise(context, "T x, T y, scalar T a", "T z, T w", "z = x - a * y; w = i",
                                                  "element_diff");
    difference.apply({x, y}, {2.0}, {z, w});
    const auto a = values(x), b = values(y), c = values(z), d = values(w);
    for (std::size_t k = 0; k < a.size(); ++k) {
        CHECK(std::abs(c[k] - (a[k] - 2 * b[k])) < 1e-14 && d[k] == d[0] + static_cast<double>(k));
    }
    CHECK(difference.name() == "element_diff" && difference.retain().name() == "element_diff");
    difference.view();
    CHECK_THROWS(difference.apply({x}, {z}), DLOPS_ERROR_ARGUMENT, "1 inputs, expected 2");
    CHECK_THROWS(kernel::elementwise(context, "float32 x", "float32 z", "z = +", "k"), DLOPS_ERROR_COMPILATION, "column 6");

    const kernel norm = kernel::reduction(context, "T x", "float64 y", "x * x", "a + b", "y = sqrt(a)", "0", "norm");
    CHECK(std::abs(norm.reduce({x}).real() - x.norm()) < 1e-13);
    const kernel scaled = kernel::reduction(context, "T x, scalar float64 s", "float64 y", "s * x", "a + b", "", "0", "sum");
    CHECK(std::abs(scaled.reduce({x}, {3.0}).real() - 3 * x.sum().real()) < 1e-12);
}

struct refusal {};

static void host_functions(const dlops::context &context, bool on_device)
{
    space s(context, dtype::float64, {24});
    array x(s), z(s);
    x.fill_random(dlops::distribution::normal, 3);
    int64_t seen = 0;
    const kernel twice = kernel::elementwise_with_host(
        context, "T x", "T z", "for (z = 0; z < 1; ) z = 1; z = 2 * x;", "twice", [&seen](const dlops_kernel_block &block) {
            for (int64_t k = 0; k < block.count; ++k) {
                const double value = static_cast<const double *>(block.inputs[0])[k];
                if (value > 1e6) {
                    throw refusal();
                }
                static_cast<double *>(block.outputs[0])[k] = 2 * value;
            }
            seen += block.count;
        });
    twice.apply({x}, {z});
    const auto a = values(x), c = values(z);
    for (std::size_t k = 0; k < a.size(); ++k) {
        CHECK(c[k] == 2 * a[k]);
    }
    CHECK(seen == (on_device ? 0 : static_cast<int64_t>(a.size())));
    if (!on_device && !a.empty()) {
        x.fill(1e7);
        bool thrown = false;
        try {
            twice.apply({x}, {z});
        } catch (const refusal &) {
            thrown = true;
        }
        CHECK(thrown);
    }
}

static void launches(const dlops::context &context, bool on_device)
{
    const char *source = R"(extern "C" __global__ void add(double *x, double value, long long n) {
        long long k = blockIdx.x * blockDim.x + threadIdx.x;
        if (k < n) x[k] += value;
    })";
    if (!on_device) {
        CHECK_THROWS(kernel::raw(context, source, "add"), DLOPS_ERROR_UNSUPPORTED, "device");
        return;
    }
    space s(context, dtype::float64, {100});
    array x(s);
    x.fill(1.0);
    const kernel add = kernel::raw(context, source, "add", "-DUNUSED=1");
    const int64_t n = s.local_count();
    add.launch({4, 1, 1}, {32, 1, 1}, 0, x, 2.5, n);
    for (double value : values(x)) {
        CHECK(value == 3.5);
    }
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    {
        const char *memory = std::getenv("DLOPS_TEST_MEMORY");
        const bool on_device = memory != nullptr && std::strcmp(memory, "cuda") == 0;
        dlops::context_options choices;
        choices.memory = on_device ? dlops::memory::cuda : dlops::memory::host;
        choices.own_stream = on_device;
        const auto context = dlops::context::from_mpi(MPI_COMM_WORLD, choices);
        on_elements(context);
        host_functions(context, on_device);
        launches(context, on_device);
    }
    CHECK(dlops::live_handles() == 0);
    MPI_Finalize();
    return 0;
}
