//! What rows of stencils do with registers beside plain arithmetic: parts of one, and places in two of them.
//!
//! Products and sums are rounded one by one (no fused multiply-add), so every width gives the same bits.

use super::super::lanes::{Lanes, Pack};
use crate::dtype::Real;

/// Registers of a cache line, at most, where masks are instructions of the processor.
pub(super) const MOST_PER_LINE: usize = 2;

/// Lanes that are chosen by bits, lane 0 by the lowest.
///
/// # Safety
/// As for `Lanes`.
pub(super) trait Masked: Lanes {
    /// Loads the numbers whose bits are set and reads no others; the rest is zero.
    unsafe fn load_masked(from: *const Self::Real, bits: u32) -> Self;
    /// Stores the numbers whose bits are set and writes no others.
    unsafe fn store_masked(self, to: *mut Self::Real, bits: u32);
    /// The sum where bits are set, `self` elsewhere.
    unsafe fn add_masked(self, other: Self, bits: u32) -> Self;
    /// `self` where bits are set, `other` elsewhere.
    unsafe fn choose(self, other: Self, bits: u32) -> Self;
    /// Whether `between` is one instruction.
    const SHIFTS: bool;
    /// A place in two registers that follow one another.
    type Place: Copy;
    /// The place of number `first <= COUNT`.
    unsafe fn place(first: usize) -> Self::Place;
    /// The `COUNT` numbers of two registers from the place on. Only where `SHIFTS`.
    unsafe fn between(low: Self, high: Self, place: Self::Place) -> Self;
}

impl<R: Real, const N: usize> Masked for Pack<R, N> {
    #[inline(always)]
    unsafe fn load_masked(from: *const R, bits: u32) -> Self {
        let mut lanes = [R::ZERO; N];
        for (i, lane) in lanes.iter_mut().enumerate().filter(|(i, _)| bits >> i & 1 == 1) {
            // SAFETY: the caller gives numbers to read where bits are set.
            *lane = unsafe { *from.add(i) };
        }
        Pack(lanes)
    }
    #[inline(always)]
    unsafe fn store_masked(self, to: *mut R, bits: u32) {
        for (i, lane) in self.0.iter().enumerate().filter(|(i, _)| bits >> i & 1 == 1) {
            // SAFETY: the caller gives numbers to write where bits are set.
            unsafe { *to.add(i) = *lane };
        }
    }
    #[inline(always)]
    unsafe fn add_masked(mut self, other: Self, bits: u32) -> Self {
        for (i, lane) in self.0.iter_mut().enumerate().filter(|(i, _)| bits >> i & 1 == 1) {
            *lane = *lane + other.0[i];
        }
        self
    }
    #[inline(always)]
    unsafe fn choose(self, mut other: Self, bits: u32) -> Self {
        for (i, lane) in other.0.iter_mut().enumerate().filter(|(i, _)| bits >> i & 1 == 1) {
            *lane = self.0[i];
        }
        other
    }
    const SHIFTS: bool = false;
    type Place = ();
    #[inline(always)]
    unsafe fn place(_first: usize) {}
    #[inline(always)]
    unsafe fn between(low: Self, _high: Self, _place: ()) -> Self {
        low
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Masked;
    use std::arch::x86_64::*;

    /// All bits of the lanes whose bits are set.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn select_64(bits: u32) -> __m256i {
        let lanes = _mm256_set_epi64x(8, 4, 2, 1);
        _mm256_cmpeq_epi64(_mm256_and_si256(_mm256_set1_epi64x(bits as i64), lanes), lanes)
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn select_32(bits: u32) -> __m256i {
        let lanes = _mm256_set_epi32(128, 64, 32, 16, 8, 4, 2, 1);
        _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(bits as i32), lanes), lanes)
    }

    macro_rules! masked {
        ($v:ty, $r:ty, |$from:ident, $k:ident| $load_masked:expr, |$to:ident, $m:ident, $x:ident| $store_masked:expr,
         |$a:ident, $b:ident, $bits:ident| $add_masked:expr, |$yes:ident, $no:ident, $which:ident| $choose:expr,
         $shifts:literal, $place:ty, |$first:ident| $place_of:expr, |$low:ident, $high:ident, $at:ident| $between:expr) => {
            // SAFETY (all): callers run where the instruction set is present and give valid memory, as the trait says.
            impl Masked for $v {
                #[inline(always)]
                unsafe fn load_masked($from: *const $r, $k: u32) -> Self {
                    unsafe { $load_masked }
                }
                #[inline(always)]
                unsafe fn store_masked(self, $to: *mut $r, $m: u32) {
                    let $x = self;
                    unsafe { $store_masked }
                }
                #[inline(always)]
                unsafe fn add_masked(self, $b: Self, $bits: u32) -> Self {
                    let $a = self;
                    unsafe { $add_masked }
                }
                #[inline(always)]
                unsafe fn choose(self, $no: Self, $which: u32) -> Self {
                    let $yes = self;
                    unsafe { $choose }
                }
                const SHIFTS: bool = $shifts;
                type Place = $place;
                #[allow(unused_unsafe)]
                #[inline(always)]
                unsafe fn place($first: usize) -> $place {
                    unsafe { $place_of }
                }
                #[allow(unused_unsafe)]
                #[inline(always)]
                unsafe fn between($low: Self, $high: Self, $at: $place) -> Self {
                    unsafe { $between }
                }
            }
        };
    }

    masked!(
        __m512d,
        f64,
        |from, bits| _mm512_maskz_loadu_pd(bits as u8, from),
        |to, bits, x| _mm512_mask_storeu_pd(to, bits as u8, x),
        |a, b, bits| _mm512_mask_add_pd(a, bits as u8, a, b),
        |yes, no, bits| _mm512_mask_blend_pd(bits as u8, no, yes),
        true,
        __m512i,
        |first| _mm512_add_epi64(_mm512_set1_epi64(first as i64), _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0)),
        |low, high, at| _mm512_permutex2var_pd(low, at, high)
    );
    masked!(
        __m512,
        f32,
        |from, bits| _mm512_maskz_loadu_ps(bits as u16, from),
        |to, bits, x| _mm512_mask_storeu_ps(to, bits as u16, x),
        |a, b, bits| _mm512_mask_add_ps(a, bits as u16, a, b),
        |yes, no, bits| _mm512_mask_blend_ps(bits as u16, no, yes),
        true,
        __m512i,
        |first| {
            let lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
            _mm512_add_epi32(_mm512_set1_epi32(first as i32), lanes)
        },
        |low, high, at| _mm512_permutex2var_ps(low, at, high)
    );
    masked!(
        __m256d,
        f64,
        |from, bits| _mm256_maskload_pd(from, select_64(bits)),
        |to, bits, x| _mm256_maskstore_pd(to, select_64(bits), x),
        |a, b, bits| _mm256_blendv_pd(a, _mm256_add_pd(a, b), _mm256_castsi256_pd(select_64(bits))),
        |yes, no, bits| _mm256_blendv_pd(no, yes, _mm256_castsi256_pd(select_64(bits))),
        false,
        (),
        |_first| (),
        |low, _high, _at| low
    );
    masked!(
        __m256,
        f32,
        |from, bits| _mm256_maskload_ps(from, select_32(bits)),
        |to, bits, x| _mm256_maskstore_ps(to, select_32(bits), x),
        |a, b, bits| _mm256_blendv_ps(a, _mm256_add_ps(a, b), _mm256_castsi256_ps(select_32(bits))),
        |yes, no, bits| _mm256_blendv_ps(no, yes, _mm256_castsi256_ps(select_32(bits))),
        false,
        (),
        |_first| (),
        |low, _high, _at| low
    );
}
