/*
 * Post-stack modelling with a wavelet of 41 samples along each axis of a volume, beside a copy of it by the driver; the
 * rate is that of its multiplications and additions, 2 x 41 a sample.
 *
 *     bench_device_poststack        (options: measure.h)
 */
#include "gpu.h"

enum { taps = 41 };

int main(int argc, char **argv)
{
    dlops_context *context = begin_on_device(argc, argv, "device_poststack");
    double wavelet[taps];
    CHECK(dlops_wavelet_ricker((taps + 1) / 2, 0.004, 20, wavelet));
    for (int is_double = 0; is_double < 2; ++is_double) {
        size_t size = is_double ? 8 : 4;
        int64_t extent, n;
        dlops_space *space = cube(context, is_double, 3, &extent, &n);
        dlops_array *x = ones(space), *y = ones(space);
        copy whole = copy_between(x, y, n, size);
        heading_of(extent, 3, is_double);
        for (int axis = 0; axis < 3; ++axis) {
            dlops_operator *op = NULL;
            CHECK(dlops_poststack_create(space, axis, taps, wavelet, NULL, &op));
            for (int adjoint = 0; adjoint < 2; ++adjoint) {
                char text[64];
                application a = {op, adjoint ? DLOPS_ADJOINT : DLOPS_FORWARD, 0, x, y};
                snprintf(text, sizeof text, "post-stack, axis %d, %s", axis, adjoint ? "adjoint" : "forward");
                if (!wanted(text)) continue;
                compare(&(measurement){.name = text, .amount = 2.0 * taps * (double)n, .unit = "GF/s", .subject = apply,
                                       .subject_state = &a, .yardstick = copy_on_device, .yardstick_state = &whole});
            }
            dlops_operator_destroy(&op);
        }
        dlops_array_destroy(&y);
        dlops_array_destroy(&x);
        dlops_space_destroy(&space);
    }
    return finish(&context);
}
