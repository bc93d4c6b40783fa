#include "impedance_model.h"

#include <math.h>
#include <stdint.h>

enum { BEDS = 160, DEPTH_SAMPLES = 4 };

static const double pi = 3.14159265358979323846, salt_impedance = 9.6;

/* All lengths are fractions of the model: x, y and z run from 0 to 1. */
typedef struct {
    double top[BEDS + 1];
    double impedance[BEDS];
} column;

typedef struct {
    double x, dip, strike, throw_, reach; /* trace at z = 0, y = 1/2; dx/dz; dx/dy; downthrow; how far it fades out */
} fault;

static const fault faults[] = {
    {0.13, 0.22, 0.10, 0.050, 0.35},  {0.27, -0.20, 0.06, 0.038, 0.30}, {0.335, 0.17, -0.08, 0.022, 0.12},
    {0.47, 0.24, 0.12, 0.060, 0.45},  {0.60, -0.18, -0.10, 0.026, 0.15}, {0.97, -0.25, 0.05, 0.045, 0.30},
};

typedef struct {
    double x, swing, waves, phase, top, half_width, depth, contrast;
} channel;

static const channel channels[] = {
    {0.22, 0.055, 1.3, 0.4, 0.125, 0.040, 0.030, 0.83},
    {0.52, 0.080, 0.9, 2.1, 0.175, 0.060, 0.036, 1.14},
    {0.40, 0.050, 1.7, 4.0, 0.060, 0.026, 0.020, 0.85},
};

/* Even in [0, 1), from the seed alone. */
static double chance(uint32_t seed)
{
    seed = (seed ^ 61) ^ (seed >> 16);
    seed *= 9u;
    seed ^= seed >> 4;
    seed *= 0x27d4eb2du;
    seed ^= seed >> 15;
    return seed / 4294967296.0;
}

static double smooth_step(double x)
{
    x = x < 0 ? 0 : x > 1 ? 1 : x;
    return x * x * (3 - 2 * x);
}

/* Beds of shale, sand and limestone: each random in thickness, compacted downwards, with a package-wide rhythm. */
static void lay_beds(column *beds, double top, double bottom, double shallow, double deep, uint32_t seed)
{
    double z = 0;
    for (int i = 0; i < BEDS; i++) {
        double u = chance(seed + 2u * (uint32_t)i), v = chance(seed + 2u * (uint32_t)i + 1);
        beds->top[i] = z;
        z += 0.25 + 2.2 * u * u * u;
        double rhythm = 0.07 * sin(0.37 * i + seed % 7) + 0.05 * sin(0.113 * i);
        double facies = v < 0.55 ? 0.10 * (v - 0.275) : v < 0.88 ? 0.10 + 0.35 * (v - 0.55) : -0.14 + 0.5 * (v - 0.88);
        beds->impedance[i] = rhythm + facies;
    }
    beds->top[BEDS] = z;
    for (int i = 0; i <= BEDS; i++) beds->top[i] = top + (bottom - top) * beds->top[i] / z;
    for (int i = 0; i < BEDS; i++) {
        double depth = (beds->top[i] - top) / (bottom - top);
        beds->impedance[i] = (shallow + (deep - shallow) * pow(depth, 0.8)) * (1 + beds->impedance[i]);
    }
}

static double bed_impedance(const column *beds, double depth)
{
    int low = 0, high = BEDS - 1;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (beds->top[middle] <= depth) low = middle;
        else high = middle - 1;
    }
    return beds->impedance[low];
}

static double erosion_depth(double x, double y)
{
    return 0.235 + 0.045 * x + 0.018 * sin(2 * pi * (1.1 * x + 0.6 * y)) + 0.010 * sin(2 * pi * (2.7 * x - 0.8 * y) + 1);
}

/* Depth at which the rock now at (x, y, z) was laid down: faults, folds and the dome undone. */
static double original_depth(double x, double y, double z)
{
    double depth = z;
    for (unsigned i = 0; i < sizeof faults / sizeof *faults; i++) {
        const fault *f = &faults[i];
        double plane = f->x + f->dip * (z + 0.35 * z * z) + f->strike * (y - 0.5) + 0.01 * sin(9 * y + i);
        double side = f->dip > 0 ? x - plane : plane - x; /* the hanging wall lies where this is positive */
        if (side > 0) depth -= f->throw_ * exp(-side / f->reach) * (0.5 + 0.7 * z);
    }
    double growth = smooth_step((z - 0.15) / 0.7);
    depth -= growth * (0.080 * cos(2 * pi * (1.15 * x - 0.10 + 0.12 * y)) + 0.022 * cos(2 * pi * (2.9 * x + 0.35 * y + 0.2)));
    depth -= 0.06 * (x - 0.5) * z; /* the whole package thickens to the right */
    double dome = hypot(x - 0.80 - 0.04 * sin(3 * y), 0.75 * (y - 0.5));
    return depth + 0.17 * exp(-dome * dome / 0.011) * smooth_step((z - 0.12) / 0.3);
}

/* The dome: a bulb on a stem, its top at a depth of 0.36. */
static int inside_salt(double x, double y, double z)
{
    double distance = hypot(x - 0.80 - 0.04 * sin(3 * y) + 0.015 * sin(14 * z), 0.75 * (y - 0.5));
    double below = z - 0.36;
    if (below < 0) return 0;
    double bulb = 0.088 * sqrt(fmin(1, below / 0.10)), neck = 0.030 * smooth_step((below - 0.10) / 0.22);
    double foot = 0.11 * smooth_step((z - 0.80) / 0.22);
    return distance < bulb - neck + foot + 0.004 * sin(41 * z + 8 * y);
}

static double channel_factor(double x, double y, double z)
{
    double factor = 1;
    for (unsigned i = 0; i < sizeof channels / sizeof *channels; i++) {
        const channel *c = &channels[i];
        double centre = c->x + c->swing * sin(2 * pi * c->waves * y + c->phase) + 0.3 * c->swing * sin(5 * pi * c->waves * y);
        double across = (x - centre) / c->half_width, down = (z - c->top - 0.02 * x) / c->depth;
        /* the thalweg lies towards the outer bank; the fill has thin beds that lap on to the bank */
        double bed = (1 - across * across) * (1 + 0.25 * across);
        if (fabs(across) < 1 && down > 0 && down < bed) factor = c->contrast * (1 + 0.035 * sin(40 * (down - 0.4 * across)));
    }
    return factor;
}

static double impedance_at(const column *young, const column *old, double x, double y, double z)
{
    double erosion = erosion_depth(x, y), texture = 1 + 0.012 * sin(2 * pi * (1.7 * x + 2.3 * y)) * cos(9 * z);
    if (z < erosion) {
        /* beds drape the relief less and less upwards */
        double depth = z - 0.55 * (erosion - 0.26) * smooth_step(z / erosion) - 0.02 * x;
        return bed_impedance(young, depth) * channel_factor(x, y, z) * texture;
    }
    if (inside_salt(x, y, z)) return salt_impedance;
    double depth = original_depth(x, y, z), value = bed_impedance(old, depth) * texture;
    /* gas in a porous interval above a flat contact */
    if (depth > 0.490 && depth < 0.560 && z < 0.538 && x > 0.30 && x < 0.62) value *= 0.78;
    return value;
}

void impedance_model_fill(double *out, int ny, int nx, int nz, int y_first, int y_count)
{
    column young, old;
    lay_beds(&young, -0.05, 0.40, 3.3, 5.0, 977);
    lay_beds(&old, -0.10, 1.25, 3.9, 9.0, 5387);
    for (int iy = y_first; iy < y_first + y_count; iy++) {
        double y = (iy + 0.5) / ny;
        for (int ix = 0; ix < nx; ix++) {
            double x = (ix + 0.5) / nx;
            for (int iz = 0; iz < nz; iz++) {
                double sum = 0; /* a sample is the mean over its thickness */
                for (int k = 0; k < DEPTH_SAMPLES; k++)
                    sum += impedance_at(&young, &old, x, y, (iz + (k + 0.5) / DEPTH_SAMPLES) / nz);
                *out++ = sum / DEPTH_SAMPLES;
            }
        }
    }
}
