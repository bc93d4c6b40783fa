// Transforms as operations on the plan's stream.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <unistd.h>

#include "../abi/standin.h"
#include "plan.h"
#include "transform.h"

using namespace cufft;

namespace {

struct Job { Plan plan; void *in, *out; int sign; };

// Sizes of one side of the transform: half spectra have n/2 + 1 elements along the last axis.
std::vector<long long> side(const Plan& p, bool half) {
    auto n = p.sizes;
    if (half) n.back() = n.back() / 2 + 1;
    return n;
}

// Without a layout the elements are dense, except that real data in place has room for the spectrum.
Layout layout(const Plan& p, bool output, bool in_place) {
    if (!(output ? p.packed_out : p.packed_in)) return output ? p.out : p.in;
    bool half = output ? to_half(p.type) : from_half(p.type), real = output ? from_half(p.type) : to_half(p.type);
    Layout l{side(p, half), 1, 1};
    if (real && in_place) l.embed.back() = 2 * (p.sizes.back() / 2 + 1);
    for (long long n : l.embed) l.distance *= n;
    return l;
}

void each(const std::vector<long long>& n, const Layout& l, long long batch, const std::function<void(size_t, long long)>& f) {
    std::vector<long long> i(n.size(), 0);
    size_t total = 1, k = 0;
    for (long long m : n) total *= static_cast<size_t>(m);
    for (; k < total; ++k) {
        long long at = 0;
        size_t rest = k;
        for (size_t a = n.size(); a-- > 0;) {
            i[a] = static_cast<long long>(rest % static_cast<size_t>(n[a]));
            rest /= static_cast<size_t>(n[a]);
        }
        for (size_t a = 0; a < n.size(); ++a) at = at * (a ? l.embed[a] : 1) + i[a];
        f(k, batch * l.distance + at * l.stride);
    }
}

// The other half of the spectrum of a real signal: X[-k] = conj X[k].
std::vector<Number> whole(const std::vector<Number>& half, const Plan& p) {
    size_t last = static_cast<size_t>(p.sizes.back()), part = last / 2 + 1, total = half.size() / part * last;
    std::vector<Number> full(total);
    for (size_t k = 0; k < total; ++k) {
        size_t row = k / last, column = k % last;
        if (column < part) {
            full[k] = half[row * part + column];
            continue;
        }
        size_t mirrored = 0, scale = 1, rest = row;
        for (size_t a = p.sizes.size() - 1; a-- > 0;) {
            auto n = static_cast<size_t>(p.sizes[a]);
            mirrored += (n - rest % n) % n * scale;
            rest /= n;
            scale *= n;
        }
        full[k] = std::conj(half[mirrored * part + last - column]);
    }
    return full;
}

template <class R> int run(const Job& j) {
    const Plan& p = j.plan;
    bool real_in = to_half(p.type), real_out = from_half(p.type);
    auto n_in = side(p, real_out), n_out = side(p, real_in);
    Layout in = layout(p, false, j.in == j.out), out = layout(p, true, j.in == j.out);
    auto extent = [&](const std::vector<long long>& n, const Layout& l, bool real) {
        long long most = 0;
        each(n, l, p.batch - 1, [&](size_t, long long at) { most = std::max(most, at); });
        return static_cast<size_t>(most + 1) * sizeof(R) * (real ? 1 : 2);
    };
    if (standin_check_device(j.in, extent(n_in, in, real_in)) || standin_check_device(j.out, extent(n_out, out, real_out))) {
        const char text[] = "stand-in cuFFT: an array is not within device memory that may be used now\n";
        return write(2, text, sizeof text - 1) < 0 ? 700 : 700;
    }
    if (!p.automatic && p.work) {
        if (standin_check_device(p.area, p.work)) {
            const char text[] = "stand-in cuFFT: the work area is not within device memory that may be used now\n";
            return write(2, text, sizeof text - 1) < 0 ? 700 : 700;
        }
        std::memset(p.area, 0xff, p.work);
    }
    size_t total = 1;
    for (long long n : n_in) total *= static_cast<size_t>(n);
    for (long long b = 0; b < p.batch; ++b) {
        std::vector<Number> x(total);
        each(n_in, in, b, [&](size_t k, long long at) {
            auto from = static_cast<const R*>(j.in);
            x[k] = real_in ? Number(from[at]) : Number(from[2 * at], from[2 * at + 1]);
        });
        // A half that becomes real is destroyed.
        if (real_out && j.in != j.out)
            each(n_in, in, b, [&](size_t, long long at) { static_cast<R*>(j.in)[2 * at] = static_cast<R>(NAN); });
        if (real_out) x = whole(x, p);
        transform(x, p.sizes, j.sign);
        each(n_out, out, b, [&](size_t k, long long at) {
            auto to = static_cast<R*>(j.out);
            auto last = static_cast<size_t>(p.sizes.back()), part = last / 2 + 1;
            Number v = real_in ? x[k / part * last + k % part] : x[k];
            if (real_out) {
                to[at] = static_cast<R>(v.real());
            } else {
                to[2 * at] = static_cast<R>(v.real());
                to[2 * at + 1] = static_cast<R>(v.imag());
            }
        });
    }
    return 0;
}

cufftResult execute(int plan, int type, void* in, void* out, int sign) {
    Plan* p = find(plan);
    if (!p || !p->made) return CUFFT_INVALID_PLAN;
    if (p->type != type) return CUFFT_INVALID_TYPE;
    if (!in || !out || (sign != 1 && sign != -1)) return CUFFT_INVALID_VALUE;
    if (fails("execute")) return CUFFT_EXEC_FAILED;
    // Elements of complex numbers, also where they are real.
    auto misplaced = [&](void* at) { return reinterpret_cast<uintptr_t>(at) % (single(type) ? 8 : 16) != 0; };
    if (misplaced(in) || misplaced(out)) return CUFFT_UNALIGNED_DATA;
    if (!p->automatic && p->work && !p->area) return CUFFT_NO_WORKSPACE;
    auto job = new Job{*p, in, out, sign};
    auto work = +[](void* j) -> int {
        const Job& job = *static_cast<Job*>(j);
        return single(job.plan.type) ? run<float>(job) : run<double>(job);
    };
    int failed = standin_enqueue(p->stream, "FFT", work, job, [](void* j) { delete static_cast<Job*>(j); }, 0);
    return failed ? CUFFT_EXEC_FAILED : CUFFT_SUCCESS;
}

}  // namespace

CUFFT_API cufftResult cufftExecC2C(int p, void* in, void* out, int sign) { return execute(p, C2C, in, out, sign); }
CUFFT_API cufftResult cufftExecZ2Z(int p, void* in, void* out, int sign) { return execute(p, Z2Z, in, out, sign); }
CUFFT_API cufftResult cufftExecR2C(int p, void* in, void* out) { return execute(p, R2C, in, out, -1); }
CUFFT_API cufftResult cufftExecD2Z(int p, void* in, void* out) { return execute(p, D2Z, in, out, -1); }
CUFFT_API cufftResult cufftExecC2R(int p, void* in, void* out) { return execute(p, C2R, in, out, 1); }
CUFFT_API cufftResult cufftExecZ2D(int p, void* in, void* out) { return execute(p, Z2D, in, out, 1); }
