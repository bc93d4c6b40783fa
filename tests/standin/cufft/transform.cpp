#include "transform.h"

#include <cmath>

namespace cufft {
namespace {

// Decimation in time by the smallest prime factor: O(n sum of the prime factors).
void line(const Number* x, size_t stride, Number* out, size_t n, const std::vector<Number>& roots) {
    if (n == 1) {
        out[0] = x[0];
        return;
    }
    size_t p = 2;
    while (p * p <= n && n % p) ++p;
    if (n % p) p = n;
    size_t m = n / p, step = roots.size() / n;
    std::vector<Number> part(n);
    for (size_t q = 0; q < p; ++q) line(x + q * stride, stride * p, part.data() + q * m, m, roots);
    for (size_t k = 0; k < n; ++k) {
        Number sum = 0;
        for (size_t q = 0; q < p; ++q) sum += part[q * m + k % m] * roots[q * k % n * step];
        out[k] = sum;
    }
}

}  // namespace

void transform(std::vector<Number>& x, const std::vector<long long>& sizes, int sign) {
    size_t inner = 1;
    for (size_t axis = sizes.size(); axis-- > 0;) {
        auto n = static_cast<size_t>(sizes[axis]);
        std::vector<Number> roots(n), in(n), out(n);
        for (size_t k = 0; k < n; ++k) roots[k] = std::polar(1.0, sign * 2 * M_PI * static_cast<double>(k) / static_cast<double>(n));
        for (size_t outer = 0; outer < x.size() / (n * inner); ++outer)
            for (size_t i = 0; i < inner; ++i) {
                Number* first = &x[outer * n * inner + i];
                for (size_t k = 0; k < n; ++k) in[k] = first[k * inner];
                line(in.data(), 1, out.data(), n, roots);
                for (size_t k = 0; k < n; ++k) first[k * inner] = out[k];
            }
        inner *= n;
    }
}

}  // namespace cufft
