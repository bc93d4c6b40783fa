// The discrete Fourier transform of a box of complex numbers, along all its axes, without scaling.
#pragma once
#include <complex>
#include <vector>

namespace cufft {

using Number = std::complex<double>;

// X[k] = sum_j x[j] exp(sign 2 pi i j k / n) along each axis; sizes slowest first.
void transform(std::vector<Number>& x, const std::vector<long long>& sizes, int sign);

}  // namespace cufft
