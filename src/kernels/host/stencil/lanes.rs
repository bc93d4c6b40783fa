//! A few real numbers that one instruction computes with.
//!
//! Products and sums are rounded one by one (no fused multiply-add), so every width gives the same bits.

use crate::dtype::Real;

/// `COUNT` real numbers in a register.
pub(super) trait Lanes: Copy {
    type Real: Real;
    const COUNT: usize;
    unsafe fn splat(value: Self::Real) -> Self;
    unsafe fn load(from: *const Self::Real) -> Self;
    unsafe fn store(self, to: *mut Self::Real);
    /// Stores past the caches; `to` is aligned to the register.
    unsafe fn stream(self, to: *mut Self::Real);
    /// Loads the first `n < COUNT` numbers and reads no others.
    unsafe fn load_first(from: *const Self::Real, n: usize) -> Self;
    /// Stores the first `n < COUNT` numbers and writes no others.
    unsafe fn store_first(self, to: *mut Self::Real, n: usize);
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn mul(self, other: Self) -> Self;
}

/// Sixteen bytes as an array, for any processor; one number for single elements.
#[derive(Clone, Copy)]
pub(super) struct Pack<R, const N: usize>([R; N]);

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
        let mut lanes = [R::ZERO; N];
        // SAFETY: the caller gives n < N readable numbers.
        unsafe { std::ptr::copy_nonoverlapping(from, lanes.as_mut_ptr(), n) };
        Pack(lanes)
    }
    #[inline(always)]
    unsafe fn store_first(self, to: *mut R, n: usize) {
        // SAFETY: the caller gives n < N writable numbers.
        unsafe { std::ptr::copy_nonoverlapping(self.0.as_ptr(), to, n) };
    }
    #[inline(always)]
    unsafe fn add(mut self, other: Self) -> Self {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a = *a + b;
        }
        self
    }
    #[inline(always)]
    unsafe fn mul(mut self, other: Self) -> Self {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a = *a * b;
        }
        self
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Lanes;
    use std::arch::x86_64::*;

    /// First n of COUNT as a mask of sign bits: the window that starts COUNT - n after the start.
    static WINDOW_32: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
    static WINDOW_64: [i64; 8] = [-1, -1, -1, -1, 0, 0, 0, 0];

    macro_rules! lanes {
        ($v:ty, $r:ty, $n:literal, $splat:ident, $load:ident, $store:ident, $stream:ident, $add:ident, $mul:ident,
         |$from:ident, $k:ident| $load_first:expr, |$to:ident, $m:ident, $x:ident| $store_first:expr) => {
            // SAFETY (all): callers run where the instruction set is present and give valid memory, as the trait says.
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
                unsafe fn mul(self, other: Self) -> Self {
                    unsafe { $mul(self, other) }
                }
            }
        };
    }

    lanes!(
        __m512d, f64, 8, _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_stream_pd, _mm512_add_pd,
        _mm512_mul_pd,
        |from, n| _mm512_maskz_loadu_pd((1 << n) - 1, from),
        |to, n, x| _mm512_mask_storeu_pd(to, (1 << n) - 1, x)
    );
    lanes!(
        __m512, f32, 16, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_stream_ps, _mm512_add_ps,
        _mm512_mul_ps,
        |from, n| _mm512_maskz_loadu_ps((1 << n) - 1, from),
        |to, n, x| _mm512_mask_storeu_ps(to, (1 << n) - 1, x)
    );
    lanes!(
        __m256d, f64, 4, _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_stream_pd, _mm256_add_pd,
        _mm256_mul_pd,
        |from, n| _mm256_maskload_pd(from, _mm256_loadu_si256(WINDOW_64.as_ptr().add(4 - n).cast())),
        |to, n, x| _mm256_maskstore_pd(to, _mm256_loadu_si256(WINDOW_64.as_ptr().add(4 - n).cast()), x)
    );
    lanes!(
        __m256, f32, 8, _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_stream_ps, _mm256_add_ps,
        _mm256_mul_ps,
        |from, n| _mm256_maskload_ps(from, _mm256_loadu_si256(WINDOW_32.as_ptr().add(8 - n).cast())),
        |to, n, x| _mm256_maskstore_ps(to, _mm256_loadu_si256(WINDOW_32.as_ptr().add(8 - n).cast()), x)
    );
}
