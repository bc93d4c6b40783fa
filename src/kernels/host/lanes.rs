//! A few real numbers that one instruction computes with, and the choice of their type at run time.

use crate::dtype::{DType, Element, Real};
use crate::kernels::cpu::{level, Level};

/// Sums are kept in lanes that together fill a cache line, whatever the register, so that their order is the same on every
/// path.
pub(super) use super::super::cpu::LINE;

/// `COUNT` real numbers in a register. Complex numbers are pairs of neighbours.
///
/// # Safety
/// The processor has the type's instructions, which `on_lanes` sees to; pointers are valid for the numbers named.
pub(super) trait Lanes: Copy {
    type Real: Real;
    const COUNT: usize;
    /// Registers in a cache line.
    const PER_LINE: usize = LINE / std::mem::size_of::<Self>();
    unsafe fn splat(value: Self::Real) -> Self;
    unsafe fn load(from: *const Self::Real) -> Self;
    unsafe fn store(self, to: *mut Self::Real);
    /// Stores past the caches where the path can; `to` is aligned for the vector, and a fence follows.
    unsafe fn stream(self, to: *mut Self::Real);
    /// Loads the first `n <= COUNT` numbers, reads no others; the other lanes are 0.
    unsafe fn load_first(from: *const Self::Real, n: usize) -> Self;
    /// Stores the first `n <= COUNT` numbers and writes no others.
    unsafe fn store_first(self, to: *mut Self::Real, n: usize);
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    unsafe fn mul(self, other: Self) -> Self;
    /// self * other + plus: rounded once on the AVX paths, twice on the baseline.
    unsafe fn mul_add(self, other: Self, plus: Self) -> Self;
    /// Exchanges the two numbers of each pair.
    unsafe fn swap(self) -> Self;
    /// Pairs of (even, odd).
    unsafe fn pairs(even: Self::Real, odd: Self::Real) -> Self;
    /// Lane i of the result is the sum of the lanes of vector i, for the first `COUNT` vectors: halves are added to halves,
    /// then quarters, and so on, so that the order is the same for every width.
    unsafe fn sum_each(v: &[Self; LINE / 4]) -> Self;
    /// Runs a kernel as a function of its own, so that its loops have all registers to themselves.
    unsafe fn apart(kernel: impl LaneKernel);
}

/// A loop that is compiled for every type of lanes.
pub(super) trait LaneKernel {
    /// # Safety
    /// Only `on_lanes` calls it: then `V::Real` is the real type it was asked for, and the processor can run it.
    unsafe fn run<V: Lanes>(self);
}

/// Whether T's real type is f32; as a constant, so that only one width of loops is compiled for T.
struct Single<T>(T);

impl<T: Element> Single<T> {
    const IS: bool = matches!(T::DTYPE.real(), DType::Float32);
}

/// Runs a kernel with the widest lanes of T's real type on this processor's path.
pub(super) fn on_lanes<T: Element>(kernel: impl LaneKernel) {
    #[cfg(target_arch = "x86_64")]
    use std::arch::x86_64::{__m256, __m256d, __m512, __m512d};
    // SAFETY: `level` found the instructions on this processor, and the lanes have T's real type.
    unsafe {
        if Single::<T>::IS {
            match level() {
                #[cfg(target_arch = "x86_64")]
                Level::Avx512 => x86::avx512::<__m512>(kernel),
                #[cfg(target_arch = "x86_64")]
                Level::Avx2 => x86::avx2::<__m256>(kernel),
                _ => kernel.run::<Pack<f32, 4>>(),
            }
        } else {
            match level() {
                #[cfg(target_arch = "x86_64")]
                Level::Avx512 => x86::avx512::<__m512d>(kernel),
                #[cfg(target_arch = "x86_64")]
                Level::Avx2 => x86::avx2::<__m256d>(kernel),
                _ => kernel.run::<Pack<f64, 2>>(),
            }
        }
    }
}

/// Sixteen bytes as an array, for any processor; one number for single elements.
#[derive(Clone, Copy)]
pub(super) struct Pack<R, const N: usize>(pub [R; N]);

impl<R: Real, const N: usize> Pack<R, N> {
    #[inline(always)]
    fn each(self, other: Self, f: impl Fn(R, R) -> R) -> Self {
        let mut out = self;
        for (a, b) in out.0.iter_mut().zip(other.0) {
            *a = f(*a, b);
        }
        out
    }
}

impl<R: Real, const N: usize> Lanes for Pack<R, N> {
    type Real = R;
    const COUNT: usize = N;
    #[inline(always)]
    unsafe fn splat(value: R) -> Self {
        Pack([value; N])
    }
    #[inline(always)]
    unsafe fn load(from: *const R) -> Self {
        // SAFETY: the caller gives N readable numbers.
        Pack(unsafe { from.cast::<[R; N]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut R) {
        // SAFETY: the caller gives N writable numbers.
        unsafe { to.cast::<[R; N]>().write_unaligned(self.0) }
    }
    #[inline(always)]
    unsafe fn stream(self, to: *mut R) {
        #[cfg(target_arch = "x86_64")]
        if std::mem::size_of::<Self>() == 16 {
            use std::arch::x86_64::{__m128i, _mm_stream_si128};
            // SAFETY: both types are 16 plain bytes, and the caller gives aligned memory.
            unsafe { _mm_stream_si128(to.cast::<__m128i>(), std::mem::transmute_copy(&self.0)) };
            return;
        }
        // SAFETY: as for this function.
        unsafe { self.store(to) }
    }
    #[inline(always)]
    unsafe fn load_first(from: *const R, n: usize) -> Self {
        if n == N {
            // SAFETY: the caller gives N readable numbers.
            return unsafe { Self::load(from) };
        }
        let mut lanes = [R::ZERO; N];
        for (i, lane) in lanes.iter_mut().enumerate() {
            if i < n {
                // SAFETY: the caller gives n readable numbers.
                *lane = unsafe { *from.add(i) };
            }
        }
        Pack(lanes)
    }
    #[inline(always)]
    unsafe fn store_first(self, to: *mut R, n: usize) {
        // SAFETY: the caller gives n <= N writable numbers.
        unsafe { std::ptr::copy_nonoverlapping(self.0.as_ptr(), to, n) };
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.each(
            other,
            #[inline(always)]
            |a, b| a + b,
        )
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        self.each(
            other,
            #[inline(always)]
            |a, b| a - b,
        )
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        self.each(
            other,
            #[inline(always)]
            |a, b| a * b,
        )
    }
    #[inline(always)]
    unsafe fn mul_add(self, other: Self, plus: Self) -> Self {
        // SAFETY: plain arithmetic.
        unsafe { self.mul(other).add(plus) }
    }
    #[inline(always)]
    unsafe fn swap(mut self) -> Self {
        for pair in self.0.chunks_exact_mut(2) {
            pair.swap(0, 1);
        }
        self
    }
    #[inline(always)]
    unsafe fn pairs(even: R, odd: R) -> Self {
        Pack(std::array::from_fn(
            #[inline(always)]
            |i| if i % 2 == 0 { even } else { odd },
        ))
    }
    #[inline(always)]
    unsafe fn apart(kernel: impl LaneKernel) {
        // SAFETY: any processor runs these lanes.
        unsafe { kernel.run::<Self>() }
    }
    #[inline(always)]
    unsafe fn sum_each(v: &[Self; LINE / 4]) -> Self {
        Pack(std::array::from_fn(
            #[inline(always)]
            |i| {
                let (mut lanes, mut half) = (v[i].0, N / 2);
                while half > 0 {
                    for k in 0..half {
                        lanes[k] = lanes[k] + lanes[k + half];
                    }
                    half /= 2;
                }
                lanes[0]
            },
        ))
    }
}

#[cfg(target_arch = "x86_64")]
#[rustfmt::skip] // tables of intrinsics
mod x86 {
    use super::{LaneKernel, Lanes};
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
    #[inline(never)]
    pub unsafe fn avx512<V: Lanes>(kernel: impl LaneKernel) {
        // SAFETY: as for `on_lanes`.
        unsafe { kernel.run::<V>() }
    }

    #[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
    #[inline(never)]
    pub unsafe fn avx2<V: Lanes>(kernel: impl LaneKernel) {
        // SAFETY: as for `on_lanes`.
        unsafe { kernel.run::<V>() }
    }

    /// The first n of COUNT as sign bits: the window that starts COUNT - n after the start.
    static WINDOW_32: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
    static WINDOW_64: [i64; 8] = [-1, -1, -1, -1, 0, 0, 0, 0];

    macro_rules! lanes {
        ($path:ident, $v:ty, $r:ty, $n:literal, $splat:ident, $load:ident, $store:ident, $stream:ident, $add:ident, $sub:ident, $mul:ident,
         $fma:ident, |$from:ident, $k:ident| $load_first:expr, |$to:ident, $m:ident, $x:ident| $store_first:expr,
         |$s:ident| $swap:expr, |$even:ident, $odd:ident| $pairs:expr, |$v16:ident| $sum_each:expr) => {
            // SAFETY (all): the trait's callers have the instructions and give valid memory.
            impl Lanes for $v {
                type Real = $r;
                const COUNT: usize = $n;
                #[inline(always)]
                unsafe fn splat(value: $r) -> Self {
                    unsafe { $splat(value) }
                }
                #[inline(always)]
                unsafe fn load(from: *const $r) -> Self {
                    unsafe { $load(from) }
                }
                #[inline(always)]
                unsafe fn store(self, to: *mut $r) {
                    unsafe { $store(to, self) }
                }
                #[inline(always)]
                unsafe fn stream(self, to: *mut $r) {
                    unsafe { $stream(to, self) }
                }
                #[inline(always)]
                unsafe fn load_first($from: *const $r, $k: usize) -> Self {
                    unsafe { $load_first }
                }
                #[inline(always)]
                unsafe fn store_first(self, $to: *mut $r, $m: usize) {
                    let $x = self;
                    unsafe { $store_first }
                }
                #[inline(always)]
                unsafe fn add(self, other: Self) -> Self {
                    unsafe { $add(self, other) }
                }
                #[inline(always)]
                unsafe fn sub(self, other: Self) -> Self {
                    unsafe { $sub(self, other) }
                }
                #[inline(always)]
                unsafe fn mul(self, other: Self) -> Self {
                    unsafe { $mul(self, other) }
                }
                #[inline(always)]
                unsafe fn mul_add(self, other: Self, plus: Self) -> Self {
                    unsafe { $fma(self, other, plus) }
                }
                #[inline(always)]
                unsafe fn swap(self) -> Self {
                    let $s = self;
                    unsafe { $swap }
                }
                #[inline(always)]
                unsafe fn pairs($even: $r, $odd: $r) -> Self {
                    unsafe { $pairs }
                }
                #[inline(always)]
                unsafe fn apart(kernel: impl LaneKernel) {
                    unsafe { $path::<Self>(kernel) }
                }
                #[inline(always)]
                unsafe fn sum_each($v16: &[Self; super::LINE / 4]) -> Self {
                    unsafe { $sum_each }
                }
            }
        };
    }

    /// Sums of halves and quarters of vectors i to i + 3 in a register, and so on. The intrinsics' rule holds: these are
    /// inlined where the processor has the instructions.
    macro_rules! partial_sums {
        ($module:ident, $v:ty, $enable:literal, $(fn $name:ident($x:ident, $i:ident) $body:block)*) => {
            mod $module {
                use super::*;
                $(
                    #[inline]
                    #[target_feature(enable = $enable)]
                    pub unsafe fn $name($x: &[$v; super::super::LINE / 4], $i: usize) -> $v {
                        // SAFETY: registers only.
                        #[allow(unused_unsafe)]
                        unsafe { $body }
                    }
                )*
            }
        };
    }

    partial_sums!(f64x8, __m512d, "avx512f",
        fn two(v, i) {
            let (a, b) = (v[i], v[i + 1]);
            _mm512_add_pd(_mm512_shuffle_f64x2::<0x44>(a, b), _mm512_shuffle_f64x2::<0xee>(a, b))
        }
        fn four(v, i) {
            let (a, b) = (two(v, i), two(v, i + 2));
            _mm512_add_pd(_mm512_shuffle_f64x2::<0x88>(a, b), _mm512_shuffle_f64x2::<0xdd>(a, b))
        }
    );
    partial_sums!(f32x16, __m512, "avx512f",
        fn two(v, i) {
            let (a, b) = (v[i], v[i + 1]);
            _mm512_add_ps(_mm512_shuffle_f32x4::<0x44>(a, b), _mm512_shuffle_f32x4::<0xee>(a, b))
        }
        fn four(v, i) {
            let (a, b) = (two(v, i), two(v, i + 2));
            _mm512_add_ps(_mm512_shuffle_f32x4::<0x88>(a, b), _mm512_shuffle_f32x4::<0xdd>(a, b))
        }
        fn pairs(v, i) {
            let (a, b) = (four(v, i), four(v, i + 4));
            _mm512_add_ps(_mm512_shuffle_ps::<0x44>(a, b), _mm512_shuffle_ps::<0xee>(a, b))
        }
    );
    partial_sums!(f64x4, __m256d, "avx2",
        fn two(v, i) {
            let (a, b) = (v[i], v[i + 1]);
            _mm256_add_pd(_mm256_permute2f128_pd::<0x20>(a, b), _mm256_permute2f128_pd::<0x31>(a, b))
        }
    );
    partial_sums!(f32x8, __m256, "avx2",
        fn two(v, i) {
            let (a, b) = (v[i], v[i + 1]);
            _mm256_add_ps(_mm256_permute2f128_ps::<0x20>(a, b), _mm256_permute2f128_ps::<0x31>(a, b))
        }
        fn four(v, i) {
            let (a, b) = (two(v, i), two(v, i + 2));
            _mm256_add_ps(_mm256_shuffle_ps::<0x44>(a, b), _mm256_shuffle_ps::<0xee>(a, b))
        }
    );

    lanes!(
        avx512, __m512d, f64, 8, _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_stream_pd, _mm512_add_pd, _mm512_sub_pd,
        _mm512_mul_pd, _mm512_fmadd_pd,
        |from, n| _mm512_maskz_loadu_pd(((1u32 << n) - 1) as u8, from),
        |to, n, x| _mm512_mask_storeu_pd(to, ((1u32 << n) - 1) as u8, x),
        |x| _mm512_permute_pd::<0b01010101>(x),
        |a, b| _mm512_set_pd(b, a, b, a, b, a, b, a),
        |v| {
            // 256-bit halves, 128-bit quarters, numbers; the result of vector i is then in lane 2 (i % 4) + i / 4.
            let (a, b) = (f64x8::four(v, 0), f64x8::four(v, 4));
            let sums = _mm512_add_pd(_mm512_unpacklo_pd(a, b), _mm512_unpackhi_pd(a, b));
            _mm512_permutexvar_pd(_mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0), sums)
        }
    );
    lanes!(
        avx512, __m512, f32, 16, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_stream_ps, _mm512_add_ps, _mm512_sub_ps,
        _mm512_mul_ps, _mm512_fmadd_ps,
        |from, n| _mm512_maskz_loadu_ps(((1u32 << n) - 1) as u16, from),
        |to, n, x| _mm512_mask_storeu_ps(to, ((1u32 << n) - 1) as u16, x),
        |x| _mm512_permute_ps::<0b10110001>(x),
        |a, b| _mm512_set_ps(b, a, b, a, b, a, b, a, b, a, b, a, b, a, b, a),
        |v| {
            // Halves and quarters of the register, then of 128 bits; the result of vector i is then in lane
            // 4 (i % 4) + i / 4.
            let (a, b) = (f32x16::pairs(v, 0), f32x16::pairs(v, 8));
            let sums = _mm512_add_ps(_mm512_shuffle_ps::<0x88>(a, b), _mm512_shuffle_ps::<0xdd>(a, b));
            _mm512_permutexvar_ps(_mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0), sums)
        }
    );
    lanes!(
        avx2, __m256d, f64, 4, _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_stream_pd, _mm256_add_pd, _mm256_sub_pd,
        _mm256_mul_pd, _mm256_fmadd_pd,
        |from, n| _mm256_maskload_pd(from, _mm256_loadu_si256(WINDOW_64.as_ptr().add(4 - n).cast())),
        |to, n, x| _mm256_maskstore_pd(to, _mm256_loadu_si256(WINDOW_64.as_ptr().add(4 - n).cast()), x),
        |x| _mm256_permute_pd::<0b0101>(x),
        |a, b| _mm256_set_pd(b, a, b, a),
        |v| {
            let (a, b) = (f64x4::two(v, 0), f64x4::two(v, 2));
            let sums = _mm256_add_pd(_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b));
            _mm256_permute4x64_pd::<0b11_01_10_00>(sums)
        }
    );
    lanes!(
        avx2, __m256, f32, 8, _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_stream_ps, _mm256_add_ps, _mm256_sub_ps,
        _mm256_mul_ps, _mm256_fmadd_ps,
        |from, n| _mm256_maskload_ps(from, _mm256_loadu_si256(WINDOW_32.as_ptr().add(8 - n).cast())),
        |to, n, x| _mm256_maskstore_ps(to, _mm256_loadu_si256(WINDOW_32.as_ptr().add(8 - n).cast()), x),
        |x| _mm256_permute_ps::<0b10110001>(x),
        |a, b| _mm256_set_ps(b, a, b, a, b, a, b, a),
        |v| {
            let (a, b) = (f32x8::four(v, 0), f32x8::four(v, 4));
            let sums = _mm256_add_ps(_mm256_shuffle_ps::<0x88>(a, b), _mm256_shuffle_ps::<0xdd>(a, b));
            _mm256_permutevar8x32_ps(sums, _mm256_set_epi32(7, 3, 6, 2, 5, 1, 4, 0))
        }
    );
}
