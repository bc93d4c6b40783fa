//! Conversion between dtypes, with the casts of NumPy.

use super::elementwise::produce;
use crate::dtype::DType;
use crate::error::Result;
use crate::fail;
use num_complex::Complex;

trait Cast<D> {
    fn cast(self) -> D;
}

macro_rules! casts {
    ($($s:ty => $($d:ty),*;)*) => {
        $($(impl Cast<$d> for $s {
            #[inline(always)]
            fn cast(self) -> $d {
                self as $d
            }
        })*
        impl Cast<Complex<f32>> for $s {
            #[inline(always)]
            fn cast(self) -> Complex<f32> {
                Complex::new(self as f32, 0.0)
            }
        }
        impl Cast<Complex<f64>> for $s {
            #[inline(always)]
            fn cast(self) -> Complex<f64> {
                Complex::new(self as f64, 0.0)
            }
        })*
    };
}

casts! {
    f32 => f32, f64, i32, i64;
    f64 => f32, f64, i32, i64;
    i32 => f32, f64, i32, i64;
    i64 => f32, f64, i32, i64;
}

/// # Safety
/// As `convert`, for these two types.
unsafe fn cast_all<S: Copy + Cast<D>, D: Copy>(target: *mut u8, source: *const u8, n: usize, stream: bool) {
    // SAFETY: the caller gives n aligned elements of either type, without overlap.
    let (d, s) = unsafe {
        (std::slice::from_raw_parts_mut(target.cast::<D>(), n), std::slice::from_raw_parts(source.cast::<S>(), n))
    };
    // SAFETY: `produce` calls with i < n.
    produce(
        d,
        stream,
        #[inline(always)]
        |i| unsafe { super::elementwise::at(s, i) }.cast(),
    );
}

macro_rules! to_each {
    ($S:ty, $target_type:expr, $($arg:expr),*) => {
        match $target_type {
            DType::Float32 => cast_all::<$S, f32>($($arg),*),
            DType::Float64 => cast_all::<$S, f64>($($arg),*),
            DType::Complex64 => cast_all::<$S, Complex<f32>>($($arg),*),
            DType::Complex128 => cast_all::<$S, Complex<f64>>($($arg),*),
            DType::Int32 => cast_all::<$S, i32>($($arg),*),
            DType::Int64 => cast_all::<$S, i64>($($arg),*),
        }
    };
}

/// target\[i\] = source\[i\] in the target's type. A real number becomes a complex one with imaginary part 0; a float
/// becomes an integer by truncation, one out of range the nearest end of the range and NaN 0 (NumPy leaves both
/// undefined); int64 to int32 keeps the low 32 bits. Complex to real is refused with `DType`: take the real part.
///
/// # Safety
/// `source` is readable and `target` writable for n elements of their types and aligned to their components; they
/// do not overlap.
pub unsafe fn convert(
    target: *mut u8,
    target_type: DType,
    source: *const u8,
    source_type: DType,
    n: usize,
    stream: bool,
) -> Result<()> {
    if source_type.is_complex() && !target_type.is_complex() {
        fail!(DType, "{} cannot become {} without losing the imaginary part", source_type.name(), target_type.name());
    }
    // SAFETY: the caller vouches for both blocks; complex to complex is the real conversion of twice the length.
    unsafe {
        match source_type {
            DType::Float32 => to_each!(f32, target_type, target, source, n, stream),
            DType::Float64 => to_each!(f64, target_type, target, source, n, stream),
            DType::Int32 => to_each!(i32, target_type, target, source, n, stream),
            DType::Int64 => to_each!(i64, target_type, target, source, n, stream),
            DType::Complex64 => to_each!(f32, target_type.real(), target, source, 2 * n, stream),
            DType::Complex128 => to_each!(f64, target_type.real(), target, source, 2 * n, stream),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Status;

    fn run<S: Copy, D: Copy>(s: DType, source: &[S], d: DType, zero: D) -> Vec<D> {
        let mut target = vec![zero; source.len()];
        // SAFETY: both blocks hold as many elements of the named types.
        unsafe { convert(target.as_mut_ptr().cast(), d, source.as_ptr().cast(), s, source.len(), false) }.unwrap();
        target
    }

    #[test]
    fn casts_are_numpys() {
        use DType::*;
        assert_eq!(run(Float64, &[1.9, -1.9, 3.0e10], Int32, 0i32), [1, -1, i32::MAX]);
        assert_eq!(run(Int64, &[(1i64 << 32) + 7, -1], Int32, 0i32), [7, -1]);
        assert_eq!(run(Int64, &[(1i64 << 53) + 1], Float64, 0.0f64), [9007199254740992.0]);
        assert_eq!(run(Int64, &[i64::MAX, -5], Int64, 0i64), [i64::MAX, -5]);
        assert_eq!(run(Float64, &[0.1f64], Float32, 0f32), [0.1f32]);
        let zero = Complex::new(0f64, 0.0);
        assert_eq!(run(Int32, &[4i32], Complex128, zero), [Complex::new(4.0, 0.0)]);
        assert_eq!(run(Complex64, &[Complex::new(1.5f32, -2.5)], Complex128, zero), [Complex::new(1.5, -2.5)]);
    }

    #[test]
    fn every_pair_keeps_small_integers_or_is_refused() {
        // Aligned room for two elements of the widest type.
        type Room = [u64; 4];
        let cast = |from: &Room, s: DType, d: DType| {
            let mut to: Room = [0; 4];
            // SAFETY: both rooms hold two elements of any type.
            unsafe { convert(to.as_mut_ptr().cast(), d, from.as_ptr().cast(), s, 2, false) }.map(|_| to)
        };
        let ones: Room = [1f64.to_bits(), 0, 0, 0];
        for s in DType::ALL {
            let source = match s.is_complex() {
                true => cast(&ones, DType::Complex128, s).unwrap(),
                false => cast(&[1f64.to_bits(), 0f64.to_bits(), 0, 0], DType::Float64, s).unwrap(),
            };
            for d in DType::ALL {
                match cast(&source, s, d) {
                    Err(e) => assert!(s.is_complex() && !d.is_complex() && e.status == Status::DType),
                    Ok(to) => assert_eq!(cast(&to, d, DType::Complex128).unwrap(), ones, "{s:?} {d:?}"),
                }
            }
        }
    }
}
