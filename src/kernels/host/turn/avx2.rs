//! Squares in registers of 256 bits.

use super::{squares, Plane};
use std::arch::x86_64::*;

squares!(
    /// Elements of 4 bytes.
    turn4, f32, 8 x 4, square4, "avx2"
);
squares!(
    /// Elements of 8 bytes.
    turn8, f64, 4 x 4, square8, "avx2"
);
squares!(
    /// Elements of 16 bytes.
    turn16, [f64; 2], 2 x 2, square16, "avx2"
);

#[target_feature(enable = "avx2")]
#[inline]
unsafe fn square4(target: Plane<f32>, source: Plane<f32>) {
    // SAFETY: four elements of eight lines of the source, eight of four of the target.
    unsafe {
        let line = |k: usize| _mm_loadu_ps(source.at(k, 0));
        let pair = |k: usize| _mm256_castps_pd(_mm256_set_m128(line(k + 4), line(k)));
        let low = |a, b| _mm256_castps_pd(_mm256_unpacklo_ps(_mm256_castpd_ps(a), _mm256_castpd_ps(b)));
        let high = |a, b| _mm256_castps_pd(_mm256_unpackhi_ps(_mm256_castpd_ps(a), _mm256_castpd_ps(b)));
        let (a, b, c, d) = (pair(0), pair(1), pair(2), pair(3));
        let (ab, ab2, cd, cd2) = (low(a, b), high(a, b), low(c, d), high(c, d));
        let put = |k: usize, v: __m256d| _mm256_storeu_pd(target.at(k, 0).cast(), v);
        put(0, _mm256_unpacklo_pd(ab, cd));
        put(1, _mm256_unpackhi_pd(ab, cd));
        put(2, _mm256_unpacklo_pd(ab2, cd2));
        put(3, _mm256_unpackhi_pd(ab2, cd2));
    }
}

#[target_feature(enable = "avx2")]
#[inline]
unsafe fn square8(target: Plane<f64>, source: Plane<f64>) {
    // SAFETY: four elements of four lines on either side.
    unsafe {
        let line = |k: usize| _mm256_loadu_pd(source.at(k, 0));
        let (a, b, c, d) = (line(0), line(1), line(2), line(3));
        let (ab, ab2) = (_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b));
        let (cd, cd2) = (_mm256_unpacklo_pd(c, d), _mm256_unpackhi_pd(c, d));
        let put = |k: usize, v: __m256d| _mm256_storeu_pd(target.at(k, 0), v);
        put(0, _mm256_permute2f128_pd(ab, cd, 0x20));
        put(1, _mm256_permute2f128_pd(ab2, cd2, 0x20));
        put(2, _mm256_permute2f128_pd(ab, cd, 0x31));
        put(3, _mm256_permute2f128_pd(ab2, cd2, 0x31));
    }
}

#[target_feature(enable = "avx2")]
#[inline]
unsafe fn square16(target: Plane<[f64; 2]>, source: Plane<[f64; 2]>) {
    // SAFETY: two elements of two lines on either side.
    unsafe {
        let (a, b) = (_mm256_loadu_pd(source.at(0, 0).cast()), _mm256_loadu_pd(source.at(1, 0).cast()));
        _mm256_storeu_pd(target.at(0, 0).cast(), _mm256_permute2f128_pd(a, b, 0x20));
        _mm256_storeu_pd(target.at(1, 0).cast(), _mm256_permute2f128_pd(a, b, 0x31));
    }
}
