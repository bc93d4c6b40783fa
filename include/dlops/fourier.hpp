// Fourier transforms.
#ifndef DLOPS_FOURIER_HPP
#define DLOPS_FOURIER_HPP

#include "linear_operator.hpp"

#include <optional>
#include <string>

namespace dlops {

enum class fft_norm : int32_t {
    ortho = DLOPS_FFT_ORTHO,
    none = DLOPS_FFT_NONE,
    one_over_n = DLOPS_FFT_ONE_OVER_N,
};

/// As dlops_fft_options; lists are empty or have one value an axis.
struct fft_options {
    std::vector<int64_t> lengths;
    fft_norm norm = fft_norm::ortho;
    bool half = false;
    std::vector<int32_t> shift_before;
    std::vector<int32_t> shift_after;
    bool as_computed = false;
    const space *spectrum = nullptr;
};

/// The Fourier transform along some axes, from `space` to complex elements. Collective.
inline linear_operator fft(const space &space, const std::vector<int32_t> &axes, const fft_options &choices = {})
{
    detail::argument_problem problem("dlops::fft");
    const auto list = [&](const auto &values, const char *name) {
        if (!values.empty() && values.size() != axes.size()) {
            problem.add(std::string(name) + " has length " + std::to_string(values.size()) + ", expected one an axis, " +
                        std::to_string(axes.size()));
        }
        return values.empty() ? nullptr : values.data();
    };
    dlops_fft_options options = DLOPS_FFT_OPTIONS_INIT;
    options.lengths = list(choices.lengths, "lengths");
    options.shift_before = list(choices.shift_before, "shift_before");
    options.shift_after = list(choices.shift_after, "shift_after");
    options.norm = static_cast<int32_t>(choices.norm);
    options.half = choices.half;
    options.as_computed = choices.as_computed;
    options.spectrum = choices.spectrum ? choices.spectrum->get() : nullptr;
    dlops_operator *made = nullptr;
    problem.check(dlops_fft_create(space.get(), static_cast<int32_t>(axes.size()), problem.unless(detail::pointer(axes)),
                                   &options, &made));
    return linear_operator(made);
}

/// fftshift along some axes, or ifftshift where `inverse`: the halves of each are exchanged. Collective.
inline linear_operator fftshift(const space &space, const std::vector<int32_t> &axes, bool inverse = false)
{
    dlops_operator *made = nullptr;
    detail::check(dlops_fftshift_create(space.get(), static_cast<int32_t>(axes.size()), detail::pointer(axes), inverse,
                                        &made));
    return linear_operator(made);
}

/// Frequencies of a transform of n samples, in cycles per unit of `sampling`.
inline std::vector<double> fft_frequencies(int64_t n, double sampling = 1, bool half = false, bool shifted = false)
{
    std::vector<double> frequencies(n < 1 ? 1 : half ? n / 2 + 1 : n);
    detail::check(dlops_fft_get_frequencies(n, sampling, half, shifted, frequencies.data()));
    return frequencies;
}

} // namespace dlops

#endif
