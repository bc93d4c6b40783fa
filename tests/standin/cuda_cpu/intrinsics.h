// Intrinsics of CUDA: arithmetic with a fixed rounding, bits, and numbers seen as other numbers. Rounding other than to
// nearest is not stood in for.
#pragma once

#define STANDIN_FUNCTION static inline __attribute__((always_inline))

STANDIN_FUNCTION float __fadd_rn(float a, float b) { return a + b; }
STANDIN_FUNCTION float __fsub_rn(float a, float b) { return a - b; }
STANDIN_FUNCTION float __fmul_rn(float a, float b) { return a * b; }
STANDIN_FUNCTION float __fdiv_rn(float a, float b) { return a / b; }
STANDIN_FUNCTION float __frcp_rn(float a) { return 1 / a; }
STANDIN_FUNCTION float __fsqrt_rn(float a) { return sqrtf(a); }
STANDIN_FUNCTION double __dadd_rn(double a, double b) { return a + b; }
STANDIN_FUNCTION double __dsub_rn(double a, double b) { return a - b; }
STANDIN_FUNCTION double __dmul_rn(double a, double b) { return a * b; }
STANDIN_FUNCTION double __ddiv_rn(double a, double b) { return a / b; }
STANDIN_FUNCTION double __drcp_rn(double a) { return 1 / a; }
STANDIN_FUNCTION double __dsqrt_rn(double a) { return sqrt(a); }
STANDIN_FUNCTION float __fmaf_rn(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
STANDIN_FUNCTION double __fma_rn(double a, double b, double c) { return __builtin_fma(a, b, c); }
STANDIN_FUNCTION float __frsqrt_rn(float a) { return 1 / sqrtf(a); }

// The fast functions of CUDA, here with full accuracy. C's library has functions of these names, unlike these.
#define __sinf standin_fast_sinf
#define __cosf standin_fast_cosf
#define __tanf standin_fast_tanf
#define __expf standin_fast_expf
#define __logf standin_fast_logf
#define __log2f standin_fast_log2f
#define __log10f standin_fast_log10f
#define __exp10f standin_fast_exp10f
#define __powf standin_fast_powf
#define __sincosf standin_fast_sincosf
STANDIN_FUNCTION float __fdividef(float a, float b) { return a / b; }
STANDIN_FUNCTION float __saturatef(float a) { return a > 0 ? a < 1 ? a : 1 : 0; }
STANDIN_FUNCTION float __sinf(float a) { return sinf(a); }
STANDIN_FUNCTION float __cosf(float a) { return cosf(a); }
STANDIN_FUNCTION float __tanf(float a) { return tanf(a); }
STANDIN_FUNCTION float __expf(float a) { return expf(a); }
STANDIN_FUNCTION float __logf(float a) { return logf(a); }
STANDIN_FUNCTION float __log2f(float a) { return log2f(a); }
STANDIN_FUNCTION float __log10f(float a) { return log10f(a); }
STANDIN_FUNCTION float __exp10f(float a) { return powf(10.0f, a); }
STANDIN_FUNCTION float __powf(float a, float b) { return powf(a, b); }
STANDIN_FUNCTION void __sincosf(float a, float* s, float* c) { *s = sinf(a); *c = cosf(a); }

// Bits.
STANDIN_FUNCTION int __popc(unsigned int a) { return __builtin_popcount(a); }
STANDIN_FUNCTION int __popcll(unsigned long long a) { return __builtin_popcountll(a); }
STANDIN_FUNCTION int __clz(int a) { return a ? __builtin_clz(static_cast<unsigned>(a)) : 32; }
STANDIN_FUNCTION int __clzll(long long a) { return a ? __builtin_clzll(static_cast<unsigned long long>(a)) : 64; }
STANDIN_FUNCTION int __ffs(int a) { return __builtin_ffs(a); }
STANDIN_FUNCTION int __ffsll(long long a) { return __builtin_ffsll(a); }
STANDIN_FUNCTION unsigned int __brev(unsigned int a) {
    unsigned int r = 0;
    for (int i = 0; i < 32; ++i) r |= (a >> i & 1u) << (31 - i);
    return r;
}
STANDIN_FUNCTION unsigned long long __brevll(unsigned long long a) {
    return (static_cast<unsigned long long>(__brev(static_cast<unsigned>(a))) << 32) | __brev(static_cast<unsigned>(a >> 32));
}
STANDIN_FUNCTION unsigned int __byte_perm(unsigned int a, unsigned int b, unsigned int s) {
    unsigned long long both = (static_cast<unsigned long long>(b) << 32) | a;
    unsigned int r = 0;
    for (int i = 0; i < 4; ++i) r |= static_cast<unsigned int>(both >> (8 * (s >> (4 * i) & 7)) & 0xff) << (8 * i);
    return r;
}
STANDIN_FUNCTION unsigned int __funnelshift_l(unsigned int lo, unsigned int hi, unsigned int n) { n &= 31; return n ? hi << n | lo >> (32 - n) : hi; }
STANDIN_FUNCTION unsigned int __funnelshift_r(unsigned int lo, unsigned int hi, unsigned int n) { n &= 31; return n ? lo >> n | hi << (32 - n) : lo; }
STANDIN_FUNCTION int __mulhi(int a, int b) { return static_cast<int>(static_cast<long long>(a) * b >> 32); }
STANDIN_FUNCTION unsigned int __umulhi(unsigned int a, unsigned int b) { return static_cast<unsigned>(static_cast<unsigned long long>(a) * b >> 32); }
STANDIN_FUNCTION long long __mul64hi(long long a, long long b) { return static_cast<long long>(static_cast<__int128>(a) * b >> 64); }
STANDIN_FUNCTION unsigned long long __umul64hi(unsigned long long a, unsigned long long b) { return static_cast<unsigned long long>(static_cast<unsigned __int128>(a) * b >> 64); }
STANDIN_FUNCTION int __mul24(int a, int b) { return (a << 8 >> 8) * (b << 8 >> 8); }
STANDIN_FUNCTION unsigned int __umul24(unsigned int a, unsigned int b) { return (a & 0xffffff) * (b & 0xffffff); }
STANDIN_FUNCTION unsigned int __usad(unsigned int a, unsigned int b, unsigned int c) { return (a > b ? a - b : b - a) + c; }
STANDIN_FUNCTION int __sad(int a, int b, unsigned int c) { return static_cast<int>((a > b ? a - b : b - a) + c); }
STANDIN_FUNCTION int __hadd(int a, int b) { return static_cast<int>((static_cast<long long>(a) + b) >> 1); }

// A number's bits seen as another number.
template <class To, class From> STANDIN_FUNCTION To standin_bits(From a) {
    static_assert(sizeof(To) == sizeof(From), "the sizes agree");
    To r;
    __builtin_memcpy(&r, &a, sizeof r);
    return r;
}
STANDIN_FUNCTION int __float_as_int(float a) { return standin_bits<int>(a); }
STANDIN_FUNCTION float __int_as_float(int a) { return standin_bits<float>(a); }
STANDIN_FUNCTION unsigned int __float_as_uint(float a) { return standin_bits<unsigned int>(a); }
STANDIN_FUNCTION float __uint_as_float(unsigned int a) { return standin_bits<float>(a); }
STANDIN_FUNCTION long long __double_as_longlong(double a) { return standin_bits<long long>(a); }
STANDIN_FUNCTION double __longlong_as_double(long long a) { return standin_bits<double>(a); }
STANDIN_FUNCTION int __double2hiint(double a) { return static_cast<int>(standin_bits<long long>(a) >> 32); }
STANDIN_FUNCTION int __double2loint(double a) { return static_cast<int>(standin_bits<long long>(a)); }
STANDIN_FUNCTION double __hiloint2double(int hi, int lo) { return standin_bits<double>(static_cast<long long>(hi) << 32 | static_cast<unsigned>(lo)); }

// Conversions: rn to nearest, rz towards zero, rd down, ru up; out of range they saturate.
template <class To> STANDIN_FUNCTION To standin_convert(double a) {
    constexpr To low = std::is_signed<To>::value ? To(To(1) << (8 * sizeof(To) - 1)) : To(0), high = To(~low);
    return a != a ? To(0) : a <= static_cast<double>(low) ? low : a >= static_cast<double>(high) ? high : static_cast<To>(a);
}
STANDIN_FUNCTION int __float2int_rn(float a) { return standin_convert<int>(nearbyint(static_cast<double>(a))); }
STANDIN_FUNCTION int __float2int_rz(float a) { return standin_convert<int>(trunc(static_cast<double>(a))); }
STANDIN_FUNCTION int __float2int_rd(float a) { return standin_convert<int>(floor(static_cast<double>(a))); }
STANDIN_FUNCTION int __float2int_ru(float a) { return standin_convert<int>(ceil(static_cast<double>(a))); }
STANDIN_FUNCTION unsigned int __float2uint_rn(float a) { return standin_convert<unsigned int>(nearbyint(static_cast<double>(a))); }
STANDIN_FUNCTION unsigned int __float2uint_rz(float a) { return standin_convert<unsigned int>(trunc(static_cast<double>(a))); }
STANDIN_FUNCTION unsigned int __float2uint_rd(float a) { return standin_convert<unsigned int>(floor(static_cast<double>(a))); }
STANDIN_FUNCTION unsigned int __float2uint_ru(float a) { return standin_convert<unsigned int>(ceil(static_cast<double>(a))); }
STANDIN_FUNCTION long long __float2ll_rn(float a) { return standin_convert<long long>(nearbyint(static_cast<double>(a))); }
STANDIN_FUNCTION long long __float2ll_rz(float a) { return standin_convert<long long>(trunc(static_cast<double>(a))); }
STANDIN_FUNCTION long long __float2ll_rd(float a) { return standin_convert<long long>(floor(static_cast<double>(a))); }
STANDIN_FUNCTION long long __float2ll_ru(float a) { return standin_convert<long long>(ceil(static_cast<double>(a))); }
STANDIN_FUNCTION unsigned long long __float2ull_rn(float a) { return standin_convert<unsigned long long>(nearbyint(static_cast<double>(a))); }
STANDIN_FUNCTION unsigned long long __float2ull_rz(float a) { return standin_convert<unsigned long long>(trunc(static_cast<double>(a))); }
STANDIN_FUNCTION unsigned long long __float2ull_rd(float a) { return standin_convert<unsigned long long>(floor(static_cast<double>(a))); }
STANDIN_FUNCTION unsigned long long __float2ull_ru(float a) { return standin_convert<unsigned long long>(ceil(static_cast<double>(a))); }
STANDIN_FUNCTION int __double2int_rn(double a) { return standin_convert<int>(nearbyint(static_cast<double>(a))); }
STANDIN_FUNCTION int __double2int_rz(double a) { return standin_convert<int>(trunc(static_cast<double>(a))); }
STANDIN_FUNCTION int __double2int_rd(double a) { return standin_convert<int>(floor(static_cast<double>(a))); }
STANDIN_FUNCTION int __double2int_ru(double a) { return standin_convert<int>(ceil(static_cast<double>(a))); }
STANDIN_FUNCTION unsigned int __double2uint_rn(double a) { return standin_convert<unsigned int>(nearbyint(static_cast<double>(a))); }
STANDIN_FUNCTION unsigned int __double2uint_rz(double a) { return standin_convert<unsigned int>(trunc(static_cast<double>(a))); }
STANDIN_FUNCTION unsigned int __double2uint_rd(double a) { return standin_convert<unsigned int>(floor(static_cast<double>(a))); }
STANDIN_FUNCTION unsigned int __double2uint_ru(double a) { return standin_convert<unsigned int>(ceil(static_cast<double>(a))); }
STANDIN_FUNCTION long long __double2ll_rn(double a) { return standin_convert<long long>(nearbyint(static_cast<double>(a))); }
STANDIN_FUNCTION long long __double2ll_rz(double a) { return standin_convert<long long>(trunc(static_cast<double>(a))); }
STANDIN_FUNCTION long long __double2ll_rd(double a) { return standin_convert<long long>(floor(static_cast<double>(a))); }
STANDIN_FUNCTION long long __double2ll_ru(double a) { return standin_convert<long long>(ceil(static_cast<double>(a))); }
STANDIN_FUNCTION unsigned long long __double2ull_rn(double a) { return standin_convert<unsigned long long>(nearbyint(static_cast<double>(a))); }
STANDIN_FUNCTION unsigned long long __double2ull_rz(double a) { return standin_convert<unsigned long long>(trunc(static_cast<double>(a))); }
STANDIN_FUNCTION unsigned long long __double2ull_rd(double a) { return standin_convert<unsigned long long>(floor(static_cast<double>(a))); }
STANDIN_FUNCTION unsigned long long __double2ull_ru(double a) { return standin_convert<unsigned long long>(ceil(static_cast<double>(a))); }
STANDIN_FUNCTION float __int2float_rn(int a) { return static_cast<float>(a); }
STANDIN_FUNCTION double __int2double_rn(int a) { return static_cast<double>(a); }
STANDIN_FUNCTION float __uint2float_rn(unsigned int a) { return static_cast<float>(a); }
STANDIN_FUNCTION double __uint2double_rn(unsigned int a) { return static_cast<double>(a); }
STANDIN_FUNCTION float __ll2float_rn(long long a) { return static_cast<float>(a); }
STANDIN_FUNCTION double __ll2double_rn(long long a) { return static_cast<double>(a); }
STANDIN_FUNCTION float __ull2float_rn(unsigned long long a) { return static_cast<float>(a); }
STANDIN_FUNCTION double __ull2double_rn(unsigned long long a) { return static_cast<double>(a); }
STANDIN_FUNCTION float __double2float_rn(double a) { return static_cast<float>(a); }
