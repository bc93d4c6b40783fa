//! A plane of elements turned over: rows become columns.
//!
//! What is read and written side by side are whole vectors; four by four elements (eight by four of float32, two by two of
//! complex128) are turned in registers. target[c * pitch + r] = source[r * pitch + c].

use super::super::cpu::{level, Level};

/// One side of a plane: its first element, and elements from one line to the next.
#[derive(Clone, Copy, Debug)]
pub struct Plane<E> {
    pub pointer: *mut E,
    pub pitch: isize,
}

impl<E> Plane<E> {
    #[inline(always)]
    fn at(&self, line: usize, place: usize) -> *mut E {
        self.pointer.wrapping_offset(line as isize * self.pitch).wrapping_add(place)
    }
}

/// Turns `rows` lines of the source with `columns` elements each into `columns` lines of the target.
///
/// # Safety
/// The elements of the source may be read and those of the target written, aligned for E; they do not overlap.
pub unsafe fn turn<E: Copy>(target: Plane<E>, source: Plane<E>, rows: usize, columns: usize) {
    // SAFETY (all four): the caller's promise, and `level` found the instructions on this CPU.
    let (r, c) = unsafe {
        match (level(), size_of::<E>()) {
            #[cfg(target_arch = "x86_64")]
            (Level::Avx2 | Level::Avx512, 4) => avx2::turn4(cast(target), cast(source), rows, columns),
            #[cfg(target_arch = "x86_64")]
            (Level::Avx2 | Level::Avx512, 8) => avx2::turn8(cast(target), cast(source), rows, columns),
            #[cfg(target_arch = "x86_64")]
            (Level::Avx2 | Level::Avx512, 16) => avx2::turn16(cast(target), cast(source), rows, columns),
            _ => (0, 0),
        }
    };
    // What whole squares leave: the columns beside them, then the rows below.
    let one = |r: usize, c: usize| {
        // SAFETY: the caller's promise.
        unsafe { target.at(c, r).write(source.at(r, c).read()) }
    };
    (0..r).for_each(|r| (c..columns).for_each(|c| one(r, c)));
    (r..rows).for_each(|r| (0..columns).for_each(|c| one(r, c)));
}

#[cfg(target_arch = "x86_64")]
fn cast<E, F>(plane: Plane<E>) -> Plane<F> {
    Plane { pointer: plane.pointer.cast(), pitch: plane.pitch * (size_of::<E>() / size_of::<F>()) as isize }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::Plane;
    use std::arch::x86_64::*;

    /// Elements of 4 bytes, eight rows by four columns. Returns the rows and columns that are done.
    ///
    /// # Safety
    /// As `super::turn`; the CPU has AVX2.
    #[target_feature(enable = "avx2")]
    pub unsafe fn turn4(target: Plane<f32>, source: Plane<f32>, rows: usize, columns: usize) -> (usize, usize) {
        let (whole_rows, whole_columns) = (rows / 8 * 8, columns / 4 * 4);
        for r in (0..whole_rows).step_by(8) {
            for c in (0..whole_columns).step_by(4) {
                // SAFETY: four elements of eight lines of the source, eight of four of the target, are inside of the plane.
                unsafe {
                    let line = |k: usize| _mm_loadu_ps(source.at(r + k, c));
                    let pair = |k: usize| _mm256_castps_pd(_mm256_set_m128(line(k + 4), line(k)));
                    let low = |a, b| _mm256_castps_pd(_mm256_unpacklo_ps(_mm256_castpd_ps(a), _mm256_castpd_ps(b)));
                    let high = |a, b| _mm256_castps_pd(_mm256_unpackhi_ps(_mm256_castpd_ps(a), _mm256_castpd_ps(b)));
                    let (a, b, c2, d) = (pair(0), pair(1), pair(2), pair(3));
                    let (ab, ab2, cd, cd2) = (low(a, b), high(a, b), low(c2, d), high(c2, d));
                    let put = |k: usize, v: __m256d| _mm256_storeu_pd(target.at(c + k, r).cast(), v);
                    put(0, _mm256_unpacklo_pd(ab, cd));
                    put(1, _mm256_unpackhi_pd(ab, cd));
                    put(2, _mm256_unpacklo_pd(ab2, cd2));
                    put(3, _mm256_unpackhi_pd(ab2, cd2));
                }
            }
        }
        (whole_rows, whole_columns)
    }

    /// Elements of 8 bytes, four by four. Returns the rows and columns that are done.
    ///
    /// # Safety
    /// As `super::turn`; the CPU has AVX2.
    #[target_feature(enable = "avx2")]
    pub unsafe fn turn8(target: Plane<f64>, source: Plane<f64>, rows: usize, columns: usize) -> (usize, usize) {
        let (whole_rows, whole_columns) = (rows / 4 * 4, columns / 4 * 4);
        for r in (0..whole_rows).step_by(4) {
            for c in (0..whole_columns).step_by(4) {
                // SAFETY: four elements of four lines on either side are inside of the plane.
                unsafe {
                    let line = |k: usize| _mm256_loadu_pd(source.at(r + k, c));
                    let (a, b, c2, d) = (line(0), line(1), line(2), line(3));
                    let (ab, ab2) = (_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b));
                    let (cd, cd2) = (_mm256_unpacklo_pd(c2, d), _mm256_unpackhi_pd(c2, d));
                    let put = |k: usize, v: __m256d| _mm256_storeu_pd(target.at(c + k, r), v);
                    put(0, _mm256_permute2f128_pd(ab, cd, 0x20));
                    put(1, _mm256_permute2f128_pd(ab2, cd2, 0x20));
                    put(2, _mm256_permute2f128_pd(ab, cd, 0x31));
                    put(3, _mm256_permute2f128_pd(ab2, cd2, 0x31));
                }
            }
        }
        (whole_rows, whole_columns)
    }

    /// Elements of 16 bytes, two by two; planes count doubles. Returns the rows and columns that are done.
    ///
    /// # Safety
    /// As `super::turn`; the CPU has AVX2.
    #[target_feature(enable = "avx2")]
    pub unsafe fn turn16(target: Plane<f64>, source: Plane<f64>, rows: usize, columns: usize) -> (usize, usize) {
        let (whole_rows, whole_columns) = (rows / 2 * 2, columns / 2 * 2);
        for r in (0..whole_rows).step_by(2) {
            for c in (0..whole_columns).step_by(2) {
                // SAFETY: two elements of two lines on either side are inside of the plane.
                unsafe {
                    let (a, b) = (_mm256_loadu_pd(source.at(r, 2 * c)), _mm256_loadu_pd(source.at(r + 1, 2 * c)));
                    _mm256_storeu_pd(target.at(c, 2 * r), _mm256_permute2f128_pd(a, b, 0x20));
                    _mm256_storeu_pd(target.at(c + 1, 2 * r), _mm256_permute2f128_pd(a, b, 0x31));
                }
            }
        }
        (whole_rows, whole_columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::cpu::on_every_path;

    fn turned<E: Copy + PartialEq + std::fmt::Debug>(element: impl Fn(usize) -> E + Copy) {
        for (rows, columns) in [(0, 3), (1, 1), (4, 4), (5, 7), (8, 3), (9, 16), (2, 33)] {
            let (pitch, other) = (columns + 3, rows + 1);
            let mut source: Vec<E> = (0..rows * pitch + 1).map(element).collect();
            let mut target = vec![element(9999); columns * other + 1];
            let from = Plane { pointer: source.as_mut_ptr(), pitch: pitch as isize };
            let to = Plane { pointer: target.as_mut_ptr(), pitch: other as isize };
            // SAFETY: both planes lie in their vectors.
            unsafe { turn(to, from, rows, columns) };
            for (k, found) in target.iter().enumerate() {
                let (c, r) = (k / other, k % other);
                let right = if r < rows && c < columns { source[r * pitch + c] } else { element(9999) };
                assert_eq!(*found, right, "{rows} x {columns}, element {k}");
            }
        }
    }

    #[test]
    fn rows_become_columns() {
        on_every_path::run(|_| {
            turned(|k| k as f32);
            turned(|k| k as f64);
            turned(|k| [k as f32, -(k as f32)]);
            turned(|k| [k as f64, -(k as f64)]);
        });
    }
}
