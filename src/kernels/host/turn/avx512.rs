//! Squares of whole cache lines in registers of 512 bits: each line is read and written once, whatever the caches hold.

use super::{squares, Plane};
use std::arch::x86_64::*;

squares!(
    /// Elements of 4 bytes.
    turn4[STREAM], f32, 16 x 16, square4, "avx512f"
);
squares!(
    /// Elements of 8 bytes.
    turn8[STREAM], f64, 8 x 8, square8, "avx512f"
);
squares!(
    /// Elements of 16 bytes.
    turn16[STREAM], [f64; 2], 4 x 4, square16, "avx512f"
);

/// Quarters of four registers turned: result k has quarter k of each.
#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn quarters([a, b, c, d]: [__m512d; 4]) -> [__m512d; 4] {
    let (low, low2) = (_mm512_shuffle_f64x2::<0x44>(a, b), _mm512_shuffle_f64x2::<0x44>(c, d));
    let (high, high2) = (_mm512_shuffle_f64x2::<0xee>(a, b), _mm512_shuffle_f64x2::<0xee>(c, d));
    [
        _mm512_shuffle_f64x2::<0x88>(low, low2),
        _mm512_shuffle_f64x2::<0xdd>(low, low2),
        _mm512_shuffle_f64x2::<0x88>(high, high2),
        _mm512_shuffle_f64x2::<0xdd>(high, high2),
    ]
}

/// Stores a line, past the caches if `STREAM`: then it is aligned.
#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn put<const STREAM: bool>(to: *mut f64, line: __m512d) {
    // SAFETY: a line of the target.
    unsafe {
        match STREAM {
            true => _mm512_stream_pd(to, line),
            false => _mm512_storeu_pd(to, line),
        }
    }
}

/// Of four rows, columns j, j + 4, j + 8 and j + 12 in the quarters of register j.
#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn four_rows(source: Plane<f32>) -> [__m512d; 4] {
    // SAFETY: sixteen elements of four lines of the source.
    unsafe {
        let line = |k: usize| _mm512_loadu_ps(source.at(k, 0));
        let (a, b, c, d) = (line(0), line(1), line(2), line(3));
        let (ab, ab2) = (_mm512_castps_pd(_mm512_unpacklo_ps(a, b)), _mm512_castps_pd(_mm512_unpackhi_ps(a, b)));
        let (cd, cd2) = (_mm512_castps_pd(_mm512_unpacklo_ps(c, d)), _mm512_castps_pd(_mm512_unpackhi_ps(c, d)));
        [
            _mm512_unpacklo_pd(ab, cd),
            _mm512_unpackhi_pd(ab, cd),
            _mm512_unpacklo_pd(ab2, cd2),
            _mm512_unpackhi_pd(ab2, cd2),
        ]
    }
}

#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn square4<const STREAM: bool>(target: Plane<f32>, source: Plane<f32>) {
    // SAFETY: sixteen elements of sixteen lines on either side.
    unsafe {
        let (a, b) = (four_rows(source), four_rows(source.from(4, 0)));
        let (c, d) = (four_rows(source.from(8, 0)), four_rows(source.from(12, 0)));
        for j in 0..4 {
            for (k, line) in quarters([a[j], b[j], c[j], d[j]]).into_iter().enumerate() {
                put::<STREAM>(target.at(4 * k + j, 0).cast(), line);
            }
        }
    }
}

#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn square8<const STREAM: bool>(target: Plane<f64>, source: Plane<f64>) {
    // SAFETY: eight elements of eight lines on either side.
    unsafe {
        let pair = |k: usize| (_mm512_loadu_pd(source.at(k, 0)), _mm512_loadu_pd(source.at(k + 1, 0)));
        let ((a, a2), (b, b2), (c, c2), (d, d2)) = (pair(0), pair(2), pair(4), pair(6));
        // Even columns of two rows in the quarters of a register, then odd ones.
        let even = [
            _mm512_unpacklo_pd(a, a2),
            _mm512_unpacklo_pd(b, b2),
            _mm512_unpacklo_pd(c, c2),
            _mm512_unpacklo_pd(d, d2),
        ];
        let odd = [
            _mm512_unpackhi_pd(a, a2),
            _mm512_unpackhi_pd(b, b2),
            _mm512_unpackhi_pd(c, c2),
            _mm512_unpackhi_pd(d, d2),
        ];
        for (j, columns) in [even, odd].into_iter().enumerate() {
            for (k, line) in quarters(columns).into_iter().enumerate() {
                put::<STREAM>(target.at(2 * k + j, 0), line);
            }
        }
    }
}

#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn square16<const STREAM: bool>(target: Plane<[f64; 2]>, source: Plane<[f64; 2]>) {
    // SAFETY: four elements of four lines on either side.
    unsafe {
        let line = |k: usize| _mm512_loadu_pd(source.at(k, 0).cast());
        for (k, line) in quarters([line(0), line(1), line(2), line(3)]).into_iter().enumerate() {
            put::<STREAM>(target.at(k, 0).cast(), line);
        }
    }
}
