// CUDA's mathematical functions that C's library does not have, and min and max as CUDA overloads them.
#pragma once

STANDIN_FUNCTION float rsqrtf(float a) { return 1 / sqrtf(a); }
STANDIN_FUNCTION double rsqrt(double a) { return 1 / sqrt(a); }
STANDIN_FUNCTION float rsqrt(float a) { return rsqrtf(a); }
STANDIN_FUNCTION float rcbrtf(float a) { return 1 / cbrtf(a); }
STANDIN_FUNCTION double rcbrt(double a) { return 1 / cbrt(a); }
STANDIN_FUNCTION float rhypotf(float a, float b) { return 1 / hypotf(a, b); }
STANDIN_FUNCTION double rhypot(double a, double b) { return 1 / hypot(a, b); }
STANDIN_FUNCTION double norm3d(double a, double b, double c) { return sqrt(a * a + b * b + c * c); }
STANDIN_FUNCTION float norm3df(float a, float b, float c) { return sqrtf(a * a + b * b + c * c); }
STANDIN_FUNCTION double norm4d(double a, double b, double c, double d) { return sqrt(a * a + b * b + c * c + d * d); }
STANDIN_FUNCTION float fdividef(float a, float b) { return a / b; }

// sin(pi a) and cos(pi a), exact where they are 0, 1/2 and 1 in magnitude.
STANDIN_FUNCTION double sinpi(double a) {
    double r = fmod(a, 2.0);
    if (r == trunc(r)) return copysign(0.0, a);
    if (fabs(r) == 0.5) return copysign(1.0, r);
    if (fabs(r) == 1.5) return copysign(1.0, -r);
    return sin(3.14159265358979323846 * r);
}
STANDIN_FUNCTION double cospi(double a) {
    double r = fabs(fmod(a, 2.0));
    if (r == 0.5 || r == 1.5) return 0.0;
    if (r == 0.0) return 1.0;
    if (r == 1.0) return -1.0;
    return cos(3.14159265358979323846 * r);
}
STANDIN_FUNCTION float sinpif(float a) { return static_cast<float>(sinpi(static_cast<double>(a))); }
STANDIN_FUNCTION float cospif(float a) { return static_cast<float>(cospi(static_cast<double>(a))); }
STANDIN_FUNCTION float sinpi(float a) { return sinpif(a); }
STANDIN_FUNCTION float cospi(float a) { return cospif(a); }

#define sincos standin_sincos
#define sincosf standin_sincosf
STANDIN_FUNCTION void sincos(double a, double* s, double* c) { *s = sin(a); *c = cos(a); }
STANDIN_FUNCTION void sincos(float a, float* s, float* c) { *s = sinf(a); *c = cosf(a); }
STANDIN_FUNCTION void sincosf(float a, float* s, float* c) { *s = sinf(a); *c = cosf(a); }
STANDIN_FUNCTION void sincospi(double a, double* s, double* c) { *s = sinpi(a); *c = cospi(a); }
STANDIN_FUNCTION void sincospi(float a, float* s, float* c) { *s = sinpif(a); *c = cospif(a); }
STANDIN_FUNCTION void sincospif(float a, float* s, float* c) { *s = sinpif(a); *c = cospif(a); }

#define exp10 standin_exp10
#define exp10f standin_exp10f
STANDIN_FUNCTION double exp10(double a) { return pow(10.0, a); }
STANDIN_FUNCTION float exp10(float a) { return powf(10.0f, a); }
STANDIN_FUNCTION float exp10f(float a) { return powf(10.0f, a); }

// The inverse error function: Newton's method on erf from a first guess (Winitzki 2008).
STANDIN_FUNCTION double erfinv(double a) {
    if (fabs(a) >= 1) return fabs(a) == 1 ? copysign(HUGE_VAL, a) : nan("");
    double l = log((1 - a) * (1 + a)), k = 4.330746750799873 + l / 2;
    double x = copysign(sqrt(sqrt(k * k - l / 0.147) - k), a);
    for (int i = 0; i < 4; ++i) x -= (erf(x) - a) * 0.886226925452758 * exp(x * x);
    return x;
}
STANDIN_FUNCTION float erfinvf(float a) { return static_cast<float>(erfinv(static_cast<double>(a))); }
STANDIN_FUNCTION double normcdf(double a) { return 0.5 * erfc(-a * 0.70710678118654752440); }
STANDIN_FUNCTION float normcdff(float a) { return static_cast<float>(normcdf(static_cast<double>(a))); }
STANDIN_FUNCTION double erfcx(double a) { return exp(a * a) * erfc(a); }
STANDIN_FUNCTION float erfcxf(float a) { return static_cast<float>(erfcx(static_cast<double>(a))); }

#define STANDIN_MIN_MAX(T, A, B) \
    STANDIN_FUNCTION T min(A a, B b) { return static_cast<T>(b) < static_cast<T>(a) ? static_cast<T>(b) : static_cast<T>(a); } \
    STANDIN_FUNCTION T max(A a, B b) { return static_cast<T>(a) < static_cast<T>(b) ? static_cast<T>(b) : static_cast<T>(a); }
#define STANDIN_MIN_MAX_PAIR(S, U) STANDIN_MIN_MAX(S, S, S) STANDIN_MIN_MAX(U, U, U) STANDIN_MIN_MAX(U, S, U) STANDIN_MIN_MAX(U, U, S)
STANDIN_MIN_MAX_PAIR(int, unsigned int)
STANDIN_MIN_MAX_PAIR(long, unsigned long)
STANDIN_MIN_MAX_PAIR(long long, unsigned long long)
#undef STANDIN_MIN_MAX_PAIR
#undef STANDIN_MIN_MAX
// Of a number and a NaN, the number.
STANDIN_FUNCTION float min(float a, float b) { return fminf(a, b); }
STANDIN_FUNCTION float max(float a, float b) { return fmaxf(a, b); }
STANDIN_FUNCTION double min(double a, double b) { return fmin(a, b); }
STANDIN_FUNCTION double max(double a, double b) { return fmax(a, b); }
STANDIN_FUNCTION double min(float a, double b) { return fmin(static_cast<double>(a), b); }
STANDIN_FUNCTION double max(float a, double b) { return fmax(static_cast<double>(a), b); }
STANDIN_FUNCTION double min(double a, float b) { return fmin(a, static_cast<double>(b)); }
STANDIN_FUNCTION double max(double a, float b) { return fmax(a, static_cast<double>(b)); }
STANDIN_FUNCTION unsigned int umin(unsigned int a, unsigned int b) { return b < a ? b : a; }
STANDIN_FUNCTION unsigned int umax(unsigned int a, unsigned int b) { return a < b ? b : a; }
STANDIN_FUNCTION long long llmin(long long a, long long b) { return b < a ? b : a; }
STANDIN_FUNCTION long long llmax(long long a, long long b) { return a < b ? b : a; }
