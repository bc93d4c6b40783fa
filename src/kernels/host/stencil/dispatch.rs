//! The row function for a processor, a type and a number of taps.

use super::super::lanes::Pack;
use super::combine::{combine, RowsFunction};
use super::ends::Ends;
use super::near::near_rows;
use super::rows::{Rows, Taps, MAX_TAPS};
use crate::dtype::Real;
use crate::kernels::cpu::Level;

/// The component types for which row functions exist: f32 and f64.
pub trait StencilReal: Real {
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn rows_function(level: Level, taps: usize, near: bool, beta: bool, stream: bool) -> RowsFunction<Self>;
    /// For rows that have zones only.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn no_taps() -> &'static Taps<Self>;
}

macro_rules! by_count {
    ($count:expr, $stream:expr, $beta:expr, $f:ident) => {
        match $count {
            2 => by_count!(@ 2, $stream, $beta, $f),
            3 => by_count!(@ 3, $stream, $beta, $f),
            4 => by_count!(@ 4, $stream, $beta, $f),
            5 => by_count!(@ 5, $stream, $beta, $f),
            6 => by_count!(@ 6, $stream, $beta, $f),
            7 => by_count!(@ 7, $stream, $beta, $f),
            _ => by_count!(@ MAX_TAPS, $stream, $beta, $f),
        }
    };
    (@ $capacity:expr, $stream:expr, $beta:expr, $f:ident) => {
        match ($beta, $stream) {
            (true, _) => $f::<{ $capacity }, true, false>,
            (false, false) => $f::<{ $capacity }, false, false>,
            (false, true) => $f::<{ $capacity }, false, true>,
        }
    };
}

/// For near rows, which have `NEAR_TAPS` and are stored past the caches also where they were read.
macro_rules! near_by_count {
    ($count:expr, $stream:expr, $beta:expr, $f:ident) => {
        match $count {
            2 => near_by_count!(@ 2, $stream, $beta, $f),
            4 => near_by_count!(@ 4, $stream, $beta, $f),
            5 => near_by_count!(@ 5, $stream, $beta, $f),
            6 => near_by_count!(@ 6, $stream, $beta, $f),
            7 => near_by_count!(@ 7, $stream, $beta, $f),
            other => panic!("no near rows have {other} taps"),
        }
    };
    (@ $capacity:expr, $stream:expr, $beta:expr, $f:ident) => {
        match ($beta, $stream) {
            (true, false) => $f::<{ $capacity }, true, false>,
            (true, true) => $f::<{ $capacity }, true, true>,
            (false, false) => $f::<{ $capacity }, false, false>,
            (false, true) => $f::<{ $capacity }, false, true>,
        }
    };
}

/// Both kinds of rows, compiled with a processor's instructions.
macro_rules! compiled {
    ($r:ty, $v:ty, $rows:ident, $near:ident $(, $features:literal)?) => {
        compiled!(@ $r, $v, $rows, combine $(, $features)?);
        compiled!(@ $r, $v, $near, near_rows $(, $features)?);
    };
    (@ $r:ty, $v:ty, $name:ident, $body:ident $(, $features:literal)?) => {
        $(
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = $features)]
        )?
        unsafe fn $name<const C: usize, const B: bool, const S: bool>(
            rows: &Rows<$r>,
            taps: &Taps<$r>,
            ends: &Ends<$r>,
            beta: $r,
        ) {
            // SAFETY: as for `combine`.
            unsafe { $body::<$v, C, B, S>(rows, taps, ends, beta) }
        }
    };
}

macro_rules! paths {
    ($r:ty, $baseline:ty, $avx2:ty, $avx512:ty) => {
        impl StencilReal for $r {
            #[allow(private_interfaces)]
            fn no_taps() -> &'static Taps<$r> {
                &Taps::NEW
            }
            #[allow(private_interfaces)]
            fn rows_function(level: Level, taps: usize, near: bool, beta: bool, stream: bool) -> RowsFunction<$r> {
                compiled!($r, $baseline, baseline, near_baseline);
                compiled!($r, $avx2, avx2, near_avx2, "avx2");
                compiled!($r, $avx512, avx512, near_avx512, "avx512f");
                match (level, near) {
                    #[cfg(target_arch = "x86_64")]
                    (Level::Avx512, false) => by_count!(taps, stream, beta, avx512),
                    #[cfg(target_arch = "x86_64")]
                    (Level::Avx512, true) => near_by_count!(taps, stream, beta, near_avx512),
                    #[cfg(target_arch = "x86_64")]
                    (Level::Avx2, false) => by_count!(taps, stream, beta, avx2),
                    #[cfg(target_arch = "x86_64")]
                    (Level::Avx2, true) => near_by_count!(taps, stream, beta, near_avx2),
                    (_, false) => by_count!(taps, stream, beta, baseline),
                    (_, true) => near_by_count!(taps, stream, beta, near_baseline),
                }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod types {
    pub use std::arch::x86_64::{__m256, __m256d, __m512, __m512d};
}
#[cfg(not(target_arch = "x86_64"))]
mod types {
    #![allow(non_camel_case_types)]
    pub type __m256 = ();
    pub type __m256d = ();
    pub type __m512 = ();
    pub type __m512d = ();
}
use types::*;

paths!(f32, Pack<f32, 4>, __m256, __m512);
paths!(f64, Pack<f64, 2>, __m256d, __m512d);
