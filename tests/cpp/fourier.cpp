// Fourier transforms: options, inverses, frequencies and errors.
#include "check.hpp"

using dlops::dtype;
using dlops::space;

static void test(dlops::context &context)
{
    space s(context, dtype::complex128, {6, 8, 5});
    dlops::array x(s);
    x.fill_random(dlops::distribution::normal, 4);

    auto F = dlops::fft(s, {0, 1, 2});
    CHECK(F.dot_test().passed);
    CHECK(close(F(x).norm(), x.norm()));
    CHECK(F.inverse()(F(x)).axpy(-1.0, x).norm() < 1e-12);

    dlops::fft_options choices;
    choices.lengths = {8, 16};
    choices.norm = dlops::fft_norm::one_over_n;
    choices.shift_before = {1, 0};
    choices.shift_after = {0, 1};
    choices.as_computed = true;
    auto G = dlops::fft(s, {0, 1}, choices);
    CHECK(G.range().shape() == (std::vector<int64_t>{8, 16, 5}) && G.range().dtype() == dtype::complex128);
    CHECK(G.inverse()(G(x)).axpy(-1.0, x).norm() < 1e-12);

    space real(context, dtype::float32, {6, 8});
    dlops::fft_options half;
    half.half = true;
    auto H = dlops::fft(real, {0, -1}, half);
    CHECK(H.range().shape() == (std::vector<int64_t>{6, 5}) && H.dot_test().passed);
    space spectrum(context, dtype::complex64, {6, 5});
    half.spectrum = &spectrum;
    CHECK(dlops::fft(real, {0, 1}, half).range().is_congruent(spectrum));

    auto S = dlops::fftshift(s, {0, -1}), T = dlops::fftshift(s, {0, 2}, true);
    CHECK(S.dot_test().passed && T(S(x)).axpy(-1.0, x).norm() == 0 && S.inverse()(S(x)).axpy(-1.0, x).norm() == 0);
    CHECK_THROWS(dlops::fftshift(s, {3}), DLOPS_ERROR_AXIS, "dlops_fftshift_create");

    CHECK(dlops::fft_frequencies(4, 0.5, false, true) == (std::vector<double>{-1.0, -0.5, 0.0, 0.5}));
    CHECK(dlops::fft_frequencies(5, 1, true).size() == 3);
    CHECK_THROWS(dlops::fft_frequencies(-3), DLOPS_ERROR_ARGUMENT, "dlops_fft_get_frequencies");
    choices.lengths = {8};
    CHECK_THROWS(dlops::fft(s, {0, 1}, choices), DLOPS_ERROR_NULL_POINTER, "lengths has length 1, expected one an axis, 2");
    CHECK_THROWS(dlops::fft(s, {3}), DLOPS_ERROR_AXIS, "dlops_fft_create");
    CHECK_THROWS(dlops::first_derivative(s, 0).inverse(), DLOPS_ERROR_UNSUPPORTED, "dlops_operator_inverse");
}

int main(int argc, char **argv) { return run(argc, argv, test); }
