// Convolution, post-stack modelling, wavelets, tapers, error measures.
#ifndef DLOPS_SIGNAL_HPP
#define DLOPS_SIGNAL_HPP

#include "derivative.hpp"

#include <optional>

namespace dlops {

/// y[i] = sum_k h[i - k + offset] x[k] along one axis; h of any float or complex type. Collective.
template <class Element>
linear_operator convolve1d(const space &space, int32_t axis, const std::vector<Element> &h, int64_t offset = 0)
{
    dlops_convolve1d_options options = DLOPS_CONVOLVE1D_OPTIONS_INIT;
    options.offset = offset;
    options.filter_dtype = static_cast<int32_t>(dtype_of<Element>);
    dlops_operator *made = nullptr;
    detail::check(dlops_convolve1d_create(space.get(), axis, static_cast<int64_t>(h.size()), h.data(), &options, &made));
    return linear_operator(made);
}

/// The same with a filter for each line: h has the space's shape with its own number of samples along the axis, C order.
template <class Element>
linear_operator convolve1d_lines(const space &space, int32_t axis, const std::vector<Element> &h, int64_t taps,
                                 int64_t offset = 0)
{
    detail::argument_problem problem("dlops::convolve1d_lines");
    const int64_t length = detail::axis_length(space, axis);
    int64_t lines = length > 0 ? 1 : 0;
    if (length > 0) {
        for (const int64_t extent : space.shape()) lines *= extent;
        lines /= length;
        if (static_cast<int64_t>(h.size()) != lines * taps) {
            problem.add("h has length " + std::to_string(h.size()) + ", expected " + std::to_string(taps) +
                        " samples for each of " + std::to_string(lines) + " lines");
        }
    }
    dlops_convolve1d_options options = DLOPS_CONVOLVE1D_OPTIONS_INIT;
    options.offset = offset;
    options.filter_dtype = static_cast<int32_t>(dtype_of<Element>);
    options.per_line = 1;
    dlops_operator *made = nullptr;
    problem.check(dlops_convolve1d_create(space.get(), axis, taps, problem.unless(h.data()), &options, &made));
    return linear_operator(made);
}

/// As dlops_poststack_options.
struct poststack_options {
    difference kind = difference::centered;
    bool per_sample = false; ///< one wavelet for each sample of the axis, one after the other
};

/// d = W D m along the time axis. Collective.
inline linear_operator poststack(const space &space, int32_t axis, const std::vector<double> &wavelet,
                                 const poststack_options &choices = {})
{
    detail::argument_problem problem("dlops::poststack");
    int64_t samples = static_cast<int64_t>(wavelet.size());
    if (choices.per_sample) {
        const int64_t length = detail::axis_length(space, axis);
        if (length > 0) {
            if (samples % length != 0) {
                problem.add("wavelet has length " + std::to_string(samples) + ", no multiple of the axis' " +
                            std::to_string(length));
            } else {
                samples /= length;
            }
        }
    }
    dlops_poststack_options options = DLOPS_POSTSTACK_OPTIONS_INIT;
    options.kind = static_cast<int32_t>(choices.kind);
    options.per_sample = choices.per_sample;
    dlops_operator *made = nullptr;
    problem.check(dlops_poststack_create(space.get(), axis, samples, problem.unless(wavelet.data()), &options, &made));
    return linear_operator(made);
}

/// Ricker's wavelet, 2 half - 1 samples.
inline std::vector<double> wavelet_ricker(int64_t half, double dt, double f0)
{
    std::vector<double> wavelet(half > 0 ? 2 * static_cast<std::size_t>(half) - 1 : 1);
    detail::check(dlops_wavelet_ricker(half, dt, f0, wavelet.data()));
    return wavelet;
}

enum class taper_kind : int32_t {
    none = DLOPS_TAPER_NONE,
    hanning = DLOPS_TAPER_HANNING,
    cosine = DLOPS_TAPER_COSINE,
    cosine_square = DLOPS_TAPER_COSINE_SQUARE,
    cosine_root = DLOPS_TAPER_COSINE_ROOT
};

/// `count` factors that rise from 0 to 1 over `edge` samples at either end.
inline std::vector<double> taper(taper_kind kind, int64_t count, int64_t edge)
{
    std::vector<double> factors(count > 0 ? static_cast<std::size_t>(count) : 1);
    detail::check(dlops_taper(static_cast<int32_t>(kind), count, edge, factors.data()));
    factors.resize(static_cast<std::size_t>(count));
    return factors;
}

/// Error measures of y against the reference x. Collective.
inline double mae(const array &x, const array &y)
{
    double value = 0.0;
    detail::check(dlops_measure_mae(x.get(), y.get(), &value));
    return value;
}

inline double mse(const array &x, const array &y)
{
    double value = 0.0;
    detail::check(dlops_measure_mse(x.get(), y.get(), &value));
    return value;
}

inline double snr(const array &x, const array &y)
{
    double value = 0.0;
    detail::check(dlops_measure_snr(x.get(), y.get(), &value));
    return value;
}

/// The range of the reference; nothing: its smallest or largest element.
struct psnr_options {
    std::optional<double> least = 0.0;
    std::optional<double> largest;
};

inline double psnr(const array &x, const array &y, const psnr_options &choices = {})
{
    dlops_psnr_options options = DLOPS_PSNR_OPTIONS_INIT;
    options.least = choices.least.value_or(0.0);
    options.find_least = !choices.least.has_value();
    options.largest = choices.largest.value_or(0.0);
    options.largest_given = choices.largest.has_value();
    double value = 0.0;
    detail::check(dlops_measure_psnr(x.get(), y.get(), &options, &value));
    return value;
}

} // namespace dlops

#endif
