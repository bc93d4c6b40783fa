#include "colours.h"

#include <math.h>

/* Lightness rises evenly from 15 to 90 (of 100), so that equal steps of the value look equal, also in grey. */
static const unsigned sequential[] = {0x440154, 0x482878, 0x3e4a89, 0x31688e, 0x26828e,
                                      0x1f9e89, 0x35b779, 0x6dcd59, 0xb4de2c, 0xfde725};
/* Equal lightness at equal distance from the white middle. */
static const unsigned diverging[] = {0x053061, 0x2166ac, 0x4393c3, 0x92c5de, 0xd1e5f0, 0xf7f7f7,
                                     0xfddbc7, 0xf4a582, 0xd6604d, 0xb2182b, 0x67001f};

unsigned colour_of(colour_scale scale, double value)
{
    const unsigned *anchors = scale == COLOURS_DIVERGING ? diverging : sequential;
    int intervals = scale == COLOURS_DIVERGING ? 10 : 9;
    if (isnan(value)) return 0x808080;
    double at = intervals * fmin(1, fmax(0, value));
    int below = at >= intervals ? intervals - 1 : (int)at;
    unsigned colour = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
        double a = anchors[below] >> shift & 255, b = anchors[below + 1] >> shift & 255;
        colour |= (unsigned)lrint(a + (at - below) * (b - a)) << shift;
    }
    return colour;
}
