// Plans on plain memory: the life of one, halves in place, layouts, symmetric memory and errors.
#include "check.hpp"

#include <complex>

using dlops::dtype;
using dlops::plan;
using dlops::space;

static void test(dlops::context &context)
{
    // A real model in place: rows of 2 (n / 2 + 1) elements.
    space model(context, dtype::float64, {6, 4, 5});
    dlops::fft_plan_options choices;
    choices.in_place = true;
    choices.as_computed = true;
    choices.scaling = dlops::scaling::inverse;
    plan fft = plan::fft(model, {0, 1, 2}, choices);
    CHECK(fft.domain().is_congruent(model) && fft.range().shape() == (dlops::shape{6, 4, 3}));
    CHECK(fft.domain_strides() == (dlops::shape{24, 6, 1}) && fft.range_strides().back() == 1);
    dlops::symmetric_memory<double> buffer(context, fft.capacity() / sizeof(double), true);
    std::vector<std::complex<double>> work(fft.workspace_size() / 16 + 1);
    fft.set_workspace(work.data(), 16 * work.size()).prepare().set_buffers(buffer.data());
    const int64_t rows = model.local_shape()[0];
    const auto at = [&](int64_t row, int64_t column, int64_t k) -> double & {
        return buffer.data()[(row * 4 + column) * 6 + k];
    };
    const auto value = [](int64_t row, int64_t column, int64_t k) {
        return static_cast<double>((row * 7 + column * 3 + k) % 11) - 4.0;
    };
    for (int64_t i = 0; i < rows * 20; ++i) {
        at(i / 20, i / 5 % 4, i % 5) = value(i / 20, i / 5 % 4, i % 5);
    }
    fft.execute().execute(dlops::direction::inverse);
    for (int64_t i = 0; i < rows * 20; ++i) {
        CHECK(close(at(i / 20, i / 5 % 4, i % 5), value(i / 20, i / 5 % 4, i % 5)));
    }
    fft.release_workspace();
    CHECK_THROWS(fft.execute(), DLOPS_ERROR_STATE, "dlops_plan_execute");
    plan copy = fft.retain();
    fft.reset();
    copy.prepare().execute();
    copy.view();

    // From the half back: the complementary layout, odd length.
    dlops::fft_plan_options back;
    back.kind = dlops::fft_kind::complex_to_real;
    back.parity = dlops::parity::odd;
    space half(context, dtype::complex64, {6, 4, 3});
    CHECK(plan::fft(half, {0, 1, 2}, back).domain().shape() == (dlops::shape{6, 4, 5}));
    back.lengths = {3};
    CHECK_THROWS(plan::fft(half, {0, 1, 2}, back), DLOPS_ERROR_NULL_POINTER, "lengths has length 1, expected 3");

    // Integers from rows to columns.
    const int32_t size = context.size(), rank = context.rank();
    space slab(context, dtype::int32, {8, 12});
    space blocks = dlops::blocks_of(context, dtype::int32, {8, 12}, {1, size});
    plan turn = plan::redistribution(slab, blocks);
    std::vector<int32_t> from(static_cast<std::size_t>(slab.local_count())), to(blocks.local_count());
    const int64_t first = dlops::rank_start(slab, rank)[0];
    for (std::size_t i = 0; i < from.size(); ++i) {
        from[i] = static_cast<int32_t>(first * 12 + static_cast<int64_t>(i));
    }
    turn.set_buffers(from.data(), to.data()).prepare().execute();
    const dlops::shape part = dlops::rank_shape(blocks, rank), start = dlops::rank_start(blocks, rank);
    for (std::size_t i = 0; i < to.size(); ++i) {
        const int64_t k = static_cast<int64_t>(i);
        CHECK(to[i] == k / part[1] * 12 + start[1] + k % part[1]);
    }
    const dlops::shape even = {2 * static_cast<int64_t>(size), 12};
    CHECK(dlops::blocks_of(context, dtype::int32, even, {size, 1}, dlops::order::column_major)
              .is_congruent(dlops::space(context, dtype::int32, even)));
    CHECK(dlops::cyclic_count(10, 2, 3, 0, 1) == 2);
    if (!from.empty() && !to.empty()) {
        CHECK_THROWS(turn.set_buffers(from.data(), from.data()), DLOPS_ERROR_OVERLAP, "dlops_plan_set_buffers");
    }
    CHECK_THROWS(dlops::blocks_of(context, dtype::int32, {8, 12}, {size}), DLOPS_ERROR_NULL_POINTER, "grid has length 1");
    CHECK_THROWS(dlops::rank_shape(slab, size), DLOPS_ERROR_ARGUMENT, "dlops_space_get_rank_shape");

    dlops::symmetric_memory<float> padded(context, 10 + static_cast<std::size_t>(rank), true);
    CHECK(padded.size() == 10 + static_cast<std::size_t>(size) - 1);
    if (size > 1) {
        CHECK_THROWS(dlops::symmetric_memory<float>(context, 10 + static_cast<std::size_t>(rank)), DLOPS_ERROR_ARGUMENT,
                     "one size");
    }
}

int main(int argc, char **argv) { return run(argc, argv, test); }
