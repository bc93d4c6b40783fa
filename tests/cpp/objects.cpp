// Contexts, spaces and arrays: ownership, moves, access, errors.
#include "check.hpp"

#include <memory>

using dlops::array;
using dlops::dtype;
using dlops::space;

static void ownership(dlops::context &context)
{
    const int64_t before = dlops::live_handles();
    space a(context, dtype::float64, {8, 3});
    CHECK(dlops::live_handles() == before + 1);
    dlops_space *handle = a.get();
    space b = std::move(a);
    CHECK(!a && b && b.get() == handle && dlops::live_handles() == before + 1);
    a = std::move(b);
    CHECK(a.get() == handle && !b);
    CHECK_THROWS(b.local_count(), DLOPS_ERROR_NULL_POINTER, "dlops_space_get_local_count");

    space twin = a.retain();
    CHECK(twin.get() != a.get() && twin.is_congruent(a));
    space taken(a.release());
    CHECK(!a && taken.get() == handle);
    taken = std::move(twin);
    CHECK(dlops::live_handles() == before + 1);
    taken.reset();
    CHECK(dlops::live_handles() == before);

    static_assert(!std::is_copy_constructible_v<space> && !std::is_copy_assignable_v<array>);
    static_assert(std::is_nothrow_move_constructible_v<dlops::solver>);

    // Children before parents, and parents before children.
    auto self = std::make_unique<dlops::context>(dlops::context::self());
    auto line = std::make_unique<space>(*self, dtype::float32, dlops::shape{5});
    auto x = std::make_unique<array>(*line);
    auto D = std::make_unique<dlops::linear_operator>(dlops::first_derivative(*line, 0));
    self.reset();
    line.reset();
    x->fill(2.0);
    CHECK((*D)(*x).norm() == 0.0);
}

static void spaces(dlops::context &context)
{
    const int32_t rank = context.rank(), size = context.size();
    CHECK(size >= 1 && rank < size && context.threads() == 1);
    space s(context, dtype::complex64, {10, 3});
    CHECK(s.dtype() == dtype::complex64 && s.dimensions() == 2 && s.global_count() == 30 && s.component_count() == 0);
    CHECK((s.shape() == dlops::shape{10, 3}));
    const auto [start, count] = dlops::local_split(10, size, rank);
    CHECK((s.local_start() == dlops::shape{start, 0}) && (s.local_shape() == dlops::shape{count, 3}));
    CHECK(s.local_counts()[static_cast<std::size_t>(rank)] == s.local_count() && s.local_count() == 3 * count);
    CHECK(s.context().size() == size && s.memory() == dlops::memory::host);

    dlops::space_options choices;
    choices.axis = -1;
    space cut(context, dtype::float64, {3, 10}, choices);
    CHECK((cut.local_shape() == dlops::shape{3, count}));
    choices = {};
    choices.partition = dlops::partition::extents;
    choices.extents.assign(static_cast<std::size_t>(size), 0);
    choices.extents.back() = 4;
    CHECK(space(context, dtype::float64, {4}, choices).local_count() == (rank == size - 1 ? 4 : 0));
    choices = {};
    choices.grid = {{1, 0, dlops::partition::balanced, 0, {}}, {size, 1, dlops::partition::balanced, 0, {}}};
    CHECK((space(context, dtype::float64, {3, 10}, choices).is_congruent(cut)));
    choices = {};
    choices.mask.resize(static_cast<std::size_t>(size));
    CHECK(space(context, dtype::float64, {3, 10}, choices).local_count() >= 0);

    std::vector<int64_t> parts;
    for (int32_t r = 0; r < size; ++r) {
        parts.insert(parts.end(), {3, dlops::local_split(10, size, r).second});
    }
    CHECK(space::from_local_shapes(context, dtype::float64, {3, 10}, 1, parts).is_congruent(cut));
    parts.pop_back();
    CHECK_THROWS(space::from_local_shapes(context, dtype::float64, {3, 10}, 1, parts), DLOPS_ERROR_NULL_POINTER,
                 "local_shapes has length");
    CHECK(dlops::promote(dtype::float64, dtype::complex64) == dtype::complex128);

    space pair = space::product({s, cut});
    CHECK(pair.component_count() == 2 && pair.component(1).is_congruent(cut) && pair.global_count() == 60);
    std::vector<space> many;
    many.push_back(s.retain());
    many.push_back(cut.retain());
    CHECK(space::product(many).is_congruent(pair));
    CHECK(space::unshaped(context, dtype::float64, rank).local_count() == rank);

    CHECK_THROWS(space(context, dtype::float64, {-1}), DLOPS_ERROR_SHAPE, "-1");
    CHECK_THROWS(pair.shape(), DLOPS_ERROR_SPACE, "dlops_space_get_shape");
    // A wrong length on one rank only: no rank waits, and the one at fault says what was wrong.
    dlops::space_options wrong;
    wrong.mask.resize(static_cast<std::size_t>(rank == size - 1 ? size + 1 : size));
    CHECK_THROWS(space(context, dtype::float64, {4}, wrong), DLOPS_ERROR_NULL_POINTER,
                 rank == size - 1 ? "mask has length" : "shape");
}

template <class Element>
static void elements(dlops::context &context)
{
    space s(context, dlops::dtype_of<Element>, {7, 2});
    array x(s), y(s);
    {
        auto data = x.template write<Element>();
        CHECK(data.size() == static_cast<std::size_t>(s.local_count()) && data.contiguous());
        for (std::size_t i = 0; i < data.size(); ++i) {
            data[i] = Element(3);
        }
        CHECK_THROWS(x.template read<Element>(), DLOPS_ERROR_STATE, "acquire");
        CHECK_THROWS(y.axpy(1.0, x), DLOPS_ERROR_STATE, "");
        auto moved = std::move(data);
        data.release();
        CHECK_THROWS(x.norm(), DLOPS_ERROR_STATE, "");
    }
    CHECK(close(x.norm(), 3.0 * std::sqrt(14.0), 1e-6));
    y.copy_from(x).scale(2.0).axpy(1.0, x);
    for (const Element &e : y.template read<Element>()) {
        CHECK(e == Element(9));
    }
    y.axpby(1.0, x, -1.0); // 3 - 9
    CHECK(close(y.dot(x), -18.0 * 14, 1e-6) && close(y.sum(), -6.0 * 14, 1e-6));
    y.multiply(x, x).add_scalar(1.0);
    CHECK(close(y.sum(), 10.0 * 14, 1e-6) && close(y.norm(INFINITY), 10.0, 1e-6));
    array w = x.clone();
    w.waxpby(1.0, x, 1.0, y);
    CHECK(close(w.dot_unconjugated(w), 169.0 * 14, 1e-6));
    using Other = std::conditional_t<std::is_same_v<Element, float>, double, float>;
    CHECK_THROWS(x.template read<Other>(), DLOPS_ERROR_DTYPE, "but the program's type is");
}

static void complex_numbers(dlops::context &context)
{
    using number = std::complex<double>;
    space s(context, dtype::complex128, {6});
    array x(s), y(s), real(space(context, dtype::float64, {6}));
    x.fill(number(1.0, 2.0));
    y.fill(std::complex<float>(0.0f, 1.0f));
    CHECK(close(x.dot(y), 6.0 * number(2.0, 1.0)));
    CHECK(close(x.dot_unconjugated(y), 6.0 * number(-2.0, 1.0)));
    x.conjugate().axpy(number(0.0, 2.0), y);
    for (const number &e : x.read<number>()) {
        CHECK(e == number(-1.0, -2.0));
    }
    CHECK_THROWS(real.fill(number(0.0, 1.0)), DLOPS_ERROR_DTYPE, "0 + 1i");
}

static void memory(dlops::context &context)
{
    space s(context, dtype::float64, {9, 4});
    const auto rows = static_cast<std::size_t>(s.local_shape()[0]);
    std::vector<double> mine(rows * 4, 1.0);
    array x = array::wrap(s, mine.data());
    x.scale(5.0);
    CHECK(mine.empty() || mine.back() == 5.0);
    CHECK_THROWS(array::wrap(s, static_cast<float *>(nullptr)), DLOPS_ERROR_DTYPE, "float32");

    // Rows padded to six elements, kept by a shared pointer.
    auto padded = std::make_shared<std::vector<double>>(rows * 6 + 1, -1.0);
    array p = array::wrap(s, padded->data(), {6, 1}, padded);
    CHECK(padded.use_count() == 2);
    p.copy_from(x);
    CHECK(close(p.dot(x), 25.0 * 36) && (p.strides() == std::vector<int64_t>{6, 1}));
    if (rows > 1) {
        auto data = p.read_write<double>();
        CHECK(!data.contiguous() && data(1, 3) == 5.0 && (*padded)[4] == -1.0);
        data(1, 3) = 7.0;
        CHECK((*padded)[9] == 7.0 && data.stride(0) == 6);
        CHECK_THROWS(data.begin(), DLOPS_ERROR_UNSUPPORTED, "padded");
    }
    p.reset();
    CHECK(padded.use_count() == 1);

    array pair = array::compose({x, p = x.clone()});
    pair.component(1).write<double>().release();
    pair.scale(0.0);
    CHECK(x.norm() == 0.0 && p.norm() == 0.0);
    x.fill_random(dlops::distribution::normal, 7);
    array flat = x.view_as(space::unshaped(context, dtype::float64, s.local_count())).retain();
    CHECK(close(flat.norm(), x.norm()) && close(x.ravel().norm(), x.norm()));
    CHECK(close(x.reinterpret(s).slice(s, 0).norm(), x.norm()));
}

static void whole(dlops::context &context)
{
    space s(context, dtype::float64, {5, 3});
    std::vector<double> values(15);
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = static_cast<double>(i);
    }
    array x(s);
    dlops::from_global(x, values);
    CHECK(close(x.sum(), 105.0) && x.extremes() == std::make_pair(0.0, 14.0));
    CHECK(dlops::to_global<double>(x) == values);
    CHECK(dlops::to_global<double>(x, 0).size() == (context.rank() == 0 ? 15u : 0u));
    CHECK(close(x.norm_along(0, 1.0).norm(INFINITY), 40.0)); // 2 + 5 + 8 + 11 + 14
    dlops::space_options columns;
    columns.axis = 1;
    array turned(space(context, dtype::float64, {5, 3}, columns));
    turned.redistribute_from(x);
    CHECK(dlops::to_global<double>(turned) == values);
    const auto around = dlops::add_ghost_cells<double>(x, 0, 1, 1);
    if (x.space().local_count() > 0) {
        const double first = around.elements.front();
        CHECK(first == 3.0 * static_cast<double>(s.local_start()[0] - around.front));
    }
    const std::string path = "objects_" + std::to_string(context.size()) + ".npy";
    dlops::write_npy(x, path);
    const auto contents = dlops::inspect_npy(context, path);
    CHECK(contents.dtype == dtype::float64 && (contents.shape == dlops::shape{5, 3}));
    array again(s);
    dlops::read_npy(again, path);
    CHECK(again.axpy(-1.0, x).norm() == 0.0);
    CHECK_THROWS(dlops::read_npy(again, "there is none.npy"), DLOPS_ERROR_IO, "there is none.npy");
    dlops::space_options copies;
    copies.partition = dlops::partition::replicated;
    array replicated(space(context, dtype::float64, {3}, copies));
    replicated.fill(static_cast<double>(context.rank()));
    CHECK(replicated.synchronize(0).norm() == 0.0);
}

static void messages(dlops::context &context)
{
    int lines = 0;
    context.set_log([&lines](dlops::level level, const char *text) {
        lines += level == dlops::level::info && std::strstr(text, "float64") != nullptr;
        throw std::runtime_error("a sink's own trouble");
    });
    space(context, dtype::float64, {4}).view();
    CHECK(lines == 1);
    context.set_log(nullptr);
    context.set_profile(true).set_check_level(1);
    space line(context, dtype::float64, {16});
    auto D = dlops::first_derivative(line, 0);
    D(array(line).fill(1.0));
    CHECK(context.get_profile("FirstDerivative").calls == 1 && context.get_profile().messages >= 0);
    CHECK_THROWS(context.get_profile("Nonsense"), DLOPS_ERROR_ARGUMENT, "Nonsense");
    context.reset_profile();
    context.set_profile(false).set_check_level(0);
    context.agree();
}

static void test(dlops::context &context)
{
    ownership(context);
    spaces(context);
    elements<float>(context);
    elements<double>(context);
    elements<std::complex<float>>(context);
    elements<std::complex<double>>(context);
    complex_numbers(context);
    memory(context);
    whole(context);
    messages(context);
}

int main(int argc, char **argv) { return run(argc, argv, test); }
